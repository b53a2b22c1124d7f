package identity_test

import (
	"strings"
	"testing"

	"parvis/app/citizen"
)

// signUp opens an account from a new browser and returns who that is.
func (p *place) signUp(t *testing.T, email string) (*browser, citizen.Viewer) {
	t.Helper()
	before := len(p.sink.Letters(email))
	b := p.browser(t)
	b.post("/inscription", "/inscription", signUpFields(email)...).to("/connexion/code")
	b.post("/connexion/code", "/connexion/code", "code", p.sink.Await(t, email, before+1).Code()).want(303)
	return b, viewerOf(t, p, b)
}

// move gives the account of b another address, with the code of its mail.
func (b *browser) move(t *testing.T, email string) answer {
	t.Helper()
	before := len(b.p.sink.Letters(email))
	b.post("/moi/profil", "/moi/profil/email", "email", email).to("/connexion/code")
	return b.post("/connexion/code", "/connexion/code", "code", b.p.sink.Await(t, email, before+1).Code())
}

// Two mailboxes made as many voters as one liked: sign up with the first, vote,
// move the account to the second, erase it, begin again.
func TestTwoMailboxesCannotVoteForAWholeTown(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	b, first := p.signUp(t, "stuffer@exemple.fr")
	b.move(t, "stuffer@autre.fr").to("/moi/profil")

	if told := p.sink.Await(t, "stuffer@exemple.fr", 2); !strings.Contains(told.Subject, "a changé") {
		t.Errorf("the address left is told %q", told.Subject)
	}
	refused := func(nth int) {
		t.Helper()
		again := p.browser(t)
		again.post("/inscription", "/inscription", signUpFields("stuffer@exemple.fr")...).to("/connexion/code")
		code := p.sink.Await(t, "stuffer@exemple.fr", nth).Code()
		again.post("/connexion/code", "/connexion/code", "code", code).want(409, "Cette boîte mail a déjà servi")
	}
	refused(3)
	b.post("/moi/donnees", "/moi/donnees/effacer", "sure", "oui").to("/")
	p.sink.Await(t, "stuffer@autre.fr", 2)
	if _, back := p.signUp(t, "stuffer@autre.fr"); back.ID != first.ID {
		t.Error("whoever left by the second mailbox came back as another voter")
	}
	refused(4)
	if n := query[int](t, p, `SELECT count(*) FROM core.citizens`); n != 1 {
		t.Errorf("two mailboxes are %d voters", n)
	}
}

// One mailbox has as many addresses as its owner cares to type.
func TestOneMailboxIsNotAHundredVoters(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.signUp(t, "jean.dupont@gmail.com")
	for _, alias := range []string{"jean.dupont+2@gmail.com", "jeandupont@gmail.com", "j.eandupont+x@googlemail.com"} {
		b := p.browser(t)
		b.post("/inscription", "/inscription", signUpFields(alias)...).to("/connexion/code")
		b.post("/connexion/code", "/connexion/code", "code", p.sink.Await(t, alias, 1).Code()).want(409, "Cette boîte mail a déjà servi")
	}
	p.signUp(t, "jean.dupont@exemple.fr")
	if _, v := p.signUp(t, "jeandupont@exemple.fr"); v.ID.IsZero() {
		t.Error("a dot makes another mailbox elsewhere")
	}
	if n := query[int](t, p, `SELECT count(*) FROM core.citizens`); n != 3 {
		t.Errorf("%d voters", n)
	}
}

// Whoever sat down at Jeanne's open session kept her account by an address
// they had asked for, after she had closed every session but hers.
func TestClosingTheOtherSessionsStopsAThiefWhoIsMovingTheAccount(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	owner, thief := p.browser(t).signIn(jeanne), p.browser(t).signIn(jeanne)
	thief.post("/moi/profil", "/moi/profil/email", "email", "voleur@exemple.fr").to("/connexion/code")
	owner.post("/moi/sessions", "/moi/sessions/fermer-les-autres").to("/moi/sessions")
	code := p.sink.Await(t, "voleur@exemple.fr", 1).Code()
	token := csrfField.FindStringSubmatch(thief.get("/connexion").Body)[1]
	thief.postWith(token, "/connexion/code", "code", code).want(422)
	if n := query[int](t, p, `SELECT count(*) FROM core.citizens WHERE email = ?`, jeanne); n != 1 {
		t.Error("the account was stolen")
	}
}

// Jeanne moved her account away from a mailbox that somebody else reads: what
// that somebody had asked for before must not let them in after.
func TestAnOldMailboxOpensNothingAfterTheAccountHasLeftIt(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	owner := p.browser(t).signIn(jeanne)
	thief := p.browser(t)
	thief.post("/connexion", "/connexion", "email", jeanne).to("/connexion/code")
	code := p.sink.Await(t, jeanne, 2).Code()
	owner.move(t, "jeanne@nouveau.fr").to("/moi/profil")
	token := csrfField.FindStringSubmatch(thief.get("/connexion").Body)[1]
	thief.postWith(token, "/connexion/code", "code", code).want(422)
	if thief.whoami() != "" {
		t.Error("the old mailbox signed in")
	}
}

// A commune that tries the demonstration and adds its real town to it, before
// it has a mail server, gave every account of that town to anybody.
func TestTheMailsOfARealTownAreNotOnADemonstrationsOutbox(t *testing.T) {
	t.Parallel()
	p := newPlace(t, keeping, lent)
	p.resident(t, "Jeanne Martin", jeanne)
	thief := p.browser(t)
	thief.post("/connexion", "/connexion", "email", jeanne).to("/connexion/code")
	thief.get("/connexion/code").want(200).lacks("/courrier")
	await(t, func() bool { return query[int](t, p, `SELECT count(*) FROM core.mails WHERE kept_at IS NOT NULL`) == 1 })
	thief.get("/courrier").want(404)
	newPlace(t, keeping, lent, demonstration).browser(t).get("/courrier").want(200)
}

// An account must not change hands in silence.
func TestTheOwnerIsToldWhenTheWayInChanges(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t).signIn(jeanne)
	b.post("/moi/profil", "/moi/profil/mot-de-passe", "password", "une longue phrase de passe 42").to("/moi/profil")
	if told := p.sink.Await(t, jeanne, 2); !strings.Contains(told.Subject, "mot de passe") {
		t.Errorf("told %q", told.Subject)
	}
	b.move(t, "voleur@exemple.fr").to("/moi/profil")
	if told := p.sink.Await(t, jeanne, 3); !strings.Contains(told.Subject, "a changé") || strings.Contains(told.Text, "voleur@") {
		t.Errorf("told %q: %s", told.Subject, told.Text)
	}
}
