package counting_test

import (
	"fmt"

	"parvis/app/voting/counting"
)

// votes makes a profile for the examples: options a, b, c…, and ballots as values by option, zero being no mark.
func votes(kind counting.Kind, options int, ballots ...counting.Ballot) counting.Profile {
	p := counting.Profile{Kind: kind, Ballots: ballots, Grades: []string{"reject", "fair", "good"}}
	for i := range options {
		p.Options = append(p.Options, counting.Option{ID: string(rune('a' + i)), Cost: int64(20+20*i) * 100})
	}
	return p
}

func of(weight int64, values ...int32) counting.Ballot {
	b := counting.Ballot{Weight: weight}
	for o, v := range values {
		if v != 0 {
			b.Marks = append(b.Marks, counting.Mark{Option: int32(o), Value: v})
		}
	}
	return b
}

func show(p counting.Profile, r counting.Rule) {
	r.Envelopes = []counting.Envelope{{Cents: 80_00}}
	o, err := counting.Count(p, r)
	fmt.Println(o.Winners, o.Ranking, err)
}

func ExampleCount_plurality() {
	p := votes(counting.Choices, 3, of(4, 1), of(3, 0, 1), of(2, 0, 0, 1))
	show(p, counting.Rule{Method: counting.Plurality})
	// Output: [a] [[a] [b] [c]] <nil>
}

func ExampleCount_approval() {
	p := votes(counting.Choices, 3, of(4, 1), of(3, 0, 1, 1), of(2, 0, 1))
	show(p, counting.Rule{Method: counting.Approval})
	// Output: [b] [[b] [a] [c]] <nil>
}

func ExampleCount_yesNoAbstain() {
	p := votes(counting.Answers, 2, of(4, counting.Yes, counting.No), of(3, counting.No, counting.Yes))
	show(p, counting.Rule{Method: counting.YesNoAbstain, Quorum: counting.Quorum{Ballots: 5}})
	// Output: [a] [[a] [b]] <nil>
}

func ExampleCount_score() {
	p := votes(counting.Points, 2, of(3, 5, 4), of(2, 1, 4))
	show(p, counting.Rule{Method: counting.Score, MaxScore: 5})
	// Output: [b] [[b] [a]] <nil>
}

func ExampleCount_majorityJudgment() {
	p := votes(counting.Grades, 2, of(3, 2, 1), of(2, 0, 1))
	show(p, counting.Rule{Method: counting.MajorityJudgment})
	// Output: [a] [[a] [b]] <nil>
}

func ExampleCount_borda() {
	p := votes(counting.Ranks, 3, of(4, 1, 2, 3), of(3, 3, 1, 2))
	show(p, counting.Rule{Method: counting.Borda})
	// Output: [b] [[b] [a] [c]] <nil>
}

func ExampleCount_irv() {
	p := votes(counting.Ranks, 3, of(4, 1, 2, 3), of(3, 3, 1, 2), of(2, 3, 2, 1))
	show(p, counting.Rule{Method: counting.IRV})
	// Output: [b] [[b] [a] [c]] <nil>
}

func ExampleCount_schulze() {
	p := votes(counting.Ranks, 3, of(4, 1, 2, 3), of(3, 3, 1, 2), of(2, 3, 2, 1))
	show(p, counting.Rule{Method: counting.Schulze})
	// Output: [b] [[b] [c] [a]] <nil>
}

func ExampleCount_stv() {
	p := votes(counting.Ranks, 3, of(6, 1, 2), of(4, 0, 0, 1))
	show(p, counting.Rule{Method: counting.STV, Seats: 2})
	// Output: [a c] [[a] [c] [b]] <nil>
}

func ExampleCount_points() {
	p := votes(counting.Points, 2, of(3, 6, 4), of(2, 0, 10))
	show(p, counting.Rule{Method: counting.PointVoting, PointsPerBallot: 10})
	// Output: [b] [[b] [a]] <nil>
}

func ExampleCount_greedy() {
	p := votes(counting.Choices, 3, of(6, 0, 1, 1), of(4, 1))
	show(p, counting.Rule{Method: counting.Greedy})
	// Output: [b a] [[b c] [a]] <nil>
}

func ExampleCount_equalShares() {
	p := votes(counting.Choices, 3, of(6, 0, 1, 1), of(4, 1))
	show(p, counting.Rule{Method: counting.EqualShares})
	// Output: [b a] [[b] [a] [c]] <nil>
}

func ExampleCount_phragmen() {
	p := votes(counting.Choices, 3, of(6, 0, 1, 1), of(4, 1))
	show(p, counting.Rule{Method: counting.Phragmen})
	// Output: [a b] [[a] [b] [c]] <nil>
}

func ExampleCount_knapsack() {
	p := votes(counting.Choices, 3, of(6, 0, 1, 1), of(4, 1))
	show(p, counting.Rule{Method: counting.Knapsack})
	// Output: [b a] [[b] [a] [c]] <nil>
}

func ExampleHistogram() {
	h, _ := counting.NewHistogram(counting.Choices, votes(counting.Choices, 2).Options)
	h.Add(of(3, 1))
	h.Add(of(5, 0, 1))
	h.Add(of(-4, 0, 1)) // four voters change their minds
	h.Add(of(4, 1))
	o, err := h.Count(counting.Rule{Method: counting.Plurality})
	fmt.Println(o.Winners, o.Totals["a"].RatString(), o.Totals["b"].RatString(), err)
	// Output: [a] 7 1 <nil>
}
