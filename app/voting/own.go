package voting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/tenant"
)

// BallotOf returns the ballot of a voter in a poll, and whether there is one.
// It is for that voter's own eyes: the caller passes nobody else's. Of a poll
// that is severed nobody can tell any more: ErrLinkGone.
func (b *Box) BallotOf(ctx context.Context, t tenant.ID, id PollID, v Voter) (marks []Mark, cast bool, err error) {
	err = b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		secret, err := selectSecrets(ctx, tx, t, id)
		if err != nil {
			return linkGone(ctx, tx, t, id, err)
		}
		voters, err := guises(ctx, tx, t, v)
		if err != nil {
			return err
		}
		keys := make([][]byte, len(voters))
		for i, voter := range voters {
			key := secret.ballotKey(voter)
			keys[i] = key[:]
		}
		var text string
		err = tx.QueryRowContext(ctx, `SELECT marks FROM voting.ballots WHERE tenant_id = ? AND poll_id = ? AND ballot_key IN (?)`, t, id, bun.List(keys)).Scan(&text)
		if err != nil {
			return err
		}
		marks, err = DecodeMarks(text)
		cast = err == nil
		return err
	})
	if isNotFound(err) && !errors.Is(err, ErrLinkGone) {
		return nil, false, nil
	}
	return marks, cast, err
}

// linkGone is why something of a voter was not found: because the poll is
// severed, if it is.
func linkGone(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, err error) error {
	if !isNotFound(err) {
		return err
	}
	m, wrong := selectMinute(ctx, tx, t, id)
	switch {
	case wrong != nil:
		return wrong
	case m != nil:
		return ErrLinkGone.Wrap(err)
	}
	return err
}

// Voted returns, of the polls given, those in which a voter has taken part; not
// those that are severed (Poll.SeveredAt), of which nobody knows any more.
func (b *Box) Voted(ctx context.Context, tx bun.IDB, t tenant.ID, v Voter, polls ...PollID) (map[PollID]bool, error) {
	voted := map[PollID]bool{}
	if len(polls) == 0 {
		return voted, nil
	}
	ids, keys, err := rollKeys(ctx, tx, t, v, polls)
	if err != nil {
		return nil, err
	}
	var found []PollID
	err = tx.NewRaw(`SELECT k.poll_id FROM unnest(?::uuid[], ?::text[]) AS k (poll_id, voter_key)
		WHERE EXISTS (SELECT FROM voting.roll r
			WHERE r.tenant_id = ? AND r.poll_id = k.poll_id AND r.voter_key = decode(k.voter_key, 'hex'))`,
		pgdialect.Array(ids), pgdialect.Array(keys), t).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("read the roll: %w", err)
	}
	for _, id := range found {
		voted[id] = true
	}
	return voted, nil
}

// ChannelOf returns by which way a voter has taken part in a poll: "" where they
// have not, or where nobody can tell any more.
func (b *Box) ChannelOf(ctx context.Context, t tenant.ID, id PollID, v Voter) (channel Channel, err error) {
	err = b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		_, keys, err := rollKeys(ctx, tx, t, v, []PollID{id})
		if err != nil {
			return err
		}
		err = tx.QueryRowContext(ctx, `SELECT channel FROM voting.roll WHERE tenant_id = ? AND poll_id = ?
			AND voter_key IN (SELECT decode(k.hex, 'hex') FROM unnest(?::text[]) AS k (hex)) LIMIT 1`, t, id, pgdialect.Array(keys)).Scan(&channel)
		if err != nil && !isNotFound(err) {
			return fmt.Errorf("read the roll: %w", err)
		}
		return nil
	})
	return channel, err
}

// Receipt returns the receipt of a submission, by its nonce. Nonces are public
// once the ballots are, so from the closing on the time of the vote is told to
// its own voter only. Of a poll that is severed there is none any more:
// ErrLinkGone.
func (b *Box) Receipt(ctx context.Context, t tenant.ID, id PollID, n Nonce, v Voter) (r Receipt, err error) {
	err = b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		r, err = selectReceipt(ctx, tx, t, id, n, v)
		return linkGone(ctx, tx, t, id, err)
	})
	if isNotFound(err) && !errors.Is(err, ErrLinkGone) {
		err = ErrNotFound
	}
	return r, err
}

func selectReceipt(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, n Nonce, v Voter) (Receipt, error) {
	r := Receipt{Poll: id, Nonce: n}
	var data []byte
	err := tx.QueryRowContext(ctx, `SELECT s.log_index, s.cast_at, l.data,
			NOT EXISTS (SELECT FROM voting.ballots b WHERE b.tenant_id = s.tenant_id AND b.poll_id = s.poll_id
				AND b.ballot_key = substring(l.data FOR 32) AND b.nonce = s.nonce)
		FROM voting.submissions s JOIN voting.log_entries l ON l.tenant_id = s.tenant_id AND l.poll_id = s.poll_id AND l.index = s.log_index
		WHERE s.tenant_id = ? AND s.poll_id = ? AND s.nonce = ?`, t, id, n[:]).Scan(&r.Index, &r.CastAt, &data, &r.Replaced)
	if err != nil {
		return r, fmt.Errorf("read a receipt: %w", err)
	}
	o, err := openingOf(data)
	if err != nil {
		return r, err
	}
	r.Commitment, r.CastAt = o.commitment(), r.CastAt.UTC()
	poll, err := selectPoll(ctx, tx, t, id)
	if err != nil {
		return r, err
	}
	secret, err := selectSecrets(ctx, tx, t, id)
	if err != nil && !isNotFound(err) {
		return r, err
	}
	if err == nil {
		voters, err := guises(ctx, tx, t, v)
		if err != nil {
			return r, err
		}
		r.Own = slices.ContainsFunc(voters, func(v Voter) bool { return secret.ballotKey(v) == o.key })
	}
	if poll.State.Over() && !r.Own {
		r.CastAt = time.Time{}
	}
	return r, nil
}

// Change is a line of a poll's public register of changes.
type Change struct {
	Number  int
	Kind    EntryKind
	At      time.Time
	Reason  string
	Index   int64 // of the entry in the log; -1 where there is none
	Details []byte
}

// Changes returns the public register of a poll: what was done to it from its
// opening on, by whom it was not (that is in the journal), and why.
func (b *Box) Changes(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) ([]Change, error) {
	rows, err := tx.QueryContext(ctx, `SELECT number, kind, at, reason, coalesce(log_index, -1), details FROM voting.changes
		WHERE tenant_id = ? AND poll_id = ? ORDER BY number`, t, id)
	if err != nil {
		return nil, fmt.Errorf("read the register of changes: %w", err)
	}
	defer rows.Close()
	var changes []Change
	for rows.Next() {
		var c Change
		if err := rows.Scan(&c.Number, &c.Kind, &c.At, &c.Reason, &c.Index, &c.Details); err != nil {
			return nil, fmt.Errorf("read the register of changes: %w", err)
		}
		c.At = c.At.UTC()
		changes = append(changes, c)
	}
	return changes, rows.Err()
}

// RulesetText is a version of the rules, as it was hashed into the log.
type RulesetText struct {
	Version  int
	Body     string
	SHA256   [32]byte
	LogIndex int64
}

// Rulesets returns the versions of a poll's rules, the first one first; none
// before it opens.
func (b *Box) Rulesets(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) ([]RulesetText, error) {
	rows, err := tx.QueryContext(ctx, `SELECT version, body, sha256, log_index FROM voting.rulesets
		WHERE tenant_id = ? AND poll_id = ? ORDER BY version`, t, id)
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	defer rows.Close()
	var list []RulesetText
	for rows.Next() {
		var r RulesetText
		var hash []byte
		if err := rows.Scan(&r.Version, &r.Body, &hash, &r.LogIndex); err != nil {
			return nil, fmt.Errorf("read the rules: %w", err)
		}
		r.SHA256 = [32]byte(hash)
		list = append(list, r)
	}
	return list, rows.Err()
}
