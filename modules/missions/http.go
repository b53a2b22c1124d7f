package missions

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/keyset"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/web"
	"parvis/app/writing"
	"parvis/modules/missions/views"
)

// handlers are the pages of the site. They translate between HTTP and the
// service, and take no decision.
type handlers struct{ service *service }

// How many missions the public list shows at once.
const (
	partAtOnce = 6
	perPage    = 24
	mapAtOnce  = 60
)

// kinds are the parts of the public list, by the word in the address.
var kinds = map[string]Kind{"ponctuelles": Dated, "regulieres": Regular}

// radii are the distances on offer, in metres.
var radii = []int{1000, 2000, 5000, 10_000}

// listing is the public list as its address asks for it.
type listing struct {
	Kind       string
	Words      string
	Theme      string
	Zone       uuid.UUID
	Day        time.Time
	Minors     bool
	Accessible bool
	Radius     int
	Around     places.Point
	Map        bool
	Cursor     keyset.Cursor
}

// readListing reads the address of the list. Whatever is wrong with it, the
// list is there.
func readListing(c *fiber.Ctx, t *tenant.Tenant) (l listing) {
	var form struct {
		Kind       string        `form:"type"`
		Words      string        `form:"q"`
		Theme      string        `form:"theme"`
		Zone       string        `form:"quartier"`
		Day        web.LocalDate `form:"jour"`
		Minors     string        `form:"mineurs"`
		Accessible string        `form:"accessible"`
		Radius     string        `form:"rayon"`
		Around     string        `form:"autour"`
		View       string        `form:"vue"`
		After      string        `form:"apres"`
		Before     string        `form:"avant"`
	}
	if _, err := web.Bind(c, &form); err != nil {
		return l
	}
	c.Status(fiber.StatusOK)
	if _, known := kinds[form.Kind]; known {
		l.Kind = form.Kind
	}
	l.Words = writing.Cut(form.Words, 200)
	if slices.Contains(Themes, form.Theme) {
		l.Theme = form.Theme
	}
	if id, err := uuid.Parse(form.Zone); err == nil && t.HasZone(id) {
		l.Zone = id
	}
	l.Day, l.Minors, l.Accessible, l.Map = form.Day.On, form.Minors == "oui", form.Accessible == "oui", form.View == "carte"
	if n, err := strconv.Atoi(form.Radius); err == nil && slices.Contains(radii, n) {
		l.Radius = n
		if at, err := places.ParsePoint(form.Around); err == nil {
			l.Around = at
		}
	}
	l.Cursor = keyset.Read(form.After, form.Before)
	if l.Kind == "" {
		l.Cursor = keyset.Cursor{} // only one part of the list has pages
	}
	return l
}

// query writes the address of the list at a place in it.
func (l listing) query(at keyset.Cursor) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	flag := func(name string, on bool) {
		if on {
			v.Set(name, "oui")
		}
	}
	set("type", l.Kind)
	set("q", l.Words)
	set("theme", l.Theme)
	flag("mineurs", l.Minors)
	flag("accessible", l.Accessible)
	if l.Zone != uuid.Nil {
		set("quartier", l.Zone.String())
	}
	if !l.Day.IsZero() {
		set("jour", l.Day.Format(time.DateOnly))
	}
	if l.Radius > 0 {
		set("rayon", strconv.Itoa(l.Radius))
		set("autour", l.Around.String())
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
		return sitePath + "?" + q
	}
	return sitePath
}

// of is what the list asks of one kind of mission.
func (l listing) of(kind Kind, t *tenant.Tenant, limit int) Query {
	q := Query{
		Kind: kind, Theme: l.Theme, Zone: l.Zone, Words: l.Words, Minors: l.Minors, Accessible: l.Accessible,
		Cursor: l.Cursor, Limit: limit,
	}
	if l.Radius > 0 {
		q.Around, q.Radius = l.Around, l.Radius
	}
	if !l.Day.IsZero() {
		q.From, q.To = l.Day, l.Day.In(t.TimeZone).AddDate(0, 0, 1)
	}
	return q
}

// narrowed reports whether something is left out of the list.
func (l listing) narrowed() bool {
	return l.Words != "" || l.Theme != "" || l.Zone != uuid.Nil || !l.Day.IsZero() || l.Minors || l.Accessible || l.Radius > 0
}

func (h handlers) index(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	l := readListing(c, t)
	if l.Radius > 0 && l.Around.IsZero() {
		around, err := h.service.around(ctx, t, web.Viewer(c))
		if err != nil {
			return err
		}
		if l.Around = around; around.IsZero() {
			l.Radius = 0 // nobody has said where the town is
		}
	}
	if string(c.Request().URI().QueryString()) != l.query(l.Cursor) {
		return c.Redirect(l.address(l.Cursor), fiber.StatusFound)
	}
	parts := map[Kind]listed{}
	for word, kind := range kinds {
		if l.Kind != "" && l.Kind != word || kind == Regular && !l.Day.IsZero() {
			continue
		}
		limit := partAtOnce
		switch {
		case l.Map:
			limit = mapAtOnce
		case l.Kind != "":
			limit = perPage
		}
		page, err := h.service.list(ctx, t, l.of(kind, t, limit))
		if err != nil {
			return err
		}
		parts[kind] = page
	}
	leads, err := h.service.leadsAny(ctx, t, web.Viewer(c))
	if err != nil {
		return err
	}
	return web.Page(c, views.List(indexView(ctx, t, web.Viewer(c), l, parts, leads)))
}

func (h handlers) show(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	sh, err := h.service.show(ctx, t, v, id)
	if err != nil {
		return err
	}
	return web.Page(c, views.Page(showView(ctx, t, v, sh)))
}

// choose is the first step of joining: a slot.
func (h handlers) choose(c *fiber.Ctx) error {
	sh, err := h.joining(c)
	if err != nil {
		return err
	}
	return web.Page(c, views.ChooseSlot(joinView(web.Context(c), web.Tenant(c), web.Viewer(c), sh, stepSlot)))
}

// joining reads the mission that one is joining.
func (h handlers) joining(c *fiber.Ctx) (shownMission, error) {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return shownMission{}, err
	}
	return h.service.show(web.Context(c), web.Tenant(c), web.Viewer(c), id)
}

func (h handlers) chosen(c *fiber.Ctx) error {
	sh, err := h.joining(c)
	if err != nil {
		return err
	}
	var form struct {
		Slot uuid.UUID `form:"slot" label:"missions.join.slot"`
	}
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	if !errs.Any() {
		if err = h.service.choose(ctx, t, v, sh.ID, form.Slot); err == nil {
			return web.SeeOther(c, joinHref(sh.ID)+"/message")
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	p := joinView(ctx, t, v, sh, stepSlot)
	p.Errors, p.Slot = errs, form.Slot.String()
	return web.Page(c, views.ChooseSlot(p))
}

// begun reads what the viewer has begun to fill in; without anything begun, the
// first step is where to go.
func (h handlers) begun(c *fiber.Ctx) (sh shownMission, i Inscription, again bool, err error) {
	if sh, err = h.joining(c); err != nil {
		return sh, i, false, err
	}
	i, found, err := h.service.begun(web.Context(c), web.Tenant(c).ID, web.Viewer(c), sh.ID)
	return sh, i, !found, err
}

func (h handlers) intro(c *fiber.Ctx) error {
	sh, i, again, err := h.begun(c)
	if err != nil {
		return err
	}
	if again {
		return web.SeeOther(c, joinHref(sh.ID))
	}
	p := joinView(web.Context(c), web.Tenant(c), web.Viewer(c), sh, stepMessage)
	p.Message = i.Intro
	return web.Page(c, views.WriteIntro(p))
}

// messageForm is a message.
type messageForm struct {
	Message string `form:"message" label:"missions.join.message"`
}

func (h handlers) introduced(c *fiber.Ctx) error {
	sh, i, again, err := h.begun(c)
	if err != nil {
		return err
	}
	if again {
		return web.SeeOther(c, joinHref(sh.ID))
	}
	var form messageForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		if err = h.service.introduce(web.Context(c), web.Tenant(c).ID, i, form.Message); err == nil {
			return web.SeeOther(c, joinHref(sh.ID)+"/confirmation")
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	p := joinView(web.Context(c), web.Tenant(c), web.Viewer(c), sh, stepMessage)
	p.Errors, p.Message = errs, form.Message
	return web.Page(c, views.WriteIntro(p))
}

func (h handlers) confirm(c *fiber.Ctx) error {
	sh, i, again, err := h.begun(c)
	if err != nil {
		return err
	}
	if again {
		return web.SeeOther(c, joinHref(sh.ID))
	}
	ctx := web.Context(c)
	p := joinView(ctx, web.Tenant(c), web.Viewer(c), sh, stepConfirm)
	confirmView(ctx, &p, sh, i)
	return web.Page(c, views.Confirm(p))
}

func (h handlers) confirmed(c *fiber.Ctx) error {
	sh, i, again, err := h.begun(c)
	if err != nil {
		return err
	}
	if again {
		return web.SeeOther(c, joinHref(sh.ID))
	}
	state, err := h.service.apply(web.Context(c), web.Tenant(c), web.Viewer(c), i.ID)
	if err != nil {
		return err
	}
	switch state {
	case Accepted:
		web.Flash(c, "missions.applied.accepted")
	case Pending:
		web.Flash(c, "missions.applied.pending")
	default:
		web.Flash(c, "missions.applied.waiting")
	}
	return web.SeeOther(c, inscriptionHref(i.ID))
}
