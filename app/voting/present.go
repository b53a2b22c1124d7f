package voting

import (
	"context"
	"fmt"
	"math/big"

	"github.com/uptrace/bun"

	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/voting/counting"
)

// ErrNotInRoom answers whoever says that they are present where nobody is counted.
var ErrNotInRoom = fault.New(fault.Conflict, "voting.present_nowhere")

// maxPresent is more than any room holds.
const maxPresent = 1_000_000

// SetPresent records how many people the host counted in the room. From then
// on those who say so themselves change nothing.
func (b *Box) SetPresent(ctx context.Context, t tenant.ID, id PollID, present int64, act Act) error {
	return b.actAs(ctx, t, id, act, func(ctx context.Context, tx bun.IDB, poll *Poll, head *Head) error {
		if present < 0 || present > maxPresent {
			return fault.OnFields(fault.Field{Name: "present", Key: "voting.present_range"})
		}
		if poll.State != Scheduled && poll.State != Open {
			return ErrWrongState
		}
		head.Present = present
		// A new revision, for those who are not shown the head's.
		return updatePoll(ctx, tx, poll, "present_by_host = true")
	})
}

// CountPresences goes back to counting those who say themselves that they are
// there.
func (b *Box) CountPresences(ctx context.Context, t tenant.ID, id PollID, act Act) error {
	return b.actAs(ctx, t, id, act, func(ctx context.Context, tx bun.IDB, poll *Poll, head *Head) error {
		if poll.State != Scheduled && poll.State != Open {
			return ErrWrongState
		}
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM voting.presences WHERE tenant_id = ? AND poll_id = ?`, t, id).Scan(&head.Present)
		if err != nil {
			return fmt.Errorf("count who is present: %w", err)
		}
		return updatePoll(ctx, tx, poll, "present_by_host = false")
	})
}

// CheckIn counts a voter among the people present in the room, once.
func (b *Box) CheckIn(ctx context.Context, t tenant.ID, id PollID, v Voter) error {
	return b.act(ctx, t, id, func(ctx context.Context, tx bun.IDB, poll *Poll, head *Head) error {
		switch {
		case !poll.Room.Open:
			return ErrNotInRoom
		case poll.State != Scheduled && poll.State != Open:
			return ErrWrongState
		}
		secret, err := selectSecrets(ctx, tx, t, id)
		if err != nil {
			return err
		}
		if v.Kind == TicketVoter {
			if known, err := selectTicket(ctx, tx, poll, secret.ticketKey(v)); err != nil || !known {
				return orUnknownTicket(err)
			}
		}
		key := secret.key("presence", v)
		done, err := tx.ExecContext(ctx, `INSERT INTO voting.presences (tenant_id, poll_id, presence_key) VALUES (?, ?, ?)
			ON CONFLICT ON CONSTRAINT one_presence_per_person DO NOTHING`, t, id, key[:])
		if err != nil {
			return fmt.Errorf("record somebody present: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 || poll.HostCounted {
			return err
		}
		head.Present++
		return updatePoll(ctx, tx, poll, "present_by_host = false")
	})
}

// IsPresent reports whether a voter said that they are in the room.
func (b *Box) IsPresent(ctx context.Context, t tenant.ID, id PollID, v Voter) (there bool, err error) {
	err = b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		secret, err := selectSecrets(ctx, tx, t, id)
		if isNotFound(err) {
			return nil // severed: nobody knows any more
		}
		if err != nil {
			return err
		}
		key := secret.key("presence", v)
		return tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM voting.presences WHERE tenant_id = ? AND poll_id = ? AND presence_key = ?)`,
			t, id, key[:]).Scan(&there)
	})
	return there, err
}

// presentFor is how many people a share of the present is of: those who were
// counted, or, where fewer were, those who voted.
func (p *Poll) presentFor(head *Head) int64 {
	if p.Rule.Base == counting.Attending || p.Rule.Quorum.Of == counting.Attending {
		return max(head.Present, head.Participants)
	}
	return head.Present
}

// entitledFor is how many people a majority of the entitled is of: those who
// were announced, or, where fewer were, those who voted.
func (p *Poll) entitledFor(head *Head) int64 {
	if p.Rule.Base == counting.Enrolled {
		return max(p.Entitled, head.Participants)
	}
	return p.Entitled
}

// Quorum is how many ballots make a result valid; zero where the rules ask for none.
type Quorum struct {
	Needed int64 // ballots
	Share  counting.Fraction
	Of     counting.Base // what Share is of: counting.Attending, or counting.Enrolled
	People int64         // how many those are
}

// QuorumOf returns the quorum of a poll for this many people present.
func (p *Poll) QuorumOf(present int64) Quorum {
	asked := p.Rule.Quorum
	q := Quorum{Needed: asked.Ballots, Share: asked.Share, Of: counting.Enrolled, People: p.Entitled}
	if asked.Of == counting.Attending {
		q.Of, q.People = counting.Attending, present
	}
	if asked.Share.Den > 0 {
		share := new(big.Int).Mul(big.NewInt(q.People), big.NewInt(asked.Share.Num))
		share.Add(share, big.NewInt(asked.Share.Den-1)).Quo(share, big.NewInt(asked.Share.Den)) // rounded up
		q.Needed = max(q.Needed, share.Int64())
	}
	return q
}

// Asked reports whether the rules ask for a quorum at all.
func (q Quorum) Asked() bool { return q.Needed > 0 || q.Share != (counting.Fraction{}) }
