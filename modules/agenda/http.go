package agenda

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/modules/agenda/views"
)

// handlers are the pages. They translate between HTTP and the service, and
// take no decision.
type handlers struct{ service *service }

// How much the pages show at once, and how far the list and the subscription go.
const (
	perPage    = 30
	perGrid    = 400
	inFeed     = 1_000
	officePage = 50
	listAhead  = 2 * 366 * 24 * time.Hour
	feedBehind = 31 * 24 * time.Hour
)

// part is the agenda as an address asks for it.
type part struct {
	Zone  uuid.UUID
	Of    module.Manifest       // the module whose entries are asked for; zero: all
	After *module.CalendarEntry // list
	Since time.Time             // grids: a day of the month or week shown, zero for today's
}

// readPart reads the address of one of the views, and gives back the one form
// in which the same view is always written.
func (h handlers) readPart(c *fiber.Ctx, t *tenant.Tenant, layout string) (p part, canonical string) {
	for _, m := range h.service.diarists(t) {
		if m.Path == c.Query("type") {
			p.Of = m
		}
	}
	if id, err := uuid.Parse(c.Query("quartier")); err == nil && t.HasZone(id) {
		p.Zone = id
	}
	switch layout {
	case "":
		p.After = parseAfter(c.Query("apres"))
	default:
		at, err := time.ParseInLocation(layout, c.Query("du"), t.TimeZone)
		if err == nil && at.Year() >= 2000 && at.Year() < 2200 {
			p.Since = at
		}
	}
	return p, p.query(layout)
}

// query writes the address of a view.
func (p part) query(layout string) string {
	v := url.Values{}
	if p.Zone != uuid.Nil {
		v.Set("quartier", p.Zone.String())
	}
	if p.Of.Path != "" {
		v.Set("type", p.Of.Path)
	}
	if p.After != nil {
		v.Set("apres", afterOf(*p.After))
	}
	if layout != "" && !p.Since.IsZero() {
		v.Set("du", p.Since.Format(layout))
	}
	return v.Encode()
}

// The views of the agenda: their addresses, and how each names a time.
const (
	sitePath   = "/agenda"
	officePath = "/office/agenda"
	monthPath  = sitePath + "/mois"
	weekPath   = sitePath + "/semaine"
	byMonth    = "2006-01"
	byDay      = "2006-01-02"
)

func (p part) address(path, layout string) string {
	if q := p.query(layout); q != "" {
		return path + "?" + q
	}
	return path
}

// afterOf writes a place in the list: start, module, ID.
func afterOf(e module.CalendarEntry) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(e.Starts.UnixMicro(), 36) + "." + e.Module + "." + e.ID.String()))
}

// parseAfter reads what afterOf wrote. A text that it cannot have written is
// the beginning: old addresses lead somewhere.
func parseAfter(text string) *module.CalendarEntry {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	pieces := strings.Split(string(raw), ".")
	if err != nil || len(pieces) != 3 || !module.NameRE.MatchString(pieces[1]) {
		return nil
	}
	micro, err := strconv.ParseInt(pieces[0], 36, 64)
	id, bad := uuid.Parse(pieces[2])
	const far = 253_402_300_799_000_000 // the end of the year 9999
	if err != nil || bad != nil || micro < 0 || micro > far || strconv.FormatInt(micro, 36) != pieces[0] || id.String() != pieces[2] {
		return nil
	}
	return &module.CalendarEntry{Starts: time.UnixMicro(micro), Module: pieces[1], ID: id}
}

// once sends the browser to the one address of what it asked for, and reports
// whether it did.
func once(c *fiber.Ctx, canonical, address string) bool {
	if string(c.Request().URI().QueryString()) == canonical {
		return false
	}
	_ = c.Redirect(address, fiber.StatusFound) // writes into memory: cannot fail
	return true
}

func (h handlers) list(c *fiber.Ctx) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	p, canonical := h.readPart(c, t, "")
	if once(c, canonical, p.address(sitePath, "")) {
		return nil
	}
	now, err := h.service.clock(ctx, t.ID)
	if err != nil {
		return err
	}
	today := dayOf(now, t.TimeZone)
	entries, err := h.service.agenda(ctx, t, v, module.CalendarQuery{
		From: today.Add(-module.LongestEntry), To: today.Add(listAhead), GoingOnAt: today, Zone: p.Zone, Module: p.Of.Name, Limit: perPage + 1,
	}, p.After)
	if err != nil {
		return err
	}
	next := ""
	if len(entries) > perPage {
		entries = entries[:perPage]
		after := p
		after.After = &entries[perPage-1]
		next = after.address(sitePath, "")
	}
	frame, err := h.frame(c, p, sitePath)
	if err != nil {
		return err
	}
	return web.Page(c, views.List(frame, byDays(ctx, t, today, entries), ui.PagerProps{Next: next}, p.After != nil))
}

func (h handlers) month(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	p, canonical := h.readPart(c, t, byMonth)
	if once(c, canonical, p.address(monthPath, byMonth)) {
		return nil
	}
	now, err := h.service.clock(ctx, t.ID)
	if err != nil {
		return err
	}
	today := dayOf(now, t.TimeZone)
	first := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, t.TimeZone)
	if !p.Since.IsZero() {
		first = p.Since
	}
	days := monthDays(first)
	full, err := h.fill(c, p, days)
	if err != nil {
		return err
	}
	frame, err := h.frame(c, p, monthPath)
	if err != nil {
		return err
	}
	step := func(months int) string {
		other := p
		other.Since = time.Date(first.Year(), first.Month()+time.Month(months), 1, 0, 0, 0, 0, t.TimeZone)
		return other.address(monthPath, byMonth)
	}
	grid := gridView(ctx, days, today, full)
	grid.Title, grid.Prev, grid.Next = i18n.Month(ctx, first), step(-1), step(1)
	return web.Page(c, views.MonthPage(frame, grid))
}

func (h handlers) week(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	p, canonical := h.readPart(c, t, byDay)
	if !p.Since.IsZero() {
		p.Since = monday(p.Since)
		canonical = p.query(byDay)
	}
	if once(c, canonical, p.address(weekPath, byDay)) {
		return nil
	}
	now, err := h.service.clock(ctx, t.ID)
	if err != nil {
		return err
	}
	today := dayOf(now, t.TimeZone)
	first := monday(today)
	if !p.Since.IsZero() {
		first = p.Since
	}
	days := weekDays(first)
	full, err := h.fill(c, p, days)
	if err != nil {
		return err
	}
	frame, err := h.frame(c, p, weekPath)
	if err != nil {
		return err
	}
	step := func(days int) string {
		other := p
		other.Since = nextDay(first, days)
		return other.address(weekPath, byDay)
	}
	grid := gridView(ctx, days, today, full)
	grid.Title, grid.Prev, grid.Next = i18n.DateRange(ctx, first, nextDay(first, 6)), step(-7), step(7)
	return web.Page(c, views.WeekPage(frame, grid))
}

// fill puts into days what happens in them, and reports whether that was too
// much to show.
func (h handlers) fill(c *fiber.Ctx, p part, days []day) (full bool, err error) {
	first, end := days[0].At, nextDay(days[len(days)-1].At, 1)
	entries, err := h.service.agenda(web.Context(c), web.Tenant(c), web.Viewer(c), module.CalendarQuery{
		From: first.Add(-module.LongestEntry), To: end, GoingOnAt: first, Zone: p.Zone, Module: p.Of.Name, Limit: perGrid,
	}, nil)
	fill(days, entries)
	return len(entries) == perGrid, err
}

// frame is what is around each view.
func (h handlers) frame(c *fiber.Ctx, p part, path string) (views.Frame, error) {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	own, town, err := h.service.hosts(ctx, t, v)
	if err != nil {
		return views.Frame{}, err
	}
	here := part{Zone: p.Zone, Of: p.Of}
	tab := func(to, label string) ui.Tab {
		return ui.Tab{Label: label, Href: here.address(to, ""), Current: to == path}
	}
	f := views.Frame{
		Tabs: []ui.Tab{tab(sitePath, i18n.T(ctx, "agenda.view.list")), tab(monthPath, i18n.T(ctx, "agenda.view.month")), tab(weekPath, i18n.T(ctx, "agenda.view.week"))},
		Path: path, Kind: p.Of.Path, Zone: zoneValue(p.Zone), Zones: ui.ZoneOptions(t), NoIndex: string(c.Request().URI().QueryString()) != "",
		Feed: here.address(sitePath+"/agenda.ics", ""), FeedURL: h.service.url(t, here.address(sitePath+"/agenda.ics", "")),
	}
	for _, m := range h.service.diarists(t) {
		label := i18n.Message(ctx, m.Name+".title", nil)
		if m.Name == name {
			label = i18n.T(ctx, "agenda.filter.events")
		}
		f.Kinds = append(f.Kinds, ui.Option{Value: m.Path, Label: label})
	}
	if town || len(own) > 0 {
		f.New = &ui.Link{Label: i18n.T(ctx, "agenda.propose"), Href: sitePath + "/nouveau"}
	}
	return f, nil
}

// feed is what calendars subscribe to: what everybody may see.
func (h handlers) feed(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	p, _ := h.readPart(c, t, "")
	p.After = nil
	if once(c, p.query(""), p.address(sitePath+"/agenda.ics", "")) {
		return nil
	}
	now, err := h.service.clock(ctx, t.ID)
	if err != nil {
		return err
	}
	from := now.Add(-feedBehind)
	entries, err := h.service.agenda(ctx, t, web.Viewer(c), module.CalendarQuery{
		From: from.Add(-module.LongestEntry), To: now.Add(listAhead), GoingOnAt: from, Zone: p.Zone, Module: p.Of.Name, Limit: inFeed,
	}, nil)
	if err != nil {
		return err
	}
	return h.sendCalendar(c, "agenda.ics", now, entries)
}

// file is one event to put into a calendar.
func (h handlers) file(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	ctx, t := web.Context(c), web.Tenant(c)
	shown, err := h.service.show(ctx, t, web.Viewer(c), id)
	if err != nil {
		return err
	}
	return h.sendCalendar(c, "evenement.ics", shown.Now, []module.CalendarEntry{entry(t, shown.Event, map[uuid.UUID]module.Organisation{shown.Association: shown.Organisation})})
}

func (h handlers) sendCalendar(c *fiber.Ctx, filename string, now time.Time, entries []module.CalendarEntry) error {
	ctx, t := web.Context(c), web.Tenant(c)
	web.Inline(c, filename)
	c.Set(fiber.HeaderContentType, "text/calendar; charset=utf-8")
	return c.SendString(calendar{
		Name: i18n.T(ctx, "agenda.feed.name", "Town", t.Name), Host: t.Hosts[0], Zone: t.TimeZone, Stamp: now, Entries: entries,
		URL:  func(path string) string { return h.service.url(t, path) },
		Kind: func(key string) string { return i18n.Message(ctx, key, nil) },
	}.String())
}

func (h handlers) show(c *fiber.Ctx) error {
	return h.showEvent(c, "", nil)
}

func (h handlers) showEvent(c *fiber.Ctx, reason string, errs ui.Errors) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	ctx, t := web.Context(c), web.Tenant(c)
	shown, err := h.service.show(ctx, t, web.Viewer(c), id)
	if err != nil {
		return err
	}
	page := eventView(ctx, t, shown)
	page.Reason, page.Errors = reason, errs
	return web.Page(c, views.Event(page))
}

// eventForm is the form of an event.
type eventForm struct {
	Version     int64         `form:"version"`
	Association uuid.UUID     `form:"association"`
	Title       string        `form:"title"`
	Body        string        `form:"body"`
	Place       string        `form:"place"`
	Zone        uuid.UUID     `form:"zone"`
	At          string        `form:"at"`
	Starts      web.LocalTime `form:"starts"`
	Ends        web.LocalTime `form:"ends"`
	AllDay      bool          `form:"all_day"`
}

// details is what was typed. The error is about the point alone.
func (f eventForm) details(t *tenant.Tenant) (Details, error) {
	at, err := places.Place(t, f.At)
	if problem, ok := errors.AsType[*fault.Error](err); ok {
		err = problem.On("at")
	}
	return Details{
		Association: f.Association, Title: f.Title, Body: f.Body, Place: f.Place, Zone: f.Zone, At: at,
		Starts: f.Starts.At, Ends: f.Ends.At, AllDay: f.AllDay,
	}, err
}

func eventFormOf(ctx context.Context, e *Event) eventForm {
	ends := e.Ends
	if e.AllDay {
		ends = ends.Add(-time.Minute) // the last day, said by one of its hours
	}
	return eventForm{
		Version: e.Version, Association: e.Association, Title: e.Title, Body: e.Body, Place: e.Place, Zone: e.Zone, At: e.At.String(),
		Starts: web.LocalTimeOf(ctx, e.Starts), Ends: web.LocalTimeOf(ctx, ends), AllDay: e.AllDay,
	}
}

func (h handlers) newEvent(c *fiber.Ctx) error {
	var form eventForm
	if id, err := uuid.Parse(c.Query("association")); err == nil {
		form.Association = id
	}
	if id, err := uuid.Parse(c.Query("copie")); err == nil {
		shown, err := h.service.show(web.Context(c), web.Tenant(c), web.Viewer(c), id)
		if err != nil {
			return err
		}
		form = eventFormOf(web.Context(c), shown.Event)
		form.Starts, form.Ends = web.LocalTime{}, web.LocalTime{}
	}
	return h.showNew(c, form, nil)
}

// showNew is the form of a new event, for those who may publish one.
func (h handlers) showNew(c *fiber.Ctx, form eventForm, errs ui.Errors) error {
	ctx, t := web.Context(c), web.Tenant(c)
	own, town, err := h.service.hosts(ctx, t, web.Viewer(c))
	if err != nil {
		return err
	}
	if !town && len(own) == 0 {
		return ErrNotAllowed
	}
	page := formView(ctx, t, form, errs)
	for _, o := range own {
		page.Hosts = append(page.Hosts, ui.Option{Value: o.ID.String(), Label: o.Name})
	}
	if town {
		page.Town = t.Name
	}
	return web.Page(c, views.Publish(page))
}

func (h handlers) publish(c *fiber.Ctx) error {
	var form eventForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	ctx, t := web.Context(c), web.Tenant(c)
	d, err := form.details(t)
	if err == nil && !errs.Any() {
		var id uuid.UUID
		if id, err = h.service.publish(ctx, t, web.Viewer(c), d); err == nil {
			web.Flash(c, "agenda.published")
			return web.SeeOther(c, href(id))
		}
	}
	if err != nil {
		told, ok := web.Errors(c, err)
		if !ok {
			return err
		}
		errs = append(errs, told...)
	}
	return h.showNew(c, form, errs)
}

func (h handlers) editEvent(c *fiber.Ctx) error {
	e, err := h.mine(c)
	if err != nil {
		return err
	}
	return web.Page(c, views.Edit(formView(web.Context(c), web.Tenant(c), eventFormOf(web.Context(c), e), nil), e.Title, href(e.ID)))
}

// mine is the event in the address, for those who may change it.
func (h handlers) mine(c *fiber.Ctx) (*Event, error) {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return nil, err
	}
	shown, err := h.service.show(web.Context(c), web.Tenant(c), web.Viewer(c), id)
	switch {
	case err != nil:
		return nil, err
	case shown.May:
		return shown.Event, nil
	case shown.Cancelled():
		return nil, ErrCancelled
	case shown.Over():
		return nil, ErrOver
	}
	return nil, ErrNotAllowed
}

func (h handlers) save(c *fiber.Ctx) error {
	e, err := h.mine(c)
	if err != nil {
		return err
	}
	var form eventForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	ctx, t := web.Context(c), web.Tenant(c)
	d, err := form.details(t)
	if err == nil && !errs.Any() {
		if err = h.service.edit(ctx, t, web.Viewer(c), e.ID, form.Version, d); err == nil {
			web.Flash(c, "agenda.saved")
			return web.SeeOther(c, href(e.ID))
		}
	}
	if errors.Is(err, ErrStale) { // what was typed stays; the next try is against what is there now
		form.Version = e.Version
	}
	if err != nil {
		told, ok := web.Errors(c, err)
		if !ok {
			return err
		}
		errs = append(errs, told...)
	}
	return web.Page(c, views.Edit(formView(ctx, t, form, errs), e.Title, href(e.ID)))
}

func (h handlers) cancel(c *fiber.Ctx) error {
	e, err := h.mine(c)
	if err != nil {
		return err
	}
	var form struct {
		Reason string `form:"reason"`
	}
	if _, err := web.Bind(c, &form); err != nil {
		return err
	}
	err = h.service.cancel(web.Context(c), web.Tenant(c), web.Viewer(c), e.ID, form.Reason)
	if err == nil {
		web.Flash(c, "agenda.cancelled.done")
		return web.SeeOther(c, href(e.ID))
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	return h.showEvent(c, form.Reason, errs)
}
