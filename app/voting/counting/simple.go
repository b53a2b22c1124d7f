package counting

import (
	"fmt"
	"math/big"
)

// plurality: see Plurality.
func (c *count) plurality(h *Histogram) {
	totals := h.sums()
	c.setTotals(totals)
	expressed := h.ballots - h.blank - c.outcome.Invalid
	c.step(c.tally(1, totals, expressed, 0))
	descending := func(a, b int) int { return totals[b].Cmp(totals[a]) }
	if !c.rule.AbsoluteMajority {
		c.electBest(descending, func(o int) bool { return totals[o].Sign() > 0 })
		c.electSteps(totals)
		return
	}
	need := big.NewRat(expressed, 2)
	c.step(Need{Votes: need, Base: rat(expressed), Strict: true})
	c.electBest(descending, func(o int) bool { return totals[o].Cmp(need) > 0 })
	if len(c.outcome.Winners) == 0 {
		c.runoffPair(grouped(c.standing(), descending), totals)
		return
	}
	c.electSteps(totals)
}

// runoffPair names the two first options; a tie for the second place is broken like any other, or widens the pair.
func (c *count) runoffPair(groups [][]int, totals []*big.Rat) {
	var pair []int
	for _, group := range groups {
		if len(pair) >= 2 || totals[group[0]].Sign() == 0 {
			break
		}
		if left := 2 - len(pair); len(group) > left {
			group = c.breakTie(group, left, 0)
		}
		pair = append(pair, group...)
	}
	c.outcome.Runoff = c.ids(pair)
	c.step(Conclude{Reason: NoMajority, Options: c.outcome.Runoff})
}

// mostVotes counts approvals and points: the highest sums win.
func (c *count) mostVotes(h *Histogram) {
	totals := h.sums()
	c.setTotals(totals)
	c.step(c.tally(1, totals, h.ballots-h.blank, 0))
	c.electBest(func(a, b int) int { return totals[b].Cmp(totals[a]) }, func(o int) bool { return totals[o].Sign() > 0 })
	c.electSteps(totals)
}

// score: see Score.
func (c *count) score(h *Histogram) {
	totals := h.sums()
	if c.rule.Mean {
		for o := range totals {
			if given := h.given(o); given > 0 {
				totals[o].Quo(totals[o], rat(given))
			}
		}
	}
	c.setTotals(totals)
	c.step(c.tally(1, totals, h.ballots-h.blank, 0))
	c.electBest(func(a, b int) int {
		// Under a mean, an option nobody scored has no mean: it comes after those that have one.
		if c.rule.Mean && (h.given(a) == 0) != (h.given(b) == 0) {
			return compareInts(h.given(b), h.given(a))
		}
		return totals[b].Cmp(totals[a])
	}, func(o int) bool { return !c.rule.Mean || h.given(o) > 0 })
	c.electSteps(totals)
}

func (h *Histogram) sums() []*big.Rat {
	totals := make([]*big.Rat, len(h.options))
	for o := range totals {
		totals[o] = new(big.Rat).SetInt(h.sum(o))
	}
	return totals
}

func (c *count) tally(round int, totals []*big.Rat, continuing, exhausted int64) Tally {
	t := Tally{Round: round, Continuing: rat(continuing), Exhausted: rat(exhausted)}
	for o, total := range totals {
		t.Votes = append(t.Votes, Share{Option: c.id(o), Number: total})
	}
	return t
}

func (c *count) electSteps(totals []*big.Rat) {
	for _, id := range c.outcome.Winners {
		c.step(Elect{Option: id, Votes: c.outcome.Totals[id]})
	}
}

// checkPoints refuses a ballot that gives a negative number of points or more than it has.
func (r Rule) checkPoints(b Ballot) error {
	var spent int64
	for _, m := range b.Marks {
		if m.Value < 0 {
			return fmt.Errorf("%d points: %w", m.Value, ErrBallot)
		}
		price := int64(m.Value)
		if r.SquareRoot {
			price *= price
		}
		if spent += price; spent < 0 || r.PointsPerBallot > 0 && spent > r.PointsPerBallot {
			return fmt.Errorf("%d points spent, %d allowed: %w", spent, r.PointsPerBallot, ErrBallot)
		}
	}
	return nil
}

// answers: see YesNoAbstain.
func (c *count) answers(h *Histogram) error {
	if len(c.rule.Ties.Keys) == 0 {
		c.breaker.keys = []TieKey{TieOpen}
	}
	needed, err := c.rule.quorumNeeded()
	if err != nil {
		return err
	}
	reached := rat(h.ballots).Cmp(needed) >= 0
	if needed.Sign() > 0 {
		c.step(QuorumCheck{Needed: needed, Ballots: h.ballots, Reached: reached})
	}
	totals := make([]*big.Rat, len(h.options))
	adopted := make([]bool, len(h.options))
	for o := range h.options {
		totals[o] = rat(h.At(o, Yes))
		d, err := c.decide(h, o)
		if err != nil {
			return err
		}
		adopted[o] = d.Adopted && reached && !c.withdrawn(o)
		d.Adopted = adopted[o]
		c.step(d)
	}
	c.setTotals(totals)
	groups := grouped(c.standing(), func(a, b int) int {
		if adopted[a] != adopted[b] {
			if adopted[a] {
				return -1
			}
			return 1
		}
		return totals[b].Cmp(totals[a])
	})
	for _, g := range groups {
		if adopted[g[0]] {
			c.outcome.Winners = append(c.outcome.Winners, c.ids(g)...)
		}
	}
	c.setRanking(append(groups, c.withdrawnGroup()...))
	return nil
}

func (c *count) decide(h *Histogram, o int) (Decide, error) {
	d := Decide{Option: c.id(o), Yes: h.At(o, Yes), No: h.At(o, No), Abstain: h.At(o, Abstain),
		Base: c.rule.Base, Share: c.rule.Majority, AtLeast: c.rule.AtLeast}
	if d.Share == (Fraction{}) {
		d.Share = Fraction{Num: 1, Den: 2}
	}
	switch d.Base {
	case Attending:
		d.Size = c.rule.Present
	case Enrolled:
		d.Size = c.rule.Entitled
	default:
		d.Base, d.Size = Expressed, d.Yes+d.No
	}
	if d.Base != Expressed && d.Size < h.ballots {
		return d, fmt.Errorf("%d ballots for %d people (%s): %w", h.ballots, d.Size, d.Base, ErrRule)
	}
	bar := new(big.Rat).Mul(rat(d.Size), big.NewRat(d.Share.Num, d.Share.Den))
	versus := rat(d.Yes).Cmp(bar)
	d.Adopted = d.Yes > 0 && (versus > 0 || versus == 0 && d.AtLeast)
	return d, nil
}

// quorumNeeded is the number of ballots that make a decision valid.
func (r Rule) quorumNeeded() (*big.Rat, error) {
	needed := rat(r.Quorum.Ballots)
	if r.Quorum.Share == (Fraction{}) {
		return needed, nil
	}
	people := r.Entitled
	if r.Quorum.Of == Attending {
		people = r.Present // nobody at all is a room too: nobody is needed there
	} else if people <= 0 {
		return nil, fmt.Errorf("a quorum by share needs the number of the entitled: %w", ErrRule)
	}
	share := new(big.Rat).Mul(rat(people), big.NewRat(r.Quorum.Share.Num, r.Quorum.Share.Den))
	if share.Cmp(needed) > 0 {
		return share, nil
	}
	return needed, nil
}
