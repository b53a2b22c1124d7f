package consultations

import (
	"bytes"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/files"
	"parvis/app/testkit/edge"
	"parvis/app/voting"
)

// site is the module behind the edge, with the office's way to it.
type site struct {
	*square
	*edge.Site
}

func newSite(t *testing.T) *site {
	square := newSquare(t)
	return &site{square, edge.New(t, square.Module, square.town, newPath, voting.Catalogue, files.Catalogue, booth.Catalogue, catalogue)}
}

// newPath has a form that everybody who writes consultations may open.
const newPath = "/office/consultations/nouvelle"

// upload sends a document with its title.
func (s *site) upload(path, title, file string, content []byte) edge.Answer {
	s.Helper()
	return s.Upload(newPath, path, url.Values{"title": {title}}, "document", file, bytes.NewReader(content))
}

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
	s.As(s.staff)
	s.Get("/office/consultations").Want(200, "Votre première consultation")

	created := s.Post("/office/consultations/nouvelle", filled()).Want(303)
	base := strings.TrimSuffix(created.Location(), "/votes")
	s.Get(base+"/votes").Want(200, "Aucune question", "Le brouillon est enregistré")
	s.Post(base+"/votes/nouveau", pollFilled()).Want(303)
	s.Get(base+"/votes").Want(200, "Que faire de la place ?", "Un seul choix", "La participation seulement")
	s.upload(base+"/documents", "Plan du projet", "plan.exe", pdf).Want(303)
	s.Get(base+"/documents").Want(200, "Plan du projet", "PDF · 1 ko")

	public := strings.TrimPrefix(base, "/office")
	s.Get(public).Want(404)
	s.Get(base+"/apercu").Want(200, "Aperçu", "Quel avenir pour la place du Marché", "Les pavés sont usés", "Que faire de la place ?")
	s.Get(base).Want(200, "Il ne manque rien", "Publier")
	s.Post(base+"/publier", url.Values{"version": {"1"}}).Want(303)
	s.Get(base).Want(200, "La consultation est publiée")
	s.As(citizen.Viewer{}).Get(public).Want(200, "À venir", "Plan du projet", "mardi 24 novembre 2026 à 8")

	s.As(s.staff).Post(base+"/ouvrir", url.Values{"version": {"2"}}).Want(303)
	s.Get(base+"/votes").Want(200, "Pupitre", "/pupitre") // whence to the desk, the paper, the extension
	s.As(citizen.Viewer{}).Get(public).Want(200, "Vote ouvert", "personne a voté", `data-live="voting/`, `href="/votes/`)
	s.As(s.staff).Post(base+"/prolonger", url.Values{"version": {"3"}, "until": {"2026-12-10T20:00"}, "reason_prolonger": {"Peu de réponses."}}).Want(303)
	s.Post(base+"/clore", url.Values{"version": {"4"}, "reason_clore": {"Réunion avancée."}}).Want(303)
	s.Get(public).Want(200, "Peu de réponses.", "Réunion avancée.", "Voir les résultats", "/resultats")

	s.Post(base+"/suites", url.Values{
		"version": {"5"}, "outcome": {"**Un jardin** sera planté."}, "on": {"2026-11-20"}, "number": {"2026-118"}, "url": {"https://exemple.fr/118"}, "do": {"save"},
	}).Want(303)
	s.Post(base+"/suites/notes", url.Values{"note": {"Les arbres sont commandés."}}).Want(303)
	s.As(citizen.Viewer{}).Get(public).Want(200, "<strong>Un jardin</strong> sera planté.", "vendredi 20 novembre 2026", "2026-118",
		`href="https://exemple.fr/118"`, "Les arbres sont commandés.", "Décision publiée")
	s.Get("/consultations").Want(200, "Décision publiée", public)
	s.As(s.staff).Get("/office/consultations/export.csv").Want(200, "Décision publiée", "23/11/2026")
}

func TestNothingTypedIsLost(t *testing.T) {
	s := newSite(t)
	s.As(s.staff)
	typed := filled()
	for field, value := range map[string]string{
		"title": "", "summary": `<script>alert("1")</script>`, "closes": "2026-11-24T07:00", "opens": "2026-11-24T08:00",
		"body": "**gras** <iframe src=x>", "easy": "Facile", "promise": "On suivra.",
	} {
		typed.Set(field, value)
	}
	s.Post("/office/consultations/nouvelle", typed).Want(422,
		"Écrivez la question", "La clôture doit venir après l’ouverture",
		"&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;", "**gras** &lt;iframe src=x&gt;", "Facile", "On suivra.",
		`value="2026-11-24T07:00"`, `value="2026-11-24T08:00"`, `href="#f-title"`, `href="#f-closes"`,
	).Without("<script>alert", "<iframe")

	for what, dates := range map[string][2]string{
		"n’existe pas": {"2027-03-28T02:30", "2027-03-29T02:30"}, // the clocks go forward
		"date":         {"hier", "2026-12-04T20:00"},
		"année":        {"2026-11-24T08:00", "2062-12-04T20:00"},
	} {
		typed := filled()
		typed.Set("opens", dates[0])
		typed.Set("closes", dates[1])
		s.Post("/office/consultations/nouvelle", typed).Want(422, what, dates[0], "Les pavés sont usés.")
	}
	if n := len(s.titles(Query{Limit: 10})); n != 0 {
		t.Errorf("%d drafts were kept", n)
	}
}

func TestALongTextGoesThrough(t *testing.T) {
	s := newSite(t)
	s.As(s.staff)
	typed := filled()
	typed.Set("body", strings.Repeat("é", maxBody))
	s.Post("/office/consultations/nouvelle", typed).Want(303)
	typed = filled()
	typed.Set("body", strings.Repeat("é", maxBody+1))
	s.Post("/office/consultations/nouvelle", typed).Want(422, "trop long", strings.Repeat("é", maxBody+1))
}

func TestTheSecondToSaveIsToldAndLosesNothing(t *testing.T) {
	s := newSite(t)
	id, polls := s.draft()
	s.As(s.staff)
	mine, theirs := filled(), filled()
	mine.Set("summary", "Mon résumé")
	theirs.Set("summary", "Leur résumé")
	path := officeHref(id) + "/texte"
	s.Post(path, theirs).Want(303)
	s.Post(path, mine).Want(409, "Quelqu’un d’autre a enregistré", "Mon résumé", `name="version" value="2"`, `href="`+path+`"`)
	if got := s.dossier(id).Summary; got != "Leur résumé" {
		t.Errorf("kept %q", got)
	}
	mine.Set("version", "2")
	s.Post(path, mine).Want(303)

	form := pollFilled()
	form.Set("revision", "9")
	form.Set("question", "Ma question ?")
	s.Post(officeHref(id)+"/votes/"+polls[0].String(), form).Want(409, "Quelqu’un d’autre a enregistré", "Ma question ?", `name="revision" value="1"`)
	s.Post(officeHref(id)+"/publier", url.Values{"version": {"1"}}).Want(409, "Quelqu’un d’autre a enregistré")
	s.phase(id, Draft)
}

func TestChoicesAreArrangedWithoutAScript(t *testing.T) {
	s := newSite(t)
	id, _ := s.draft()
	s.As(s.staff)
	path := officeHref(id) + "/votes/nouveau"
	press := func(button string) edge.Answer {
		form := pollFilled()
		form.Set("question", "")
		form.Set("do", button)
		return s.Post(path, form).Want(200)
	}
	labels := func(a edge.Answer) string {
		var found []string
		for n := 1; ; n++ {
			label := regexp.MustCompile(`name="option_label_` + strconv.Itoa(n) + `"[^>]*`).FindString(a.Body)
			if label == "" {
				return strings.Join(found, "|")
			}
			value := regexp.MustCompile(`value="([^"]*)"`).FindStringSubmatch(label)
			found = append(found, value[1])
		}
	}
	s.Get(path).Want(200, `name="option_label_2"`)
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
	s.Post(path, wrong).Want(422, "Avec une fontaine", `href="#f-question"`, `href="#f-options"`)
}

func TestMarkdownIsPreviewedWithAndWithoutAScript(t *testing.T) {
	s := newSite(t)
	id, _ := s.draft()
	s.As(s.staff)
	form := filled()
	form.Set("do", "preview")
	form.Set("title", "")
	form.Set("body", "# Titre\n\n<script>alert(1)</script>**gras** [x](javascript:alert(1))")
	whole := s.Post(officeHref(id)+"/texte", form).Want(200, "<html", "<h3>Titre</h3>", "<strong>gras</strong>", "Le conseil suivra.")
	whole.Without("<script>alert", `href="javascript`)
	part := s.Post(officeHref(id)+"/texte", form, "HX-Request", "true").Want(200, "<strong>gras</strong>", `id="apercu"`)
	part.Without("<html", "<script>alert")
	if got := s.dossier(id).Body; strings.Contains(got, "Titre") {
		t.Errorf("the preview was saved: %q", got)
	}
}

func TestDocumentsAreRefusedInPlainWords(t *testing.T) {
	s := newSite(t)
	id, _ := s.draft()
	s.As(s.staff)
	path := officeHref(id) + "/documents"
	s.upload(path, "Une page", "plan.pdf", []byte("<html><script>alert(1)</script>")).Want(422, "Ce type de fichier n’est pas accepté", "Une page", `href="#f-document"`)
	s.upload(path, "Vide", "vide.pdf", nil).Want(422, "vide", "Vide")
	s.upload(path, "", "plan.pdf", pdf).Want(422, "Donnez un titre")
	s.Post(path, url.Values{"title": {"Sans fichier"}}).Want(422, "Choisissez un fichier", "Sans fichier")
	s.upload(path, "Plan", "plan.pdf", pdf).Want(303)
	s.upload(path, "Encore", "plan.pdf", pdf).Want(422, "déjà dans le dossier", "Encore")

	document := s.dossier(id).Documents[0].ID.String()
	s.As(citizen.Viewer{}).Get(href(id) + "/documents/" + document).Want(404)
	got := s.As(s.staff).Get(officeHref(id)+"/documents/"+document).Want(200, "%PDF")
	if got.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("headers %v", got.Header)
	}
	s.must(s.Publish(t.Context(), s.town, s.staff, id))
	s.As(citizen.Viewer{}).Get(href(id)+"/documents/"+document).Want(200, "%PDF")
	s.Get(href(uuid.New()) + "/documents/" + document).Want(404)
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
		a := s.Get(sitePath + address)
		if a.StatusCode != 302 || a.Location() != want {
			t.Errorf("%.80s leads to %d %s, want %s", address, a.StatusCode, a.Location(), want)
			continue
		}
		s.Get(want).Want(200)
	}
}

func TestTheListSaysWhatIsOpenAndWhatIsMissing(t *testing.T) {
	s := newSite(t)
	s.Get(sitePath).Want(200, "Aucune consultation pour le moment")
	open, _ := s.upcoming(called("Ouverte bientôt ?"))
	s.upcoming(called("À venir ?"), func(p *Plan) { p.OpensAt, p.Zone = noon.Add(8*24*time.Hour), s.town.Zones[0].ID })
	s.draft(called("Secrète ?"))
	s.at(noon.Add(24 * time.Hour))
	s.Get(sitePath).Want(200, "Ouverte bientôt", "À venir", "Clôture dans 10 jours", href(open)).Without("Secrète")
	s.Get(sitePath+"?etat=a-venir").Want(200).Without("Ouverte bientôt", "Secrète")
	s.Get(sitePath+"?q=tramway").Want(200, "Aucune consultation ne correspond", "tramway")
	s.Get(sitePath+"?quartier="+s.town.Zones[1].ID.String()).Want(200, "Ouverte bientôt").Without("À venir ?</a>")
	s.As(s.staff).Get("/office/consultations").Want(200, "Secrète", "Ouverte bientôt")
	for _, sort := range []string{"?tri=title", "?tri=closes&ordre=desc", "?tri=opens&etat=draft", "?tri=%27;DROP", "?apres=AAAA", "?q=secrete"} {
		s.Get("/office/consultations"+sort).Want(200, "Secrète")
	}
}

func TestAVoterSeesThatTheyVotedAndNobodySeesWhat(t *testing.T) {
	s := newSite(t)
	id, polls := s.opened(asking(question(), question(func(t *voting.Terms) { t.Question, t.AllowChange = "Et quand ?", false })))
	voter := s.citizen(s.town)
	s.As(voter).Get(href(id)).Want(200, "Voter", "/votes/"+polls[0].String()).Without("Vous avez voté")
	s.must(s.vote(voter, polls[0]))
	s.must(s.vote(voter, polls[1]))
	s.Get(href(id)).Want(200, "Vous pouvez changer d’avis", "Modifier mon vote", "Votre vote est enregistré")
	s.As(s.citizen(s.town)).Get(href(id)).Want(200, "Voter").Without("Vous avez voté")
	s.As(citizen.Viewer{}).Get(href(id)).Want(200, "personne a voté").Without("Vous avez voté")
}

func TestHiddenTurnoutIsNowhereInThePage(t *testing.T) {
	s := newSite(t)
	id, polls := s.opened(asking(question(func(t *voting.Terms) { t.Visibility = voting.Hidden })))
	s.must(s.vote(s.citizen(s.town), polls[0]))
	s.As(citizen.Viewer{}).Get(href(id)).Want(200, "seront publiés à la clôture").Without("a voté", "ont voté", `data-live-bind="turnout"`)
}

func TestReasonsComeWithTheirRemedies(t *testing.T) {
	s := newSite(t)
	id, _ := s.opened(asking(question(func(t *voting.Terms) {
		t.Electorate.Person, t.Electorate.AgeFrom, t.Electorate.Zones = citizen.PersonDesk, 16, []uuid.UUID{s.town.Zones[0].ID}
	})))
	young := s.citizen(s.town)
	young.BornOn = "2015-01-01"
	page := s.As(young).Get(href(id)).Want(200, "Pour voter, il vous manque", "16", "âgées de 16 ans ou plus", "habitant La Noue", "?retour=%2Fconsultations%2F")
	page.Without(`href="/votes/`)
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
		s.As(citizen.Viewer{}).Get("/office/consultations" + path).Want(303)
		s.As(s.citizen(s.town)).Get("/office/consultations" + path).Want(403)
		s.As(with(citizen.Grant{Role: citizen.Moderator})).Get("/office/consultations" + path).Want(403)
		s.As(s.staff).Get("/office/consultations" + path).Want(200)
	}
}

func TestAnotherTownsPagesDoNotExist(t *testing.T) {
	s := newSite(t)
	id, polls := s.upcoming()
	document := s.pdf(id)
	other, theirs := s.newTown()
	s.Add(other)
	s.Host, s.town = other.Hosts[0], other
	s.As(theirs)
	base := officeHref(id)
	gets := []string{href(id), href(id) + "/documents/" + document.String(), base, base + "/apercu", base + "/texte", base + "/documents",
		base + "/documents/" + document.String(), base + "/votes", base + "/votes/nouveau", base + "/votes/" + polls[0].String(), base + "/suites"}
	for _, path := range gets {
		s.Get(path).Want(404).Without("place du Marché")
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
		s.Post(base+path, form).Want(404).Without("place du Marché")
	}
	s.Get("/consultations").Want(200).Without("place du Marché")
}

func TestOddAddressesAreNotFound(t *testing.T) {
	s := newSite(t)
	id, _ := s.upcoming()
	s.As(s.staff)
	for _, path := range []string{"/consultations/x", "/consultations/" + strings.ToUpper(id.String()) + "x", href(id) + "/documents/x", href(id) + "/documents/" + uuid.NewString(),
		"/office/consultations/x", officeHref(id) + "/votes/x", officeHref(id) + "/votes/" + uuid.NewString(), officeHref(id) + "/documents/x", officeHref(uuid.New())} {
		s.Get(path).Want(404)
	}
}

func TestPagesAreSoundInEveryPhase(t *testing.T) {
	s := newSite(t)
	id, _ := s.draft(func(p *Plan) { p.Documents = []PlannedDocument{{"Plan", pdf}}; p.Zone = s.town.Zones[0].ID })
	s.As(s.staff)
	visit := func(phase Phase) {
		s.phase(id, phase)
		pages := []string{officeHref(id), officeHref(id) + "/texte", officeHref(id) + "/documents", officeHref(id) + "/votes", officeHref(id) + "/suites", officeHref(id) + "/apercu", "/office/consultations"}
		if phase != Draft {
			pages = append(pages, href(id), href(id)+"?lecture=facile", sitePath)
		}
		for _, page := range pages {
			for _, lang := range []string{"fr", "en"} {
				body := s.Get(page, "Cookie", "parvis="+s.Session+"; parvis-lang="+lang).Want(200).Body
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
