package identity_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/identity"
	"parvis/app/tenant"
)

func personOf(t *testing.T, p *place, id citizen.ID) string {
	return query[string](t, p, `SELECT coalesce(person_id::text, '') FROM core.citizens WHERE id = ?`, id)
}

func TestTwoAccountsOfOnePersonLeadToOnePerson(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	agent := p.agent(t)
	one, two := p.resident(t, "Jeanne Martin", jeanne), p.resident(t, "Mamie Jeanne", "autre@exemple.fr")
	prove := func(id citizen.ID, s identity.Shown) error { return p.ProvePerson(p.french(t), p.town, agent, id, s) }
	if err := prove(one.ID, shown); err != nil {
		t.Fatal(err)
	}
	again := shown
	again.FamilyName, again.FirstName = " MARTIN ", "jeanne"
	if err := prove(two.ID, again); !errors.Is(err, identity.ErrPersonKnown) {
		t.Fatalf("an agent is told that the person has another account: %v", err)
	}
	again.SamePerson = true
	if err := prove(two.ID, again); err != nil {
		t.Fatal(err)
	}
	if a, b := personOf(t, p, one.ID), personOf(t, p, two.ID); a == "" || a != b {
		t.Errorf("one person is %q and %q", a, b)
	}
	homonym := p.resident(t, "Jeanne Martin", "homonyme@exemple.fr")
	other := shown
	other.BornIn = "Joinville"
	if err := prove(homonym.ID, other); err != nil {
		t.Fatal(err)
	}
	if personOf(t, p, homonym.ID) == personOf(t, p, one.ID) {
		t.Error("two people are one")
	}
}

func TestASpellingPutRightMakesNobodyElse(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	agent := p.agent(t)
	someone := p.resident(t, "Jeanne Martin", jeanne)
	prove := func(family string) {
		t.Helper()
		s := shown
		s.FamilyName = family
		if err := p.ProvePerson(p.french(t), p.town, agent, someone.ID, s); err != nil {
			t.Fatal(err)
		}
	}
	prove("Matrin")
	before := personOf(t, p, someone.ID)
	if err := p.WithdrawProof(p.french(t), p.town, agent, someone.ID, false); err != nil {
		t.Fatal(err)
	}
	prove("Martin")
	if personOf(t, p, someone.ID) != before {
		t.Error("a typing error makes a second voter")
	}
}

func TestThePersonComesBackAfterErasure(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	agent := p.agent(t)
	someone := p.resident(t, "Jeanne Martin", jeanne)
	if err := p.ProvePerson(p.french(t), p.town, agent, someone.ID, shown); err != nil {
		t.Fatal(err)
	}
	before := personOf(t, p, someone.ID)
	if err := p.EraseAll(p.french(t), p.town, someone.ID, true); err != nil {
		t.Fatal(err)
	}
	if personOf(t, p, someone.ID) != "" {
		t.Error("the erased account still says who it was")
	}
	back := p.resident(t, "Jeanne", "nouvelle@exemple.fr")
	if err := p.ProvePerson(p.french(t), p.town, agent, back.ID, shown); err != nil {
		t.Fatal(err)
	}
	if personOf(t, p, back.ID) != before {
		t.Error("erasing an account makes a second voter")
	}
}

func TestAPersonIsForgottenWithTheAppealsOver(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	err := p.db.InTenant(t.Context(), p.town.ID, func(ctx context.Context, tx bun.Tx) error {
		_, err := p.Person(ctx, tx, p.town.ID, shown.Civil) // a sheet of paper, no account
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	count := func() int { return query[int](t, p, `SELECT count(*) FROM core.persons`) }
	p.clock.Advance(364 * 24 * time.Hour)
	p.daily(t)
	if count() != 1 {
		t.Error("forgotten too soon")
	}
	p.clock.Advance(2 * 24 * time.Hour)
	p.daily(t)
	if count() != 0 {
		t.Error("kept for ever")
	}
}

func TestTheSamePersonAtOnceIsOnePerson(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	var wait sync.WaitGroup
	var mu sync.Mutex
	seen := map[uuid.UUID]bool{}
	for range 10 {
		wait.Go(func() {
			err := p.db.InTenant(context.Background(), p.town.ID, func(ctx context.Context, tx bun.Tx) error {
				id, err := p.Person(ctx, tx, p.town.ID, shown.Civil)
				mu.Lock()
				defer mu.Unlock()
				seen[id] = true
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if len(seen) != 1 {
		t.Errorf("one person is %d", len(seen))
	}
}

// daily is the round that forgets what has been kept long enough.
func (p *place) daily(t *testing.T) {
	t.Helper()
	err := p.Retain(t.Context(), p, p.bundle, func(*tenant.Tenant) string { return "https://exemple.fr" })
	if err != nil {
		t.Fatal(err)
	}
}
