package counting

import (
	"math/big"
	"sort"
)

// equalShares: see EqualShares.
func (p *purse) equalShares(voters int64) {
	e := p.newElection()
	raise := p.rule.Completion == CompletionAdd1 || p.rule.Completion == CompletionAdd1U
	switch {
	case voters == 0:
	case raise && !p.allFit():
		p.raiseShares(e, voters)
	default:
		if raise {
			p.step(Conclude{Reason: AllAffordable})
		}
		e.run(big.NewInt(p.cents), voters)
	}
	p.explainShares(e, voters)
	if p.rule.Completion == CompletionUtilitarian || p.rule.Completion == CompletionAdd1U {
		p.takeByVotes(false, true)
	}
}

// unit is one unit of currency, in cents.
const unit = 100

// raiseShares runs the count with ever larger shares, starting from whole units, and keeps the last outcome that
// fits the envelope; with add1u it also stops at the first one that leaves no room for any other project.
func (p *purse) raiseShares(e *election, voters int64) {
	step := p.rule.Step
	if step == 0 {
		step = unit
	}
	share := p.cents / voters / unit * unit
	e.run(big.NewInt(share), 1)
	for e.blocked && (p.rule.Completion == CompletionAdd1 || p.room(e)) {
		e.run(big.NewInt(share+step), 1)
		if e.spent > p.cents {
			e.run(big.NewInt(share), 1)
			return
		}
		share += step
		p.spending.Increments++
		if p.progress != nil {
			p.progress(Progress{Method: EqualShares, Done: p.spending.Increments})
		}
	}
}

func (p *purse) allFit() bool {
	left := p.cents
	for _, o := range p.projects {
		if left -= p.cost(o); left < 0 {
			return false
		}
	}
	return true
}

// room says whether some project that was not bought still fits the envelope.
func (p *purse) room(e *election) bool {
	bought := map[int]bool{}
	for _, b := range e.bought {
		bought[p.projects[b.project]] = true
	}
	for _, o := range p.projects {
		if bought[o] || p.cost(o) > p.cents-e.spent {
			continue
		}
		free := true
		for _, other := range p.rivals[o] {
			free = free && !bought[other]
		}
		if free {
			return true
		}
	}
	return false
}

// explainShares turns a run into purchases, ties and reasons.
func (p *purse) explainShares(e *election, voters int64) {
	p.step(Endow{Zone: p.zone, Cents: p.cents, Voters: voters, PerVoter: e.perVoter(),
		Increments: p.spending.Increments})
	for _, b := range e.bought {
		if len(b.tied) > 1 {
			var tied []int
			for _, t := range b.tied {
				tied = append(tied, p.projects[t])
			}
			p.recordTie(tied, []int{p.projects[b.project]}, b.by, p.round+1, PurposeFund)
		}
		p.fund(p.projects[b.project], func(step *Spend) {
			step.PerVoter, step.Short = e.payment(b), b.short
		})
	}
	if p.rule.Completion == CompletionUtilitarian || p.rule.Completion == CompletionAdd1U {
		return // the completion says what becomes of the others
	}
	for at, o := range p.projects {
		if p.won[o] {
			continue
		}
		if other := p.rival(o); other >= 0 {
			p.skip(o, SkipIncompatible, other)
			continue
		}
		p.step(Skip{Round: p.round, Zone: p.zone, Option: p.id(o), Cost: p.cost(o), Remaining: p.left,
			Votes: rat(p.totals[o]), Reason: SkipPoorVoters, Funds: e.funds(at)})
	}
}

// support is one voter (a distinct ballot) behind a project, and the points by which their part is measured: 1 unless
// the utility is points.
type support struct {
	voter  int32
	points int32
}

// election is one envelope for equal shares: what all runs have in common, then the state of the latest run.
type election struct {
	costs      []int64
	scales     []int64 // what one project is worth: its cost, or 1 when points or votes measure it
	supporters [][]support
	backing    []int64 // Σ weight × points behind each project
	weight     []int64
	rivals     [][]int
	order      []int // projects with supporters, by price while everyone is rich
	favoured   func(tied []int) (int, TieKey)
	sharing
}

func (p *purse) newElection() *election {
	at := make(map[int]int, len(p.projects))
	for i, o := range p.projects {
		at[o] = i
	}
	e := &election{sharing: newSharing(len(p.profile.Ballots)), costs: make([]int64, len(at)),
		scales: make([]int64, len(at)), backing: make([]int64, len(at)),
		supporters: make([][]support, len(at)), rivals: make([][]int, len(at)), weight: make([]int64, len(p.profile.Ballots))}
	for i, o := range p.projects {
		e.costs[i], e.scales[i] = p.cost(o), p.cost(o)
		if p.rule.Utility == UtilityPoints || p.rule.Utility == UtilityVotes {
			e.scales[i] = 1
		}
		for _, other := range p.rivals[o] {
			if r, ok := at[other]; ok {
				e.rivals[i] = append(e.rivals[i], r)
			}
		}
	}
	for v, b := range p.profile.Ballots {
		e.weight[v] = b.Weight
		for _, m := range b.Marks {
			i, ok := at[int(m.Option)]
			if !ok || m.Value <= 0 {
				continue
			}
			s := support{voter: int32(v), points: 1}
			if p.rule.Utility == UtilityPoints {
				s.points = m.Value
			}
			e.supporters[i] = append(e.supporters[i], s)
			e.backing[i] += b.Weight * int64(s.points)
		}
	}
	for i := range e.costs {
		if len(e.supporters[i]) > 0 {
			e.order = append(e.order, i)
		}
	}
	sort.SliceStable(e.order, func(x, y int) bool { return e.firstKey(e.order[x]).less(e.firstKey(e.order[y])) })
	e.favoured = func(tied []int) (int, TieKey) {
		options := make([]int, len(tied))
		for i, t := range tied {
			options[i] = p.projects[t]
		}
		o, by := p.breaker.favoured(options, nil)
		return at[o], by
	}
	return e
}

// firstKey is the price of a project while all its supporters are rich: cost / backing per unit of what it is worth.
func (e *election) firstKey(i int) price {
	if e.scales[i] == 1 {
		return price{uint64(e.costs[i]), uint64(e.backing[i])}
	}
	return price{1, uint64(e.backing[i])}
}
