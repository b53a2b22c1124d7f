package ui

import (
	"compress/gzip"
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
		w.Header().Set("Content-Encoding", "gzip")
		body := gzip.NewWriter(w)
		defer body.Close()
		ctx := bundle.NewContext(context.Background(), "fr", time.UTC)
		if err := page.Render(NewContext(ctx, sampleChrome(Scheme(r.URL.Query().Get("scheme")))), body); err != nil {
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
	heading := "Quel projet faut-il lancer d’abord ?"
	meeting := "Réunion publique du 12 décembre"
	tally := sampleTally()
	tally.Large, tally.ID = true, "ecran"
	return map[string]templ.Component{
		"/style":  StylePage(),
		"/office": with(Office(PageProps{Title: "Consultations"}), PageHeader(HeaderProps{Title: "Consultations", Lead: "Trois consultations attendent votre relecture."}), styleTables()),
		"/page": with(Page(PageProps{Title: "La place du Marché", Back: &Link{Label: "Consultations", Href: "/"}}),
			PageHeader(HeaderProps{Eyebrow: "Consultation", Title: "Imaginons la place du Marché", Lead: "Quatre projets, un seul choix : dites lequel commencer.", State: &State{Word: "Ouvert", Tone: Accent, Icon: "vote"}, Meta: []Meta{{"clock", "clôture dans 3 jours, dimanche à 20 h"}}, Poster: true}),
			styleResults()),
		"/booth": with(Booth(BoothProps{Title: "Voter", Subject: "Imaginons la place du Marché", LeaveHref: "/", Notice: "Clôture dimanche à 20 h, heure de Paris"}), sampleBallot()),
		"/kiosk": with(Booth(BoothProps{Title: "Voter", Subject: "Imaginons la place du Marché", LeaveHref: "/", Kiosk: true, Unsaved: true}), sampleBallot()),
		"/screen/join": with(Screen(ScreenProps{Title: "Écran", Eyebrow: meeting, Heading: heading, State: "join"}),
			ScreenJoin("https://saint-dizier.example.fr/v/7F3K92", "7F3K92"), ScreenNumbers(sampleStats())),
		"/screen/open": with(Screen(ScreenProps{Title: "Écran", Eyebrow: meeting, Heading: heading, State: "open", Scheme: Dark}),
			with(ScreenBeside(QR(QRProps{Text: "https://saint-dizier.example.fr/v/7F3K92", Label: "Voter"})), TallyBars(tally)), ScreenNumbers(sampleStats())),
		"/screen/result": with(Screen(ScreenProps{Title: "Écran", Eyebrow: meeting, Heading: heading, State: "result"}), TallyBars(tally), ScreenNumbers(sampleStats())),
		"/screen/wait":   with(Screen(ScreenProps{Title: "Écran", Eyebrow: meeting, Heading: heading, State: "counting"}), ScreenMessage("hourglass", "Dépouillement en cours", "Le résultat s’affiche dans un instant.")),
		"/screen/body":   with(Screen(ScreenProps{Title: "Écran", Eyebrow: meeting, Heading: heading, State: "open"}), sampleRoom(TallyBars(tally))),
		"/screen/hidden": with(Screen(ScreenProps{Title: "Écran", Eyebrow: meeting, Heading: heading, State: "open"}), sampleRoom()),
		"/plain":         Plain(PlainProps{Title: "Ce site n’existe pas ici", Text: "L’adresse demandée ne correspond à aucune commune.", Action: &Link{Label: "Réessayer", Href: "/"}}),
	}
}

// sampleRoom is a screen with figures, and the way in beside them.
func sampleRoom(figures ...templ.Component) templ.Component {
	return templ.Join(
		templ.Raw(`<div class="screen-body"><div class="screen-figures">`), ScreenNumbers(sampleStats()), templ.Join(figures...), templ.Raw(`</div>`),
		ScreenJoin("https://participer.saint-dizier.example.fr/votes/73ff62b0-b468-4605-80bd-7c1d50a14aab", ""), templ.Raw(`</div>`),
	)
}

func sampleStats() []Stat {
	return []Stat{{Number: "184", Label: "votants"}, {Number: "230", Label: "présents"}, {Number: "365 jours", Label: "avant la clôture"}}
}

func sampleBallot() templ.Component {
	group := ChoiceGroup(ChoiceGroupProps{
		Name: "choix", Legend: "Quel projet faut-il lancer d’abord ?", Hint: "Un seul choix. Vous pourrez le changer jusqu’à la clôture.", Title: true, Required: true,
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
	for path := range pages {
		t.Run(strings.Trim(path, "/"), func(t *testing.T) {
			tab := browser.Open(t)
			for _, v := range views {
				tab.Size(v.width, 800).Dark(v.dark).Go(base + path).Accessible().Clean()
				tab.Screenshot(fmt.Sprintf("ui%s-%d-%s", path, v.width, map[bool]string{true: "dark", false: "light"}[v.dark]))
			}
		})
	}
}

// TestTheRoomSeesTheWholeResult: a screen is never scrolled, so that whatever
// the number of options and the length of the question, all is in the window.
func TestTheRoomSeesTheWholeResult(t *testing.T) {
	t.Parallel()
	questions := []string{"Oui ?", "Quel projet faut-il lancer d’abord ?", "Faut-il rendre piétonne la place du Marché le samedi, de huit heures à quatorze heures, pendant toute l’année ?"}
	pages := map[string]templ.Component{}
	for i, question := range questions {
		for _, n := range []int{2, 3, 4, 6, 8} {
			tally := TallyProps{ID: "ecran", Caption: "Voix", Base: "Part des 184 votants.", Large: true}
			for j := range n {
				tally.Rows = append(tally.Rows, TallyRow{ID: fmt.Sprint(j), Label: "Proposition numéro " + fmt.Sprint(j+1), Count: int64(90 - 10*j), Percent: "20 %", Winner: j == 0})
			}
			screen := with(Screen(ScreenProps{Title: "Écran", Eyebrow: "Réunion publique", Heading: question, State: "result"}), TallyBars(tally), ScreenNumbers(sampleStats()))
			pages[fmt.Sprintf("/%d-%d", i, n)] = screen
		}
		open := sampleTally()
		open.Large, open.Rows[len(open.Rows)-1].Label = true, "Installer une fontaine et des jeux d’eau"
		for name, figures := range map[string][]templ.Component{"open": {TallyBars(open)}, "hidden": {templ.Raw(`<p class="screen-detail">Les résultats seront affichés à la clôture, vendredi 11 décembre 2026 à 18 h.</p>`)}} {
			pages[fmt.Sprintf("/%d-%s", i, name)] = with(Screen(ScreenProps{Title: "Écran", Eyebrow: "Réunion publique", Heading: question, State: "open"}), sampleRoom(figures...))
		}
	}
	base := serve(t, pages)
	tab := browser.Open(t)
	for _, size := range [][2]int{{1280, 720}, {1920, 1080}, {1024, 768}} {
		tab.Size(size[0], size[1])
		for path := range pages {
			tab.Go(base + path)
			out := browser.Eval[[]string](tab, `[...document.querySelectorAll("h1, .tally-row, .tally-base, .screen-numbers > div, .screen-detail, .screen-join")]
				.filter(e => { const r = e.getBoundingClientRect(); return r.top < 0 || r.bottom > innerHeight || r.right > innerWidth + 1; })
				.map(e => e.className + " " + e.textContent.trim())`)
			stacked := browser.Eval[[]string](tab, `(list => list.slice(1).filter((e, i) => e.getBoundingClientRect().top < list[i].getBoundingClientRect().bottom - 1).map(e => e.className))(
				[...document.querySelectorAll("h1, .tally-row, .tally-base, .screen-numbers, .screen-detail")].sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top))`)
			if len(out) > 0 || len(stacked) > 0 {
				t.Errorf("%s at %v: out of the window: %q; over what comes before: %q", path, size, out, stacked)
			}
		}
		for _, path := range []string{"/0-2", "/1-4", "/2-6", "/2-8"} {
			tab.Go(base + path).Window(fmt.Sprintf("ui/screen/many%s-%d", path[2:], size[0]))
		}
	}
}

func TestPaperShowsTheResultAndNoMenu(t *testing.T) {
	t.Parallel()
	base := serve(t, samplePages())
	tab := browser.Open(t).Size(720, 1000).Print().Dark(true).Go(base + "/page")
	tab.Screenshot("ui/page-print")
	shown := browser.Eval[[]string](tab, `[...document.querySelectorAll("nav, .header-tools, .footer, .tally, h1")].filter(e => e.checkVisibility()).map(e => e.className || e.localName)`)
	if strings.Join(shown, " ") != "h1 tally" {
		t.Errorf("printed: %q", shown)
	}
	if ink := browser.Eval[string](tab, `getComputedStyle(document.querySelector("h1")).color`); ink != "rgb(0, 0, 0)" {
		t.Errorf("printed in %s", ink)
	}
}

// TestReadersOwnColoursKeepTheBars: with forced colours, what a brand colour
// drew is still told from what is behind.
func TestReadersOwnColoursKeepTheBars(t *testing.T) {
	t.Parallel()
	base := serve(t, samplePages())
	tab := browser.Open(t).ForcedColors().Go(base + "/page")
	tab.Screenshot("ui/page-forced")
	fills := browser.Eval[[]string](tab, `[".bar", ".bar-track"].map(s => getComputedStyle(document.querySelector(s)).fill)`)
	if fills[0] == fills[1] {
		t.Errorf("bar and ground are both %s", fills[0])
	}
}

func TestNothingMovesForThoseWhoAskedSo(t *testing.T) {
	t.Parallel()
	base := serve(t, samplePages())
	tab := browser.Open(t).ReducedMotion().Go(base + "/style")
	moving := browser.Eval[[]string](tab, `[...document.querySelectorAll("*")].filter(e => getComputedStyle(e).transitionDuration.split(", ").some(d => parseFloat(d) > 0)).map(e => e.className.baseVal ?? e.className)`)
	if len(moving) > 0 {
		t.Errorf("still moving: %q", moving)
	}
}

func TestLeavingAFilledBallotAsks(t *testing.T) {
	t.Parallel()
	base := serve(t, samplePages())
	tab := browser.Open(t).Go(base + "/booth")
	if tab.Count("[data-unsaved-text]:not([hidden])") != 0 {
		t.Error("nothing was chosen, and the page says it is not saved")
	}
	tab.Click("#f-choix-1").Wait("[data-unsaved-text]")
	tab.ClickTo(".booth-leave")
	if len(tab.Dialogs()) != 1 {
		t.Errorf("leaving a filled ballot asked %q", tab.Dialogs())
	}
}

func TestAHeldButtonCannotBePressedByMistake(t *testing.T) {
	t.Parallel()
	base := serve(t, map[string]templ.Component{
		"/":     with(Page(PageProps{Title: "Pupitre"}), with(Form(FormProps{Action: "/clos", Method: "get"}), Button(ButtonProps{Label: "Clore", Kind: Risky, Hold: true}))),
		"/clos": with(Page(PageProps{Title: "Clos"})),
	})
	tab := browser.Open(t).Go(base + "/")
	tab.Click("button[data-hold]")
	if tab.Title() != "Pupitre · J’aime, je m’engage" {
		t.Fatal("a short press closed the vote")
	}
	if got := tab.Text("button[data-hold]"); got != "Maintenez le bouton appuyé" {
		t.Errorf("the button says %q", got)
	}
	tab.Go(base+"/").TabTo("button[data-hold]", 30).Press(browser.Enter)
	tab.UntilText("button[data-hold]", "Appuyez de nouveau")
	tab.PressTo(browser.Enter)
	if tab.Title() != "Clos · J’aime, je m’engage" {
		t.Error("pressed twice on the keyboard, the button did nothing")
	}
}

func TestADialogOpensWithAndWithoutAScript(t *testing.T) {
	t.Parallel()
	pages := map[string]templ.Component{"/": with(Page(PageProps{Title: "Idée"}), DialogLink("retirer", LinkButtonProps{Label: "Retirer"}), Dialog(DialogProps{ID: "retirer", Title: "Retirer votre idée ?"}))}
	base := serve(t, pages)
	tab := browser.Open(t).Go(base + "/").Click("[data-dialog-open]").Wait("dialog:modal").Accessible()
	tab.Press(browser.Escape).Until(`!document.querySelector("dialog").open`)
	plain := browser.Open(t).NoScript().Go(base + "/").Click("[data-dialog-open]")
	plain.Wait("dialog:target").Click("[data-dialog-close]")
	plain.Until(`!document.querySelector("dialog").matches(":target")`)
}

func TestTheMenuOpensWithoutAScript(t *testing.T) {
	t.Parallel()
	base := serve(t, samplePages())
	browser.Open(t).NoScript().Phone().Go(base + "/page").Click(".menu-phone summary").Wait(".menu-phone a[href='/idees']")
}

// TestAFirstViewIsLight: 120 kB for a page with its fonts, 30 kB of which are scripts.
func TestAFirstViewIsLight(t *testing.T) {
	t.Parallel()
	base := serve(t, samplePages())
	tab := browser.Open(t).Phone().Go(base + "/page")
	const limit = 120_000
	if weight := tab.Weight(); weight > limit {
		t.Errorf("first view weighs %d bytes: %v", weight, tab.Resources())
	}
	t.Logf("first view: %d bytes", tab.Weight())
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
