package budgets

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"parvis/app/access"
	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

// site is the module mounted behind the edge, as the kernel does it; the cookie
// of a session is its viewer's ID.
type site struct {
	*townHall
	app     *fiber.App
	viewers map[string]citizen.Viewer
	session string
	jar     map[string]string
}

func (s *site) ByHost(context.Context, string) (*tenant.Tenant, error) { return s.town, nil }

func (s *site) Viewer(_ context.Context, _ tenant.ID, token string) (citizen.Viewer, error) {
	if v, ok := s.viewers[token]; ok {
		return v, nil
	}
	return citizen.Viewer{}, fault.New(fault.NotFound, "identity.no_session")
}

func newSite(t *testing.T) *site {
	s := &site{townHall: newTownHall(t), viewers: map[string]citizen.Viewer{}, jar: map[string]string{}}
	messages, err := i18n.Load(web.Catalogue, ui.Catalogue, access.Catalogue, database.Catalogue, voting.Catalogue, files.Catalogue, booth.Catalogue, places.Catalogue, catalogue)
	s.must(err)
	s.app, err = web.New(web.Options{
		Tenants: s, Sessions: s, Messages: messages, Secret: bytes.Repeat([]byte("s"), 32), Uploads: s.Uploads(), Log: slog.New(slog.DiscardHandler),
	})
	s.must(err)
	manifest := s.Manifest()
	s.Mount(s.app.Group("/"+manifest.Path),
		s.app.Group("/office/"+manifest.Path, web.Require(manifest.Name, manifest.Office...)), s.app.Group("/api/v1/"+manifest.Path))
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

// reply is what came back.
type reply struct {
	*http.Response
	t    testing.TB
	body string
}

func (s *site) send(method, path, kind string, body io.Reader) reply {
	s.Helper()
	request := httptest.NewRequest(method, path, body)
	request.Host = s.town.Hosts[0]
	request.Header.Set("Accept-Language", "fr")
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
	return reply{response, s, string(content)}
}

func (s *site) get(path string) reply {
	s.Helper()
	return s.send(http.MethodGet, path, "", nil)
}

var tokenRE = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// post sends a form with the token of the page it is on.
func (s *site) post(page, path string, form url.Values) reply {
	s.Helper()
	form.Set("_csrf", s.token(page))
	return s.send(http.MethodPost, path, fiber.MIMEApplicationForm, strings.NewReader(form.Encode()))
}

func (s *site) token(page string) string {
	s.Helper()
	found := tokenRE.FindStringSubmatch(s.get(page).body)
	if found == nil {
		s.Fatalf("no form on %s", page)
	}
	return found[1]
}

// upload sends a project with a picture.
func (s *site) upload(path string, form url.Values, picture io.Reader) reply {
	s.Helper()
	form.Set("_csrf", s.token(path))
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		s.must(w.WriteField(name, values[0]))
	}
	part, err := w.CreateFormFile("photo", "vacances.png")
	s.must(err)
	_, err = io.Copy(part, picture)
	s.must(err)
	s.must(w.Close())
	return s.send(http.MethodPost, path, w.FormDataContentType(), &body)
}

// want checks the status, and that the answer says each of the words.
func (r reply) want(status int, words ...string) reply {
	r.t.Helper()
	if r.StatusCode != status {
		r.t.Errorf("%s %s: status %d, want %d\n%.2000s", r.Request.Method, r.Request.URL, r.StatusCode, status, r.body)
	}
	for _, w := range words {
		if !strings.Contains(r.body, w) {
			r.t.Errorf("%s %s does not say %q:\n%.9000s", r.Request.Method, r.Request.URL, w, r.body)
		}
	}
	return r
}

func written() url.Values {
	return url.Values{
		"title": {"Des bancs à l’ombre"}, "text": {"Huit bancs sous les **tilleuls**."}, "theme": {"nature"}, "place": {"Promenade"},
		"pin": {"48.6300, 4.9500"}, "estimate": {"12 345,67 €"}, "named": {"1"}, "do": {"deposit"},
	}
}

func TestACitizenDepositsAProject(t *testing.T) {
	s := newSite(t)
	edition := s.opened()
	form := href(edition) + "/deposer"
	s.get(form).want(303)
	author := s.citizen(s.town)
	s.as(author).get(form).want(200, "Déposer le projet", "Garder en brouillon")
	sent := s.upload(form, written(), picture()).want(422, "Dites en une phrase ce que montre l’image")
	if !strings.Contains(sent.body, "Huit bancs sous les **tilleuls**.") || !strings.Contains(sent.body, `value="12 345,67 €"`) {
		t.Errorf("what was typed is lost:\n%.4000s", sent.body)
	}
	complete := written()
	complete.Set("photo_alt", "Un banc")
	page := s.upload(form, complete, picture()).want(303).Header.Get("Location")
	shown := s.as(citizen.Viewer{}).get(page).want(200, "Des bancs à l’ombre", "<strong>tilleuls</strong>", "Camille", "Projet n° 1", "12\u202f345,67\u00a0€", `alt="Un banc"`)
	photo := regexp.MustCompile(`src="(/budgets-participatifs/[^"]+/photo[^"]*)"`).FindStringSubmatch(shown.body)
	if photo == nil {
		t.Fatalf("no picture:\n%.3000s", shown.body)
	}
	if got := s.get(strings.ReplaceAll(photo[1], "&amp;", "&")).want(200); got.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture is %s", got.Header.Get("Content-Type"))
	}
	s.get(href(edition) + "/projets?q=tilleul&etat=nimporte&apres=zz").want(302)
	s.get(href(edition)+"/projets?q=tilleul").want(200, "Des bancs à l’ombre", `noindex`)
	s.get(href(edition)+"/projets?vue=carte").want(200, `<svg class="map"`, "Des bancs à l’ombre")
	s.as(s.citizen(s.town)).get(page + "/modifier").want(403)
}

func TestACostIsReadAsTheFrenchWriteIt(t *testing.T) {
	s := newSite(t)
	form := href(s.opened()) + "/deposer"
	s.as(s.citizen(s.town))
	for _, wrong := range []string{"-1", "1e9", "beaucoup", "12,345,67", "99999999999999999999"} {
		v := written()
		v.Set("estimate", wrong)
		if got := s.post(form, form, v).want(422); !strings.Contains(got.body, `value="`+wrong+`"`) {
			t.Errorf("%q is lost", wrong)
		}
	}
	for _, right := range []string{"12 345,67 €", "12345.67", "12\u202f345", ""} {
		v := written()
		v.Set("estimate", right)
		s.post(form, form, v).want(303)
	}
	v := written()
	v.Set("pin", "48.7433, -3.4616")
	s.post(form, form, v).want(422, "48.7433, -3.4616")
}

func TestAnOfficialOpensAnEdition(t *testing.T) {
	s := newSite(t)
	s.as(s.staff).get(officePath).want(200, "Votre première édition")
	s.post(officePath+"/nouvelle", officePath+"/nouvelle", url.Values{"title": {" "}}).want(422, "Donnez un titre")
	made := s.post(officePath+"/nouvelle", officePath+"/nouvelle", url.Values{
		"title": {"Budget 2027"}, "summary": {"Résumé"}, "body": {"Présentation"}, "rules": {"Règlement"}, "on": {"2026-11-02"}, "number": {"2026-11-03"},
	}).want(303)
	base := strings.TrimSuffix(made.Header.Get("Location"), "/"+stepDates)
	dates := url.Values{
		"version": {"2"}, "information": {"2026-11-23T12:30"}, "deposit": {"2026-11-24T09:00"}, "study": {"2026-12-24T20:00"}, "vote": {"2027-01-24T09:00"},
		"result": {"2027-02-24T20:00"}, "deliberation": {"2027-03-10T18:00"}, "winners": {"2027-03-15T09:00"}, "delivery": {"2027-04-01T09:00"},
	}
	backwards := url.Values{"version": {"2"}, "deposit": {"2026-12-24T20:00"}, "study": {"2026-11-24T09:00"}}
	s.post(base+"/calendrier", base+"/calendrier", backwards).want(422, "Cette phase doit commencer après la précédente")
	s.post(base+"/calendrier", base+"/calendrier", dates).want(303)
	s.post(base+"/calendrier", base+"/calendrier", dates).want(409, "Rien de ce que vous avez écrit n’est perdu")
	s.post(base+"/enveloppes", base+"/enveloppes", url.Values{"version": {"3"}, "method": {"greedy"}, "amount": {"-1"}}).want(422, `value="-1"`)
	s.post(base+"/enveloppes", base+"/enveloppes", url.Values{"version": {"3"}, "method": {"greedy"}, "amount": {"150 000 €"}, "min_votes": {"10"}}).want(303)
	public := strings.TrimPrefix(base, "/office")
	s.get(public).want(404)
	s.get(base+"/apercu").want(200, "150\u202f000\u00a0€", "Aperçu")
	s.get(base).want(200, "Il ne manque rien", "Publier l’édition")
	s.post(base, base+"/publier", url.Values{"version": {"4"}}).want(303)
	s.as(citizen.Viewer{}).get(public).want(200, "Budget 2027", "150\u202f000\u00a0€", "10 votes pour être lauréat")
	s.get(public+"/reglement").want(200, "2026-11-03")
	s.get(public+"/deposer").want(409, "n’a pas commencé")
}

func TestDecisionsArePublishedFromTheOffice(t *testing.T) {
	s := newSite(t)
	edition := s.opened()
	id, _ := s.deposited(edition, "Une statue")
	s.at(day(studyDay))
	s.as(s.staff)
	file, decisions := officeProjectHref(edition, id), officeHref(edition)+"/decisions"
	s.get(officeHref(edition)+"/projets").want(200, "N° 1 · Une statue")
	s.post(file, file, url.Values{"admissible": {"no"}}).want(422, "Donnez le motif")
	s.post(file, decisions, url.Values{"version": {"0"}}).want(409, "1 projet sans décision")
	s.post(file, file, url.Values{"version": {"0"}, "admissible": {"no"}, "admissible_reason": {"Terrain privé."}}).want(303)
	if body := s.as(citizen.Viewer{}).get(projectHref(edition, id)).want(200).body; strings.Contains(body, "Terrain privé") {
		t.Error("the reason is public before its time")
	}
	s.as(s.staff).get(decisions).want(200, "Publier toutes les décisions", "Terrain privé.")
	s.post(decisions, decisions, url.Values{}).want(303)
	s.as(citizen.Viewer{}).get(projectHref(edition, id)).want(200, "Projet non recevable", "Terrain privé.")
	s.at(day(voteDay).Add(1))
	s.as(s.staff).get(officeHref(edition)+"/enveloppes").want(200, "sont fixés depuis l’ouverture du vote")
}
