package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"parvis/app/web"
)

func TestFormWithoutTokenChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	good := s.token()
	for name, form := range map[string]url.Values{
		"none": {"a": {"b"}}, "empty": {"_csrf": {""}}, "short": {"_csrf": {good[:20]}},
		"forged": {"_csrf": {strings.Repeat("A", len(good))}}, "no base64": {"_csrf": {"é" + good}},
	} {
		if got := s.send(http.MethodPost, "/formulaire", form.Encode()); got.StatusCode != 403 {
			t.Errorf("%s: %d", name, got.StatusCode)
		}
	}
	s.send(http.MethodPost, "/formulaire?_csrf="+good, "a=b").want(t, 403, "Revenez en arrière, vos réponses y sont encore")
	s.send(http.MethodPut, "/formulaire", "a=b").want(t, 403)
	s.send(http.MethodDelete, "/formulaire", "").want(t, 403)
	s.send(http.MethodPost, "/formulaire", "_csrf="+good).want(t, 303)
	s.send(http.MethodPost, "/formulaire", "", "X-CSRF-Token", good).want(t, 303)
}

func TestTokenBelongsToOneBrowserSessionAndTown(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	visitor := s.token()
	visit := s.jar["parvis-visit"]

	delete(s.jar, "parvis-visit")
	s.send(http.MethodPost, "/formulaire", "_csrf="+visitor).want(t, 403)
	s.jar["parvis-visit"] = visit + "A" // a pre-session that is not ours
	s.send(http.MethodPost, "/formulaire", "_csrf="+visitor).want(t, 403)
	s.jar["parvis-visit"] = visit
	s.send(http.MethodPost, "/formulaire", "_csrf="+visitor).want(t, 303)

	s.jar["parvis"] = "alice-token"
	s.send(http.MethodPost, "/formulaire", "_csrf="+visitor).want(t, 403)
	alices := s.token()
	s.send(http.MethodPost, "/formulaire", "_csrf="+alices).want(t, 303)
	s.jar["parvis"] = "agent-token"
	s.send(http.MethodPost, "/formulaire", "_csrf="+alices).want(t, 403)

	delete(s.jar, "parvis")
	s.host = seineHost
	s.send(http.MethodPost, "/formulaire", "_csrf="+visitor).want(t, 403)
}

func TestTokenIsMaskedOnEachPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	first, second := s.token(), s.token()
	if first == second {
		t.Error("two pages carry the same bytes: compression could reveal them")
	}
	s.send(http.MethodPost, "/formulaire", "_csrf="+first).want(t, 303)
	s.send(http.MethodPost, "/formulaire", "_csrf="+second).want(t, 303)
}

func TestForeignPagesCannotSendForms(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	body := "_csrf=" + s.token()
	for _, foreign := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "else"},
		{"Origin", "http://evil.example"}, {"Origin", "null"}, {"Origin", "http://marne.example:8081"},
		{"Origin", "http://marne.example.evil.example"}, {"Origin", "%"}, {"Origin", "http://seine.example"},
	} {
		s.send(http.MethodPost, "/formulaire", body, foreign...).want(t, 403, "ne venait pas d’une page de ce site")
	}
	for _, ours := range [][]string{
		{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "none"}, {"Origin", "http://marne.example"}, {"Origin", "http://MARNE.example"},
	} {
		s.send(http.MethodPost, "/formulaire", body, ours...).want(t, 303)
	}
	secure := newSite(t, func(o *web.Options) { o.HTTPS = true })
	secure.send(http.MethodPost, "/formulaire", "_csrf="+secure.token(), "Origin", "http://marne.example").want(t, 403)
}

var hiddenRE = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

func TestStaleFormIsSentAgainWithNothingLost(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	form := url.Values{"_csrf": {s.token()}, "titre": {`Un "banc" <vert>`}, "themes": {"a", "b"}}
	s.jar["parvis"] = "alice-token" // signed in, in another tab
	page := s.send(http.MethodPost, "/formulaire", form.Encode(), "Sec-Fetch-Site", "same-origin").
		want(t, 403, "Vos réponses sont encore là", "Envoyer à nouveau").without(t, "<vert>")
	again := url.Values{}
	for _, match := range hiddenRE.FindAllStringSubmatch(page.body[strings.Index(page.body, `action="/formulaire"`):], -1) {
		again.Add(match[1], html.UnescapeString(match[2]))
	}
	if again.Get("titre") != `Un "banc" <vert>` || len(again["themes"]) != 2 || len(again["_csrf"]) != 1 {
		t.Fatalf("what would be sent again: %v", again)
	}
	s.send(http.MethodPost, "/formulaire", again.Encode(), "Sec-Fetch-Site", "same-origin").want(t, 303)
}

func TestForeignFormIsNeverOfferedAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.jar["parvis"] = "alice-token"
	for _, headers := range [][]string{nil, {"Sec-Fetch-Site", "none"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://evil.example"}} {
		s.send(http.MethodPost, "/formulaire", "montant=piege", headers...).want(t, 403).without(t, "piege", "Envoyer à nouveau")
	}
}
