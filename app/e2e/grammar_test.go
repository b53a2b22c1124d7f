package e2e

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parvis/app/testkit"
	"parvis/app/web"
	"parvis/modules"
)

// TestNothingSentMakesARouteFail sends to every route what no page of ours
// sends. Each answer has the right status, none is a fault of the program, and
// none shows what it is made of.
func TestNothingSentMakesARouteFail(t *testing.T) {
	t.Parallel()
	s := start(t, testkit.Database(t), modules.All)
	p := s.plant(t, "charlie", "#1d5c99")
	routes := everyRoute(t, s)
	if t.Failed() {
		return
	}
	g := grammar{p, routes}
	t.Run("without a session", g.noSession)
	t.Run("with a session that is over", g.expired)
	t.Run("with a role that may not", g.wrongRole)
	t.Run("with a token of somebody else", g.foreignToken)
	t.Run("from a page of another site", g.foreignSite)
	t.Run("by another method", g.otherMethods)
	t.Run("with a megabyte", g.megabyte)
	t.Run("with addresses that mean nothing", g.addresses)
	t.Run("with queries that mean nothing", g.queries)
	t.Run("with forms that mean nothing", g.forms)
	s.log.quiet(t)
}

// turn reports whether it is the turn of a case: an ordinary run takes one of
// so many for each route, the next for the next route, so that every route
// meets some and every case meets many; PARVIS_LONG takes them all.
func turn(route, which, of int) bool { return long || (route+which)%(of*sparse) == 0 }

type grammar struct {
	*planted
	routes []web.Route
}

// inner is what no answer may show.
var inner = regexp.MustCompile(`goroutine \d|panic:|runtime error|\.go:\d+|SQLSTATE|pgx[.:]|pgconn|violates|sql: |bun\.Tx|/home/|/root/`)

// decent fails the test unless the status is one of those.
func decent(t *testing.T, what string, a answer, statuses ...int) {
	t.Helper()
	if !slices.Contains(statuses, a.status) {
		t.Errorf("%s: %s %.200q: status %d, want one of %v\n%s", what, a.method, a.path, a.status, statuses, a.text(300))
	}
	if found := inner.FindString(a.body); found != "" {
		t.Errorf("%s: %s %.200q shows %q:\n%s", what, a.method, a.path, found, a.text(600))
	}
}

// send asks for a route with what belongs to it.
func (g grammar) send(c *client, r web.Route, fields url.Values) answer {
	c.Helper()
	address := path(r.Path, wayTo(r).params(g.planted))
	if r.Method == http.MethodGet {
		return c.get(address + wayTo(r).query(g.planted))
	}
	if fields == nil {
		fields = url.Values{}
	}
	if !fields.Has("_csrf") {
		fields.Set("_csrf", c.token())
	}
	return c.post(address, fields)
}

// needsSession reports whether a route is for those who are signed in.
func needsSession(r web.Route) bool {
	return strings.HasPrefix(r.Path, "/office/") || strings.HasPrefix(r.Path, "/moi")
}

// refusedVisitor is how a visitor is refused: sent to sign in, or told so.
func refusedVisitor(t *testing.T, what string, a answer) {
	t.Helper()
	if a.method == http.MethodGet {
		decent(t, what, a, http.StatusSeeOther)
		if !strings.HasPrefix(a.header.Get("Location"), "/connexion?retour=") {
			t.Errorf("%s: GET %s leads to %q", what, a.path, a.header.Get("Location"))
		}
		return
	}
	decent(t, what, a, http.StatusUnauthorized)
}

func (g grammar) noSession(t *testing.T) {
	for _, r := range g.routes {
		if needsSession(r) {
			refusedVisitor(t, "no session", g.send(g.visitor(t, g.host), r, nil))
		}
	}
}

// expired uses sessions that ended before they were ever used.
func (g grammar) expired(t *testing.T) {
	c := g.signedIn(t, g.host, g.says(administrator))
	session := c.cookie()
	g.exec(t, `UPDATE core.sessions SET expires_at = now() - interval '1 minute' WHERE tenant_id = $1 AND citizen_id = $2`,
		g.town.ID.String(), g.person[administrator].String())
	for _, r := range g.routes {
		if !needsSession(r) {
			continue
		}
		address := path(r.Path, wayTo(r).params(g.planted))
		if r.Method == http.MethodGet {
			refusedVisitor(t, "expired session", c.get(address, "Cookie", session))
			continue
		}
		v := g.visitor(t, g.host)
		body := url.Values{"_csrf": {v.token()}}.Encode()
		refusedVisitor(t, "expired session", v.ask(r.Method, address, urlencoded, body, "Cookie", v.cookie()+"; "+session, "Sec-Fetch-Site", "same-origin"))
	}
	delete(g.browsers, administrator)
}

// wrongRole asks for the back office as those who have no business there.
func (g grammar) wrongRole(t *testing.T) {
	for _, r := range g.routes {
		if !strings.HasPrefix(r.Path, "/office/") {
			continue
		}
		strangers := []string{resident}
		switch as := wayTo(r).as; {
		case as == administrator:
			strangers = append(strangers, agent, official, "moderator", scrutineer)
		case as == official, strings.HasPrefix(r.Path, "/office/citoyens"), strings.HasPrefix(r.Path, "/office/journal"):
			strangers = append(strangers, "moderator")
		}
		for _, who := range strangers {
			decent(t, "as "+who, g.send(g.as(t, who), r, nil), http.StatusForbidden)
		}
	}
}

// foreignToken sends forms with the token of another session, with one from
// before signing in, and with none.
func (g grammar) foreignToken(t *testing.T) {
	before := g.visitor(t, g.host)
	tokens := []struct{ value, what string }{
		{"", "no token"}, {g.as(t, scrutineer).token(), "another session's"}, {before.token(), "a visit's"}, {"AAAA", "no token of ours"},
	}
	for i, r := range g.routes {
		if r.Method == http.MethodGet {
			continue
		}
		c := wayTo(r).browser(t, g.planted)
		for j, token := range tokens {
			if token.what == "another session's" && wayTo(r).as == scrutineer || !turn(i, j, 1) {
				continue // it is their own, or not its turn
			}
			decent(t, token.what, g.send(c, r, url.Values{"_csrf": {token.value}}), http.StatusForbidden)
		}
	}
}

// foreignSite sends a good form with the browser saying that another site's
// page did.
func (g grammar) foreignSite(t *testing.T) {
	for i, r := range g.routes {
		if r.Method == http.MethodGet {
			continue
		}
		c := wayTo(r).browser(t, g.planted)
		address := path(r.Path, wayTo(r).params(g.planted))
		body := url.Values{"_csrf": {c.token()}}.Encode()
		for j, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://ailleurs.example"}, {"Origin", "null"}} {
			if !turn(i, j, 1) {
				continue
			}
			decent(t, strings.Join(headers, " "), c.ask(r.Method, address, urlencoded, body, headers...), http.StatusForbidden)
		}
	}
}

// otherMethods uses the methods that a route does not have.
func (g grammar) otherMethods(t *testing.T) {
	known := map[string][]string{}
	for _, r := range g.routes {
		known[r.Path] = append(known[r.Path], r.Method)
	}
	for i, r := range g.routes {
		w := wayTo(r)
		c := w.browser(t, g.planted)
		address := path(r.Path, w.params(g.planted))
		for j, method := range []string{"POST", "PUT", "PATCH", "DELETE", "GET", "OPTIONS", "TRACE", "PROPFIND"} {
			if slices.Contains(known[r.Path], method) || !turn(i, j, 4) {
				continue
			}
			body := url.Values{"_csrf": {c.token()}}.Encode()
			got := c.ask(method, address, urlencoded, body, "Sec-Fetch-Site", "same-origin")
			decent(t, "method", got, http.StatusMethodNotAllowed, http.StatusNotFound, http.StatusForbidden, http.StatusBadRequest)
		}
	}
}

// takeFiles are the routes that read more than an ordinary form holds, and say
// what is wrong with it.
var takeFiles = []string{
	"/budgets-participatifs/:id/deposer", "/budgets-participatifs/:id/projets/:project/modifier", "/office/budgets-participatifs/:id/projets/:project/etapes",
	"/office/consultations/:id/documents", "/office/site/logo", "/office/votes/:poll/liste", "/idees/nouvelle", "/idees/:id/modifier",
}

// megabyte sends more than any form holds.
func (g grammar) megabyte(t *testing.T) {
	long := strings.Repeat("é", 1<<19)
	for _, r := range g.routes {
		if r.Method == http.MethodGet {
			continue
		}
		c := wayTo(r).browser(t, g.planted)
		fields := url.Values{"title": {long}, "_csrf": {c.token()}}
		got := c.ask(r.Method, path(r.Path, wayTo(r).params(g.planted)), urlencoded, fields.Encode(), "Sec-Fetch-Site", "same-origin")
		statuses := []int{http.StatusRequestEntityTooLarge}
		if slices.Contains(takeFiles, r.Path) {
			statuses = append(statuses, http.StatusUnprocessableEntity)
		}
		decent(t, "a megabyte", got, statuses...)
	}
}

// nonsense is what is sent where an identifier, a number, a word belongs.
var nonsense = []string{
	"%00", "%FF%FE", "%C3%28", "%F0%9F%97%B3", "%E2%80%AE", "..%2F..%2Fetc%2Fpasswd", "-1", "0", "99999999999999999999", "1e309", "NaN",
	"'%3B+DROP+TABLE+core.tenants", "%7B%7B7*7%7D%7D", "%3Cscript%3E", "%25s%25n", "00000000-0000-0000-0000-000000000000", "a%0D%0AX-Injected:+1",
	strings.Repeat("9", 3000), "%", "%zz",
}

// addresses puts nonsense in place of each parameter.
func (g grammar) addresses(t *testing.T) {
	for n, r := range g.routes {
		w := wayTo(r)
		own := w.params(g.planted)
		c := w.browser(t, g.planted)
		for i := range own {
			for j, bad := range nonsense {
				if !turn(n, i+j, 5) {
					continue
				}
				params := slices.Clone(own)
				params[i] = bad
				got := answer{}
				if r.Method == http.MethodGet {
					got = c.get(path(r.Path, params))
				} else {
					got = c.post(path(r.Path, params), url.Values{"_csrf": {c.token()}})
				}
				decent(t, "address", got, http.StatusNotFound, http.StatusBadRequest, http.StatusGone, http.StatusForbidden, http.StatusMethodNotAllowed)
				if got.header.Get("X-Injected") != "" {
					t.Errorf("%s: a header was injected", got.path)
				}
			}
		}
	}
}

// queryNames are those that pages read, and one that none does.
var queryNames = []string{"q", "retour", "apres", "avant", "tri", "ordre", "etat", "objet", "code", "theme", "lang", "v", "page", "rien"}

// queries puts nonsense in the query of every page.
func (g grammar) queries(t *testing.T) {
	for i, r := range g.routes {
		if r.Method != http.MethodGet {
			continue
		}
		w := wayTo(r)
		c := w.browser(t, g.planted)
		for j, bad := range nonsense {
			if !turn(i, j, 5) {
				continue
			}
			// Each page meets each nonsense, each name in turn: all of them
			// together over the routes.
			name := queryNames[(i+j)%len(queryNames)]
			got := c.get(path(r.Path, w.params(g.planted)) + "?" + name + "=" + bad + "&" + bad)
			decent(t, "query", got, 200, 302, 303, 400, 404, 422, 426)
			if strings.Contains(got.body, "<script>alert") || strings.Contains(got.body, "<script></script>") {
				t.Errorf("%s echoes a script", got.path)
			}
		}
	}
}

// forms fills each field of each form with nonsense, the others as they are.
func (g grammar) forms(t *testing.T) {
	bad := []string{
		"", "\x00", "\xff\xfe", "\u202e\u0007", "🗳️", "-1", "0", "99999999999999999999", "1e309", "NaN", "=1+1", "<script>alert(1)</script>",
		"' OR 1=1 --", "0000-00-00T00:00", "9999-12-31T23:59", "2026-02-30", "+262693-01-01T00:00", strings.Repeat("é", 20_000), "//ailleurs.example", "javascript:alert(1)",
	}
	for _, last := range []bool{false, true} {
		for i, r := range g.routes {
			if r.Method == http.MethodGet || wayTo(r).ends != last {
				continue
			}
			g.fill(t, r, i, bad)
		}
	}
}

func (g grammar) fill(t *testing.T, r web.Route, n int, bad []string) {
	t.Helper()
	w := wayTo(r)
	c := w.browser(t, g.planted)
	address := path(r.Path, w.params(g.planted))
	page := c.get(w.page(r.Path, g.planted))
	if strings.HasPrefix(r.Path, "/votes/:poll") && w.as == resident && r.Path == "/votes/:poll" {
		page = c.submit(page, address+"/verification", "choix", "a")
	}
	f, found := page.form(address)
	if !found {
		return // what ends here was ended above; the control is in the mirror
	}
	names := slices.Compact(slices.Sorted(slices.Values(append(f.names, "retour", "inconnu"))))
	for i, name := range names {
		if name == "_csrf" {
			continue
		}
		for j, value := range bad {
			if !turn(n, i+j, 7) {
				continue
			}
			sent := f.with()
			sent.fields = url.Values{}
			for other, v := range f.fields {
				sent.fields[other] = v
			}
			sent.fields[name] = []string{value}
			got := c.send(sent)
			decent(t, "field "+name, got, 200, 303, 400, 401, 403, 404, 409, 410, 413, 422, 429)
			if to := got.header.Get("Location"); got.status == http.StatusSeeOther && !web.SafeReturn(to) && !strings.HasPrefix(to, "/connexion") && to != "/" {
				t.Errorf("%s %s with %s=%.60q leads to %q", r.Method, address, name, value, to)
			}
			if strings.Contains(got.body, "<script>alert") {
				t.Errorf("%s %s with %s: a script comes back as one", r.Method, address, name)
			}
			if w.as == "leaver" {
				return // signed out: nothing more to send
			}
		}
	}
}
