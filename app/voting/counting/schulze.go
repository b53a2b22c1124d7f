package counting

import (
	"fmt"
	"math/big"
)

// schulze: see Schulze.
func (c *count) schulze() error {
	if n := len(c.profile.Options); n > maxDuellists {
		return fmt.Errorf("%d options to compare two by two, %d at most: %w", n, maxDuellists, ErrTooLarge)
	}
	duels := c.duels()
	c.outcome.Pairwise = duels
	standing, dropped, err := c.dropped(duels)
	if err != nil {
		return err
	}
	won := make([]*big.Rat, len(duels))
	for i := range won {
		won[i] = new(big.Rat)
	}
	for a, i := range standing {
		for _, j := range standing[a+1:] {
			c.step(Compare{A: c.id(i), B: c.id(j), ForA: duels[i][j], ForB: duels[j][i]})
			switch {
			case duels[i][j] > duels[j][i]:
				won[i].Add(won[i], rat(1))
			case duels[i][j] < duels[j][i]:
				won[j].Add(won[j], rat(1))
			}
		}
	}
	c.setTotals(won)
	strength := beatpaths(duels, standing, c.rule.Margins)
	groups := unbeatenFirst(strength, standing)
	if len(groups) > 0 { // every option may have been withdrawn
		c.explainDuels(groups[0], standing, won, strength)
	}
	c.electGroups(groups, func(int) bool { return true })
	if len(dropped) > 0 {
		last := len(c.outcome.Ranking) - len(c.withdrawnGroup())
		c.outcome.Ranking = append(c.outcome.Ranking[:last:last],
			append([][]string{c.ids(dropped)}, c.outcome.Ranking[last:]...)...)
	}
	c.electSteps(won)
	return nil
}

// maxDuellists bounds options whose duels, options², are all kept and told.
const maxDuellists = 1000

// explainDuels says whether an option wins all its duels, and otherwise how the chains of the first ones compare.
func (c *count) explainDuels(first, standing []int, won []*big.Rat, strength [][]int64) {
	all := rat(int64(len(standing) - 1))
	for _, o := range standing {
		if won[o].Cmp(all) == 0 {
			c.outcome.Condorcet = c.id(o)
			c.step(Conclude{Reason: CondorcetWin, Options: []string{c.id(o)}})
			return
		}
	}
	c.step(Conclude{Reason: NoCondorcet})
	for _, i := range first {
		for _, j := range standing {
			if i != j {
				c.step(Beatpath{A: c.id(i), B: c.id(j), ForA: strength[i][j], ForB: strength[j][i]})
			}
		}
	}
}

// duels counts, for each pair of options, the ballots that rank the first strictly above the second.
func (c *count) duels() [][]int64 {
	n := len(c.profile.Options)
	duels := make([][]int64, n)
	for i := range duels {
		duels[i] = make([]int64, n)
	}
	const unranked = MaxValue + 1
	place := make([]int32, n)
	for _, b := range c.profile.Ballots {
		for i := range place {
			place[i] = unranked
		}
		end := int32(unranked)
		for _, m := range b.Marks {
			if m.Option == Overvote {
				end = min(end, m.Value)
			}
		}
		for _, m := range b.Marks {
			if m.Option != Overvote && m.Value < end {
				place[m.Option] = min(place[m.Option], m.Value)
			}
		}
		for _, m := range b.Marks {
			if m.Option == Overvote || place[m.Option] != m.Value {
				continue
			}
			row := duels[m.Option]
			for j, other := range place {
				if m.Value < other {
					row[j] += b.Weight
				}
			}
		}
	}
	return duels
}

// dropped applies the Debian constitution, A.6 points 2 and 3: an option stays only if enough ballots rank it above
// the default option, and if these are more than its ratio times those that rank the default option above it.
func (c *count) dropped(duels [][]int64) (standing, dropped []int, err error) {
	if c.rule.Default == "" {
		return c.standing(), nil, nil
	}
	base := -1
	for o := range c.profile.Options {
		if c.id(o) == c.rule.Default {
			base = o
		}
	}
	if base < 0 {
		return nil, nil, fmt.Errorf("default option %q: %w", c.rule.Default, ErrUnknownOption)
	}
	for _, o := range c.standing() {
		ratio, ok := c.rule.Ratios[c.id(o)]
		if !ok {
			ratio = Fraction{Num: 1, Den: 1}
		}
		if ratio.Num <= 0 || ratio.Den <= 0 {
			return nil, nil, fmt.Errorf("ratio %d:%d of %q: %w", ratio.Num, ratio.Den, c.id(o), ErrRule)
		}
		drop := Drop{Option: c.id(o), For: duels[o][base], Against: duels[base][o], Ratio: ratio, Needed: c.rule.DefaultQuorum}
		bar := new(big.Rat).Mul(rat(drop.Against), big.NewRat(ratio.Num, ratio.Den))
		switch {
		case o == base:
		case drop.For < c.rule.DefaultQuorum:
			drop.Reason = SkipQuorum
		case rat(drop.For).Cmp(bar) <= 0:
			drop.Reason = SkipMajority
		}
		if drop.Reason == "" {
			standing = append(standing, o)
			continue
		}
		dropped = append(dropped, o)
		c.step(drop)
	}
	return standing, dropped, nil
}

// beatpaths is the strength of the strongest chain of defeats from each option to each other (Floyd–Warshall).
func beatpaths(duels [][]int64, standing []int, margins bool) [][]int64 {
	strength := make([][]int64, len(duels))
	for i := range strength {
		strength[i] = make([]int64, len(duels))
	}
	for _, i := range standing {
		for _, j := range standing {
			if duels[i][j] > duels[j][i] {
				strength[i][j] = duels[i][j]
				if margins {
					strength[i][j] -= duels[j][i]
				}
			}
		}
	}
	for _, via := range standing {
		for _, i := range standing {
			for _, j := range standing {
				if i != j {
					strength[i][j] = max(strength[i][j], min(strength[i][via], strength[via][j]))
				}
			}
		}
	}
	return strength
}

// unbeatenFirst groups options: those that no chain beats, then those that only the former beat, and so on.
func unbeatenFirst(strength [][]int64, standing []int) [][]int {
	left := append([]int(nil), standing...)
	var groups [][]int
	for len(left) > 0 {
		var free, beaten []int
		for _, i := range left {
			lost := false
			for _, j := range left {
				lost = lost || strength[j][i] > strength[i][j]
			}
			if lost {
				beaten = append(beaten, i)
			} else {
				free = append(free, i)
			}
		}
		groups, left = append(groups, free), beaten
	}
	return groups
}
