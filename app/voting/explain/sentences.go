package explain

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"parvis/app/voting/counting"
)

// Summary says who won, in one or two sentences.
func (w *Writer) Summary(o counting.Outcome) string {
	switch {
	case o.Method.Budget():
		return w.budgetSummary(o)
	case len(o.Runoff) > 0:
		return w.say("Aucune option n’a la majorité absolue. Un second tour oppose %s.",
			"No option has an absolute majority. A second round is between %s.", w.list(o.Runoff))
	case len(o.Winners) == 0 && o.Method == counting.YesNoAbstain:
		return w.pick("Rien n’est adopté.", "Nothing is adopted.")
	case len(o.Winners) == 0:
		return w.pick("Aucune option ne l’emporte.", "No option wins.")
	case o.Method == counting.YesNoAbstain:
		return w.say("Adopté : %s.", "Adopted: %s.", w.list(o.Winners))
	case w.openTie(o):
		return w.say("Égalité entre %s.", "Tie between %s.", w.list(o.Winners))
	case len(o.Winners) == 1:
		return w.say("%s l’emporte.", "%s wins.", w.list(o.Winners))
	}
	return w.say("%s l’emportent.", "%s win.", w.list(o.Winners))
}

// openTie says whether winners are winners only because their tie was left open.
func (w *Writer) openTie(o counting.Outcome) bool {
	for _, tie := range o.Ties {
		if tie.By == counting.TieOpen {
			return true
		}
	}
	return false
}

func (w *Writer) budgetSummary(o counting.Outcome) string {
	var spent, envelope int64
	for _, s := range o.Spending {
		spent, envelope = spent+s.Spent, envelope+s.Envelope
	}
	switch len(o.Winners) {
	case 0:
		return w.say("Aucun projet n’est financé sur %s.", "No project is funded out of %s.", w.money(envelope))
	case 1:
		return w.say("Un projet est financé : %s, pour %s sur %s.", "One project is funded: %s, for %s out of %s.",
			w.list(o.Winners), w.money(spent), w.money(envelope))
	}
	return w.say("%s projets sont financés, pour %s sur %s : %s.", "%s projects are funded, for %s out of %s: %s.",
		w.integer(int64(len(o.Winners))), w.money(spent), w.money(envelope), w.list(o.Winners))
}

// Sentences tells the whole count, one sentence or two per step, after a line on the ballots.
func (w *Writer) Sentences(o counting.Outcome) []string {
	out := []string{w.turnout(o)}
	for _, step := range o.Steps {
		out = append(out, w.Sentence(o, step))
	}
	return out
}

// Why tells only what concerns one option: why it won, or why it did not.
func (w *Writer) Why(o counting.Outcome, id string) []string {
	var out []string
	for _, step := range o.Steps {
		if slices.Contains(subjects(step), id) {
			out = append(out, w.Sentence(o, step))
		}
	}
	return out
}

// subjects are the options that a step is about.
func subjects(step counting.Step) []string {
	switch s := step.(type) {
	case counting.Elect:
		return []string{s.Option}
	case counting.Eliminate:
		return s.Options
	case counting.Transfer:
		return s.From
	case counting.Compare:
		return []string{s.A, s.B}
	case counting.Beatpath:
		return []string{s.A, s.B}
	case counting.Median:
		return []string{s.Option}
	case counting.Decide:
		return []string{s.Option}
	case counting.Drop:
		return []string{s.Option}
	case counting.Spend:
		return []string{s.Option}
	case counting.Skip:
		return []string{s.Option}
	case counting.Draw:
		return s.Options
	case counting.Conclude:
		return s.Options
	}
	return nil
}

func (w *Writer) turnout(o counting.Outcome) string {
	text := w.countInt(o.Ballots, ballots())
	var notes []string
	if o.Blank > 0 {
		notes = append(notes, w.countInt(o.Blank, noun{"blanc", "blancs", "blank", "blank"}))
	}
	if o.Invalid > 0 {
		notes = append(notes, w.countInt(o.Invalid, noun{"illisible par cette méthode", "illisibles par cette méthode",
			"that this method cannot read", "that this method cannot read"}))
	}
	if len(notes) > 0 {
		text += w.pick(", dont ", ", of which ") + w.join(notes)
	}
	return text + "."
}

// Sentence tells one step.
func (w *Writer) Sentence(o counting.Outcome, step counting.Step) string {
	switch s := step.(type) {
	case counting.Tally:
		return w.tally(o, s)
	case counting.Need:
		return w.need(o, s)
	case counting.Elect:
		return w.elect(o, s)
	case counting.Eliminate:
		return w.eliminate(s)
	case counting.Transfer:
		return w.transfer(s)
	case counting.Compare:
		return w.say("Duel entre %s et %s : %s pour la première option, %s pour la seconde.",
			"Duel between %s and %s: %s for the former, %s for the latter.",
			w.name(s.A), w.name(s.B), w.countInt(s.ForA, ballots()), w.integer(s.ForB))
	case counting.Beatpath:
		return w.say("De %s à %s, la plus forte chaîne de duels gagnés vaut %s ; dans l’autre sens, %s.",
			"From %s to %s the strongest chain of duels won is worth %s; the other way, %s.",
			w.name(s.A), w.name(s.B), w.integer(s.ForA), w.integer(s.ForB))
	case counting.Median:
		return w.say("%s reçoit la mention majoritaire « %s » : %s mentions au-dessus, %s à ce niveau, %s en dessous.",
			"%s has the majority grade “%s”: %s grades above it, %s at it, %s below it.",
			w.name(s.Option), s.Grade, w.number(s.Above), w.number(s.At), w.number(s.Below))
	case counting.Decide:
		return w.decide(s)
	case counting.QuorumCheck:
		return w.quorum(s)
	}
	return w.budgetStep(step)
}

func (w *Writer) tally(o counting.Outcome, s counting.Tally) string {
	shares := slices.DeleteFunc(slices.Clone(s.Votes), func(v counting.Share) bool {
		return o.Method == counting.STV && s.Round > 1 && v.Number.Sign() == 0 // excluded
	})
	slices.SortStableFunc(shares, func(a, b counting.Share) int { return b.Number.Cmp(a.Number) })
	const shown = 12
	var parts []string
	for _, share := range shares[:min(len(shares), shown)] {
		parts = append(parts, w.name(share.Option)+" "+w.number(share.Number))
	}
	text := strings.Join(parts, w.pick(hardSpace+"; ", "; "))
	if more := len(shares) - shown; more > 0 {
		text += w.say(" ; et %d autres", "; and %d others", more)
	}
	head := w.pick("Total", "Totals")
	if o.Method == counting.IRV || o.Method == counting.STV {
		head = w.say("Tour %d", "Round %d", s.Round)
	}
	if s.Exhausted.Sign() > 0 {
		text += w.say(" (%s ne comptent plus)", " (%s no longer count)", w.count(s.Exhausted, ballots()))
	}
	return head + " (" + w.unit(o.Method).in(w, true) + ")" + w.pick(hardSpace+": ", ": ") + text + "."
}

func (w *Writer) need(o counting.Outcome, s counting.Need) string {
	if o.Method == counting.STV {
		return w.say("Il faut %s pour obtenir un siège : c’est le quota pour %s et %d sièges.",
			"%s elect a candidate: the quota for %s and %d seats.", w.count(s.Votes, votes()), w.count(s.Base, ballots()), s.Seats)
	}
	return w.say("La majorité absolue est de plus de %s sur %s.", "An absolute majority is more than %s out of %s.",
		w.count(s.Votes, votes()), w.count(s.Base, ballots()))
}

func (w *Writer) elect(o counting.Outcome, s counting.Elect) string {
	total := w.count(s.Votes, w.unit(o.Method))
	switch {
	case s.Default:
		return w.say("%s obtient un siège avec %s : il ne reste pas plus de candidatures que de sièges.",
			"%s is elected with %s: no more candidates are left than seats.", w.name(s.Option), total)
	case o.Method == counting.STV:
		return w.say("%s atteint le quota avec %s et obtient un siège.", "%s reaches the quota with %s and is elected.", w.name(s.Option), total)
	case o.Method == counting.MajorityJudgment:
		return w.say("%s a la meilleure mention majoritaire et l’emporte.", "%s has the best majority grade and wins.", w.name(s.Option))
	case o.Method == counting.Schulze:
		return w.say("L’option %s n’est battue par aucune autre et l’emporte.", "%s is beaten by no other option and wins.", w.name(s.Option))
	}
	return w.say("%s l’emporte avec %s.", "%s wins with %s.", w.name(s.Option), total)
}

func (w *Writer) eliminate(s counting.Eliminate) string {
	if len(s.Options) > 1 {
		return w.say("%s n’ont ensemble que %s et ne peuvent plus gagner : ces options quittent la course.",
			"%s have only %s together and cannot win any more: they leave the race.", w.list(s.Options), w.count(s.Votes, votes()))
	}
	return w.say("%s est en dernière position avec %s et quitte la course.", "%s comes last with %s and leaves the race.",
		w.list(s.Options), w.count(s.Votes, votes()))
}

func (w *Writer) transfer(s counting.Transfer) string {
	var parts []string
	for _, share := range s.Received {
		parts = append(parts, w.name(share.Option)+" +"+w.number(share.Number))
	}
	if s.Exhausted.Sign() > 0 {
		parts = append(parts, w.say("%s sans choix suivant", "%s with no next choice", w.number(s.Exhausted)))
	}
	if s.Lost != nil && s.Lost.Sign() > 0 {
		parts = append(parts, w.say("%s perdus par l’arrondi de la règle", "%s lost to the rule’s rounding", w.number(s.Lost)))
	}
	if len(parts) == 0 {
		parts = []string{w.pick("personne", "nobody")}
	}
	where := strings.Join(parts, w.pick(hardSpace+"; ", "; "))
	if s.Surplus != nil {
		return w.say("L’excédent de %s (%s) se reporte : %s.", "The surplus of %s (%s) is transferred: %s.",
			w.list(s.From), w.count(s.Surplus, votes()), where)
	}
	return w.say("Les bulletins de %s se reportent : %s.", "The ballots of %s are transferred: %s.", w.list(s.From), where)
}

func (w *Writer) decide(s counting.Decide) string {
	base := map[counting.Base]string{
		counting.Expressed: w.pick("des suffrages exprimés", "of the votes expressed"),
		counting.Attending: w.pick("des personnes présentes", "of the people present"),
		counting.Enrolled:  w.pick("des personnes inscrites", "of the people entitled"),
	}[s.Base]
	verdict := w.pick("rejeté", "rejected")
	if s.Adopted {
		verdict = w.pick("adopté", "adopted")
	}
	bar := w.share(s.Share)
	if s.AtLeast {
		bar = w.pick("au moins ", "at least ") + bar
	} else {
		bar = w.pick("plus de ", "more than ") + bar
	}
	return w.say("%s : %s oui, %s non, %s. Il fallait %s %s (%s) : %s.", "%s: %s yes, %s no, %s. It took %s %s (%s): %s.",
		w.name(s.Option), w.integer(s.Yes), w.integer(s.No),
		w.countInt(s.Abstain, noun{"abstention", "abstentions", "abstention", "abstentions"}), bar, base, w.integer(s.Size), verdict)
}

func (w *Writer) share(f counting.Fraction) string {
	switch f {
	case counting.Fraction{Num: 1, Den: 2}:
		return w.pick("la moitié", "half")
	case counting.Fraction{Num: 2, Den: 3}:
		return w.pick("les deux tiers", "two thirds")
	case counting.Fraction{Num: 3, Den: 5}:
		return w.pick("les trois cinquièmes", "three fifths")
	}
	return fmt.Sprintf("%d/%d", f.Num, f.Den)
}

func (w *Writer) quorum(s counting.QuorumCheck) string {
	if s.Reached {
		return w.say("Le quorum est atteint : %s pour %s nécessaires.", "The quorum is reached: %s, %s needed.",
			w.countInt(s.Ballots, ballots()), w.number(s.Needed))
	}
	return w.say("Le quorum n’est pas atteint : %s pour %s nécessaires. Rien n’est adopté.",
		"The quorum is not reached: %s, %s needed. Nothing is adopted.", w.countInt(s.Ballots, ballots()), w.number(s.Needed))
}

// budgetStep tells the steps of budgets, and those common to all methods.
func (w *Writer) budgetStep(step counting.Step) string {
	switch s := step.(type) {
	case counting.Endow:
		return w.endow(s)
	case counting.Spend:
		return w.spend(s)
	case counting.Skip:
		return w.skip(s)
	case counting.Drop:
		return w.drop(s)
	case counting.Draw:
		return w.draw(s)
	case counting.Conclude:
		return w.conclude(s)
	}
	return step.Kind()
}

func (w *Writer) endow(s counting.Endow) string {
	head := w.say("Enveloppe commune à tout le territoire : %s, pour %s.", "City-wide envelope: %s, for %s.",
		w.money(s.Cents), w.countInt(s.Voters, voters()))
	if s.Zone != "" {
		head = w.say("Enveloppe de la zone « %s » : %s, pour %s.", "Envelope of zone “%s”: %s, for %s.",
			s.Zone, w.money(s.Cents), w.countInt(s.Voters, voters()))
	}
	if s.PerVoter == nil {
		return head
	}
	if s.Increments > 0 {
		return head + w.say(" Chaque part a été augmentée %s fois, jusqu’à %s, pour dépenser le plus possible sans dépasser l’enveloppe.",
			" Each share was raised %s times, up to %s, to spend as much as possible within the envelope.", w.integer(s.Increments), w.about(s.PerVoter))
	}
	return head + w.say(" Chaque bulletin dispose d’une part égale : %s.", " Each ballot has an equal share: %s.", w.about(s.PerVoter))
}

func (w *Writer) spend(s counting.Spend) string {
	text := w.say("Le projet %s est financé : %s, avec %s. Il reste %s.", "%s is funded: %s, with %s. %s are left.",
		w.name(s.Option), w.money(s.Cost), w.count(s.Votes, w.support()), w.money(s.Remaining))
	switch {
	case s.Completion:
		text += w.pick(" L’argent qui restait suffisait à ce projet.", " The money left was enough for this project.")
	case s.PerVoter != nil:
		text += w.say(" Ses soutiens paient chacun au plus %s.", " Its supporters pay at most %s each.", w.about(s.PerVoter))
		if s.Short > 0 {
			text += w.say(" Parmi ces soutiens, %s donnent tout ce qu’il leur reste.", " Of these, %s give all they have left.",
				w.countInt(s.Short, people()))
		}
	case s.Load != nil:
		text += w.say(" La charge de ses soutiens passe à %s.", " The load of its supporters becomes %s.", w.about(s.Load))
	}
	return text
}

func (w *Writer) skip(s counting.Skip) string {
	name, cost, left := w.name(s.Option), w.money(s.Cost), w.money(s.Remaining)
	switch s.Reason {
	case counting.SkipDoesNotFit:
		return w.say("Le projet %s n’est pas financé : il coûte %s et il reste %s (%s).", "%s is not funded: it costs %s and %s are left (%s).",
			name, cost, left, w.count(s.Votes, w.support()))
	case counting.SkipIncompatible:
		return w.say("Le projet %s n’est pas financé : il est incompatible avec %s, déjà financé.", "%s is not funded: it is incompatible with %s, already funded.",
			name, w.name(s.Other))
	case counting.SkipMinVotes:
		return w.say("Le projet %s n’est pas financé : %s, c’est moins que le minimum.", "%s is not funded: %s, which is under the minimum.",
			name, w.count(s.Votes, w.support()))
	case counting.SkipStopped:
		return w.say("Le projet %s n’est pas financé : le dépouillement s’est arrêté avant son tour, faute de place dans l’enveloppe.",
			"%s is not funded: the count stopped before its turn, for want of room in the envelope.", name)
	case counting.SkipPoorVoters:
		return w.say("Le projet %s n’est pas financé : il coûte %s et il reste ensemble %s aux personnes qui le soutiennent.",
			"%s is not funded: it costs %s and its supporters have %s left together.", name, cost, w.about(s.Funds))
	case counting.SkipWithdrawn:
		return w.say("Le projet %s est retiré.", "%s is withdrawn.", name)
	}
	return w.say("Le projet %s n’est pas dans la meilleure combinaison.", "%s is not in the best set.", name)
}

func (w *Writer) drop(s counting.Drop) string {
	if s.Reason == counting.SkipQuorum {
		return w.say("L’option %s est écartée : préférée à l’option par défaut par %s, il en faut %s.",
			"%s is dropped: %s prefer it to the default option, %s are needed.", w.name(s.Option), w.countInt(s.For, ballots()), w.integer(s.Needed))
	}
	return w.say("L’option %s est écartée : %s contre %s face à l’option par défaut, il faut un rapport de plus de %d à %d.",
		"%s is dropped: %s against %s facing the default option, more than %d to %d is needed.",
		w.name(s.Option), w.integer(s.For), w.integer(s.Against), s.Ratio.Num, s.Ratio.Den)
}

func (w *Writer) draw(s counting.Draw) string {
	tied := w.list(s.Options)
	if s.By == counting.TieOpen {
		return w.say("Égalité entre %s : la règle les laisse à égalité.", "Tie between %s: the rule leaves them tied.", tied)
	}
	purpose := map[counting.Purpose]string{
		counting.PurposeElect:    w.pick("pour l’emporter", "to win"),
		counting.PurposeExclude:  w.pick("pour quitter la course", "to leave the race"),
		counting.PurposeTransfer: w.pick("pour le report suivant", "for the next transfer"),
		counting.PurposeFund:     w.pick("pour être financé", "to be funded"),
	}[s.Purpose]
	text := w.say("Égalité entre %s : %s désigne %s %s.", "Tie between %s: %s picks %s %s.", tied, w.tieKey(s.By), w.list(s.Chosen), purpose)
	if len(s.Tickets) == 0 {
		return text
	}
	var tickets []string
	for i, t := range s.Tickets {
		tickets = append(tickets, w.name(s.Options[i])+" "+fmt.Sprintf("%x", []byte(t))[:16])
	}
	return text + w.pick(" Numéros du tirage (début) : ", " Tickets drawn (first digits): ") + strings.Join(tickets, w.pick(hardSpace+"; ", "; ")) + "."
}

func (w *Writer) tieKey(key counting.TieKey) string {
	switch key {
	case counting.TieEarlier:
		return w.pick("le nombre de voix à un tour précédent", "the votes of an earlier round")
	case counting.TieCost:
		return w.pick("le coût, le moins cher d’abord,", "the cost, the cheapest first,")
	case counting.TieVotes:
		return w.pick("le nombre de bulletins", "the number of ballots")
	case counting.TieID:
		return w.pick("l’ordre des identifiants", "the order of the ids")
	case counting.TieLot:
		return w.pick("le tirage au sort public", "the public lot")
	}
	return w.pick("l’ordre du bulletin", "the order on the ballot")
}

func (w *Writer) conclude(s counting.Conclude) string {
	switch s.Reason {
	case counting.NothingMarked:
		return w.pick("Aucun bulletin ne désigne d’option : rien ne l’emporte.", "No ballot marks any option: nothing wins.")
	case counting.NoMajority:
		return w.say("Personne n’a la majorité absolue : %s vont au second tour.", "Nobody has an absolute majority: %s go to a second round.", w.list(s.Options))
	case counting.CondorcetWin:
		return w.say("%s gagne tous ses duels.", "%s wins all its duels.", w.list(s.Options))
	case counting.NoCondorcet:
		return w.pick("Aucune option ne gagne tous ses duels : on compare les chaînes de duels.", "No option wins all its duels: chains of duels are compared.")
	case counting.Optimal:
		return w.pick("Parmi toutes les combinaisons qui tiennent dans l’enveloppe, voici celle qui réunit le plus de voix.",
			"Of all sets that fit the envelope, this one gathers the most votes.")
	}
	return w.pick("Tous les projets tiennent ensemble dans l’enveloppe : aucune part n’a besoin d’être augmentée.",
		"All projects fit the envelope together: no share needs raising.")
}

// percentOfBallots is a share of the ballots that mark something.
func (w *Writer) percentOfBallots(o counting.Outcome, n *big.Rat) string {
	return w.percent(n, big.NewRat(o.Ballots-o.Blank-o.Invalid, 1))
}
