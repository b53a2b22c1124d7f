package agenda

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/modules/agenda/views"
)

func href(id uuid.UUID) string { return sitePath + "/" + id.String() }

func zoneValue(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

// when says the days and hours of something.
func when(ctx context.Context, starts, ends time.Time, allDay bool) string {
	last := ends
	if allDay {
		last = ends.Add(-time.Minute) // the last day, not the first moment of the next
	}
	oneDay := i18n.DateShort(ctx, starts) == i18n.DateShort(ctx, last)
	switch {
	case allDay && oneDay:
		return i18n.Date(ctx, starts)
	case allDay:
		return i18n.DateRange(ctx, starts, last)
	case !ends.After(starts):
		return i18n.DateTime(ctx, starts)
	case oneDay:
		return i18n.T(ctx, "agenda.when.hours", "Day", i18n.Date(ctx, starts), "From", i18n.Time(ctx, starts), "To", i18n.Time(ctx, ends))
	}
	return i18n.T(ctx, "agenda.when.days", "From", i18n.DateTime(ctx, starts), "To", i18n.DateTime(ctx, ends))
}

// lineUnder is a line of the agenda under the title of a day: of what takes
// place that day alone, the hours are enough.
func lineUnder(ctx context.Context, e module.CalendarEntry) views.Row {
	r := lineOf(ctx, e)
	switch oneDay := i18n.DateShort(ctx, e.Starts) == i18n.DateShort(ctx, e.Ends); {
	case e.AllDay:
	case !e.Ends.After(e.Starts):
		r.Meta[0].Text = i18n.T(ctx, "agenda.at", "Time", i18n.Time(ctx, e.Starts))
	case oneDay:
		r.Meta[0].Text = i18n.T(ctx, "agenda.between", "From", i18n.Time(ctx, e.Starts), "To", i18n.Time(ctx, e.Ends))
	}
	return r
}

// lineOf is a line of the agenda.
func lineOf(ctx context.Context, e module.CalendarEntry) views.Row {
	r := views.Row{RowProps: ui.RowProps{Title: e.Title, Href: e.Href, Icon: e.Icon, Summary: e.Text}, Kind: i18n.Message(ctx, e.Kind, nil)}
	r.Meta = append(r.Meta, ui.Meta{Icon: "clock", Text: when(ctx, e.Starts, e.Ends, e.AllDay)})
	if e.Place != "" {
		r.Meta = append(r.Meta, ui.Meta{Icon: "map-pin", Text: e.Place})
	}
	if e.Organiser != "" {
		r.Meta = append(r.Meta, ui.Meta{Icon: "users", Text: e.Organiser})
	}
	switch {
	case e.Cancelled:
		r.State = &ui.State{Word: i18n.T(ctx, "agenda.state.cancelled"), Tone: ui.Danger, Icon: "ban"}
	case e.Action != "":
		r.Action = i18n.Message(ctx, e.Action, nil)
	}
	return r
}

// byDays groups the lines of the list under the days they begin; what is going
// on already stands under today.
func byDays(ctx context.Context, t *tenant.Tenant, today time.Time, entries []module.CalendarEntry) []views.Day {
	var days []views.Day
	var last time.Time
	for _, e := range entries {
		at := dayOf(e.Starts, t.TimeZone)
		if at.Before(today) {
			at = today
		}
		if len(days) == 0 || !at.Equal(last) {
			days = append(days, views.Day{ID: "jour-" + at.Format(byDay), Title: i18n.Date(ctx, at), Today: at.Equal(today)})
			last = at
		}
		days[len(days)-1].Rows = append(days[len(days)-1].Rows, lineUnder(ctx, e))
	}
	return days
}

// gridView is a month or a week.
func gridView(ctx context.Context, days []day, today time.Time, full bool) views.Grid {
	g := views.Grid{Full: full}
	for i, d := range days {
		v := views.Day{
			ID: "jour-" + d.At.Format(byDay), Title: i18n.Date(ctx, d.At), Number: strconv.Itoa(d.At.Day()), Outside: d.Outside, Today: d.At.Equal(today),
			Count: i18n.T(ctx, "agenda.count", "Count", len(d.Entries)),
		}
		for _, e := range d.Entries {
			v.Rows = append(v.Rows, lineUnder(ctx, e))
		}
		if i%7 == 0 {
			g.Weeks = append(g.Weeks, nil)
		}
		g.Weeks[len(g.Weeks)-1] = append(g.Weeks[len(g.Weeks)-1], v)
		g.Any = g.Any || len(d.Entries) > 0
	}
	return g
}

// eventView is the page of an event.
func eventView(ctx context.Context, t *tenant.Tenant, s Shown) views.EventPage {
	p := views.EventPage{
		Title: s.Title, Description: markdown.Text(s.Body, 160), Body: markdown.HTML(s.Body, 2), Cancelled: s.CancelReason, Over: s.Over(),
		File: href(s.ID) + "/evenement.ics", Base: href(s.ID), May: s.May,
		Header: ui.HeaderProps{Eyebrow: i18n.T(ctx, "agenda.one"), Title: s.Title, Meta: []ui.Meta{{Icon: "clock", Text: when(ctx, s.Starts, s.Ends, s.AllDay)}}},
		Facts:  []ui.Fact{{Term: i18n.T(ctx, "agenda.fact.when"), Text: when(ctx, s.Starts, s.Ends, s.AllDay)}},
	}
	if !s.AllDay {
		p.Facts = append(p.Facts, ui.Fact{Term: i18n.T(ctx, "agenda.fact.zone"), Text: i18n.ZoneName(ctx)})
	}
	if s.Place != "" {
		p.Facts = append(p.Facts, ui.Fact{Term: i18n.T(ctx, "agenda.fact.place"), Text: s.Place})
		p.Header.Meta = append(p.Header.Meta, ui.Meta{Icon: "map-pin", Text: s.Place})
	}
	if zone := t.ZoneName(s.Zone); zone != "" {
		p.Facts = append(p.Facts, ui.Fact{Term: i18n.T(ctx, "agenda.fact.district"), Text: zone})
	}
	host := ui.Fact{Term: i18n.T(ctx, "agenda.fact.host"), Text: t.Name}
	if s.Association != uuid.Nil {
		host.Text = s.Organisation.Name
		if s.Organisation.Listed {
			host.Body = views.Host(s.Organisation.Name, s.Organisation.Href)
		}
	}
	if host.Text != "" {
		p.Facts = append(p.Facts, host)
	}
	if !s.At.IsZero() {
		lat, lon := s.At.Degrees()
		p.Places = []ui.Place{{Name: s.Title, Text: s.Place, Lat: lat, Lon: lon}}
	}
	if s.May {
		p.Copy = sitePath + "/nouveau?copie=" + s.ID.String()
	}
	return p
}

// formView is the form of an event as it is shown.
func formView(ctx context.Context, t *tenant.Tenant, f eventForm, errs ui.Errors) views.EventForm {
	lat, lon := places.Center(t).Degrees()
	return views.EventForm{
		Version: f.Version, Association: zoneValue(f.Association), Title: f.Title, Body: f.Body, Place: f.Place, Zone: zoneValue(f.Zone), Zones: ui.ZoneOptions(t),
		Starts: f.Starts.String(), Ends: f.Ends.String(), AllDay: f.AllDay, TimeZone: i18n.ZoneName(ctx), Errors: errs,
		Pin: ui.PinProps{Name: "at", Value: f.At, Error: errs.For("at"), Lat: lat, Lon: lon, Radius: t.Radius},
	}
}

// office lists the events, the latest first.
func (h handlers) office(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	var before time.Time
	var id uuid.UUID
	if after := parseAfter(c.Query("apres")); after != nil {
		before, id = after.Starts, after.ID
	}
	var list []*Event
	var names map[uuid.UUID]module.Organisation
	err := h.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		if list, err = h.service.store.recent(ctx, tx, t.ID, before, id, officePage+1); err != nil {
			return err
		}
		names, err = h.service.names(ctx, tx, t, list)
		return err
	})
	if err != nil {
		return err
	}
	p := views.Table{Pager: ui.PagerProps{}, New: ui.Link{Label: i18n.T(ctx, "agenda.propose"), Href: sitePath + "/nouveau"}}
	if len(list) > officePage {
		list = list[:officePage]
		last := list[officePage-1]
		p.Pager.Next = officePath + "?apres=" + url.QueryEscape(afterOf(module.CalendarEntry{Starts: last.Starts, Module: name, ID: last.ID}))
	}
	p.Table = ui.TableProps{ID: "evenements", Caption: i18n.T(ctx, "agenda.office.title"), Empty: i18n.T(ctx, "agenda.empty.title"), Columns: []ui.Column{
		{Label: i18n.T(ctx, "agenda.column.title")}, {Label: i18n.T(ctx, "agenda.column.when")}, {Label: i18n.T(ctx, "agenda.column.host")}, {Label: i18n.T(ctx, "agenda.column.state")},
	}}
	for _, e := range list {
		host := t.Name
		if e.Association != uuid.Nil {
			host = names[e.Association].Name
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: e.ID.String(), Muted: e.Over() || e.Cancelled(), Cells: []ui.Cell{
			ui.LinkCell(e.Title, href(e.ID)), ui.Text(when(ctx, e.Starts, e.Ends, e.AllDay)), ui.Text(host), ui.BodyCell(ui.StateBadge(stateOf(ctx, e))),
		}})
	}
	return web.Page(c, views.Office(p))
}

// stateOf says where an event stands.
func stateOf(ctx context.Context, e *Event) ui.State {
	switch {
	case e.Cancelled():
		return ui.State{Word: i18n.T(ctx, "agenda.state.cancelled"), Tone: ui.Danger, Icon: "ban"}
	case e.Over():
		return ui.State{Word: i18n.T(ctx, "agenda.state.over"), Tone: ui.Neutral, Icon: "archive"}
	case !e.Starts.After(e.Now):
		return ui.State{Word: i18n.T(ctx, "agenda.state.now"), Tone: ui.Accent}
	}
	return ui.State{Word: i18n.T(ctx, "agenda.state.coming"), Tone: ui.Info, Icon: "calendar"}
}
