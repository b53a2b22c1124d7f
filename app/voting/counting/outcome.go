package counting

import (
	"math/big"
	"sort"
)

// Outcome is the result of a count, with everything needed to explain it. Options are named by their ids.
type Outcome struct {
	Method Method `json:"rule"`
	// Winners in the order in which they won; empty when nothing wins (all ballots blank, quorum not reached …).
	Winners []string `json:"winners"`
	// Ranking is every option, best first; tied options stand together even when a tie rule separated them to win.
	Ranking [][]string `json:"ranking"`
	// Totals are exact: "4000" or "235/2" in JSON.
	Totals map[string]*big.Rat `json:"totals"`
	// Ties are those that were met and mattered, with what decided them.
	Ties []Tie `json:"ties"`

	// Ballots is the number of ballots counted, of which Blank mark nothing and Invalid could not be read by the
	// method (a shared first place in a plurality count).
	Ballots int64 `json:"ballots"`
	Blank   int64 `json:"blank"`
	Invalid int64 `json:"invalid"`

	// Runoff is the pair of options for a second round, when an absolute majority was asked and nobody has it.
	Runoff []string `json:"runoff,omitempty"`
	// Quota is what elects a candidate (stv).
	Quota int64 `json:"quota,omitempty"`
	// Condorcet is the option that beats every other one, if there is one (schulze).
	Condorcet string `json:"condorcet,omitempty"`
	// Pairwise[i][j] is the number of ballots that prefer option i to option j, in the profile's order (schulze).
	Pairwise [][]int64 `json:"pairwise,omitempty"`
	// Grades are the median grades (majority-judgment), as positions in the profile's grades.
	Grades map[string]int32 `json:"grades,omitempty"`
	// Spending says what was done with each envelope, in the order of the count (budgets).
	Spending []Spending `json:"spending,omitempty"`

	// Steps is the explanation, in order.
	Steps Steps `json:"steps,omitempty"`
}

// Tie is a set of options that had the same claim at some point.
type Tie struct {
	Options []string `json:"options"`
	// Round is the round in which it happened, 0 for methods without rounds.
	Round int `json:"round,omitempty"`
	// By is the criterion that separated them, TieOpen if nothing did.
	By TieKey `json:"by"`
	// Chosen are those of them that were taken: to win, or in irv and stv possibly to be excluded.
	Chosen []string `json:"chosen"`
}

// Spending is what became of one envelope.
type Spending struct {
	Zone      string   `json:"zone,omitempty"`
	Envelope  int64    `json:"envelope"`
	Spent     int64    `json:"spent"`
	Remaining int64    `json:"remaining"`
	Winners   []string `json:"winners"`
	// Increments is how many times the voters' share was raised (equal-shares with add1 or add1u).
	Increments int64 `json:"increments,omitempty"`
	// Completed are the winners added by the utilitarian completion.
	Completed []string `json:"completed,omitempty"`
	// Optimum is the best total found (knapsack).
	Optimum *big.Rat `json:"optimum,omitempty"`
}

// Won says whether an option is among the winners.
func (o Outcome) Won(id string) bool {
	for _, w := range o.Winners {
		if w == id {
			return true
		}
	}
	return false
}

// Rank is the place of an option, from 1; tied options share their place and the following place is skipped.
// It is 0 for an unknown option.
func (o Outcome) Rank(id string) int {
	place := 1
	for _, group := range o.Ranking {
		for _, other := range group {
			if other == id {
				return place
			}
		}
		place += len(group)
	}
	return 0
}

// count carries what every method needs while it works.
type count struct {
	profile  Profile
	rule     Rule
	breaker  breaker
	outcome  Outcome
	progress func(Progress)
}

func (c *count) step(s Step)          { c.outcome.Steps = append(c.outcome.Steps, s) }
func (c *count) id(i int) string      { return c.profile.Options[i].ID }
func (c *count) withdrawn(i int) bool { return c.profile.Options[i].Withdrawn }

func (c *count) ids(options []int) []string {
	out := make([]string, len(options))
	for i, o := range options {
		out[i] = c.id(o)
	}
	return out
}

// standing lists the options that can win.
func (c *count) standing() []int {
	var out []int
	for i := range c.profile.Options {
		if !c.withdrawn(i) {
			out = append(out, i)
		}
	}
	return out
}

func (c *count) setTotals(totals []*big.Rat) {
	c.outcome.Totals = make(map[string]*big.Rat, len(totals))
	for i, t := range totals {
		c.outcome.Totals[c.id(i)] = t
	}
}

func (c *count) setRanking(groups [][]int) {
	c.outcome.Ranking = make([][]string, len(groups))
	for i, g := range groups {
		c.outcome.Ranking[i] = c.ids(g)
	}
}

// grouped sorts options by compare (negative: first) and puts equals together, in the profile's order inside a group.
func grouped(options []int, compare func(a, b int) int) [][]int {
	sorted := append([]int(nil), options...)
	sort.SliceStable(sorted, func(i, j int) bool { return compare(sorted[i], sorted[j]) < 0 })
	var groups [][]int
	for i, o := range sorted {
		if i > 0 && compare(sorted[i-1], o) == 0 {
			groups[len(groups)-1] = append(groups[len(groups)-1], o)
			continue
		}
		groups = append(groups, []int{o})
	}
	return groups
}

// electBest ranks the standing options, withdrawn ones last, and fills the seats from the top.
func (c *count) electBest(compare func(a, b int) int, eligible func(o int) bool) {
	c.electGroups(grouped(c.standing(), compare), eligible)
}

// electGroups fills the seats from the first group on. A tie across the last seat goes to the tie rule; left open,
// all the tied options win and the outcome says so.
func (c *count) electGroups(groups [][]int, eligible func(o int) bool) {
	seats := c.rule.seats()
	for _, group := range groups {
		var able []int
		for _, o := range group {
			if eligible(o) {
				able = append(able, o)
			}
		}
		if seats <= 0 || len(able) == 0 {
			continue
		}
		if len(able) > seats {
			able = c.breakTie(able, seats, 0)
		}
		c.outcome.Winners = append(c.outcome.Winners, c.ids(able)...)
		seats -= len(able)
	}
	c.setRanking(append(groups, c.withdrawnGroup()...))
}

func (c *count) withdrawnGroup() [][]int {
	var out []int
	for i := range c.profile.Options {
		if c.withdrawn(i) {
			out = append(out, i)
		}
	}
	if out == nil {
		return nil
	}
	return [][]int{out}
}

// breakTie keeps the seats most favoured of the tied options and records the tie.
func (c *count) breakTie(tied []int, seats, round int) []int {
	left := append([]int(nil), tied...)
	var chosen []int
	by := TieOpen
	for len(chosen) < seats {
		one, key := c.breaker.favoured(left, nil)
		if key == TieOpen {
			chosen = append(chosen, left...)
			by = TieOpen
			break
		}
		chosen, by = append(chosen, one), key
		left = without(left, one)
	}
	c.recordTie(tied, chosen, by, round, PurposeElect)
	return chosen
}

func (c *count) recordTie(tied, chosen []int, by TieKey, round int, purpose Purpose) {
	tie := Tie{Options: c.ids(tied), Round: round, By: by, Chosen: c.ids(chosen)}
	c.outcome.Ties = append(c.outcome.Ties, tie)
	draw := Draw{Round: round, Options: tie.Options, By: by, Chosen: tie.Chosen, Purpose: purpose}
	if by == TieLot {
		for _, o := range tied {
			draw.Tickets = append(draw.Tickets, Hex(c.breaker.tickets[o][:]))
		}
	}
	c.step(draw)
}

func without(list []int, one int) []int {
	out := make([]int, 0, len(list))
	for _, o := range list {
		if o != one {
			out = append(out, o)
		}
	}
	return out
}

func rat(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }
