package paper

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/counting"
)

// maxBatches bounds the batches of a poll.
const maxBatches = 1000

// Prepare makes the next batch of a poll, to be printed, and returns its number.
func (s *Service) Prepare(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID) (number int, err error) {
	err = s.at(ctx, t, v, id, Prepare, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		if p.State != voting.Scheduled {
			if err := p.TakesSheets(); err != nil {
				return err
			}
		}
		if p.Paper == voting.NoPaper {
			return voting.ErrNoPaper
		}
		if number, err = insertBatch(ctx, tx, p, v.ID); err != nil {
			return err
		}
		return record(ctx, tx, v, p, Prepare, map[string]any{"batch": number})
	})
	return number, err
}

// CountSheets records how many sheets came out of the envelope of a batch. What
// is already typed stays: the number cannot go under it.
func (s *Service) CountSheets(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, number, sheets int) error {
	return s.at(ctx, t, v, id, Count, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		b, err := s.openBatch(ctx, tx, p, number)
		if err != nil {
			return err
		}
		if sheets < 1 || sheets > voting.MaxSheets {
			return ErrCounted.On("counted")
		}
		if highest, err := highestTyped(ctx, tx, p, number); err != nil || highest > sheets {
			if err == nil {
				err = ErrFewer
			}
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE paper.batches SET counted = ?, counted_by = ?, counted_at = core.now()
			WHERE tenant_id = ? AND poll_id = ? AND number = ?`, sheets, v.ID, p.Tenant, p.ID, number)
		if err != nil {
			return fmt.Errorf("count a batch: %w", err)
		}
		return record(ctx, tx, v, p, Count, map[string]any{"batch": number, "was": b.Counted, "counted": sheets})
	})
}

// openBatch takes the lock of a batch that may still change: paper is being
// taken, and the batch is not in the box.
func (s *Service) openBatch(ctx context.Context, tx bun.Tx, p *voting.Poll, number int) (*Batch, error) {
	if err := p.TakesSheets(); err != nil {
		return nil, err
	}
	b, err := lockBatch(ctx, tx, p, number)
	if err == nil && b.Sealed() {
		err = ErrSealed
	}
	return b, err
}

// Seal puts a batch whose every sheet is settled into the ballot box. Where one
// person types, the sheets to be read again are drawn in the same breath: by
// the seed of the poll's lot, sealed when it opened, and the log that this very
// batch has just made longer, so that nobody knew them while typing.
func (s *Service) Seal(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, number int) error {
	return s.at(ctx, t, v, id, Seal, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		b, err := s.openBatch(ctx, tx, p, number)
		if err != nil {
			return err
		}
		if b.Counted == 0 {
			return ErrNotCounted
		}
		sheets, err := settledSheets(ctx, tx, p, b)
		if err != nil {
			return err
		}
		logged, err := s.Box.LogPaper(ctx, tx, t.ID, id, number, sheets, voting.Act{Actor: v.ID})
		if err != nil {
			return err
		}
		var sample []int
		if p.Paper == voting.SimpleTyping {
			sample = Sample(logged.Lot, logged.Root, len(sheets))
		}
		if err := sealBatch(ctx, tx, p, number, v.ID, sample); err != nil {
			return err
		}
		return record(ctx, tx, v, p, Seal, map[string]any{"batch": number, "sheets": len(sheets)})
	})
}

// Sample draws the sheets of a batch that somebody else reads again: one in
// ten, ten at least. The smallest HMAC-SHA256(seed, root ‖ number of the sheet
// in decimal) are drawn, as options are by the poll's lot, and with its seed;
// root is that of the log up to the batch's entry.
func Sample(lot, root [32]byte, sheets int) []int {
	numbers := make([]int, sheets)
	for i := range numbers {
		numbers[i] = i + 1
	}
	ticket := func(n int) [32]byte { return counting.Lot(lot[:], root[:], strconv.Itoa(n)) }
	slices.SortFunc(numbers, func(a, b int) int {
		x, y := ticket(a), ticket(b)
		return slices.Compare(x[:], y[:])
	})
	drawn := numbers[:min(sheets, max(10, (sheets+9)/10))]
	slices.Sort(drawn)
	return drawn
}

// codeAlphabet leaves out what is mistaken for something else on paper.
const codeAlphabet = "ACDEFGHJKMNPQRTWXY34679"

// newCode draws the code that the sheets of a batch bear.
func newCode() string {
	code := make([]byte, 8)
	_, _ = rand.Read(code) // never fails
	for i := range code {
		code[i] = codeAlphabet[int(code[i])%len(codeAlphabet)]
	}
	return string(code)
}
