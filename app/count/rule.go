package count

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"parvis/app/voting/counting"
	"parvis/app/voting/counting/formats"
)

func flags() []cli.Flag {
	names := make([]string, 0, len(counting.Methods()))
	for _, m := range counting.Methods() {
		names = append(names, string(m))
	}
	return []cli.Flag{
		&cli.StringFlag{Name: "rule", Aliases: []string{"r"}, Usage: "méthode : " + strings.Join(names, ", ") + " ; celle de l’archive si le fichier en porte une"},
		&cli.IntFlag{Name: "seats", Usage: "nombre de gagnants"},
		&cli.StringFlag{Name: "ties", Usage: "critères des égalités, dans l’ordre : earlier, cost, votes, lexicographic, listed, listed-chosen, lot, open"},
		&cli.StringFlag{Name: "seed", Usage: "graine du tirage au sort, en hexadécimal"},
		&cli.StringFlag{Name: "root", Usage: "racine du journal clos, en hexadécimal"},
		&cli.BoolFlag{Name: "json", Usage: "résultat en JSON"},
		&cli.BoolFlag{Name: "explain", Usage: "explique chaque étape"},
		&cli.StringFlag{Name: "lang", Usage: "langue des textes : fr ou en", Value: "fr"},
		&cli.StringFlag{Name: "currency", Usage: "monnaie affichée", Value: "€"},

		&cli.StringSliceFlag{Name: "budget", Usage: "enveloppe, ZONE=MONTANT ou MONTANT, à la place de celle du fichier (répétable)"},
		&cli.BoolFlag{Name: "no-skip", Usage: "greedy : s’arrête au premier projet qui ne tient pas"},
		&cli.BoolFlag{Name: "threshold", Usage: "budgets : écarte les projets sous le seuil que le fichier indique"},
		&cli.IntFlag{Name: "min-votes", Usage: "budgets : écarte les projets sous ce nombre de voix"},
		&cli.StringSliceFlag{Name: "incompatible", Usage: "budgets : projets incompatibles, A+B+C (répétable)"},
		&cli.StringFlag{Name: "completion", Usage: "equal-shares : none, utilitarian, add1 ou add1u"},
		&cli.StringFlag{Name: "utility", Usage: "equal-shares, knapsack : cost, votes ou points"},
		&cli.StringFlag{Name: "step", Usage: "equal-shares : ajout à chaque part, en unités de monnaie", Value: "1"},

		&cli.BoolFlag{Name: "absolute-majority", Usage: "plurality : majorité absolue, sinon second tour"},
		&cli.IntFlag{Name: "max-marks", Usage: "approval, budgets : nombre maximal d’options par bulletin"},
		&cli.StringFlag{Name: "base", Usage: "yes-no-abstain : expressed, present ou entitled"},
		&cli.StringFlag{Name: "majority", Usage: "yes-no-abstain : part à dépasser, par exemple 1/2", Value: "1/2"},
		&cli.BoolFlag{Name: "at-least", Usage: "yes-no-abstain : atteindre cette part suffit"},
		&cli.IntFlag{Name: "present", Usage: "yes-no-abstain : nombre de présents"},
		&cli.IntFlag{Name: "entitled", Usage: "yes-no-abstain : nombre d’inscrits"},
		&cli.StringFlag{Name: "quorum", Usage: "yes-no-abstain : nombre de bulletins, ou part des inscrits (1/4)"},
		&cli.BoolFlag{Name: "mean", Usage: "score : moyenne des notes données, au lieu de la somme"},
		&cli.IntFlag{Name: "points", Usage: "points : points par bulletin"},
		&cli.BoolFlag{Name: "square-root", Usage: "points : n voix coûtent n² points"},
		&cli.StringFlag{Name: "unmarked", Usage: "majority-judgment : worst, median, normalized, ou le rang d’une mention (0 la pire)"},
		&cli.StringFlag{Name: "unranked", Usage: "borda : average ou zero"},
		&cli.BoolFlag{Name: "margins", Usage: "schulze : force des victoires par écart"},
		&cli.StringFlag{Name: "default", Usage: "schulze : option par défaut (constitution de Debian, A.6)"},
		&cli.IntFlag{Name: "default-quorum", Usage: "schulze : bulletins qui doivent la préférer à l’option par défaut"},
		&cli.StringSliceFlag{Name: "supermajority", Usage: "schulze : rapport exigé face à l’option par défaut, OPTION=3:1 (répétable)"},
		&cli.StringFlag{Name: "overvotes", Usage: "irv : exhaust, skip ou exhaust-if-multiple"},
		&cli.IntFlag{Name: "skipped-ranks", Usage: "irv : rangs vides consécutifs admis ; sans limite par défaut", Value: -1},
		&cli.BoolFlag{Name: "exhaust-on-duplicate", Usage: "irv : un nom répété arrête le bulletin"},
		&cli.BoolFlag{Name: "batch", Usage: "irv : élimine ensemble les options qui ne peuvent plus gagner"},
		&cli.BoolFlag{Name: "until-two", Usage: "irv : continue jusqu’aux deux dernières options"},
		&cli.StringSliceFlag{Name: "first-out", Usage: "irv : option éliminée d’emblée (répétable)"},
	}
}

// ruleFrom makes the rule from the flags, over what the file states.
func ruleFrom(c *cli.Command, file *formats.File) (counting.Rule, error) {
	if l := c.String("lang"); l != "fr" && l != "en" {
		return counting.Rule{}, fmt.Errorf("--lang %q : fr ou en", l)
	}
	if !c.IsSet("rule") {
		if file.Rule == nil {
			return counting.Rule{}, fmt.Errorf("indiquez la méthode avec --rule")
		}
		r := *file.Rule
		return r, ties(c, &r)
	}
	r := counting.Rule{
		Method: counting.Method(c.String("rule")), Seats: file.Seats, Envelopes: file.Envelopes,
		NoSkip: c.Bool("no-skip"), Completion: counting.Completion(c.String("completion")), Utility: counting.Utility(c.String("utility")),
		AbsoluteMajority: c.Bool("absolute-majority"), MaxMarks: c.Int("max-marks"),
		Base: counting.Base(c.String("base")), AtLeast: c.Bool("at-least"), Present: int64(c.Int("present")), Entitled: int64(c.Int("entitled")),
		Mean: c.Bool("mean"), PointsPerBallot: int64(c.Int("points")), SquareRoot: c.Bool("square-root"),
		Unranked: counting.Unranked(c.String("unranked")), Margins: c.Bool("margins"),
		Default: c.String("default"), DefaultQuorum: int64(c.Int("default-quorum")), Overvotes: counting.OvervoteRule(c.String("overvotes")),
		ExhaustOnDuplicate: c.Bool("exhaust-on-duplicate"), Batch: c.Bool("batch"), UntilTwo: c.Bool("until-two"), FirstOut: c.StringSlice("first-out"),
		MinVotes: int64(c.Int("min-votes")),
	}
	if c.IsSet("seats") {
		r.Seats = c.Int("seats")
	}
	if c.Bool("threshold") {
		r.MinVotes = max(r.MinVotes, file.MinVotes)
	}
	if n := c.Int("skipped-ranks"); n >= 0 {
		r.SkippedRanks = counting.Skipped(n)
	}
	for _, group := range c.StringSlice("incompatible") {
		r.Incompatible = append(r.Incompatible, strings.Split(group, "+"))
	}
	for _, set := range []func(*cli.Command, *counting.Rule) error{envelopes, step, shares, unmarked, supermajorities, ties} {
		if err := set(c, &r); err != nil {
			return r, err
		}
	}
	if r.Method.Budget() && len(r.Envelopes) == 0 {
		return r, fmt.Errorf("%s ne dit pas l’enveloppe : indiquez --budget", file.Name)
	}
	return r, nil
}

func envelopes(c *cli.Command, r *counting.Rule) error {
	if !c.IsSet("budget") {
		return nil
	}
	r.Envelopes = nil
	for _, text := range c.StringSlice("budget") {
		zone, amount, zoned := strings.Cut(text, "=")
		if !zoned {
			zone, amount = "", text
		}
		cents, err := formats.Cents(amount)
		if err != nil {
			return fmt.Errorf("--budget: %w", err)
		}
		r.Envelopes = append(r.Envelopes, counting.Envelope{Zone: zone, Cents: cents})
	}
	return nil
}

func step(c *cli.Command, r *counting.Rule) error {
	cents, err := formats.Cents(c.String("step"))
	if err != nil || cents == 0 {
		return fmt.Errorf("--step %q : un montant positif est attendu", c.String("step"))
	}
	r.Step = cents
	return nil
}

// fraction reads 2/3 (or 3:1 with another sign).
func fraction(text, sign string) (counting.Fraction, error) {
	over, under, ok := strings.Cut(text, sign)
	num, err := strconv.ParseInt(strings.TrimSpace(over), 10, 64)
	den, err2 := strconv.ParseInt(strings.TrimSpace(under), 10, 64)
	if !ok || err != nil || err2 != nil || num < 0 || den <= 0 {
		return counting.Fraction{}, fmt.Errorf("%q n’est pas une fraction", text)
	}
	return counting.Fraction{Num: num, Den: den}, nil
}

func shares(c *cli.Command, r *counting.Rule) error {
	var err error
	if r.Majority, err = fraction(c.String("majority"), "/"); err != nil {
		return fmt.Errorf("--majority: %w", err)
	}
	quorum := c.String("quorum")
	switch {
	case quorum == "":
		return nil
	case strings.Contains(quorum, "/"):
		r.Quorum.Share, err = fraction(quorum, "/")
	default:
		r.Quorum.Ballots, err = strconv.ParseInt(quorum, 10, 64)
	}
	if err != nil {
		return fmt.Errorf("--quorum %q: %w", quorum, err)
	}
	return nil
}

func unmarked(c *cli.Command, r *counting.Rule) error {
	text := c.String("unmarked")
	if n, err := strconv.ParseInt(text, 10, 32); err == nil {
		r.Unmarked, r.UnmarkedGrade = counting.UnmarkedGrade, int32(n)
		return nil
	}
	r.Unmarked = counting.Unmarked(text)
	return nil
}

func supermajorities(c *cli.Command, r *counting.Rule) error {
	for _, text := range c.StringSlice("supermajority") {
		option, ratio, ok := strings.Cut(text, "=")
		f, err := fraction(ratio, ":")
		if !ok || err != nil {
			return fmt.Errorf("--supermajority %q : OPTION=3:1 est attendu", text)
		}
		if r.Ratios == nil {
			r.Ratios = map[string]counting.Fraction{}
		}
		r.Ratios[option] = f
	}
	return nil
}

// ties reads the criteria. Those that may leave a tie are completed, in methods that cannot go on with one, by the
// smaller id.
func ties(c *cli.Command, r *counting.Rule) error {
	if !c.IsSet("ties") {
		return nil
	}
	t := counting.Ties{}
	decides := false
	for _, key := range strings.Split(c.String("ties"), ",") {
		k := counting.TieKey(strings.TrimSpace(key))
		t.Keys = append(t.Keys, k)
		decides = decides || k != counting.TieCost && k != counting.TieVotes && k != counting.TieEarlier
	}
	if !decides {
		t.Keys = append(t.Keys, counting.TieID)
	}
	if err := t.Seed.UnmarshalText([]byte(c.String("seed"))); err != nil {
		return fmt.Errorf("--seed: %w", err)
	}
	if err := t.Root.UnmarshalText([]byte(c.String("root"))); err != nil {
		return fmt.Errorf("--root: %w", err)
	}
	r.Ties = t
	return nil
}
