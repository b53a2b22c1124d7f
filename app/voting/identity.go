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

// profile is what is known of an account beyond what pages show: whose it is
// proven to be, and what it is looked for by on the poll's list.
type profile struct {
	person uuid.UUID // zero when nobody knows
	mark   []byte    // nil where there is no list, or nothing to look for
}

// profilesOf returns what is known of the accounts that the ballots of a batch
// come from, in a poll whose voters are persons or on a list. It is read before
// the lock, to make the keys, and looked at again under it: see count.moved.
func (b *Box) profilesOf(ctx context.Context, p *Poll, waiters []*waiter) (map[uuid.UUID]profile, error) {
	if p.VoterKind() != IdentityVoter && p.Electorate.List == NoList {
		return nil, nil
	}
	var accounts []string
	for _, w := range waiters {
		if w.sub.Voter.Kind == AccountVoter {
			accounts = append(accounts, w.sub.Voter.ID.String())
		}
	}
	var profiles map[uuid.UUID]profile
	err := b.db.ReadTenant(ctx, p.Tenant, func(ctx context.Context, tx bun.Tx) (err error) {
		profiles, err = selectProfiles(ctx, tx, p.Tenant, p.Electorate.List, accounts)
		return err
	})
	return profiles, err
}

func selectProfiles(ctx context.Context, tx bun.IDB, t tenant.ID, list ListKind, accounts []string) (map[uuid.UUID]profile, error) {
	var rows []struct {
		ID       uuid.UUID
		PersonID uuid.NullUUID
		Mark     []byte
	}
	err := tx.NewRaw(`SELECT c.id, c.person_id, CASE ?2::text`+readMark+` AS mark FROM unnest(?0::uuid[]) AS k (id)
		JOIN core.citizens c ON c.tenant_id = ?1 AND c.id = k.id`, pgdialect.Array(accounts), t, string(list)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("find the persons of accounts: %w", err)
	}
	profiles := make(map[uuid.UUID]profile, len(rows))
	for _, r := range rows {
		profiles[r.ID] = profile{r.PersonID.UUID, r.Mark}
	}
	return profiles, nil
}

// guises returns the voters that somebody is, from poll to poll: their account,
// and the person whose account it is.
func guises(ctx context.Context, tx bun.IDB, t tenant.ID, v Voter) ([]Voter, error) {
	if v.Kind != AccountVoter {
		return []Voter{v}, nil
	}
	profiles, err := selectProfiles(ctx, tx, t, NoList, []string{v.ID.String()})
	if person := profiles[v.ID].person; person != uuid.Nil {
		return []Voter{v, ByIdentity(person)}, err
	}
	return []Voter{v}, err
}
