package missions

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/mail"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
)

// site is the module mounted behind the edge, as the kernel does it; the cookie
// of a session is its viewer's ID.
type site struct {
	*square
	app     *fiber.App
	viewers map[string]citizen.Viewer
	session string
	jar     map[string]string
}

func (s *site) ByHost(_ context.Context, host string) (*tenant.Tenant, error) {
	if host == s.town.Hosts[0] {
		return s.town, nil
	}
	return nil, fault.New(fault.NotFound, "site.no_host")
}

func (s *site) Viewer(_ context.Context, _ tenant.ID, token string) (citizen.Viewer, error) {
	if v, ok := s.viewers[token]; ok {
		return v, nil
	}
	return citizen.Viewer{}, fault.New(fault.NotFound, "identity.no_session")
}

func newSite(t *testing.T) *site {
	s := &site{square: newSquare(t), viewers: map[string]citizen.Viewer{}, jar: map[string]string{}}
	messages, err := i18n.Load(web.Catalogue, ui.Catalogue, access.Catalogue, database.Catalogue, places.Catalogue, mail.Catalogue, catalogue)
	s.must(err)
	s.app, err = web.New(web.Options{Tenants: s, Sessions: s, Messages: messages, Secret: bytes.Repeat([]byte("s"), 32), Log: slog.New(slog.DiscardHandler)})
	s.must(err)
	manifest := s.Manifest()
	s.Mount(s.app.Group("/"+manifest.Path), s.app.Group("/office/"+manifest.Path, web.Require(manifest.Name, manifest.Office...)), s.app.Group("/api/v1/"+manifest.Path))
	return s
}

// as makes the next requests those of v; a visitor without an ID.
func (s *site) as(v citizen.Viewer) *site {
	s.session, s.jar = "", map[string]string{}
	if v.SignedIn {
		s.session = v.ID.String()
		s.viewers[s.session] = v
	}
	return s
}

type answer struct {
	*http.Response
	t    testing.TB
	body string
}

func (s *site) send(method, path, kind string, body io.Reader) answer {
	s.Helper()
	request := httptest.NewRequest(method, path, body)
	request.Host = s.town.Hosts[0]
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	if s.session != "" {
		request.AddCookie(&http.Cookie{Name: "parvis", Value: s.session})
	}
	for name, value := range s.jar {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := s.app.Test(request, -1)
	s.must(err)
	for _, cookie := range response.Cookies() {
		s.jar[cookie.Name] = cookie.Value
	}
	content, err := io.ReadAll(response.Body)
	s.must(err)
	return answer{response, s, string(content)}
}

func (s *site) get(path string) answer {
	s.Helper()
	return s.send(http.MethodGet, path, "", nil)
}

var tokenRE = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

func (s *site) post(path string, pairs ...string) answer {
	s.Helper()
	found := tokenRE.FindStringSubmatch(s.get(minePath).body)
	if found == nil {
		s.Fatal("no form to take a token from")
	}
	form := url.Values{"_csrf": {found[1]}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return s.send(http.MethodPost, path, fiber.MIMEApplicationForm, strings.NewReader(form.Encode()))
}

// want checks the status, and that the answer says each of the words.
func (a answer) want(status int, words ...string) answer {
	a.t.Helper()
	if a.StatusCode != status {
		a.t.Errorf("%s %s: status %d, want %d\n%.3000s", a.Request.Method, a.Request.URL, a.StatusCode, status, a.body)
	}
	for _, w := range words {
		if !strings.Contains(a.body, i18n.Typeset(w)) {
			a.t.Errorf("%s %s does not say %q:\n%.6000s", a.Request.Method, a.Request.URL, w, a.body)
		}
	}
	return a
}

func (a answer) location() string { return a.Header.Get("Location") }

func TestAMissionFromTheDeskToTheLedger(t *testing.T) {
	s := newSite(t)
	v := s.citizen(s.town, "Ana", "1990-01-01")
	s.as(s.host)
	s.get(leadPath).want(200, "Aucune mission encore", "Les Mains vertes")
	s.post(leadPath+"/nouvelle", "association", s.assoc.String()).want(422, "Donnez un titre.", "Décrivez la mission.", "Choisissez un thème")
	created := s.post(leadPath+"/nouvelle", "association", s.assoc.String(), "title", "Planter une haie", "kind", "dated", "body", "Cent arbres.",
		"theme", "environment", "skills", "gardening", "approval", "1").want(303)
	base := created.location()
	s.get(base).want(200, "Ajoutez un créneau")
	s.post(base+"/creneaux", "starts", "2026-11-20T10:00", "ends", "2026-11-20T12:00", "capacity", "2").want(422, "Choisissez une date à venir.", "2026-11-20T10:00")
	s.post(base+"/creneaux", "starts", "2026-11-25T10:00", "ends", "2026-11-25T12:00", "capacity", "2").want(303)
	s.post(base+"/creneaux", "starts", "2026-11-25T10:00", "ends", "2026-11-25T12:00", "capacity", "2").want(409, "déjà un créneau")
	s.post(base + "/publier").want(303)
	page := href(uuid.MustParse(base[len(leadPath)+1:]))

	s.as(citizen.Viewer{}).get("/missions").want(200, "Planter une haie")
	s.get(page).want(200, "Je m'inscris", "Les Mains vertes")
	s.get(page + "/inscription").want(303)

	s.as(v)
	slot := regexp.MustCompile(`name="slot"[^>]*value="([^"]+)"`).FindStringSubmatch(s.get(page+"/inscription").want(200, "Quand viendrez-vous ?").body)[1]
	s.get(page + "/inscription/confirmation").want(303)
	s.post(page+"/inscription").want(422, "Choisissez un créneau")
	s.post(page+"/inscription", "slot", slot).want(303)
	s.post(page+"/inscription/message", "message", "Mon numéro : 06 12 34 56 78").want(422, "coordonnées restent masquées", "06 12 34 56 78")
	s.post(page+"/inscription/message", "message", "Une pelle est prête.").want(303)
	s.get(page+"/inscription/confirmation").want(200, "Une pelle est prête.", "mercredi 25 novembre 2026")
	thread := s.post(page + "/inscription/confirmation").want(303).location()
	s.get(thread).want(200, "Réponse attendue", "Une pelle est prête.")
	s.get(page).want(200, "Votre inscription")

	s.as(s.host)
	s.get(base).want(200, "Ana", "1 place prise sur 2")
	s.get(thread).want(200, "Accepter", "Une pelle est prête.")
	s.post(thread+"/refuser").want(422, "Écrivez votre message.")
	s.post(thread + "/accepter").want(303)
	s.at(time.Date(2026, 11, 25, 13, 0, 0, 0, time.UTC))
	s.post(thread+"/heures", "from", "2026-11-25T10:00", "hours", "25", "minutes", "0").want(422, "24 heures", `value="25"`)
	s.post(thread+"/heures", "from", "2026-11-25T10:00", "hours", "2", "minutes", "0").want(303)
	s.get(thread).want(200, "Registre des heures")
	s.as(v).get(minePath).want(200, "Planter une haie")
}

func TestNoByteForAHostHoldsContactData(t *testing.T) {
	s := newSite(t)
	m := s.mission(2, approved)
	v := s.citizen(s.town, "Ana", "1990-01-01")
	other := s.citizen(s.town, "Bo", "1990-01-01")
	_, err := s.db.Superuser(t).Exec(t.Context(), `UPDATE core.citizens SET address = '12 rue canari-adresse' WHERE id IN ($1, $2)`, v.ID.String(), other.ID.String())
	s.must(err)
	s.must(s.service.offer(s.ctx, s.town, other, Volunteer{Visible: true, Availability: []string{"evenings"}}))
	id := s.joined(v, m, Pending)
	s.must(s.service.say(s.ctx, s.town, v, id, "Bonjour"))
	s.must(s.service.say(s.ctx, s.town, s.host, id, "Bienvenue"))
	s.at(m.Slots[0].StartsAt.Add(-time.Minute))
	s.must(s.service.accept(s.ctx, s.town, s.host, id))
	pass := s.service.pass(s.town.ID, id, m.Slots[0].StartsAt.Add(passLife))
	s.as(s.host)
	base := leadHref(m.ID)
	seen := s.letters(s.host)
	for _, path := range []string{
		leadPath, base, base + "/texte", base + "/inscriptions.csv", base + "/benevoles", inscriptionHref(id), sitePath + "/pointage/" + pass, href(m.ID), sitePath,
	} {
		seen += s.get(path).want(200).body
	}
	s.must(s.service.invite(s.ctx, s.town, s.host, m.ID, other.ID))
	s.must(s.service.withdraw(s.ctx, s.town, v, id))
	seen += s.letters(s.host)
	if !strings.Contains(seen, "Ana") || !strings.Contains(seen, "Bo") {
		t.Fatal("the host sees nobody: what is searched for is not there")
	}
	for _, secret := range []string{canary("Ana"), canary("Bo"), "@canari.example", "canari-adresse", v.BornOn} {
		if i := strings.Index(seen, secret); i >= 0 {
			t.Errorf("the host was given %q: …%s…", secret, seen[max(0, i-80):i+40])
		}
	}
}

func TestTheListIsThereWhateverItsAddress(t *testing.T) {
	s := newSite(t)
	s.mission(2)
	for _, query := range []string{"?type=autre", "?jour=2026-13-45", "?rayon=-1", "?rayon=1000&autour=non", "?quartier=" + uuid.NewString(), "?apres=zzz&type=ponctuelles"} {
		got := s.get("/missions" + query)
		if got.StatusCode == 302 {
			got = s.get(got.location())
		}
		got.want(200)
	}
	s.get("/missions?type=ponctuelles&apres=AAAAAAAAAAAAAAAAAAAAAA").want(302)
	s.get("/missions?theme=environment").want(200, "Planter une haie")
	s.get("/missions?theme=music").want(302)
	s.get("/missions?jour=2026-11-24").want(200, "Planter une haie")
	s.get("/missions?jour=2026-11-25").want(200, "Aucune mission ne correspond")
	s.get("/missions?vue=carte").want(200, "Carte des missions")
	s.get("/missions?q=haies").want(200, "Planter une haie")
	s.get("/missions?mineurs=oui").want(200, "Aucune mission ne correspond")
}
