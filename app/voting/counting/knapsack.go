package counting

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"sort"
)

// maxSets bounds the sets of projects that Knapsack keeps at once (some hundred megabytes).
const maxSets = 1_000_000

// item is one project of the knapsack.
type item struct {
	project int
	cost    int64
	worth   int64
	bit     int   // place in the tie order: bit 0 is the most favoured
	rivals  []int // bits of incompatible items
}

// set is a set of projects that no other set beats by worth without costing more.
type set struct {
	cost, worth int64
	members     string // bitmap, the most favoured project first: greater is preferred
	twin        string // another set of the same worth and cost, less favoured, if one was met
}

// knapsack: see Knapsack.
func (p *purse) knapsack() error {
	items, err := p.items()
	if err != nil {
		return err
	}
	best, err := p.bestSet(items)
	if err != nil {
		return err
	}
	p.spending.Optimum = rat(best.worth)
	p.step(Conclude{Reason: Optimal})
	inSet := map[int]bool{}
	for _, it := range items {
		inSet[it.project] = has(best.members, it.bit)
	}
	if best.twin != "" {
		p.recordSetTie(items, best)
	}
	for _, group := range p.byTotals(p.projects) {
		for _, o := range p.breaker.order(group) {
			if inSet[o] {
				p.fund(o, nil)
			}
		}
	}
	for _, o := range p.projects {
		if !inSet[o] {
			p.skip(o, SkipNotOptimal, -1)
		}
	}
	return nil
}

// recordSetTie names the projects by which two best sets differ.
func (p *purse) recordSetTie(items []item, best set) {
	var tied, chosen []int
	for _, it := range items {
		in, out := has(best.members, it.bit), has(best.twin, it.bit)
		if in != out {
			tied = append(tied, it.project)
		}
		if in && !out {
			chosen = append(chosen, it.project)
		}
	}
	by := p.breaker.keys[0]
	if len(tied) > 0 {
		_, by = p.breaker.favoured(tied, nil)
	}
	p.recordTie(tied, chosen, by, 0, PurposeFund)
}

// items lists the projects worth funding, those with incompatibilities first (see grow), then by worth per cent.
func (p *purse) items() ([]item, error) {
	bit := map[int]int{}
	for at, o := range p.breaker.order(p.projects) {
		bit[o] = at
	}
	var items []item
	for _, o := range p.projects {
		it := item{project: o, cost: p.cost(o), worth: p.worth(o), bit: bit[o]}
		if it.worth < 0 {
			return nil, fmt.Errorf("votes × cost of %q: %w", p.id(o), ErrTooLarge)
		}
		if it.worth == 0 || it.cost > p.cents {
			continue
		}
		for _, r := range p.rivals[o] {
			if at, ok := bit[r]; ok {
				it.rivals = append(it.rivals, at)
			}
		}
		items = append(items, it)
	}
	sort.SliceStable(items, func(i, j int) bool {
		a, b := items[i], items[j]
		if (len(a.rivals) > 0) != (len(b.rivals) > 0) {
			return len(a.rivals) > 0
		}
		return denser(a, b)
	})
	return items, nil
}

// denser compares worth per cent.
func denser(a, b item) bool {
	ah, al := bits.Mul64(uint64(a.worth), uint64(b.cost))
	bh, bl := bits.Mul64(uint64(b.worth), uint64(a.cost))
	return ah > bh || ah == bh && al > bl
}

// worth is what a project adds to the total to maximise; −1 when it does not fit 62 bits with the others.
func (p *purse) worth(o int) int64 {
	if p.rule.Utility == UtilityVotes {
		return p.breaker.votes[o]
	}
	if p.rule.Utility != UtilityCost {
		return p.totals[o]
	}
	hi, lo := bits.Mul64(uint64(p.totals[o]), uint64(p.cost(o)))
	if hi > 0 || lo > uint64(1)<<62/uint64(len(p.projects)) {
		return -1
	}
	return int64(lo)
}

// bestSet grows undominated sets item by item, dropping those that even the best use of what is left could not bring
// to the worth of a set already known.
func (p *purse) bestSet(items []item) (set, error) {
	bytes := (len(p.projects) + 7) / 8
	sets := []set{{members: string(make([]byte, bytes))}}
	known := p.greedyWorth(items)
	byDensity := append([]item(nil), items...)
	sort.SliceStable(byDensity, func(i, j int) bool { return denser(byDensity[i], byDensity[j]) })
	for at := range items {
		sets = grow(sets, items[at], p.cents)
		sets = undominated(sets, pendingRivals(items[at+1:]))
		sets = p.promising(sets, remaining(byDensity, items[at+1:]), known)
		if len(sets) > maxSets {
			return set{}, fmt.Errorf("more than %d sets of projects: %w", maxSets, ErrTooLarge)
		}
		if p.progress != nil {
			p.progress(Progress{Method: Knapsack, Done: int64(at + 1), Total: int64(len(items))})
		}
	}
	return slices.MaxFunc(sets, func(a, b set) int {
		return cmp.Or(cmp.Compare(a.worth, b.worth), cmp.Compare(b.cost, a.cost), cmp.Compare(a.members, b.members))
	}), nil
}

// grow adds to the sets those that take one more item.
func grow(sets []set, it item, cents int64) []set {
	out := sets
	for _, s := range sets {
		if s.cost+it.cost > cents || clashes(s, it) {
			continue
		}
		out = append(out, s.with(it))
	}
	return out
}

func clashes(s set, it item) bool {
	for _, r := range it.rivals {
		if has(s.members, r) {
			return true
		}
	}
	return false
}

func (s set) with(it item) set {
	grown := set{cost: s.cost + it.cost, worth: s.worth + it.worth, members: with(s.members, it.bit)}
	if s.twin != "" {
		grown.twin = with(s.twin, it.bit)
	}
	return grown
}

// undominated keeps, among sets that clash with the same future items, those that no cheaper set equals in worth. Of
// two sets with the same worth and cost the favoured one stays, and remembers the other.
func undominated(sets []set, pending []int) []set {
	slices.SortFunc(sets, func(a, b set) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(b.worth, a.worth), cmp.Compare(b.members, a.members))
	})
	top := map[string]int{} // the last set kept for each clash
	out := sets[:0]
	for _, s := range sets {
		key := clashKey(s, pending)
		if at, seen := top[key]; seen && out[at].worth >= s.worth {
			if out[at].worth == s.worth && out[at].cost == s.cost {
				out[at].twin = s.members
			}
			continue
		}
		top[key] = len(out)
		out = append(out, s)
	}
	return out
}

func clashKey(s set, pending []int) string {
	key := make([]byte, 0, 8)
	for _, bit := range pending {
		if has(s.members, bit) {
			key = append(key, byte(bit>>8), byte(bit))
		}
	}
	return string(key)
}

// pendingRivals are the bits that items yet to come are incompatible with.
func pendingRivals(coming []item) []int {
	seen := map[int]bool{}
	var out []int
	for _, it := range coming {
		for _, r := range it.rivals {
			if !seen[r] {
				seen[r] = true
				out = append(out, r)
			}
		}
	}
	sort.Ints(out)
	return out
}

func remaining(byDensity, coming []item) []item {
	in := map[int]bool{}
	for _, it := range coming {
		in[it.project] = true
	}
	var out []item
	for _, it := range byDensity {
		if in[it.project] {
			out = append(out, it)
		}
	}
	return out
}

// promising drops the sets that cannot reach the known worth, were the items to come divisible (Dantzig's bound).
func (p *purse) promising(sets []set, coming []item, known int64) []set {
	cost := make([]int64, len(coming)+1)
	worth := make([]int64, len(coming)+1)
	for i, it := range coming {
		cost[i+1], worth[i+1] = cost[i]+it.cost, worth[i]+it.worth
	}
	out := sets[:0]
	for _, s := range sets {
		room := p.cents - s.cost
		i := sort.Search(len(cost), func(i int) bool { return cost[i] > room }) - 1
		bound := s.worth + worth[i]
		if i < len(coming) {
			hi, lo := bits.Mul64(uint64(room-cost[i]), uint64(coming[i].worth))
			part, _ := bits.Div64(hi, lo, uint64(coming[i].cost)) // room left < cost: the quotient is under worth
			bound += int64(part)
		}
		if bound >= known {
			out = append(out, s)
		}
	}
	return out
}

// greedyWorth is the worth of a set found by taking the densest items that fit.
func (p *purse) greedyWorth(items []item) int64 {
	sorted := append([]item(nil), items...)
	sort.SliceStable(sorted, func(i, j int) bool { return denser(sorted[i], sorted[j]) })
	s := set{members: string(make([]byte, (len(p.projects)+7)/8))}
	for _, it := range sorted {
		if s.cost+it.cost <= p.cents && !clashes(s, it) {
			s = s.with(it)
		}
	}
	return s.worth
}

func has(members string, bit int) bool { return members[bit/8]>>(7-bit%8)&1 == 1 }

func with(members string, bit int) string {
	b := []byte(members)
	b[bit/8] |= 1 << (7 - bit%8)
	return string(b)
}
