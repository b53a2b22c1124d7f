package counting

import (
	"fmt"
	"math/big"
)

// judgment: see MajorityJudgment.
func (c *count) judgment(h *Histogram) error {
	if len(h.grades) < 2 {
		return fmt.Errorf("majority judgment needs at least two grades: %w", ErrWrongBallots)
	}
	tallies, err := c.gradeTallies(h)
	if err != nil {
		return err
	}
	c.outcome.Grades = map[string]int32{}
	totals := make([]*big.Rat, len(h.options))
	for o, t := range tallies {
		median := t.median()
		totals[o] = rat(int64(median))
		if c.withdrawn(o) {
			continue
		}
		c.outcome.Grades[c.id(o)] = int32(median)
		c.step(Median{Option: c.id(o), Grade: h.grades[median], Above: ratOf(t.total(median+1, len(t))),
			At: ratOf(t[median]), Below: ratOf(t.total(0, median))})
	}
	c.setTotals(totals)
	values := majorityValues(tallies)
	c.electBest(func(a, b int) int { return compareValues(values[b], values[a]) }, func(int) bool { return true })
	c.electSteps(totals)
	return nil
}

// gradeTally is the number of times an option received each grade, worst first. The numbers are big because
// normalised tallies are multiplied by each other's sizes.
type gradeTally []*big.Int

func (t gradeTally) total(from, to int) *big.Int {
	sum := new(big.Int)
	for _, n := range t[from:to] {
		sum.Add(sum, n)
	}
	return sum
}

// median is the lower median: the grade of the ⌈n/2⌉-th judgment from the worst; the worst grade if there is none.
func (t gradeTally) median() int {
	half := t.total(0, len(t))
	half.Add(half, big.NewInt(1)).Rsh(half, 1)
	seen := new(big.Int)
	for grade, n := range t {
		if seen.Add(seen, n); seen.Cmp(half) >= 0 && seen.Sign() > 0 {
			return grade
		}
	}
	return 0
}

// gradeTallies gives every option the same number of judgments, as the rule on unmarked options says.
func (c *count) gradeTallies(h *Histogram) ([]gradeTally, error) {
	tallies := make([]gradeTally, len(h.options))
	for o := range tallies {
		tallies[o] = make(gradeTally, len(h.grades))
		for g := range h.grades {
			tallies[o][g] = big.NewInt(h.At(o, int32(g)))
		}
		missing := big.NewInt(h.ballots - h.given(o))
		grade := 0
		switch c.rule.Unmarked {
		case UnmarkedGrade:
			if grade = int(c.rule.UnmarkedGrade); grade < 0 || grade >= len(h.grades) {
				return nil, fmt.Errorf("grade %d of %d for unmarked options: %w", grade, len(h.grades), ErrRule)
			}
		case UnmarkedMedian:
			grade = tallies[o].median()
		case UnmarkedNormalized:
			continue
		}
		tallies[o][grade].Add(tallies[o][grade], missing)
	}
	if c.rule.Unmarked == UnmarkedNormalized {
		normalize(tallies)
	}
	return tallies, nil
}

// normalize multiplies tallies so that all count the same number of judgments, their shares unchanged. An option
// that nobody judged has the worst grade throughout.
func normalize(tallies []gradeTally) {
	common := big.NewInt(1)
	for _, t := range tallies {
		if n := t.total(0, len(t)); n.Sign() > 0 {
			gcd := new(big.Int).GCD(nil, nil, common, n)
			common.Mul(common, n.Quo(n, gcd))
		}
	}
	for _, t := range tallies {
		n := t.total(0, len(t))
		if n.Sign() == 0 {
			t[0].Set(common)
			continue
		}
		factor := n.Quo(common, n)
		for _, cell := range t {
			cell.Mul(cell, factor)
		}
	}
}

// majorityValues gives for each option the sequence of medians obtained by removing one median judgment at a time.
// Seen from the middle of the sorted judgments, that sequence goes outwards: (below, above) pairs at distance 1, 2 …,
// after the middle itself when the number is odd. It is constant between the distances where some option's grade
// changes, so it is enough to look at those: the cost does not depend on the number of judgments.
func majorityValues(tallies []gradeTally) [][]int {
	if len(tallies) == 0 {
		return nil
	}
	n := tallies[0].total(0, len(tallies[0]))
	low := new(big.Int).Rsh(n, 1)    // judgments strictly on the lower side
	high := new(big.Int).Sub(n, low) // position of the first judgment on the upper side, counting from 0
	odd := n.Bit(0) == 1
	one := big.NewInt(1)
	distances := breakpoints(tallies, low, high)
	values := make([][]int, len(tallies))
	for o, t := range tallies {
		if odd {
			values[o] = append(values[o], t.at(low))
		}
		for _, d := range distances {
			values[o] = append(values[o], t.at(new(big.Int).Sub(low, d)), t.at(new(big.Int).Add(high, new(big.Int).Sub(d, one))))
		}
	}
	return values
}

// at is the grade of the judgment at a position in the sorted order, from 0.
func (t gradeTally) at(position *big.Int) int {
	seen := new(big.Int)
	for grade, n := range t {
		if seen.Add(seen, n); position.Cmp(seen) < 0 {
			return grade
		}
	}
	return len(t) - 1
}

// breakpoints are the distances from the middle, increasing, at which the grade of some option changes on one side.
func breakpoints(tallies []gradeTally, low, high *big.Int) []*big.Int {
	one, seen := big.NewInt(1), map[string]bool{}
	var out []*big.Int
	add := func(d *big.Int) {
		if d.Sign() > 0 && d.Cmp(low) <= 0 && !seen[d.String()] {
			seen[d.String()] = true
			out = append(out, d)
		}
	}
	add(big.NewInt(1))
	for _, t := range tallies {
		edge := new(big.Int)
		for _, n := range t {
			edge.Add(edge, n)
			// The grade differs on the two sides of edge: judgments edge−1 and edge. Below the middle, distance d looks
			// at low−d, which is edge−1 first when d = low−edge+1; above, at high+d−1, which is edge when d = edge−high+1.
			add(new(big.Int).Add(new(big.Int).Sub(low, edge), one))
			add(new(big.Int).Add(new(big.Int).Sub(edge, high), one))
		}
	}
	groups := make([]int, len(out))
	for i := range groups {
		groups[i] = i
	}
	sorted := make([]*big.Int, 0, len(out))
	for _, g := range grouped(groups, func(a, b int) int { return out[a].Cmp(out[b]) }) {
		sorted = append(sorted, out[g[0]])
	}
	return sorted
}

func compareValues(a, b []int) int {
	for i := range a {
		if c := compareInts(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

func ratOf(n *big.Int) *big.Rat { return new(big.Rat).SetInt(n) }
