package counting_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"slices"
	"testing"

	"parvis/app/voting/counting"
)

// The cases of testdata were counted by hand, from the definitions.
func TestHandCountedCases(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		File       string
		Rule       counting.Rule
		Winners    []string
		Totals     map[string]string
		Runoff     []string
		Increments int64
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		file := readFile(t, "testdata", c.File)
		c.Rule.Envelopes = file.Envelopes
		got := mustCount(t, file.Profile, c.Rule)
		if !slices.Equal(got.Winners, c.Winners) || !slices.Equal(got.Runoff, c.Runoff) {
			t.Errorf("%s by %+v: winners %v runoff %v, by hand %v %v", c.File, c.Rule, got.Winners, got.Runoff, c.Winners, c.Runoff)
		}
		for id, total := range c.Totals {
			if got.Totals[id] == nil || got.Totals[id].RatString() != total {
				t.Errorf("%s by %s: %s has %v, by hand %s", c.File, c.Rule.Method, id, got.Totals[id], total)
			}
		}
		if len(got.Spending) > 0 && got.Spending[0].Increments != c.Increments {
			t.Errorf("%s by %s: %d increments, by hand %d", c.File, c.Rule.Completion, got.Spending[0].Increments, c.Increments)
		}
	}
}

func profile(t testing.TB, kind counting.Kind, ids []string, ballots ...map[string]int32) counting.Profile {
	t.Helper()
	var options []counting.Option
	for _, id := range ids {
		options = append(options, counting.Option{ID: id})
	}
	b, err := counting.NewBuilder(kind, options, "bad", "fair", "good")
	if err != nil {
		t.Fatal(err)
	}
	for _, ballot := range ballots {
		var marks []counting.Named
		for id, value := range ballot {
			marks = append(marks, counting.Named{Option: id, Value: value})
		}
		if err := b.Add(1, marks...); err != nil {
			t.Fatal(err)
		}
	}
	return b.Profile()
}

func priced(p counting.Profile, costs ...int64) counting.Profile {
	p.Options = slices.Clone(p.Options)
	for i := range p.Options {
		p.Options[i].Cost = costs[i]
	}
	return p
}

// kindFor is a kind of ballots that a method counts.
func kindFor(m counting.Method) counting.Kind {
	switch m {
	case counting.YesNoAbstain:
		return counting.Answers
	case counting.MajorityJudgment:
		return counting.Grades
	case counting.Score, counting.PointVoting:
		return counting.Points
	case counting.Borda, counting.IRV, counting.Schulze, counting.STV:
		return counting.Ranks
	}
	return counting.Choices
}

func ruleFor(m counting.Method) counting.Rule {
	return counting.Rule{Method: m, Envelopes: []counting.Envelope{{Cents: 1000}}}
}

func TestNothingWinsWhenEveryBallotIsBlank(t *testing.T) {
	t.Parallel()
	for _, m := range counting.Methods() {
		for _, ballots := range [][]map[string]int32{nil, {{}, {}}} {
			p := priced(profile(t, kindFor(m), []string{"a", "b"}, ballots...), 100, 200)
			got := mustCount(t, p, ruleFor(m))
			if len(got.Winners) != 0 || got.Blank != int64(len(ballots)) {
				t.Errorf("%s on %d blank ballots: %v wins, %d blank", m, len(ballots), got.Winners, got.Blank)
			}
			if len(got.Ranking) != 1 || len(got.Ranking[0]) != 2 {
				t.Errorf("%s on blank ballots ranks %v", m, got.Ranking)
			}
			for _, s := range got.Spending {
				if s.Spent != 0 || s.Remaining != 1000 {
					t.Errorf("%s on blank ballots spends %+v", m, s)
				}
			}
		}
	}
}

func TestNothingWinsWhenEveryOptionIsWithdrawn(t *testing.T) {
	t.Parallel()
	for _, m := range counting.Methods() {
		for _, ids := range [][]string{{"a"}, {"a", "b"}} {
			p := priced(profile(t, kindFor(m), ids, map[string]int32{"a": 1}), 100, 200)
			for i := range p.Options {
				p.Options[i].Withdrawn = true
			}
			got := mustCount(t, p, ruleFor(m))
			if len(got.Winners) != 0 {
				t.Errorf("%s with nothing left to elect: %v wins", m, got.Winners)
			}
			if len(got.Ranking) != 1 || len(got.Ranking[0]) != len(ids) {
				t.Errorf("%s with nothing left to elect ranks %v", m, got.Ranking)
			}
		}
	}
}

func TestNonsenseIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	good := priced(profile(t, counting.Choices, []string{"a", "b"}, map[string]int32{"a": 1}), 100, 200)
	change := func(f func(*counting.Profile)) counting.Profile {
		p := good
		p.Options, p.Ballots = slices.Clone(p.Options), slices.Clone(p.Ballots)
		f(&p)
		return p
	}
	greedy := ruleFor(counting.Greedy)
	for name, c := range map[string]struct {
		profile counting.Profile
		rule    counting.Rule
		want    error
	}{
		"no option":          {counting.Profile{Kind: counting.Choices}, greedy, counting.ErrNoOptions},
		"duplicate option":   {change(func(p *counting.Profile) { p.Options[1].ID = "a" }), greedy, counting.ErrDuplicateOption},
		"negative cost":      {change(func(p *counting.Profile) { p.Options[1].Cost = -1 }), greedy, counting.ErrCost},
		"absurd cost":        {change(func(p *counting.Profile) { p.Options[1].Cost = 1 << 60 }), greedy, counting.ErrCost},
		"free project":       {change(func(p *counting.Profile) { p.Options[1].Cost = 0 }), greedy, counting.ErrCost},
		"unknown option":     {change(func(p *counting.Profile) { p.Ballots[0].Marks = []counting.Mark{{Option: 7, Value: 1}} }), greedy, counting.ErrUnknownOption},
		"marked twice":       {change(func(p *counting.Profile) { p.Ballots[0].Marks = []counting.Mark{{Value: 1}, {Value: 1}} }), greedy, counting.ErrBallot},
		"no weight":          {change(func(p *counting.Profile) { p.Ballots[0].Weight = 0 }), greedy, counting.ErrBallot},
		"absurd weight":      {change(func(p *counting.Profile) { p.Ballots[0].Weight = 1 << 60 }), greedy, counting.ErrBallot},
		"unknown method":     {good, counting.Rule{Method: "dictator"}, counting.ErrUnknownMethod},
		"no budget":          {good, counting.Rule{Method: counting.Greedy}, counting.ErrBudget},
		"zero budget":        {good, counting.Rule{Method: counting.Greedy, Envelopes: []counting.Envelope{{}}}, counting.ErrBudget},
		"zone without money": {change(func(p *counting.Profile) { p.Options[0].Zone = "Nord" }), greedy, counting.ErrBudget},
		"too many seats":     {good, counting.Rule{Method: counting.Approval, Seats: 3}, counting.ErrSeats},
		"wrong ballots":      {good, counting.Rule{Method: counting.Schulze}, counting.ErrWrongBallots},
		"open tie in a runoff": {profile(t, counting.Ranks, []string{"a", "b"}), counting.Rule{Method: counting.IRV,
			Ties: counting.Ties{Keys: []counting.TieKey{counting.TieOpen}}}, counting.ErrTie},
		"lot without seed": {good, counting.Rule{Method: counting.Approval, Ties: counting.Ties{Keys: []counting.TieKey{counting.TieLot}}}, counting.ErrRule},
		"mistyped word":    {good, counting.Rule{Method: counting.EqualShares, Completion: "add2", Envelopes: greedy.Envelopes}, counting.ErrRule},
		"two choices":      {profile(t, counting.Choices, []string{"a", "b"}, map[string]int32{"a": 1, "b": 1}), counting.Rule{Method: counting.Plurality}, counting.ErrBallot},
		"too many points":  {profile(t, counting.Points, []string{"a"}, map[string]int32{"a": 11}), counting.Rule{Method: counting.PointVoting, PointsPerBallot: 10}, counting.ErrBallot},
		"votes too dear":   {profile(t, counting.Points, []string{"a"}, map[string]int32{"a": 4}), counting.Rule{Method: counting.PointVoting, PointsPerBallot: 10, SquareRoot: true}, counting.ErrBallot},
		"quorum of nobody": {profile(t, counting.Answers, []string{"a"}, map[string]int32{"a": 1}), counting.Rule{Method: counting.YesNoAbstain,
			Quorum: counting.Quorum{Share: counting.Fraction{Num: 1, Den: 2}}}, counting.ErrRule},
		"more ballots than entitled": {profile(t, counting.Answers, []string{"a"}, map[string]int32{"a": 1}, map[string]int32{"a": 1}), counting.Rule{
			Method: counting.YesNoAbstain, Base: counting.Enrolled, Entitled: 1}, counting.ErrRule},
	} {
		if _, err := counting.Count(c.profile, c.rule); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, expected %v", name, err, c.want)
		}
	}
}

func TestThePublicLotDependsOnSeedAndRootOnly(t *testing.T) {
	t.Parallel()
	p := profile(t, counting.Choices, []string{"a", "b", "c"}, map[string]int32{"a": 1}, map[string]int32{"b": 1}, map[string]int32{"c": 1})
	wins := map[string]int{}
	for seed := range byte(60) {
		rule := counting.Rule{Method: counting.Approval, Ties: counting.Ties{Keys: []counting.TieKey{counting.TieLot}, Seed: counting.Hex{seed}, Root: counting.Hex{1}}}
		got := mustCount(t, p, rule)
		again := mustCount(t, p, rule)
		if len(got.Winners) != 1 || !slices.Equal(got.Winners, again.Winners) {
			t.Fatalf("the lot gave %v then %v", got.Winners, again.Winners)
		}
		if len(got.Ranking) != 1 || len(got.Ties) != 1 || got.Ties[0].By != counting.TieLot {
			t.Fatalf("the tie must stay visible: ranking %v, ties %+v", got.Ranking, got.Ties)
		}
		smallest := slices.MinFunc([]string{"a", "b", "c"}, func(x, y string) int {
			a, b := counting.Lot([]byte{seed}, []byte{1}, x), counting.Lot([]byte{seed}, []byte{1}, y)
			return slices.Compare(a[:], b[:])
		})
		if got.Winners[0] != smallest {
			t.Errorf("seed %d: %s wins, the smallest ticket is %s's", seed, got.Winners[0], smallest)
		}
		wins[got.Winners[0]]++
	}
	if len(wins) != 3 {
		t.Errorf("over 60 seeds the lot only ever favoured %v", wins)
	}
}

// HMAC-SHA256 with key "key" of "The quick brown fox jumps over the lazy dog" is a well-known test vector.
func TestTheLotIsPlainHMAC(t *testing.T) {
	t.Parallel()
	got := counting.Lot([]byte("key"), []byte("The quick brown fox jumps over "), "the lazy dog")
	text, _ := counting.Hex(got[:]).MarshalText()
	if want := "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"; string(text) != want {
		t.Errorf("lot %s, expected %s", text, want)
	}
}

func TestAnOpenTieKeepsAllItsWinners(t *testing.T) {
	t.Parallel()
	p := profile(t, counting.Choices, []string{"a", "b", "c"}, map[string]int32{"a": 1}, map[string]int32{"b": 1})
	got := mustCount(t, p, counting.Rule{Method: counting.Plurality})
	if !slices.Equal(got.Winners, []string{"a", "b"}) || len(got.Ties) != 1 || got.Ties[0].By != counting.TieOpen {
		t.Errorf("winners %v, ties %+v", got.Winners, got.Ties)
	}
}

func TestIncompatibleProjectsAreNeverFundedTogether(t *testing.T) {
	t.Parallel()
	p := priced(profile(t, counting.Choices, []string{"a", "b", "c"}, map[string]int32{"a": 1, "b": 1}, map[string]int32{"a": 1, "b": 1}, map[string]int32{"c": 1}), 300, 300, 300)
	for _, m := range []counting.Method{counting.Greedy, counting.EqualShares, counting.Phragmen, counting.Knapsack} {
		rule := ruleFor(m)
		rule.Completion = counting.CompletionAdd1U
		rule.Incompatible = [][]string{{"a", "b"}}
		got := mustCount(t, p, rule)
		if got.Won("a") == got.Won("b") || !got.Won("c") {
			t.Errorf("%s funds %v", m, got.Winners)
		}
		explained := slices.ContainsFunc(got.Steps, func(s counting.Step) bool {
			skip, ok := s.(counting.Skip)
			return ok && skip.Option == "b"
		})
		if !explained {
			t.Errorf("%s does not say why b is not funded", m)
		}
	}
}

func TestZonesComeBeforeTheTown(t *testing.T) {
	t.Parallel()
	file := readFile(t, "testdata", "quartiers.csv")
	rule := counting.Rule{Method: counting.Greedy, Envelopes: file.Envelopes, Incompatible: [][]string{{"n", "a"}}}
	got := mustCount(t, file.Profile, rule)
	if got.Spending[0].Zone != "Nord" || got.Spending[1].Zone != "" {
		t.Errorf("envelopes counted in the order %+v", got.Spending)
	}
	if !got.Won("n") || got.Won("a") || !got.Won("b") {
		t.Errorf("winners %v: the zone's fountain comes first and excludes the park", got.Winners)
	}
}

func TestTheExplanationSurvivesJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file string
		rule counting.Rule
	}{
		{"tennessee.soi", counting.Rule{Method: counting.IRV}}, {"tennessee.soi", counting.Rule{Method: counting.Schulze}},
		{"council.blt", counting.Rule{Method: counting.STV, Seats: 2}}, {"place.csv", counting.Rule{Method: counting.MajorityJudgment}},
		{"terrasses.csv", counting.Rule{Method: counting.YesNoAbstain, Quorum: counting.Quorum{Ballots: 3}}},
		{"village.pb", counting.Rule{Method: counting.EqualShares}}, {"village.pb", counting.Rule{Method: counting.Greedy, MinVotes: 5}},
		{"village.pb", counting.Rule{Method: counting.Knapsack}}, {"village.pb", counting.Rule{Method: counting.Phragmen}},
	} {
		file := readFile(t, "testdata", c.file)
		c.rule.Envelopes = file.Envelopes
		got := mustCount(t, file.Profile, c.rule)
		text := asJSON(t, got)
		var back counting.Outcome
		if err := json.Unmarshal([]byte(text), &back); err != nil {
			t.Fatal(err)
		}
		if len(back.Steps) == 0 || len(back.Steps) != len(got.Steps) || asJSON(t, back) != text {
			t.Errorf("%s by %s: the outcome changes through JSON", c.file, c.rule.Method)
		}
	}
}

func TestKnapsackSaysThatItsTieIsBroken(t *testing.T) {
	t.Parallel()
	p := priced(profile(t, counting.Choices, []string{"a", "b", "c"}, map[string]int32{"a": 1}, map[string]int32{"b": 1}, map[string]int32{"c": 1}), 600, 600, 400)
	got := mustCount(t, p, ruleFor(counting.Knapsack))
	if !slices.Equal(got.Winners, []string{"c", "a"}) || got.Spending[0].Optimum.Cmp(big.NewRat(2, 1)) != 0 {
		t.Errorf("winners %v with %v votes", got.Winners, got.Spending[0].Optimum)
	}
	if len(got.Ties) != 1 || !slices.Equal(got.Ties[0].Options, []string{"a", "b"}) || got.Ties[0].By != counting.TieID {
		t.Errorf("ties %+v", got.Ties)
	}
}

func TestKnapsackRefusesWhatItCannotSolve(t *testing.T) {
	t.Parallel()
	p := counting.Profile{Kind: counting.Choices}
	b := counting.Ballot{Weight: 1}
	// Costs and votes that make every set undominated and every bound useless: votes = cost, all sums distinct.
	for i := range 40 {
		cost := int64(1)<<42 + int64(1)<<i
		p.Options = append(p.Options, counting.Option{ID: string(rune('A' + i)), Cost: cost})
		b.Marks = append(b.Marks, counting.Mark{Option: int32(i), Value: 1})
	}
	p.Ballots = []counting.Ballot{b}
	_, err := counting.Count(p, counting.Rule{Method: counting.Knapsack, Utility: counting.UtilityCost, Envelopes: []counting.Envelope{{Cents: int64(1)<<46 + 12345}}})
	if !errors.Is(err, counting.ErrTooLarge) {
		t.Errorf("error %v", err)
	}
}

func TestOurArchiveCarriesItsRule(t *testing.T) {
	t.Parallel()
	file := readFile(t, "testdata", "archive.json")
	if file.Rule == nil {
		t.Fatal("no rule")
	}
	got := mustCount(t, file.Profile, *file.Rule)
	if len(got.Winners) != 1 || got.Ties[0].By != counting.TieLot || got.Blank != 1 {
		t.Errorf("winners %v, ties %+v, blank %d", got.Winners, got.Ties, got.Blank)
	}
}
