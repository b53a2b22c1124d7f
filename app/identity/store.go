package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/tenant"
)

// store is the SQL of accounts. Every method takes the transaction.
type store struct{}

// accountColumns are those of accountRow.
const accountColumns = `c.id, coalesce(c.email, '') AS email, c.name, c.address, c.zone_id, coalesce(c.born_on::text, '') AS born_on,
	c.locale, c.person_proof, c.person_proven_at, c.residence_proof, c.residence_proven_at, c.password_hash IS NOT NULL AS has_password,
	c.notify, c.charter_accepted_at, c.assisted_by IS NOT NULL AS assisted, c.created_at, c.erased_at`

type accountRow struct {
	ID                citizen.ID
	Email             string
	Name              string
	Address           string
	ZoneID            uuid.NullUUID
	BornOn            string
	Locale            string
	PersonProof       citizen.Proof
	PersonProvenAt    bun.NullTime
	ResidenceProof    citizen.Proof
	ResidenceProvenAt bun.NullTime
	HasPassword       bool
	Notify            bool
	CharterAcceptedAt bun.NullTime
	Assisted          bool
	CreatedAt         time.Time
	ErasedAt          bun.NullTime
}

func (r accountRow) account() Account {
	return Account{
		ID: r.ID, Email: r.Email, Name: r.Name, Address: r.Address, Zone: r.ZoneID.UUID, BornOn: r.BornOn, Locale: r.Locale,
		Person: r.PersonProof, PersonProvenAt: r.PersonProvenAt.Time,
		Residence: r.ResidenceProof, ResidenceProvenAt: r.ResidenceProvenAt.Time,
		HasPassword: r.HasPassword, Notify: r.Notify, CharterAcceptedAt: r.CharterAcceptedAt.Time, Assisted: r.Assisted,
		CreatedAt: r.CreatedAt, ErasedAt: r.ErasedAt.Time,
	}
}

// account reads one account with its roles.
func (st store) account(ctx context.Context, tx bun.Tx, t tenant.ID, id citizen.ID) (Account, error) {
	var row accountRow
	err := tx.NewRaw(`SELECT `+accountColumns+` FROM core.citizens c WHERE c.tenant_id = ? AND c.id = ?`, t, id).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return Account{}, ErrNoAccount
	}
	if err != nil {
		return Account{}, fmt.Errorf("read an account: %w", err)
	}
	a := row.account()
	a.Grants, err = st.grants(ctx, tx, t, id)
	return a, err
}

// byEmail finds who has an address; the zero ID when nobody does.
func (store) byEmail(ctx context.Context, tx bun.Tx, t tenant.ID, email string) (citizen.ID, error) {
	var id citizen.ID
	err := tx.NewRaw(`SELECT id FROM core.citizens WHERE tenant_id = ? AND email = ?`, t, email).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return citizen.ID{}, nil
	}
	return id, err
}

// newAccount is what an account is made from.
type newAccount struct {
	ID        citizen.ID
	Email     string
	Name      string
	Address   string
	Zone      uuid.UUID
	BornOn    string
	Locale    string
	Notify    bool
	Person    citizen.Proof
	Residence citizen.Proof
	Identity  uuid.UUID // the person, once proven
	Assistant citizen.ID
	DemoNote  string
}

// insert writes a new account, or gives its name back to one that was erased.
func (store) insert(ctx context.Context, tx bun.Tx, t tenant.ID, a newAccount, now time.Time) error {
	key := NameKey(a.Name)
	proven := func(p citizen.Proof) bun.NullTime { return bun.NullTime{Time: timeIf(p > 0, now)} }
	_, err := tx.NewRaw(`
		INSERT INTO core.citizens (tenant_id, id, email, name, name_key, name_key_reversed, address, zone_id, born_on, locale, notify,
			person_proof, person_proven_at, residence_proof, residence_proven_at, assisted_by, demo_note, charter_accepted_at, created_at, seen_on, person_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant_id, id) DO UPDATE SET
			email = excluded.email, name = excluded.name, name_key = excluded.name_key, name_key_reversed = excluded.name_key_reversed,
			address = excluded.address, zone_id = excluded.zone_id, born_on = excluded.born_on, locale = excluded.locale, notify = excluded.notify,
			person_proof = excluded.person_proof, person_proven_at = excluded.person_proven_at,
			residence_proof = excluded.residence_proof, residence_proven_at = excluded.residence_proven_at,
			assisted_by = excluded.assisted_by, charter_accepted_at = excluded.charter_accepted_at, seen_on = excluded.seen_on, person_id = excluded.person_id,
			erased_at = NULL, warned_at = NULL
		WHERE core.citizens.erased_at IS NOT NULL`,
		t, a.ID, nullText(a.Email), a.Name, key, reversed(key), a.Address, database.NullID(a.Zone), nullText(a.BornOn), a.Locale, a.Notify,
		a.Person, proven(a.Person), a.Residence, proven(a.Residence), database.NullID(uuid.UUID(a.Assistant)), nullText(a.DemoNote), now, now, day(now), database.NullID(a.Identity)).Exec(ctx)
	if database.Constraint(err) == "one_account_per_email" {
		return ErrEmailTaken.Wrap(err).On("email")
	}
	if database.Constraint(err) == "citizen_lives_in_a_zone_of_the_tenant" {
		return ErrZone.Wrap(err).On("zone")
	}
	return err
}

// mark ties a keyed hash to a citizen. One that is tied to somebody else stays
// so, erased or not: it may have made them a voter.
func (store) mark(ctx context.Context, tx bun.Tx, t tenant.ID, hash []byte, id citizen.ID) error {
	result, err := tx.NewRaw(`
		INSERT INTO core.identity_marks (tenant_id, kind, hash, citizen_id) VALUES (?, 'email', ?, ?)
		ON CONFLICT (tenant_id, kind, hash) DO UPDATE SET erased_at = NULL WHERE core.identity_marks.citizen_id = excluded.citizen_id`,
		t, hash, id).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return ErrMailboxUsed.Wrap(err)
	}
	return nil
}

// erased returns the erased account that a keyed hash is tied to, so that
// whoever comes back is the same voter; the zero ID when there is none.
func (store) erased(ctx context.Context, tx bun.Tx, t tenant.ID, hash []byte) (citizen.ID, error) {
	var id citizen.ID
	err := tx.NewRaw(`
		SELECT c.id FROM core.identity_marks m JOIN core.citizens c ON c.tenant_id = m.tenant_id AND c.id = m.citizen_id
		WHERE m.tenant_id = ? AND m.kind = 'email' AND m.hash = ? AND c.erased_at IS NOT NULL`, t, hash).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return citizen.ID{}, nil
	}
	return id, err
}

// seen notes that an account is in use today.
func (store) seen(ctx context.Context, tx bun.Tx, t tenant.ID, id citizen.ID, now time.Time) error {
	_, err := tx.NewRaw(`UPDATE core.citizens SET seen_on = ?, warned_at = NULL WHERE tenant_id = ? AND id = ? AND seen_on < ?`,
		day(now), t, id, day(now)).Exec(ctx)
	return err
}

func (store) hasGrants(ctx context.Context, tx bun.Tx, t tenant.ID, id citizen.ID) (has bool, err error) {
	err = tx.NewRaw(`SELECT EXISTS (SELECT 1 FROM core.role_grants WHERE tenant_id = ? AND citizen_id = ?)`, t, id).Scan(ctx, &has)
	return has, err
}

func (store) grants(ctx context.Context, tx bun.Tx, t tenant.ID, id citizen.ID) ([]Grant, error) {
	var rows []struct {
		ID        uuid.UUID
		Role      citizen.Role
		Module    string
		ZoneID    uuid.NullUUID
		GrantedAt time.Time
	}
	err := tx.NewRaw(`
		SELECT id, role, module, zone_id, granted_at FROM core.role_grants
		WHERE tenant_id = ? AND citizen_id = ? ORDER BY granted_at, id`, t, id).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read the roles of an account: %w", err)
	}
	grants := make([]Grant, len(rows))
	for i, r := range rows {
		grants[i] = Grant{ID: r.ID, Grant: citizen.Grant{Role: r.Role, Module: r.Module, Zone: r.ZoneID.UUID}, GrantedAt: r.GrantedAt}
	}
	return grants, nil
}

func nullText(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }

func day(t time.Time) string { return t.Format(time.DateOnly) }

func timeIf(condition bool, t time.Time) time.Time {
	if condition {
		return t
	}
	return time.Time{}
}
