package counting

import (
	"fmt"
	"math/big"
	"math/bits"
)

// vote is one vote in the units of the Scottish rules: five decimals.
const vote = 100_000

// transfers is a single transferable vote count under way.
type transfers struct {
	*count
	lists   [][]int32 // each ballot's candidates in order, up to a shared place
	at      []int     // where each ballot is in its list
	value   []int64   // of one paper of each ballot, in 1/vote
	papers  [][]int   // ballots held by each candidate
	votes   []int64
	state   []candidacy
	pending []int // elected with a surplus to transfer
	elected []int
	out     [][]int // excluded, latest first
	past    [][]int64
	held    []int64 // by the excluded, at their exclusion
	quota   int64
	stuck   int64 // non-transferable
	lost    int64 // dropped by truncation
}

type candidacy uint8

const (
	continuing candidacy = iota
	elected
	excluded
)

// transferable: see STV.
func (c *count) transferable() error {
	t := c.newTransfers()
	standing := t.standing()
	seats := min(t.rule.seats(), len(standing))
	valid := int64(0)
	for o := range t.votes {
		valid += t.votes[o] / vote
	}
	t.outcome.Invalid = t.outcome.Ballots - t.outcome.Blank - valid
	if valid == 0 {
		t.step(Conclude{Reason: NothingMarked})
		t.setRanking(append(grouped(standing, func(int, int) int { return 0 }), t.withdrawnGroup()...))
		return nil
	}
	if valid > maxPapers {
		return fmt.Errorf("%d papers: %w", valid, ErrTooLarge)
	}
	t.quota = (valid/int64(t.rule.seats()+1) + 1) * vote
	t.outcome.Quota = t.quota / vote
	t.step(Need{Votes: votesOf(t.quota), Seats: t.rule.seats(), Base: rat(valid)})
	for stage := 1; ; stage++ {
		t.step(t.stageTally(stage))
		t.elect(stage)
		if t.closed(stage, seats) {
			break
		}
		t.past = append(t.past, append([]int64(nil), t.votes...))
		if len(t.pending) > 0 {
			t.transferSurplus(stage)
		} else {
			t.exclude(stage)
		}
	}
	t.finish()
	return nil
}

// maxPapers keeps paper values × votes inside int64.
const maxPapers = int64(1) << 40

func votesOf(units int64) *big.Rat { return big.NewRat(units, vote) }

func (c *count) newTransfers() *transfers {
	n := len(c.profile.Options)
	t := &transfers{count: c, votes: make([]int64, n), state: make([]candidacy, n), papers: make([][]int, n),
		lists: make([][]int32, len(c.profile.Ballots)), at: make([]int, len(c.profile.Ballots)),
		value: make([]int64, len(c.profile.Ballots)), held: make([]int64, n)}
	for o := range t.state {
		if c.withdrawn(o) {
			t.state[o] = excluded
		}
	}
	for i, b := range c.profile.Ballots {
		for _, place := range c.places(b) {
			if len(place) > 1 {
				break
			}
			t.lists[i] = append(t.lists[i], int32(place[0]))
		}
		t.value[i] = vote
		if len(t.lists[i]) > 0 {
			t.hold(i, int(t.lists[i][0]))
		}
	}
	return t
}

func (t *transfers) hold(ballot, candidate int) {
	t.papers[candidate] = append(t.papers[candidate], ballot)
	t.votes[candidate] += t.value[ballot] * t.profile.Ballots[ballot].Weight
}

func (t *transfers) stageTally(stage int) Tally {
	var counted int64
	for _, v := range t.votes {
		counted += v
	}
	s := Tally{Round: stage, Continuing: votesOf(counted), Exhausted: votesOf(t.stuck)}
	for _, o := range t.standing() {
		s.Votes = append(s.Votes, Share{Option: t.id(o), Number: votesOf(t.votes[o])})
	}
	return s
}

// elect declares elected every continuing candidate who has the quota, the highest first.
func (t *transfers) elect(stage int) {
	var reached []int
	for o, s := range t.state {
		if s == continuing && t.votes[o] >= t.quota {
			reached = append(reached, o)
		}
	}
	for _, o := range t.byVotes(reached) {
		t.declare(o, stage, false)
		if t.votes[o] > t.quota {
			t.pending = append(t.pending, o)
		}
	}
}

func (t *transfers) byVotes(options []int) []int {
	var out []int
	for _, g := range grouped(options, func(a, b int) int { return compareInts(t.votes[b], t.votes[a]) }) {
		out = append(out, g...)
	}
	return out
}

func (t *transfers) declare(o, stage int, byDefault bool) {
	t.state[o] = elected
	t.elected = append(t.elected, o)
	t.step(Elect{Round: stage, Option: t.id(o), Votes: votesOf(t.votes[o]), Default: byDefault})
}

// closed says whether the count is over, after electing the last candidates when there are as many as seats left.
func (t *transfers) closed(stage, seats int) bool {
	if len(t.elected) >= seats {
		return true
	}
	var left []int
	for o, s := range t.state {
		if s == continuing {
			left = append(left, o)
		}
	}
	if len(left) > seats-len(t.elected) {
		return false
	}
	for _, o := range t.byVotes(left) {
		t.declare(o, stage, true)
	}
	return true
}

// transferSurplus passes on the largest surplus: every paper of the candidate, at value × surplus / votes, truncated.
func (t *transfers) transferSurplus(stage int) {
	largest := extremes(t.pending, func(a, b int) int { return compareInts(t.votes[b], t.votes[a]) })
	from := largest[0]
	if len(largest) > 1 {
		var by TieKey
		from, by = t.breaker.favoured(largest, earlier(t.past))
		t.recordTie(largest, []int{from}, by, stage, PurposeTransfer)
	}
	t.pending = without(t.pending, from)
	surplus, total := t.votes[from]-t.quota, t.votes[from]
	moved := t.move(from, func(value int64) int64 {
		hi, lo := bits.Mul64(uint64(value), uint64(surplus))
		q, _ := bits.Div64(hi, lo, uint64(total)) // value ≤ vote and surplus < total: the quotient fits
		return int64(q)
	})
	t.votes[from] = t.quota
	t.lost += surplus - moved.sum()
	t.step(moved.step(t, stage, from, votesOf(surplus), surplus-moved.sum()))
}

// exclude excludes the last candidate and passes on their papers at their present value.
func (t *transfers) exclude(stage int) {
	var left []int
	for o, s := range t.state {
		if s == continuing {
			left = append(left, o)
		}
	}
	last := extremes(left, func(a, b int) int { return compareInts(t.votes[a], t.votes[b]) })
	from := last[0]
	if len(last) > 1 {
		var by TieKey
		from, by = t.breaker.disfavoured(last, earlier(t.past))
		t.recordTie(last, []int{from}, by, stage, PurposeExclude)
	}
	t.state[from] = excluded
	t.out = append([][]int{{from}}, t.out...)
	t.step(Eliminate{Round: stage, Options: []string{t.id(from)}, Votes: votesOf(t.votes[from])})
	moved := t.move(from, func(value int64) int64 { return value })
	t.held[from], t.votes[from] = t.votes[from], 0
	t.step(moved.step(t, stage, from, nil, 0))
}

// movement is what one transfer gave to whom.
type movement struct {
	to    map[int]int64
	stuck int64
}

func (m movement) sum() int64 {
	sum := m.stuck
	for _, v := range m.to {
		sum += v
	}
	return sum
}

func (m movement) step(t *transfers, stage, from int, surplus *big.Rat, lost int64) Transfer {
	s := Transfer{Round: stage, From: []string{t.id(from)}, Surplus: surplus, Exhausted: votesOf(m.stuck)}
	if lost != 0 {
		s.Lost = votesOf(lost)
	}
	for o := range t.profile.Options {
		if v, ok := m.to[o]; ok {
			s.Received = append(s.Received, Share{Option: t.id(o), Number: votesOf(v)})
		}
	}
	return s
}

// move passes every paper of a candidate to its next continuing candidate, at its new value.
func (t *transfers) move(from int, revalue func(int64) int64) movement {
	m := movement{to: map[int]int64{}}
	papers := t.papers[from]
	t.papers[from] = nil
	for _, b := range papers {
		t.value[b] = revalue(t.value[b])
		worth := t.value[b] * t.profile.Ballots[b].Weight
		to := t.next(b)
		if to < 0 {
			m.stuck += worth
			continue
		}
		t.hold(b, to)
		m.to[to] += worth
	}
	t.stuck += m.stuck
	return m
}

func (t *transfers) next(ballot int) int {
	list := t.lists[ballot]
	for t.at[ballot]++; t.at[ballot] < len(list); t.at[ballot]++ {
		if o := int(list[t.at[ballot]]); t.state[o] == continuing {
			return o
		}
	}
	return -1
}

// finish ranks the elected in their order, those left by votes, and the excluded from the last to the first. Totals
// are the votes held at the end, or when excluded.
func (t *transfers) finish() {
	t.outcome.Winners = t.ids(t.elected)
	var groups [][]int
	for _, o := range t.elected {
		groups = append(groups, []int{o})
	}
	var left []int
	for o, s := range t.state {
		if s == continuing {
			left = append(left, o)
		}
	}
	groups = append(groups, grouped(left, func(a, b int) int { return compareInts(t.votes[b], t.votes[a]) })...)
	groups = append(groups, t.out...)
	t.setRanking(append(groups, t.withdrawnGroup()...))
	totals := make([]*big.Rat, len(t.votes))
	for o, v := range t.votes {
		totals[o] = votesOf(v + t.held[o])
	}
	t.setTotals(totals)
}
