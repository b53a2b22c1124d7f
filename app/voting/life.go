package voting

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/tenant"
)

// Create makes a draft of a poll, in the caller's transaction.
func (b *Box) Create(ctx context.Context, tx bun.IDB, t tenant.ID, s Subject, terms Terms) (PollID, error) {
	if err := terms.Check(); err != nil {
		return PollID{}, err
	}
	terms.normalize()
	row := &pollRow{TenantID: t, ID: NewPollID(), SubjectModule: s.Module, SubjectID: s.ID}
	row.setTerms(terms)
	if err := chooseRoomCode(ctx, tx, row); err != nil {
		return PollID{}, err
	}
	if err := insertPoll(ctx, tx, row, newSecrets()); err != nil {
		return PollID{}, err
	}
	return row.ID, replaceOptions(ctx, tx, t, row.ID, terms.Options)
}

// Update replaces the terms of a poll, in the caller's transaction. Once the
// poll is open it needs a reason, writes a new version of the ruleset into the
// log, and refuses what Terms.mayBecome refuses.
func (b *Box) Update(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, terms Terms, act Act) error {
	if err := terms.Check(); err != nil {
		return err
	}
	terms.normalize()
	poll, head, err := lockPoll(ctx, tx, t, id)
	if err != nil {
		return err
	}
	if err := poll.mayBecome(terms, head.Participants > 0 || head.Handed > 0); err != nil {
		return err
	}
	opened := poll.State == Open
	if opened && strings.TrimSpace(act.Reason) == "" {
		return ErrReasonMissing.On("reason")
	}
	if opened {
		if err := logDue(ctx, tx, poll, &head); err != nil {
			return err
		}
	}
	if terms.Electorate.List != poll.Electorate.List {
		if err := dropOtherList(ctx, tx, poll, terms.Electorate.List); err != nil {
			return err
		}
	}
	if terms.Visibility == Hidden && poll.Visibility != Hidden {
		poll.Revision += head.Revision // the revision that everybody saw never goes back
	}
	if err := writeTerms(ctx, tx, poll, terms); err != nil {
		return err
	}
	if opened {
		if _, err := insertRuleset(ctx, tx, poll, &head, act); err != nil {
			return err
		}
	}
	return saveHead(ctx, tx, t, &head)
}

func writeTerms(ctx context.Context, tx bun.IDB, poll *Poll, terms Terms) error {
	row := &pollRow{TenantID: poll.Tenant, ID: poll.ID, RoomCode: poll.Room.Code, Revision: poll.Revision + 1}
	row.setTerms(terms)
	if err := chooseRoomCode(ctx, tx, row); err != nil {
		return err
	}
	_, err := tx.NewUpdate().Model(row).WherePK().Column("position", "question", "description", "rules", "method",
		"max_choices", "rule", "visibility", "release", "allow_change", "electorate", "entitled", "paper", "room_open", "room_voter", "room_code",
		"opens_at", "closes_at", "revision").Exec(ctx)
	if err != nil {
		return fmt.Errorf("update a poll: %w", err)
	}
	if err := replaceOptions(ctx, tx, poll.Tenant, poll.ID, terms.Options); err != nil {
		return err
	}
	terms.Room.Code = row.RoomCode
	poll.Terms = terms
	return nil
}

// Delete removes a poll that was never open, in the caller's transaction.
func (b *Box) Delete(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) error {
	poll, _, err := lockPoll(ctx, tx, t, id)
	if err != nil {
		return err
	}
	if poll.State != Draft && poll.State != Scheduled {
		return ErrWrongState
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM voting.polls WHERE tenant_id = ? AND id = ?`, t, id); err != nil {
		return fmt.Errorf("delete a draft: %w", err)
	}
	return nil
}

// Schedule makes the dates of a draft hold, in the caller's transaction: it
// opens at Opens, or by Open when it has no date. A date that is past opens it
// at once.
func (b *Box) Schedule(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) error {
	poll, head, err := lockPoll(ctx, tx, t, id)
	if err != nil {
		return err
	}
	switch {
	case poll.State == Scheduled:
		return nil
	case poll.State != Draft:
		return ErrWrongState
	case !poll.Closes.IsZero() && !poll.Closes.After(poll.Now):
		return fault.OnFields(fault.Field{Name: "closes", Key: "voting.terms.closes_past"})
	}
	if err := poll.requireList(); err != nil {
		return err
	}
	opens := poll.Opens
	if !opens.IsZero() && opens.Before(poll.Now) {
		opens = poll.Now // it did not open in the past: nobody could vote then
	}
	if err := updatePoll(ctx, tx, poll, "scheduled_at = ?, opens_at = ?", poll.Now, nullable(opens)); err != nil {
		return err
	}
	return saveHead(ctx, tx, t, &head)
}

// Open opens a poll now, whatever date was planned.
func (b *Box) Open(ctx context.Context, t tenant.ID, id PollID, act Act) error {
	if err := b.checkDurable(ctx); err != nil {
		return err
	}
	defer b.stir()
	return b.actAs(ctx, t, id, act, func(ctx context.Context, tx bun.IDB, poll *Poll, head *Head) error {
		switch {
		case poll.State == Open:
			return nil
		case poll.State != Draft && poll.State != Scheduled:
			return ErrWrongState
		case !poll.Closes.IsZero() && !poll.Closes.After(poll.Now):
			return fault.OnFields(fault.Field{Name: "closes", Key: "voting.terms.closes_past"})
		}
		if err := poll.requireList(); err != nil {
			return err
		}
		if poll.scheduledAt.IsZero() {
			poll.scheduledAt = poll.Now
		}
		poll.Opens = poll.Now
		if err := updatePoll(ctx, tx, poll, "scheduled_at = ?, opens_at = ?", poll.scheduledAt, poll.Opens); err != nil {
			return err
		}
		poll.State = poll.StateAt(poll.Now)
		return logDueBy(ctx, tx, poll, head, act)
	})
}

// Close closes a poll now. A poll that was to close later needs a reason.
func (b *Box) Close(ctx context.Context, t tenant.ID, id PollID, act Act) error {
	defer b.stir()
	return b.actAs(ctx, t, id, act, func(ctx context.Context, tx bun.IDB, poll *Poll, head *Head) error {
		switch {
		case poll.State.Over():
			return nil
		case poll.State != Open:
			return ErrWrongState
		case !poll.Closes.IsZero() && strings.TrimSpace(act.Reason) == "":
			return ErrReasonMissing.On("reason")
		}
		if err := logDue(ctx, tx, poll, head); err != nil {
			return err
		}
		poll.Closes = poll.Now
		if err := updatePoll(ctx, tx, poll, "closes_at = ?", poll.Closes); err != nil {
			return err
		}
		poll.State = Closed
		return logDueBy(ctx, tx, poll, head, act)
	})
}

// Extend moves the closing of a poll to a later moment, for a reason that is
// made public, before it has closed.
func (b *Box) Extend(ctx context.Context, t tenant.ID, id PollID, until time.Time, act Act) error {
	return b.actAs(ctx, t, id, act, func(ctx context.Context, tx bun.IDB, poll *Poll, head *Head) error {
		switch {
		case poll.State != Open:
			return ErrWrongState
		case strings.TrimSpace(act.Reason) == "":
			return ErrReasonMissing.On("reason")
		case poll.Closes.IsZero() || !until.After(poll.Closes):
			return fault.OnFields(fault.Field{Name: "until", Key: "voting.extend_later"})
		}
		if err := logDue(ctx, tx, poll, head); err != nil {
			return err
		}
		entry := extendedEntry{From: moment(poll.Closes), Until: until.UTC(), Reason: act.Reason}
		index, err := appendEntry(ctx, tx, t, head, EntryExtended, entry)
		if err != nil {
			return err
		}
		if err := insertChange(ctx, tx, poll, poll.Now, change{kind: EntryExtended, act: act, details: entry, logIndex: &index}); err != nil {
			return err
		}
		poll.Closes = until.UTC()
		if err := updatePoll(ctx, tx, poll, "closes_at = ?", poll.Closes); err != nil {
			return err
		}
		_, err = insertRuleset(ctx, tx, poll, head, act)
		return err
	})
}

// Cancel calls a poll off, for a reason that is made public. A poll that has
// closed cannot be cancelled: its result stands.
func (b *Box) Cancel(ctx context.Context, t tenant.ID, id PollID, act Act) error {
	return b.actAs(ctx, t, id, act, func(ctx context.Context, tx bun.IDB, poll *Poll, head *Head) error {
		if poll.State == Cancelled {
			return nil
		}
		if poll.State.Over() {
			return ErrWrongState
		}
		if strings.TrimSpace(act.Reason) == "" {
			return ErrReasonMissing.On("reason")
		}
		if err := logDue(ctx, tx, poll, head); err != nil {
			return err
		}
		index, err := appendEntry(ctx, tx, t, head, EntryCancelled, cancelledEntry{At: poll.Now, Reason: act.Reason})
		if err != nil {
			return err
		}
		if err := insertChange(ctx, tx, poll, poll.Now, change{kind: EntryCancelled, act: act, logIndex: &index}); err != nil {
			return err
		}
		return updatePoll(ctx, tx, poll, "cancelled_at = ?, cancel_reason = ?", poll.Now, act.Reason)
	})
}

// Show makes the counts appear in the room, or disappear. It never shows what
// the poll's visibility keeps hidden.
func (b *Box) Show(ctx context.Context, t tenant.ID, id PollID, shown bool, act Act) error {
	return b.actAs(ctx, t, id, act, func(ctx context.Context, tx bun.IDB, poll *Poll, _ *Head) error {
		return updatePoll(ctx, tx, poll, "shown = ?", shown)
	})
}

// act runs fn under the poll's lock, in a transaction of its own, and tells
// whoever is watching.
func (b *Box) act(ctx context.Context, t tenant.ID, id PollID, fn func(context.Context, bun.IDB, *Poll, *Head) error) error {
	return b.actAs(ctx, t, id, Act{}, fn)
}

// actAs is act for somebody: what they add to it (Act.Also) is in the same
// transaction.
func (b *Box) actAs(ctx context.Context, t tenant.ID, id PollID, act Act, fn func(context.Context, bun.IDB, *Poll, *Head) error) error {
	err := b.actOnce(ctx, t, id, act, fn)
	for attempt := 1; errors.Is(err, errProofCame) && attempt < maxAttempts; attempt++ {
		poll, wrong := b.read(ctx, t, id)
		if wrong == nil {
			wrong = b.castProven(ctx, poll)
		}
		if wrong != nil {
			return wrong
		}
		err = b.actOnce(ctx, t, id, act, fn)
	}
	if err == nil {
		b.announce(t, id)
	}
	return err
}

func (b *Box) actOnce(ctx context.Context, t tenant.ID, id PollID, act Act, fn func(context.Context, bun.IDB, *Poll, *Head) error) error {
	return b.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		poll, head, err := lockPoll(ctx, tx, t, id)
		if err != nil {
			return err
		}
		if err := fn(ctx, tx, poll, &head); err != nil {
			return err
		}
		if act.Also != nil {
			if err := act.Also(ctx, tx); err != nil {
				return err
			}
		}
		return saveHead(ctx, tx, t, &head)
	})
}

// Settle writes into the log the opening and the closing whose moments have
// come. Ballots are refused or taken by the clock in any case: settling late
// changes what the log says of the poll, and nothing of its ballots.
func (b *Box) Settle(ctx context.Context, t tenant.ID, id PollID) error {
	if err := b.checkDurable(ctx); err != nil {
		return err
	}
	return b.act(ctx, t, id, func(ctx context.Context, tx bun.IDB, poll *Poll, head *Head) error {
		return logDue(ctx, tx, poll, head)
	})
}

func logDue(ctx context.Context, tx bun.IDB, poll *Poll, head *Head) error {
	return logDueBy(ctx, tx, poll, head, Act{})
}

// logDueBy logs the opening and the closing if they are due and not logged
// yet. The caller holds the lock and saves the head.
func logDueBy(ctx context.Context, tx bun.IDB, poll *Poll, head *Head, act Act) error {
	if poll.State != Open && !poll.State.Over() {
		return nil
	}
	if poll.OpenedAt.IsZero() {
		if err := logOpening(ctx, tx, poll, head, act); err != nil {
			return err
		}
	}
	if poll.State == Closed && poll.ClosedAt.IsZero() {
		return logClosing(ctx, tx, poll, head, act)
	}
	return nil
}

func logOpening(ctx context.Context, tx bun.IDB, poll *Poll, head *Head, act Act) error {
	secret, err := selectSecrets(ctx, tx, poll.Tenant, poll.ID)
	if err != nil {
		return err
	}
	rules, err := insertRuleset(ctx, tx, poll, head, Act{Actor: act.Actor})
	if err != nil {
		return err
	}
	index, err := appendEntry(ctx, tx, poll.Tenant, head, EntryOpened,
		openedEntry{Poll: poll.ID, At: poll.Opens, Ruleset: hex32(rules), Lot: hex32(secret.lotHash())})
	if err != nil {
		return err
	}
	if err := insertChange(ctx, tx, poll, poll.Opens, change{kind: EntryOpened, act: act, logIndex: &index}); err != nil {
		return err
	}
	poll.OpenedAt = poll.Now
	return updatePoll(ctx, tx, poll, "opened_at = ?", poll.OpenedAt)
}

func logClosing(ctx context.Context, tx bun.IDB, poll *Poll, head *Head, act Act) error {
	secret, err := selectSecrets(ctx, tx, poll.Tenant, poll.ID)
	if err != nil {
		return err
	}
	if err := expireWaiting(ctx, tx, poll); err != nil {
		return err
	}
	root := head.log.root()
	index, err := appendEntry(ctx, tx, poll.Tenant, head, EntryClosed, closedEntry{
		At: poll.Closes, Reason: act.Reason, Ballots: head.Participants,
		Size: head.log.size, Root: hex32(root), Lot: hex32(secret.lot),
	})
	if err != nil {
		return err
	}
	if err := insertChange(ctx, tx, poll, poll.Closes, change{kind: EntryClosed, act: act, logIndex: &index}); err != nil {
		return err
	}
	poll.ClosedAt = poll.Now
	return updatePoll(ctx, tx, poll, "closed_at = ?", poll.ClosedAt)
}

// roomAlphabet leaves out what is mistaken for something else when read from
// the back of a room: 0 O, 1 I L, 2 Z, 5 S, 8 B, U V.
const roomAlphabet = "ACDEFGHJKMNPQRTWXY34679"

// chooseRoomCode gives a code to a poll open to the room that has none, and
// takes it from one that is not.
func chooseRoomCode(ctx context.Context, tx bun.IDB, r *pollRow) error {
	if !r.RoomOpen {
		r.RoomCode = ""
		return nil
	}
	for r.RoomCode == "" {
		code := drawRoomCode()
		var taken bool
		err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM voting.polls WHERE tenant_id = ? AND room_code = ?)`, r.TenantID, code).Scan(&taken)
		if err != nil {
			return fmt.Errorf("draw a room code: %w", err)
		}
		if !taken { // the constraint decides should another draw the same now
			r.RoomCode = code
		}
	}
	return nil
}

func drawRoomCode() string {
	code := make([]byte, 6)
	_, _ = rand.Read(code) // never fails
	for i := range code {
		code[i] = roomAlphabet[int(code[i])%len(roomAlphabet)]
	}
	return string(code)
}

// ParseRoomCode reads a code as somebody typed it.
func ParseRoomCode(text string) (string, bool) {
	code := strings.ToUpper(strings.Join(strings.Fields(text), ""))
	if len(code) != 6 || strings.Trim(code, roomAlphabet) != "" {
		return "", false
	}
	return code, true
}

func nullable(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func isNotFound(err error) bool { return errors.Is(database.Fault(err), database.ErrNotFound) }
