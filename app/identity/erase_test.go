package identity_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/identity"
	"parvis/app/module"
	"parvis/app/tenant"
)

// holder is another part of the platform that keeps personal data.
type holder struct{ erased []citizen.ID }

func (h *holder) Holdings() []module.Holding { return nil }
func (h *holder) Export(context.Context, bun.IDB, tenant.ID, citizen.ID) (map[string]any, error) {
	return map[string]any{"ideas": []string{"Un banc sous le tilleul"}}, nil
}
func (h *holder) Erase(_ context.Context, _ bun.IDB, _ tenant.ID, c citizen.ID) error {
	h.erased = append(h.erased, c)
	return nil
}

func TestOneTakesAwayAllOnesData(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.Holders(&holder{})
	p.resident(t, "Paul Petit", "paul@exemple.fr")
	p.account(t, p.town, identity.DemoAccount{Name: "Jeanne Martin", Email: jeanne, Address: "3 rue du Château", BornOn: "1962-04-30"})
	b := p.browser(t).signIn(jeanne)
	answer := b.get("/moi/donnees/copie.json").want(200, "Un banc sous le tilleul").lacks("Paul", "paul@")
	if !strings.Contains(answer.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("disposition %q", answer.Header.Get("Content-Disposition"))
	}
	var all struct {
		Account struct {
			Name, Email, Address string
			BornOn               string `json:"born_on"`
			Sessions             []struct{ Device string }
		}
	}
	if err := json.Unmarshal([]byte(answer.Body), &all); err != nil {
		t.Fatal(err)
	}
	a := all.Account
	if a.Name != "Jeanne Martin" || a.Email != jeanne || a.Address != "3 rue du Château" || a.BornOn != "1962-04-30" || len(a.Sessions) != 1 || a.Sessions[0].Device != "Firefox, Android" {
		t.Errorf("the copy says %+v", a)
	}
}

func TestAnErasedAccountTellsNothingAndStillCountsOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	other := &holder{}
	p.Holders(other)
	p.agent(t)
	before := p.account(t, p.town, identity.DemoAccount{Name: "Jeanne Martin", Email: jeanne, Address: "3 rue du Château", BornOn: "1962-04-30", Grants: []citizen.Grant{{Role: citizen.Official}}})
	b := p.browser(t).signIn(jeanne)
	b.post("/moi/donnees", "/moi/donnees/effacer").want(422, "Cochez la case")
	if b.whoami() != "Jeanne Martin" {
		t.Fatal("erased without being sure")
	}
	b.post("/moi/donnees", "/moi/donnees/effacer", "sure", "oui").to("/")
	if letter := p.sink.Await(t, jeanne, 2); !strings.Contains(letter.Subject, "effacé") {
		t.Errorf("the last mail says %q", letter.Subject)
	}
	if b.whoami() != "" || len(other.erased) != 1 || other.erased[0] != before.ID {
		t.Error("still signed in, or another part kept its data")
	}
	await(t, func() bool { return query[int](t, p, `SELECT count(*) FROM core.mails`) == 0 })
	dump := query[string](t, p, `SELECT concat(
		(SELECT string_agg(c::text, ' ') FROM core.citizens c), (SELECT string_agg(s::text, ' ') FROM core.sessions s),
		(SELECT string_agg(r::text, ' ') FROM core.sign_in_requests r), (SELECT string_agg(a::text, ' ') FROM core.audit_entries a),
		(SELECT string_agg(m::text, ' ') FROM core.identity_marks m), (SELECT string_agg(g::text, ' ') FROM core.role_grants g))`)
	for _, personal := range []string{"Jeanne", "jeanne", "Château", "1962", "official"} {
		if strings.Contains(dump, personal) {
			t.Errorf("%q is still in the database", personal)
		}
	}
	agent := p.browser(t).signIn("agente@exemple.fr")
	agent.get("/office/citoyens/" + before.ID.String()).want(404)

	// The same mailbox coming back is the same voter.
	back := p.browser(t)
	back.post("/inscription", "/inscription", signUpFields(jeanne)...).to("/connexion/code")
	back.post("/connexion/code", "/connexion/code", "code", p.sink.Await(t, jeanne, 3).Code()).want(303)
	v := viewerOf(t, p, back)
	if v.ID != before.ID || v.Name != "Jeanne Martin" || len(v.Grants) != 0 {
		t.Errorf("came back as %+v, was %v", v, before.ID)
	}
}

// await waits for the database to come to a state that a job brings about.
func await(t *testing.T, done func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !done() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatal("it did not come")
		}
	}
}

func TestUnusedAccountsAreWarnedThenErased(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	p.resident(t, "Paul Petit", "paul@exemple.fr")
	p.administrator(t)
	round := func() {
		t.Helper()
		err := p.Retain(t.Context(), p, p.bundle, func(*tenant.Tenant) string { return "https://exemple.fr" })
		if err != nil {
			t.Fatal(err)
		}
	}
	names := func() string {
		return query[string](t, p, `SELECT coalesce(string_agg(name, ', ' ORDER BY name), '') FROM core.citizens WHERE name <> ''`)
	}
	round()
	p.clock.Set(p.clock.Now().AddDate(0, 23, 2))
	round()
	if letter := p.sink.Await(t, jeanne, 1); !strings.Contains(letter.Text, "dans un mois") || !strings.Contains(letter.Text, "https://exemple.fr/connexion") {
		t.Errorf("the warning says %q", letter.Text)
	}
	p.sink.Await(t, "paul@exemple.fr", 1)
	p.browser(t).signIn("paul@exemple.fr")
	p.clock.Advance(15 * 24 * time.Hour)
	round()
	if got := names(); got != "Jeanne Martin, Mireille Roux, Paul Petit" {
		t.Errorf("two weeks after the warning: %s", got)
	}
	p.clock.Advance(20 * 24 * time.Hour)
	round()
	if got := names(); got != "Mireille Roux, Paul Petit" {
		t.Errorf("two years and the warning: %s", got)
	}
	if n := query[int](t, p, `SELECT count(*) FROM core.identity_marks WHERE erased_at IS NOT NULL`); n != 1 {
		t.Errorf("%d marks kept", n)
	}
	p.clock.Set(p.clock.Now().AddDate(1, 0, 2))
	round()
	if n := query[int](t, p, `SELECT count(*) FROM core.identity_marks WHERE erased_at IS NOT NULL`); n != 0 {
		t.Errorf("%d marks kept for more than a year", n)
	}
	if n := query[int](t, p, `SELECT (SELECT count(*) FROM core.sign_in_requests) + (SELECT count(*) FROM core.attempts)`); n != 0 {
		t.Errorf("%d traces kept", n)
	}
}
