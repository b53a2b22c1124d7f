package identity_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"parvis/app/identity"
)

// A stranger asked for mails in somebody's name until that person could not
// sign in any more.
func TestAStrangerSpendsNobodysQuota(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	ask := func(b identity.Browser) error {
		b.Base = "https://example.fr"
		return p.AskSignIn(p.french(t), p.town, b, jeanne, "")
	}
	from := func(network int) identity.Browser {
		return identity.Browser{Visit: fmt.Sprint("stranger", network), Address: fmt.Sprintf("203.0.%d.7", network)}
	}
	for range 5 {
		if err := ask(from(1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := ask(from(1)); !errors.Is(err, identity.ErrTooOften) {
		t.Errorf("a sixth mail from one network: %v", err)
	}
	home := identity.Browser{Visit: "home", Address: "198.51.100.4"}
	if err := ask(home); err != nil {
		t.Errorf("the owner, after a stranger's tries: %v", err)
	}
	for network := range 14 {
		if err := ask(from(network + 2)); err != nil {
			t.Fatalf("network %d: %v", network, err)
		}
	}
	if err := ask(identity.Browser{Visit: "far", Address: "192.0.2.9"}); !errors.Is(err, identity.ErrTooOften) {
		t.Errorf("a twenty-first mail within the hour: %v", err)
	}
}

// TestTheOwnersBrowserIsAlwaysOpen: strangers from many networks spend all
// that an address has; a browser in which its owner signed in before does not
// mind, and none else is taken for it.
func TestTheOwnersBrowserIsAlwaysOpen(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	p.resident(t, "Paul Martin", "paul@exemple.fr")
	b := p.browser(t).signIn(jeanne)
	b.get("/moi").want(200)
	other := p.browser(t).signIn("paul@exemple.fr")
	for network := range 25 {
		stranger := identity.Browser{Visit: "stranger", Address: fmt.Sprintf("203.0.%d.7", network), Base: "https://example.fr"}
		if err := p.AskSignIn(p.french(t), p.town, stranger, jeanne, ""); err != nil && !errors.Is(err, identity.ErrTooOften) {
			t.Fatal(err)
		}
	}
	known := b.cookies["parvis-connu"]
	if known == "" || strings.Contains(known, "jeanne") {
		t.Fatalf("what the browser keeps: %q", known)
	}
	again := p.browser(t)
	again.cookies["parvis-connu"] = known
	again.post("/connexion", "/connexion", "email", jeanne).to("/connexion/code")
	thief := p.browser(t)
	thief.cookies["parvis-connu"] = other.cookies["parvis-connu"]
	thief.post("/connexion", "/connexion", "email", jeanne).want(429)
	p.browser(t).post("/connexion", "/connexion", "email", jeanne).want(429)
}
