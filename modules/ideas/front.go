package ideas

import (
	"context"
	"net/url"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/keyset"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/app/writing"
	"parvis/modules/ideas/views"
)

// How many ideas a page of the list shows, and the plan.
const (
	perPage = 24
	onPlan  = 60
)

// listing is the public list as its address asks for it.
type listing struct {
	Words  string
	Theme  string
	Zone   uuid.UUID
	State  State
	Sort   string
	Cursor keyset.Cursor
}

// readListing reads the address of a list, and gives back the one form in which
// the same list is always written.
func readListing(c *fiber.Ctx, t *tenant.Tenant) (l listing, canonical string) {
	var form struct {
		Words  string `form:"q"`
		Theme  string `form:"theme"`
		Zone   string `form:"quartier"`
		State  string `form:"etat"`
		Sort   string `form:"tri"`
		After  string `form:"apres"`
		Before string `form:"avant"`
	}
	// Whatever is wrong with an address, the list is there.
	if _, err := web.Bind(c, &form); err != nil {
		return l, ""
	}
	c.Status(fiber.StatusOK)
	l.Words = writing.Cut(form.Words, 200)
	if knownTheme(form.Theme) {
		l.Theme = form.Theme
	}
	if id, err := uuid.Parse(form.Zone); err == nil && t.HasZone(id) {
		l.Zone = id
	}
	l.State, l.Sort = stateOfWord(form.State), byDate
	if form.Sort == bySupports || form.Sort == byStir {
		l.Sort = form.Sort
	}
	l.Cursor = readCursor(l.Sort, form.After, form.Before)
	return l, l.query(l.Cursor)
}

// query writes the address of the list at a place in it.
func (l listing) query(at keyset.Cursor) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("q", l.Words)
	set("theme", l.Theme)
	set("etat", wordOfState(l.State))
	if l.Zone != uuid.Nil {
		set("quartier", l.Zone.String())
	}
	if l.Sort != byDate {
		set("tri", l.Sort)
	}
	at.Write(v)
	return v.Encode()
}

func (l listing) address(path string, at keyset.Cursor) string {
	if q := l.query(at); q != "" {
		return path + "?" + q
	}
	return path
}

// narrowed reports whether the list is less than all ideas.
func (l listing) narrowed() bool {
	return l.Words != "" || l.Theme != "" || l.Zone != uuid.Nil || l.State != ""
}

func (l listing) asked() Query {
	return Query{Words: l.Words, Theme: l.Theme, Zone: l.Zone, State: l.State, Sort: l.Sort, Cursor: l.Cursor, Limit: perPage}
}

// front is what the public list shows.
type front struct {
	page  Page
	count int
	near  bool // no idea holds the words: these resemble them
	any   bool // the town has one at all
}

// front reads a page of the list in one snapshot. Where nothing holds the
// words, what resembles them is shown instead.
func (s *service) front(ctx context.Context, t tenant.ID, q Query) (f front, err error) {
	err = s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		if q.Located { // one page, of which those shown are counted
			f.page, err = s.store.list(ctx, tx, t, q)
			f.count, f.any, f.page.Next = len(f.page.Items), true, keyset.Cursor{}
			return err
		}
		if f.count, err = s.store.count(ctx, tx, t, q); err != nil {
			return err
		}
		if f.count == 0 && q.Words != "" {
			q.Near = true
			if f.count, err = s.store.count(ctx, tx, t, q); err != nil {
				return err
			}
			f.near = f.count > 0
		}
		f.page, err = s.store.list(ctx, tx, t, q)
		if err != nil || f.count > 0 {
			f.any = true
			return err
		}
		all, err := s.store.list(ctx, tx, t, Query{Limit: 1})
		f.any = len(all.Items) > 0
		return err
	})
	return f, err
}

// handlers are the public pages. They translate between HTTP and the service,
// and take no decision.
type handlers struct{ service *service }

func (h handlers) index(c *fiber.Ctx) error { return h.list(c, sitePath, false) }

// plan is the list as a plan: the newest of those that lie somewhere.
func (h handlers) plan(c *fiber.Ctx) error { return h.list(c, sitePath+"/plan", true) }

func (h handlers) list(c *fiber.Ctx, path string, located bool) error {
	ctx, t := web.Context(c), web.Tenant(c)
	l, _ := readListing(c, t)
	if located {
		l.Cursor = keyset.Cursor{}
	}
	if canonical := l.query(l.Cursor); string(c.Request().URI().QueryString()) != canonical {
		return c.Redirect(l.address(path, l.Cursor), fiber.StatusFound)
	}
	q := l.asked()
	if q.Located = located; located {
		q.Limit = onPlan
	}
	f, err := h.service.front(ctx, t.ID, q)
	if err != nil {
		return err
	}
	p := frontView(ctx, t, web.Viewer(c), l, f, path)
	if located {
		p.Map = mapOf(ctx, f.page.Items)
		return web.Page(c, views.MapPage(p))
	}
	p.Items = items(ctx, t, f.page.Items)
	return web.Page(c, views.List(p))
}

// frontView is the list as it is shown.
func frontView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, l listing, f front, path string) views.Index {
	first := l
	first.Cursor = keyset.Cursor{}
	p := views.Index{
		Any: f.any, Near: f.near, Count: i18n.T(ctx, "ideas.count", "Count", f.count), Narrowed: l.narrowed() || !l.Cursor.IsZero() || l.Sort != byDate,
		Filters: filters(ctx, t, l, path), List: first.address(sitePath, keyset.Cursor{}), Plan: first.address(sitePath+"/plan", keyset.Cursor{}),
		Data: sitePath + "/donnees.csv", New: ui.Link{Label: i18n.T(ctx, "ideas.new"), Href: sitePath + "/nouvelle"},
	}
	if v.SignedIn && v.Has(name, staff...) {
		p.Staff = &ui.Link{Label: i18n.T(ctx, "ideas.manage"), Href: officePath}
	}
	//i18n: ideas.sort.*
	for _, sort := range []string{byDate, bySupports, byStir} {
		by := first
		by.Sort = sort
		p.Sorts = append(p.Sorts, ui.Tab{Label: i18n.Message(ctx, "ideas.sort."+sort, nil), Href: by.address(path, keyset.Cursor{}), Current: l.Sort == sort})
	}
	p.Pager = ui.PagerOf(f.page.Next, f.page.Prev, func(at keyset.Cursor) string { return l.address(path, at) })
	return p
}

func filters(ctx context.Context, t *tenant.Tenant, l listing, path string) views.Filters {
	f := views.Filters{
		Action: path, Words: l.Words, Theme: l.Theme, Themes: themeOptions(ctx), Zones: ui.ZoneOptions(t), State: wordOfState(l.State),
	}
	if l.Sort != byDate {
		f.Sort = l.Sort
	}
	for _, s := range stateWords {
		f.States = append(f.States, ui.Option{Value: s.Word, Label: stateOf(ctx, s.State).Word})
	}
	without := func(label string, change func(*listing)) {
		other := l
		other.Cursor = keyset.Cursor{}
		change(&other)
		f.Active = append(f.Active, ui.Link{Label: label, Href: other.address(path, keyset.Cursor{})})
	}
	if l.Words != "" {
		without(i18n.T(ctx, "ideas.filter.quoted", "Words", l.Words), func(o *listing) { o.Words = "" })
	}
	if l.Theme != "" {
		without(themeName(ctx, l.Theme), func(o *listing) { o.Theme = "" })
	}
	if l.Zone != uuid.Nil {
		f.Zone = l.Zone.String()
		without(t.ZoneName(l.Zone), func(o *listing) { o.Zone = uuid.Nil })
	}
	if l.State != "" {
		without(stateOf(ctx, l.State).Word, func(o *listing) { o.State = "" })
	}
	return f
}
