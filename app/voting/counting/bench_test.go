package counting_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"parvis/app/voting/counting"
)

// benchBudget counts a real budget, or a synthetic one of about the same size where the real ones are absent.
func benchBudget(b *testing.B, name string, voters, projects int, rule counting.Rule) {
	profile, envelopes := realOrSynthetic(b, name, voters, projects)
	rule.Envelopes = envelopes
	b.ResetTimer()
	for b.Loop() {
		o, err := counting.Count(profile, rule)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(o.Spending[0].Increments), "increments")
		b.ReportMetric(float64(len(o.Winners)), "winners")
	}
}

func realOrSynthetic(b *testing.B, name string, voters, projects int) (counting.Profile, []counting.Envelope) {
	b.Helper()
	if len(outcomes(b, 1, "budget", "pb")) == 0 {
		return syntheticBudget(voters, projects, 1)
	}
	file := readFile(b, elections(), "pb", name)
	return file.Profile, file.Envelopes
}

// syntheticBudget draws approvals of one to fifteen projects, unequally popular; the envelope holds a sixth of the costs.
func syntheticBudget(voters, projects int, seed uint64) (counting.Profile, []counting.Envelope) {
	random := rand.New(rand.NewPCG(seed, 7))
	p := counting.Profile{Kind: counting.Choices}
	var sum int64
	for i := range projects {
		cost := (5_000 + random.Int64N(1_000_000)) * 100
		sum += cost
		p.Options = append(p.Options, counting.Option{ID: fmt.Sprint(i + 1), Cost: cost})
	}
	for range voters {
		seen := map[int32]bool{}
		var marks []counting.Mark
		for range 1 + random.IntN(15) {
			o := int32(min(random.IntN(projects), random.IntN(projects)))
			if !seen[o] {
				seen[o] = true
				marks = append(marks, counting.Mark{Option: o, Value: 1})
			}
		}
		p.Ballots = append(p.Ballots, counting.Ballot{Weight: 1, Marks: marks})
	}
	return p, []counting.Envelope{{Cents: sum / 6}}
}

func BenchmarkEqualSharesAdd1UBielany(b *testing.B) {
	benchBudget(b, "Poland_Warszawa_2024_Bielany.pb", 5501, 100, counting.Rule{Method: counting.EqualShares, Completion: counting.CompletionAdd1U})
}

func BenchmarkEqualSharesBielany(b *testing.B) {
	benchBudget(b, "Poland_Warszawa_2024_Bielany.pb", 5501, 100, counting.Rule{Method: counting.EqualShares})
}

func BenchmarkEqualSharesToulouse2022(b *testing.B) {
	benchBudget(b, "France_Toulouse_2022.pb", 4532, 199, counting.Rule{Method: counting.EqualShares})
}

func BenchmarkGreedyWroclaw(b *testing.B) {
	benchBudget(b, "Poland_Wroclaw_2023.pb", 78082, 52, counting.Rule{Method: counting.Greedy})
}

func BenchmarkPhragmenBielany(b *testing.B) {
	benchBudget(b, "Poland_Warszawa_2024_Bielany.pb", 5501, 100, counting.Rule{Method: counting.Phragmen})
}

func BenchmarkKnapsackToulouse2022(b *testing.B) {
	benchBudget(b, "France_Toulouse_2022.pb", 4532, 199, counting.Rule{Method: counting.Knapsack})
}

// BenchmarkEqualSharesGrowth shows that the cost follows the number of ballots, all distinct in practice.
func BenchmarkEqualSharesGrowth(b *testing.B) {
	for _, voters := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(voters), func(b *testing.B) {
			profile, envelopes := syntheticBudget(voters, 100, 3)
			rule := counting.Rule{Method: counting.EqualShares, Envelopes: envelopes}
			b.ResetTimer()
			for b.Loop() {
				if _, err := counting.Count(profile, rule); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(voters), "ns/ballot")
		})
	}
}

func BenchmarkSchulze100000Ballots20Options(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	p := counting.Profile{Kind: counting.Ranks}
	for i := range 20 {
		p.Options = append(p.Options, counting.Option{ID: fmt.Sprint(i + 1)})
	}
	for range 100_000 {
		var marks []counting.Mark
		for place, o := range random.Perm(20) {
			marks = append(marks, counting.Mark{Option: int32(o), Value: int32(place + 1)})
		}
		p.Ballots = append(p.Ballots, counting.Ballot{Weight: 1, Marks: marks})
	}
	rule := counting.Rule{Method: counting.Schulze}
	b.ResetTimer()
	for b.Loop() {
		if _, err := counting.Count(p, rule); err != nil {
			b.Fatal(err)
		}
	}
}
