package consultations

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/access"
	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

// site is the module mounted behind the edge, as the kernel does it, with two
// towns; the cookie of a session is its viewer's ID.
type site struct {
	*square
	app     *fiber.App
	towns   map[string]*tenant.Tenant
	viewers map[string]citizen.Viewer
	host    string
	session string
	jar     map[string]string
}

func (s *site) ByHost(_ context.Context, host string) (*tenant.Tenant, error) {
	if town, ok := s.towns[host]; ok {
		return town, nil
	}
	return nil, fault.New(fault.NotFound, "site.no_host")
}

func (s *site) Viewer(_ context.Context, t tenant.ID, token string) (citizen.Viewer, error) {
	if v, ok := s.viewers[t.String()+token]; ok {
		return v, nil
	}
	return citizen.Viewer{}, fault.New(fault.NotFound, "identity.no_session")
}

func newSite(t *testing.T) *site {
	s := &site{square: newSquare(t), towns: map[string]*tenant.Tenant{}, viewers: map[string]citizen.Viewer{}, jar: map[string]string{}}
	messages, err := i18n.Load(web.Catalogue, ui.Catalogue, access.Catalogue, database.Catalogue, voting.Catalogue, files.Catalogue, booth.Catalogue, catalogue)
	s.must(err)
	s.app, err = web.New(web.Options{
		Tenants: s, Sessions: s, Messages: messages, Secret: bytes.Repeat([]byte("s"), 32), Uploads: s.Uploads(),
		Log: slog.New(slog.DiscardHandler),
	})
	s.must(err)
	manifest := s.Manifest()
	s.Mount(s.app.Group("/"+manifest.Path),
		s.app.Group("/office/"+manifest.Path, web.Require(manifest.Name, manifest.Office...)), s.app.Group("/api/v1/"+manifest.Path))
	s.towns[s.town.Hosts[0]] = s.town
	s.host = s.town.Hosts[0]
	return s
}

// as makes the next requests those of v; a visitor without an ID.
func (s *site) as(v citizen.Viewer) *site {
	s.session = ""
	if v.SignedIn {
		s.session = v.ID.String()
		s.viewers[s.town.ID.String()+s.session] = v
	}
	s.jar = map[string]string{}
	return s
}

type answer struct {
	*http.Response
	t    testing.TB
	body string
}

func (s *site) send(method, path, kind string, body io.Reader, headers ...string) answer {
	s.Helper()
	request := httptest.NewRequest(method, path, body)
	request.Host = s.host
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
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

func (s *site) get(path string, headers ...string) answer {
	s.Helper()
	return s.send(http.MethodGet, path, "", nil, headers...)
}

var tokenRE = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// token is one for the forms of this session.
func (s *site) token() string {
	s.Helper()
	found := tokenRE.FindStringSubmatch(s.get("/office/consultations/nouvelle").body)
	if found == nil {
		s.Fatal("no form to take a token from")
	}
	return found[1]
}

func (s *site) post(path string, form url.Values, headers ...string) answer {
	s.Helper()
	if form == nil {
		form = url.Values{}
	}
	form.Set("_csrf", s.token())
	return s.send(http.MethodPost, path, fiber.MIMEApplicationForm, strings.NewReader(form.Encode()), headers...)
}

// upload sends a document with its title.
func (s *site) upload(path, title, file string, content []byte) answer {
	s.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	s.must(w.WriteField("_csrf", s.token()))
	s.must(w.WriteField("title", title))
	part, err := w.CreateFormFile("document", file)
	s.must(err)
	_, err = part.Write(content)
	s.must(err)
	s.must(w.Close())
	return s.send(http.MethodPost, path, w.FormDataContentType(), &body)
}

// want checks the status, and that the answer says each of the words.
func (a answer) want(status int, words ...string) answer {
	a.t.Helper()
	if a.StatusCode != status {
		a.t.Errorf("%s %s: status %d, want %d\n%.3000s", a.Request.Method, a.Request.URL, a.StatusCode, status, a.body)
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			a.t.Errorf("%s %s does not say %q:\n%.6000s", a.Request.Method, a.Request.URL, w, a.body)
		}
	}
	return a
}

// without checks that the answer says none of the words.
func (a answer) without(words ...string) answer {
	a.t.Helper()
	for _, w := range words {
		if strings.Contains(a.body, w) {
			a.t.Errorf("%s %s says %q", a.Request.Method, a.Request.URL, w)
		}
	}
	return a
}

func (a answer) location() string { return a.Header.Get("Location") }

// textForm is the form of a text that lacks nothing.
func filled() url.Values {
	return url.Values{
		"version": {"1"}, "title": {"Quel avenir pour la place du Marché ?"}, "summary": {"La place sera refaite en 2027."},
		"body": {"## Pourquoi\n\nLes pavés sont usés."}, "promise": {"Le conseil suivra."},
		"opens": {"2026-11-24T08:00"}, "closes": {"2026-12-04T20:00"}, "do": {"save"},
	}
}

func pollFilled() url.Values {
	return url.Values{
		"question": {"Que faire de la place ?"}, "method": {"plurality"}, "visibility": {"turnout"}, "allow_change": {"1"}, "person": {"1"}, "residence": {"0"},
		"option_label_1": {"Un jardin"}, "option_text_1": {"Avec une fontaine"}, "option_id_1": {""},
		"option_label_2": {"Un marché"}, "option_text_2": {""}, "option_id_2": {""},
		"option_label_3": {" "}, "option_text_3": {""}, "option_id_3": {""}, "do": {"save"},
	}
}

func TestAnOfficialTakesAConsultationFromDraftToDecision(t *testing.T) {
	s := newSite(t)
	s.as(s.staff)
	s.get("/office/consultations").want(200, "Votre première consultation")

	created := s.post("/office/consultations/nouvelle", filled()).want(303)
	base := strings.TrimSuffix(created.location(), "/votes")
	s.get(base+"/votes").want(200, "Aucune question", "Le brouillon est enregistré")
	s.post(base+"/votes/nouveau", pollFilled()).want(303)
	s.get(base+"/votes").want(200, "Que faire de la place ?", "Un seul choix", "La participation seulement")
	s.upload(base+"/documents", "Plan du projet", "plan.exe", pdf).want(303)
	s.get(base+"/documents").want(200, "Plan du projet", "PDF · 1 ko")

	public := strings.TrimPrefix(base, "/office")
	s.get(public).want(404)
	s.get(base+"/apercu").want(200, "Aperçu", "Quel avenir pour la place du Marché", "Les pavés sont usés", "Que faire de la place ?")
	s.get(base).want(200, "Il ne manque rien", "Publier")
	s.post(base+"/publier", url.Values{"version": {"1"}}).want(303)
	s.get(base).want(200, "La consultation est publiée")
	s.as(citizen.Viewer{}).get(public).want(200, "À venir", "Plan du projet", "mardi 24 novembre 2026 à 8")

	s.as(s.staff).post(base+"/ouvrir", url.Values{"version": {"2"}}).want(303)
	s.get(base+"/votes").want(200, "Pupitre", "/pupitre") // whence to the desk, the paper, the extension
	s.as(citizen.Viewer{}).get(public).want(200, "Vote ouvert", "personne a voté", `data-live="voting/`, `href="/votes/`)
	s.as(s.staff).post(base+"/prolonger", url.Values{"version": {"3"}, "until": {"2026-12-10T20:00"}, "reason_prolonger": {"Peu de réponses."}}).want(303)
	s.post(base+"/clore", url.Values{"version": {"4"}, "reason_clore": {"Réunion avancée."}}).want(303)
	s.get(public).want(200, "Peu de réponses.", "Réunion avancée.", "Voir les résultats", "/resultats")

	s.post(base+"/suites", url.Values{
		"version": {"5"}, "outcome": {"**Un jardin** sera planté."}, "on": {"2026-11-20"}, "number": {"2026-118"}, "url": {"https://exemple.fr/118"}, "do": {"save"},
	}).want(303)
	s.post(base+"/suites/notes", url.Values{"note": {"Les arbres sont commandés."}}).want(303)
	s.as(citizen.Viewer{}).get(public).want(200, "<strong>Un jardin</strong> sera planté.", "vendredi 20 novembre 2026", "2026-118",
		`href="https://exemple.fr/118"`, "Les arbres sont commandés.", "Décision publiée")
	s.get("/consultations").want(200, "Décision publiée", public)
	s.as(s.staff).get("/office/consultations/export.csv").want(200, "Décision publiée", "23/11/2026")
}

func TestNothingTypedIsLost(t *testing.T) {
	s := newSite(t)
	s.as(s.staff)
	typed := filled()
	for field, value := range map[string]string{
		"title": "", "summary": `<script>alert("1")</script>`, "closes": "2026-11-24T07:00", "opens": "2026-11-24T08:00",
		"body": "**gras** <iframe src=x>", "easy": "Facile", "promise": "On suivra.",
	} {
		typed.Set(field, value)
	}
	s.post("/office/consultations/nouvelle", typed).want(422,
		"Écrivez la question", "La clôture doit venir après l’ouverture",
		"&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;", "**gras** &lt;iframe src=x&gt;", "Facile", "On suivra.",
		`value="2026-11-24T07:00"`, `value="2026-11-24T08:00"`, `href="#f-title"`, `href="#f-closes"`,
	).without("<script>alert", "<iframe")

	for what, dates := range map[string][2]string{
		"n’existe pas": {"2027-03-28T02:30", "2027-03-29T02:30"}, // the clocks go forward
		"date":         {"hier", "2026-12-04T20:00"},
		"année":        {"2026-11-24T08:00", "2062-12-04T20:00"},
	} {
		typed := filled()
		typed.Set("opens", dates[0])
		typed.Set("closes", dates[1])
		s.post("/office/consultations/nouvelle", typed).want(422, what, dates[0], "Les pavés sont usés.")
	}
	if n := len(s.titles(Query{Limit: 10})); n != 0 {
		t.Errorf("%d drafts were kept", n)
	}
}

func TestALongTextGoesThrough(t *testing.T) {
	s := newSite(t)
	s.as(s.staff)
	typed := filled()
	typed.Set("body", strings.Repeat("é", maxBody))
	s.post("/office/consultations/nouvelle", typed).want(303)
	typed = filled()
	typed.Set("body", strings.Repeat("é", maxBody+1))
	s.post("/office/consultations/nouvelle", typed).want(422, "trop long", strings.Repeat("é", maxBody+1))
}

func TestTheSecondToSaveIsToldAndLosesNothing(t *testing.T) {
	s := newSite(t)
	id, polls := s.draft()
	s.as(s.staff)
	mine, theirs := filled(), filled()
	mine.Set("summary", "Mon résumé")
	theirs.Set("summary", "Leur résumé")
	path := officeHref(id) + "/texte"
	s.post(path, theirs).want(303)
	s.post(path, mine).want(409, "Quelqu’un d’autre a enregistré", "Mon résumé", `name="version" value="2"`, `href="`+path+`"`)
	if got := s.dossier(id).Summary; got != "Leur résumé" {
		t.Errorf("kept %q", got)
	}
	mine.Set("version", "2")
	s.post(path, mine).want(303)

	form := pollFilled()
	form.Set("revision", "9")
	form.Set("question", "Ma question ?")
	s.post(officeHref(id)+"/votes/"+polls[0].String(), form).want(409, "Quelqu’un d’autre a enregistré", "Ma question ?", `name="revision" value="1"`)
	s.post(officeHref(id)+"/publier", url.Values{"version": {"1"}}).want(409, "Quelqu’un d’autre a enregistré")
	s.phase(id, Draft)
}

func TestChoicesAreArrangedWithoutAScript(t *testing.T) {
	s := newSite(t)
	id, _ := s.draft()
	s.as(s.staff)
	path := officeHref(id) + "/votes/nouveau"
	press := func(button string) answer {
		form := pollFilled()
		form.Set("question", "")
		form.Set("do", button)
		return s.post(path, form).want(200)
	}
	labels := func(a answer) string {
		var found []string
		for n := 1; ; n++ {
			label := regexp.MustCompile(`name="option_label_` + strconv.Itoa(n) + `"[^>]*`).FindString(a.body)
			if label == "" {
				return strings.Join(found, "|")
			}
			value := regexp.MustCompile(`value="([^"]*)"`).FindStringSubmatch(label)
			found = append(found, value[1])
		}
	}
	s.get(path).want(200, `name="option_label_2"`)
	for button, want := range map[string]string{
		"add": "Un jardin|Un marché||", "up:2": "Un marché|Un jardin|", "down:1": "Un marché|Un jardin|", "remove:1": "Un marché|",
		"up:1": "Un jardin|Un marché|", "down:3": "Un jardin|Un marché|", "remove:99": "Un jardin|Un marché|",
	} {
		if got := labels(press(button)); got != want {
			t.Errorf("%s: %s, want %s", button, got, want)
		}
	}
	if n := len(s.dossier(id).Polls); n != 1 {
		t.Errorf("arranging choices saved: %d polls", n)
	}
	wrong := pollFilled()
	wrong.Set("question", "")
	wrong.Set("option_label_2", "Un jardin")
	s.post(path, wrong).want(422, "Avec une fontaine", `href="#f-question"`, `href="#f-options"`)
}

func TestMarkdownIsPreviewedWithAndWithoutAScript(t *testing.T) {
	s := newSite(t)
	id, _ := s.draft()
	s.as(s.staff)
	form := filled()
	form.Set("do", "preview")
	form.Set("title", "")
	form.Set("body", "# Titre\n\n<script>alert(1)</script>**gras** [x](javascript:alert(1))")
	whole := s.post(officeHref(id)+"/texte", form).want(200, "<html", "<h3>Titre</h3>", "<strong>gras</strong>", "Le conseil suivra.")
	whole.without("<script>alert", `href="javascript`)
	part := s.post(officeHref(id)+"/texte", form, "HX-Request", "true").want(200, "<strong>gras</strong>", `id="apercu"`)
	part.without("<html", "<script>alert")
	if got := s.dossier(id).Body; strings.Contains(got, "Titre") {
		t.Errorf("the preview was saved: %q", got)
	}
}

func TestDocumentsAreRefusedInPlainWords(t *testing.T) {
	s := newSite(t)
	id, _ := s.draft()
	s.as(s.staff)
	path := officeHref(id) + "/documents"
	s.upload(path, "Une page", "plan.pdf", []byte("<html><script>alert(1)</script>")).want(422, "Ce type de fichier n’est pas accepté", "Une page", `href="#f-document"`)
	s.upload(path, "Vide", "vide.pdf", nil).want(422, "vide", "Vide")
	s.upload(path, "", "plan.pdf", pdf).want(422, "Donnez un titre")
	s.post(path, url.Values{"title": {"Sans fichier"}}).want(422, "Choisissez un fichier", "Sans fichier")
	s.upload(path, "Plan", "plan.pdf", pdf).want(303)
	s.upload(path, "Encore", "plan.pdf", pdf).want(422, "déjà dans le dossier", "Encore")

	document := s.dossier(id).Documents[0].ID.String()
	s.as(citizen.Viewer{}).get(href(id) + "/documents/" + document).want(404)
	got := s.as(s.staff).get(officeHref(id)+"/documents/"+document).want(200, "%PDF")
	if got.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("headers %v", got.Header)
	}
	s.must(s.Publish(t.Context(), s.town, s.staff, id))
	s.as(citizen.Viewer{}).get(href(id)+"/documents/"+document).want(200, "%PDF")
	s.get(href(uuid.New()) + "/documents/" + document).want(404)
}

func TestTheListHasOneAddressForEachContent(t *testing.T) {
	s := newSite(t)
	zone := s.town.Zones[0].ID.String()
	for address, want := range map[string]string{
		"?etat=&q=&quartier=":             sitePath,
		"?etat=inconnu":                   sitePath,
		"?quartier=" + uuid.NewString():   sitePath,
		"?utm_source=x&etat=en-cours":     sitePath + "?etat=en-cours",
		"?q=a&etat=en-cours":              sitePath + "?etat=en-cours&q=a",
		"?quartier=" + zone + "&q=":       sitePath + "?quartier=" + zone,
		"?apres=quelquechose":             sitePath,
		"?q=" + strings.Repeat("a", 1000): sitePath + "?q=" + strings.Repeat("a", 200),
	} {
		a := s.get(sitePath + address)
		if a.StatusCode != 302 || a.location() != want {
			t.Errorf("%.80s leads to %d %s, want %s", address, a.StatusCode, a.location(), want)
			continue
		}
		s.get(want).want(200)
	}
}

func TestTheListSaysWhatIsOpenAndWhatIsMissing(t *testing.T) {
	s := newSite(t)
	s.get(sitePath).want(200, "Aucune consultation pour le moment")
	open, _ := s.upcoming(called("Ouverte bientôt ?"))
	s.upcoming(called("À venir ?"), func(p *Plan) { p.OpensAt, p.Zone = noon.Add(8*24*time.Hour), s.town.Zones[0].ID })
	s.draft(called("Secrète ?"))
	s.at(noon.Add(24 * time.Hour))
	s.get(sitePath).want(200, "Ouverte bientôt", "À venir", "Clôture dans 10 jours", href(open)).without("Secrète")
	s.get(sitePath+"?etat=a-venir").want(200).without("Ouverte bientôt", "Secrète")
	s.get(sitePath+"?q=tramway").want(200, "Aucune consultation ne correspond", "tramway")
	s.get(sitePath+"?quartier="+s.town.Zones[1].ID.String()).want(200, "Ouverte bientôt").without("À venir ?</a>")
	s.as(s.staff).get("/office/consultations").want(200, "Secrète", "Ouverte bientôt")
	for _, sort := range []string{"?tri=title", "?tri=closes&ordre=desc", "?tri=opens&etat=draft", "?tri=%27;DROP", "?apres=AAAA", "?q=secrete"} {
		s.get("/office/consultations"+sort).want(200, "Secrète")
	}
}

func TestAVoterSeesThatTheyVotedAndNobodySeesWhat(t *testing.T) {
	s := newSite(t)
	id, polls := s.opened(asking(question(), question(func(t *voting.Terms) { t.Question, t.AllowChange = "Et quand ?", false })))
	voter := s.citizen(s.town)
	s.as(voter).get(href(id)).want(200, "Voter", "/votes/"+polls[0].String()).without("Vous avez voté")
	s.must(s.vote(voter, polls[0]))
	s.must(s.vote(voter, polls[1]))
	s.get(href(id)).want(200, "Vous pouvez changer d’avis", "Modifier mon vote", "Votre vote est enregistré")
	s.as(s.citizen(s.town)).get(href(id)).want(200, "Voter").without("Vous avez voté")
	s.as(citizen.Viewer{}).get(href(id)).want(200, "personne a voté").without("Vous avez voté")
}

func TestHiddenTurnoutIsNowhereInThePage(t *testing.T) {
	s := newSite(t)
	id, polls := s.opened(asking(question(func(t *voting.Terms) { t.Visibility = voting.Hidden })))
	s.must(s.vote(s.citizen(s.town), polls[0]))
	s.as(citizen.Viewer{}).get(href(id)).want(200, "seront publiés à la clôture").without("a voté", "ont voté", `data-live-bind="turnout"`)
}

func TestReasonsComeWithTheirRemedies(t *testing.T) {
	s := newSite(t)
	id, _ := s.opened(asking(question(func(t *voting.Terms) {
		t.Electorate.Person, t.Electorate.AgeFrom, t.Electorate.Zones = citizen.PersonDesk, 16, []uuid.UUID{s.town.Zones[0].ID}
	})))
	young := s.citizen(s.town)
	young.BornOn = "2015-01-01"
	page := s.as(young).get(href(id)).want(200, "Pour voter, il vous manque", "16", "âgées de 16 ans ou plus", "habitant La Noue", "?retour=%2Fconsultations%2F")
	page.without(`href="/votes/`)
}

func TestTheBackOfficeIsForStaff(t *testing.T) {
	s := newSite(t)
	id, polls := s.upcoming()
	document := s.pdf(id)
	paths := []string{"", "/nouvelle", "/export.csv"}
	for _, p := range []string{"", "/apercu", "/texte", "/documents", "/documents/" + document.String(), "/votes", "/votes/nouveau", "/votes/" + polls[0].String(), "/suites"} {
		paths = append(paths, "/"+id.String()+p)
	}
	for _, path := range paths {
		s.as(citizen.Viewer{}).get("/office/consultations" + path).want(303)
		s.as(s.citizen(s.town)).get("/office/consultations" + path).want(403)
		s.as(with(citizen.Grant{Role: citizen.Moderator})).get("/office/consultations" + path).want(403)
		s.as(s.staff).get("/office/consultations" + path).want(200)
	}
}

func TestAnotherTownsPagesDoNotExist(t *testing.T) {
	s := newSite(t)
	id, polls := s.upcoming()
	document := s.pdf(id)
	other, theirs := s.newTown()
	s.towns[other.Hosts[0]] = other
	s.host, s.town = other.Hosts[0], other
	s.as(theirs)
	base := officeHref(id)
	gets := []string{href(id), href(id) + "/documents/" + document.String(), base, base + "/apercu", base + "/texte", base + "/documents",
		base + "/documents/" + document.String(), base + "/votes", base + "/votes/nouveau", base + "/votes/" + polls[0].String(), base + "/suites"}
	for _, path := range gets {
		s.get(path).want(404).without("place du Marché")
	}
	for _, path := range []string{"/texte", "/supprimer", "/documents", "/documents/" + document.String() + "/retirer", "/votes/nouveau", "/votes/" + polls[0].String(),
		"/votes/" + polls[0].String() + "/retirer", "/votes/" + polls[0].String() + "/deplacer", "/publier", "/ouvrir", "/prolonger", "/clore", "/annuler", "/suites", "/suites/notes",
		"/suites/notes/" + uuid.NewString() + "/retirer"} {
		form := filled()
		for name, list := range pollFilled() {
			form[name] = list
		}
		form.Set("note", "x")
		form.Set("outcome", "x")
		s.post(base+path, form).want(404).without("place du Marché")
	}
	s.get("/consultations").want(200).without("place du Marché")
}

func TestOddAddressesAreNotFound(t *testing.T) {
	s := newSite(t)
	id, _ := s.upcoming()
	s.as(s.staff)
	for _, path := range []string{"/consultations/x", "/consultations/" + strings.ToUpper(id.String()) + "x", href(id) + "/documents/x", href(id) + "/documents/" + uuid.NewString(),
		"/office/consultations/x", officeHref(id) + "/votes/x", officeHref(id) + "/votes/" + uuid.NewString(), officeHref(id) + "/documents/x", officeHref(uuid.New())} {
		s.get(path).want(404)
	}
}

func TestPagesAreSoundInEveryPhase(t *testing.T) {
	s := newSite(t)
	id, _ := s.draft(func(p *Plan) { p.Documents = []PlannedDocument{{"Plan", pdf}}; p.Zone = s.town.Zones[0].ID })
	s.as(s.staff)
	visit := func(phase Phase) {
		s.phase(id, phase)
		pages := []string{officeHref(id), officeHref(id) + "/texte", officeHref(id) + "/documents", officeHref(id) + "/votes", officeHref(id) + "/suites", officeHref(id) + "/apercu", "/office/consultations"}
		if phase != Draft {
			pages = append(pages, href(id), href(id)+"?lecture=facile", sitePath)
		}
		for _, page := range pages {
			for _, lang := range []string{"fr", "en"} {
				body := s.get(page, "Cookie", "parvis="+s.session+"; parvis-lang="+lang).want(200).body
				if key := regexp.MustCompile(`\b(consultations|files|voting|access|ui|web|i18n)\.[a-z_]+[a-z_.]*\b`).FindString(strings.ReplaceAll(body, "consultations.csv", "")); key != "" {
					t.Errorf("%s in %s, %s: shows the key %s", page, lang, phase, key)
				}
				soundHTML(t, fmt.Sprintf("%s (%s, %s)", page, phase, lang), body)
			}
		}
	}
	visit(Draft)
	s.must(s.Publish(t.Context(), s.town, s.staff, id))
	visit(Upcoming)
	s.at(noon.Add(48 * time.Hour))
	visit(Open)
	s.at(noon.Add(12 * 24 * time.Hour))
	visit(Closed)
	s.must(s.Decide(t.Context(), s.town, s.staff, id, Outcome{Text: "Un jardin.", Number: "12", URL: "https://exemple.fr"}))
	s.must(s.FollowUp(t.Context(), s.town, s.staff, id, "Fait."))
	visit(Decided)
	s.at(noon)
	id, _ = s.upcoming(called("Annulée ?"))
	s.must(s.Cancel(t.Context(), s.town, s.staff, id, "Erreur"))
	visit(Cancelled)
}
