package paper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/voting"
)

// Batch is a numbered batch of sheets.
type Batch struct {
	Number    int
	Code      string
	Counted   int // sheets, by hand; 0 before the envelope was opened
	CreatedAt time.Time
	CountedAt time.Time
	SealedAt  time.Time
	Sample    []int // sheets drawn to be read again, where one person types
}

// Sealed reports whether the batch is in the ballot box.
func (b *Batch) Sealed() bool { return !b.SealedAt.IsZero() }

// typing is what one person read on one sheet.
type typing struct {
	Sheet, Pass int
	Agent       citizen.ID
	Said        voting.Sheet
}

const batchColumns = `number, code, coalesce(counted, 0), created_at, counted_at, sealed_at, sample`

func selectBatches(ctx context.Context, tx bun.Tx, p *voting.Poll, rest string, args ...any) ([]*Batch, error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+batchColumns+` FROM paper.batches WHERE tenant_id = ? AND poll_id = ? `+rest,
		append([]any{p.Tenant, p.ID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read batches: %w", err)
	}
	defer rows.Close()
	var list []*Batch
	for rows.Next() {
		b := &Batch{}
		var counted, sealed bun.NullTime
		var sample []int64
		if err := rows.Scan(&b.Number, &b.Code, &b.Counted, &b.CreatedAt, &counted, &sealed, pgdialect.Array(&sample)); err != nil {
			return nil, fmt.Errorf("read batches: %w", err)
		}
		b.CountedAt, b.SealedAt = counted.Time, sealed.Time
		for _, n := range sample {
			b.Sample = append(b.Sample, int(n))
		}
		list = append(list, b)
	}
	return list, rows.Err()
}

func selectBatch(ctx context.Context, tx bun.Tx, p *voting.Poll, number int) (*Batch, error) {
	return oneBatch(selectBatches(ctx, tx, p, "AND number = ?", number))
}

// lockBatch is selectBatch, under the batch's lock: typings of one batch come
// one after the other, and none while it is being sealed.
func lockBatch(ctx context.Context, tx bun.Tx, p *voting.Poll, number int) (*Batch, error) {
	return oneBatch(selectBatches(ctx, tx, p, "AND number = ? FOR UPDATE", number))
}

func oneBatch(list []*Batch, err error) (*Batch, error) {
	if err == nil && len(list) == 0 {
		err = ErrNoBatch
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// insertBatch makes the next batch. Two people who prepare one at the same
// moment make two.
func insertBatch(ctx context.Context, tx bun.Tx, p *voting.Poll, by citizen.ID) (number int, err error) {
	_, err = tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('paper.batches ' || ?, 0))`, p.ID.String())
	if err != nil {
		return 0, fmt.Errorf("prepare a batch: %w", err)
	}
	err = tx.QueryRowContext(ctx, `INSERT INTO paper.batches (tenant_id, poll_id, number, code, created_by)
		SELECT ?0, ?1, coalesce(max(number), 0) + 1, ?2, ?3 FROM paper.batches WHERE tenant_id = ?0 AND poll_id = ?1
		HAVING coalesce(max(number), 0) < ?4 RETURNING number`, p.Tenant, p.ID, newCode(), by, maxBatches).Scan(&number)
	if errors.Is(database.Fault(err), database.ErrNotFound) {
		return 0, ErrTooMany
	}
	if err != nil {
		return 0, fmt.Errorf("prepare a batch: %w", err)
	}
	return number, nil
}

func sealBatch(ctx context.Context, tx bun.Tx, p *voting.Poll, number int, by citizen.ID, sample []int) error {
	if sample == nil {
		sample = []int{}
	}
	_, err := tx.ExecContext(ctx, `UPDATE paper.batches SET sealed_by = ?, sealed_at = core.now(), sample = ?
		WHERE tenant_id = ? AND poll_id = ? AND number = ?`, by, pgdialect.Array(sample), p.Tenant, p.ID, number)
	if err != nil {
		return fmt.Errorf("seal a batch: %w", err)
	}
	return nil
}

func insertTyping(ctx context.Context, tx bun.Tx, p *voting.Poll, batch int, o typing) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO paper.typings (tenant_id, poll_id, batch, sheet, pass, agent, said) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		p.Tenant, p.ID, batch, o.Sheet, o.Pass, o.Agent, string(o.Said))
	if err != nil {
		return fmt.Errorf("write a typing: %w", err)
	}
	return nil
}

// typingsOf returns what was typed of a sheet, the first one first.
func typingsOf(ctx context.Context, tx bun.Tx, p *voting.Poll, batch, sheet int) ([]typing, error) {
	return selectTypings(ctx, tx, p, "batch = ? AND sheet = ? ORDER BY pass", batch, sheet)
}

// allTypings returns what was typed of a batch, by sheet.
func allTypings(ctx context.Context, tx bun.Tx, p *voting.Poll, batch int) (map[int][]typing, error) {
	list, err := selectTypings(ctx, tx, p, "batch = ? ORDER BY sheet, pass", batch)
	bySheet := map[int][]typing{}
	for _, o := range list {
		bySheet[o.Sheet] = append(bySheet[o.Sheet], o)
	}
	return bySheet, err
}

func selectTypings(ctx context.Context, tx bun.Tx, p *voting.Poll, rest string, args ...any) ([]typing, error) {
	rows, err := tx.QueryContext(ctx, `SELECT sheet, pass, agent, said FROM paper.typings WHERE tenant_id = ? AND poll_id = ? AND `+rest,
		append([]any{p.Tenant, p.ID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read typings: %w", err)
	}
	defer rows.Close()
	var list []typing
	for rows.Next() {
		var o typing
		if err := rows.Scan(&o.Sheet, &o.Pass, &o.Agent, &o.Said); err != nil {
			return nil, fmt.Errorf("read typings: %w", err)
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

func highestTyped(ctx context.Context, tx bun.Tx, p *voting.Poll, batch int) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(sheet), 0) FROM paper.typings WHERE tenant_id = ? AND poll_id = ? AND batch = ?`,
		p.Tenant, p.ID, batch).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("read typings: %w", err)
	}
	return n, nil
}
