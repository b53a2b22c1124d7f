package ui

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/testkit/browser"
)

const townColor = "#0b5d57"

// policy is as strict as the program's.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"

// serve shows components at their paths, as the program would.
func serve(t *testing.T, pages map[string]templ.Component) string {
	t.Helper()
	bundle, err := i18n.Load(Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		if name, ok := strings.CutPrefix(r.URL.Path, "/static/"); ok {
			sendStatic(w, r, name)
			return
		}
		if r.URL.Path == "/theme.css" {
			css, _, _, _ := Theme(townColor)
			w.Header().Set("Content-Type", "text/css")
			_, _ = w.Write(css)
			return
		}
		page, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		ctx := bundle.NewContext(context.Background(), "fr", time.UTC)
		if err := page.Render(NewContext(ctx, sampleChrome(Scheme(r.URL.Query().Get("scheme")))), w); err != nil {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func sendStatic(w http.ResponseWriter, r *http.Request, name string) {
	file, ok := Static(name)
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", file.Type)
	if file.Gzip != nil {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(file.Gzip)
		return
	}
	_, _ = w.Write(file.Body)
}

func sampleChrome(scheme Scheme) Chrome {
	return Chrome{
		Tenant: &tenant.Tenant{Name: "Ville de Saint-Dizier", SiteName: "J’aime, je m’engage", Theme: "1"},
		Viewer: citizen.Viewer{ID: citizen.ID(uuid.New()), SignedIn: true, Name: "Amina Diallo", Grants: []citizen.Grant{{Role: citizen.Agent}}},
		Menu: []MenuItem{
			{Label: "Consultations", Href: "/consultations", Icon: "messages-square", Current: true},
			{Label: "Budget participatif", Href: "/budgets", Icon: "wallet"},
			{Label: "Boîte à idées", Href: "/idees", Icon: "lightbulb"},
		},
		OfficeMenu: []MenuItem{
			{Label: "À faire", Href: "/office", Icon: "inbox", Count: 3},
			{Label: "Consultations", Href: "/office/consultations", Icon: "messages-square", Current: true},
			{Label: "Habitants", Href: "/office/citoyens", Icon: "users"},
		},
		Footer: []Link{{Label: "Mentions légales", Href: "/mentions-legales"}, {Label: "Données personnelles", Href: "/donnees-personnelles"}},
		CSRF:   "jeton", Path: "/consultations", Scheme: scheme, Demo: true,
		Langs: []Language{{Code: "fr", Name: "Français", Href: "/langue/fr", Current: true}, {Code: "en", Name: "English", Href: "/langue/en"}},
	}
}

// with puts children in a layout.
func with(layout templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return layout.Render(templ.WithChildren(ctx, templ.Join(children...)), w)
	})
}

// samplePages are a page of each layout, with all that goes in them.
func samplePages() map[string]templ.Component {
	heading := "Quel projet faut-il lancer d’abord ?"
	meeting := "Réunion publique du 12 décembre"
	tally := sampleTally()
	tally.Large, tally.ID = true, "ecran"
	return map[string]templ.Component{
		"/style":  with(Page(PageProps{Title: "Guide de style", Crumbs: []Link{{Label: "Accueil", Href: "/"}}}), StylePage()),
		"/office": with(Office(PageProps{Title: "Consultations"}), PageHeader(HeaderProps{Title: "Consultations", Lead: "Trois consultations attendent votre relecture."}), styleTables()),
		"/page": with(Page(PageProps{Title: "La place du Marché", Back: &Link{Label: "Consultations", Href: "/"}}),
			PageHeader(HeaderProps{Eyebrow: "Consultation", Title: "Imaginons la place du Marché", Lead: "Quatre projets, un seul choix : dites lequel commencer.", State: &State{Word: "Ouvert", Tone: Accent, Icon: "vote"}, Meta: []Meta{{"clock", "clôture dans 3 jours, dimanche à 20 h"}}}),
			styleResults()),
		"/booth": with(Booth(BoothProps{Title: "Voter", Subject: "Imaginons la place du Marché", LeaveHref: "/", Notice: "Clôture dimanche à 20 h, heure de Paris"}), sampleBallot()),
		"/kiosk": with(Booth(BoothProps{Title: "Voter", Subject: "Imaginons la place du Marché", LeaveHref: "/", Kiosk: true, Unsaved: true}), sampleBallot()),
		"/screen/join": with(Screen(ScreenProps{Title: "Écran", Eyebrow: meeting, Heading: heading, State: "join"}),
			ScreenJoin("https://saint-dizier.example.fr/v/7F3K92", "7F3K92"), ScreenNumbers(sampleStats())),
		"/screen/open":   with(Screen(ScreenProps{Title: "Écran", Eyebrow: meeting, Heading: heading, State: "open", Scheme: Dark}), TallyBars(tally), ScreenNumbers(sampleStats())),
		"/screen/result": with(Screen(ScreenProps{Title: "Écran", Eyebrow: meeting, Heading: heading, State: "result"}), TallyBars(tally), ScreenNumbers(sampleStats())),
		"/screen/wait":   with(Screen(ScreenProps{Title: "Écran", Eyebrow: meeting, Heading: heading, State: "counting"}), ScreenMessage("hourglass", "Dépouillement en cours", "Le résultat s’affiche dans un instant.")),
		"/plain":         Plain(PlainProps{Title: "Ce site n’existe pas ici", Text: "L’adresse demandée ne correspond à aucune commune.", Action: &Link{Label: "Réessayer", Href: "/"}}),
	}
}

func sampleStats() []Stat {
	return []Stat{{Number: "184", Label: "votants"}, {Number: "230", Label: "présents"}, {Number: "2:45", Label: "avant la clôture"}}
}

func sampleBallot() templ.Component {
	group := ChoiceGroup(ChoiceGroupProps{
		Name: "choix", Legend: "Quel projet faut-il lancer d’abord ?", Hint: "Un seul choix. Vous pourrez le changer jusqu’à la clôture.", Title: true, Required: true,
		Options: []ChoiceProps{{Value: "a", Label: "Planter un verger partagé", Hint: "Derrière l’école Jean-Moulin."}, {Value: "b", Label: "Ouvrir une halle couverte"}, {Value: "c", Label: "Rendre la place aux piétons"}, {Value: "d", Label: "Installer une fontaine"}},
	})
	return templ.Join(
		Stepper(StepperProps{Steps: []Step{{Label: "Choisir"}, {Label: "Relire"}, {Label: "Reçu"}}}),
		with(Form(FormProps{Action: "/booth", Unsaved: true}), group, Button(ButtonProps{Label: "Relire mon bulletin", Large: true, Wide: true})),
	)
}

// views are the windows that every page must suit.
var views = []struct {
	width int
	dark  bool
}{{320, false}, {320, true}, {1280, false}, {1280, true}}

// TestEveryLayoutIsAccessible: in both themes, on a phone and on a desk, no
// fault of WCAG 2.2 AA or RGAA that a machine can find, no sideways scrolling,
// no error in the console, no request to another host.
func TestEveryLayoutIsAccessible(t *testing.T) {
	t.Parallel()
	pages := samplePages()
	base := serve(t, pages)
	tab := browser.Open(t)
	for path := range pages {
		for _, v := range views {
			tab.Size(v.width, 800).Dark(v.dark).Go(base + path).Accessible().Clean()
			tab.Screenshot(fmt.Sprintf("ui%s-%d-%s", path, v.width, map[bool]string{true: "dark", false: "light"}[v.dark]))
		}
	}
}

func TestPagesStandTwiceEnlarged(t *testing.T) {
	t.Parallel()
	base := serve(t, samplePages())
	tab := browser.Open(t).Size(1280, 800).Zoom(2)
	for _, path := range []string{"/style", "/page", "/office", "/booth"} {
		tab.Go(base + path).Clean()
	}
}

func TestTargetsAreLargeEnoughForFingers(t *testing.T) {
	t.Parallel()
	base := serve(t, samplePages())
	tab := browser.Open(t).Phone()
	for _, path := range []string{"/style", "/page", "/office", "/booth"} {
		for _, small := range tab.Go(base + path).SmallTargets(44) {
			t.Errorf("%s: less than 44 px high: %s", path, small)
		}
	}
}
