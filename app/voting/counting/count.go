package counting

import (
	"fmt"
	"math/big"
)

// Progress tells a long count's observer how far it is. Total is 0 when it cannot be known.
type Progress struct {
	Method Method
	Done   int64
	Total  int64
}

// Count applies a rule to a profile. It is pure: the same profile and rule give the same outcome on every machine.
func Count(p Profile, r Rule) (Outcome, error) { return CountWatched(p, r, nil) }

// CountWatched is Count for an observer of long counts; watch may be nil.
func CountWatched(p Profile, r Rule, watch func(Progress)) (Outcome, error) {
	if err := p.Validate(); err != nil {
		return Outcome{}, err
	}
	if err := r.Validate(); err != nil {
		return Outcome{}, err
	}
	if !r.Method.Budget() && r.seats() > len(p.Options) {
		return Outcome{}, fmt.Errorf("%d seats for %d options: %w", r.seats(), len(p.Options), ErrSeats)
	}
	p, invalid, err := p.as(wanted(p.Kind, r.Method), r.Method)
	if err != nil {
		return Outcome{}, err
	}
	if r.Method.Live() {
		return countLive(p, r, invalid)
	}
	c := newCount(p, r, markVotes(p), watch)
	c.outcome.Invalid = invalid
	for _, b := range p.Ballots {
		c.outcome.Ballots += b.Weight
		if len(b.Marks) == 0 {
			c.outcome.Blank += b.Weight
		}
	}
	if c.outcome.Blank == c.outcome.Ballots {
		return c.nothingMarked(), nil
	}
	err = c.run()
	return c.outcome, err
}

func (c *count) run() error {
	switch c.rule.Method {
	case Borda:
		return c.borda()
	case IRV:
		return c.runoff()
	case Schulze:
		return c.schulze()
	case STV:
		return c.transferable()
	}
	return c.budget()
}

func newCount(p Profile, r Rule, votes []int64, watch func(Progress)) *count {
	c := &count{profile: p, rule: r, progress: watch}
	c.breaker = newBreaker(p.Options, votes, r.ties())
	c.outcome.Method = r.Method
	c.outcome.Winners, c.outcome.Ties = []string{}, []Tie{}
	return c
}

// nothingMarked is the outcome of every method when no ballot says anything: nobody wins, all are tied.
func (c *count) nothingMarked() Outcome {
	totals := make([]*big.Rat, len(c.profile.Options))
	for i := range totals {
		totals[i] = new(big.Rat)
	}
	c.setTotals(totals)
	c.setRanking(grouped(c.standing(), func(int, int) int { return 0 }))
	c.outcome.Ranking = append(c.outcome.Ranking, idsOf(c, c.withdrawnGroup())...)
	for _, e := range c.rule.envelopes() {
		c.outcome.Spending = append(c.outcome.Spending,
			Spending{Zone: e.Zone, Envelope: e.Cents, Remaining: e.Cents, Winners: []string{}})
	}
	c.step(Conclude{Reason: NothingMarked})
	return c.outcome
}

func idsOf(c *count, groups [][]int) [][]string {
	var out [][]string
	for _, g := range groups {
		out = append(out, c.ids(g))
	}
	return out
}

// markVotes is the number of ballots that mark each option with something positive.
func markVotes(p Profile) []int64 {
	votes := make([]int64, len(p.Options))
	for _, b := range p.Ballots {
		for _, m := range b.Marks {
			if m.Option >= 0 && m.Value > 0 {
				votes[m.Option] += b.Weight
			}
		}
	}
	return votes
}

// wanted is the kind of ballots a method reads, given the kind it is offered.
func wanted(got Kind, m Method) Kind {
	switch m {
	case Plurality, Approval:
		return Choices
	case YesNoAbstain:
		return Answers
	case MajorityJudgment:
		return Grades
	case Borda, IRV, Schulze, STV:
		return Ranks
	case Score, PointVoting:
		return Points
	}
	if got == Choices {
		return Choices
	}
	return Points
}

// as reads ballots of one kind as another, where that has one honest meaning:
//
//   - a ranking as choices: its first place, which a plurality count wants held by one option alone;
//   - grades as points: the grade's position; a choice as one point;
//   - points or grades as a ranking: the higher the value, the better the place.
//
// Everything else is refused. It returns the number of ballots that could not be read.
func (p Profile) as(kind Kind, m Method) (Profile, int64, error) {
	if p.Kind == kind {
		return p, 0, nil
	}
	var convert func(marks []Mark) ([]Mark, bool)
	switch {
	case p.Kind == Ranks && kind == Choices:
		convert = func(marks []Mark) ([]Mark, bool) { return firstPlace(marks, m == Plurality) }
	case (p.Kind == Grades || p.Kind == Choices) && kind == Points:
		convert = func(marks []Mark) ([]Mark, bool) { return marks, true }
	case (p.Kind == Points || p.Kind == Grades) && kind == Ranks:
		convert = func(marks []Mark) ([]Mark, bool) { return placesByValue(marks), true }
	default:
		return p, 0, fmt.Errorf("%s needs ballots of kind %q, not %q: %w", m, kind, p.Kind, ErrWrongBallots)
	}
	out := Profile{Kind: kind, Options: p.Options, Ballots: make([]Ballot, len(p.Ballots))}
	var invalid int64
	for i, b := range p.Ballots {
		marks, ok := convert(b.Marks)
		if !ok {
			invalid += b.Weight
		}
		out.Ballots[i] = Ballot{Weight: b.Weight, Marks: marks}
	}
	return out, invalid, nil
}

// firstPlace reads a ranking's first place as choices. Alone asks that one option hold it.
func firstPlace(marks []Mark, alone bool) ([]Mark, bool) {
	best := int32(0)
	for _, m := range marks {
		if best == 0 || m.Value < best {
			best = m.Value
		}
	}
	var out []Mark
	for _, m := range marks {
		if m.Value == best {
			if m.Option == Overvote {
				return nil, false
			}
			out = append(out, Mark{Option: m.Option, Value: 1})
		}
	}
	if alone && len(out) > 1 {
		return nil, false
	}
	return out, true
}

// placesByValue turns values into dense places: the highest value is place 1.
func placesByValue(marks []Mark) []Mark {
	at := make([]int, len(marks))
	for i := range at {
		at[i] = i
	}
	groups := grouped(at, func(a, b int) int { return compareInts(marks[b].Value, marks[a].Value) })
	out := make([]Mark, 0, len(marks))
	for place, g := range groups {
		for _, i := range g {
			out = append(out, Mark{Option: marks[i].Option, Value: int32(place + 1)})
		}
	}
	return out
}
