package e2e

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"parvis/app/web"
)

// TestTownsNeverMix replays every route of the program with one town's
// sessions on the other's identifiers and host. All that the first town's
// browsers get, whatever the test, is searched for the other's canary.
func TestTownsNeverMix(t *testing.T) {
	t.Parallel()
	a, b := plantedPair(t)
	a.foreign, b.foreign = b.canary, a.canary
	routes := everyRoute(t, a.server)
	if t.Failed() {
		return
	}
	m := mirror{a, b, routes}
	t.Run("what a town has is found in it", m.ownPages)
	t.Run("what another town has does not exist", m.foreignIdentifiers)
	t.Run("what forms carry of another town is refused", m.foreignFields)
	t.Run("a session of another town is no session", m.foreignSession)
	t.Run("searches and lists stay at home", m.lists)
	t.Run("mails stay at home", m.mails)
	t.Run("sockets stay at home", m.sockets)
	t.Run("hosts that are no town know none", m.unknownHost)
	t.Run("every form is taken at home", m.ownForms)
	a.log.quiet(t)
}

type mirror struct {
	a, b   *planted
	routes []web.Route
}

func wayTo(r web.Route) way { return ways[r.Method+" "+r.Path] }

// query adds what a route's query carries.
func (w way) query(p *planted) string {
	if w.fields == nil {
		return ""
	}
	pairs, query := w.fields(p), url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	return "?" + query.Encode()
}

// ownPages is the control: the same requests that must fail below succeed on
// the town's own identifiers, and those who may not are told so.
func (m mirror) ownPages(t *testing.T) {
	for _, r := range m.routes {
		if r.Method != http.MethodGet {
			continue
		}
		w := wayTo(r)
		want := max(w.status, 0)
		if want == 0 {
			want = http.StatusOK
		}
		for _, p := range []*planted{m.a, m.b} {
			got := w.browser(t, p).get(path(r.Path, w.params(p)) + w.query(p))
			if got.status != want {
				t.Errorf("%s as %q: status %d, want %d\n%s", got.path, w.as, got.status, want, got.text(300))
			}
			if got.status == http.StatusOK && !w.mute && speaks(got) && !strings.Contains(got.body, p.canary) {
				t.Errorf("%s as %q has no canary of its town: what is searched for below is not there", got.path, w.as)
			}
		}
	}
}

// speaks reports whether an answer is made of a town's texts.
func speaks(a answer) bool {
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	return slices.Contains([]string{"text/html", "application/json", "text/csv", "application/pdf"}, kind)
}

// foreignIdentifiers replaces each parameter of each route, then all of them,
// by the other town's. The answer must be, to the byte, that for an identifier
// that exists nowhere, whoever asks.
func (m mirror) foreignIdentifiers(t *testing.T) {
	for n, r := range m.routes {
		w := wayTo(r)
		if w.fill == nil || w.own {
			continue
		}
		own, theirs := w.params(m.a), w.params(m.b)
		for i, who := range everybody {
			if often := 4; who != w.as {
				if who == administrator { // who may the most
					often = 1
				}
				if !turn(n, i, often) {
					continue
				}
			}
			for which := -1; which < len(own); which++ {
				if which >= 0 && own[which] == theirs[which] {
					continue // a place in a log means the same everywhere
				}
				foreign, nowhere := slices.Clone(own), slices.Clone(own)
				for i := range own {
					if which < 0 || which == i {
						foreign[i], nowhere[i] = theirs[i], standIn(theirs[i])
					}
				}
				m.compare(t, r, who, foreign, nowhere)
			}
		}
	}
}

// standIn is an identifier of the same form that nothing has.
func standIn(id string) string {
	if _, err := uuid.Parse(id); err == nil {
		return uuid.NewString()
	}
	if raw, err := hex.DecodeString(id); err == nil {
		for i := range raw {
			raw[i] ^= 0xa5
		}
		return hex.EncodeToString(raw)
	}
	letters := []byte(id)
	slices.Reverse(letters)
	return string(letters)
}

func (m mirror) compare(t *testing.T, r web.Route, who string, foreign, nowhere []string) {
	t.Helper()
	c := m.a.as(t, who)
	token := ""
	if r.Method != http.MethodGet {
		token = c.token()
	}
	ask := func(params []string) answer {
		if r.Method == http.MethodGet {
			return c.get(path(r.Path, params))
		}
		return c.post(path(r.Path, params), url.Values{"_csrf": {token}})
	}
	got, want := ask(foreign), ask(nowhere)
	switch {
	case got.status != want.status || plain(got, foreign) != plain(want, nowhere):
		t.Errorf("%s %s as %s tells that another town has it (status %d, %d for what nobody has)\n%s", r.Method, got.path, who, got.status, want.status,
			difference(plain(got, foreign), plain(want, nowhere)))
	case got.status == http.StatusSeeOther && elsewhere.MatchString(got.header.Get("Location")):
	case !slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone}, got.status):
		t.Errorf("%s %s as %s: status %d for what is another town's", r.Method, got.path, who, got.status)
	}
}

// elsewhere is where those are sent who may not have what they ask for.
var elsewhere = regexp.MustCompile(`^/connexion\?retour=|^/moi$`)

// varying is what two answers to the same request may differ in.
var varying = regexp.MustCompile(`(name="(?:_csrf|bulletin)" value=|data-live-now=|datetime=|X-CSRF-Token&#34;:&#34;|<meta name="csrf-token" content=)"?[^"&]*|<code>[a-z0-9]{12}</code>|"request":"[a-z0-9]{12}"|DTSTAMP:\d{8}T\d{6}Z`)

// plain is an answer without what varies, nor the identifiers asked for.
func plain(a answer, ids []string) string {
	body := varying.ReplaceAllString(a.body, "$1")
	location := a.header.Get("Location")
	for _, id := range ids {
		for _, form := range []string{id, url.QueryEscape(id), strings.ToUpper(id)} {
			body, location = strings.ReplaceAll(body, form, "ID"), strings.ReplaceAll(location, form, "ID")
		}
	}
	return location + "\n" + body
}

// difference shows where two texts begin to differ.
func difference(got, want string) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	cut := func(text string) string { return text[max(0, min(i, len(text))-80):min(len(text), i+120)] }
	return "got  …" + cut(got) + "…\nwant …" + cut(want) + "…"
}

// foreignFields sends the other town's identifiers in forms and queries.
func (m mirror) foreignFields(t *testing.T) {
	for _, r := range m.routes {
		w := wayTo(r)
		if w.fields == nil {
			continue
		}
		pairs := w.fields(m.b)
		if slices.Equal(pairs, w.fields(m.a)) {
			continue // means the same everywhere
		}
		c := w.browser(t, m.a)
		var got answer
		if r.Method == http.MethodGet {
			got = c.get(path(r.Path, w.params(m.a)) + w.query(m.b))
		} else {
			got = c.submit(c.get(w.page(r.Path, m.a)), path(r.Path, w.params(m.a)), pairs...)
		}
		if got.status >= http.StatusInternalServerError || got.status == http.StatusSeeOther && r.Method != http.MethodGet {
			t.Errorf("%s %s with what is another town's (%v): status %d", r.Method, got.path, pairs, got.status)
		}
	}
}

// foreignSession shows a cookie of one town to the host of the other: the
// answer is that to a visitor.
func (m mirror) foreignSession(t *testing.T) {
	for _, who := range []string{resident, administrator} {
		session := m.a.as(t, who).cookie()
		for _, r := range m.routes {
			w := wayTo(r)
			m.sameAsVisitor(t, r, path(r.Path, w.params(m.b))+w.query(m.b), session)
		}
	}
}

func (m mirror) sameAsVisitor(t *testing.T, r web.Route, address, session string) {
	t.Helper()
	anonymous, intruder := m.b.visitor(t, m.b.host), m.b.visitor(t, m.b.host)
	if r.Method == http.MethodGet {
		got, want := intruder.get(address, "Cookie", session), anonymous.get(address)
		if got.status != want.status || plain(got, nil) != plain(want, nil) {
			t.Errorf("GET %s with another town's session: status %d, %d for a visitor\n%s", address, got.status, want.status, difference(plain(got, nil), plain(want, nil)))
		}
		return
	}
	// The visitor's own token, which a thief of the cookie would have too.
	token := intruder.token()
	visit := intruder.cookie()
	body := url.Values{"_csrf": {token}}.Encode()
	got := intruder.ask(r.Method, address, urlencoded, body, "Sec-Fetch-Site", "same-origin", "Cookie", visit+"; "+session)
	want := intruder.ask(r.Method, address, urlencoded, body, "Sec-Fetch-Site", "same-origin", "Cookie", visit)
	if got.status != want.status || plain(got, nil) != plain(want, nil) {
		t.Errorf("%s %s with another town's session: status %d, %d for a visitor\n%s", r.Method, address, got.status, want.status, difference(plain(got, nil), plain(want, nil)))
	}
}

// lists asks for what both towns have under the same word.
func (m mirror) lists(t *testing.T) {
	m.a.as(t, visitor).get("/recherche?q=" + common).is(http.StatusOK).says(m.a.says("Ouverte"))
	desk := m.a.as(t, agent)
	desk.submit(desk.get("/office/citoyens"), "/office/citoyens", "q", common).is(http.StatusOK).says(m.a.says(resident))
	for _, address := range []string{"/consultations", "/?lang=en", "/office/consultations?q=" + common, "/office/consultations/export.csv", "/office/journal"} {
		m.a.as(t, administrator).get(address)
	}
	theme := m.a.as(t, visitor).get("/theme.css?v=" + m.b.town.Slug).is(http.StatusOK)
	if other := m.b.as(t, visitor).get("/theme.css").is(http.StatusOK); theme.body == other.body {
		t.Error("both towns have the same colours")
	}
}

// mails asks for a mail in one town for somebody known in both.
func (m mirror) mails(t *testing.T) {
	const both = "partout@exemple.fr"
	for _, p := range []*planted{m.a, m.b} {
		c := p.visitor(t, p.host)
		c.submit(c.get("/inscription"), "/inscription", "name", p.canary, "email", both, "charter", "1").is(http.StatusSeeOther)
		letter := c.letter(both)
		for _, secret := range []string{p.foreign, map[bool]string{true: m.b.host, false: m.a.host}[p == m.a]} {
			if strings.Contains(strings.ToLower(letter), secret) {
				t.Errorf("a mail of %s says %s:\n%s", p.host, secret, letter)
			}
		}
		if !strings.Contains(letter, p.canary) {
			t.Errorf("a mail of %s does not say whose it is:\n%s", p.host, letter)
		}
	}
	m.a.as(t, visitor).get("/courrier").is(http.StatusOK).says(both)
}

// dial opens a live socket on a host.
func (c *client) dial(query, origin string) (*websocket.Conn, *http.Response, error) {
	dialer := websocket.Dialer{NetDialContext: c.transport().DialContext, HandshakeTimeout: 10 * time.Second}
	header := http.Header{"Origin": {origin}}
	if cookie := c.cookie(); cookie != "" {
		header.Set("Cookie", cookie)
	}
	return dialer.DialContext(context.Background(), "ws://"+c.host+":"+c.port+"/direct?"+query, header)
}

// sockets follows the other town's polls, as every audience, then looks at
// what comes while both towns vote.
func (m mirror) sockets(t *testing.T) {
	for _, who := range []string{visitor, administrator} {
		c := m.a.as(t, who)
		for _, p := range []string{m.b.poll.String(), m.b.sketch.String(), m.b.room.String()} {
			for _, audience := range []string{"public", "screen", "host", "voter"} {
				conn, _, err := c.dial("t=voting/"+p+"&a="+audience, m.a.url(m.a.host, ""))
				if err != nil {
					continue // refused before it was a socket
				}
				frame := read(conn, 300*time.Millisecond)
				if strings.Contains(frame, `"s":`) || strings.Contains(frame, m.b.canary) {
					t.Errorf("%s of another town as %s: %s", p, audience, frame)
				}
				conn.Close()
			}
		}
		if _, _, err := c.dial("t=voting/"+m.a.poll.String(), m.b.url(m.b.host, "")); err == nil {
			t.Error("a page of another town opened a socket")
		}
	}
	conn, _, err := m.a.as(t, visitor).dial("t=voting/"+m.a.poll.String()+"&a=public", m.a.url(m.a.host, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	first := read(conn, 10*time.Second)
	if !strings.Contains(first, m.a.poll.String()) {
		t.Fatalf("the town's own poll: %s", first)
	}
	m.b.vote(t.Context(), t, m.b.poll)
	if frame := read(conn, 400*time.Millisecond); frame != "" && !strings.Contains(frame, m.a.poll.String()) && !strings.HasPrefix(frame, `{"hb":`) {
		t.Errorf("a vote in another town was heard here: %s", frame)
	}
}

// read is the next frame, "" when none comes in time.
func read(conn *websocket.Conn, within time.Duration) string {
	_ = conn.SetReadDeadline(time.Now().Add(within))
	_, frame, err := conn.ReadMessage()
	if err != nil {
		return ""
	}
	return string(frame)
}

// unknownHost asks hosts that are no town, or almost.
func (m mirror) unknownHost(t *testing.T) {
	for _, host := range []string{"nulle-part.localhost", "x." + m.b.host, strings.Repeat("a", 300) + ".localhost", "127.0.0.1", "[::1]"} {
		c := m.a.visitor(t, host)
		c.foreign = m.a.canary
		for _, r := range m.routes {
			if r.Path == "/healthz" || r.Path == "/readyz" || r.Path == "/static/:file" || r.Method != http.MethodGet {
				continue
			}
			got := c.get(path(r.Path, wayTo(r).params(m.b)), "Cookie", m.b.as(t, administrator).cookie())
			if got.status != http.StatusNotFound || strings.Contains(got.body, m.b.canary) && !strings.Contains(host, m.b.canary) {
				t.Errorf("%s of %s: status %d\n%s", got.path, host, got.status, got.text(300))
			}
		}
	}
}

// ownForms is the control of what is sent: each route finds its form on a page
// of the town, and takes it.
func (m mirror) ownForms(t *testing.T) {
	for _, last := range []bool{false, true} {
		for _, r := range m.routes {
			w := wayTo(r)
			if r.Method == http.MethodGet || w.ends != last {
				continue
			}
			c := w.browser(t, m.a)
			address := path(r.Path, w.params(m.a))
			page := c.get(w.page(r.Path, m.a))
			switch r.Path {
			case "/votes/:poll", "/votes/:poll/verification", "/votes/:poll/attente":
				page = m.booth(c, page, r.Path)
			case "/borne/corriger", "/borne/bulletin":
				page = c.submit(page, "/borne/verification", "choix", "a").is(http.StatusOK)
			}
			f, found := page.form(strings.TrimSuffix(address, "/"))
			if !found {
				t.Errorf("%s %s: no form for it on %s (%d)", r.Method, address, page.path, page.status)
				continue
			}
			if got := c.send(f); !slices.Contains([]int{200, 303, 409, 410, 422}, got.status) {
				t.Errorf("%s %s: status %d\n%s", r.Method, address, got.status, got.text(300))
			}
		}
	}
}

// booth goes to the page of the booth that has the form.
func (m mirror) booth(c *client, page answer, pattern string) answer {
	switch pattern {
	case "/votes/:poll/verification":
		return page
	case "/votes/:poll/attente":
		return c.submit(page, "/votes/"+m.a.unsure.String()+"/verification", "choix", "a").is(http.StatusOK)
	}
	return c.submit(page, "/votes/"+m.a.poll.String()+"/verification", "choix", "a").is(http.StatusOK)
}
