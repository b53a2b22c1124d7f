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
	s.As(citizen.Viewer{}).Get("/associations/nouvelle").Want(303)
	page := s.As(louise).Post("/associations/nouvelle", filled()).Want(303).Location()
	s.Get(page).Want(200, "Les Restos du coin", "En cours de vérification", "Retirer ma demande")
	s.As(citizen.Viewer{}).Get(page).Want(404).Without("Restos")

	s.As(s.staff).Get("/office/associations?etat=pending").Want(200, "Les Restos du coin")
	lead := "/office" + page
	s.Get(lead).Want(200, "Louise", "présidence", "Bonjour", "W521009999", "journal")
	s.Post(lead+"/verifier", url.Values{"version": {"1"}}).Want(303)
	s.Get(lead).Want(200, "Vérifiée par la mairie", "Retirer l’accès de Louise")

	desk := page + "/espace"
	s.As(louise).Get(desk).Want(200, "Rien ne vous attend", "Louise", "présidence")
	s.Post(desk+"/actualites", url.Values{"title": {"Collecte samedi"}, "body": {"Place du **marché**, dès 9 h."}}).Want(303)
	s.upload(desk+"/logo", "logo.png", picture()).Want(303)
	body := s.As(citizen.Viewer{}).Get(page).Want(200, "Collecte samedi", "<strong>marché</strong>", "contact@restos.example", "https://restos.example", "W521009999", "Demander à gérer").Body
	logo := regexp.MustCompile(`src="(/associations/[^"]+/logo/[0-9a-f]{64})"`).FindStringSubmatch(body)
	if logo == nil {
		t.Fatal("no logo on the page")
	}
	if got := s.Get(logo[1]).Want(200); got.Header.Get("Content-Type") != "image/png" || !strings.Contains(got.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the logo comes with %v", got.Header)
	}
	s.Get(page + "/logo/" + strings.Repeat("a", 64)).Want(404)
}

func TestAFormComesBackAsItWasTyped(t *testing.T) {
	s := newSite(t)
	s.As(s.citizen(s.town, "Louise"))
	s.Post("/associations/nouvelle", filled("rna", "W12", "siret", "123", "phone", "jamais", "at", "là-bas")).
		Want(422, "Les Restos du coin", `value="W12"`, "W suivi de 9 chiffres", "là-bas", `href="#f-at"`).Without("/espace")
	s.Post("/associations/nouvelle", filled("rna", "W12", "siret", "123", "phone", "jamais")).
		Want(422, `value="W12"`, `value="123"`, `href="#f-rna"`, `href="#f-siret"`, `href="#f-phone"`)
	s.Post("/associations/nouvelle", url.Values{}).Want(422, "Donnez le nom", "Choisissez un thème", "Choisissez votre rôle")
	s.Post("/associations/nouvelle", filled("body", strings.Repeat("é", maxBody+1))).Want(422, "trop long")
}

func TestTwoPagesWithOneNumberAreRefusedInWords(t *testing.T) {
	s := newSite(t)
	s.As(s.staff)
	s.Post("/office/associations/nouvelle", filled()).Want(303)
	s.Post("/office/associations/nouvelle", filled("name", "La copie")).Want(422, "déjà dans l’annuaire", "La copie", `href="#f-rna"`)
}

func TestSavingOverSomebodyKeepsWhatWasTyped(t *testing.T) {
	s := newSite(t)
	id, louise := s.run()
	s.As(s.staff).Post(officeHref(id)+"/fiche", filled("version", "2", "rna", "")).Want(303)
	s.As(louise).Post(deskHref(id)+"/fiche", filled("version", "2", "purpose", "Mon texte à moi.")).
		Want(409, "Mon texte à moi.", "Quelqu’un d’autre", `name="version" value="3"`)
}

func TestADeniedClaimAsksForAReason(t *testing.T) {
	s := newSite(t)
	id := s.listed()
	adam := s.citizen(s.town, "Adam")
	s.As(adam).Post(href(id)+"/responsable", url.Values{"position": {"roi"}}).Want(422, "Choisissez votre rôle")
	s.Post(href(id)+"/responsable", url.Values{"position": {"board"}, "message": {"C’est moi"}}).Want(303)
	s.Get(href(id)).Want(200, "Votre demande est en attente")
	s.Post(href(id)+"/responsable", url.Values{"position": {"board"}}).Want(409, "attend une réponse")
	claim := s.folder(id).Claims[0].ID.String()
	s.As(s.staff).Post(officeHref(id)+"/demandes/"+claim, url.Values{"reason": {" "}}).Want(422, "Écrivez un motif", `id="f-reason"`)
	s.Post(officeHref(id)+"/demandes/"+claim, url.Values{"reason": {"Inconnu au bureau."}}).Want(303)
	s.Post(officeHref(id)+"/demandes/"+claim, url.Values{"accept": {"1"}}).Want(409, "déjà répondu")
}

func TestTheDirectoryHasOneAddressForEachContent(t *testing.T) {
	s := newSite(t)
	zone := s.town.Zones[0].ID.String()
	for address, want := range map[string]string{
		"?q=&theme=&quartier=": sitePath, "?theme=inconnu": sitePath, "?quartier=" + uuid.NewString(): sitePath, "?vue=x": sitePath,
		"?vue=plan&utm_source=x": sitePath + "?vue=plan", "?theme=sport&q=a": sitePath + "?q=a&theme=sport", "?apres=quelquechose": sitePath,
		"?quartier=" + zone + "&q=": sitePath + "?quartier=" + zone, "?q=" + strings.Repeat("a", 1000): sitePath + "?q=" + strings.Repeat("a", 200),
	} {
		a := s.Get(sitePath + address)
		if a.StatusCode != 302 || a.Location() != want {
			t.Errorf("%.80s leads to %d %s, want %s", address, a.StatusCode, a.Location(), want)
			continue
		}
		s.Get(want).Want(200)
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
		body := s.Get(address).Want(200).Body
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
	s.Get(last).Want(200, "avant=")
}

func TestTheMapShowsWhereTheyAre(t *testing.T) {
	s := newSite(t)
	s.listed(func(x *Sheet) { x.At = places.Point{Lat: 48_640_000, Lon: 4_950_000} })
	s.listed(called("Sans adresse"))
	s.Get(sitePath+"?vue=plan").Want(200, `class="map"`, "Les Jardins du Vert-Bois", "Sans adresse")
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
	s.As(louise)
	desk := deskHref(id)
	pages := []string{sitePath, sitePath + "?vue=plan", href(id), desk, desk + "/fiche", desk + "/actualites", sitePath + "/nouvelle"}
	for _, page := range pages {
		s.Get(page).Want(200).Without(canaryMail, canaryPhone)
	}
	s.Get(desk).Want(200, "Ève", "Adam") // the control: it does speak of them
	claim := s.folder(id).Claims[0].ID.String()
	s.Post(desk+"/demandes/"+claim, url.Values{"reason": {""}}).Want(422).Without(canaryMail, canaryPhone)
	s.Post(desk+"/demandes/"+claim, url.Values{"accept": {"1"}}).Want(303).Without(canaryMail, canaryPhone)
	for _, letter := range s.letters() {
		if strings.Contains(letter.Subject+letter.Text, canaryMail) || strings.Contains(letter.Subject+letter.Text, canaryPhone) {
			t.Errorf("a letter tells how to reach somebody:\n%s", letter.Text)
		}
	}
	if len(s.letters()) == 0 {
		t.Error("no letter was looked at")
	}
	s.As(s.staff).Get("/office/associations/export.csv").Want(200, "Les Jardins").Without(canaryMail, canaryPhone)
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
		s.As(*who)
		for _, page := range pages {
			for _, lang := range []string{"fr", "en"} {
				body := s.Get(page, "Cookie", "parvis="+s.Session+"; parvis-lang="+lang).Want(200).Body
				if key := regexp.MustCompile(`\b(associations|files|places|access|ui|web|i18n)\.[a-z_]+[a-z_.]*\b`).FindString(strings.ReplaceAll(body, "associations.csv", "")); key != "" {
					t.Errorf("%s in %s: shows the key %s", page, lang, key)
				}
				soundHTML(t, page+" "+lang, body)
			}
		}
	}
	s.As(s.staff).Post(officeHref(id)+"/clore", url.Values{"version": {"0"}}).Want(422)
	soundHTML(t, "refused to close", s.Post(officeHref(id)+"/clore", url.Values{}).Want(422, `href="#f-reason"`).Body)
}

func TestAnotherTownsPagesDoNotExist(t *testing.T) {
	s := newSite(t)
	id, louise := s.run()
	other, theirs := s.newTown()
	s.Add(other)
	s.Host, s.town = other.Hosts[0], other
	for _, v := range []citizen.Viewer{theirs, louise} {
		v.Grants = []citizen.Grant{{Role: citizen.Administrator}}
		s.As(v)
		for _, path := range []string{href(id), href(id) + "/responsable", deskHref(id), deskHref(id) + "/fiche", deskHref(id) + "/actualites", officeHref(id), officeHref(id) + "/fiche"} {
			s.Get(path).Want(404).Without("Vert-Bois")
		}
		for _, path := range []string{"/responsable", "/demande/retirer", "/espace/fiche", "/espace/actualites", "/espace/quitter"} {
			s.Post(href(id)+path, filled()).Want(404).Without("Vert-Bois")
		}
		for _, path := range []string{"/fiche", "/verifier", "/refuser", "/clore", "/rouvrir", "/demandes/" + uuid.NewString(), "/responsables/" + louise.ID.String() + "/retirer"} {
			s.Post(officeHref(id)+path, filled("reason", "x")).Want(404).Without("Vert-Bois")
		}
	}
	s.Get(sitePath).Want(200, "L’annuaire est encore vide").Without("Vert-Bois")
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
	s.As(louise).Get(deskHref(id)).Want(200).Without("/guichet/") // switched off in this town
	s.town.Modules = append(s.town.Modules, "guichet")
	s.Get(deskHref(id)).Want(200, "/guichet/"+id.String(), "/guichet/porte", "3 demandes")
}
