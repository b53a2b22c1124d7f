package identity

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/tenant"
)

// DemoAccount is an account of a demonstration site.
type DemoAccount struct {
	ID        citizen.ID // chosen by the caller when not zero
	Name      string
	Email     string // "" for none
	Note      string // who it plays: "Agente de la mairie"; those with one are offered on the sign-in page
	Address   string
	Zone      uuid.UUID
	BornOn    string
	Person    citizen.Proof
	Residence citizen.Proof
	Grants    []citizen.Grant
}

// Demo fills a demonstration site with accounts and returns their IDs, in
// order. An address that has an account keeps it.
func (s *Service) Demo(ctx context.Context, t *tenant.Tenant, accounts []DemoAccount) ([]citizen.ID, error) {
	if !t.Demo {
		return nil, ErrNoDemo
	}
	ids := make([]citizen.ID, len(accounts))
	err := s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		for i, a := range accounts {
			if ids[i], err = s.demoAccount(ctx, tx, t.ID, a); err != nil {
				return err
			}
		}
		return nil
	})
	return ids, err
}

func (s *Service) demoAccount(ctx context.Context, tx bun.Tx, t tenant.ID, a DemoAccount) (citizen.ID, error) {
	if a.Email != "" {
		if id, err := s.store.byEmail(ctx, tx, t, a.Email); err != nil || !id.IsZero() {
			return id, err
		}
	}
	if a.ID.IsZero() {
		a.ID = citizen.NewID()
	}
	person, err := s.demoPerson(ctx, tx, t, a)
	if err != nil {
		return a.ID, err
	}
	err = s.store.insert(ctx, tx, t, newAccount{
		ID: a.ID, Email: a.Email, Name: a.Name, Address: a.Address, Zone: a.Zone, BornOn: a.BornOn,
		Person: a.Person, Residence: a.Residence, DemoNote: a.Note, Identity: person,
	}, s.clock.Now())
	if err != nil {
		return a.ID, err
	}
	if a.Email != "" {
		if err := s.store.mark(ctx, tx, t, s.emailMark(t, a.Email), a.ID); err != nil {
			return a.ID, err
		}
	}
	for _, g := range a.Grants {
		if _, err := s.store.grant(ctx, tx, t, a.ID, g, citizen.ID{}, s.clock.Now()); err != nil {
			return a.ID, err
		}
	}
	return a.ID, nil
}

// demoPerson is who a demonstration account is proven to be: whom its name and
// day of birth say, or somebody of its own.
func (s *Service) demoPerson(ctx context.Context, tx bun.Tx, t tenant.ID, a DemoAccount) (uuid.UUID, error) {
	if a.Person <= citizen.PersonEmail {
		return uuid.Nil, nil
	}
	civil := Civil{FamilyName: a.Name, FirstName: a.ID.String(), BornOn: a.BornOn}
	if first, family, cut := cutLast(a.Name, " "); cut && a.BornOn != "" {
		civil.FamilyName, civil.FirstName = family, first
	}
	return s.takePerson(ctx, tx, t, s.personHash(t, civil))
}

// Offered is a demonstration account on the sign-in page.
type Offered struct {
	ID   citizen.ID
	Name string
	Note string
}

// offers reports whether a site opens its demonstration accounts to anyone:
// the site and the program must both say they are a demonstration.
func (s *Service) offers(t *tenant.Tenant) bool { return s.demo && t.Demo }

// DemoAccounts lists the accounts one may borrow on a demonstration site.
func (s *Service) DemoAccounts(ctx context.Context, t *tenant.Tenant) ([]Offered, error) {
	if !s.offers(t) {
		return nil, nil
	}
	var offered []Offered
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`
			SELECT id, name, demo_note AS note FROM core.citizens
			WHERE tenant_id = ? AND demo_note IS NOT NULL AND erased_at IS NULL ORDER BY created_at, name_key`, t.ID).Scan(ctx, &offered)
	})
	return offered, err
}

// BorrowDemo signs in as a demonstration account.
func (s *Service) BorrowDemo(ctx context.Context, t *tenant.Tenant, b Browser, id citizen.ID) (Opened, error) {
	if !s.offers(t) {
		return Opened{}, ErrNoDemo
	}
	var opened Opened
	err := s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		var offered bool
		err := tx.NewRaw(`SELECT demo_note IS NOT NULL FROM core.citizens WHERE tenant_id = ? AND id = ?`, t.ID, id).Scan(ctx, &offered)
		if err != nil || !offered {
			return ErrNoDemo.Wrap(err)
		}
		opened, err = s.open(ctx, tx, t.ID, id, ByDemo, b.Device)
		return err
	})
	return opened, err
}

// Promote gives the account of an address a role, from the command line: the
// first administrator of a site has nobody to ask.
func (s *Service) Promote(ctx context.Context, t *tenant.Tenant, email string, role citizen.Role) error {
	address, err := ParseEmail(email)
	if err != nil {
		return err
	}
	var id citizen.ID
	err = s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		if id, err = s.store.byEmail(ctx, tx, t.ID, address); err != nil {
			return err
		}
		if id.IsZero() {
			id = citizen.NewID()
			name, _, _ := cutLast(address, "@")
			a := newAccount{ID: id, Email: address, Name: name}
			if err := s.store.insert(ctx, tx, t.ID, a, s.clock.Now()); err != nil {
				return err
			}
			if err := s.store.mark(ctx, tx, t.ID, s.emailMark(t.ID, address), id); err != nil {
				return err
			}
		}
		granted, err := s.store.grant(ctx, tx, t.ID, id, citizen.Grant{Role: role}, citizen.ID{}, s.clock.Now())
		if err != nil || !granted {
			return err
		}
		return s.record(ctx, tx, t.ID, citizen.Viewer{}, "roles.grant", id, map[string]any{"role": role, "from": "command line"})
	})
	s.forget(t.ID, id)
	return err
}
