package associations

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/tenant"
)

// filled is the form of a sheet that lacks nothing.
func filled(pairs ...string) url.Values {
	form := url.Values{
		"version": {"0"}, "name": {"Les Restos du coin"}, "purpose": {"Des repas chauds pour tous."}, "theme": {"solidarite"}, "email": {"contact@restos.example"},
		"phone": {"03 25 11 22 33"}, "website": {"restos.example"}, "rna": {"w521 009 999"}, "position": {"president"}, "message": {"Bonjour"},
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func picture() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 20, 10))) // into memory
	return b.Bytes()
}

// TestFromAFormToThePublicPage walks the whole way: a citizen proposes, an agent
// checks, the association publishes, a visitor reads.
func TestFromAFormToThePublicPage(t *testing.T) {
	s := newSite(t)
	louise := s.citizen(s.town, "Louise")
	s.as(citizen.Viewer{}).get("/associations/nouvelle").want(303)
	page := s.as(louise).post("/associations/nouvelle", filled()).want(303).location()
	s.get(page).want(200, "Les Restos du coin", "En cours de vérification", "Retirer ma demande")
	s.as(citizen.Viewer{}).get(page).want(404).without("Restos")

	s.as(s.staff).get("/office/associations?etat=pending").want(200, "Les Restos du coin")
	lead := "/office" + page
	s.get(lead).want(200, "Louise", "présidence", "Bonjour", "W521009999", "journal")
	s.post(lead+"/verifier", url.Values{"version": {"1"}}).want(303)
	s.get(lead).want(200, "Vérifiée par la mairie", "Retirer l’accès de Louise")

	desk := page + "/espace"
	s.as(louise).get(desk).want(200, "Rien ne vous attend", "Louise", "présidence")
	s.post(desk+"/actualites", url.Values{"title": {"Collecte samedi"}, "body": {"Place du **marché**, dès 9 h."}}).want(303)
	s.upload(desk+"/logo", "logo.png", picture()).want(303)
	body := s.as(citizen.Viewer{}).get(page).want(200, "Collecte samedi", "<strong>marché</strong>", "contact@restos.example", "https://restos.example", "W521009999", "Demander à gérer").body
	logo := regexp.MustCompile(`src="(/associations/[^"]+/logo/[0-9a-f]{64})"`).FindStringSubmatch(body)
	if logo == nil {
		t.Fatal("no logo on the page")
	}
	if got := s.get(logo[1]).want(200); got.Header.Get("Content-Type") != "image/png" || !strings.Contains(got.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the logo comes with %v", got.Header)
	}
	s.get(page + "/logo/" + strings.Repeat("a", 64)).want(404)
}

func TestAFormComesBackAsItWasTyped(t *testing.T) {
	s := newSite(t)
	s.as(s.citizen(s.town, "Louise"))
	s.post("/associations/nouvelle", filled("rna", "W12", "siret", "123", "phone", "jamais", "at", "là-bas")).
		want(422, "Les Restos du coin", `value="W12"`, "W suivi de 9 chiffres", "là-bas", `href="#f-at"`).without("/espace")
	s.post("/associations/nouvelle", filled("rna", "W12", "siret", "123", "phone", "jamais")).
		want(422, `value="W12"`, `value="123"`, `href="#f-rna"`, `href="#f-siret"`, `href="#f-phone"`)
	s.post("/associations/nouvelle", url.Values{}).want(422, "Donnez le nom", "Choisissez un thème", "Choisissez votre rôle")
	s.post("/associations/nouvelle", filled("body", strings.Repeat("é", maxBody+1))).want(422, "trop long")
}

func TestTwoPagesWithOneNumberAreRefusedInWords(t *testing.T) {
	s := newSite(t)
	s.as(s.staff)
	s.post("/office/associations/nouvelle", filled()).want(303)
	s.post("/office/associations/nouvelle", filled("name", "La copie")).want(422, "déjà dans l’annuaire", "La copie", `href="#f-rna"`)
}

func TestSavingOverSomebodyKeepsWhatWasTyped(t *testing.T) {
	s := newSite(t)
	id, louise := s.run()
	s.as(s.staff).post(officeHref(id)+"/fiche", filled("version", "2", "rna", "")).want(303)
	s.as(louise).post(deskHref(id)+"/fiche", filled("version", "2", "purpose", "Mon texte à moi.")).
		want(409, "Mon texte à moi.", "Quelqu’un d’autre", `name="version" value="3"`)
}

func TestADeniedClaimAsksForAReason(t *testing.T) {
	s := newSite(t)
	id := s.listed()
	adam := s.citizen(s.town, "Adam")
	s.as(adam).post(href(id)+"/responsable", url.Values{"position": {"roi"}}).want(422, "Choisissez votre rôle")
	s.post(href(id)+"/responsable", url.Values{"position": {"board"}, "message": {"C’est moi"}}).want(303)
	s.get(href(id)).want(200, "Votre demande est en attente")
	s.post(href(id)+"/responsable", url.Values{"position": {"board"}}).want(409, "attend une réponse")
	claim := s.folder(id).Claims[0].ID.String()
	s.as(s.staff).post(officeHref(id)+"/demandes/"+claim, url.Values{"reason": {" "}}).want(422, "Écrivez un motif", `id="f-reason"`)
	s.post(officeHref(id)+"/demandes/"+claim, url.Values{"reason": {"Inconnu au bureau."}}).want(303)
	s.post(officeHref(id)+"/demandes/"+claim, url.Values{"accept": {"1"}}).want(409, "déjà répondu")
}

func TestTheDirectoryHasOneAddressForEachContent(t *testing.T) {
	s := newSite(t)
	zone := s.town.Zones[0].ID.String()
	for address, want := range map[string]string{
		"?q=&theme=&quartier=": sitePath, "?theme=inconnu": sitePath, "?quartier=" + uuid.NewString(): sitePath, "?vue=x": sitePath,
		"?vue=plan&utm_source=x": sitePath + "?vue=plan", "?theme=sport&q=a": sitePath + "?q=a&theme=sport", "?apres=quelquechose": sitePath,
		"?quartier=" + zone + "&q=": sitePath + "?quartier=" + zone, "?q=" + strings.Repeat("a", 1000): sitePath + "?q=" + strings.Repeat("a", 200),
	} {
		a := s.get(sitePath + address)
		if a.StatusCode != 302 || a.location() != want {
			t.Errorf("%.80s leads to %d %s, want %s", address, a.StatusCode, a.location(), want)
			continue
		}
		s.get(want).want(200)
	}
}

func TestTheDirectoryLosesNobodyBetweenPages(t *testing.T) {
	s := newSite(t)
	want := perPage*2 + 5
	for i := range want {
		s.listed(called("Club " + strings.Repeat("a", i%3) + string(rune('a'+i%26)) + " " + i18n.Typeset(strings.Repeat("b", i/26))))
	}
	seen := map[string]bool{}
	last := ""
	for address := sitePath; address != ""; {
		body := s.get(address).want(200).body
		for _, m := range regexp.MustCompile(`<a href="(/associations/[0-9a-f-]{36})"`).FindAllStringSubmatch(body, -1) {
			seen[m[1]] = true
		}
		last, address = address, ""
		for _, m := range regexp.MustCompile(`href="(/associations\?apres=[^"&]+)"`).FindAllStringSubmatch(body, -1) {
			if m[1] != last { // the tabs lead to this very page
				address = m[1]
			}
		}
	}
	if len(seen) != want {
		t.Errorf("%d of %d associations in the pages", len(seen), want)
	}
	s.get(last).want(200, "avant=")
}

func TestTheMapShowsWhereTheyAre(t *testing.T) {
	s := newSite(t)
	s.listed(func(x *Sheet) { x.At = places.Point{Lat: 48_640_000, Lon: 4_950_000} })
	s.listed(called("Sans adresse"))
	s.get(sitePath+"?vue=plan").want(200, `class="map"`, "Les Jardins du Vert-Bois", "Sans adresse")
}

// TestNothingAnAssociationReceivesTellsHowToReachACitizen reads every page and
// letter that those who answer for an association get, while citizens with an
// address and a telephone ask, answer and write.
func TestNothingAnAssociationReceivesTellsHowToReachACitizen(t *testing.T) {
	s := newSite(t)
	id, louise := s.run()
	adam, eve := s.citizen(s.town, "Adam"), s.citizen(s.town, "Ève")
	for _, v := range []citizen.Viewer{adam, eve} {
		s.must(s.service.claim(t.Context(), s.town.ID, v, id, "member", "Bonjour à tous"))
	}
	s.must(s.service.answer(t.Context(), s.town, s.staff, id, s.folder(id).Claims[0].ID, Answer{Accept: true}, true))
	s.must(s.service.publish(t.Context(), s.town.ID, louise, id, Post{Title: "Fête", Body: "Samedi."}))
	s.as(louise)
	desk := deskHref(id)
	pages := []string{sitePath, sitePath + "?vue=plan", href(id), desk, desk + "/fiche", desk + "/actualites", sitePath + "/nouvelle"}
	for _, page := range pages {
		s.get(page).want(200).without(canaryMail, canaryPhone)
	}
	s.get(desk).want(200, "Ève", "Adam") // the control: it does speak of them
	claim := s.folder(id).Claims[0].ID.String()
	s.post(desk+"/demandes/"+claim, url.Values{"reason": {""}}).want(422).without(canaryMail, canaryPhone)
	s.post(desk+"/demandes/"+claim, url.Values{"accept": {"1"}}).want(303).without(canaryMail, canaryPhone)
	for _, letter := range s.letters() {
		if strings.Contains(letter.Subject+letter.Text, canaryMail) || strings.Contains(letter.Subject+letter.Text, canaryPhone) {
			t.Errorf("a letter tells how to reach somebody:\n%s", letter.Text)
		}
	}
	if len(s.letters()) == 0 {
		t.Error("no letter was looked at")
	}
	s.as(s.staff).get("/office/associations/export.csv").want(200, "Les Jardins").without(canaryMail, canaryPhone)
}

func TestPagesAreSound(t *testing.T) {
	s := newSite(t)
	id, louise := s.run(func(x *Sheet) { x.At = places.Point{Lat: 48_640_000, Lon: 4_950_000} })
	pending, err := s.service.found(t.Context(), s.town, s.citizen(s.town, "Rose"), sheet(called("En attente")), "board", "")
	s.must(err)
	for _, v := range []citizen.Viewer{s.citizen(s.town, "Adam"), s.citizen(s.town, "Ève")} {
		s.must(s.service.claim(t.Context(), s.town.ID, v, id, "member", "Bonjour"))
	}
	s.must(s.service.publish(t.Context(), s.town.ID, louise, id, Post{Title: "Fête", Body: "Samedi."}))
	s.soon = []module.CalendarEntry{{ID: uuid.New(), Title: "Portes ouvertes", Href: "/agenda/x", Icon: "calendar", Starts: noon.Add(time.Hour), Ends: noon.Add(2 * time.Hour), Place: "Salle", Cancelled: true}}
	desk := deskHref(id)
	for who, pages := range map[*citizen.Viewer][]string{
		{}:       {sitePath, sitePath + "?vue=plan", sitePath + "?q=zzz", href(id)},
		&louise:  {desk, desk + "/fiche", desk + "/actualites", sitePath + "/nouvelle", href(id)},
		&s.staff: {"/office/associations", "/office/associations?etat=demandes", "/office/associations/nouvelle", officeHref(id), officeHref(pending), officeHref(id) + "/fiche", href(id) + "/responsable"},
	} {
		s.as(*who)
		for _, page := range pages {
			for _, lang := range []string{"fr", "en"} {
				body := s.get(page, "Cookie", "parvis="+s.session+"; parvis-lang="+lang).want(200).body
				if key := regexp.MustCompile(`\b(associations|files|places|access|ui|web|i18n)\.[a-z_]+[a-z_.]*\b`).FindString(strings.ReplaceAll(body, "associations.csv", "")); key != "" {
					t.Errorf("%s in %s: shows the key %s", page, lang, key)
				}
				soundHTML(t, page+" "+lang, body)
			}
		}
	}
	s.as(s.staff).post(officeHref(id)+"/clore", url.Values{"version": {"0"}}).want(422)
	soundHTML(t, "refused to close", s.post(officeHref(id)+"/clore", url.Values{}).want(422, `href="#f-reason"`).body)
}

func TestAnotherTownsPagesDoNotExist(t *testing.T) {
	s := newSite(t)
	id, louise := s.run()
	other, theirs := s.newTown()
	s.towns[other.Hosts[0]] = other
	s.host, s.town = other.Hosts[0], other
	for _, v := range []citizen.Viewer{theirs, louise} {
		v.Grants = []citizen.Grant{{Role: citizen.Administrator}}
		s.as(v)
		for _, path := range []string{href(id), href(id) + "/responsable", deskHref(id), deskHref(id) + "/fiche", deskHref(id) + "/actualites", officeHref(id), officeHref(id) + "/fiche"} {
			s.get(path).want(404).without("Vert-Bois")
		}
		for _, path := range []string{"/responsable", "/demande/retirer", "/espace/fiche", "/espace/actualites", "/espace/quitter"} {
			s.post(href(id)+path, filled()).want(404).without("Vert-Bois")
		}
		for _, path := range []string{"/fiche", "/verifier", "/refuser", "/clore", "/rouvrir", "/demandes/" + uuid.NewString(), "/responsables/" + louise.ID.String() + "/retirer"} {
			s.post(officeHref(id)+path, filled("reason", "x")).want(404).without("Vert-Bois")
		}
	}
	s.get(sitePath).want(200, "L’annuaire est encore vide").without("Vert-Bois")
}

// counter is a module in which associations have something to do.
type counter struct{ module.Module }

func (counter) Manifest() module.Manifest { return module.Manifest{Name: "guichet"} }

func (counter) Workplace(_ context.Context, _ *tenant.Tenant, _ citizen.Viewer, o module.Organisation) ([]module.Todo, []module.Entry, error) {
	return []module.Todo{{Key: "associations.todo.claims", Count: 3, Href: "/guichet/" + o.ID.String()}},
		[]module.Entry{{Key: "associations.propose", Href: "/guichet/porte", Icon: "plus"}}, nil
}

func TestTheDeskGathersWhatOtherModulesHave(t *testing.T) {
	s := newSite(t)
	id, louise := s.run()
	s.Attend(counter{})
	s.as(louise).get(deskHref(id)).want(200).without("/guichet/") // switched off in this town
	s.town.Modules = append(s.town.Modules, "guichet")
	s.get(deskHref(id)).want(200, "/guichet/"+id.String(), "/guichet/porte", "3 demandes")
}
