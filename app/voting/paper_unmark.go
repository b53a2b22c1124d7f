package voting

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/tenant"
)

// Faults of a mark on the roll that was made by mistake.
var (
	ErrNotMarked  = fault.New(fault.Conflict, "voting.unmark.not_marked")
	ErrCastBallot = fault.New(fault.Conflict, "voting.unmark.cast")
	ErrSheetInBox = fault.New(fault.Conflict, "voting.unmark.in_box")
)

// ChangeUnmarked is in the register of changes only, as are the sheets handed
// in: of the roll, the log says how many at the end.
const ChangeUnmarked EntryKind = "unmarked"

// MayUnmark says why somebody cannot be taken off the roll; found is how many
// sheets have come out of the envelopes so far. A ballot that was cast stays:
// it has a receipt. A sheet is nobody's once it is in the box: when every one
// that was handed in has been found, each mark has its sheet, and the right
// person is to be marked first.
func (p *Poll) MayUnmark(s Standing, r Reconciliation, found int64) error {
	if err := p.takesVoters(); err != nil {
		return err
	}
	switch {
	case !s.Voted:
		return ErrNotMarked
	case s.Channel != Paper:
		return ErrCastBallot
	case r.Handed <= max(found, r.Logged):
		return ErrSheetInBox
	}
	return nil
}

// Unmark takes somebody off the roll who was marked by mistake as having handed
// in a sheet, in the caller's transaction, in which a second person has signed: every way of voting is open to them
// again. The reason is made public.
func (b *Box) Unmark(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, who citizen.ID, found int64, act Act) error {
	poll, head, err := lockForPaper(ctx, tx, t, id)
	if err != nil {
		return err
	}
	key, s, err := standing(ctx, tx, poll, who)
	if err != nil {
		return err
	}
	if err := poll.MayUnmark(s, Reconciliation{Handed: head.Handed, Logged: head.Paper}, found); err != nil {
		return err
	}
	gone, err := tx.ExecContext(ctx, `DELETE FROM voting.roll WHERE tenant_id = ? AND poll_id = ? AND voter_key = ? AND channel = ?`, t, id, key[:], Paper)
	if err != nil {
		return fmt.Errorf("take somebody off the roll: %w", err)
	}
	if n, err := gone.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("take somebody off the roll: %d marks left it: %w", n, errors.Join(err, ErrNotMarked))
	}
	if err := insertChange(ctx, tx, poll, poll.Now, change{kind: ChangeUnmarked, act: act}); err != nil {
		return err
	}
	head.Handed--
	return saveHead(ctx, tx, t, &head)
}
