package kernel

import (
	"log/slog"
	"testing"

	"parvis/app/citizen"
	"parvis/app/clock"
	"parvis/app/identity"
	"parvis/app/tenant"
	"parvis/app/testkit"
)

// An agent whose role was taken back kept reading, on the socket opened before,
// what only the office may see of a poll.
func TestAPowerTakenBackIsLostOnTheSocketToo(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t, func(t *tenant.Tenant) { t.Demo = true })
	ctx := t.Context()
	a := &App{Platform: &Platform{Identity: identity.New(identity.Deps{
		DB: db.DB, Clock: clock.System{}, Secret: make([]byte, 32), Demo: true, Log: slog.New(slog.DiscardHandler),
	})}}
	agent := citizen.Grant{Role: citizen.Agent}
	ids, err := a.Identity.Demo(ctx, town, []identity.DemoAccount{
		{Name: "Agnès", Note: "agente", Grants: []citizen.Grant{agent}},
		{Name: "Armelle", Note: "administratrice", Grants: []citizen.Grant{{Role: citizen.Administrator}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := a.Identity.BorrowDemo(ctx, town, identity.Browser{}, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	viewer, err := a.Identity.Viewer(ctx, town.ID, opened.Token)
	if err != nil || !a.stillOpen(ctx, town.ID, viewer, opened.Token) {
		t.Fatalf("the socket of an agent at work is closed: %v", err)
	}
	admin := citizen.Viewer{ID: ids[1], SignedIn: true, Grants: []citizen.Grant{{Role: citizen.Administrator}}}
	account, err := a.Identity.Account(ctx, town.ID, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Identity.RevokeRole(ctx, town, admin, ids[0], account.Grants[0].ID); err != nil {
		t.Fatal(err)
	}
	if a.stillOpen(ctx, town.ID, viewer, opened.Token) {
		t.Error("the socket of somebody who is no agent any more stays open")
	}
}
