package site

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/module"
	"parvis/app/site/views"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/app/writing"
)

// Mount adds the site's public pages.
func (s *Site) Mount(site fiber.Router) {
	site.Get("/", s.home)
	site.Get("/recherche", s.search)
	site.Get("/plan-du-site", s.sitemap)
	site.Get("/logo/:sha", s.logo)
	site.Get("/methodes", s.methods)
	site.Get("/methodes/:method", s.method)
	site.Get("/moi", web.RequireSignIn, s.mine)
	for _, p := range legalPages {
		site.Get(p.path, s.legal(p))
	}
}

func (s *Site) home(c *fiber.Ctx) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	cards, err := module.Gather(ctx, s.modules, t, func(ctx context.Context, _ module.Manifest, m module.Carder) ([]module.Card, error) {
		return m.Cards(ctx, t, v)
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(cards, func(a, b module.Card) int { return a.Urgency.Compare(b.Urgency) })
	of := func(section module.Section) (bodies []templ.Component) {
		for _, card := range cards {
			if card.Section == section {
				bodies = append(bodies, card.Body)
			}
		}
		return bodies
	}
	home := views.Home{
		Open: of(module.SectionOpen), Decided: of(module.SectionDecided),
		Agenda: of(module.SectionAgenda), Help: of(module.SectionHelp), Staff: v.Staff(),
	}
	counters, err := module.Gather(ctx, s.modules, t, func(ctx context.Context, _ module.Manifest, m module.Counters) ([]module.Counter, error) {
		return m.Counters(ctx, t)
	})
	if err != nil {
		return err
	}
	for _, n := range counters {
		home.Counters = append(home.Counters, ui.Stat{Number: i18n.Number(ctx, n.Count), Label: i18n.T(ctx, n.Key, "Count", n.Count)})
	}
	return web.Page(c, views.HomePage(home))
}

const (
	maxHits  = 20  // of each module
	maxQuery = 200 // characters
)

func (s *Site) search(c *fiber.Ctx) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	query := writing.Cut(writing.Line(strings.ToValidUTF8(c.Query("q"), "")), maxQuery)
	page := views.Search{Query: query, Asked: query != ""}
	if page.Asked {
		hits, err := module.Gather(ctx, s.modules, t, func(ctx context.Context, _ module.Manifest, m module.Searcher) ([]module.Hit, error) {
			return m.Search(ctx, t, v, query, maxHits)
		})
		if err != nil {
			return err
		}
		for _, h := range hits {
			page.Hits = append(page.Hits, views.Hit{Title: h.Title, Summary: h.Summary, Href: h.Href, Kind: i18n.T(ctx, h.Kind)})
		}
	}
	page.Count = i18n.T(ctx, "site.search.count", "Count", len(page.Hits))
	return web.Page(c, views.SearchPage(page))
}

func (s *Site) sitemap(c *fiber.Ctx) error {
	ctx := web.Context(c)
	participate := []ui.Link{{Label: i18n.T(ctx, "site.sitemap.home"), Href: "/"}}
	for _, item := range s.Menu(c) {
		participate = append(participate, ui.Link{Label: item.Label, Href: item.Href})
	}
	participate = append(participate, ui.Link{Label: i18n.T(ctx, "site.search.title"), Href: "/recherche"})
	account := []ui.Link{{Label: i18n.T(ctx, "site.sitemap.sign_up"), Href: "/inscription"}, {Label: i18n.T(ctx, "site.sitemap.sign_in"), Href: web.SignInPath}}
	if web.Viewer(c).SignedIn {
		account = []ui.Link{{Label: i18n.T(ctx, "site.sitemap.mine"), Href: "/moi"}}
	}
	return web.Page(c, views.SitemapPage(views.Sitemap{Parts: []views.Part{
		{Title: i18n.T(ctx, "site.sitemap.participate"), Links: participate},
		{Title: i18n.T(ctx, "site.sitemap.account"), Links: account},
		{Title: i18n.T(ctx, "site.sitemap.about"), Links: s.Footer(ctx)},
	}}))
}

// Menu returns the site's menu: the modules that are switched on.
func (s *Site) Menu(c *fiber.Ctx) []ui.MenuItem {
	ctx, path := web.Context(c), c.Path()
	var items []ui.MenuItem
	_ = enabled(s, web.Tenant(c), func(_ module.Manifest, m module.Navigator) error {
		if entry, _ := m.Menu(); entry != nil {
			items = append(items, menuItem(ctx, entry, path))
		}
		return nil
	})
	return items
}

// OfficeMenu returns the back office's menu: the modules that v may enter.
func (s *Site) OfficeMenu(c *fiber.Ctx) []ui.MenuItem {
	ctx, path, v := web.Context(c), c.Path(), web.Viewer(c)
	if !v.Staff() {
		return nil
	}
	items := []ui.MenuItem{{Label: i18n.T(ctx, "site.desk.title"), Href: "/office", Icon: "list-checks", Current: path == "/office"}}
	_ = enabled(s, web.Tenant(c), func(manifest module.Manifest, m module.Navigator) error {
		if _, entry := m.Menu(); entry != nil && v.Has(manifest.Name, manifest.Office...) {
			items = append(items, menuItem(ctx, entry, path))
		}
		return nil
	})
	for _, a := range platformAreas {
		if a.open(v) {
			items = append(items, ui.MenuItem{Label: i18n.T(ctx, a.key), Href: a.href, Icon: a.icon, Current: strings.HasPrefix(path, a.href)})
		}
	}
	return items
}

func menuItem(ctx context.Context, e *module.Entry, path string) ui.MenuItem {
	current := path == e.Href || strings.HasPrefix(path, e.Href+"/")
	return ui.MenuItem{Label: i18n.T(ctx, e.Key), Href: e.Href, Icon: e.Icon, Current: current}
}

// Footer returns the links to the legal pages.
func (s *Site) Footer(ctx context.Context) []ui.Link {
	var links []ui.Link
	for _, p := range legalPages {
		if p.path != accessibilityPath { // ui.Page adds it with the declared conformity
			links = append(links, ui.Link{Label: i18n.T(ctx, p.title), Href: p.path})
		}
	}
	return append(links,
		ui.Link{Label: i18n.T(ctx, "site.methods.title"), Href: "/methodes"},
		ui.Link{Label: i18n.T(ctx, "site.verifier.title"), Href: "/verifier"},
		ui.Link{Label: i18n.T(ctx, "site.sitemap.title"), Href: "/plan-du-site"},
	)
}

// area is a part of the back office that belongs to no module.
type area struct {
	key, href, icon string
	whole           bool // for those who hold the role on the whole site only
	roles           []citizen.Role
}

func (a area) open(v citizen.Viewer) bool {
	if a.whole {
		return v.Governs(a.roles...)
	}
	return v.Has("", a.roles...)
}

//i18n: site.desk.area.*

var platformAreas = []area{
	{"site.desk.area.citizens", "/office/citoyens", "users", false, []citizen.Role{citizen.Agent}},
	{"site.desk.area.moderation", "/office/moderation", "flag", false, []citizen.Role{citizen.Moderator}},
	{"site.desk.area.watch", "/office/scrutin", "shield-check", false, []citizen.Role{citizen.Scrutineer}},
	{"site.desk.area.journal", "/office/journal", "scroll-text", true, []citizen.Role{citizen.Scrutineer}},
	{"site.desk.area.site", "/office/site", "settings", true, []citizen.Role{citizen.Administrator}},
}

// byAge puts what has waited longest first.
func byAge(a, b module.Todo) int {
	return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Href, b.Href))
}
