package counting

import (
	"fmt"
	"math/big"
	"sort"
)

// race is an instant runoff under way.
type race struct {
	*count
	ballots [][]Mark // by place
	in      []bool
	votes   []int64
	papers  [][]int // ballots that count for each option
	past    [][]int64
	last    [][]int // eliminated, latest first
	out     int64   // exhausted
}

// runoff: see IRV.
func (c *count) runoff() error {
	r := c.newRace()
	if err := r.firstOut(); err != nil {
		return err
	}
	for round := 1; ; round++ {
		left := r.left()
		continuing := int64(0)
		for _, o := range left {
			continuing += r.votes[o]
		}
		r.step(r.roundTally(round, left, continuing))
		if continuing == 0 {
			r.step(Conclude{Reason: NothingMarked})
			r.finish(left, nil)
			return nil
		}
		best := r.leader(left)
		if 2*r.votes[best] > continuing && (!r.rule.UntilTwo || len(left) <= 2) {
			r.step(Need{Round: round, Votes: big.NewRat(continuing, 2), Base: rat(continuing), Strict: true})
			r.step(Elect{Round: round, Option: r.id(best), Votes: rat(r.votes[best])})
			r.finish(left, []int{best})
			return nil
		}
		r.past = append(r.past, append([]int64(nil), r.votes...))
		r.eliminate(r.losers(left, round), round)
	}
}

func (c *count) newRace() *race {
	n := len(c.profile.Options)
	r := &race{count: c, in: make([]bool, n), votes: make([]int64, n), papers: make([][]int, n)}
	for o := range r.in {
		r.in[o] = !c.withdrawn(o)
	}
	r.ballots = make([][]Mark, len(c.profile.Ballots))
	totals := make([]*big.Rat, n)
	for o := range totals {
		totals[o] = new(big.Rat)
	}
	c.setTotals(totals)
	for i, b := range c.profile.Ballots {
		marks := append([]Mark(nil), b.Marks...)
		sort.SliceStable(marks, func(x, y int) bool { return marks[x].Value < marks[y].Value })
		r.ballots[i] = marks
		r.give(i)
	}
	return r
}

// give counts a ballot for its best option still in the race, or as exhausted.
func (r *race) give(ballot int) (option int, ok bool) {
	weight := r.profile.Ballots[ballot].Weight
	o, ok := r.next(r.ballots[ballot])
	switch {
	case ok:
		r.votes[o] += weight
		r.papers[o] = append(r.papers[o], ballot)
	case len(r.ballots[ballot]) > 0:
		r.out += weight
	}
	return o, ok
}

// next reads a ballot place by place as the rule says: skipped places, repeated names, places holding several.
func (r *race) next(marks []Mark) (int, bool) {
	lastPlace := int32(0)
	for i := 0; i < len(marks); {
		j := i
		for j < len(marks) && marks[j].Value == marks[i].Value {
			j++
		}
		place := marks[i:j]
		if skipped := int(place[0].Value - lastPlace - 1); r.rule.SkippedRanks != 0 && skipped > max(int(r.rule.SkippedRanks), 0) {
			return 0, false
		}
		lastPlace = place[0].Value
		if r.rule.ExhaustOnDuplicate && repeats(marks[:i], place) {
			return 0, false
		}
		o, found, stop := r.read(place)
		if found || stop {
			return o, found
		}
		i = j
	}
	return 0, false
}

func repeats(before, place []Mark) bool {
	for _, m := range place {
		for _, b := range before {
			if m.Option == b.Option && m.Option != Overvote {
				return true
			}
		}
	}
	return false
}

// read decides what one place of a ballot gives: an option, nothing (go on), or the end of the ballot.
func (r *race) read(place []Mark) (option int, found, stop bool) {
	alone := len(place) == 1 && place[0].Option != Overvote
	if !alone && r.rule.Overvotes != OvervoteIfMany {
		return 0, false, r.rule.Overvotes != OvervoteSkipped
	}
	inRace := 0
	for _, m := range place {
		if m.Option != Overvote && r.in[m.Option] {
			option = int(m.Option)
			inRace++
		}
		if m.Option == Overvote {
			inRace += 2 // nobody knows who is in it
		}
	}
	return option, inRace == 1, inRace > 1
}

func (r *race) left() []int {
	var out []int
	for o, in := range r.in {
		if in {
			out = append(out, o)
		}
	}
	return out
}

func (r *race) leader(left []int) int {
	best := left[0]
	for _, o := range left {
		if r.votes[o] > r.votes[best] {
			best = o
		}
	}
	return best
}

func (r *race) roundTally(round int, left []int, continuing int64) Tally {
	t := Tally{Round: round, Continuing: rat(continuing), Exhausted: rat(r.out)}
	for _, o := range left {
		r.outcome.Totals[r.id(o)] = rat(r.votes[o])
		t.Votes = append(t.Votes, Share{Option: r.id(o), Number: rat(r.votes[o])})
	}
	return t
}

// earlier compares two options by the votes of an earlier round.
func earlier[T int64](past [][]T) history {
	return func(back, x, y int) (int, bool) {
		// The last entry is the current round, where the options are tied.
		at := len(past) - 1 - back
		if at < 0 {
			return 0, false
		}
		return compareInts(int64(past[at][y]), int64(past[at][x])), true
	}
}

// losers are the options to eliminate: the last one, or with Batch as many as cannot catch up together.
func (r *race) losers(left []int, round int) []int {
	ascending := grouped(left, func(a, b int) int { return compareInts(r.votes[a], r.votes[b]) })
	if r.rule.Batch {
		if batch := r.batch(ascending); len(batch) > 1 {
			return batch
		}
	}
	last := ascending[0]
	if len(last) == 1 {
		return last
	}
	one, by := r.breaker.disfavoured(last, earlier(r.past))
	r.recordTie(last, []int{one}, by, round, PurposeExclude)
	return []int{one}
}

// batch is the largest set of last options whose votes together are fewer than the next option's.
func (r *race) batch(ascending [][]int) []int {
	var running int64
	var seen, batch []int
	for i, group := range ascending[:len(ascending)-1] {
		seen = append(seen, group...)
		running += r.votes[group[0]] * int64(len(group))
		if running < r.votes[ascending[i+1][0]] {
			batch = append([]int(nil), seen...)
		}
	}
	return batch
}

func (r *race) eliminate(losers []int, round int) {
	r.step(Eliminate{Round: round, Options: r.ids(losers), Votes: r.sumVotes(losers)})
	for _, o := range losers {
		r.in[o] = false
	}
	received := map[int]int64{}
	exhausted := r.out
	for _, o := range losers {
		for _, ballot := range r.papers[o] {
			if to, ok := r.give(ballot); ok {
				received[to] += r.profile.Ballots[ballot].Weight
			}
		}
		r.papers[o] = nil
	}
	t := Transfer{Round: round, From: r.ids(losers), Exhausted: rat(r.out - exhausted)}
	for _, o := range r.left() {
		if received[o] > 0 {
			t.Received = append(t.Received, Share{Option: r.id(o), Number: rat(received[o])})
		}
	}
	r.step(t)
	groups := grouped(losers, func(a, b int) int { return compareInts(r.votes[b], r.votes[a]) })
	r.last = append(groups, r.last...)
	for _, o := range losers {
		r.votes[o] = 0
	}
}

func (r *race) sumVotes(options []int) *big.Rat {
	var sum int64
	for _, o := range options {
		sum += r.votes[o]
	}
	return rat(sum)
}

// firstOut eliminates at once the options that the rule keeps out of the race.
func (r *race) firstOut() error {
	var out []int
	for _, id := range r.rule.FirstOut {
		at := -1
		for o := range r.profile.Options {
			if r.id(o) == id {
				at = o
			}
		}
		if at < 0 {
			return fmt.Errorf("%q: %w", id, ErrUnknownOption)
		}
		out = append(out, at)
	}
	if len(out) > 0 {
		r.past = append(r.past, append([]int64(nil), r.votes...))
		r.step(r.roundTally(0, r.left(), r.sumVotes(r.left()).Num().Int64()))
		r.eliminate(out, 0)
	}
	return nil
}

// finish ranks: the winner, those still in the race by votes, the eliminated from the last to the first.
func (r *race) finish(left, winners []int) {
	var rest []int
	for _, o := range left {
		if len(winners) == 0 || o != winners[0] {
			rest = append(rest, o)
		}
	}
	var groups [][]int
	if len(winners) > 0 {
		groups = append(groups, winners)
	}
	groups = append(groups, grouped(rest, func(a, b int) int { return compareInts(r.votes[b], r.votes[a]) })...)
	groups = append(groups, r.last...)
	r.setRanking(append(groups, r.withdrawnGroup()...))
	r.outcome.Winners = r.ids(winners)
}
