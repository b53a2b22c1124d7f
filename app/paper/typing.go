package paper

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// A sheet is settled when two people have read the same on it, each without
// seeing what the other typed. When the first two differ, it goes to a third,
// who sees neither; and so on. Where the rules say that one person types, one
// reading settles a sheet, until it is drawn to be read again.

// Turn is the sheet that somebody is to read.
type Turn struct {
	Sheet int // 0 when there is none left for them
	Left  int // sheets that still wait for them, this one included
}

// Turn returns the next sheet of a batch for somebody to read. It tells nothing
// of what others have typed, not even whether they have.
func (s *Service) Turn(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, number int) (turn Turn, batch *Batch, poll *voting.Poll, err error) {
	err = s.with(ctx, t, v, id, Type, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		poll = p
		if batch, err = selectBatch(ctx, tx, p, number); err != nil {
			return err
		}
		if err := mayType(p, batch); err != nil {
			return err
		}
		waiting, err := waitingFor(ctx, tx, p, batch, v.ID)
		if len(waiting) > 0 {
			turn = Turn{waiting[0], len(waiting)}
		}
		return err
	})
	return turn, batch, poll, err
}

// mayType says whether sheets of the batch may be typed at all.
func mayType(p *voting.Poll, b *Batch) error {
	switch err := p.TakesSheets(); {
	case err != nil:
		return err
	case b.Counted == 0:
		return ErrNotCounted
	case b.Sealed() && len(b.Sample) == 0:
		return ErrSealed
	}
	return nil
}

// TypeSheet records what somebody read on a sheet. It is written once.
func (s *Service) TypeSheet(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, number, sheet int, said voting.Sheet) error {
	err := s.with(ctx, t, v, id, Type, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		b, err := lockBatch(ctx, tx, p, number)
		if err != nil {
			return err
		}
		if err := mayType(p, b); err != nil {
			return err
		}
		if sheet < 1 || sheet > b.Counted {
			return ErrNoSheet
		}
		if err := p.CheckSheet(said); err != nil {
			return err
		}
		typed, err := typingsOf(ctx, tx, p, number, sheet)
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(typed, func(o typing) bool { return o.Agent == v.ID }):
			return ErrTypedByYou
		case b.settled(p, sheet, typed):
			return ErrSettled
		}
		return insertTyping(ctx, tx, p, number, typing{Sheet: sheet, Pass: len(typed) + 1, Agent: v.ID, Said: said})
	})
	if database.Constraint(err) == "nobody_types_a_sheet_twice" {
		return ErrTypedByYou.Wrap(err)
	}
	return err
}

// settled reports whether nobody needs to read the sheet any more.
func (b *Batch) settled(p *voting.Poll, sheet int, typed []typing) bool {
	if p.Paper == voting.SimpleTyping {
		if !b.Sealed() {
			return len(typed) > 0
		}
		if !slices.Contains(b.Sample, sheet) {
			return true
		}
	}
	_, agreed := agreement(typed)
	return agreed
}

// agreement returns what two people have read alike.
func agreement(typed []typing) (voting.Sheet, bool) {
	for i, a := range typed {
		for _, b := range typed[:i] {
			if a.Said == b.Said {
				return a.Said, true
			}
		}
	}
	return "", false
}

// settledSheets returns what the sheets of a batch say; ErrNotAllTyped when one
// of them is not settled.
func settledSheets(ctx context.Context, tx bun.Tx, p *voting.Poll, b *Batch) ([]voting.Sheet, error) {
	bySheet, err := allTypings(ctx, tx, p, b.Number)
	if err != nil {
		return nil, err
	}
	sheets := make([]voting.Sheet, b.Counted)
	for i := range sheets {
		typed := bySheet[i+1]
		if !b.settled(p, i+1, typed) {
			return nil, ErrNotAllTyped
		}
		sheets[i] = typed[0].Said
		if agreed, ok := agreement(typed); ok {
			sheets[i] = agreed
		}
	}
	return sheets, nil
}

// waitingFor lists the sheets of a batch that somebody may read, in order.
func waitingFor(ctx context.Context, tx bun.Tx, p *voting.Poll, b *Batch, who citizen.ID) ([]int, error) {
	bySheet, err := allTypings(ctx, tx, p, b.Number)
	if err != nil {
		return nil, err
	}
	var waiting []int
	for sheet := 1; sheet <= b.Counted; sheet++ {
		typed := bySheet[sheet]
		mine := slices.ContainsFunc(typed, func(o typing) bool { return o.Agent == who })
		if !mine && !b.settled(p, sheet, typed) {
			waiting = append(waiting, sheet)
		}
	}
	return waiting, nil
}
