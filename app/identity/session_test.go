package identity_test

import (
	"strings"
	"testing"
	"time"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/identity"
)

func (b *browser) token() string { return b.cookies["parvis"] }

func TestASessionIsWorthNothingInAnotherTown(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t).signIn(jeanne)
	stolen := p.browser(t)
	stolen.host = p.other.Hosts[0]
	stolen.cookies["parvis"] = b.token()
	if got := stolen.whoami(); got != "" {
		t.Errorf("signed in next door as %q", got)
	}
	if _, err := p.Viewer(t.Context(), p.other.ID, b.token()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the other town answers %v", err)
	}
}

func TestSigningInRenewsTheToken(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	p.resident(t, "Paul Petit", "paul@exemple.fr")
	b := p.browser(t).signIn(jeanne)
	old := b.token()
	b.post("/moi/profil", "/deconnexion").to("/")
	if _, err := p.Viewer(t.Context(), p.town.ID, old); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the old token still answers: %v", err)
	}
	b.signIn("paul@exemple.fr")
	if b.token() == old || b.token() == "" || b.whoami() != "Paul Petit" {
		t.Error("the token was not renewed")
	}
}

func TestTheTokenIsNotInTheDatabase(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t).signIn(jeanne)
	letter := p.sink.Await(t, jeanne, 1)
	dump := query[string](t, p, `SELECT concat((SELECT string_agg(s::text, '') FROM core.sessions s), (SELECT string_agg(r::text, '') FROM core.sign_in_requests r))`)
	for what, text := range map[string]string{"token": b.token(), "code": letter.Code(), "link": strings.TrimPrefix(letter.Link(), "/connexion/lien/")} {
		if text == "" || strings.Contains(dump, text) {
			t.Errorf("the %s is in the database", what)
		}
	}
}

func TestOnesSessionsAreListedAndClosed(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	p.resident(t, "Paul Petit", "paul@exemple.fr")
	phone, desktop := p.browser(t).signIn(jeanne), p.browser(t).signIn(jeanne)
	paul := p.browser(t).signIn("paul@exemple.fr")
	desktop.get("/moi/sessions").want(200, "Firefox, Android", "Cet appareil", "Fermer toutes les autres")
	sessions, err := p.Sessions(t.Context(), p.town.ID, viewerOf(t, p, phone).ID, phone.token())
	if err != nil || len(sessions) != 2 {
		t.Fatalf("%d sessions, %v", len(sessions), err)
	}
	var id string
	for _, s := range sessions {
		if s.Current {
			id = s.ID.String()
		}
	}
	paul.post("/moi/sessions", "/moi/sessions/"+id+"/fermer").want(404)
	if phone.whoami() != "Jeanne Martin" {
		t.Error("Paul closed Jeanne's session")
	}
	desktop.post("/moi/sessions", "/moi/sessions/"+id+"/fermer").to("/moi/sessions")
	if phone.whoami() != "" {
		t.Error("the closed session still answers")
	}
	third := p.browser(t).signIn(jeanne)
	desktop.post("/moi/sessions", "/moi/sessions/fermer-les-autres").to("/moi/sessions")
	if third.whoami() != "" || desktop.whoami() != "Jeanne Martin" {
		t.Error("closing the others closed the wrong ones")
	}
}

func viewerOf(t *testing.T, p *place, b *browser) citizen.Viewer {
	t.Helper()
	v, err := p.Viewer(t.Context(), p.town.ID, b.token())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A revocation made on another node is seen within a minute here.
func TestARevocationElsewhereIsSeenWithinAMinute(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t).signIn(jeanne)
	id := viewerOf(t, p, b).ID
	elsewhere := identity.New(identity.Deps{DB: p.db.DB, Clock: p.clock, Secret: secret})
	if err := elsewhere.RevokeOthers(t.Context(), p.town.ID, id, "no token"); err != nil {
		t.Fatal(err)
	}
	p.clock.Advance(time.Minute)
	if _, err := p.Viewer(t.Context(), p.town.ID, b.token()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("still signed in a minute later: %v", err)
	}
}

func TestSessionsEndByDisuseAndByAge(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	p.resident(t, "Amina Diallo", "agente@exemple.fr", citizen.Grant{Role: citizen.Agent})
	alive := func(b *browser) bool {
		_, err := p.Viewer(t.Context(), p.town.ID, b.token())
		return err == nil
	}
	person, agent := p.browser(t).signIn(jeanne), p.browser(t).signIn("agente@exemple.fr")
	p.clock.Advance(12 * time.Hour)
	if alive(agent) || !alive(person) {
		t.Error("after a night: staff must sign in again, citizens not")
	}
	p.clock.Advance(29 * 24 * time.Hour)
	if !alive(person) {
		t.Error("a session in use every month ended")
	}
	p.clock.Advance(30 * 24 * time.Hour)
	if alive(person) {
		t.Error("a session unused for a month goes on")
	}
	steady := p.browser(t).signIn(jeanne)
	for range 8 {
		p.clock.Advance(20 * 24 * time.Hour)
		if !alive(steady) {
			t.Fatal("a session in use ended early")
		}
	}
	p.clock.Advance(20 * 24 * time.Hour)
	if alive(steady) {
		t.Error("a session of six months goes on")
	}
}

func TestAPowerTakenBackIsLostAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	boss := p.resident(t, "Mireille Roux", "maire@exemple.fr", citizen.Grant{Role: citizen.Administrator})
	p.resident(t, "Amina Diallo", "agente@exemple.fr", citizen.Grant{Role: citizen.Agent})
	agent := p.browser(t).signIn("agente@exemple.fr")
	agent.get("/office/citoyens").want(200)
	account, err := p.Account(t.Context(), p.town.ID, viewerOf(t, p, agent).ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.RevokeRole(t.Context(), p.town, boss, account.ID, account.Grants[0].ID); err != nil {
		t.Fatal(err)
	}
	agent.get("/office/citoyens").want(403)
}
