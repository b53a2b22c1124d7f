package consultations

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/writing"
)

// publish shows a draft to everybody, when nothing is missing.
func (s *service) publish(ctx context.Context, t tenant.ID, v citizen.Viewer, target Target) error {
	err := s.act(ctx, t, v, target, actPublish, nil, func(ctx context.Context, tx bun.Tx, c *Consultation) error {
		d, err := s.dossier(ctx, tx, t, c)
		if err != nil {
			return err
		}
		if len(d.lacks()) > 0 {
			return ErrNotReady
		}
		if c.OpensAt.Before(c.Now) {
			c.OpensAt = c.Now // it did not open in the past: nobody could answer then
		}
		c.Published, c.PublishedAt = true, c.Now
		if err := s.movePolls(ctx, tx, t, v, c, ""); err != nil {
			return err
		}
		if err := s.schedulePolls(ctx, tx, t, c); err != nil {
			return err
		}
		return s.store.insertChange(ctx, tx, t, c.ID, Change{Kind: WasPublished})
	})
	return s.announced(ctx, t, target.ID, err)
}

// openNow opens before the date.
func (s *service) openNow(ctx context.Context, t tenant.ID, v citizen.Viewer, target Target) error {
	err := s.act(ctx, t, v, target, actOpen, nil, func(ctx context.Context, tx bun.Tx, c *Consultation) error {
		c.OpensAt = c.Now
		if err := s.movePolls(ctx, tx, t, v, c, ""); err != nil {
			return err
		}
		return s.store.insertChange(ctx, tx, t, c.ID, Change{Kind: WasOpened})
	})
	return s.announced(ctx, t, target.ID, err)
}

// closeNow closes before the date, for a public reason. Polls under way close
// one by one under their own lock, then the consultation: done again after an
// accident in between, it finishes the work.
func (s *service) closeNow(ctx context.Context, t tenant.ID, v citizen.Viewer, target Target, reason string) error {
	reason = writing.Tidy(reason)
	if err := checkReason(reason).Err(); err != nil {
		return err
	}
	err := s.eachPoll(ctx, t, v, target, actClose, func(ctx context.Context, p *voting.Poll) error {
		if p.State != voting.Open {
			return nil
		}
		return s.box.Close(ctx, t, p.ID, voting.Act{Actor: v.ID, Reason: reason})
	})
	if err != nil {
		return err
	}
	return s.act(ctx, t, v, target, actClose, map[string]any{"reason": reason}, func(ctx context.Context, tx bun.Tx, c *Consultation) error {
		was := c.ClosesAt
		c.ClosesAt = c.Now
		return s.store.insertChange(ctx, tx, t, c.ID, Change{Kind: WasClosed, Reason: reason, Was: was, Becomes: c.ClosesAt})
	})
}

// extend closes later than was said, for a public reason, before it has closed.
func (s *service) extend(ctx context.Context, t tenant.ID, v citizen.Viewer, target Target, until time.Time, reason string) error {
	reason = writing.Tidy(reason)
	wrong := checkReason(reason)
	wrong.When(until.IsZero(), "until", "consultations.until.missing")
	if err := wrong.Err(); err != nil {
		return err
	}
	err := s.eachPoll(ctx, t, v, target, actExtend, func(ctx context.Context, p *voting.Poll) error {
		if p.State != voting.Open || !until.After(p.Closes) {
			return nil // extended already, the last time this was tried
		}
		return s.box.Extend(ctx, t, p.ID, until, voting.Act{Actor: v.ID, Reason: reason})
	}, func(c *Consultation) error { return checkUntil(c, until) })
	if err != nil {
		return err
	}
	return s.act(ctx, t, v, target, actExtend, map[string]any{"reason": reason}, func(ctx context.Context, tx bun.Tx, c *Consultation) error {
		if err := checkUntil(c, until); err != nil {
			return err
		}
		was := c.ClosesAt
		c.ClosesAt = until
		if err := s.movePolls(ctx, tx, t, v, c, reason); err != nil { // those that wait for the room
			return err
		}
		return s.store.insertChange(ctx, tx, t, c.ID, Change{Kind: WasExtended, Reason: reason, Was: was, Becomes: until})
	})
}

func checkUntil(c *Consultation, until time.Time) error {
	var wrong fault.Complaints
	wrong.When(!until.After(c.ClosesAt), "until", "consultations.until.later")
	wrong.When(until.Sub(c.OpensAt) > longest, "until", "consultations.dates.too_long")
	return wrong.Err()
}

// cancel calls a consultation off, for a public reason. What was answered is
// kept and never counted.
func (s *service) cancel(ctx context.Context, t tenant.ID, v citizen.Viewer, target Target, reason string) error {
	reason = writing.Tidy(reason)
	if err := checkReason(reason).Err(); err != nil {
		return err
	}
	err := s.eachPoll(ctx, t, v, target, actCancel, func(ctx context.Context, p *voting.Poll) error {
		if p.State.Over() {
			return nil // closed by hand in the room: its result stands
		}
		return s.box.Cancel(ctx, t, p.ID, voting.Act{Actor: v.ID, Reason: reason})
	})
	if err != nil {
		return err
	}
	return s.act(ctx, t, v, target, actCancel, map[string]any{"reason": reason}, func(ctx context.Context, tx bun.Tx, c *Consultation) error {
		c.CancelledAt, c.CancelReason = c.Now, reason
		return s.store.insertChange(ctx, tx, t, c.ID, Change{Kind: WasCancelled, Reason: reason})
	})
}

func checkReason(reason string) fault.Complaints {
	var wrong fault.Complaints
	wrong.When(reason == "", "reason", "consultations.reason.missing")
	wrong.Bound(reason, "reason", maxReason)
	return wrong
}

// eachPoll does something to each poll of a consultation, outside any
// transaction of ours, once v is known to be allowed the act.
func (s *service) eachPoll(ctx context.Context, t tenant.ID, v citizen.Viewer, target Target, action access.Action,
	do func(ctx context.Context, p *voting.Poll) error, checks ...func(*Consultation) error,
) error {
	var polls []*voting.Poll
	err := s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		c, err := s.store.find(ctx, tx, t, target.ID)
		if err != nil {
			return err
		}
		if target.Version != 0 && target.Version != c.Version {
			return ErrStale
		}
		if err := may(v, action, c); err != nil {
			return err
		}
		for _, check := range checks {
			if err := check(c); err != nil {
				return err
			}
		}
		polls, err = s.box.PollsOf(ctx, tx, t, subject(target.ID))
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range polls {
		if err := do(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// announced tells the live topics of the polls of a consultation that their
// state has changed, once it has.
func (s *service) announced(ctx context.Context, t tenant.ID, id uuid.UUID, err error) error {
	if err != nil || s.live == nil {
		return err
	}
	var polls []*voting.Poll
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) (err error) {
		polls, err = s.box.PollsOf(ctx, tx, t, subject(id))
		return err
	})
	if err != nil {
		s.log.WarnContext(ctx, "announce the polls of a consultation", "error", err)
		return nil // it is done; the screens find out by themselves a little later
	}
	for _, p := range polls {
		s.live.Changed(voting.Topic(t, p.ID))
	}
	return nil
}
