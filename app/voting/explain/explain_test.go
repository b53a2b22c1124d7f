package explain_test

import (
	"math/big"
	"regexp"
	"strings"
	"testing"

	"parvis/app/voting/counting"
	"parvis/app/voting/explain"
)

func village(t *testing.T, rule counting.Rule) (counting.Profile, counting.Outcome) {
	t.Helper()
	e := explain.Examples(counting.Greedy, explain.French)[0]
	rule.Envelopes = []counting.Envelope{{Cents: 10_000_00}}
	o, err := counting.Count(e.Profile, rule)
	if err != nil {
		t.Fatal(err)
	}
	return e.Profile, o
}

// everyStep is one of each, with every variant that a sentence distinguishes.
func everyStep() []counting.Step {
	one, half := big.NewRat(1, 1), big.NewRat(2469, 2)
	share := []counting.Share{{Option: "a", Number: half}}
	steps := []counting.Step{
		counting.Tally{Round: 1, Votes: share, Continuing: half, Exhausted: one},
		counting.Need{Votes: half, Base: one, Strict: true}, counting.Elect{Option: "a", Votes: one}, counting.Elect{Option: "a", Votes: one, Default: true},
		counting.Eliminate{Options: []string{"a"}, Votes: one}, counting.Eliminate{Options: []string{"a", "b"}, Votes: half},
		counting.Transfer{From: []string{"a"}, Received: share, Exhausted: one}, counting.Transfer{From: []string{"a"}, Surplus: one, Exhausted: one, Lost: half},
		counting.Transfer{From: []string{"a"}, Exhausted: new(big.Rat)}, counting.Compare{A: "a", B: "b", ForA: 1, ForB: 2}, counting.Beatpath{A: "a", B: "b"},
		counting.Median{Option: "a", Grade: "Bien", Above: one, At: one, Below: one}, counting.Decide{Option: "a", Base: counting.Enrolled, Share: counting.Fraction{Num: 3, Den: 4}},
		counting.Decide{Option: "a", Base: counting.Attending, Share: counting.Fraction{Num: 2, Den: 3}, AtLeast: true, Adopted: true},
		counting.QuorumCheck{Needed: half}, counting.QuorumCheck{Needed: half, Reached: true},
		counting.Endow{Zone: "Nord", Cents: 100, Voters: 1}, counting.Endow{Cents: 100, PerVoter: half}, counting.Endow{Cents: 100, PerVoter: one, Increments: 3},
		counting.Spend{Option: "a", Votes: one}, counting.Spend{Option: "a", Votes: one, PerVoter: half, Short: 2},
		counting.Spend{Option: "a", Votes: one, Load: half}, counting.Spend{Option: "a", Votes: one, Completion: true},
		counting.Drop{Option: "a", Reason: counting.SkipQuorum}, counting.Drop{Option: "a", Reason: counting.SkipMajority, Ratio: counting.Fraction{Num: 3, Den: 1}},
	}
	for _, r := range []counting.SkipReason{counting.SkipDoesNotFit, counting.SkipIncompatible, counting.SkipMinVotes, counting.SkipStopped,
		counting.SkipPoorVoters, counting.SkipNotOptimal, counting.SkipWithdrawn} {
		steps = append(steps, counting.Skip{Option: "a", Reason: r, Other: "b", Votes: one, Funds: half})
	}
	for _, by := range []counting.TieKey{counting.TieEarlier, counting.TieCost, counting.TieVotes, counting.TieID, counting.TieListed, counting.TieLot, counting.TieOpen} {
		for _, p := range []counting.Purpose{counting.PurposeElect, counting.PurposeExclude, counting.PurposeTransfer, counting.PurposeFund} {
			draw := counting.Draw{Options: []string{"a", "b"}, Chosen: []string{"b"}, By: by, Purpose: p}
			if by == counting.TieLot {
				draw.Tickets = []counting.Hex{make([]byte, 32), make([]byte, 32)}
			}
			steps = append(steps, draw)
		}
	}
	for _, c := range []counting.Conclusion{counting.NothingMarked, counting.NoMajority, counting.CondorcetWin, counting.NoCondorcet, counting.Optimal, counting.AllAffordable} {
		steps = append(steps, counting.Conclude{Reason: c, Options: []string{"a", "b"}})
	}
	return steps
}

var breakable = regexp.MustCompile(`« | »| [:;!?%]|\bréférendum\b|'`)

func TestEveryStepIsTold(t *testing.T) {
	t.Parallel()
	p := counting.Profile{Options: []counting.Option{{ID: "a", Name: "Jardin"}, {ID: "b", Name: "Marché"}}}
	for _, lang := range []explain.Language{explain.French, explain.English} {
		w := explain.New(lang, p, "")
		for _, method := range []counting.Method{counting.IRV, counting.STV, counting.Schulze, counting.MajorityJudgment, counting.Greedy} {
			for _, step := range everyStep() {
				sentence := w.Sentence(counting.Outcome{Method: method}, step)
				if !strings.HasSuffix(sentence, ".") || strings.Contains(sentence, "%!") || len(sentence) < 15 {
					t.Errorf("%s %s: %q", lang, step.Kind(), sentence)
				}
				if lang == explain.French && breakable.MatchString(sentence) {
					t.Errorf("%s: typography of %q", step.Kind(), sentence)
				}
			}
		}
	}
}

func TestEveryMethodIsDescribedWithACountedExample(t *testing.T) {
	t.Parallel()
	for _, lang := range []explain.Language{explain.French, explain.English} {
		names := map[string]bool{}
		for _, m := range counting.Methods() {
			d := explain.Describe(m, lang)
			for _, text := range []string{d.Name, d.Ballot, d.Count, d.Good, d.Limits, d.Ties} {
				if text == "" || lang == explain.French && breakable.MatchString(text) {
					t.Errorf("%s %s: %q", lang, m, text)
				}
			}
			if names[d.Name] {
				t.Errorf("two methods are named %q", d.Name)
			}
			names[d.Name] = true
			for _, e := range explain.Examples(m, lang) {
				o, err := counting.Count(e.Profile, e.Rule)
				if err != nil || len(o.Winners) == 0 || len(e.Ballots) != len(e.Profile.Ballots) || o.Method != m {
					t.Errorf("%s: %v %v", m, o.Winners, err)
				}
				w := explain.New(lang, e.Profile, "")
				all := w.Summary(o) + strings.Join(w.Sentences(o), "") + strings.Join(e.Ballots, "")
				for _, table := range w.Tables(o) {
					all += table.Text()
					for _, row := range table.Rows {
						if len(row) != len(table.Header) {
							t.Errorf("%s: row %v under %v", m, row, table.Header)
						}
					}
				}
				if strings.Contains(all, "%!") || lang == explain.French && breakable.MatchString(strings.ReplaceAll(all, "  ", "")) {
					t.Errorf("%s: %q", m, all)
				}
			}
		}
	}
}

func TestAProjectLearnsWhyItIsNotFunded(t *testing.T) {
	t.Parallel()
	p, o := village(t, counting.Rule{Method: counting.EqualShares})
	w := explain.New(explain.French, p, "")
	why := strings.Join(w.Why(o, "a"), " ")
	if !strings.Contains(why, "Le projet «\u00a0Piscine\u00a0» n’est pas financé\u00a0: il coûte 6\u202f000\u00a0€ et il reste ensemble 2\u202f000\u00a0€ aux personnes qui le soutiennent.") {
		t.Errorf("%s", why)
	}
	if strings.Contains(why, "Potager") {
		t.Errorf("the swimming pool hears of the garden: %s", why)
	}
}

func TestNumbersFollowTheLanguage(t *testing.T) {
	t.Parallel()
	step := counting.Spend{Option: "a", Cost: 123456789, Remaining: 50, Votes: big.NewRat(2469, 2), PerVoter: big.NewRat(100, 3)}
	p := counting.Profile{Options: []counting.Option{{ID: "a", Name: "A"}}}
	french := explain.New(explain.French, p, "").Sentence(counting.Outcome{Method: counting.EqualShares}, step)
	for _, want := range []string{"1\u202f234\u202f567,89\u00a0€", "0,50\u00a0€", "1\u202f234,5\u00a0voix", "environ 0,33\u00a0€"} {
		if !strings.Contains(french, want) {
			t.Errorf("%q is missing from %q", want, french)
		}
	}
	english := explain.New(explain.English, p, "PLN").Sentence(counting.Outcome{Method: counting.EqualShares}, step)
	for _, want := range []string{"1,234,567.89\u00a0PLN", "0.50\u00a0PLN", "1,234.5\u00a0votes", "about 0.33\u00a0PLN"} {
		if !strings.Contains(english, want) {
			t.Errorf("%q is missing from %q", want, english)
		}
	}
}

func TestAnOpenTieIsNotCalledAVictory(t *testing.T) {
	t.Parallel()
	p := counting.Profile{Kind: counting.Choices, Options: []counting.Option{{ID: "a", Name: "A"}, {ID: "b", Name: "B"}},
		Ballots: []counting.Ballot{{Weight: 1, Marks: []counting.Mark{{Option: 0, Value: 1}}}, {Weight: 1, Marks: []counting.Mark{{Option: 1, Value: 1}}}}}
	o, err := counting.Count(p, counting.Rule{Method: counting.Plurality})
	if err != nil {
		t.Fatal(err)
	}
	if got := explain.New(explain.French, p, "").Summary(o); got != "Égalité entre «\u00a0A\u00a0» et «\u00a0B\u00a0»." {
		t.Errorf("%q", got)
	}
}
