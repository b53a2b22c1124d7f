package paper

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// Faults of a mark on the roll that is to be taken back.
var (
	ErrAsked       = fault.New(fault.Conflict, "paper.unmark.asked")
	ErrSettledMark = fault.New(fault.Conflict, "paper.unmark.settled")
)

// Unmarking takes somebody off the roll again who was marked by mistake: asked
// for by one person, done once another has signed it too. Once it is settled it
// names nobody any more.
type Unmarking struct {
	Number      int
	Citizen     citizen.ID // zero once settled
	Reason      string     // public
	AskedBy     citizen.ID
	AskedAt     time.Time
	ConfirmedAt time.Time
	DroppedAt   time.Time
}

// Pending reports whether it waits for its second signature.
func (u *Unmarking) Pending() bool { return u.ConfirmedAt.IsZero() && u.DroppedAt.IsZero() }

// AskUnmark asks that somebody be taken off the roll, with a reason that is
// made public.
func (s *Service) AskUnmark(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, who citizen.ID, reason string) error {
	if err := s.reach(ctx, t, v, who); err != nil {
		return err
	}
	err := s.at(ctx, t, v, id, Unmark, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		standing, err := s.Box.StandingOf(ctx, tx, p, who)
		if err != nil {
			return err
		}
		if err := s.mayUnmark(ctx, tx, p, standing); err != nil {
			return err
		}
		if reason = strings.TrimSpace(reason); reason == "" {
			return voting.ErrReasonMissing.On("motif")
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO paper.unmarkings (tenant_id, poll_id, number, citizen_id, reason, asked_by)
			SELECT ?0, ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4 FROM paper.unmarkings WHERE tenant_id = ?0 AND poll_id = ?1`,
			p.Tenant, p.ID, who, reason, v.ID)
		if err != nil {
			return fmt.Errorf("ask that somebody be taken off the roll: %w", err)
		}
		return record(ctx, tx, v, p, Unmark, map[string]any{"reason": reason})
	})
	if database.Constraint(err) == "one_pending_unmarking_per_person" {
		return ErrAsked.Wrap(err)
	}
	return err
}

// addUnmarking completes somebody who is on the roll with what there is to know
// of their mark, should it be a mistake.
func (s *Service) addUnmarking(ctx context.Context, tx bun.Tx, visitor *Visitor, who citizen.ID) error {
	list, err := selectUnmarkings(ctx, tx, visitor.Poll, "AND citizen_id = ?", who)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		visitor.Unmarking = list[0]
	}
	visitor.Stays = s.mayUnmark(ctx, tx, visitor.Poll, visitor.Standing)
	if _, said := errors.AsType[*fault.Error](visitor.Stays); !said {
		return visitor.Stays
	}
	return nil
}

func (s *Service) mayUnmark(ctx context.Context, tx bun.Tx, p *voting.Poll, standing voting.Standing) error {
	found, err := sheetsFound(ctx, tx, p)
	if err != nil {
		return err
	}
	numbers, err := s.Box.Reconcile(ctx, tx, p)
	if err != nil {
		return err
	}
	return p.MayUnmark(standing, numbers, found)
}

// sheetsFound is how many sheets have come out of the envelopes.
func sheetsFound(ctx context.Context, tx bun.Tx, p *voting.Poll) (n int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce(sum(counted), 0) FROM paper.batches WHERE tenant_id = ? AND poll_id = ?`, p.Tenant, p.ID).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the sheets: %w", err)
	}
	return n, nil
}

// ConfirmUnmark is the second signature: another person's.
func (s *Service) ConfirmUnmark(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, number int) error {
	return s.at(ctx, t, v, id, SignUnmark, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		u, err := lockUnmarking(ctx, tx, p, number)
		if err != nil {
			return err
		}
		if u.AskedBy == v.ID {
			return ErrSameSigner
		}
		found, err := sheetsFound(ctx, tx, p)
		if err != nil {
			return err
		}
		// Signed first: the database lets no mark go without.
		_, err = tx.ExecContext(ctx, `UPDATE paper.unmarkings SET citizen_id = NULL, confirmed_by = ?, confirmed_at = core.now()
			WHERE tenant_id = ? AND poll_id = ? AND number = ?`, v.ID, p.Tenant, p.ID, number)
		if err != nil {
			return fmt.Errorf("sign that somebody leaves the roll: %w", err)
		}
		if err := s.Box.Unmark(ctx, tx, t.ID, id, u.Citizen, found, voting.Act{Actor: v.ID, Reason: u.Reason}); err != nil {
			return err
		}
		return record(ctx, tx, v, p, SignUnmark, map[string]any{"number": number, "reason": u.Reason})
	})
}

// DropUnmark gives it up: the mark stays. Whoever asked for it may.
func (s *Service) DropUnmark(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, number int) error {
	return s.at(ctx, t, v, id, SignUnmark, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		if _, err := lockUnmarking(ctx, tx, p, number); err != nil {
			return err
		}
		if err := dropUnmarkings(ctx, tx, v, p, "number = ?", number); err != nil {
			return err
		}
		return record(ctx, tx, v, p, "paper.unmark_drop", map[string]any{"number": number})
	})
}

// dropUnmarkings gives up what still waits; where is SQL of this package.
func dropUnmarkings(ctx context.Context, tx bun.Tx, v citizen.Viewer, p *voting.Poll, where string, args ...any) error {
	_, err := tx.ExecContext(ctx, `UPDATE paper.unmarkings SET citizen_id = NULL, dropped_by = ?, dropped_at = core.now()
		WHERE tenant_id = ? AND poll_id = ? AND citizen_id IS NOT NULL AND `+where, append([]any{v.ID, p.Tenant, p.ID}, args...)...)
	if err != nil {
		return fmt.Errorf("leave somebody on the roll: %w", err)
	}
	return nil
}

func lockUnmarking(ctx context.Context, tx bun.Tx, p *voting.Poll, number int) (*Unmarking, error) {
	list, err := selectUnmarkings(ctx, tx, p, "AND number = ? FOR UPDATE", number)
	switch {
	case err != nil:
		return nil, err
	case len(list) == 0:
		return nil, voting.ErrNotFound
	case !list[0].Pending():
		return nil, ErrSettledMark
	}
	return list[0], nil
}

func selectUnmarkings(ctx context.Context, tx bun.Tx, p *voting.Poll, rest string, args ...any) ([]*Unmarking, error) {
	rows, err := tx.QueryContext(ctx, `SELECT number, citizen_id, reason, asked_by, asked_at, confirmed_at, dropped_at
		FROM paper.unmarkings WHERE tenant_id = ? AND poll_id = ? `+rest, append([]any{p.Tenant, p.ID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read who is to be taken off the roll: %w", err)
	}
	defer rows.Close()
	var list []*Unmarking
	for rows.Next() {
		u := &Unmarking{}
		var who *citizen.ID
		var confirmed, dropped bun.NullTime
		if err := rows.Scan(&u.Number, &who, &u.Reason, &u.AskedBy, &u.AskedAt, &confirmed, &dropped); err != nil {
			return nil, fmt.Errorf("read who is to be taken off the roll: %w", err)
		}
		if who != nil {
			u.Citizen = *who
		}
		u.ConfirmedAt, u.DroppedAt = confirmed.Time, dropped.Time
		list = append(list, u)
	}
	return list, rows.Err()
}
