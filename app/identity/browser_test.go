package identity_test

import (
	"net"
	"strings"
	"testing"

	"parvis/app/citizen"
	"parvis/app/identity"
	chrome "parvis/app/testkit/browser"
)

// serve puts the place on a port of this machine and returns the town's address.
func (p *place) serve(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.app.Listener(listener) }()
	t.Cleanup(func() { _ = p.app.Shutdown() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + p.town.Hosts[0] + ":" + port
}

// TestSigningInByKeyboard: from the empty page to one's own, without a mouse.
func TestSigningInByKeyboard(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	base := p.serve(t)
	for _, script := range []bool{true, false} {
		before := len(p.sink.Letters(jeanne))
		tab := chrome.Open(t)
		if !script {
			tab.NoScript()
		}
		tab.Go(base+"/connexion?retour=/moi/profil").TabTo("[name=email]", 40).Type("[name=email]", jeanne).PressTo(chrome.Enter)
		code := p.sink.Await(t, jeanne, before+1).Code()
		tab.Wait("[name=code]").TabTo("[name=code]", 40).Type("[name=code]", code).PressTo(chrome.Enter)
		if !strings.HasSuffix(tab.URL(), "/moi/profil") {
			t.Errorf("with scripts %v, arrived at %s", script, tab.URL())
		}
	}
}

// TestEveryPageOfAccountsIsAccessible: on a phone and on a desk, in both
// themes, no fault that a machine can find, no sideways scrolling.
func TestEveryPageOfAccountsIsAccessible(t *testing.T) {
	t.Parallel()
	p := newPlace(t, demonstration)
	boss := p.account(t, p.town, identity.DemoAccount{
		Name: "Mireille Roux", Email: "maire@exemple.fr", Note: "Administratrice du site", Address: "3 rue du Château", Zone: p.town.Zones[0].ID,
		Person: citizen.PersonEmail, Residence: citizen.ResidenceDeclared, Grants: []citizen.Grant{{Role: citizen.Administrator}},
	})
	someone := p.account(t, p.town, identity.DemoAccount{Name: "Jeanne Martin", Email: jeanne, Person: citizen.PersonEmail, Grants: []citizen.Grant{{Role: citizen.Official, Zone: p.town.Zones[0].ID}}})
	if err := p.ProveResidence(p.french(t), p.town, boss, someone.ID, identity.Shown{Address: "8 quai de la Marne"}); err != nil {
		t.Fatal(err)
	}
	base := p.serve(t)
	look := func(tab *chrome.Page, name string) {
		t.Helper()
		for _, width := range []int{320, 1280} {
			tab.Size(width, 800).Dark(width == 320).Accessible()
			tab.Screenshot("identity/" + name + "-" + map[int]string{320: "phone", 1280: "desk"}[width])
		}
	}
	tab := chrome.Open(t)
	look(tab.Go(base+"/inscription"), "sign-up")
	look(tab.Fill("[name=name]", "J").Fill("[name=email]", "jeanne@exemple.fr").Click("[name=charter]").ClickTo("form[action='/inscription'] [type=submit]"), "sign-up-wrong")
	look(tab.Go(base+"/connexion/mot-de-passe"), "password")
	look(tab.Go(base+"/connexion/lien/unknown"), "link-gone")
	look(tab.Go(base+"/connexion"), "sign-in")
	tab.Fill("[name=email]", "maire@exemple.fr").ClickTo("form[action='/connexion'] [type=submit]")
	look(tab.Wait("[name=code]"), "code")
	letter := p.sink.Await(t, "maire@exemple.fr", 1)
	look(chrome.Open(t).Go(base+letter.Link()), "other-browser")
	look(tab.Go(base+letter.Link()), "link")
	tab.ClickTo("form[action^='/connexion/lien'] [type=submit]")
	for path, name := range map[string]string{
		"/moi/profil": "profile", "/moi/preuves": "proofs", "/moi/sessions": "sessions", "/moi/donnees": "data",
		"/office/citoyens": "desk", "/office/citoyens/nouveau": "assisted", "/office/citoyens/" + someone.ID.String(): "file", "/office/journal": "journal",
	} {
		look(tab.Go(base+path), name)
	}
	look(tab.Go(base+"/office/citoyens").Fill("main [name=q]", "jeanne").ClickTo("main form[action='/office/citoyens'] [type=submit]"), "found")
}
