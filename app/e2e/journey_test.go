package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"parvis/app/database"
	"parvis/app/testkit"
	"parvis/app/testkit/browser"
	"parvis/app/testkit/faultproxy"
	"parvis/modules"
)

// The demonstration towns' polls, by what they ask.
const (
	squareQuestion  = "Que faut-il étudier en premier sur la place ?"
	libraryQuestion = "Quels créneaux faut-il ouvrir ?"
	roomQuestion    = "Quelle activité ouvrir en premier au centre social ?"
	schoolQuestion  = "Faut-il essayer une rue scolaire devant chacune de ces écoles ?"
)

// pollOf is the address of a poll's booth.
func (s *server) pollOf(t testing.TB, question string) string {
	t.Helper()
	return "/votes/" + value[string](t, s, `SELECT id::text FROM voting.polls WHERE question = $1`, question)
}

func (s *server) ballots(t testing.TB, question string) int64 {
	t.Helper()
	return value[int64](t, s, `SELECT count(*) FROM voting.ballots b JOIN voting.polls p ON p.tenant_id = b.tenant_id AND p.id = b.poll_id WHERE p.question = $1`, question)
}

const (
	next    = `.booth-main form button` // the one button of each page of the booth
	bar     = `document.querySelector("[data-live-bar=a]").getAttribute("width")`
	turnout = `document.querySelector("[data-live-bind=turnout]").textContent`
)

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// signUp opens an account with the code of the mail, as somebody new does.
func signUp(p *browser.Page, s *server, host, name, email string) {
	p.Go(s.url(host, "/")).ClickTo(`a[href="/connexion"]`).ClickTo(`a[href="/inscription"]`)
	p.Fill(`[name="name"]`, name).Fill(`[name="email"]`, email).Click(`[name="charter"]`).ClickTo(`form[action="/inscription"] [type="submit"]`)
	p.UntilText("main", email).ClickTo(`main a[href="/courrier"]`)
	code := codeRE.FindStringSubmatch(p.Text("main"))
	for end := time.Now().Add(10 * time.Second); code == nil && time.Now().Before(end); code = codeRE.FindStringSubmatch(p.Text("main")) {
		p.ClickTo(`main a[href="/courrier"]`) // the mail is on its way
	}
	p.Go(s.url(host, "/connexion/code")).Fill(`[name="code"]`, code[1]).ClickTo(`form[action="/connexion/code"] [type="submit"]`)
}

// TestNewcomerVotesWithoutScripts goes from the home page to a changed vote,
// every step by the server alone.
func TestNewcomerVotesWithoutScripts(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	before := s.ballots(t, squareQuestion)
	p := browser.Open(t).Phone().NoScript()
	signUp(p, s, saintDizier, "Camille Nouvelle", "camille@exemple.fr")
	p.UntilText("body", "Camille")
	p.Go(s.url(saintDizier, "/consultations")).ClickTo(`a[href^="/consultations/"]`)
	p.Go(s.url(saintDizier, s.pollOf(t, squareQuestion)))
	p.ClickTo(next).Wait(".error-summary") // nothing chosen: said, and nothing lost
	p.Click(`[value="a"]`).ClickTo(next).UntilText("h1", "Vérifie").UntilText(".chosen", "verger partagé")
	if s.ballots(t, squareQuestion) != before {
		t.Error("the review already counts")
	}
	p.ClickTo(next).UntilText("h1", "Votre vote est enregistré").UntilText(".chosen", "verger partagé")
	receipt := p.URL()
	p.Reload()
	p.ClickTo(`.booth-main a[href$="` + s.pollOf(t, squareQuestion) + `"]`)
	p.Click(`[value="b"]`).ClickTo(next).ClickTo(next).UntilText(".chosen", "halle couverte")
	if now := s.ballots(t, squareQuestion); now != before+1 {
		t.Errorf("%d ballots, there were %d: a changed vote is one vote", now, before)
	}
	p.Go(receipt).UntilText("h1", "remplac")
	p.Go(s.url(saintDizier, "/moi")).UntilText("main", "place Aristide-Briand")
	p.Clean()
	s.log.quiet(t)
}

// TestTheScreenMovesWhenSomebodyVotes watches a projected screen while a
// newcomer votes in another browser: the bar moves by itself, in time, and the
// page is never loaded again.
func TestTheScreenMovesWhenSomebodyVotes(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	poll := s.pollOf(t, squareQuestion)
	screen := browser.Open(t).Go(s.url(saintDizier, "/ecran/"+strings.TrimPrefix(poll, "/votes/")))
	screen.Until(`document.documentElement.dataset.liveState === "connected"`)
	was, count := browser.Eval[string](screen, bar), digits(browser.Eval[string](screen, turnout))
	browser.Eval[bool](screen, `(window.kept = true, window.moved = 0, new MutationObserver(() => window.moved ||= Date.now())
		.observe(document.querySelector("[data-live-bar=a]"), {attributeFilter: ["width"]}), true)`)

	phone := browser.Open(t).Phone()
	signUp(phone, s, saintDizier, "Dominique Écran", "dominique@exemple.fr")
	phone.Go(s.url(saintDizier, poll)).Click(`[value="a"]`).ClickTo(next)
	phone.ClickTo(next).UntilText("h1", "Votre vote est enregistré")
	screen.Until(`window.moved > 0`).Until(`document.querySelector("[data-live-bind=turnout]").textContent.replace(/\D/g, "") === "` + fmt.Sprint(atoi(t, count)+1) + `"`)
	if now := browser.Eval[string](screen, bar); now == was {
		t.Errorf("the bar stayed at %s", now)
	}
	if !browser.Eval[bool](screen, `window.kept === true`) {
		t.Error("the screen was loaded again")
	}
	screen.Clean()

	// A second vote, sent without a browser, to measure from its answer.
	browser.Eval[bool](screen, `(window.moved = 0, true)`)
	c := s.signedIn(t, saintDizier, "Nadia Belkacem")
	ballot := c.get(poll).is(http.StatusOK)
	review := c.submit(ballot, poll+"/verification", "choix", "a").is(http.StatusOK)
	c.submit(review, poll+"/bulletin").is(http.StatusSeeOther)
	answered := time.Now()
	screen.Until(`window.moved > 0`)
	late := time.UnixMilli(browser.Eval[int64](screen, `window.moved`)).Sub(answered)
	t.Logf("the bar moved %v after the answer to the vote", late)
	if late > 500*time.Millisecond*slack {
		t.Errorf("the bar moved %v after the vote", late)
	}
	s.log.quiet(t)
}

func atoi(t testing.TB, text string) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Fatalf("%q is no number", text)
	}
	return n
}

// TestTheScreenSaysWhenItIsCutOff stops the program under a screen, votes once
// it is back, and looks at the screen find its way alone.
func TestTheScreenSaysWhenItIsCutOff(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	poll := s.pollOf(t, squareQuestion)
	screen := browser.Open(t).Go(s.url(saintDizier, "/ecran/"+strings.TrimPrefix(poll, "/votes/")))
	screen.Until(`document.documentElement.dataset.liveState === "connected"`)
	count := digits(browser.Eval[string](screen, turnout))
	s.stop()
	screen.Wait("[data-live-lost]").UntilText("[data-live-lost]", "Connexion perdue")
	screen.Window("journey/screen-lost")
	s.listen(t, "127.0.0.1:"+s.port, modules.All)
	c := s.signedIn(t, saintDizier, "Nadia Belkacem")
	review := c.submit(c.get(poll), poll+"/verification", "choix", "c").is(http.StatusOK)
	c.submit(review, poll+"/bulletin").is(http.StatusSeeOther)
	screen.Until(`document.querySelector("[data-live-bind=turnout]").textContent.replace(/\D/g, "") === "` + fmt.Sprint(atoi(t, count)+1) + `"`)
	screen.Until(`document.querySelector("[data-live-lost]").hidden`)
}

// TestTheRoomVotesWithOneTap follows the code of the screen to the ballot:
// no account, one tap, one confirmation, one ballot for each device.
func TestTheRoomVotesWithOneTap(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	poll := s.pollOf(t, roomQuestion)
	before := s.ballots(t, roomQuestion)
	code := value[string](t, s, `SELECT room_code FROM voting.polls WHERE question = $1`, roomQuestion)
	screen := browser.Open(t).Go(s.url(saintDizier, "/ecran/"+strings.TrimPrefix(poll, "/votes/"))).UntilText("body", s.port+"/v/"+code)

	phone := browser.Open(t).Phone().Go(s.url(saintDizier, "/v/"+strings.ToLower(code)))
	if phone.URL() != s.url(saintDizier, poll) {
		t.Fatalf("the code leads to %s", phone.URL())
	}
	phone.UntilText("main", "appareil").Click(`[value="b"]`).ClickTo(next).UntilText("h1", "Votre vote est enregistré")
	if n := s.ballots(t, roomQuestion); n != before+1 {
		t.Errorf("%d ballots, want %d", n, before+1)
	}
	phone.Go(s.url(saintDizier, "/v/"+code)).UntilText("main", "déjà")
	phone.Click(`[value="c"]`).ClickTo(next).UntilText(".chosen", "numérique")
	if n := s.ballots(t, roomQuestion); n != before+1 {
		t.Errorf("%d ballots after the same device changed its mind, want %d", n, before+1)
	}
	screen.Until(`document.querySelector("[data-live-bind=turnout]").textContent.replace(/\D/g, "") === "` + fmt.Sprint(before+1) + `"`)
	phone.Go(s.url(saintDizier, "/v/ZZZZZZ")).UntilText("main", "code")
	s.log.quiet(t)
}

// TestAnOfficialLeadsAConsultation writes one, asks a question, looks at it,
// publishes, opens, closes, and says what was decided.
func TestAnOfficialLeadsAConsultation(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	p := browser.Open(t)
	borrow(p, s, saintDizier, "Hélène Marchal")
	p.Go(s.url(saintDizier, "/office")).ClickTo(`main a[href="/office/consultations"]`).ClickTo(`main a[href="/office/consultations/nouvelle"]`)
	day := func(n int) string { return time.Now().AddDate(0, 0, n).Format("2006-01-02T15:04") }
	set := func(name, text string) {
		browser.Eval[bool](p, fmt.Sprintf(`(e => (e.value = %q, e.dispatchEvent(new Event("input", {bubbles: true})), true))(document.querySelector("[name=%s]"))`, text, name))
	}
	p.Fill(`[name="title"]`, "Où planter mille arbres ?").Type(`[name="summary"]`, "Mille arbres seront plantés.").Type(`[name="easy"]`, "La ville plante des arbres.")
	p.Type(`[name="body"]`, "## Pourquoi\n\nPour **l’ombre**.").Type(`[name="promise"]`, "Le conseil suivra le vote.")
	p.Click(`[name="do"][value="preview"]`).UntilText("#apercu", "l’ombre").Wait("#apercu strong")
	set("opens", day(1))
	set("closes", day(9))
	p.ClickTo(`.action-bar [value="save"]`)
	p.ClickTo(`a[href$="/votes/nouveau"]`).Fill(`[name="question"]`, "Quel quartier en premier ?").Click(`[name="visibility"][value="live"]`)
	p.Fill(`[name="option_label_1"]`, "Gigny").Fill(`[name="option_label_2"]`, "La Noue")
	p.ClickTo(`[name="do"][value="add"]`).Fill(`[name="option_label_3"]`, "Marnaval").ClickTo(`.action-bar [value="save"]`)
	base := strings.TrimSuffix(p.URL(), "/votes")
	p.Go(base+"/apercu").UntilText("main", "Quel quartier en premier ?").UntilText("main", "Marnaval")
	s.visitor(t, saintDizier).get(strings.Replace(strings.TrimPrefix(base, s.url(saintDizier, "")), "/office", "", 1)).is(http.StatusNotFound)
	p.Go(base).ClickTo(`form[action$="/publier"] button`).ClickTo(`form[action$="/ouvrir"] button`)

	public := strings.Replace(base, "/office", "", 1)
	citizen := browser.Open(t)
	borrow(citizen, s, saintDizier, "Nadia Belkacem")
	citizen.Go(public).ClickTo(`main a[href^="/votes/"]`).Click(`[value="b"]`).ClickTo(next).ClickTo(next).UntilText("h1", "Votre vote est enregistré")

	p.Go(base).Click(`details:has(form[action$="/clore"]) summary`).Type(`form[action$="/clore"] textarea`, "Tout le monde a répondu.").ClickTo(`form[action$="/clore"] button`)
	p.ClickTo(`a[href$="/suites"]`).Type(`[name="outcome"]`, "La Noue sera plantée **cet hiver**.").ClickTo(`#decision [value="save"]:not(.sr-only)`)
	citizen.Go(public).UntilText("main", "La Noue sera plantée").UntilText("main", "Tout le monde a répondu")
	p.Clean()
	s.log.quiet(t)
}

// borrow signs in as a demonstration account, with one click.
func borrow(p *browser.Page, s *server, host, name string) {
	p.Go(s.url(host, "/connexion")).ClickTo(`[aria-label*="` + name + `"]`)
}

// TestTheDeskOpensAVote: a citizen whose home is unknown is told what is
// missing and where to go; an agent records what was shown; the vote is open.
func TestTheDeskOpensAVote(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	poll := s.url(saintDizier, s.pollOf(t, libraryQuestion))
	lucas, karim := browser.Open(t).Phone(), browser.Open(t)
	borrow(lucas, s, saintDizier, "Lucas Perrin")
	lucas.Go(poll).UntilText("main", "Vous n’avez pas encore indiqué votre adresse.")
	if lucas.Count(`[name="choix"]`) > 0 {
		t.Error("a ballot is shown to somebody who may not vote")
	}
	borrow(karim, s, saintDizier, "Karim Aubry")
	karim.Go(s.url(saintDizier, "/office/citoyens")).Fill(`[name="q"]`, "Perrin").ClickTo(`form[action="/office/citoyens"] [type="submit"]`)
	karim.ClickTo(`main a[href^="/office/citoyens/"]:not([href$="nouveau"])`).UntilText("h1", "Lucas Perrin")
	karim.Fill(`form[action$="/domicile"] [name="address"]`, "12 rue du Général-Maistre").ClickTo(`form[action$="/domicile"] button`)
	lucas.Go(poll).Click(`[value="c"]`).Click(`[value="d"]`).ClickTo(next).ClickTo(next).UntilText("h1", "Votre vote est enregistré")
	marc := browser.Open(t)
	borrow(marc, s, saintDizier, "Jeanne Royer")
	marc.Go(s.url(saintDizier, "/office/journal")).UntilText("main", "Karim Aubry").UntilText("main", "Lucas Perrin")
	s.log.quiet(t)
}

// TestTheDatabaseGoesAndComesBack cuts the program from its database: people
// are told so on a page of the town, which comes back by itself.
func TestTheDatabaseGoesAndComesBack(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	proxy, by := through(t, db)
	s := startOn(t, db, by, modules.All)
	p := s.plant(t, "delta", "#0b5d57")
	page := browser.Open(t).Go(s.url(p.host, "/"))
	proxy.Set(faultproxy.Fault{Refuse: true})
	proxy.Cut()
	visitor := p.as(t, visitor)
	for _, address := range []string{"/", "/votes/" + p.poll.String()} {
		start := time.Now()
		down := visitor.get(address).is(http.StatusServiceUnavailable).says(p.town.SiteName, "instant")
		if down.header.Get("Retry-After") == "" || time.Since(start) > 6*time.Second {
			t.Errorf("%s: Retry-After %q after %v", address, down.header.Get("Retry-After"), time.Since(start))
		}
		if found := inner.FindString(down.body); found != "" {
			t.Errorf("%s shows %q", address, found)
		}
	}
	visitor.get("/healthz").is(http.StatusOK)
	visitor.get("/readyz").is(http.StatusServiceUnavailable)
	page.Reload().UntilText("main", "instant").Accessible()
	page.Screenshot("journey/unavailable")
	proxy.Heal()
	page.UntilText("main", p.says("Ouverte")) // the page asks again by itself
	visitor.get("/readyz").is(http.StatusOK)
}

// through opens a database by way of a proxy.
func through(t testing.TB, db *testkit.DB) (*faultproxy.Proxy, *database.DB) {
	t.Helper()
	cfg, err := pgx.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := faultproxy.New(pgconn.NetworkAddress(cfg.Host, cfg.Port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Close() })
	address, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	address.Host, address.RawQuery = proxy.Addr(), "sslmode=disable"
	by, err := database.Open(t.Context(), database.Options{URL: address.String(), Name: "e2e"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(by.Close)
	return proxy, by
}

// TestSignInAndVoteByKeyboardAlone presses Tab, Space and Enter, and nothing
// else but the letters of an address and of a code.
func TestSignInAndVoteByKeyboardAlone(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	p := browser.Open(t).Go(s.url(saintDizier, s.pollOf(t, squareQuestion)))
	to := func(selector string) {
		t.Helper()
		p.TabTo(selector, 60)
		if !browser.Eval[bool](p, focusShows) {
			t.Errorf("%s: the focus on %q cannot be seen", p.URL(), p.Focused())
		}
	}
	to(`a[href^="/connexion"]`)
	p.PressTo(browser.Enter)
	to(`form[action="/connexion"] [name="email"]`)
	p.Press(letters("nadia@saint-dizier.example")...).PressTo(browser.Enter)
	code := s.visitor(t, saintDizier).letter("nadia@saint-dizier.example")
	to(`[name="code"]`)
	p.Press(letters(codeRE.FindStringSubmatch(code)[1])...).PressTo(browser.Enter)
	p.UntilText("h1", squareQuestion)
	to(`[name="choix"]`)
	p.Press(browser.Space)
	to(next)
	p.PressTo(browser.Enter).UntilText("h1", "Vérifie")
	to(next)
	p.PressTo(browser.Enter).UntilText("h1", "Votre vote est enregistré")
	p.Clean()
}

func letters(text string) []string { return strings.Split(text, "") }

// focusShows: what has the focus, or its label, has an outline or a shadow
// that it has not otherwise.
const focusShows = `(e => {
	const around = [e, e.closest("label"), e.parentElement, e.nextElementSibling].filter(Boolean);
	return around.some(x => { const s = getComputedStyle(x); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== "none"; });
})(document.activeElement)`
