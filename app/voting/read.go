package voting

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/tenant"
)

// Poll returns a poll as it stands now. Drafts included: what a visitor may
// see is decided by View and by the page.
func (b *Box) Poll(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) (*Poll, error) {
	return selectPoll(ctx, tx, t, id)
}

// PollsOf returns the polls of a subject, in order.
func (b *Box) PollsOf(ctx context.Context, tx bun.IDB, t tenant.ID, s Subject) ([]*Poll, error) {
	return selectPolls(ctx, tx, t, "poll.subject_module = ? AND poll.subject_id = ?", s.Module, s.ID)
}

// ByRoomCode returns the poll that a code typed in a room leads to.
func (b *Box) ByRoomCode(ctx context.Context, tx bun.IDB, t tenant.ID, code string) (*Poll, error) {
	code, ok := ParseRoomCode(code)
	if !ok {
		return nil, ErrNotFound
	}
	polls, err := selectPolls(ctx, tx, t, "poll.room_code = ?", code)
	if err != nil {
		return nil, err
	}
	if len(polls) == 0 || polls[0].State == Draft {
		return nil, ErrNotFound
	}
	return polls[0], nil
}

// Question is what a poll asks, and the module that it belongs to.
type Question struct{ Text, Module string }

// Questions returns what polls ask, of those among ids that are polls.
func (b *Box) Questions(ctx context.Context, tx bun.IDB, t tenant.ID, ids []uuid.UUID) (map[uuid.UUID]Question, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []struct {
		ID uuid.UUID
		Question
	}
	err := tx.NewRaw(`SELECT id, question AS text, subject_module AS module FROM voting.polls WHERE tenant_id = ? AND id IN (?)`, t, bun.List(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read the questions of polls: %w", err)
	}
	questions := map[uuid.UUID]Question{}
	for _, r := range rows {
		questions[r.ID] = r.Question
	}
	return questions, nil
}

// Rooms returns the polls of a town that are open now to whoever is in a room.
func (b *Box) Rooms(ctx context.Context, tx bun.IDB, t tenant.ID) ([]*Poll, error) {
	polls, err := selectPolls(ctx, tx, t, "poll.room_open AND poll.scheduled_at IS NOT NULL AND poll.counted_at IS NULL AND poll.cancelled_at IS NULL")
	return slices.DeleteFunc(polls, func(p *Poll) bool { return p.State != Open }), err
}

// PaperPolls returns the polls of a town that take paper ballots, or did and may
// still have them corrected.
func (b *Box) PaperPolls(ctx context.Context, tx bun.IDB, t tenant.ID) ([]*Poll, error) {
	return selectPolls(ctx, tx, t, `poll.paper <> '' AND poll.scheduled_at IS NOT NULL AND poll.cancelled_at IS NULL
		AND NOT EXISTS (SELECT FROM voting.minutes m WHERE m.tenant_id = poll.tenant_id AND m.poll_id = poll.id)`)
}

// Head returns how a poll stands. It is for the box's own pages: what others
// may see of it is View's to decide.
func (b *Box) Head(ctx context.Context, t tenant.ID, id PollID) (head Head, err error) {
	err = b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		head, err = selectHead(ctx, tx, t, id, "")
		return err
	})
	if isNotFound(err) {
		err = ErrNotFound
	}
	return head, err
}
