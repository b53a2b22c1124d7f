package paper

import (
	"context"
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

// Correction is another reading of a sheet that is in the box: proposed by one
// person, in the box once another has signed it too.
type Correction struct {
	Number, Batch, Sheet int
	Was, Said            voting.Sheet
	Reason               string
	ProposedBy           citizen.ID
	ProposedAt           time.Time
	ConfirmedAt          time.Time
	DroppedAt            time.Time
}

// Pending reports whether a correction waits for its second signature.
func (c *Correction) Pending() bool { return c.ConfirmedAt.IsZero() && c.DroppedAt.IsZero() }

// Propose proposes another reading of a sheet of a sealed batch, with a reason
// that is made public.
func (s *Service) Propose(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, c Correction) error {
	return s.at(ctx, t, v, id, Propose, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		b, err := lockBatch(ctx, tx, p, c.Batch)
		if err != nil {
			return err
		}
		if !b.Sealed() {
			return ErrNotSealed
		}
		if c.Reason = strings.TrimSpace(c.Reason); c.Reason == "" {
			return voting.ErrReasonMissing.On("reason")
		}
		sheets, err := s.Box.PaperSheets(ctx, tx, p, c.Batch)
		if err != nil {
			return err
		}
		if c.Sheet < 1 || c.Sheet > len(sheets) {
			return fault.OnFields(fault.Field{Name: "sheet", Key: "paper.no_sheet"})
		}
		if err := p.CheckSheet(c.Said); err != nil {
			return err
		}
		if c.Was = sheets[c.Sheet-1]; c.Was == c.Said {
			return ErrSameSaid.On("sheet")
		}
		return s.insertCorrection(ctx, tx, v, p, c)
	})
}

func (s *Service) insertCorrection(ctx context.Context, tx bun.Tx, v citizen.Viewer, p *voting.Poll, c Correction) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO paper.corrections (tenant_id, poll_id, number, batch, sheet, was, said, reason, proposed_by)
		SELECT ?0, ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7 FROM paper.corrections WHERE tenant_id = ?0 AND poll_id = ?1`,
		p.Tenant, p.ID, c.Batch, c.Sheet, string(c.Was), string(c.Said), c.Reason, v.ID)
	if err != nil {
		return fmt.Errorf("propose a correction: %w", err)
	}
	return record(ctx, tx, v, p, Propose, map[string]any{"batch": c.Batch, "sheet": c.Sheet})
}

// Confirm is the second signature of a correction: another person's. The log
// gets a new version of the batch, and the count follows.
func (s *Service) Confirm(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, number int) error {
	err := s.at(ctx, t, v, id, Confirm, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		c, err := lockPending(ctx, tx, p, number)
		if err != nil {
			return err
		}
		if c.ProposedBy == v.ID {
			return ErrSameSigner
		}
		_, err = tx.ExecContext(ctx, `UPDATE paper.corrections SET confirmed_by = ?, confirmed_at = core.now()
			WHERE tenant_id = ? AND poll_id = ? AND number = ?`, v.ID, p.Tenant, p.ID, number)
		if err != nil {
			return fmt.Errorf("confirm a correction: %w", err)
		}
		if err := s.Box.CorrectPaper(ctx, tx, t.ID, id, c.Batch, c.Sheet, c.Said, voting.Act{Actor: v.ID, Reason: c.Reason}); err != nil {
			return err
		}
		return record(ctx, tx, v, p, Confirm, map[string]any{"batch": c.Batch, "sheet": c.Sheet})
	})
	if database.Constraint(err) == "nobody_signs_a_correction_twice" {
		return ErrSameSigner.Wrap(err)
	}
	return err
}

// Drop gives a correction up. Whoever proposed it may.
func (s *Service) Drop(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, number int) error {
	return s.at(ctx, t, v, id, Confirm, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		c, err := lockPending(ctx, tx, p, number)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE paper.corrections SET dropped_by = ?, dropped_at = core.now()
			WHERE tenant_id = ? AND poll_id = ? AND number = ?`, v.ID, p.Tenant, p.ID, number)
		if err != nil {
			return fmt.Errorf("drop a correction: %w", err)
		}
		return record(ctx, tx, v, p, "paper.drop", map[string]any{"batch": c.Batch, "sheet": c.Sheet})
	})
}

func lockPending(ctx context.Context, tx bun.Tx, p *voting.Poll, number int) (*Correction, error) {
	list, err := selectCorrections(ctx, tx, p, "AND number = ? FOR UPDATE", number)
	switch {
	case err != nil:
		return nil, err
	case len(list) == 0:
		return nil, voting.ErrNotFound
	case !list[0].Pending():
		return nil, ErrSigned
	}
	return list[0], nil
}

func selectCorrections(ctx context.Context, tx bun.Tx, p *voting.Poll, rest string, args ...any) ([]*Correction, error) {
	rows, err := tx.QueryContext(ctx, `SELECT number, batch, sheet, was, said, reason, proposed_by, proposed_at, confirmed_at, dropped_at
		FROM paper.corrections WHERE tenant_id = ? AND poll_id = ? `+rest, append([]any{p.Tenant, p.ID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read corrections: %w", err)
	}
	defer rows.Close()
	var list []*Correction
	for rows.Next() {
		c := &Correction{}
		var confirmed, dropped bun.NullTime
		if err := rows.Scan(&c.Number, &c.Batch, &c.Sheet, &c.Was, &c.Said, &c.Reason, &c.ProposedBy, &c.ProposedAt, &confirmed, &dropped); err != nil {
			return nil, fmt.Errorf("read corrections: %w", err)
		}
		c.ConfirmedAt, c.DroppedAt = confirmed.Time, dropped.Time
		list = append(list, c)
	}
	return list, rows.Err()
}
