package realtime_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/gofiber/fiber/v2"

	"parvis/app/testkit/browser"
	"parvis/realtime"
)

// script is the browser's side of the protocol, made as small as visitors get it.
var script = sync.OnceValue(func() []byte {
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{"../app/ui/static/src/live.js"}, Bundle: true, Format: api.FormatESModule,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, Charset: api.CharsetUTF8,
	})
	if len(built.Errors) > 0 {
		panic(built.Errors[0].Text)
	}
	return built.OutputFiles[0].Contents
})

func TestTheScriptIsUnderFourKilobytes(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(script())
	w.Close()
	if packed.Len() >= 4<<10 {
		t.Errorf("%d bytes", packed.Len())
	}
	t.Logf("%d bytes, %d before gzip", packed.Len(), len(script()))
}

// hall is a site of one page that follows one poll.
type hall struct {
	address string
	page    string // in French
	hub     *realtime.Hub
	app     *fiber.App

	mu    sync.Mutex
	state map[string]any
	rev   int64
	deaf  bool // refuses sockets
	pages int  // sent
}

var hallPoll = realtime.Topic{Tenant: "t1", Module: "voting", Name: "1"}

func openHall(t *testing.T, page string) *hall {
	h := &hall{page: page, rev: 1, state: map[string]any{}, address: "127.0.0.1:0"}
	h.start(t)
	t.Cleanup(func() { h.stop(t) })
	return h
}

// start opens the doors, at the same address as before.
func (h *hall) start(t *testing.T) {
	t.Helper()
	h.hub = realtime.New(realtime.Options{Source: realtime.SourceFunc(h.snapshot), Spread: -1, Log: slog.New(slog.DiscardHandler)})
	h.app = fiber.New(fiber.Config{DisableStartupMessage: true})
	realtime.Prepare(h.app)
	h.app.Use(func(c *fiber.Ctx) error {
		c.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'")
		return c.Next()
	})
	h.app.Get("/direct", realtime.Handler(h.hub, h.authorize))
	h.app.Get("/live.js", func(c *fiber.Ctx) error { return c.Type("js").Send(script()) })
	h.app.Get("/fast.js", func(c *fiber.Ctx) error {
		return c.Type("js").SendString("const slow = setInterval; window.setInterval = (f, ms) => slow(f, ms / 20); Math.random = () => 0.1;")
	})
	h.app.Get("/", func(c *fiber.Ctx) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.pages++
		page := fmt.Sprintf(h.page, h.state["turnout"])
		return c.Type("html").SendString(`<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Direct</title><link rel="icon" href="data:,">` +
			`<script src="/fast.js"></script><script type="module" src="/live.js"></script></head><body>` + page + `</body></html>`)
	})
	listener, err := net.Listen("tcp", h.address)
	if err != nil {
		t.Fatal(err)
	}
	h.address = listener.Addr().String()
	go h.app.Listener(listener)
}

func (h *hall) stop(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := h.hub.Close(ctx); err != nil {
		t.Error(err)
	}
	h.app.ShutdownWithContext(ctx) // what the browser keeps open is cut
}

func (h *hall) authorize(*fiber.Ctx) (realtime.Session, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.deaf {
		return realtime.Session{}, fiber.ErrServiceUnavailable
	}
	return realtime.Session{
		Tenant: "t1", Origins: []string{"http://" + h.address},
		Audience: func(_ context.Context, _ realtime.Topic, asked realtime.Audience) (realtime.Audience, error) {
			return asked, nil
		},
	}, nil
}

func (h *hall) snapshot(context.Context, realtime.Topic, realtime.Audience) (realtime.State, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, err := json.Marshal(h.state)
	return realtime.State{Rev: h.rev, Body: body}, err
}

// now changes fields of the state.
func (h *hall) now(fields map[string]any) {
	h.mu.Lock()
	for name, value := range fields {
		h.state[name] = value
	}
	h.rev++
	hub := h.hub
	h.mu.Unlock()
	hub.Changed(hallPoll)
}

func (h *hall) visit(t *testing.T) *browser.Page {
	t.Helper()
	return browser.Open(t).Go("http://" + h.address + "/").Until(`document.documentElement.dataset.liveState === "connected"`)
}

const tallyPage = `<section data-live="voting/1" data-live-audience="screen" data-live-rev="0">
<p id="words" data-live-bind="turnout">%v votants</p>
<p id="sentence" data-live-text="{turnout} votants sur {entitled}" data-live-text-one="{turnout} votant sur {entitled}"></p>
<p id="spoken" aria-live="polite" data-live-announce="{turnout} votants"></p>
<span id="count" data-live-count="a">0</span> <span id="percent" data-live-percent="a">0</span> <span id="other" data-live-count="c">9</span>
<svg viewBox="0 0 1000 24"><rect id="a" data-live-bar="a" width="0" height="24"/><rect id="b" data-live-bar="b" width="0" height="24"/></svg>
<svg viewBox="0 0 1000 24"><rect id="meter" data-live-bar="turnout" width="0" height="24"/></svg>
<time id="closes" data-live-bind="closes_at" data-countdown datetime="2026-11-23T20:00:00Z">bientôt</time>
</section><p id="lost" data-live-lost hidden>connexion perdue, dernière mise à jour <span id="at" data-live-lost-at></span></p>`

func TestThePageFollowsTheVotes(t *testing.T) {
	h := openHall(t, tallyPage)
	server := time.Now().Add(-3 * time.Hour).UTC() // the visitor's clock is three hours fast
	h.now(map[string]any{
		"turnout": 1, "entitled": 1204, "base": 1, "server_now": server, "closes_at": server.Add(125 * time.Second),
		"counts": []map[string]any{{"option": "a", "value": 1, "votes": 1}},
	})
	p := h.visit(t).UntilText("#sentence", "1 votant sur 1")
	p.Until(`/^2:0\d$/.test(document.querySelector("#closes").textContent)`)
	h.now(map[string]any{
		"turnout": 1202, "base": 1200,
		"counts": []map[string]any{{"option": "a", "value": 1, "votes": 300}, {"option": "b", "value": 1, "votes": 600}, {"option": "b", "value": 0, "votes": 7}},
	})
	p.Until(`document.querySelector("#count").textContent === "300"`)
	for selector, want := range map[string]string{
		"#words": "1 202 votants", "#sentence": "1 202 votants sur 1 204", "#percent": "25 %", "#other": "0",
	} {
		got := browser.Eval[string](p, `document.querySelector("`+selector+`").textContent.replace(/\s/g, " ")`)
		if got != want {
			t.Errorf("%s shows %q, want %q", selector, got, want)
		}
	}
	for id, want := range map[string]string{"a": "500", "b": "1000", "meter": "998"} {
		if got := browser.Eval[string](p, `document.getElementById("`+id+`").getAttribute("width")`); got != want {
			t.Errorf("bar %s is %s wide, want %s of 1000", id, got, want)
		}
	}
	if spoken := browser.Eval[string](p, `document.querySelector("#spoken").textContent`); spoken != "1 votants" {
		t.Errorf("said %q: twice within five seconds", spoken)
	}
	p.UntilText("#spoken", "202 votants") // said in the end
	p.Clean()
}

func TestThePageSaysThatItIsCutOffAndComesBack(t *testing.T) {
	h := openHall(t, tallyPage)
	h.now(map[string]any{"turnout": 3})
	p := h.visit(t).UntilText("#words", "3")
	h.stop(t)
	p.Until(`document.documentElement.dataset.liveState === "lost" && !document.querySelector("#lost").hidden`)
	if at := browser.Eval[string](p, `document.querySelector("#at").textContent`); !bytes.Contains([]byte(at), []byte("\u00a0h\u00a0")) {
		t.Errorf("last news at %q, want an hour as the French write it", at)
	}
	h.now(map[string]any{"turnout": 8}) // by another way in
	h.start(t)
	p.Until(`document.documentElement.dataset.liveState === "connected" && document.querySelector("#lost").hidden`).UntilText("#words", "8")
	if n := h.hub.Present(hallPoll, realtime.Screen); n != 1 {
		t.Errorf("%d sockets, want one", n)
	}
}

func TestThePageAsksWhereSocketsAreImpossible(t *testing.T) {
	h := openHall(t, `<section id="result" data-live="voting/1"><b id="n">%v</b></section>`)
	h.now(map[string]any{"turnout": 3})
	h.deaf = true
	p := browser.Open(t).Go("http://"+h.address+"/").UntilText("#n", "3")
	h.now(map[string]any{"turnout": 8})
	p.UntilText("#n", "8")
	h.mu.Lock()
	h.deaf = false
	h.mu.Unlock()
	p.Until(`document.documentElement.dataset.liveState === "connected"`) // it goes on trying
}

func TestThePageIsFetchedAgainWhenThePollCloses(t *testing.T) {
	h := openHall(t, `<section id="result" data-live="voting/1" data-live-swap="/" data-live-swap-on="state" data-live-was="open"><b id="n">%v</b><input id="i"></section>`)
	h.now(map[string]any{"turnout": 3, "state": "open"})
	p := h.visit(t)
	browser.Eval[bool](p, `addEventListener("live", (e) => (window.shown = e.detail.state.turnout)), document.querySelector("#i").focus(), true`)
	h.now(map[string]any{"turnout": 4})
	p.Until(`window.shown === 4`)
	h.now(map[string]any{"turnout": 5, "state": "closed"})
	p.UntilText("#n", "5")
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pages != 2 {
		t.Errorf("the page was sent %d times, want once, and once more when the poll closed", h.pages)
	}
	if browser.Eval[string](p, `document.activeElement.id`) != "i" {
		t.Error("the visitor lost their place")
	}
	p.Clean()
}

func TestThePageComesBackFromTheHistoryConnected(t *testing.T) {
	h := openHall(t, tallyPage)
	h.now(map[string]any{"turnout": 3})
	p := h.visit(t).UntilText("#words", "3")
	browser.Eval[bool](p, `dispatchEvent(new PageTransitionEvent("pagehide", {persisted: true}))`)
	eventually(t, "the socket is closed", func() bool { return h.hub.Stats().Sockets == 0 })
	h.now(map[string]any{"turnout": 9})
	browser.Eval[bool](p, `dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true}))`)
	p.UntilText("#words", "9")
	p.Clean()
}
