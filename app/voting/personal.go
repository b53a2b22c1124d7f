package voting

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
)

var _ module.PersonalData = (*Box)(nil)

// Holdings is what the register of processing activities says of ballots.
func (b *Box) Holdings() []module.Holding {
	return []module.Holding{
		{What: "voting.holding.roll.what", Purpose: "voting.holding.roll.purpose", LegalBasis: "voting.holding.public_task", Retention: "voting.holding.retention"},
		{What: "voting.holding.sightings.what", Purpose: "voting.holding.sightings.purpose", LegalBasis: "voting.holding.public_task", Retention: "voting.holding.sightings.retention"},
		{What: "voting.holding.ballots.what", Purpose: "voting.holding.ballots.purpose", LegalBasis: "voting.holding.public_task", Retention: "voting.holding.retention"},
		{What: "voting.holding.waiting.what", Purpose: "voting.holding.waiting.purpose", LegalBasis: "voting.holding.public_task", Retention: "voting.holding.waiting.retention"},
	}
}

// Export returns the ballots of a citizen, in the polls whose secret still
// links them.
func (b *Box) Export(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (map[string]any, error) {
	voter := Voter{Kind: AccountVoter, ID: uuid.UUID(c)}
	ids, keys, err := ballotKeys(ctx, tx, t, voter)
	if err != nil {
		return nil, err
	}
	ballots := []map[string]any{}
	err = tx.NewRaw(`SELECT p.question, b.marks, encode(b.nonce, 'hex') AS nonce,
			(SELECT string_agg(o.id || ' : ' || o.label, ' ; ' ORDER BY o.position) FROM voting.options o
				WHERE o.tenant_id = p.tenant_id AND o.poll_id = p.id) AS options
		FROM unnest(?::uuid[], ?::text[]) AS k (poll_id, ballot_key)
		JOIN voting.ballots b ON b.tenant_id = ? AND b.poll_id = k.poll_id AND b.ballot_key = decode(k.ballot_key, 'hex')
		JOIN voting.polls p ON p.tenant_id = b.tenant_id AND p.id = b.poll_id
		ORDER BY p.created_at, p.id`, pgdialect.Array(ids), pgdialect.Array(keys), t).Scan(ctx, &ballots)
	if err != nil {
		return nil, fmt.Errorf("export the ballots of a citizen: %w", err)
	}
	waiting, err := waits(ctx, tx, t, c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"ballots": ballots, "waiting_ballots": waiting}, nil
}

// waits says in which polls a citizen's ballot waits for a proof, or has: not
// what it says, which is in the voter's hands until it is cast.
func waits(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) ([]map[string]any, error) {
	list := []map[string]any{}
	err := tx.NewRaw(`SELECT p.question, w.filed_at, coalesce(w.ended, 'waiting') AS state FROM voting.waiting_ballots w
		JOIN voting.polls p ON p.tenant_id = w.tenant_id AND p.id = w.poll_id
		WHERE w.tenant_id = ? AND w.citizen_id = ? ORDER BY w.filed_at`, t, c).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("export the waiting ballots of a citizen: %w", err)
	}
	return list, nil
}

// Erase removes the ballots of a citizen that wait, and no other: a ballot in
// the box bears no name, counts once whatever becomes of the account, and is
// severed from its voter with all the others when the matter is closed.
func (b *Box) Erase(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM voting.waiting_ballots WHERE tenant_id = ? AND citizen_id = ?`, t, c)
	if err != nil {
		return fmt.Errorf("erase the waiting ballots of a citizen: %w", err)
	}
	return nil
}

// ballotKeys returns the keys of a voter's ballots, in hexadecimal, in every
// poll of the town that still has its secret.
func ballotKeys(ctx context.Context, tx bun.IDB, t tenant.ID, v Voter) (ids, keys []string, err error) {
	return voterKeys(ctx, tx, t, (*secrets).ballotKey, v, `SELECT poll_id, voters FROM voting.poll_secrets WHERE tenant_id = ?`, t)
}

// rollKeys returns the keys of a voter on the rolls of the polls given.
func rollKeys(ctx context.Context, tx bun.IDB, t tenant.ID, v Voter, polls []PollID) (ids, keys []string, err error) {
	return voterKeys(ctx, tx, t, (*secrets).rollKey, v, `SELECT poll_id, voters FROM voting.poll_secrets
		WHERE tenant_id = ? AND poll_id IN (?)`, t, bun.List(polls))
}

func voterKeys(ctx context.Context, tx bun.IDB, t tenant.ID, key func(*secrets, Voter) Key, v Voter, query string, args ...any) (ids, keys []string, err error) {
	voters, err := guises(ctx, tx, t, v)
	if err != nil {
		return nil, nil, err
	}
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("read the polls' secrets: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id PollID
		var secret []byte
		if err := rows.Scan(&id, &secret); err != nil {
			return nil, nil, fmt.Errorf("read the polls' secrets: %w", err)
		}
		for _, voter := range voters {
			k := key(&secrets{voters: [32]byte(secret)}, voter)
			ids, keys = append(ids, id.String()), append(keys, hex.EncodeToString(k[:]))
		}
	}
	return ids, keys, rows.Err()
}
