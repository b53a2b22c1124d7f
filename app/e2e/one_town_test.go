package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parvis/app/module"
	"parvis/app/testkit"
	"parvis/app/web"
	"parvis/modules"
)

// TestEachModuleSwitchedOffLeavesNoTrace switches each module off in turn, the
// others staying on: none of its pages is left, and no page of another, for
// anybody, leads to one.
func TestEachModuleSwitchedOffLeavesNoTrace(t *testing.T) {
	t.Parallel()
	s := start(t, testkit.Database(t), modules.All)
	p := wholeTown{planted: s.plant(t, "entier", "#0b5d57"), polls: map[string][]string{}, owners: map[web.Route]string{}}
	for _, m := range s.app.Modules {
		name := m.Manifest().Name
		p.polls[name] = value[[]string](t, s, `SELECT coalesce(array_agg(id::text), '{}') FROM voting.polls WHERE tenant_id = $1 AND subject_module = $2`, p.town.ID.String(), name)
	}
	for _, r := range everyRoute(t, s) {
		p.owners[r] = p.owner(r)
	}
	for _, m := range s.app.Modules {
		for _, who := range everybody[1:] {
			p.exec(t, `INSERT INTO core.notices (tenant_id, citizen_id, title, href) VALUES ($1, $2, $3, $4)`,
				p.town.ID.String(), p.person[who].String(), p.says("Nouvelle"), "/"+m.Manifest().Path+"/x")
		}
	}
	p.switchOn(t, s.moduleNames())
	for _, m := range s.app.Modules {
		if found := p.traces(t, m.Manifest(), visitor); len(found) == 0 {
			t.Errorf("%s leaves no trace when it is on: nothing is looked for below", m.Manifest().Name)
		}
	}
	for _, m := range s.app.Modules {
		t.Run("without "+m.Manifest().Name, func(t *testing.T) {
			off := m.Manifest()
			p.switchOn(t, slices.DeleteFunc(s.moduleNames(), func(name string) bool { return name == off.Name }))
			for r, owner := range p.owners {
				if w := wayTo(r); owner == off.Name {
					p.gone(t, r, w.browser(t, p.planted), w)
					p.gone(t, r, p.as(t, administrator), w)
				}
			}
			for _, who := range everybody {
				for _, trace := range p.traces(t, off, who) {
					t.Error(trace)
				}
			}
		})
	}
	s.log.quiet(t)
}

// wholeTown is a town with every module.
type wholeTown struct {
	*planted
	polls  map[string][]string  // by module
	owners map[web.Route]string // the module that a route belongs to
}

// switchOn leaves these modules on, and no other.
func (p wholeTown) switchOn(t *testing.T, names []string) {
	t.Helper()
	admin := p.as(t, administrator)
	page := admin.get("/office/site").is(http.StatusOK)
	f := page.forms()[slices.IndexFunc(page.forms(), func(f form) bool { return slices.Contains(f.names, "modules") })]
	f.fields["modules"] = names
	admin.send(f).is(http.StatusSeeOther)
}

// owner is the module that a route belongs to, be it through what its address
// names; "" for the platform's own.
func (p wholeTown) owner(r web.Route) string {
	address := path(r.Path, wayTo(r).params(p.planted))
	for _, m := range p.app.Modules {
		manifest := m.Manifest()
		for _, prefix := range []string{"/", "/office/", "/api/v1/", "/discussion/"} {
			if strings.HasPrefix(address+"/", prefix+manifest.Path+"/") {
				return manifest.Name
			}
		}
		for _, poll := range p.polls[manifest.Name] {
			if strings.Contains(address, "/"+poll) {
				return manifest.Name
			}
		}
	}
	switch {
	case strings.HasPrefix(r.Path, "/v/"):
		return "consultations" // the room's poll
	case strings.Contains(r.Path, "/moderation/:case"), strings.Contains(r.Path, "/commentaires/:comment"):
		return "ideas"
	}
	return ""
}

// timeless are the pages that say what was, whatever is switched on: the copy
// of one's data, the letters of a demonstration.
var timeless = []string{"/moi/donnees/copie.json", "/courrier"}

// traces are the links to a module, its polls included, on every page that
// somebody comes to, but those of the module itself.
func (p wholeTown) traces(t *testing.T, off module.Manifest, who string) (found []string) {
	t.Helper()
	targets := []string{off.Path}
	for _, poll := range p.polls[off.Name] {
		targets = append(targets, "votes/"+poll, "ecran/"+poll)
	}
	link := regexp.MustCompile(`(?:["'( ]|https?://[^/"'\s]+)/(?:office/|discussion/|api/v1/)?(?:` + strings.Join(targets, "|") + `)(?:["/?#]|$)`)
	look := func(address string) {
		t.Helper()
		got := p.as(t, who).get(address)
		if got.status >= 500 {
			found = append(found, fmt.Sprintf("%s as %s: status %d", address, who, got.status))
		}
		if at := link.FindStringIndex(got.body); at != nil {
			found = append(found, fmt.Sprintf("%s as %s leads to it: …%s…", address, who, got.body[max(0, at[0]-200):min(len(got.body), at[1]+60)]))
		}
	}
	for r, owner := range p.owners {
		w := wayTo(r)
		as := w.as
		if as == "" {
			as = visitor
		}
		if r.Method != http.MethodGet || as != who || w.ends || owner == off.Name || slices.Contains(timeless, r.Path) {
			continue
		}
		look(path(r.Path, w.params(p.planted)) + w.query(p.planted))
	}
	for _, address := range []string{"/", "/plan-du-site", "/recherche?q=" + common, "/moi", "/moi/nouvelles", "/office", "/office/moderation", "/office/journal"} {
		look(address)
	}
	return found
}
