package counting_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parvis/app/voting/counting"
	"parvis/app/voting/counting/formats"
)

// elections is the folder of real elections: beside the repository, or where PARVIS_ELECTIONS says.
func elections() string {
	if dir := os.Getenv("PARVIS_ELECTIONS"); dir != "" {
		return dir
	}
	return filepath.Join("..", "..", "..", "..", "shared", "data")
}

// The numbers of published outcomes in the folder; without the folder, the tests say how many they could not compare.
const (
	budgetFiles = 57
	rankedFiles = 85
	unitCases   = 40
	gradeCases  = 69
)

// published reads a JSON file of the folder; ok is false, and the test says so, when the folder is not there.
func published(t *testing.T, missing int, what string, out any, parts ...string) bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{elections()}, parts...)...))
	if os.IsNotExist(err) {
		t.Logf("%d %s were not compared: no real elections in %s (set PARVIS_ELECTIONS)", missing, what, elections())
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatal(err)
	}
	return true
}

// outcomes lists the published outcomes of a folder.
func outcomes(t testing.TB, missing int, what, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(elections(), folder, "expected", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Logf("%d %s were not compared: no real elections in %s (set PARVIS_ELECTIONS)", missing, what, elections())
	}
	return files
}

func readFile(t testing.TB, parts ...string) *formats.File {
	t.Helper()
	path := filepath.Join(parts...)
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	file, err := formats.Read(filepath.Base(path), in)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

type budgetOutcome struct {
	Input struct{ File string }
	Meta  struct {
		Ballots int64
		Budget  string
	}
	Tally map[string]struct {
		Votes int64
		Score string
		Cost  string
	}
	Rules map[string]budgetResult
}

type budgetResult struct {
	Winners       []string
	Order         []string
	TotalCost     string `json:"total_cost"`
	TieSensitive  bool   `json:"tie_sensitive"`
	Rounds        []struct{ Project, Rho string }
	Increments    *int64
	Optimum       string
	Unique        bool
	NotComputed   string   `json:"not_computed"`
	ByCompletion  []string `json:"added_by_completion"`
	Endowment     string
	OnlyIfReverse []string `json:"winners_if_ties_reversed"`
}

// budgetRules are the rules that the published outcomes name, in our words.
func budgetRules(file *formats.File) map[string]counting.Rule {
	rule := func(m counting.Method, change func(*counting.Rule)) counting.Rule {
		r := counting.Rule{Method: m, Envelopes: file.Envelopes}
		if change != nil {
			change(&r)
		}
		return r
	}
	complete := func(c counting.Completion) func(*counting.Rule) {
		return func(r *counting.Rule) { r.Completion = c }
	}
	value := func(u counting.Utility) func(*counting.Rule) {
		return func(r *counting.Rule) { r.Utility = u }
	}
	return map[string]counting.Rule{
		"greedy":           rule(counting.Greedy, nil),
		"greedy_no_skip":   rule(counting.Greedy, func(r *counting.Rule) { r.NoSkip = true }),
		"greedy_threshold": rule(counting.Greedy, func(r *counting.Rule) { r.MinVotes = file.MinVotes }),
		"mes":              rule(counting.EqualShares, nil),
		"mes_points":       rule(counting.EqualShares, value(counting.UtilityPoints)),
		"mes_util":         rule(counting.EqualShares, complete(counting.CompletionUtilitarian)),
		"mes_add1":         rule(counting.EqualShares, complete(counting.CompletionAdd1)),
		"mes_add1u":        rule(counting.EqualShares, complete(counting.CompletionAdd1U)),
		"phragmen":         rule(counting.Phragmen, nil),
		"max_votes":        rule(counting.Knapsack, nil),
		"max_cost_votes":   rule(counting.Knapsack, value(counting.UtilityCost)),
		"max_points":       rule(counting.Knapsack, value(counting.UtilityPoints)),
	}
}

func TestRealBudgetsHaveTheirPublishedWinners(t *testing.T) {
	t.Parallel()
	for _, path := range outcomes(t, budgetFiles, "participatory budgets", "pb") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			t.Parallel()
			var want budgetOutcome
			published(t, 1, "budget", &want, "pb", "expected", filepath.Base(path))
			file := readFile(t, elections(), "pb", want.Input.File)
			compareTally(t, file, want)
			rules := budgetRules(file)
			for name, expected := range want.Rules {
				rule, ok := rules[name]
				if !ok {
					t.Errorf("no rule for %s", name)
					continue
				}
				compareBudget(t, name, file, rule, expected)
			}
		})
	}
}

func compareTally(t *testing.T, file *formats.File, want budgetOutcome) {
	t.Helper()
	if got := file.Profile.Total(); got != want.Meta.Ballots {
		t.Errorf("%d ballots, published %d", got, want.Meta.Ballots)
	}
	got, err := counting.Count(file.Profile, counting.Rule{Method: counting.Greedy, Envelopes: file.Envelopes})
	if err != nil {
		t.Fatal(err)
	}
	for id, tally := range want.Tally {
		score := tally.Score
		if score == "" {
			score = fmt.Sprint(tally.Votes)
		}
		if got.Totals[id] == nil || got.Totals[id].RatString() != score {
			t.Errorf("project %s: total %v, published %s", id, got.Totals[id], score)
		}
	}
}

func compareBudget(t *testing.T, name string, file *formats.File, rule counting.Rule, want budgetResult) {
	t.Helper()
	if want.NotComputed != "" {
		t.Logf("%s: no published outcome (%s)", name, want.NotComputed)
		return
	}
	got, err := counting.Count(file.Profile, rule)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if want.Optimum != "" {
		compareOptimum(t, name, rule, got, want)
		if !want.Unique {
			return
		}
	}
	if !sameSet(got.Winners, want.Winners) {
		t.Errorf("%s: winners %v, published %v", name, got.Winners, want.Winners)
	}
	if len(want.Order) > 0 && !slices.Equal(got.Winners, want.Order) {
		t.Errorf("%s: order %v, published %v", name, got.Winners, want.Order)
	}
	if want.TotalCost != "" && !sameNumber(counting.Cents(got.Spending[0].Spent), want.TotalCost) {
		t.Errorf("%s: spent %s, published %s", name, counting.Cents(got.Spending[0].Spent), want.TotalCost)
	}
	if want.Increments != nil && got.Spending[0].Increments != *want.Increments {
		t.Errorf("%s: %d increments, published %d", name, got.Spending[0].Increments, *want.Increments)
	}
	compareRounds(t, name, rule, got, want)
}

// compareRounds compares the price of every purchase, exactly. Ours is in cents, or for cost utilities in cents per
// cent, which is the published rho.
func compareRounds(t *testing.T, name string, rule counting.Rule, got counting.Outcome, want budgetResult) {
	t.Helper()
	var spends []counting.Spend
	for _, step := range got.Steps {
		if s, ok := step.(counting.Spend); ok && !s.Completion {
			spends = append(spends, s)
		}
	}
	for i, round := range want.Rounds {
		if i >= len(spends) {
			t.Errorf("%s: %d rounds, published %d", name, len(spends), len(want.Rounds))
			return
		}
		rho := new(big.Rat).Quo(spends[i].PerVoter, big.NewRat(spends[i].Cost, 1))
		if rule.Utility == counting.UtilityPoints {
			rho = new(big.Rat).Quo(spends[i].PerVoter, big.NewRat(100, 1))
		}
		if spends[i].Option != round.Project || !sameNumber(rho.RatString(), round.Rho) {
			t.Errorf("%s: round %d buys %s at %s, published %s at %s", name, i+1, spends[i].Option, rho.RatString(), round.Project, round.Rho)
			return
		}
	}
}

func compareOptimum(t *testing.T, name string, rule counting.Rule, got counting.Outcome, want budgetResult) {
	t.Helper()
	optimum := new(big.Rat).Set(got.Spending[0].Optimum)
	if rule.Utility == counting.UtilityCost {
		optimum.Quo(optimum, big.NewRat(100, 1)) // published in units, ours in cents
	}
	if !sameNumber(optimum.RatString(), want.Optimum) {
		t.Errorf("%s: optimum %s, published %s", name, optimum.RatString(), want.Optimum)
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func sameNumber(a, b string) bool {
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}

// In forints a step of one unit takes tens of thousands of counts, which the data's other engines gave up on. The last
// share accepted must fit the envelope, and the next one must not.
func TestAdd1InForintsStopsAtTheLastShareThatFits(t *testing.T) {
	t.Parallel()
	if os.Getenv("PARVIS_LONG") == "" {
		t.Log("two budgets in forints were not counted: set PARVIS_LONG=1")
		return
	}
	if len(outcomes(t, 2, "budgets in forints", "pb")) == 0 {
		return
	}
	for _, name := range []string{"Hungary_Budapest_2023_VIII_Jozsefvaros.pb", "Hungary_Budapest_2025_VIII_Jozsefvaros.pb"} {
		file := readFile(t, elections(), "pb", name)
		budget, voters := file.Envelopes[0].Cents, file.Profile.Total()
		got := mustCount(t, file.Profile, counting.Rule{Method: counting.EqualShares, Envelopes: file.Envelopes, Completion: counting.CompletionAdd1})
		share := budget/voters/100*100 + got.Spending[0].Increments*100
		at := func(share int64) counting.Outcome {
			return mustCount(t, file.Profile, counting.Rule{Method: counting.EqualShares, Envelopes: []counting.Envelope{{Cents: share * voters}}})
		}
		if kept := at(share); !slices.Equal(kept.Winners, got.Winners) || kept.Spending[0].Spent > budget {
			t.Errorf("%s: at the last share %v win, the count kept %v", name, kept.Winners, got.Winners)
		}
		if at(share + 100).Spending[0].Spent <= budget {
			t.Errorf("%s: after %d increments one more would fit", name, got.Spending[0].Increments)
		}
		t.Logf("%s: %d increments, %d winners", name, got.Spending[0].Increments, len(got.Winners))
	}
}
