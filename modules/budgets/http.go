package budgets

import (
	"net/url"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/files"
	"parvis/app/keyset"
	"parvis/app/web"
	"parvis/app/writing"
	"parvis/modules/budgets/views"
)

// handlers are the public pages. They translate between HTTP and the service,
// and take no decision.
type handlers struct{ service *service }

func (h handlers) index(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	list, err := h.service.editions(ctx, t.ID, false)
	if err != nil {
		return err
	}
	return web.Page(c, views.EditionList(indexView(ctx, t, web.Viewer(c), list)))
}

func (h handlers) show(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	d, err := h.service.published(ctx, t.ID, id)
	if err != nil {
		return err
	}
	page, err := h.service.home(ctx, t, v, d, c.Query("lecture") == "facile")
	if err != nil {
		return err
	}
	box, err := h.service.voteView(ctx, t, v, d.Edition)
	if err != nil {
		return err
	}
	return web.Page(c, views.EditionHome(page, box))
}

func (h handlers) rules(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	d, err := h.service.published(web.Context(c), web.Tenant(c).ID, id)
	if err != nil {
		return err
	}
	return web.Page(c, views.RulesPage(rulesView(web.Context(c), web.Tenant(c), d.Edition)))
}

// perPage is how many projects a page of the list shows, onMap how many a map.
const (
	perPage = 24
	onMap   = 200
)

// publicGroups are the parts of the list, by the word in the address.
var publicGroups = []struct {
	word  string
	group Group
}{
	{"", AllDeposited}, {"a-l-etude", Waiting}, {"au-vote", ToVote}, {"non-retenus", Refused}, {"laureats", Won}, {"retires", Withdrawn},
}

// publicSorts are the orders of the list, by the word in the address; the
// first one is the usual one.
var publicSorts = []struct {
	word string
	sort Sort
}{
	{"", ByNumber}, {"recents", ByNewest}, {"cout", ByCost},
}

// listing is the list of projects as its address asks for it.
type listing struct {
	Edition uuid.UUID
	State   string // a word of publicGroups
	Sort    string // a word of publicSorts
	Theme   Theme
	Zone    uuid.UUID
	Words   string
	Map     bool
	Cursor  keyset.Cursor
}

// readListing reads the address of the list.
func readListing(c *fiber.Ctx, edition uuid.UUID) listing {
	var form struct {
		State  string `form:"etat"`
		Sort   string `form:"tri"`
		Theme  string `form:"theme"`
		Zone   string `form:"quartier"`
		Words  string `form:"q"`
		View   string `form:"vue"`
		After  string `form:"apres"`
		Before string `form:"avant"`
	}
	l := listing{Edition: edition}
	// Whatever is wrong with an address, the list is there.
	if _, err := web.Bind(c, &form); err != nil {
		return l
	}
	c.Status(fiber.StatusOK)
	for _, g := range publicGroups {
		if g.word == form.State {
			l.State = g.word
		}
	}
	for _, s := range publicSorts {
		if s.word == form.Sort {
			l.Sort = s.word
		}
	}
	for _, theme := range Themes {
		if string(theme) == form.Theme {
			l.Theme = theme
		}
	}
	for _, z := range web.Tenant(c).Zones {
		if z.ID.String() == form.Zone {
			l.Zone = z.ID
		}
	}
	l.Words = writing.Cut(form.Words, 200)
	if l.Map = form.View == "carte"; l.Map {
		return l
	}
	l.Cursor = keyset.Read(form.After, form.Before)
	return l
}

// query writes the one address of the list at a place in it.
func (l listing) query(at keyset.Cursor) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("etat", l.State)
	set("tri", l.Sort)
	set("theme", string(l.Theme))
	set("q", l.Words)
	if l.Zone != uuid.Nil {
		set("quartier", l.Zone.String())
	}
	if l.Map {
		set("vue", "carte")
	}
	at.Write(v)
	return v.Encode()
}

// address is the list's own, with what l narrows it by.
func (l listing) address(at keyset.Cursor) string {
	if q := l.query(at); q != "" {
		return projectsHref(l.Edition) + "?" + q
	}
	return projectsHref(l.Edition)
}

// ask is what the list asks of the store.
func (l listing) ask() Query {
	q := Query{Edition: l.Edition, Theme: l.Theme, Zone: l.Zone, Words: l.Words, Cursor: l.Cursor, Limit: perPage, Placed: l.Map}
	for _, g := range publicGroups {
		if g.word == l.State {
			q.Group = g.group
		}
	}
	for _, s := range publicSorts {
		if s.word == l.Sort {
			q.Sort = s.sort
		}
	}
	if q.Group == Won && l.Sort == "" {
		q.Sort = ByRank
	}
	if l.Words != "" && l.Sort == "" {
		q.Sort = ByMatch
	}
	if l.Map {
		q.Limit = onMap
	}
	return q
}

func (h handlers) projects(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	l := readListing(c, id)
	if string(c.Request().URI().QueryString()) != l.query(l.Cursor) {
		return c.Redirect(l.address(l.Cursor), fiber.StatusFound)
	}
	ctx, t := web.Context(c), web.Tenant(c)
	d, err := h.service.published(ctx, t.ID, id)
	if err != nil {
		return err
	}
	page, counts, err := h.service.listed(ctx, t.ID, l.ask())
	if err != nil {
		return err
	}
	return web.Page(c, views.ProjectList(listView(ctx, t, d, l, page, counts)))
}

// projectParams reads the two IDs of a project's address.
func projectParams(c *fiber.Ctx) (edition, id uuid.UUID, err error) {
	if edition, err = web.UUIDParam(c, "id"); err != nil {
		return edition, id, err
	}
	id, err = web.UUIDParam(c, "project")
	return edition, id, err
}

func (h handlers) project(c *fiber.Ctx) error {
	edition, id, err := projectParams(c)
	if err != nil {
		return err
	}
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	e, p, steps, err := h.service.projectFor(ctx, t.ID, v, edition, id)
	if err != nil {
		return err
	}
	show := projectView(ctx, t, v, e, p, steps)
	if err := h.service.missions(ctx, t, v, p, &show); err != nil {
		return err
	}
	return web.Page(c, views.ProjectPage(show))
}

func (h handlers) photo(c *fiber.Ctx) error {
	edition, id, err := projectParams(c)
	if err != nil {
		return err
	}
	_, p, _, err := h.service.projectFor(web.Context(c), web.Tenant(c).ID, web.Viewer(c), edition, id)
	if err != nil {
		return err
	}
	return h.service.sendPhoto(c, p.Photo, p.Title)
}

func (h handlers) stepPhoto(c *fiber.Ctx) error {
	edition, id, err := projectParams(c)
	if err != nil {
		return err
	}
	step, err := web.UUIDParam(c, "step")
	if err != nil {
		return err
	}
	_, _, steps, err := h.service.projectFor(web.Context(c), web.Tenant(c).ID, web.Viewer(c), edition, id)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if s.ID == step {
			return h.service.sendPhoto(c, s.Photo, s.Title)
		}
	}
	return ErrNotFound
}

// sendPhoto answers with a picture that whoever asks may see.
func (s *service) sendPhoto(c *fiber.Ctx, p Photo, title string) error {
	if p.SHA256 == "" {
		return ErrNotFound
	}
	return s.Files.Send(c, web.Tenant(c).ID, name, files.Blob{SHA256: p.SHA256, MediaType: p.MediaType, Size: p.Size}, title)
}
