package explain

import "parvis/app/voting/counting"

// Description says what a method is, for citizens.
type Description struct {
	Method counting.Method
	Name   string
	// Ballot says what the voter does, Count how the result is found, Good what the method is good at, Limits what it is
	// not, Ties what happens when options are equal. One or two sentences each.
	Ballot string
	Count  string
	Good   string
	Limits string
	Ties   string
}

// Describe describes a method.
func Describe(m counting.Method, lang Language) Description {
	d := describeFrench(m)
	if lang == English {
		d = describeEnglish(m)
	}
	d.Method = m
	for _, text := range []*string{&d.Name, &d.Ballot, &d.Count, &d.Good, &d.Limits, &d.Ties} {
		if lang != English {
			*text = typeset(*text)
		}
	}
	return d
}

func describeFrench(m counting.Method) Description {
	lot := "Un tirage au sort public départage les options à égalité : chacun peut le refaire."
	budget := "À voix égales, un tirage au sort public fixe l’ordre : chacun peut le refaire."
	switch m {
	case counting.Plurality:
		return Description{Name: "Choix unique", Ballot: "Vous choisissez une seule option.",
			Count:  "L’option choisie par le plus de bulletins l’emporte. Si le règlement demande la majorité absolue et que personne ne l’a, les deux premières options vont à un second tour.",
			Good:   "Connu de tous, rapide à dépouiller, même à la main.",
			Limits: "Deux options proches se partagent leurs voix, et une troisième peut gagner alors que la majorité la refuse.", Ties: lot}
	case counting.Approval:
		return Description{Name: "Vote par approbation", Ballot: "Vous cochez toutes les options qui vous conviennent, dans la limite du règlement s’il en fixe une.",
			Count:  "L’option cochée par le plus de bulletins l’emporte.",
			Good:   "Aussi simple que le choix unique, sans obliger à écarter une option proche de celle que vous préférez.",
			Limits: "Le bulletin ne dit pas laquelle des options cochées vous préférez.", Ties: lot}
	case counting.YesNoAbstain:
		return Description{Name: "Oui, non, abstention", Ballot: "Pour chaque question, vous répondez oui, non, ou vous vous abstenez.",
			Count:  "Une question est adoptée si les oui dépassent la part annoncée (la moitié en général) de la base annoncée : les suffrages exprimés, les personnes présentes ou les personnes inscrites. Sous le quorum, rien n’est adopté.",
			Good:   "Une décision claire sur chaque question.",
			Limits: "Le résultat dépend de la base : elle doit être annoncée avant le vote et rappelée avec chaque pourcentage.",
			Ties:   "Autant de oui que de non : la question n’est pas adoptée."}
	case counting.Score:
		return Description{Name: "Vote par notes", Ballot: "Vous donnez une note à chaque option.",
			Count:  "L’option dont la somme des notes est la plus haute l’emporte (ou la moyenne, si le règlement le dit).",
			Good:   "Vous dites si vous aimez un peu, beaucoup ou pas du tout.",
			Limits: "Les personnes qui n’utilisent que les notes extrêmes pèsent davantage.", Ties: lot}
	case counting.MajorityJudgment:
		return Description{Name: "Jugement majoritaire", Ballot: "Vous donnez une mention à chaque option, de la meilleure à la pire. Une option sans mention reçoit la pire.",
			Count:  "La mention majoritaire d’une option est celle que la moitié des bulletins au moins atteint ou dépasse. La meilleure mention majoritaire l’emporte. À mention égale, on retire une à une les mentions du milieu jusqu’à voir une différence.",
			Good:   "Chaque option est jugée pour elle-même ; ajouter une option proche ne change pas l’ordre des autres.",
			Limits: "Il faut lire et juger toutes les options.", Ties: "Seules des options aux mentions identiques restent à égalité. " + lot}
	case counting.Borda:
		return Description{Name: "Méthode de Borda", Ballot: "Vous classez les options.",
			Count:  "Sur dix options, la première de votre classement reçoit neuf points, la deuxième huit, et ainsi de suite jusqu’à zéro. L’option qui a le plus de points l’emporte.",
			Good:   "Favorise les options bien placées partout, celles du compromis.",
			Limits: "Ajouter une option qui n’a aucune chance peut changer le résultat.", Ties: lot}
	case counting.IRV:
		return Description{Name: "Vote alternatif", Ballot: "Vous classez les options, en vous arrêtant où vous voulez.",
			Count:  "Chaque bulletin compte pour sa première option. Tant qu’aucune n’a plus de la moitié, la dernière est éliminée et ses bulletins passent à leur option suivante.",
			Good:   "Voter pour une petite option n’est pas une voix perdue.",
			Limits: "Une option que beaucoup placent deuxième peut être éliminée tôt.",
			Ties:   "Entre les dernières à égalité, c’est celle qui avait le moins de voix au tour précédent qui part ; sinon, un tirage au sort public décide."}
	case counting.Schulze:
		return Description{Name: "Méthode de Schulze (duels)", Ballot: "Vous classez les options ; plusieurs peuvent être à égalité.",
			Count:  "On compare les options deux à deux : dans chaque duel gagne celle que le plus de bulletins placent devant l’autre. L’option qui gagne tous ses duels l’emporte. S’il n’y en a pas, on compare les chaînes de duels, chacune valant son duel le plus serré.",
			Good:   "L’option que la majorité préfère à chacune des autres gagne toujours.",
			Limits: "Plus difficile à refaire à la main quand aucune option ne gagne tous ses duels.", Ties: lot}
	case counting.STV:
		return Description{Name: "Vote unique transférable", Ballot: "Vous classez les candidatures.",
			Count:  "Il y a plusieurs sièges. Une candidature qui atteint le quota est élue, et ce qu’elle a en trop se reporte sur les choix suivants. Sinon, la dernière est écartée et ses bulletins se reportent. On continue jusqu’à pourvoir tous les sièges.",
			Good:   "Chaque groupe d’opinion obtient des sièges à proportion de son poids.",
			Limits: "Le dépouillement est long à refaire à la main.",
			Ties:   "On regarde le tour précédent où les voix différaient ; sinon, un tirage au sort public décide."}
	case counting.PointVoting:
		return Description{Name: "Répartition de points", Ballot: "Vous répartissez un nombre de points entre les options. Si le règlement prévoit le coût carré, deux voix coûtent quatre points, trois voix neuf points.",
			Count:  "L’option qui reçoit le plus de points (de voix, avec le coût carré) l’emporte.",
			Good:   "Vous pouvez appuyer davantage ce qui compte pour vous.",
			Limits: "Il faut un peu de calcul, que la page fait pour vous.", Ties: lot}
	case counting.Greedy:
		return Description{Name: "Budget par ordre des voix", Ballot: "Vous choisissez des projets.",
			Count:  "On prend les projets du plus au moins choisi. Chacun est financé s’il tient dans l’argent qui reste ; sinon on passe au suivant. Les enveloppes des quartiers passent avant celle de tout le territoire.",
			Good:   "C’est la règle la plus répandue et la plus simple à vérifier.",
			Limits: "Un groupe majoritaire peut obtenir tout l’argent, et un projet cher peut en écarter plusieurs petits.", Ties: budget}
	case counting.EqualShares:
		return Description{Name: "Budget à parts égales", Ballot: "Vous choisissez des projets.",
			Count:  "L’argent est partagé également entre les bulletins. Un projet n’est financé que par les personnes qui l’ont choisi, à parts égales, chacune dans la limite de ce qu’il lui reste. On finance d’abord le projet qui leur demande le moins pour chaque euro. L’argent qui reste sert à augmenter les parts, ou va aux projets les plus choisis, selon le règlement.",
			Good:   "Chaque groupe d’habitants décide d’une part de l’argent qui correspond à son nombre.",
			Limits: "Le calcul demande un ordinateur ; chaque paiement est montré.", Ties: budget}
	case counting.Phragmen:
		return Description{Name: "Budget par charges (Phragmén)", Ballot: "Vous choisissez des projets.",
			Count:  "Le coût d’un projet financé est une charge répartie entre les personnes qui l’ont choisi. On finance chaque fois le projet dont les soutiens restent les moins chargés, jusqu’à ce que le suivant ne tienne plus.",
			Good:   "Répartit l’argent entre les groupes d’habitants.",
			Limits: "De l’argent peut rester, car le dépouillement s’arrête au premier projet qui ne tient pas.", Ties: budget}
	}
	return Description{Name: "Budget au plus grand nombre de voix", Ballot: "Vous choisissez des projets.",
		Count:  "Parmi toutes les combinaisons de projets qui tiennent dans l’enveloppe, on retient celle qui réunit le plus de voix.",
		Good:   "Satisfait le plus de choix possible avec l’argent disponible.",
		Limits: "Un projet très choisi mais cher peut être écarté au profit de plusieurs petits. Avec trop de projets, le calcul exact n’est pas possible, et la plateforme le dit.",
		Ties:   "À voix égales, la combinaison la moins chère l’emporte, puis un tirage au sort public décide."}
}

func describeEnglish(m counting.Method) Description {
	lot := "A public lot, which anyone can draw again, separates tied options."
	budget := "With equal votes a public lot, which anyone can draw again, sets the order."
	switch m {
	case counting.Plurality:
		return Description{Name: "Single choice", Ballot: "You choose one option.",
			Count:  "The option that most ballots choose wins. If the rules ask for an absolute majority and nobody has it, the first two go to a second round.",
			Good:   "Known to all, quick to count, even by hand.",
			Limits: "Two similar options share their votes, and a third one that most people refuse can win.", Ties: lot}
	case counting.Approval:
		return Description{Name: "Approval voting", Ballot: "You tick every option that suits you, within the limit of the rules if there is one.",
			Count:  "The option ticked by most ballots wins.",
			Good:   "As simple as a single choice, without giving up an option close to your favourite.",
			Limits: "The ballot does not say which of the ticked options you prefer.", Ties: lot}
	case counting.YesNoAbstain:
		return Description{Name: "Yes, no, abstention", Ballot: "To each question you answer yes or no, or you abstain.",
			Count:  "A question is adopted if its yes exceed the stated share (usually half) of the stated base: votes expressed, people present or people entitled. Under the quorum nothing is adopted.",
			Good:   "A clear decision on each question.",
			Limits: "The result depends on the base: it must be stated before the vote and beside each percentage.",
			Ties:   "As many yes as no: the question is not adopted."}
	case counting.Score:
		return Description{Name: "Score voting", Ballot: "You give each option a score.",
			Count:  "The option with the highest sum of scores wins (or mean, if the rules say so).",
			Good:   "You say whether you like an option a little, a lot or not at all.",
			Limits: "People who only use the extreme scores weigh more.", Ties: lot}
	case counting.MajorityJudgment:
		return Description{Name: "Majority judgment", Ballot: "You give each option a grade. An option without a grade receives the worst.",
			Count:  "An option’s majority grade is the one that at least half of the ballots reach or exceed. The best majority grade wins. Between equal grades, middle grades are removed one by one until a difference shows.",
			Good:   "Each option is judged for itself; adding a similar option does not change the order of the others.",
			Limits: "All options must be read and judged.", Ties: "Only options with identical grades stay tied. " + lot}
	case counting.Borda:
		return Description{Name: "Borda count", Ballot: "You rank the options.",
			Count:  "Out of ten options the first of your ranking receives nine points, the second eight, and so on down to zero. The option with most points wins.",
			Good:   "Favours options that are well placed everywhere: compromises.",
			Limits: "Adding an option without a chance can change the result.", Ties: lot}
	case counting.IRV:
		return Description{Name: "Instant runoff", Ballot: "You rank the options, and stop where you like.",
			Count:  "Each ballot counts for its first option. While none has more than half, the last one is eliminated and its ballots go to their next option.",
			Good:   "Voting for a small option is not a lost vote.",
			Limits: "An option that many place second can be eliminated early.",
			Ties:   "Between tied last options, the one with fewer votes in the previous round leaves; otherwise a public lot decides."}
	case counting.Schulze:
		return Description{Name: "Schulze method (duels)", Ballot: "You rank the options; several may be equal.",
			Count:  "Options are compared two by two: each duel is won by the one that more ballots place above the other. The option that wins all its duels wins. If there is none, chains of duels are compared, each worth its closest duel.",
			Good:   "The option that a majority prefers to each of the others always wins.",
			Limits: "Harder to redo by hand when no option wins all its duels.", Ties: lot}
	case counting.STV:
		return Description{Name: "Single transferable vote", Ballot: "You rank the candidates.",
			Count:  "There are several seats. A candidate who reaches the quota is elected, and what they have beyond it goes to the next choices. Otherwise the last one is excluded and their ballots are transferred. So on until all seats are filled.",
			Good:   "Each group of opinion has seats in proportion to its weight.",
			Limits: "Long to redo by hand.",
			Ties:   "The previous round where the votes differed decides; otherwise a public lot."}
	case counting.PointVoting:
		return Description{Name: "Sharing points", Ballot: "You share a number of points between the options. If the rules say so, votes cost their square: two votes cost four points, three votes nine.",
			Count:  "The option that receives the most points (votes, with the square cost) wins.",
			Good:   "You can give more weight to what matters to you.",
			Limits: "It takes some arithmetic, which the page does for you.", Ties: lot}
	case counting.Greedy:
		return Description{Name: "Budget by votes", Ballot: "You choose projects.",
			Count:  "Projects are taken from the most to the least chosen. Each is funded if it fits the money left; otherwise the next one is tried. Zone envelopes come before the city-wide one.",
			Good:   "The most common rule, and the simplest to check.",
			Limits: "A majority group can take all the money, and one dear project can displace several small ones.", Ties: budget}
	case counting.EqualShares:
		return Description{Name: "Budget in equal shares", Ballot: "You choose projects.",
			Count:  "The money is shared equally between the ballots. A project is funded only by the people who chose it, in equal parts, each within what they have left. The project that asks the least of them per euro comes first. The money left raises the shares, or goes to the most chosen projects, as the rules say.",
			Good:   "Each group of inhabitants decides on a part of the money that matches its number.",
			Limits: "It takes a computer; every payment is shown.", Ties: budget}
	case counting.Phragmen:
		return Description{Name: "Budget by loads (Phragmén)", Ballot: "You choose projects.",
			Count:  "The cost of a funded project is a load spread on the people who chose it. Each time the project whose supporters stay the least loaded is funded, until the next one does not fit.",
			Good:   "Spreads the money between groups of inhabitants.",
			Limits: "Money can be left, since the count stops at the first project that does not fit.", Ties: budget}
	}
	return Description{Name: "Budget with the most votes", Ballot: "You choose projects.",
		Count:  "Of all sets of projects that fit the envelope, the one that gathers the most votes is kept.",
		Good:   "Satisfies as many choices as possible with the money available.",
		Limits: "A popular but dear project can be dropped for several small ones. With too many projects the exact computation is impossible, and the platform says so.",
		Ties:   "With equal votes the cheaper set wins, then a public lot decides."}
}
