package paper

import (
	"context"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/realtime"
)

// Standing is how the paper ballots of a poll stand.
type Standing struct {
	Poll *voting.Poll
	voting.Reconciliation
	Batches     []BatchStanding
	Corrections []*Correction
	Unmarkings  []*Unmarking
}

// BatchStanding is how a batch stands: numbers of sheets, never what they say.
type BatchStanding struct {
	*Batch
	Read      int // sheets that somebody has typed
	Settled   int // sheets that nobody needs to read any more
	Disputed  int // sheets on which those who typed differ, so far
	Reread    int // sheets drawn that were read again
	Differ    int // of them, those that differ from what is in the box
	Logged    int
	Corrected int // corrections that two people signed
}

// Counted is how many sheets came out of the envelopes.
func (s *Standing) Counted() (n int) {
	for _, b := range s.Batches {
		n += b.Counted
	}
	return n
}

// Typed is how many of them are settled.
func (s *Standing) Typed() (n int) {
	for _, b := range s.Batches {
		n += b.Settled
	}
	return n
}

// Standing returns how the paper ballots stand, to whoever may see it.
func (s *Service) Standing(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID) (st *Standing, err error) {
	err = s.with(ctx, t, v, id, See, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		st, err = s.standing(ctx, tx, p)
		return err
	})
	return st, err
}

// Public returns how the paper ballots stand, to everybody who may see the poll.
func (s *Service) Public(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID) (st *Standing, err error) {
	if _, err := s.Polls.Audience(ctx, t, v, voting.Topic(t.ID, id), realtime.Public); err != nil {
		return nil, err
	}
	err = s.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		p, err := s.Box.Poll(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		if p.Paper == voting.NoPaper || p.State == voting.Draft {
			return voting.ErrNotFound
		}
		st, err = s.standing(ctx, tx, p)
		return err
	})
	return st, err
}

func (s *Service) standing(ctx context.Context, tx bun.Tx, p *voting.Poll) (*Standing, error) {
	st := &Standing{Poll: p}
	var err error
	if st.Reconciliation, err = s.Box.Reconcile(ctx, tx, p); err != nil {
		return nil, err
	}
	if st.Corrections, err = selectCorrections(ctx, tx, p, "ORDER BY number"); err != nil {
		return nil, err
	}
	if st.Unmarkings, err = selectUnmarkings(ctx, tx, p, "ORDER BY number"); err != nil {
		return nil, err
	}
	batches, err := selectBatches(ctx, tx, p, "ORDER BY number")
	if err != nil {
		return nil, err
	}
	for _, b := range batches {
		one, err := s.batchStanding(ctx, tx, p, b)
		if err != nil {
			return nil, err
		}
		for _, c := range st.Corrections {
			if c.Batch == b.Number && !c.ConfirmedAt.IsZero() {
				one.Corrected++
			}
		}
		st.Batches = append(st.Batches, one)
	}
	return st, nil
}

func (s *Service) batchStanding(ctx context.Context, tx bun.Tx, p *voting.Poll, b *Batch) (BatchStanding, error) {
	one := BatchStanding{Batch: b}
	bySheet, err := allTypings(ctx, tx, p, b.Number)
	if err != nil {
		return one, err
	}
	logged, err := s.Box.PaperSheets(ctx, tx, p, b.Number)
	if err != nil {
		return one, err
	}
	one.Logged = len(logged)
	for sheet := 1; sheet <= b.Counted; sheet++ {
		typed := bySheet[sheet]
		if len(typed) > 0 {
			one.Read++
		}
		_, agreed := agreement(typed)
		if b.settled(p, sheet, typed) || b.Sealed() {
			one.Settled++
		}
		if len(typed) > 1 && !agreed {
			one.Disputed++
		}
	}
	for _, sheet := range b.Sample {
		agreed, ok := agreement(bySheet[sheet])
		if ok {
			one.Reread++
		}
		if ok && sheet <= len(logged) && agreed != logged[sheet-1] {
			one.Differ++
		}
	}
	return one, nil
}

// Obstacles lists why the paper is not complete yet; none when somebody may say
// that it is.
func (s *Standing) Obstacles() (list []error) {
	if !s.Poll.State.Over() {
		list = append(list, voting.ErrNotClosedYet)
	}
	var unsealed, unread, differ, pending bool
	for _, b := range s.Batches {
		unsealed = unsealed || b.Counted > 0 && !b.Sealed()
		unread = unread || b.Reread < len(b.Sample)
		differ = differ || b.Differ > 0
	}
	for _, c := range s.Corrections {
		pending = pending || c.Pending()
	}
	for _, o := range []struct {
		is  bool
		why error
	}{{unsealed, ErrUnsealed}, {unread, ErrUnread}, {differ, ErrDisagree}, {pending, ErrPending}} {
		if o.is {
			list = append(list, o.why)
		}
	}
	return list
}

// Finish says that every sheet is in the box: the poll is counted.
func (s *Service) Finish(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, reason string) error {
	return s.at(ctx, t, v, id, Finish, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		if err := p.TakesSheets(); err != nil {
			return err
		}
		st, err := s.standing(ctx, tx, p)
		if err != nil {
			return err
		}
		if obstacles := st.Obstacles(); len(obstacles) > 0 {
			return obstacles[0]
		}
		if err := dropUnmarkings(ctx, tx, v, p, "true"); err != nil { // nobody can vote any more
			return err
		}
		if err := s.Box.FinishPaper(ctx, tx, t.ID, id, voting.Act{Actor: v.ID, Reason: reason}); err != nil {
			return err
		}
		return record(ctx, tx, v, p, Finish, map[string]any{"handed": st.Handed, "logged": st.Logged})
	})
}
