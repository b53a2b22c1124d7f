package counting

import "math/big"

// loads is a sequential Phragmén count under way. A voter's load is the one at which they last took part in a
// purchase, so a project's load follows from how many of its supporters last took part in which.
type loads struct {
	*purse
	supporters map[int][]int // by project: positions of ballots
	weight     map[int]int64 // of its supporters
	latest     []int         // by ballot: the purchase it last took part in, −1 at first
	load       []*big.Int    // of each purchase, over den
	den        *big.Int
}

// phragmen: see Phragmen.
func (p *purse) phragmen() {
	l := p.newLoads()
	open := append([]int(nil), p.projects...)
	for {
		lightest := l.lightest(open)
		if len(lightest) == 0 {
			break
		}
		if misfit := p.misfit(lightest); misfit >= 0 {
			p.skip(misfit, SkipDoesNotFit, -1)
			open = without(open, misfit)
			break
		}
		chosen, by := lightest[0], TieOpen
		if len(lightest) > 1 {
			chosen, by = p.breaker.favoured(lightest, nil)
			p.recordTie(lightest, []int{chosen}, by, p.round+1, PurposeFund)
		}
		p.fund(chosen, func(s *Spend) { s.Load = l.take(chosen) })
		open = p.withoutRivals(without(open, chosen))
	}
	for _, o := range open {
		p.skip(o, SkipStopped, -1)
	}
}

func (p *purse) withoutRivals(open []int) []int {
	var out []int
	for _, o := range open {
		if other := p.rival(o); other >= 0 {
			p.skip(o, SkipIncompatible, other)
			continue
		}
		out = append(out, o)
	}
	return out
}

// misfit is one of the projects that costs more than what is left, or −1.
func (p *purse) misfit(projects []int) int {
	for _, o := range projects {
		if p.cost(o) > p.left {
			return o
		}
	}
	return -1
}

func (p *purse) newLoads() *loads {
	l := &loads{purse: p, supporters: map[int][]int{}, weight: map[int]int64{},
		latest: make([]int, len(p.profile.Ballots)), den: big.NewInt(1)}
	runs := map[int]bool{}
	for _, o := range p.projects {
		runs[o] = true
	}
	for v, b := range p.profile.Ballots {
		l.latest[v] = -1
		for _, m := range b.Marks {
			if o := int(m.Option); m.Value > 0 && runs[o] {
				l.supporters[o] = append(l.supporters[o], v)
				l.weight[o] += b.Weight
			}
		}
	}
	return l
}

// lightest are the projects that would load their supporters the least.
func (l *loads) lightest(open []int) []int {
	var best []int
	var load *big.Int
	left, right := new(big.Int), new(big.Int)
	for _, o := range open {
		if l.weight[o] == 0 {
			continue
		}
		total := l.total(o)
		order := -1
		if best != nil {
			left.Mul(total, big.NewInt(l.weight[best[0]]))
			right.Mul(load, big.NewInt(l.weight[o]))
			order = left.Cmp(right)
		}
		switch {
		case order < 0:
			best, load = []int{o}, total
		case order == 0:
			best = append(best, o)
		}
	}
	return best
}

// total is the cost of a project plus the loads of its supporters, over den.
func (l *loads) total(o int) *big.Int {
	took := make([]int64, len(l.load))
	for _, v := range l.supporters[o] {
		if at := l.latest[v]; at >= 0 {
			took[at] += l.profile.Ballots[v].Weight
		}
	}
	total := new(big.Int).Mul(big.NewInt(l.cost(o)), l.den)
	term := new(big.Int)
	for at, n := range took {
		if n != 0 {
			total.Add(total, term.Mul(l.load[at], big.NewInt(n)))
		}
	}
	return total
}

// take spreads the project's load equally on its supporters and returns that load.
func (l *loads) take(o int) *big.Rat {
	total := l.total(o)
	weight := big.NewInt(l.weight[o])
	gcd := new(big.Int).GCD(nil, nil, new(big.Int).Rem(total, weight), weight)
	load := total.Quo(total, gcd)
	factor := weight.Quo(weight, gcd)
	l.den.Mul(l.den, factor)
	for _, other := range l.load {
		other.Mul(other, factor)
	}
	for _, v := range l.supporters[o] {
		l.latest[v] = len(l.load)
	}
	l.load = append(l.load, load)
	return new(big.Rat).SetFrac(load, l.den)
}
