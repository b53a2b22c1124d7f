package realtime

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gorilla/websocket"

	"parvis/realtime/livetest"
)

// house is a program with nothing but a hub, on a real port.
type house struct {
	hub  *Hub
	town *town
	url  string
	app  *fiber.App
}

// open starts a house. authorize may be nil: everyone of poll's tenant.
func open(t testing.TB, options Options, authorize Authorize) *house {
	t.Helper()
	return openWith(t, fiber.Config{}, options, authorize)
}

func openWith(t testing.TB, config fiber.Config, options Options, authorize Authorize) *house {
	t.Helper()
	h := &house{town: newTown()}
	if options.Source == nil {
		options.Source = h.town
	}
	options.Log = slog.New(slog.DiscardHandler)
	options.Spread = -1
	h.hub = New(options)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.url = "http://" + listener.Addr().String() + "/direct"
	if authorize == nil {
		authorize = func(*fiber.Ctx) (Session, error) { return h.visitor(), nil }
	}
	config.DisableStartupMessage = true
	h.app = fiber.New(config)
	Prepare(h.app)
	h.app.Get("/direct", Handler(h.hub, authorize))
	serving := make(chan error, 1)
	go func() { serving <- h.app.Listener(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := errors.Join(h.app.ShutdownWithContext(ctx), h.hub.Close(ctx), <-serving); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) visitor() Session {
	session := anyone(poll.Tenant)
	session.Origins = []string{strings.TrimSuffix(h.url, "/direct")}
	return session
}

// come connects a screen.
func (h *house) come(t testing.TB) *livetest.Client {
	t.Helper()
	client, err := livetest.Dial(soon(t), livetest.Options{URL: h.url, Follows: []livetest.Follow{{Topic: "voting/1", Audience: "screen"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Drop() })
	return client
}

// soon is a context for what should not take long.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func next(t testing.TB, client *livetest.Client) livetest.Frame {
	t.Helper()
	frame, err := client.Next(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

// eventually waits for what another goroutine brings about.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestWhatIsWrongIsSaidOverHTTP(t *testing.T) {
	upgrade := map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	}
	h := open(t, Options{}, nil)
	own := strings.TrimSuffix(h.url, "/direct")
	for _, c := range []struct {
		name, query, header, value string
		status                     int
	}{
		{"a page", "", "Upgrade", "", 426},
		{"another protocol", "", "Upgrade", "h2c", 426},
		{"an old version", "", "Sec-WebSocket-Version", "8", 400},
		{"no key", "", "Sec-WebSocket-Key", "", 400},
		{"a foreign origin", "", "Origin", "https://evil.example", 403},
		{"no origin", "", "Origin", "", 403},
		{"the origin null", "", "Origin", "null", 403},
		{"an origin that begins like ours", "", "Origin", own + ".evil.example", 403},
		{"our origin under another scheme", "", "Origin", strings.Replace(own, "http", "https", 1), 403},
		{"a topic that is none", "?t=voting", "Origin", own, 400},
		{"an audience that is none", "?t=voting/1&a=mayor", "Origin", own, 400},
		{"a revision that is none", "?t=voting/1&rev=x", "Origin", own, 400},
		{"too many topics", "?" + strings.Repeat("t=voting/1&", 21), "Origin", own, 400},
	} {
		r, _ := http.NewRequestWithContext(soon(t), "GET", h.url+c.query, nil)
		r.Header.Set("Origin", own)
		for name, value := range upgrade {
			r.Header.Set(name, value)
		}
		r.Header.Set(c.header, c.value)
		if c.value == "" {
			r.Header.Del(c.header)
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.name, answer.StatusCode, c.status)
		}
	}
	if stats := h.hub.Stats(); stats.Sockets != 0 || stats.Snapshots != 0 {
		t.Errorf("the refused left %+v", stats)
	}
}

func TestWhoMayNotComeIsToldWhy(t *testing.T) {
	h := open(t, Options{}, func(*fiber.Ctx) (Session, error) { return Session{}, fiber.ErrNotFound })
	_, err := livetest.Dial(soon(t), livetest.Options{URL: h.url})
	var refused *livetest.Refused
	if !errors.As(err, &refused) || refused.Status != 404 {
		t.Errorf("got %v, want the authoriser's 404", err)
	}
}

func TestAFullHouseSaysSo(t *testing.T) {
	h := open(t, Options{MaxSockets: 1}, nil)
	first := h.come(t)
	next(t, first)
	_, err := livetest.Dial(soon(t), livetest.Options{URL: h.url})
	var refused *livetest.Refused
	if !errors.As(err, &refused) || refused.Status != 503 {
		t.Errorf("the second got %v, want 503", err)
	}
	first.Close()
	eventually(t, "the place is free again", func() bool { return h.hub.Stats().Sockets == 0 })
	next(t, h.come(t))
}

func TestAnAppThatWasNotPreparedIsFoundOutAtOnce(t *testing.T) {
	hub := New(Options{Source: newTown()})
	defer hub.Close(t.Context())
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/direct", Handler(hub, func(*fiber.Ctx) (Session, error) { return anyone("x"), nil }))
	r, _ := http.NewRequest("GET", "/direct", nil)
	answer, err := app.Test(r)
	if err != nil || answer.StatusCode != 500 {
		t.Errorf("%v %v, want 500", answer, err)
	}
}

func TestASocketOutlivesTheTimeoutsOfHTTP(t *testing.T) {
	h := openWith(t, fiber.Config{ReadTimeout: 300 * time.Millisecond, IdleTimeout: 300 * time.Millisecond}, Options{}, nil)
	client := h.come(t)
	next(t, client)
	time.Sleep(700 * time.Millisecond) // the time limits themselves are what is tested: 300 ms
	if err := client.Subscribe(livetest.Follow{Topic: "voting/none"}); err != nil {
		t.Fatal(err)
	}
	if frame := next(t, client); !frame.Gone {
		t.Errorf("got %+v, want a refusal", frame)
	}
}

func TestFiveHundredScreensShowTheSameRevision(t *testing.T) {
	h := open(t, Options{}, nil)
	crowd, err := livetest.Gather(soon(t), 500, livetest.Options{URL: h.url, Follows: []livetest.Follow{{Topic: "voting/1", Audience: "screen"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer crowd.Close()
	if err := crowd.Wait(soon(t), 1); err != nil {
		t.Fatal(err)
	}
	var newest int64
	for range 2000 {
		newest = h.town.vote(poll)
		h.hub.Changed(poll)
	}
	committedAt := time.Now()
	if err := crowd.Wait(soon(t), newest); err != nil {
		t.Fatal(err)
	}
	for i, seen := range crowd.Arrivals() {
		if !slices.IsSortedFunc(seen, func(a, b livetest.Arrival) int { return int(a.Rev - b.Rev) }) || len(seen) > 10 {
			t.Fatalf("screen %d saw %v, want few revisions that only grow", i, seen)
		}
	}
	if n := len(crowd.Latencies(newest, committedAt)); n != 500 {
		t.Errorf("%d screens show the last vote, want 500", n)
	}
	if present := h.hub.Present(poll, Screen); present != 500 {
		t.Errorf("%d present, want 500", present)
	}
}

func TestAPhoneThatStopsReadingDelaysNobody(t *testing.T) {
	body := `{"text":"` + strings.Repeat("é", 20_000) + `"}`
	votes := newTown()
	source := SourceFunc(func(ctx context.Context, topic Topic, audience Audience) (State, error) {
		state, err := votes.Snapshot(ctx, topic, audience)
		state.Body = []byte(body)
		return state, err
	})
	h := open(t, Options{Source: source, MaxRate: 200, Reread: time.Hour}, nil)
	narrow := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(4096)
		}
		return conn, err
	}
	follow := []livetest.Follow{{Topic: "voting/1", Audience: "screen"}}
	stalled, err := livetest.Dial(soon(t), livetest.Options{URL: h.url, Follows: follow, Dial: narrow})
	if err != nil {
		t.Fatal(err)
	}
	defer stalled.Drop()
	other := h.come(t)
	next(t, other)
	var newest int64
	for range 200 { // 8 MB: more than the kernel takes for one that does not read
		newest = votes.vote(poll)
		h.hub.Changed(poll)
		for next(t, other).Rev < newest {
		}
	}
	if slow := h.hub.Stats().Slow; slow != 1 {
		t.Errorf("%d sockets wait for their peer, want the one that stopped reading", slow)
	}
	var seen []int64
	for len(seen) == 0 || seen[len(seen)-1] < newest {
		seen = append(seen, next(t, stalled).Rev)
	}
	if len(seen) > 50 {
		t.Errorf("the stalled phone was sent %d of 200 states, want most of them skipped", len(seen))
	}
}

func TestAClientThatMisbehavesIsShownOut(t *testing.T) {
	h := open(t, Options{}, nil)
	good := h.come(t)
	next(t, good)
	for name, c := range map[string]struct {
		misbehave func(*websocket.Conn) error
		code      int
	}{
		"no JSON":             {sends(websocket.TextMessage, "hello"), 1008},
		"nothing":             {sends(websocket.TextMessage, ""), 1008},
		"a list":              {sends(websocket.TextMessage, "[]"), 1008},
		"a topic of a path":   {sends(websocket.TextMessage, `{"sub":[{"t":"../1"}]}`), 1008},
		"an audience of none": {sends(websocket.TextMessage, `{"sub":[{"t":"voting/1","a":"mayor"}]}`), 1008},
		"binary":              {sends(websocket.BinaryMessage, `{}`), 1008},
		"4 097 bytes":         {sends(websocket.TextMessage, `{"x":"`+strings.Repeat("a", 4089)+`"}`), 1009},
		"a flood": {func(conn *websocket.Conn) error {
			for range 61 {
				if err := conn.WriteMessage(websocket.TextMessage, []byte(`{}`)); err != nil {
					return err
				}
			}
			return nil
		}, 1008},
		"an unknown opcode": {func(conn *websocket.Conn) error {
			_, err := conn.NetConn().Write([]byte{0x8b, 0x80, 0, 0, 0, 0})
			return err
		}, 1002},
		"no mask": {func(conn *websocket.Conn) error {
			_, err := conn.NetConn().Write([]byte{0x81, 0x02, '{', '}'})
			return err
		}, 1002},
	} {
		client := h.come(t)
		next(t, client)
		if err := c.misbehave(client.Conn()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := client.Next(soon(t)); livetest.CloseCode(err) != c.code {
			t.Errorf("%s: ended with %v, want %d", name, err, c.code)
		}
	}
	if err := good.Subscribe(livetest.Follow{Topic: "voting/none"}); err != nil || !next(t, good).Gone {
		t.Errorf("a well-behaved client was disturbed: %v", err)
	}
	eventually(t, "the others have gone", func() bool { return h.hub.Stats().Sockets == 1 })
}

func sends(kind int, text string) func(*websocket.Conn) error {
	return func(conn *websocket.Conn) error { return conn.WriteMessage(kind, []byte(text)) }
}

func TestFourThousandNinetySixBytesAreHeard(t *testing.T) {
	h := open(t, Options{}, nil)
	client := h.come(t)
	next(t, client)
	frame := `{"sub":[{"t":"voting/none"}],"x":"` + strings.Repeat("a", 4096-36) + `"}`
	if err := client.Send([]byte(frame)); err != nil || len(frame) != maxFrame {
		t.Fatal(len(frame), err)
	}
	if !next(t, client).Gone {
		t.Error("a frame of 4 096 bytes was not heard")
	}
}

func TestPingAndGoodbyeAreAnswered(t *testing.T) {
	h := open(t, Options{}, nil)
	client := h.come(t)
	next(t, client)
	pong := make(chan string, 1)
	client.Conn().SetPongHandler(func(data string) error { pong <- data; return nil })
	if err := client.Conn().WriteControl(websocket.PingMessage, []byte("there?"), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	goodbye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
	if err := client.Conn().WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Next(soon(t)); livetest.CloseCode(err) != websocket.CloseNormalClosure {
		t.Errorf("ended with %v, want 1000", err)
	}
	if got := <-pong; got != "there?" {
		t.Errorf("ponged %q", got)
	}
}

func TestAPanicInOneSocketEndsThatOneOnly(t *testing.T) {
	var h *house
	h = open(t, Options{}, func(c *fiber.Ctx) (Session, error) {
		session := h.visitor()
		session.Audience = func(_ context.Context, topic Topic, asked Audience) (Audience, error) {
			if topic.Name == "boom" {
				panic("boom")
			}
			return asked, nil
		}
		return session, nil
	})
	victim, other := h.come(t), h.come(t)
	next(t, victim)
	next(t, other)
	if err := victim.Subscribe(livetest.Follow{Topic: "voting/boom"}); err != nil {
		t.Fatal(err)
	}
	if _, err := victim.Next(soon(t)); err == nil {
		t.Error("the socket that panicked lives on")
	}
	eventually(t, "it is forgotten", func() bool { return h.hub.Stats().Sockets == 1 && h.hub.Present(poll) == 1 })
	h.town.vote(poll)
	h.hub.Changed(poll)
	if rev := next(t, other).Rev; rev != 2 {
		t.Errorf("the other shows %d, want 2", rev)
	}
}

func TestStoppingTheHouseWaitsForEverySocket(t *testing.T) {
	h := open(t, Options{}, nil)
	crowd, err := livetest.Gather(soon(t), 200, livetest.Options{URL: h.url, Follows: []livetest.Follow{{Topic: "voting/1"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer crowd.Close()
	if err := crowd.Wait(soon(t), 1); err != nil {
		t.Fatal(err)
	}
	if err := h.hub.Close(soon(t)); err != nil {
		t.Error(err)
	}
	if n := h.hub.Stats().Sockets; n != 0 {
		t.Errorf("%d sockets left", n)
	}
	eventually(t, "every screen was told", func() bool {
		return strings.Count(crowd.Err().Error(), "close 1012") == 200
	})
	_, err = livetest.Dial(soon(t), livetest.Options{URL: h.url})
	var refused *livetest.Refused
	if !errors.As(err, &refused) || refused.Status != 503 {
		t.Errorf("a late screen got %v, want 503", err)
	}
}
