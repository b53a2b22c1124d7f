package paper

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"parvis/app/tenant"
	"parvis/app/voting"
)

// pollFor returns the poll of a request to whoever has the power.
func (s *Service) pollFor(r request, power Power) (poll *voting.Poll, err error) {
	err = s.with(r.ctx, r.town, r.viewer, r.poll, power, func(_ context.Context, _ bun.Tx, p *voting.Poll) error {
		poll = p
		return nil
	})
	return poll, err
}

// question returns what a poll asks, for the page of a receipt.
func (s *Service) question(ctx context.Context, t *tenant.Tenant, id voting.PollID) (text string, err error) {
	err = s.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		poll, err := s.Box.Poll(ctx, tx, t.ID, id)
		if err == nil {
			text = poll.Question
		}
		return err
	})
	return text, err
}

// sheets returns what the sheets of a sealed batch say, to the office.
func (s *Service) sheets(ctx context.Context, t *tenant.Tenant, p *voting.Poll, number int) (list []voting.Sheet, err error) {
	err = s.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		list, err = s.Box.PaperSheets(ctx, tx, p, number)
		return err
	})
	return list, err
}

// batchByCode finds the batch whose sheets bear a code.
func (s *Service) batchByCode(ctx context.Context, t *tenant.Tenant, code string) (id voting.PollID, number int, err error) {
	err = s.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT poll_id, number FROM paper.batches WHERE tenant_id = ? AND code = ?`, t.ID, code)
		if err != nil {
			return fmt.Errorf("find a batch: %w", err)
		}
		defer rows.Close()
		if !rows.Next() {
			return ErrNoBatch
		}
		return rows.Scan(&id, &number)
	})
	return id, number, err
}

// batchOn returns how the poll of a request stands, and one of its batches.
func (s *Service) batchOn(r request, number int) (*Standing, BatchStanding, error) {
	st, err := s.Standing(r.ctx, r.town, r.viewer, r.poll)
	if err != nil {
		return nil, BatchStanding{}, err
	}
	for _, b := range st.Batches {
		if b.Number == number {
			return st, b, nil
		}
	}
	return nil, BatchStanding{}, ErrNoBatch
}

// cutCode reads what codeCookie holds.
func cutCode(kept string) (who, code string, ok bool) {
	who, code, _ = strings.Cut(kept, " ")
	code, ok = ParseCode(code)
	return who, code, ok
}
