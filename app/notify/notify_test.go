package notify

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/testkit"
)

// desk is a site with two towns and a citizen in each.
type desk struct {
	*Service
	db          *testkit.DB
	town, other tenant.ID
	reader, far uuid.UUID
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db := testkit.Database(t)
	d := &desk{Service: New(db.DB, func(t *tenant.Tenant) (names, paths []string) { return t.Modules, t.Modules }), db: db, town: db.Tenant(t).ID, other: db.Tenant(t).ID}
	d.reader, d.far = d.citizen(t, d.town), d.citizen(t, d.other)
	return d
}

func (d *desk) citizen(t *testing.T, town tenant.ID) uuid.UUID {
	t.Helper()
	id := uuid.New()
	d.in(t, town, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`INSERT INTO core.citizens (tenant_id, id, name, name_key, name_key_reversed, person_proof, created_at, seen_on)
			VALUES (?, ?, 'Nadia', 'nadia', 'nadia', 1, now(), current_date)`, town, id).Exec(ctx)
		return err
	})
	return id
}

func (d *desk) in(t *testing.T, town tenant.ID, do func(context.Context, bun.Tx) error) {
	t.Helper()
	if err := d.db.InTenant(t.Context(), town, do); err != nil {
		t.Fatal(err)
	}
}

// at is a town where these modules are switched off.
func at(id tenant.ID, off ...string) *tenant.Tenant { return &tenant.Tenant{ID: id, Modules: off} }

func (d *desk) tell(t *testing.T, town tenant.ID, to uuid.UUID, title string) {
	t.Helper()
	d.in(t, town, func(ctx context.Context, tx bun.Tx) error {
		return Add(ctx, tx, town, []uuid.UUID{to}, Notice{Title: title, Text: "Un mot.", Href: "http://saint-dizier.localhost:8080/idees/7?vu=1#reponse"})
	})
}

func TestEveryNoticeIsFoundAgainOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const told = 2*pageSize + 5
	for i := range told {
		d.tell(t, d.town, d.reader, fmt.Sprint("nouvelle ", i))
	}
	seen := map[string]bool{}
	for before, more := uuid.Nil, true; more; {
		var page []Notice
		var err error
		if page, more, err = d.list(t.Context(), at(d.town), citizen.ID(d.reader), before); err != nil {
			t.Fatal(err)
		}
		for _, n := range page {
			if seen[n.Title] || n.Read || n.Href != "/idees/7?vu=1#reponse" {
				t.Fatalf("%+v", n)
			}
			seen[n.Title] = true
		}
		before = page[len(page)-1].ID
	}
	if len(seen) != told {
		t.Errorf("%d of %d notices are found again", len(seen), told)
	}
	if n, err := d.Unread(t.Context(), at(d.town), citizen.ID(d.reader)); err != nil || n != told {
		t.Errorf("%d unread (%v)", n, err)
	}
	if err := d.markRead(t.Context(), d.town, citizen.ID(d.reader)); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Unread(t.Context(), at(d.town), citizen.ID(d.reader)); err != nil || n != 0 {
		t.Errorf("%d unread after reading (%v)", n, err)
	}
}

func TestNoticesAreNobodyElses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	neighbour := d.citizen(t, d.town)
	d.tell(t, d.town, d.reader, "Pour Nadia seulement")
	d.tell(t, d.town, d.far, "Pour une autre ville") // nobody of that town
	for name, who := range map[string]struct {
		town tenant.ID
		id   uuid.UUID
	}{"a neighbour": {d.town, neighbour}, "another town": {d.other, d.reader}, "a stranger": {d.other, d.far}} {
		if page, _, err := d.list(t.Context(), at(who.town), citizen.ID(who.id), uuid.Nil); err != nil || len(page) > 0 {
			t.Errorf("%s reads %v (%v)", name, page, err)
		}
	}
}

func TestNoticesLeadNowhereElse(t *testing.T) {
	t.Parallel()
	for href, want := range map[string]string{
		"https://participer.example/missions/1": "/missions/1", "/moi": "/moi", "": "", "https://participer.example": "",
		"https://participer.example//ailleurs.example/": "/ailleurs.example/", "http://[": "",
	} {
		if got := pathOf(href); got != want {
			t.Errorf("%q leads to %q, want %q", href, got, want)
		}
	}
}

func TestNoticesGoWithTheirReaderAndTheirYear(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	neighbour := d.citizen(t, d.town)
	d.tell(t, d.town, d.reader, "De cette année")
	d.tell(t, d.town, neighbour, "De l'an dernier")
	if _, err := d.db.Superuser(t).Exec(t.Context(), `UPDATE core.notices SET at = at - interval '366 days' WHERE citizen_id = $1`, neighbour); err != nil {
		t.Fatal(err)
	}
	d.in(t, d.town, func(ctx context.Context, tx bun.Tx) error {
		told, err := d.Export(ctx, tx, d.town, citizen.ID(d.reader))
		if err != nil || !strings.Contains(fmt.Sprint(told), "De cette année") {
			t.Errorf("exported: %v (%v)", told, err)
		}
		return err
	})
	if err := d.Forget(t.Context(), d.town); err != nil {
		t.Fatal(err)
	}
	left := func(id uuid.UUID) int {
		page, _, err := d.list(t.Context(), at(d.town), citizen.ID(id), uuid.Nil)
		if err != nil {
			t.Fatal(err)
		}
		return len(page)
	}
	if left(neighbour) != 0 || left(d.reader) != 1 {
		t.Errorf("after a year: %d and %d", left(neighbour), left(d.reader))
	}
	d.in(t, d.town, func(ctx context.Context, tx bun.Tx) error { return d.Erase(ctx, tx, d.town, citizen.ID(d.reader)) })
	if left(d.reader) != 0 {
		t.Error("what was told outlives its reader")
	}
}

func TestNewsOfAModuleGoWithIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.in(t, d.town, func(ctx context.Context, tx bun.Tx) error {
		for _, n := range []Notice{{Title: "Une idée", Href: "/idees?vu=1"}, {Title: "Un vote", Href: "/votes/7", Module: "budgets"}, {Title: "Un compte", Href: "/moi"}} {
			if err := Add(ctx, tx, d.town, []uuid.UUID{d.reader}, n); err != nil {
				return err
			}
		}
		return nil
	})
	for off, want := range map[string]int{"": 3, "idees": 2, "budgets": 2, "idees budgets": 1} {
		town := at(d.town, strings.Fields(off)...)
		page, _, err := d.list(t.Context(), town, citizen.ID(d.reader), uuid.Nil)
		if err != nil {
			t.Fatal(err)
		}
		if unread, err := d.Unread(t.Context(), town, citizen.ID(d.reader)); err != nil || unread != want || len(page) != want {
			t.Errorf("without %q: %d notices, %d unread, want %d (%v)", off, len(page), unread, want, err)
		}
	}
}
