package booth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parvis/app/testkit/browser"
	"parvis/app/voting"
	"parvis/app/web"
	"parvis/realtime"
)

// listen serves the town on a real connection, and returns its address.
func (s *square) listen() string {
	s.Helper()
	listener, err := web.Listen("127.0.0.1:0")
	s.must(err)
	done := make(chan error)
	go func() { done <- s.app.Listener(listener) }()
	s.Cleanup(func() {
		s.must(errors.Join(s.hub.Close(context.Background()), s.app.ShutdownWithTimeout(5*time.Second), <-done))
	})
	_, port, _ := strings.Cut(listener.Addr().String(), ":")
	return "http://" + s.town.Hosts[0] + ":" + port
}

// sign gives the browser the session of somebody.
func sign(p *browser.Page, address, name string) {
	p.Go(address + "/v")
	browser.Eval[string](p, fmt.Sprintf(`document.cookie = "parvis=%s; path=/"`, name))
}

// look checks a page in both colours at both widths, and keeps its pictures.
func look(p *browser.Page, name string) {
	for _, dark := range []bool{false, true} {
		for _, width := range []int{320, 1280} {
			p.Dark(dark).Size(width, 720)
			p.Accessible().Clean()
			scheme := map[bool]string{false: "light", true: "dark"}[dark]
			p.Screenshot(fmt.Sprintf("booth/%s-%d-%s", name, width, scheme))
		}
	}
	p.Dark(false).Size(1280, 800)
}

func TestThePagesOfPollsInABrowser(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	s.citizen("Olga", official)
	address := s.listen()
	one := s.open(terms(between(-time.Hour, 74*time.Hour)))
	two, each := s.open(terms(upToTwo)), s.open(terms(answers, shownLive))
	room := s.open(terms(openToRoom, shownLive, between(-time.Hour, 20*time.Minute)))
	soon := s.scheduled(terms(openToRoom, between(24*time.Hour, 48*time.Hour)))
	s.fill(each, "yyyyynnn----")
	p := browser.Open(t)

	p.Go(address + path(one))
	look(p, "sign-in")
	p.Go(address + path(soon))
	look(p, "waiting")
	p.Go(address + "/v")
	look(p, "door")
	p.Go(address + path(room))
	look(p, "room")

	sign(p, address, "Alice")
	p.Go(address + path(one))
	look(p, "ballot")
	p.ClickTo(`.booth-main form button`)
	look(p, "ballot-empty")
	p.Click(`[value="b"]`).ClickTo(`.booth-main form button`)
	look(p, "review")
	p.ClickTo(`.booth-main form button`)
	look(p, "receipt")
	p.Go(address + path(two)).Click(`[value="a"]`).Click(`[value="c"]`)
	look(p, "ballot-several")
	p.Go(address + path(each))
	look(p, "ballot-answers")

	p.Go(address + path(one) + "/resultats")
	look(p, "results-turnout")
	p.Go(address + path(each) + "/resultats")
	look(p, "results-live-answers")
	s.fill(one, "aaabbbbbbbcc")
	s.close(one)
	p.Go(address + path(one) + "/resultats")
	look(p, "results")
	p.Go(address + path(one))
	look(p, "closed")

	s.fill(room, "aaaabbbbbbbcc")
	sign(p, address, "Olga")
	p.Go(address + desk(room))
	look(p, "console")
	p.Go(address + desk(soon))
	look(p, "console-soon")
	p.Go(address + "/office/votes/" + room.String() + "/affiche")
	look(p, "poster")
}

func TestTheScreenInABrowser(t *testing.T) {
	s := newSquare(t)
	address := s.listen()
	soon := s.scheduled(terms(openToRoom, between(24*time.Hour, 48*time.Hour)))
	turnout := s.open(terms(openToRoom, between(-time.Hour, 20*time.Minute)))
	live := s.open(terms(openToRoom, shownLive, between(-time.Hour, 20*time.Minute)))
	each := s.open(terms(openToRoom, answers, shownLive))
	result, secret := s.open(terms(openToRoom)), s.open(terms(func(t *voting.Terms) { t.Release = voting.ByAct }))
	s.fill(turnout, "aaab")
	s.fill(live, "aaaabbbbbbbcc")
	s.fill(each, "yyyyynnn----")
	s.fill(result, "aaaabbbbbbbcc")
	s.close(result)
	s.close(secret)
	if _, err := s.box.Results(t.Context(), s.town.ID, result, realtime.Public); err != nil {
		t.Fatal(err)
	}
	p := browser.Open(t)
	for name, id := range map[string]voting.PollID{"join": soon, "turnout": turnout, "live": live, "answers": each, "result": result, "pause": secret} {
		for _, theme := range []string{"clair", "sombre"} {
			p.Go(address+"/ecran/"+id.String()+"?theme="+theme).Size(1280, 720).Accessible().Clean()
			p.Window("booth/screen-" + name + "-1280-" + theme)
		}
		p.Size(320, 720).Accessible().Clean()
		p.Screenshot("booth/screen-" + name + "-320")
	}
}

// TestEveryScreenMovesWithTheVote watches one vote from a screen, a results
// page, a waiting phone and the console, from before its opening to its result.
func TestEveryScreenMovesWithTheVote(t *testing.T) {
	s := newSquare(t)
	s.citizen("Olga", official)
	address := s.listen()
	id := s.scheduled(terms(openToRoom, shownLive))
	screen, results, phone, console := browser.Open(t), browser.Open(t), browser.Open(t), browser.Open(t)
	screen.Go(address+"/ecran/"+id.String()).UntilText("body", "Le vote va ouvrir")
	results.Go(address + path(id) + "/resultats")
	phone.Go(address+path(id)).UntilText("main", "pas encore ouvert")
	sign(console, address, "Olga")
	console.Go(address + desk(id)).ClickTo(`#actes button`)
	phone.Wait(`input[value="b"]`)
	screen.Wait(`body[data-state="open"]`)
	phone.Click(`input[value="b"]`)
	s.fill(id, "aaaa")
	for _, p := range []*browser.Page{screen, results, console} {
		p.Until(`document.querySelector("[data-live-bind=turnout]")?.textContent === "4"`)
	}
	s.fill(id, "bbbbbb")
	for _, p := range []*browser.Page{screen, results, console} {
		p.Until(`document.querySelector("[data-live-percent=b]")?.textContent.startsWith("60")`)
	}
	before := screen.Text(`[data-live-percent="a"]`)
	phone.ClickTo(`.booth-main form button`).UntilText("h1", "Votre vote est enregistré")
	screen.Until(`document.querySelector("[data-live-count=b]")?.textContent === "7"`)
	after := screen.Text(`[data-live-percent="a"]`)
	if reloaded := screen.Reload().Text(`[data-live-percent="a"]`); before == after || after != reloaded {
		t.Errorf("the share was %q, the script makes it %q, the page %q", before, after, reloaded)
	}

	undecided := browser.Open(t)
	undecided.Go(address + path(id)).Click(`input[value="c"]`)
	console.Go(address + desk(id))
	console.Click(`#actes .button-danger`) // too short
	if s.poll(id).State != voting.Open {
		t.Fatal("one click closes the vote")
	}
	browser.Eval[bool](console, `document.querySelector("#actes .button-danger").dispatchEvent(new PointerEvent("pointerdown", {bubbles: true}))`)
	screen.Wait(`body[data-state="counting"]`)
	console.UntilText("body", "Vote clos")
	undecided.UntilText("#etat", "Ce vote est clos")
	if !browser.Eval[bool](undecided, `document.querySelector("input[value=c]").checked`) {
		t.Error("what was ticked went away when the vote closed")
	}
	if _, err := s.box.Results(t.Context(), s.town.ID, id, realtime.Public); err != nil {
		t.Fatal(err)
	}
	screen.Wait(`body[data-state="result"]`).UntilText("body", "En tête")
	results.UntilText("h1 + .lead", "arrive en tête")
}

// TestAVoteByKeyboardAlone goes from the code of the room to the receipt.
func TestAVoteByKeyboardAlone(t *testing.T) {
	s := newSquare(t)
	address := s.listen()
	id := s.open(terms(openToRoom))
	p := browser.Open(t)
	p.Go(address + "/v")
	p.TabTo(`[name="code"]`, 10).Press(strings.Split(strings.ToLower(s.poll(id).Room.Code), "")...).PressTo(browser.Enter)
	p.TabTo(`[name="choix"]`, 10).Press(browser.Space).Press(browser.Down)
	p.TabTo(`.booth-main form button`, 10).PressTo(browser.Enter)
	p.UntilText("h1", "Votre vote est enregistré").UntilText(".chosen", "Une halle couverte")
	if n := s.ballots(id); n != 1 {
		t.Errorf("%d ballots", n)
	}
}

// TestWithoutScriptsEverythingWorks votes in two steps, and closes in two.
func TestWithoutScriptsEverythingWorks(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	s.citizen("Olga", official)
	address := s.listen()
	id := s.open(terms())
	p := browser.Open(t)
	sign(p, address, "Alice")
	p.NoScript()
	p.Go(address + path(id)).Click(`[value="b"]`).ClickTo(`.booth-main form button`).ClickTo(`.booth-main form button`)
	p.UntilText("h1", "Votre vote est enregistré")
	host := browser.Open(t)
	sign(host, address, "Olga")
	host.NoScript()
	host.Go(address+desk(id)).ClickTo(`#actes .button-danger`).UntilText("#actes", "Ne pas clore")
	if s.poll(id).State != voting.Open {
		t.Fatal("closed without asking")
	}
	host.ClickTo(`#actes .button-danger`).UntilText("body", "Le vote est clos.")
}
