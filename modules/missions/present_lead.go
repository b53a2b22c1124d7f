package missions

import (
	"context"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"parvis/app/i18n"
	"parvis/app/keyset"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/modules/missions/views"
)

// optionID is an identifier in a form; "" for none.
func optionID(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

func newHref(host uuid.UUID) string {
	if host == uuid.Nil {
		return leadPath + "/nouvelle"
	}
	return leadPath + "/nouvelle?association=" + host.String()
}

// openHref is newHref for a winning project, whose title and page it fills in.
func openHref(title, page string) string {
	return leadPath + "/nouvelle?" + url.Values{"projet": {title}, "lien": {page}}.Encode()
}

// deskView is the list of the missions that one leads.
func deskView(ctx context.Context, d desk, q Query) views.Desk {
	p := views.Desk{
		Search: ui.SearchProps{Action: leadPath, Name: "q", Value: q.Words, Label: i18n.T(ctx, "missions.filter.words")},
		Pager:  ui.PagerOf(d.Next, d.Prev, func(at keyset.Cursor) string { return deskAddress(leadPath, q, at) }),
		Empty:  len(d.Items) == 0 && q.Words == "" && q.Cursor.IsZero(),
	}
	for _, h := range d.actor.hosts {
		p.New = append(p.New, ui.Link{Label: i18n.T(ctx, "missions.new.of", "Host", h.Name), Href: newHref(h.ID)})
	}
	if d.actor.leadsTownHall() {
		p.New = append(p.New, ui.Link{Label: i18n.T(ctx, "missions.new.town"), Href: newHref(uuid.Nil)})
	}
	for _, m := range d.Items {
		it := views.Item{Title: m.Title, Href: leadHref(m.ID), Eyebrow: d.hosts[m.Host].Name, State: phaseOf(ctx, m.Phase())}
		if text := when(ctx, m); text != "" {
			it.Meta = append(it.Meta, ui.Meta{Icon: "clock", Text: text})
		}
		if n := d.waiting[m.ID]; n > 0 {
			it.Meta = append(it.Meta, ui.Meta{Icon: "hourglass", Text: i18n.T(ctx, "missions.desk.waiting", "Count", n)})
		}
		p.Items = append(p.Items, it)
	}
	return p
}

// writeView is the form of a mission; of a new one when l is nil.
func writeView(ctx context.Context, t *tenant.Tenant, l *led, form missionForm, host module.Organisation) views.Write {
	lat, lon := places.Center(t).Degrees()
	p := views.Write{
		Title: i18n.T(ctx, "missions.new"), Host: host.Name, New: l == nil, Version: strconv.FormatInt(form.Version, 10), HostID: optionID(form.Association),
		Back: ui.Link{Label: i18n.T(ctx, "missions.desk.title"), Href: leadPath},
		Name: form.Title, Body: form.Body, Pattern: form.Pattern, Kind: form.Kind, Theme: form.Theme, Zone: optionID(form.Zone), Address: form.Address,
		Capacity: form.Capacity.String(), Skills: form.Skills, Minors: form.Minors, Accessible: form.Accessible, Approval: form.Approval,
		Themes: options(ctx, Themes, themeWord), Zones: ui.ZoneOptions(t), AllSkills: choices(ctx, Skills, skillWord),
		Pin:          ui.PinProps{Name: "pin", Value: form.Pin, Lat: lat, Lon: lon, Radius: t.Territory.Radius},
		ProjectTitle: form.ProjectTitle, ProjectHref: form.ProjectHref,
	}
	if l == nil {
		return p
	}
	p.Title, p.Back = i18n.T(ctx, "missions.edit"), ui.Link{Label: l.Title, Href: leadHref(l.ID)}
	p.Fixed = l.Published || len(l.Slots) > 0
	if p.Fixed {
		p.Kind = string(l.Mission.Kind)
	}
	if !l.Published {
		p.Delete = leadHref(l.ID) + "/supprimer"
	}
	if n := l.coming(); n > 0 {
		p.People = i18n.T(ctx, "missions.form.told", "Count", n)
	}
	return p
}

// coming is how many people mean to come.
func (l *led) coming() (n int) {
	for _, i := range l.inscriptions {
		if i.State.Active() {
			n++
		}
	}
	return n
}

// leadView is the page from which a mission is run.
func leadView(ctx context.Context, _ *tenant.Tenant, l led) views.Lead {
	m, phase, base := l.Mission, l.Phase(), leadHref(l.ID)
	state := phaseOf(ctx, phase)
	p := views.Lead{
		Title: m.Title, Base: base, Version: strconv.FormatInt(m.Version, 10), TimeZone: i18n.ZoneName(ctx),
		Header: ui.HeaderProps{Eyebrow: l.host.Name, Title: m.Title, State: &state},
		Public: &ui.Link{Label: i18n.T(ctx, "missions.lead.see"), Href: href(m.ID), Icon: "eye"},
	}
	live := phase == Open || phase == Full
	if phase != Cancelled {
		p.Edit = &ui.Link{Label: i18n.T(ctx, "missions.edit"), Href: base + "/texte", Icon: "pencil"}
	}
	if live {
		p.Find = &ui.Link{Label: i18n.T(ctx, "missions.find.title"), Href: base + "/benevoles", Icon: "search"}
	}
	if len(l.inscriptions) > 0 {
		p.Export = &ui.Link{Label: i18n.T(ctx, "missions.lead.export"), Href: base + "/inscriptions.csv", Icon: "download"}
	}
	switch {
	case phase == Draft && m.Host != uuid.Nil && !l.host.Verified:
		p.Why = explain(ctx, ErrUnverified)
	case phase == Draft && len(m.Slots) == 0:
		p.Why = explain(ctx, ErrNoSlot)
	case phase == Draft:
		p.Publish = true
	}
	p.Cancel = m.Published && phase != Cancelled
	for _, s := range m.Slots {
		p.Slots = append(p.Slots, leadSlot(ctx, l, s))
	}
	if m.Kind == Dated && phase != Cancelled && len(m.Slots) < maxSlots {
		p.AddSlot = &views.SlotForm{ID: "new", Action: base + "/creneaux", Dated: true, Capacity: "5"}
	}
	return p
}

func leadSlot(ctx context.Context, l led, s Slot) views.LeadSlot {
	m, base := l.Mission, leadHref(l.ID)
	slot := views.LeadSlot{
		ID: s.ID.String(), When: slotWords(ctx, m, s),
		Left: i18n.T(ctx, "missions.lead.taken", "Count", s.Taken, "Capacity", i18n.Number(ctx, int64(s.Capacity))),
	}
	if !s.startedAt(m.Now) && m.CancelledAt.IsZero() {
		typed := slotFormOf(ctx, s)
		slot.Form = &views.SlotForm{
			ID: slot.ID, Action: base + "/creneaux/" + slot.ID, Starts: typed.Starts.String(), Ends: typed.Ends.String(), Capacity: typed.Capacity.String(),
			Dated: m.Kind == Dated,
		}
	}
	for _, i := range l.inscriptions {
		if i.Slot == s.ID {
			slot.People = append(slot.People, leadRow(ctx, m, s, i))
		}
	}
	if slot.Form != nil && m.Kind == Dated && len(slot.People) == 0 && (!m.Published || len(m.Slots) > 1) {
		slot.Remove = slot.Form.Action + "/retirer"
	}
	return slot
}

func leadRow(ctx context.Context, m *Mission, s Slot, i Inscription) views.LeadRow {
	row := views.LeadRow{Name: i.Name, Href: inscriptionHref(i.ID), State: stateOf(ctx, i.State)}
	if i.Name == "" {
		row.Name = i18n.T(ctx, "missions.somebody")
	}
	if word := attendanceWord(ctx, i.Attendance); word != "" {
		row.Meta = append(row.Meta, ui.Meta{Icon: "user-check", Text: word})
	}
	if i.Minutes > 0 {
		row.Meta = append(row.Meta, ui.Meta{Icon: "timer", Text: duration(ctx, i.Minutes)})
	}
	switch {
	case i.State == Pending:
		row.Accept = row.Href + "/accepter"
	case i.State == Accepted && i.Attendance == "" && !s.StartsAt.IsZero() && !s.StartsAt.After(m.Now.Add(earlyCheckIn)):
		row.Attend = row.Href + "/presence"
	}
	return row
}

// keepSlot shows a form as it was typed, with what is wrong.
func keepSlot(f *views.SlotForm, form slotForm, errs ui.Errors) {
	f.Starts, f.Ends, f.Capacity, f.Errors = form.Starts.String(), form.Ends.String(), form.Capacity.String(), errs
}

// peopleView is the search of people for a mission.
func peopleView(ctx context.Context, t *tenant.Tenant, m *Mission, w Wanted, found []Volunteer) views.People {
	p := views.People{
		Title: m.Title, Back: ui.Link{Label: m.Title, Href: leadHref(m.ID)}, Action: leadHref(m.ID) + "/benevoles",
		Skill: w.Skill, Availability: w.Availability, Zone: optionID(w.Zone), Skills: options(ctx, Skills, skillWord), Zones: ui.ZoneOptions(t),
		Count: i18n.T(ctx, "missions.find.count", "Count", len(found)),
	}
	for _, when := range Availabilities {
		p.Availabilities = append(p.Availabilities, ui.Option{Value: when, Label: availabilityWord(ctx, when)})
	}
	if !m.Place.IsZero() {
		p.Radii = radiusOptions(ctx)
		if w.Radius > 0 {
			p.Radius = strconv.Itoa(w.Radius)
		}
	}
	for _, o := range found {
		person := views.Person{Name: o.Name}
		add := func(icon, text string) {
			if text != "" {
				person.Meta = append(person.Meta, ui.Meta{Icon: icon, Text: text})
			}
		}
		add("star", i18n.List(ctx, words(ctx, o.Skills, skillWord)))
		add("calendar", i18n.List(ctx, words(ctx, o.Availability, availabilityWord)))
		add("map-pin", t.ZoneName(o.Zone))
		if !o.Place.IsZero() && !m.Place.IsZero() {
			add("map", i18n.T(ctx, "missions.find.away", "Kilometres", (m.Place.Metres(o.Place)+500)/1000))
		}
		if !o.Invited {
			person.Invite = leadHref(m.ID) + "/benevoles/" + o.Citizen.String() + "/inviter"
		}
		p.Found = append(p.Found, person)
	}
	return p
}
