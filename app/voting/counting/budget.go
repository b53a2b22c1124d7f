package counting

import (
	"fmt"
	"math"
	"math/big"
)

// budget runs a budget method envelope by envelope: the zones in the rule's order, then the city-wide one.
func (c *count) budget() error {
	if err := c.checkBudget(); err != nil {
		return err
	}
	totals := c.projectTotals()
	ratTotals := make([]*big.Rat, len(totals))
	for o, t := range totals {
		ratTotals[o] = rat(t)
	}
	c.setTotals(ratTotals)
	rivals, err := c.rivals()
	if err != nil {
		return err
	}
	b := &budgets{count: c, totals: totals, rivals: rivals, won: make([]bool, len(totals))}
	for _, e := range c.rule.envelopes() {
		if err := b.spend(e); err != nil {
			return err
		}
	}
	b.rank()
	return nil
}

// budgets is what envelopes share: totals, incompatibilities, and the projects already funded.
type budgets struct {
	*count
	totals []int64
	rivals [][]int
	won    []bool
	bought []int
}

func (r Rule) envelopes() []Envelope {
	var zones, town []Envelope
	for _, e := range r.Envelopes {
		if e.Zone == "" {
			town = append(town, e)
		} else {
			zones = append(zones, e)
		}
	}
	return append(zones, town...)
}

// checkBudget refuses what no budget count could make sense of.
func (c *count) checkBudget() error {
	zones := map[string]bool{}
	for _, e := range c.rule.Envelopes {
		zones[e.Zone] = true
	}
	for _, o := range c.profile.Options {
		if o.Cost <= 0 {
			return fmt.Errorf("%q costs %s: %w", o.ID, Cents(o.Cost), ErrCost)
		}
		if !zones[o.Zone] {
			return fmt.Errorf("%q is in zone %q, which has no envelope: %w", o.ID, o.Zone, ErrBudget)
		}
	}
	points := int64(0)
	fits := c.rule.basketCheck(c.profile.Options)
	for i, b := range c.profile.Ballots {
		if err := c.rule.checkBallot(b); err != nil {
			return fmt.Errorf("ballot %d: %w", i+1, err)
		}
		if !fits(b) {
			return fmt.Errorf("ballot %d: more than an envelope: %w", i+1, ErrBallot)
		}
		for _, m := range b.Marks {
			if m.Value < 0 {
				return fmt.Errorf("ballot %d: %d points: %w", i+1, m.Value, ErrBallot)
			}
			if m.Value > 0 && b.Weight > (math.MaxInt64/4-points)/int64(m.Value) {
				return fmt.Errorf("ballot %d: more points than can be added: %w", i+1, ErrBallot)
			}
			points += b.Weight * int64(m.Value)
		}
	}
	if c.rule.Utility == UtilityPoints && c.profile.Kind != Points {
		return fmt.Errorf("the utility is points, the ballots are %s: %w", c.profile.Kind, ErrWrongBallots)
	}
	return nil
}

// projectTotals is the number of votes of each project, or of points when ballots give points.
func (c *count) projectTotals() []int64 {
	totals := make([]int64, len(c.profile.Options))
	for _, b := range c.profile.Ballots {
		for _, m := range b.Marks {
			totals[m.Option] += b.Weight * int64(m.Value)
		}
	}
	return totals
}

// rivals lists for each project those it is incompatible with.
func (c *count) rivals() ([][]int, error) {
	at := make(map[string]int, len(c.profile.Options))
	for i, o := range c.profile.Options {
		at[o.ID] = i
	}
	rivals := make([][]int, len(c.profile.Options))
	for _, group := range c.rule.Incompatible {
		for _, a := range group {
			if _, ok := at[a]; !ok {
				return nil, fmt.Errorf("incompatible project %q: %w", a, ErrUnknownOption)
			}
			for _, b := range group {
				if other, ok := at[b]; ok && a != b {
					rivals[at[a]] = append(rivals[at[a]], other)
				}
			}
		}
	}
	return rivals, nil
}

// rival is a funded project that o is incompatible with, or −1.
func (b *budgets) rival(o int) int {
	for _, other := range b.rivals[o] {
		if b.won[other] {
			return other
		}
	}
	return -1
}

// spend counts one envelope.
func (b *budgets) spend(e Envelope) error {
	p := &purse{budgets: b, zone: e.Zone, cents: e.Cents, left: e.Cents,
		spending: Spending{Zone: e.Zone, Envelope: e.Cents, Winners: []string{}}}
	voters := b.voters(e.Zone)
	if b.rule.Method != EqualShares {
		b.step(Endow{Zone: e.Zone, Cents: e.Cents, Voters: voters})
	}
	p.choose()
	var err error
	switch b.rule.Method {
	case Greedy:
		p.greedy()
	case EqualShares:
		p.equalShares(voters)
	case Phragmen:
		p.phragmen()
	case Knapsack:
		err = p.knapsack()
	}
	if err != nil {
		return err
	}
	p.spending.Spent, p.spending.Remaining = p.cents-p.left, p.left
	b.outcome.Spending = append(b.outcome.Spending, p.spending)
	return nil
}

// purse is one envelope being spent.
type purse struct {
	*budgets
	zone     string
	cents    int64
	left     int64
	projects []int // that may be funded, by position in the profile
	round    int
	spending Spending
}

// voters is the number of ballots that share an envelope: for the town's, everyone who voted; for a zone's, those who
// marked one of its projects.
func (b *budgets) voters(zone string) int64 {
	var n int64
	for _, ballot := range b.profile.Ballots {
		if zone == "" || b.marksZone(ballot, zone) {
			n += ballot.Weight
		}
	}
	return n
}

func (b *budgets) marksZone(ballot Ballot, zone string) bool {
	for _, m := range ballot.Marks {
		if m.Value > 0 && b.profile.Options[m.Option].Zone == zone {
			return true
		}
	}
	return false
}

// choose lists the projects of the envelope that may be funded, and says why the others may not.
func (p *purse) choose() {
	for o, option := range p.profile.Options {
		if option.Zone != p.zone {
			continue
		}
		reason := SkipReason("")
		other := p.rival(o)
		switch {
		case option.Withdrawn:
			reason = SkipWithdrawn
		case p.totals[o] < p.rule.MinVotes:
			reason = SkipMinVotes
		case other >= 0:
			reason = SkipIncompatible
		}
		if reason == "" {
			p.projects = append(p.projects, o)
			continue
		}
		p.skip(o, reason, other)
	}
}

func (p *purse) cost(o int) int64 { return p.profile.Options[o].Cost }

func (p *purse) skip(o int, reason SkipReason, other int) {
	s := Skip{Round: p.round, Zone: p.zone, Option: p.id(o), Cost: p.cost(o), Remaining: p.left,
		Votes: rat(p.totals[o]), Reason: reason}
	if other >= 0 {
		s.Other = p.id(other)
	}
	p.step(s)
}

// fund spends a project's cost; decorate adds to the step what the method knows.
func (p *purse) fund(o int, decorate func(*Spend)) {
	p.round++
	p.left -= p.cost(o)
	p.won[o] = true
	p.bought = append(p.bought, o)
	p.spending.Winners = append(p.spending.Winners, p.id(o))
	s := Spend{Round: p.round, Zone: p.zone, Option: p.id(o), Cost: p.cost(o), Remaining: p.left, Votes: rat(p.totals[o])}
	if decorate != nil {
		decorate(&s)
	}
	p.step(s)
}

// byTotals groups projects by decreasing totals.
func (b *budgets) byTotals(projects []int) [][]int {
	return grouped(projects, func(x, y int) int { return compareInts(b.totals[y], b.totals[x]) })
}

// rank lists winners and ranks projects: by votes for greedy, otherwise in order of purchase, then by votes.
func (b *budgets) rank() {
	b.outcome.Winners = append(b.outcome.Winners, b.ids(b.bought)...)
	var groups [][]int
	var rest []int
	for _, o := range b.standing() {
		if b.rule.Method == Greedy || !b.won[o] {
			rest = append(rest, o)
		}
	}
	if b.rule.Method != Greedy {
		for _, o := range b.bought {
			groups = append(groups, []int{o})
		}
	}
	groups = append(groups, b.byTotals(rest)...)
	b.setRanking(append(groups, b.withdrawnGroup()...))
}

// greedy: see Greedy.
func (p *purse) greedy() { p.takeByVotes(p.rule.NoSkip, false) }

// takeByVotes spends what is left by decreasing votes, on what fits; with noSkip, up to the first misfit.
func (p *purse) takeByVotes(noSkip, completion bool) {
	stopped := false
	for _, group := range p.byTotals(p.projects) {
		var funded, refused []int
		for _, o := range p.breaker.order(group) {
			reason, other := p.refusal(o)
			switch {
			case p.won[o]:
				continue
			case stopped:
				reason, other = SkipStopped, -1
			case reason == SkipDoesNotFit:
				stopped = noSkip
			}
			if reason != "" {
				p.skip(o, reason, other)
				refused = append(refused, o)
				continue
			}
			p.fund(o, func(s *Spend) { s.Completion = completion })
			if completion {
				p.spending.Completed = append(p.spending.Completed, p.id(o))
			}
			funded = append(funded, o)
		}
		p.tieIfItMattered(funded, refused)
	}
}

// refusal says why a project cannot be funded now, and which funded project it is incompatible with, if so.
func (p *purse) refusal(o int) (SkipReason, int) {
	if other := p.rival(o); other >= 0 {
		return SkipIncompatible, other
	}
	if p.cost(o) > p.left {
		return SkipDoesNotFit, -1
	}
	return "", -1
}

// tieIfItMattered records that equal totals had different fates, and what put the first ones first.
func (p *purse) tieIfItMattered(funded, refused []int) {
	if len(funded) == 0 || len(refused) == 0 {
		return
	}
	tied := append(append([]int(nil), funded...), refused...)
	p.recordTie(tied, funded, p.separates(funded[len(funded)-1], refused), p.round, PurposeFund)
}

// separates is the key that puts a before the others, or after them when it was funded in their stead.
func (p *purse) separates(a int, others []int) TieKey {
	for _, key := range p.breaker.keys {
		for _, o := range others {
			if p.breaker.compare(key, a, o) != 0 {
				return key
			}
		}
	}
	return TieOpen
}
