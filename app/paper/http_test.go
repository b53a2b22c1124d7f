package paper_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
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
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/paper"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

// site is the hall, served.
type site struct {
	*hall
	app *fiber.App
}

// ByHost implements web.Tenants.
func (s *site) ByHost(_ context.Context, host string) (*tenant.Tenant, error) {
	for _, t := range []*tenant.Tenant{s.town, s.other} {
		if name, _, _ := strings.Cut(host, ":"); name == t.Hosts[0] {
			return t, nil
		}
	}
	return nil, fault.New(fault.NotFound, "web.not_found")
}

// Viewer implements web.Sessions: the token is the name, in every town.
func (s *site) Viewer(_ context.Context, _ tenant.ID, token string) (citizen.Viewer, error) {
	name, err := url.QueryUnescape(token)
	if v, ok := s.staff[name]; ok && err == nil {
		return v, nil
	}
	return citizen.Viewer{}, fault.New(fault.NotFound, "web.not_found")
}

func serve(t *testing.T) *site {
	t.Parallel()
	s := &site{hall: newHall(t)}
	messages, err := i18n.Load(web.Catalogue, ui.Catalogue, access.Catalogue, identity.Catalogue, database.Catalogue, voting.Catalogue, booth.Catalogue, paper.Catalogue)
	s.must(err)
	s.app, err = web.New(web.Options{Tenants: s, Sessions: s, Messages: messages, Secret: []byte(strings.Repeat("k", 32)), Log: slog.New(slog.DiscardHandler)})
	s.must(err)
	s.booth.Mount(s.app)
	s.Mount(s.app)
	s.MountOffice(s.app.Group("/office"))
	return s
}

// person is a browser without scripts.
type person struct {
	*site
	host string
	jar  map[string]string
	csrf string
}

func (s *site) as(name string) *person {
	p := &person{site: s, host: s.town.Hosts[0], jar: map[string]string{}}
	if name != "" {
		p.jar["parvis"] = url.QueryEscape(name)
	}
	return p
}

type answer struct {
	status int
	header http.Header
	text   string
	raw    string
}

var csrfRE = regexp.MustCompile(`name="_csrf" value="([^"]*)"`)

func (p *person) ask(method, path, body string) answer {
	p.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Host = p.host
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range p.jar {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := p.app.Test(req, -1)
	p.must(err)
	raw, err := io.ReadAll(response.Body)
	p.must(err)
	for _, cookie := range response.Cookies() {
		p.jar[cookie.Name] = cookie.Value
		if cookie.MaxAge < 0 || cookie.Value == "" {
			delete(p.jar, cookie.Name)
		}
	}
	if token := csrfRE.FindStringSubmatch(string(raw)); token != nil {
		p.csrf = html.UnescapeString(token[1])
	}
	text := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'").Replace(html.UnescapeString(string(raw)))
	return answer{response.StatusCode, response.Header, text, string(raw)}
}

func (p *person) get(path string) answer { return p.ask(http.MethodGet, path, "") }

func (p *person) post(path string, pairs ...string) answer {
	form := url.Values{"_csrf": {p.csrf}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return p.ask(http.MethodPost, path, form.Encode())
}

func (a answer) want(t testing.TB, status int, words ...string) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.text)
	}
	for _, w := range words {
		if !strings.Contains(a.text, w) {
			t.Errorf("%q is missing", w)
		}
	}
	return a
}

func (a answer) leads(t testing.TB, to string) string {
	t.Helper()
	if at := a.header.Get("Location"); a.status != 303 || !strings.HasSuffix(at, to) {
		t.Fatalf("status %d to %q, want 303 to %q: %s", a.status, at, to, a.text)
	}
	return a.header.Get("Location")
}

// TestABatchFromItsPrintingToTheResult goes through the pages, without a script.
func TestABatchFromItsPrintingToTheResult(t *testing.T) {
	s := serve(t)
	id := s.open()
	home := paper.Href(id)
	lot := home + "/lots/1"
	anne, bruno, olga := s.as("Anne"), s.as("Bruno"), s.as("Olga")
	anne.get(home).want(t, 200, "Aucun lot pour l'instant", "pas encore clos", "Préparer un lot")
	anne.post(home+"/lots").leads(t, "/lots/1")
	anne.get(lot+"/bulletins?exemplaires=3").want(t, 200, "Tilleul", "Cochez 3 propositions au plus", "rend le bulletin nul", "Lot 1")
	anne.get(lot+"/bulletins?exemplaires=9999").want(t, 422, "de 1 à 200")
	anne.get(home+"/emargement").want(t, 200, "Feuille d'émargement", "Signature")
	anne.get(lot+"/saisie").want(t, 409, "ne sont pas encore comptés")
	anne.post(lot+"/compte", "counted", "-5").want(t, 422, "de 1 à 500")
	anne.post(lot+"/compte", "counted", "deux").want(t, 422)
	anne.post(lot+"/compte", "counted", "2").leads(t, "/lots/1")

	anne.get(lot+"/saisie").want(t, 200, "Bulletin n° 1", "Il vous reste 2 bulletins")
	anne.post(lot+"/saisie", "sheet", "1").want(t, 422, "Indiquez ce que dit le bulletin")
	anne.post(lot+"/saisie", "sheet", "1", "choix", "a", "choix", "b", "choix", "c", "choix", "d").want(t, 422, "il est nul")
	anne.post(lot+"/saisie", "sheet", "1", "choix", "a", "nul", "sign").want(t, 422, "gardez l'un ou l'autre")
	anne.post(lot+"/saisie", "sheet", "1", "choix", "zz").want(t, 422)
	anne.post(lot+"/saisie", "sheet", "1", "choix", "blanc", "choix", "a").want(t, 422, "gardez l'un ou l'autre")
	anne.post(lot+"/saisie", "sheet", "9", "choix", "a").want(t, 404)
	anne.post(lot+"/saisie", "sheet", "1", "choix", "a").leads(t, "/saisie")
	anne.post(lot+"/saisie", "sheet", "1", "choix", "a").want(t, 409, "une autre personne doit le lire")
	anne.post(lot+"/saisie", "sheet", "2", "nul", "illegible").leads(t, "/saisie")
	anne.get(lot+"/saisie").want(t, 200, "Plus rien à lire pour vous")
	bruno.get(lot+"/saisie").want(t, 200, "Bulletin n° 1")
	bruno.post(lot+"/saisie", "sheet", "1", "choix", "a").leads(t, "/saisie")
	anne.post(lot+"/sceller").want(t, 409, "lus de la même façon")
	bruno.post(lot+"/saisie", "sheet", "2", "nul", "illegible").leads(t, "/saisie")
	anne.post(lot+"/sceller").leads(t, "/lots/1")
	bruno.get(lot+"/saisie").want(t, 409, "Ce lot est scellé")
	anne.get(lot).want(t, 200, "Nul : Illisible", "Tilleul", "Corriger un bulletin")

	olga.get(home)
	olga.post(home+"/terminer", "reason", "Essai").want(t, 410)
	s.close(id)
	s.as("").get("/votes/"+id.String()+"/resultats").want(t, 200)
	s.as("").get("/votes/"+id.String()+"/papier").want(t, 200, "Dépouillement en cours", "moins de 10")
	olga.post(home+"/terminer").want(t, 422, "indiquez pourquoi")
	olga.post(home+"/terminer", "reason", "Personne n'a émargé").leads(t, "/papier")
	s.as("").get("/votes/"+id.String()+"/papier").want(t, 200, "Les nombres diffèrent", "Personne n'a émargé", "2 de plus")
	if r := s.result(id); r.Ballots != 2 || r.Null != 1 || r.Base != 1 {
		t.Errorf("%d ballots, %d null, base %d", r.Ballots, r.Null, r.Base)
	}
	anne.get(home+"/proces-verbal").want(t, 200, "Procès-verbal du dépouillement", "Signatures")

	anne.get(lot)
	anne.post(lot+"/corrections", "sheet", "2", "choix", "b").want(t, 422, "Indiquez la raison")
	anne.post(lot+"/corrections", "sheet", "2", "choix", "b", "reason", "Relecture").leads(t, "/papier")
	anne.get(home).want(t, 200, "Attend une deuxième signature")
	anne.post(home+"/corrections/1", "geste", "signer").want(t, 403, "une autre personne doit la signer")
	bruno.get(home)
	bruno.post(home+"/corrections/1", "geste", "signer").leads(t, "/papier")
	if r := s.result(id); r.Version != 2 || r.Null != 0 || r.Base != 2 {
		t.Errorf("version %d, %d null, base %d", r.Version, r.Null, r.Base)
	}
}

// TestTheSecondTypistSeesNothingOfTheFirst: not one byte of the page depends on
// what was typed, nor on whether anything was.
func TestTheSecondTypistSeesNothingOfTheFirst(t *testing.T) {
	s := serve(t)
	changing := regexp.MustCompile(`(name="_csrf" value="[^"]*"|nonce="[^"]*"|` + `[0-9a-f]{8}-[0-9a-f-]{27})`)
	var pages []string
	for _, typed := range []voting.Sheet{"", "a=1", "b=1;c=1", "!sign"} {
		id := s.open()
		n := s.batch(id, 3)
		if typed != "" {
			s.must(s.types("Anne", id, n, 1, typed))
		}
		page := s.as("Bruno").get(fmt.Sprintf("%s/lots/%d/saisie", paper.Href(id), n)).want(t, 200)
		pages = append(pages, changing.ReplaceAllString(page.raw, "…"))
	}
	for i, page := range pages[1:] {
		if page != pages[0] {
			t.Errorf("page %d is not that of a sheet nobody has typed", i+1)
		}
	}
}

func TestTheDeskThroughItsPages(t *testing.T) {
	s := serve(t)
	id := s.open()
	who := s.citizens(2)
	desk := paper.DeskHref(id)
	anne := s.as("Anne")
	anne.get(desk).want(t, 200, "Accueil du vote")
	anne.post(desk, "q", "ro").want(t, 422)
	anne.post(desk, "q", "roy").want(t, 200, "Lucie Roy", "Identité vérifiée")
	anne.post(desk, "q", "Zzzz").want(t, 200, "Personne de ce nom")
	at := desk + "/" + who[0].String()
	anne.get(at).want(t, 200, "Lucie Roy", "02/03/1950", "Ouvrir la borne", "Émarger", "à sa demande")
	anne.post(at+"/papier").want(t, 422, "Cochez la case")
	anne.post(at+"/papier", "remis", "oui").leads(t, "/guichet")
	anne.get(at).want(t, 200, "a déjà voté", "Sur papier")
	s.staff["Lucie"] = citizen.Viewer{ID: who[0], SignedIn: true, Name: "Lucie", Person: citizen.PersonDesk}
	lucie, booth := s.as("Lucie"), "/votes/"+id.String()
	if page := lucie.get(booth).want(t, 200, "Vous avez remis un bulletin papier", "dites-le à l'accueil"); strings.Contains(page.text, "<form") {
		t.Error("a ballot is offered to somebody who has voted on paper")
	}
	anne.post(at+"/papier", "remis", "oui").want(t, 409, "déjà remis")
	anne.post(at+"/borne", "pour", "borne").want(t, 409, "déjà voté")
	s.as("Olga").get(desk).want(t, 403)
	s.as("").get(desk).want(t, 303) // to the sign-in page
	anne.get(desk+"/"+citizen.NewID().String()).want(t, 404)

	other := desk + "/" + who[1].String()
	anne.get(other)
	anne.post(other+"/borne", "pour", "saisie").leads(t, "/saisie")
	anne.get(other+"/saisie").want(t, 200, "Vous voyez le choix de cette personne")
	anne.post(other+"/saisie", "choix", "b").want(t, 422, "après l'avoir dit")
	receipt := anne.post(other+"/saisie", "choix", "b", "dit", "oui")
	anne.get(receipt.header.Get("Location")).want(t, 200)
	anne.get(other).want(t, 200, "À la mairie")
	anne.get(other+"/saisie").leads(t, who[1].String())
}

// A mark made by mistake, through the pages: asked for at the desk, signed where
// corrections are, told to everybody.
func TestAMarkIsTakenBackThroughThePages(t *testing.T) {
	s := serve(t)
	id := s.open()
	who := s.citizens(2)
	at, sheets := paper.DeskHref(id)+"/"+who[0].String(), paper.Href(id)
	anne, bruno, olga := s.as("Anne"), s.as("Bruno"), s.as("Olga")
	if page := anne.get(at).want(t, 200); strings.Contains(page.text, "/annuler") {
		t.Error("nothing was marked, and something may be taken back")
	}
	anne.post(at+"/annuler", "motif", "Homonyme").want(t, 409, "rien à annuler")
	anne.post(at+"/papier", "remis", "oui").leads(t, "/guichet")
	anne.get(at).want(t, 200, "Annuler cet émargement", "ne nommez personne")
	anne.post(at+"/annuler", "motif", " ").want(t, 422, "Annuler cet émargement")
	anne.post(at+"/annuler", "motif", strings.Repeat("é", 501)).want(t, 422, strings.Repeat("é", 501))
	anne.post(at+"/annuler", "motif", "Deux homonymes.").leads(t, who[0].String())
	anne.get(at).want(t, 200, "Son annulation est demandée", "Deux homonymes.", "Signer ou abandonner")
	anne.post(at+"/annuler", "motif", "Encore").want(t, 409, "déjà demandée")
	s.as("Olga").get(at).want(t, 403)

	anne.get(sheets).want(t, 200, "Annulation d'émargement n° 1", "Voir de qui il s'agit")
	anne.post(sheets+"/annulations/1", "geste", "signer").want(t, 403)
	bruno.get(sheets)
	bruno.post(sheets+"/annulations/1", "geste", "manger").want(t, 422)
	for _, number := range []string{"0", "x", "9999999", "2"} {
		bruno.post(sheets+"/annulations/"+number, "geste", "signer").want(t, 404)
	}
	if page := olga.get(sheets).want(t, 200, "Annulation d'émargement n° 1"); strings.Contains(page.text, who[0].String()) || strings.Contains(page.text, "Lucie") {
		t.Error("somebody who receives nobody is told who it is")
	}
	olga.post(sheets+"/annulations/1", "geste", "signer").leads(t, "/papier")
	bruno.post(sheets+"/annulations/1", "geste", "signer").want(t, 409, "déjà été signée")
	anne.get(at).want(t, 200, "Ouvrir la borne", "Émarger")
	s.as("").get(paper.PublicHref(id)).want(t, 200, "Émargement annulé, fait par erreur. Motif : Deux homonymes.")
	s.as("").get("/votes/"+id.String()+"/resultats").want(t, 200, "Émargement annulé, fait par erreur", "Motif : Deux homonymes.")

	anne.post(at+"/papier", "remis", "oui").want(t, 303)
	anne.post(at+"/annuler", "motif", "Encore.").want(t, 303)
	anne.post(sheets+"/annulations/2", "geste", "abandonner").leads(t, "/papier")
	anne.get(sheets).want(t, 200, "L'émargement est maintenu")
	anne.post(at+"/annuler", "motif", "Vraiment.").want(t, 303)
	bruno.post(sheets+"/annulations/3", "geste", "signer").leads(t, "/papier")

	anne.post(at+"/borne", "pour", "saisie")
	anne.post(at+"/saisie", "choix", "b", "dit", "oui").want(t, 303)
	anne.get(at).want(t, 200, "son bulletin est dans l'urne, avec son récépissé")
}

func TestTheKioskKeepsNothing(t *testing.T) {
	s := serve(t)
	id := s.open()
	who := s.citizens(1)[0]
	anne, tablet := s.as("Anne"), s.as("")
	at := paper.DeskHref(id) + "/" + who.String()
	anne.get(at)
	shown := anne.get(anne.post(at+"/borne", "pour", "borne").leads(t, "/code")).want(t, 200, "Borne ouverte pour Lucie Roy")
	code := regexp.MustCompile(`paper-code">([A-Z0-9 ]+)<`).FindStringSubmatch(shown.raw)[1]

	tablet.get("/borne/bulletin").leads(t, "/borne")
	tablet.get("/borne").want(t, 200, "Tapez le code")
	tablet.post("/borne", "code", "AAAA AAAA").want(t, 422, "Ce code n'ouvre rien", "AAAA AAAA")
	tablet.post("/borne", "code", strings.ToLower(code)).leads(t, "/borne/bulletin")
	second := s.as("")
	second.get("/borne")
	second.post("/borne", "code", code).want(t, 422)
	ballot := tablet.get("/borne/bulletin").want(t, 200, "Quels arbres planter", "Tilleul")
	if strings.Contains(ballot.text, "Lucie") || ballot.header.Get("Refresh") == "" || !strings.Contains(ballot.header.Get("Cache-Control"), "no-store") {
		t.Errorf("the tablet shows who votes, stays, or keeps the page: %v", ballot.header)
	}
	tablet.post("/borne/verification").want(t, 422, "Choisissez une réponse")
	tablet.post("/borne/verification", "choix", "b", "choix", "c").want(t, 200, "Vérifiez votre vote", "Érable", "Chêne")
	tablet.post("/borne/corriger", "choix", "b").want(t, 200, "Tilleul")
	tablet.post("/borne/bulletin", "choix", "b").leads(t, "/borne/recepisse")
	done := tablet.get("/borne/recepisse").want(t, 200, "Votre vote est enregistré", "Récépissé")
	if strings.Contains(done.text, "Érable") || strings.Contains(done.text, "Lucie") {
		t.Error("the receipt tells the choice, or the name")
	}
	for _, page := range []string{"/borne/bulletin", "/borne/verification"} { // the back button
		a := tablet.get(page)
		if strings.Contains(a.text, "Érable") {
			t.Errorf("%s still shows something", page)
		}
		a.want(t, 303)
	}
	tablet.post("/borne/bulletin", "choix", "a").leads(t, "/borne")
	tablet.get("/borne").want(t, 200)
	tablet.get("/borne/recepisse").leads(t, "/borne")
	anne.get(at).want(t, 200, "À la mairie")
	signedIn := s.as("Anne")
	signedIn.get("/borne").want(t, 200, "Une session est ouverte")
}

// Whoever comes next does not vote in the name of who left.
func TestLeavingTheKioskEndsIt(t *testing.T) {
	s := serve(t)
	id := s.open()
	code, err := s.OpenKiosk(context.Background(), s.town, s.staff["Anne"], id, s.citizens(1)[0], paper.Kiosk)
	s.must(err)
	tablet := s.as("")
	tablet.get("/borne")
	tablet.post("/borne", "code", code).leads(t, "/borne/bulletin")
	kept := tablet.jar
	tablet.get("/borne/bulletin").want(t, 200)
	thief := s.as("")
	for name, value := range kept {
		thief.jar[name] = value
	}
	tablet.get("/borne").want(t, 200)
	thief.get("/borne/bulletin").leads(t, "/borne")
}

func TestPaperOfAnotherTownDoesNotExist(t *testing.T) {
	s := serve(t)
	id := s.open()
	s.batch(id, 2)
	away := s.as("Anne")
	away.host = s.other.Hosts[0]
	for _, path := range []string{"", "/lots/1", "/lots/1/saisie", "/lots/1/bulletins", "/emargement", "/proces-verbal"} {
		away.get(paper.Href(id)+path).want(t, 404)
	}
	away.get(paper.DeskHref(id)).want(t, 404)
	away.get(paper.PublicHref(id)).want(t, 404)
	s.as("Anne").get(paper.Href(id)+"/lots/7").want(t, 404)
	s.as("Anne").get(paper.Href(id)+"/lots/0x1").want(t, 404)
	s.as("Anne").get("/office/papier/AAAAAAAA").want(t, 404)
	s.as("Mona").get(paper.Href(id)).want(t, 403)
}
