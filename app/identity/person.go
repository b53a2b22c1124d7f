package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/tenant"
)

// Faults of what is read on a proof of identity.
var (
	ErrFamilyName  = fault.New(fault.Invalid, "identity.person.family_name")
	ErrFirstName   = fault.New(fault.Invalid, "identity.person.first_name")
	ErrPersonBorn  = fault.New(fault.Invalid, "identity.person.born_on")
	ErrPersonKnown = fault.New(fault.Conflict, "identity.person.known")
	ErrPersonOther = fault.New(fault.Conflict, "identity.person.other")
)

// Civil is what is read on a proof of identity. Only a keyed hash of it is
// kept, the same whoever typed it: accents, capitals and hyphens do not count.
type Civil struct {
	FamilyName string // at birth
	FirstName  string // the first of them
	BornOn     string // "1962-04-30"
	BornIn     string // only to tell apart two people of the same name born on the same day
}

// parse returns what was read, or what is missing from it, field by field.
func (c Civil) parse(now time.Time) (Civil, error) {
	var errs [4]error
	if c.FamilyName, errs[0] = parseLine("family_name", c.FamilyName, longestName); errs[0] == nil && NameKey(c.FamilyName) == "" {
		errs[0] = ErrFamilyName.On("family_name")
	}
	if c.FirstName, errs[1] = parseLine("first_name", firstOf(c.FirstName), longestName); errs[1] == nil && NameKey(c.FirstName) == "" {
		errs[1] = ErrFirstName.On("first_name")
	}
	if c.BornOn, errs[2] = parseBornOn(strings.TrimSpace(c.BornOn), now); errs[2] == nil && c.BornOn == "" {
		errs[2] = ErrPersonBorn.On("born_on")
	}
	c.BornIn, errs[3] = parseLine("born_in", c.BornIn, longestName)
	return c, gather(errs[:]...)
}

// firstOf returns the first of several first names, as papers and lists write
// them: "Jeanne, Marie" or "Jeanne Marie", and "Anne-Marie" is one.
func firstOf(names string) string {
	first, _, _ := strings.Cut(names, ",")
	if words := strings.Fields(first); len(words) > 0 {
		return words[0]
	}
	return ""
}

// Mark stands for somebody on a list of voters: what their account comes to
// have once the same identity is shown at the desk.
func (s *Service) Mark(t tenant.ID, c Civil) ([]byte, error) {
	c, err := c.parse(s.clock.Now())
	if err != nil {
		return nil, err
	}
	return s.personHash(t, c), nil
}

// personHash stands for somebody in one tenant.
func (s *Service) personHash(t tenant.ID, c Civil) []byte {
	return s.keyed("person", t, NameKey(c.FamilyName), NameKey(c.FirstName), c.BornOn, NameKey(c.BornIn))
}

// Person returns who this is, in the caller's transaction: the ID by which
// polls that ask for a proof of identity know a voter, account or not. Somebody
// never seen before is given one.
func (s *Service) Person(ctx context.Context, tx bun.IDB, t tenant.ID, c Civil) (uuid.UUID, error) {
	c, err := c.parse(s.clock.Now())
	if err != nil {
		return uuid.Nil, err
	}
	var id uuid.UUID
	err = tx.NewRaw(`INSERT INTO core.persons AS p (tenant_id, id, hash, left_at) VALUES (?0, ?1, ?2, ?3)
		ON CONFLICT ON CONSTRAINT one_person_per_identity DO UPDATE SET left_at = CASE WHEN p.left_at IS NULL THEN NULL ELSE excluded.left_at END
		RETURNING id`, t, uuid.New(), s.personHash(t, c), s.clock.Now()).Scan(ctx, &id)
	if err != nil {
		return id, fmt.Errorf("find a person: %w", err)
	}
	return id, nil
}

// personFor returns the person that an account becomes when an identity is
// shown for it. An account that is somebody already stays who it is, so that a
// spelling that is put right makes nobody vote twice; unless another account
// is that person too, which was a mistake then. sure says that the agent knows
// that the person has another account.
func (s *Service) personFor(ctx context.Context, tx bun.Tx, t tenant.ID, account citizen.ID, c Civil, sure bool) (uuid.UUID, error) {
	hash := s.personHash(t, c)
	var known struct {
		ID     uuid.UUID
		Others int
	}
	err := tx.NewRaw(`SELECT p.id, (SELECT count(*) FROM core.citizens c WHERE c.tenant_id = p.tenant_id AND c.person_id = p.id AND c.id <> ?) AS others
		FROM core.persons p WHERE p.tenant_id = ? AND p.hash = ?`, account, t, hash).Scan(ctx, &known)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return uuid.Nil, fmt.Errorf("find a person: %w", err)
	}
	if known.Others > 0 && !sure {
		return uuid.Nil, ErrPersonKnown.On("same_person")
	}
	was, alone, err := personOf(ctx, tx, t, account)
	switch {
	case err != nil:
		return uuid.Nil, err
	case was == uuid.Nil || !alone || was == known.ID:
		return s.takePerson(ctx, tx, t, hash)
	case known.ID != uuid.Nil:
		return uuid.Nil, ErrPersonOther.On("family_name")
	}
	_, err = tx.NewRaw(`UPDATE core.persons SET hash = ? WHERE tenant_id = ? AND id = ?`, hash, t, was).Exec(ctx)
	return was, err
}

// personOf returns who an account is, uuid.Nil when nobody knows, and whether
// no other account is.
func personOf(ctx context.Context, tx bun.Tx, t tenant.ID, account citizen.ID) (id uuid.UUID, alone bool, err error) {
	var row struct {
		ID    uuid.NullUUID
		Alone bool
	}
	err = tx.NewRaw(`SELECT c.person_id AS id, NOT EXISTS (SELECT FROM core.citizens o
			WHERE o.tenant_id = c.tenant_id AND o.person_id = c.person_id AND o.id <> c.id) AS alone
		FROM core.citizens c WHERE c.tenant_id = ? AND c.id = ?`, t, account).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return uuid.Nil, true, nil
	}
	return row.ID.UUID, row.Alone, err
}

// takePerson returns the person of a hash, known or new, to be an account's.
func (s *Service) takePerson(ctx context.Context, tx bun.Tx, t tenant.ID, hash []byte) (id uuid.UUID, err error) {
	err = tx.NewRaw(`INSERT INTO core.persons (tenant_id, id, hash) VALUES (?, ?, ?)
		ON CONFLICT ON CONSTRAINT one_person_per_identity DO UPDATE SET left_at = NULL RETURNING id`, t, uuid.New(), hash).Scan(ctx, &id)
	return id, err
}
