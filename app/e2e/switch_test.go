package e2e

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"parvis/app/testkit"
	"parvis/app/web"
	"parvis/modules"
)

// TestModuleSwitchedOffVanishes switches a town's modules off on the settings
// page: what they had no longer exists, for anybody, anywhere; the other town
// keeps its own.
func TestModuleSwitchedOffVanishes(t *testing.T) {
	t.Parallel()
	a, b := plantedPair(t)
	for _, p := range []*planted{a, b} {
		p.shown(t)
	}
	admin := a.as(t, administrator)
	page := admin.get("/office/site").is(http.StatusOK)
	f := page.forms()[slices.IndexFunc(page.forms(), func(f form) bool { return slices.Contains(f.names, "modules") })]
	f.fields.Del("modules")
	admin.send(f).is(http.StatusSeeOther)

	for _, r := range everyRoute(t, a.server) {
		if w := wayTo(r); ofModule(a, r) {
			a.gone(t, r, w.browser(t, a), w)
			a.gone(t, r, a.as(t, administrator), w)
		}
	}
	for _, who := range []string{visitor, resident, administrator} {
		for _, address := range []string{"/", "/plan-du-site", "/recherche?q=" + common, "/moi", "/office"} {
			a.as(t, who).get(address).silent(a.says("Ouverte"), a.says("Close"), `href="/consultations`, `href="/office/consultations`, "/votes/")
		}
	}
	for _, topic := range []string{"voting/" + a.poll.String(), "consultations/" + a.open.String()} {
		conn, _, err := a.as(t, administrator).dial("t="+topic+"&a=host", a.url(a.host, ""))
		if err == nil {
			if frame := read(conn, time.Second); strings.Contains(frame, `"s":`) {
				t.Errorf("%s is still told: %s", topic, frame)
			}
			conn.Close()
		}
	}
	b.shown(t)
	a.log.quiet(t)
}

// shown is the control: the same things, where the module is switched on.
func (p *planted) shown(t *testing.T) {
	t.Helper()
	p.as(t, visitor).get("/").is(http.StatusOK).says(p.says("Ouverte"))
	p.as(t, visitor).get("/recherche?q=" + common).says(p.says("Ouverte"))
	p.as(t, resident).get("/moi").is(http.StatusOK).says(p.says("Ouverte"))
	p.as(t, official).get("/office").is(http.StatusOK).says("Consultations")
	conn, _, err := p.as(t, visitor).dial("t=voting/"+p.poll.String()+"&a=public", p.url(p.host, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if frame := read(conn, 10*time.Second); !strings.Contains(frame, `"s":`) {
		t.Errorf("the poll is not told: %q", frame)
	}
}

// ofModule reports whether a route is a module's, or of the polls of one.
func ofModule(p *planted, r web.Route) bool {
	if strings.HasPrefix(r.Path, "/votes/") || strings.HasPrefix(r.Path, "/office/votes/") || strings.HasPrefix(r.Path, "/ecran/") || r.Path == "/v/:code" {
		return true
	}
	for _, m := range p.app.Modules {
		for _, prefix := range []string{"/", "/office/", "/api/v1/"} {
			if strings.HasPrefix(r.Path, prefix+m.Manifest().Path+"/") {
				return true
			}
		}
	}
	return false
}

func (p *planted) gone(t *testing.T, r web.Route, c *client, w way) {
	t.Helper()
	address := path(r.Path, w.params(p))
	got := answer{}
	if r.Method == http.MethodGet {
		got = c.get(address)
	} else {
		got = c.post(address, url.Values{"_csrf": {c.token()}})
	}
	if got.status != http.StatusNotFound {
		t.Errorf("%s %s as %q: status %d for a module that is switched off", r.Method, address, w.as, got.status)
	}
	got.silent(p.says("Question"), p.says("Ouverte"), p.says("Close"))
}

// TestEachModuleRunsAlone starts the program with each module alone, and with
// none: a town opens, whatever its modules were.
func TestEachModuleRunsAlone(t *testing.T) {
	t.Parallel()
	names := []string{""}
	for _, m := range shared(t).app.Modules {
		names = append(names, m.Manifest().Name)
	}
	for _, name := range names {
		t.Run("only "+name, func(t *testing.T) {
			t.Parallel()
			s := start(t, testkit.Database(t), alone(name))
			town := s.db.Tenant(t, testkit.WithModules(names[1:]...))
			c := s.visitor(t, town.Hosts[0])
			for _, address := range []string{"/", "/recherche?q=place", "/plan-du-site", "/donnees-personnelles", "/readyz"} {
				c.get(address).is(http.StatusOK)
			}
			for _, m := range shared(t).app.Modules {
				manifest := m.Manifest()
				want := map[bool]int{true: http.StatusOK, false: http.StatusNotFound}[manifest.Name == name]
				c.get("/" + manifest.Path).is(want)
			}
			s.log.quiet(t)
		})
	}
	if len(names)-1 != len(modules.All(shared(t).app.Platform)) {
		t.Error("the program has other modules than the list says")
	}
}
