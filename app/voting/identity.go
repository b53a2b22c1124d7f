package voting

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/tenant"
)

// Where the rules ask that an identity be checked, a voter is a person: the
// row of core.persons that all their accounts lead to (see identity.Civil).
// Nobody else needs to know: callers name the account, the box finds the
// person.

// personsOf returns whose accounts the ballots of a batch come from, in a poll
// whose voters are persons. It is read before the lock, to make the keys, and
// looked at again under it: see count.moved.
func (b *Box) personsOf(ctx context.Context, p *Poll, waiters []*waiter) (map[uuid.UUID]uuid.UUID, error) {
	if p.VoterKind() != IdentityVoter {
		return nil, nil
	}
	var accounts []string
	for _, w := range waiters {
		if w.sub.Voter.Kind == AccountVoter {
			accounts = append(accounts, w.sub.Voter.ID.String())
		}
	}
	var persons map[uuid.UUID]uuid.UUID
	err := b.db.ReadTenant(ctx, p.Tenant, func(ctx context.Context, tx bun.Tx) (err error) {
		persons, err = selectPersons(ctx, tx, p.Tenant, accounts)
		return err
	})
	return persons, err
}

func selectPersons(ctx context.Context, tx bun.IDB, t tenant.ID, accounts []string) (map[uuid.UUID]uuid.UUID, error) {
	var rows []struct{ ID, PersonID uuid.UUID }
	err := tx.NewRaw(`SELECT c.id, c.person_id FROM unnest(?::uuid[]) AS k (id)
		JOIN core.citizens c ON c.tenant_id = ? AND c.id = k.id WHERE c.person_id IS NOT NULL`, pgdialect.Array(accounts), t).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("find the persons of accounts: %w", err)
	}
	persons := make(map[uuid.UUID]uuid.UUID, len(rows))
	for _, r := range rows {
		persons[r.ID] = r.PersonID
	}
	return persons, nil
}

// guises returns the voters that somebody is, from poll to poll: their account,
// and the person whose account it is.
func guises(ctx context.Context, tx bun.IDB, t tenant.ID, v Voter) ([]Voter, error) {
	if v.Kind != AccountVoter {
		return []Voter{v}, nil
	}
	persons, err := selectPersons(ctx, tx, t, []string{v.ID.String()})
	if person, known := persons[v.ID]; known {
		return []Voter{v, ByIdentity(person)}, err
	}
	return []Voter{v}, err
}
