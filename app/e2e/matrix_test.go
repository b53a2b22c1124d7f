package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"parvis/app/testkit"
	"parvis/app/testkit/browser"
	"parvis/modules"
)

// look is a way to look at a page.
type look struct {
	width int
	dark  bool
}

var looks = []look{{320, false}, {1280, true}, {320, true}, {1280, false}}

func (l look) String() string {
	return fmt.Sprintf("%d%s", l.width, map[bool]string{true: "-dark"}[l.dark])
}

func (l look) at(p *browser.Page) {
	p.Size(l.width, map[bool]int{true: 640, false: 800}[l.width < 600]).Dark(l.dark)
}

// TestEveryPageIsSound looks at every page of the live route table as whoever
// may see it: accessible, sound, silent, at home. An ordinary run looks at
// each page in one way, the next page in the next way; with PARVIS_LONG at
// each in every way and at 200 %.
func TestEveryPageIsSound(t *testing.T) {
	t.Parallel()
	s := start(t, testkit.Database(t), modules.All)
	p := s.plant(t, "echo", "#8a3b12")
	pages := map[string][]string{}
	for _, r := range everyRoute(t, s) {
		w := wayTo(r)
		address := path(r.Path, w.params(p)) + w.query(p)
		if r.Method == http.MethodGet && isPage(w.browser(t, p).get(address)) {
			pages[w.as] = append(pages[w.as], address)
		}
	}
	titles := &titleBook{seen: map[string]string{}}
	for as, addresses := range pages {
		t.Run("as "+as, func(t *testing.T) {
			t.Parallel()
			tab := tabOf(t, way{as: as}.browser(t, p))
			for i, address := range addresses {
				tab.Go(p.url(p.host, address))
				titles.check(t, tab, address)
				for j, l := range looks {
					if long || j == i%len(looks) {
						l.at(tab)
						sound(t, tab)
					}
				}
				if long {
					tab.Size(1280, 800).Zoom(2)
					sound(t, tab)
					tab.Zoom(1)
				}
			}
		})
	}
}

func isPage(a answer) bool {
	return a.status == http.StatusOK && strings.HasPrefix(a.header.Get("Content-Type"), "text/html")
}

// tabOf is a tab with the cookies of a client.
func tabOf(t testing.TB, c *client) *browser.Page {
	t.Helper()
	tab := browser.Open(t).Go(c.url(c.host, "/v"))
	for _, cookie := range c.http.Jar.Cookies(&url.URL{Scheme: "http", Host: c.host, Path: "/"}) {
		browser.Eval[string](tab, fmt.Sprintf("document.cookie = %q", cookie.Name+"="+cookie.Value+"; path=/"))
	}
	return tab
}

// sound fails the test for what is wrong with the page as it stands.
func sound(t testing.TB, tab *browser.Page) {
	t.Helper()
	tab.Accessible().Clean()
	for _, fault := range browser.Eval[[]string](tab, unsound) {
		t.Errorf("%s: %s", tab.URL(), fault)
	}
	for _, small := range tab.SmallTargets(24) {
		t.Errorf("%s: too small to be touched: %s", tab.URL(), small)
	}
}

// unsound lists what axe does not say of a page.
const unsound = `(() => {
	const faults = [], all = (q) => [...document.querySelectorAll(q)];
	const h1 = all("h1");
	if (h1.length !== 1) faults.push(h1.length + " h1: " + h1.map(e => e.innerText).join(" / "));
	if (!/^(fr|en)$/.test(document.documentElement.lang)) faults.push("lang=" + document.documentElement.lang);
	if (!document.title.trim()) faults.push("no title");
	const ids = all("[id]").map(e => e.id);
	for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) faults.push("id twice: " + id);
	for (const e of all("label[for]")) if (!document.getElementById(e.htmlFor)) faults.push("label for nothing: " + e.innerText);
	for (const e of all("input:not([type=hidden]), select, textarea")) if (e.checkVisibility() && !e.labels?.length && !e.getAttribute("aria-label") && !e.getAttribute("aria-labelledby")) faults.push("no label: " + e.name);
	for (const e of all("[aria-describedby], [aria-labelledby], [aria-controls]")) for (const a of ["aria-describedby", "aria-labelledby", "aria-controls"])
		for (const id of (e.getAttribute(a) || "").split(" ").filter(Boolean)) if (!document.getElementById(id)) faults.push(a + " to nothing: " + id);
	for (const e of all("a[href^='#']")) if (e.hash.length > 1 && !document.getElementById(decodeURIComponent(e.hash.slice(1)))) faults.push("link to nothing: " + e.hash);
	for (const e of all("[style], [onclick], [onsubmit], style")) if (!e.closest("svg")) faults.push("inline: " + e.outerHTML.slice(0, 80));
	for (const e of all("img:not([alt])")) faults.push("no alt: " + e.src);
	return faults;
})()`

// titleBook sees that no two pages have the same title.
type titleBook struct {
	mu   sync.Mutex
	seen map[string]string
}

func (b *titleBook) check(t testing.TB, tab *browser.Page, address string) {
	t.Helper()
	title := tab.Title()
	b.mu.Lock()
	defer b.mu.Unlock()
	if other, taken := b.seen[title]; taken {
		t.Errorf("%s and %s have the same title: %s", other, address, title)
	}
	b.seen[title] = address
}

// decisive are the pages looked at in every way even in an ordinary run.
var decisive = []string{"home", "consultation", "booth", "review", "receipt", "results", "screen", "office-list", "office-form", "sign-in"}

// TestThePagesThatDecide looks at the pages that decide whether people like
// what they see, with the demonstration's data, and keeps their pictures.
func TestThePagesThatDecide(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	square, library, room, school := s.pollOf(t, squareQuestion), s.pollOf(t, libraryQuestion), s.pollOf(t, roomQuestion), s.pollOf(t, schoolQuestion)
	subject := func(poll string) string {
		return value[string](t, s, `SELECT subject_id::text FROM voting.polls WHERE id = $1`, strings.TrimPrefix(poll, "/votes/"))
	}
	screen := func(poll string) string { return strings.Replace(poll, "/votes/", "/ecran/", 1) }
	for who, pages := range map[string][][2]string{
		"": {
			{"home", "/"}, {"consultations", "/consultations"}, {"consultation", "/consultations/" + subject(square)}, {"decided", "/consultations/" + subject(school)},
			{"sign-in", "/connexion"}, {"sign-up", "/inscription"}, {"results", school + "/resultats"}, {"results-live", square + "/resultats"}, {"room", room},
			{"screen", screen(square)}, {"screen-room", screen(room)}, {"screen-result", screen(school)}, {"search", "/recherche?q=place"}, {"not-found", "/nulle-part"},
			{"methods", "/methodes"}, {"accessibility", "/accessibilite"},
		},
		"Nadia Belkacem": {{"booth", square}, {"booth-several", library}, {"profile", "/moi/profil"}, {"proofs", "/moi/preuves"}, {"mine", "/moi"}},
		"Lucas Perrin":   {{"refused", library}},
		"Hélène Marchal": {
			{"office-list", "/office/consultations"}, {"office-form", "/office/consultations/" + subject(square) + "/texte"}, {"office-new", "/office/consultations/nouvelle"},
			{"office-lead", "/office/consultations/" + subject(square)}, {"console", "/office" + room + "/pupitre"}, {"office-poll", "/office/consultations/" + subject(s.pollOf(t, "Quels itinéraires faut-il aménager d’abord ?")) + "/votes"},
		},
		"Marc Lemoine": {{"desk", "/office"}, {"citizens", "/office/citoyens"}, {"settings", "/office/site"}, {"style", "/office/style"}},
	} {
		t.Run("as "+who, func(t *testing.T) {
			t.Parallel()
			c := s.visitor(t, saintDizier)
			if who != "" {
				c = s.signedIn(t, saintDizier, who)
			}
			tab := tabOf(t, c)
			for _, page := range pages {
				tab.Go(s.url(saintDizier, page[1]))
				if page[0] == "not-found" {
					tab.Console() // the browser says 404 there
				}
				picture(t, tab, page[0])
			}
			if who == "Nadia Belkacem" {
				tab.Go(s.url(saintDizier, square)).Click(`[value="a"]`).ClickTo(next)
				picture(t, tab, "review")
				tab.ClickTo(next)
				picture(t, tab, "receipt")
			}
		})
	}
}

// picture looks at a page, light at both widths at least, and keeps it.
func picture(t testing.TB, tab *browser.Page, name string) {
	t.Helper()
	for _, l := range looks {
		every := long || slices.Contains(decisive, name)
		if l.dark && !every {
			continue
		}
		l.at(tab)
		if every || l.width == 320 {
			sound(t, tab)
		}
		tab.Screenshot("e2e/" + name + "-" + l.String())
		if strings.HasPrefix(name, "screen") {
			tab.Window("e2e/" + name + "-window-" + l.String())
		}
	}
}
