package counting_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"parvis/app/voting/counting"
)

// drawProfile draws a small profile of one kind, blank ballots and ties included.
func drawProfile(t *rapid.T, kind counting.Kind) counting.Profile {
	n := rapid.IntRange(1, 6).Draw(t, "options")
	p := counting.Profile{Kind: kind}
	if kind == counting.Grades {
		p.Grades = []string{"reject", "fair", "good", "excellent"}
	}
	for i := range n {
		p.Options = append(p.Options, counting.Option{ID: fmt.Sprint(i), Cost: rapid.Int64Range(1, 60).Draw(t, "cost")})
	}
	for range rapid.IntRange(1, 12).Draw(t, "ballots") {
		b := counting.Ballot{Weight: rapid.Int64Range(1, 5).Draw(t, "weight")}
		for o := range n {
			if rapid.Bool().Draw(t, "marked") {
				b.Marks = append(b.Marks, counting.Mark{Option: int32(o), Value: drawValue(t, kind, n)})
			}
		}
		p.Ballots = append(p.Ballots, b)
	}
	return p
}

func drawValue(t *rapid.T, kind counting.Kind, n int) int32 {
	switch kind {
	case counting.Choices:
		return 1
	case counting.Answers:
		return rapid.Int32Range(-1, 1).Draw(t, "answer")
	case counting.Grades:
		return rapid.Int32Range(0, 3).Draw(t, "grade")
	case counting.Ranks:
		return rapid.Int32Range(1, int32(n)).Draw(t, "rank")
	}
	return rapid.Int32Range(0, 9).Draw(t, "points")
}

func drawMethod(t *rapid.T) counting.Method {
	return rapid.SampledFrom(counting.Methods()).Draw(t, "method")
}

// drawFor draws a profile and a rule for a method.
func drawFor(t *rapid.T, m counting.Method) (counting.Profile, counting.Rule) {
	p := drawProfile(t, kindFor(m))
	if m == counting.Plurality {
		for i, b := range p.Ballots {
			p.Ballots[i].Marks = b.Marks[:min(1, len(b.Marks))]
		}
	}
	rule := counting.Rule{Method: m}
	if m.Budget() {
		rule.Envelopes = []counting.Envelope{{Cents: rapid.Int64Range(1, 200).Draw(t, "budget")}}
		rule.Step = rapid.Int64Range(1, 5).Draw(t, "step")
		rule.Completion = rapid.SampledFrom([]counting.Completion{counting.CompletionNone, counting.CompletionUtilitarian,
			counting.CompletionAdd1, counting.CompletionAdd1U}).Draw(t, "completion")
	}
	return p, rule
}

// A count hears each voter alike: the order in which ballots come, and how they are grouped, change nothing.
func TestBallotsAreAnonymous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, rule := drawFor(t, drawMethod(t))
		shuffled := p
		shuffled.Ballots = nil
		for _, b := range rapid.Permutation(p.Ballots).Draw(t, "order") {
			for range b.Weight {
				shuffled.Ballots = append(shuffled.Ballots, counting.Ballot{Weight: 1, Marks: rapid.Permutation(b.Marks).Draw(t, "marks")})
			}
		}
		a, b := count(t, p, rule), count(t, shuffled, rule)
		if !slices.Equal(a.Winners, b.Winners) || fmt.Sprint(a.Ranking) != fmt.Sprint(b.Ranking) || fmt.Sprint(a.Totals) != fmt.Sprint(b.Totals) {
			t.Fatalf("%v then %v", a.Winners, b.Winners)
		}
	})
}

// Options are treated alike: when the lot decides ties by name, moving options on the ballot changes nothing.
func TestOptionsAreNeutral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, rule := drawFor(t, drawMethod(t))
		rule.Ties = counting.Ties{Keys: []counting.TieKey{counting.TieLot}, Seed: counting.Hex{1}, Root: counting.Hex{2}}
		moved := rapid.Permutation(indexes(len(p.Options))).Draw(t, "places")
		q := p
		q.Options = make([]counting.Option, len(p.Options))
		for from, to := range moved {
			q.Options[to] = p.Options[from]
		}
		q.Ballots = nil
		for _, b := range p.Ballots {
			c := counting.Ballot{Weight: b.Weight}
			for _, m := range b.Marks {
				c.Marks = append(c.Marks, counting.Mark{Option: int32(moved[m.Option]), Value: m.Value})
			}
			q.Ballots = append(q.Ballots, c)
		}
		a, b := count(t, p, rule), count(t, q, rule)
		if !sameSet(a.Winners, b.Winners) || fmt.Sprint(a.Totals) != fmt.Sprint(b.Totals) {
			t.Fatalf("%v then %v", a.Winners, b.Winners)
		}
	})
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func count(t *rapid.T, p counting.Profile, rule counting.Rule) counting.Outcome {
	o, err := counting.Count(p, rule)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// A live tally, with voters who come, leave and vote again, is exactly the full count.
func TestLiveTalliesAreTheFullCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom([]counting.Method{counting.Plurality, counting.Approval, counting.YesNoAbstain, counting.Score,
			counting.MajorityJudgment, counting.PointVoting}).Draw(t, "method")
		p, rule := drawFor(t, m)
		rule.Mean = rapid.Bool().Draw(t, "mean")
		h, err := counting.NewHistogram(p.Kind, p.Options, p.Grades...)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range p.Ballots {
			replaced := p.Ballots[rapid.IntRange(0, len(p.Ballots)-1).Draw(t, "replaced")]
			h.Add(replaced)
			h.Add(b)
			h.Add(counting.Ballot{Weight: -replaced.Weight, Marks: replaced.Marks})
		}
		live, err := h.Count(rule)
		if err != nil {
			t.Fatal(err)
		}
		if full := count(t, p, rule); text(live) != text(full) {
			t.Fatalf("live %s\nfull %s", text(live), text(full))
		}
	})
}

func text(o counting.Outcome) string { return fmt.Sprintf("%+v %v %v", o.Totals, o.Ranking, o.Winners) }

// More support for a winner never makes it lose, under the methods that promise it.
func TestMoreSupportNeverHarms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom([]counting.Method{counting.Approval, counting.Score, counting.MajorityJudgment, counting.Borda,
			counting.Schulze, counting.PointVoting}).Draw(t, "method")
		p, rule := drawFor(t, m)
		rule.Unranked = counting.UnrankedZero
		before := count(t, p, rule)
		if len(before.Winners) == 0 {
			return
		}
		winner := rapid.SampledFrom(before.Winners).Draw(t, "winner")
		at := slices.IndexFunc(p.Options, func(o counting.Option) bool { return o.ID == winner })
		ballot := rapid.IntRange(0, len(p.Ballots)-1).Draw(t, "ballot")
		p.Ballots[ballot].Marks = raised(p, p.Ballots[ballot].Marks, int32(at))
		if after := count(t, p, rule); !after.Won(winner) {
			t.Fatalf("%s: %s won, was raised and lost to %v", m, winner, after.Winners)
		}
	})
}

// raised gives an option the best value of its kind on a ballot, the others keeping their order.
func raised(p counting.Profile, marks []counting.Mark, option int32) []counting.Mark {
	out := []counting.Mark{}
	for _, m := range marks {
		if m.Option == option {
			continue
		}
		if p.Kind == counting.Ranks {
			m.Value++
		}
		out = append(out, m)
	}
	best := map[counting.Kind]int32{counting.Choices: 1, counting.Ranks: 1, counting.Grades: 3, counting.Points: 10}[p.Kind]
	return append(out, counting.Mark{Option: option, Value: best})
}

// The option that beats each other one wins Schulze; one that most ballots put first, alone, wins all ranked methods
// but Borda's.
func TestMajoritiesWin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProfile(t, counting.Ranks)
		schulze := count(t, p, counting.Rule{Method: counting.Schulze, Margins: rapid.Bool().Draw(t, "margins")})
		if len(schulze.Pairwise) == 0 {
			return // all blank
		}
		for i := range p.Options {
			beatsAll := true
			for j := range p.Options {
				beatsAll = beatsAll && (i == j || schulze.Pairwise[i][j] > schulze.Pairwise[j][i])
			}
			if beatsAll && !slices.Equal(schulze.Winners, []string{p.Options[i].ID}) {
				t.Fatalf("option %d beats all and %v wins", i, schulze.Winners)
			}
		}
		first := count(t, p, counting.Rule{Method: counting.Plurality, AbsoluteMajority: true})
		if len(first.Winners) == 1 && 2*first.Totals[first.Winners[0]].Num().Int64() > first.Ballots {
			for _, m := range []counting.Method{counting.IRV, counting.Schulze, counting.STV} {
				if o := count(t, p, counting.Rule{Method: m}); !slices.Equal(o.Winners, first.Winners) {
					t.Fatalf("%s elects %v against a majority for %v", m, o.Winners, first.Winners)
				}
			}
		}
	})
}

// Every outcome ranks every option once, and winners are options.
func TestEveryOptionIsRankedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, rule := drawFor(t, drawMethod(t))
		for i := range p.Options {
			p.Options[i].Withdrawn = rapid.IntRange(0, 5).Draw(t, "withdrawn") == 0
		}
		o := count(t, p, rule)
		var ranked, all []string
		for _, g := range o.Ranking {
			ranked = append(ranked, g...)
		}
		for _, option := range p.Options {
			all = append(all, option.ID)
			if option.Withdrawn && o.Won(option.ID) {
				t.Fatalf("%s: %s was withdrawn and wins", rule.Method, option.ID)
			}
		}
		if !sameSet(ranked, all) {
			t.Fatalf("%s ranks %v", rule.Method, o.Ranking)
		}
		for _, w := range o.Winners {
			if !slices.Contains(all, w) {
				t.Fatalf("%s is not an option", w)
			}
		}
	})
}

// STV fills every seat it can: as many as seats or as standing candidates, never more.
func TestSTVFillsEverySeat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProfile(t, counting.Ranks)
		seats := rapid.IntRange(1, len(p.Options)).Draw(t, "seats")
		o := count(t, p, counting.Rule{Method: counting.STV, Seats: seats})
		if o.Quota > 0 && len(o.Winners) != seats {
			t.Fatalf("%d seats, elected %v", seats, o.Winners)
		}
	})
}

func spending(p counting.Profile, winners []string) int64 {
	var spent int64
	for _, o := range p.Options {
		if slices.Contains(winners, o.ID) {
			spent += o.Cost
		}
	}
	return spent
}

// No budget method ever spends more than the envelope, and what it says it spent is the cost of the winners.
func TestNoMethodOverspends(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom([]counting.Method{counting.Greedy, counting.EqualShares, counting.Phragmen, counting.Knapsack}).Draw(t, "method")
		p, rule := drawFor(t, m)
		o := count(t, p, rule)
		if spent := spending(p, o.Winners); spent > rule.Envelopes[0].Cents || spent != o.Spending[0].Spent {
			t.Fatalf("%s spends %d (says %d) of %d", m, spent, o.Spending[0].Spent, rule.Envelopes[0].Cents)
		}
	})
}

// Greedy passes over a project only when it does not fit what is left at its turn.
func TestGreedySkipsOnlyWhatDoesNotFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, rule := drawFor(t, counting.Greedy)
		left := rule.Envelopes[0].Cents
		for _, step := range count(t, p, rule).Steps {
			switch s := step.(type) {
			case counting.Spend:
				if left -= s.Cost; left != s.Remaining || left < 0 {
					t.Fatalf("%s leaves %d, says %d", s.Option, left, s.Remaining)
				}
			case counting.Skip:
				if s.Cost <= left {
					t.Fatalf("%s costs %d, %d were left and it was skipped", s.Option, s.Cost, left)
				}
			}
		}
	})
}

// The completions that end by votes leave no money that some project could use.
func TestUtilitarianCompletionLeavesNothingThatFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, rule := drawFor(t, counting.EqualShares)
		rule.Completion = rapid.SampledFrom([]counting.Completion{counting.CompletionUtilitarian, counting.CompletionAdd1U}).Draw(t, "ending")
		o := count(t, p, rule)
		if o.Blank == o.Ballots {
			return
		}
		for _, option := range p.Options {
			if !o.Won(option.ID) && option.Cost <= o.Spending[0].Remaining {
				t.Fatalf("%s costs %d, %d are left", option.ID, option.Cost, o.Spending[0].Remaining)
			}
		}
	})
}

// naiveShares is equal shares from the definition, with fractions all along and no shortcut.
func naiveShares(p counting.Profile, cents int64, points bool) []string {
	left := make([]*big.Rat, len(p.Ballots))
	for i := range left {
		left[i] = big.NewRat(cents, p.Total())
	}
	bought := map[int]bool{}
	var winners []string
	for {
		best, rho := -1, new(big.Rat)
		for o := range p.Options {
			if bought[o] {
				continue
			}
			r := naivePrice(p, o, left, points)
			if r != nil && (best < 0 || r.Cmp(rho) < 0 || r.Cmp(rho) == 0 && naiveBefore(p, o, best)) {
				best, rho = o, r
			}
		}
		if best < 0 {
			return winners
		}
		bought[best] = true
		winners = append(winners, p.Options[best].ID)
		for i, b := range p.Ballots {
			for _, m := range b.Marks {
				if int(m.Option) == best && m.Value > 0 {
					pay := new(big.Rat).Mul(rho, naiveUtility(p, m, points))
					if pay.Cmp(left[i]) > 0 {
						pay.Set(left[i])
					}
					left[i] = new(big.Rat).Sub(left[i], pay)
				}
			}
		}
	}
}

func naiveUtility(p counting.Profile, m counting.Mark, points bool) *big.Rat {
	if points {
		return big.NewRat(int64(m.Value), 1)
	}
	return big.NewRat(p.Options[m.Option].Cost, 1)
}

// naivePrice solves Σ weight × min(left, rho × utility) = cost by trying each supporter as the first rich one.
func naivePrice(p counting.Profile, o int, left []*big.Rat, points bool) *big.Rat {
	type supporter struct{ weight, left, utility, limit *big.Rat }
	var all []supporter
	for i, b := range p.Ballots {
		for _, m := range b.Marks {
			if int(m.Option) == o && m.Value > 0 {
				u := naiveUtility(p, m, points)
				all = append(all, supporter{big.NewRat(b.Weight, 1), left[i], u, new(big.Rat).Quo(left[i], u)})
			}
		}
	}
	slices.SortFunc(all, func(a, b supporter) int { return a.limit.Cmp(b.limit) })
	rest := big.NewRat(p.Options[o].Cost, 1)
	for i, s := range all {
		sum := new(big.Rat)
		for _, rich := range all[i:] {
			sum.Add(sum, new(big.Rat).Mul(rich.weight, rich.utility))
		}
		if rho := new(big.Rat).Quo(rest, sum); rho.Cmp(s.limit) <= 0 {
			return rho
		}
		rest.Sub(rest, new(big.Rat).Mul(s.weight, s.left))
	}
	return nil
}

// naiveBefore is the default tie rule: cheaper, then more ballots, then the smaller id.
func naiveBefore(p counting.Profile, a, b int) bool {
	votes := func(o int) (n int64) {
		for _, ballot := range p.Ballots {
			for _, m := range ballot.Marks {
				if int(m.Option) == o && m.Value > 0 {
					n += ballot.Weight
				}
			}
		}
		return n
	}
	if p.Options[a].Cost != p.Options[b].Cost {
		return p.Options[a].Cost < p.Options[b].Cost
	}
	if votes(a) != votes(b) {
		return votes(a) > votes(b)
	}
	return a < b
}

// The fast exact engine buys what the definition buys, in the same order, ties included.
func TestEqualSharesIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.Bool().Draw(t, "points")
		kind, utility := counting.Choices, counting.UtilityCost
		if points {
			kind, utility = counting.Points, counting.UtilityPoints
		}
		p := drawProfile(t, kind)
		cents := rapid.Int64Range(1, 200).Draw(t, "budget")
		o := count(t, p, counting.Rule{Method: counting.EqualShares, Utility: utility, Envelopes: []counting.Envelope{{Cents: cents}}})
		if o.Blank == o.Ballots {
			return
		}
		if want := naiveShares(p, cents, points); !slices.Equal(o.Winners, want) && !(len(o.Winners) == 0 && len(want) == 0) {
			t.Fatalf("bought %v, the definition buys %v", o.Winners, want)
		}
	})
}

// Knapsack finds the best of all sets, by trying them all; incompatible projects included.
func TestKnapsackIsTheBestOfAllSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, rule := drawFor(t, counting.Knapsack)
		if len(p.Options) > 2 && rapid.Bool().Draw(t, "conflict") {
			rule.Incompatible = [][]string{{"0", "1"}, {"1", "2"}}
		}
		o := count(t, p, rule)
		if o.Blank == o.Ballots {
			return
		}
		best := int64(0)
		for set := range 1 << len(p.Options) {
			var cost, votes int64
			for i, option := range p.Options {
				if set>>i&1 == 1 {
					cost += option.Cost
					votes += o.Totals[option.ID].Num().Int64()
				}
			}
			clash := rule.Incompatible != nil && set&2 != 0 && set&5 != 0
			if cost <= rule.Envelopes[0].Cents && !clash {
				best = max(best, votes)
			}
		}
		if o.Spending[0].Optimum.Cmp(big.NewRat(best, 1)) != 0 {
			t.Fatalf("found %v votes, the best set has %d", o.Spending[0].Optimum, best)
		}
	})
}

// Majority values, computed from counts, order options as taking medians away one by one does.
func TestMajorityJudgmentIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProfile(t, counting.Grades)
		o := count(t, p, counting.Rule{Method: counting.MajorityJudgment})
		if o.Blank == o.Ballots {
			return
		}
		values := map[string][]int32{}
		for i, option := range p.Options {
			var grades []int32
			for _, b := range p.Ballots {
				grade := int32(0)
				for _, m := range b.Marks {
					if int(m.Option) == i {
						grade = m.Value
					}
				}
				for range b.Weight {
					grades = append(grades, grade)
				}
			}
			slices.Sort(grades)
			for len(grades) > 0 {
				median := (len(grades) - 1) / 2
				values[option.ID] = append(values[option.ID], grades[median])
				grades = slices.Delete(grades, median, median+1)
			}
		}
		for i, group := range o.Ranking {
			for _, id := range group {
				if slices.Compare(values[id], values[group[0]]) != 0 {
					t.Fatalf("%s is tied with %s: %v and %v", id, group[0], values[id], values[group[0]])
				}
			}
			if i > 0 && slices.Compare(values[o.Ranking[i-1][0]], values[group[0]]) <= 0 {
				t.Fatalf("%v is ranked before %v", o.Ranking[i-1], group)
			}
		}
	})
}

// Raising the shares stops exactly where the definition says: the last outcome that fits, step by step, or the first
// that buys whatever somebody wants.
func TestAdd1KeepsTheLastOutcomeThatFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, rule := drawFor(t, counting.EqualShares)
		rule.Completion = counting.CompletionAdd1
		o := count(t, p, rule)
		var all int64
		for _, option := range p.Options {
			all += option.Cost
		}
		budget := rule.Envelopes[0].Cents
		if o.Blank == o.Ballots || all <= budget {
			return
		}
		share := budget / p.Total() / 100 * 100
		kept := naiveShares(p, share*p.Total(), false)
		wanted := 0
		for _, votes := range o.Totals {
			wanted += votes.Sign()
		}
		for share <= budget && len(kept) < wanted { // beyond, every supporter alone pays for everything that fits
			share += rule.Step
			next := naiveShares(p, share*p.Total(), false)
			if spending(p, next) > budget {
				break
			}
			kept = next
		}
		if len(kept) != len(o.Winners) || len(kept) > 0 && !slices.Equal(kept, o.Winners) {
			t.Fatalf("bought %v, the definition buys %v", o.Winners, kept)
		}
	})
}
