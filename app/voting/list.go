package voting

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/tenant"
)

// ListKind says what people are found by on the list of voters of a poll.
type ListKind string

// The kinds of lists.
const (
	NoList    ListKind = ""      // whoever meets the other requirements
	MailList  ListKind = "mail"  // the confirmed address of an account
	CivilList ListKind = "civil" // the identity shown at the desk: name, first name, day of birth
)

// ListKinds lists them in the order they are offered.
var ListKinds = []ListKind{NoList, MailList, CivilList}

// MaxListed is how many people a list may name.
const MaxListed = 200_000

// Faults of a list.
var (
	ErrNoList    = fault.New(fault.Conflict, "voting.list.none")
	ErrListGrows = fault.New(fault.Conflict, "voting.list.grows")
	ErrListEmpty = fault.New(fault.Invalid, "voting.list.empty")
	ErrListLong  = fault.New(fault.Invalid, "voting.list.long")
)

// proof is what an account must have shown before a list can be asked about it.
func (k ListKind) proof() citizen.Proof {
	switch k {
	case MailList:
		return citizen.PersonEmail
	case CivilList:
		return citizen.PersonFranceConnect
	}
	return citizen.PersonNone
}

//i18n: voting.list.missing.*

var listReasons = map[ListKind]access.Reason{
	MailList:  {Key: "voting.list.missing.mail", RemedyKey: "voting.list.missing.mail.remedy"},
	CivilList: {Key: "voting.list.missing.civil", RemedyKey: "voting.list.missing.civil.remedy"},
}

// missingList is why somebody known well enough to be looked for on the list
// of the poll may not vote: they are not on it.
func (e Electorate) missingList(v Voter) []access.Reason {
	if e.List == NoList || v.Listed || !v.Viewer.SignedIn || v.Viewer.Person < e.List.proof() {
		return nil
	}
	return []access.Reason{listReasons[e.List]}
}

// listKey is how somebody stands on the poll's list: see readMark.
func (s *secrets) listKey(kind ListKind, mark []byte) Key {
	mac := hmac.New(sha256.New, s.voters[:])
	mac.Write([]byte("list\n" + string(kind) + "\n"))
	mac.Write(mark)
	return Key(mac.Sum(nil))
}

// readMark is SQL for what the account c is looked for by on a list, after
// "CASE <its kind>": its address, or the keyed hash of its person's identity.
const readMark = ` WHEN 'mail' THEN CASE WHEN c.person_proof > 0 THEN convert_to(c.email, 'UTF8') END
	WHEN 'civil' THEN (SELECT p.hash FROM core.persons p WHERE p.tenant_id = c.tenant_id AND p.id = c.person_id) END`

const readListed = `SELECT l.hash FROM unnest($3::bytea[]) AS k (hash)
	CROSS JOIN LATERAL (SELECT hash FROM voting.list_entries
		WHERE tenant_id = $1 AND poll_id = $2 AND hash = k.hash OFFSET 0) l`

// listKeys are those to look for on the list.
func (c *count) listKeys(entrants []entrant) (keys [][]byte) {
	for _, e := range entrants {
		if e.mark != nil {
			key := c.secret.listKey(c.poll.Electorate.List, e.mark)
			keys = append(keys, key[:])
		}
	}
	return keys
}

func (c *count) scanListed(rows pgx.Rows) error {
	var key []byte
	_, err := pgx.ForEachRow(rows, []any{&key}, func() error {
		c.listed[Key(key)] = true
		return nil
	})
	return err
}

// Recognise looks a voter up on the poll's list, for the page that shows
// beforehand whether they may vote; when a ballot is cast it is done again.
func (b *Box) Recognise(ctx context.Context, p *Poll, v Voter) (Voter, error) {
	if p.Electorate.List == NoList {
		return v, nil
	}
	err := b.db.ReadTenant(ctx, p.Tenant, func(ctx context.Context, tx bun.Tx) (err error) {
		v, err = b.RecogniseIn(ctx, tx, p, v)
		return err
	})
	return v, err
}

// RecogniseIn is Recognise in the caller's transaction.
func (b *Box) RecogniseIn(ctx context.Context, tx bun.IDB, p *Poll, v Voter) (Voter, error) {
	return recognise(ctx, tx, p, v)
}

func recognise(ctx context.Context, tx bun.IDB, p *Poll, v Voter) (Voter, error) {
	if p.Electorate.List == NoList || v.Kind != AccountVoter || !v.Viewer.SignedIn {
		return v, nil
	}
	secret, err := selectSecrets(ctx, tx, p.Tenant, p.ID)
	if isNotFound(err) {
		return v, nil // the poll is severed: nobody is looked for any more
	}
	if err != nil {
		return v, err
	}
	profiles, err := selectProfiles(ctx, tx, p.Tenant, p.Electorate.List, []string{v.ID.String()})
	if err != nil || profiles[v.ID].mark == nil {
		return v, err
	}
	key := secret.listKey(p.Electorate.List, profiles[v.ID].mark)
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM voting.list_entries WHERE tenant_id = ? AND poll_id = ? AND hash = ?)`,
		p.Tenant, p.ID, key[:]).Scan(&v.Listed)
	return v, err
}

// Enlisted is what an import has done.
type Enlisted struct {
	Added int64 // people who were not on the list
	Total int64 // on the list now
}

// Enlist puts people on the list of a poll, in the caller's transaction: marks
// are confirmed addresses as accounts have them, or hashes of identities
// (identity.Service.Mark). Before the opening a list may be replaced; from then
// on it only grows, for a reason, and each growth is a new version of the rules.
func (b *Box) Enlist(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, marks [][]byte, replace bool, act Act) (done Enlisted, err error) {
	poll, head, err := lockPoll(ctx, tx, t, id)
	if err != nil {
		return done, err
	}
	opened := poll.State == Open
	switch {
	case poll.Electorate.List == NoList:
		return done, ErrNoList
	case !opened && poll.State != Draft && poll.State != Scheduled:
		return done, ErrWrongState
	case opened && replace:
		return done, ErrListGrows.On("replace")
	case opened && strings.TrimSpace(act.Reason) == "":
		return done, ErrReasonMissing.On("reason")
	}
	if opened {
		if err := logDue(ctx, tx, poll, &head); err != nil {
			return done, err
		}
	}
	secret, err := selectSecrets(ctx, tx, t, id)
	if err != nil {
		return done, err
	}
	keys := make([]string, len(marks))
	for i, mark := range marks {
		key := secret.listKey(poll.Electorate.List, mark)
		keys[i] = hex.EncodeToString(key[:])
	}
	if done, err = writeList(ctx, tx, poll, keys, replace); err != nil {
		return done, err
	}
	if done.Total > MaxListed {
		return done, ErrListLong.With(fault.Args{"Count": MaxListed}).On("list")
	}
	if opened && done.Added > 0 {
		if _, err := insertRuleset(ctx, tx, poll, &head, act); err != nil {
			return done, err
		}
	}
	return done, saveHead(ctx, tx, t, &head)
}

// writeList adds keys, in hexadecimal, to the list of a poll.
func writeList(ctx context.Context, tx bun.IDB, p *Poll, keys []string, replace bool) (done Enlisted, err error) {
	if replace {
		if _, err := tx.ExecContext(ctx, `DELETE FROM voting.lists WHERE tenant_id = ? AND poll_id = ?`, p.Tenant, p.ID); err != nil {
			return done, fmt.Errorf("empty a list: %w", err)
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO voting.lists (tenant_id, poll_id, kind, entries, sha256, imported_at)
		VALUES (?, ?, ?, 0, sha256(''), core.now()) ON CONFLICT ON CONSTRAINT one_list_per_poll DO NOTHING`, p.Tenant, p.ID, p.Electorate.List)
	if err != nil {
		return done, fmt.Errorf("make a list: %w", err)
	}
	for chunk := range slices.Chunk(keys, 10_000) {
		result, err := tx.NewRaw(`INSERT INTO voting.list_entries (tenant_id, poll_id, hash)
			SELECT ?, ?, decode(k.hash, 'hex') FROM unnest(?::text[]) AS k (hash) ON CONFLICT ON CONSTRAINT one_entry_per_voter DO NOTHING`,
			p.Tenant, p.ID, pgdialect.Array(chunk)).Exec(ctx)
		if err != nil {
			return done, fmt.Errorf("fill a list: %w", err)
		}
		added, err := result.RowsAffected()
		if err != nil {
			return done, err
		}
		done.Added += added
	}
	err = tx.NewRaw(`UPDATE voting.lists l SET entries = e.entries, sha256 = e.sha256, imported_at = core.now()
		FROM (SELECT count(*) AS entries, sha256(coalesce(string_agg(hash, '' ORDER BY hash), '')) AS sha256
			FROM voting.list_entries WHERE tenant_id = ?0 AND poll_id = ?1) e
		WHERE l.tenant_id = ?0 AND l.poll_id = ?1 RETURNING l.entries`, p.Tenant, p.ID).Scan(ctx, &done.Total)
	if err != nil {
		return done, fmt.Errorf("sum up a list: %w", err)
	}
	return done, nil
}

// listSummary is what the rules say of the list: enough to see that it has
// not changed, nothing of who is on it.
type listSummary struct {
	Kind    ListKind `json:"kind"`
	Entries int64    `json:"entries"`
	SHA256  string   `json:"sha256"`
}

// summariseList returns nil for a poll without a list.
func summariseList(ctx context.Context, tx bun.IDB, p *Poll) (*listSummary, error) {
	if p.Electorate.List == NoList {
		return nil, nil
	}
	s := &listSummary{Kind: p.Electorate.List}
	var hash []byte
	err := tx.QueryRowContext(ctx, `SELECT entries, sha256 FROM voting.lists WHERE tenant_id = ? AND poll_id = ?`, p.Tenant, p.ID).Scan(&s.Entries, &hash)
	switch {
	case isNotFound(err):
		hash = make([]byte, 32)
	case err != nil:
		return nil, fmt.Errorf("read a list: %w", err)
	}
	s.SHA256 = hex.EncodeToString(hash)
	return s, nil
}

// dropOtherList forgets the list of a poll that is now found otherwise, or not
// asked for any more. The poll has not opened.
func dropOtherList(ctx context.Context, tx bun.IDB, p *Poll, kind ListKind) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM voting.lists WHERE tenant_id = ? AND poll_id = ? AND kind <> ?`, p.Tenant, p.ID, kind)
	if err != nil {
		return fmt.Errorf("forget a list: %w", err)
	}
	return nil
}

// ListMissing reports whether the poll asks for a list that nobody is on.
func (p *Poll) ListMissing() bool { return p.Electorate.List != NoList && p.Listed == 0 }

// requireList refuses to open a poll in which nobody could vote.
func (p *Poll) requireList() error {
	if p.ListMissing() {
		return fault.OnFields(fault.Field{Name: "electorate", Key: ErrListEmpty.Key})
	}
	return nil
}
