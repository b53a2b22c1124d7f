package missions

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/keyset"
	"parvis/app/markdown"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/modules/missions/views"
)

const (
	sitePath   = "/missions"
	officePath = "/office/missions"
	leadPath   = sitePath + "/gerer"
	minePath   = sitePath + "/mon-engagement"
)

func href(id uuid.UUID) string            { return sitePath + "/" + id.String() }
func joinHref(id uuid.UUID) string        { return href(id) + "/inscription" }
func leadHref(id uuid.UUID) string        { return leadPath + "/" + id.String() }
func inscriptionHref(id uuid.UUID) string { return sitePath + "/inscriptions/" + id.String() }

// i18n: missions.theme.*
func themeWord(ctx context.Context, theme string) string { return i18n.T(ctx, "missions.theme."+theme) }

// i18n: missions.skill.*
func skillWord(ctx context.Context, skill string) string { return i18n.T(ctx, "missions.skill."+skill) }

// i18n: missions.availability.*
func availabilityWord(ctx context.Context, when string) string {
	return i18n.T(ctx, "missions.availability."+when)
}

func words(ctx context.Context, list []string, word func(context.Context, string) string) []string {
	out := make([]string, len(list))
	for i, one := range list {
		out[i] = word(ctx, one)
	}
	return out
}

// options lists what a form offers, by the words of the reader.
func options(ctx context.Context, list []string, word func(context.Context, string) string) []ui.Option {
	out := make([]ui.Option, len(list))
	for i, one := range list {
		out[i] = ui.Option{Value: one, Label: word(ctx, one)}
	}
	i18n.SortBy(ctx, out, func(o ui.Option) string { return o.Label })
	return out
}

func choices(ctx context.Context, list []string, word func(context.Context, string) string) []ui.ChoiceProps {
	out := make([]ui.ChoiceProps, len(list))
	for i, one := range list {
		out[i] = ui.ChoiceProps{Value: one, Label: word(ctx, one)}
	}
	return out
}

func radiusOptions(ctx context.Context) []ui.Option {
	out := make([]ui.Option, len(radii))
	for i, metres := range radii {
		out[i] = ui.Option{Value: strconv.Itoa(metres), Label: i18n.T(ctx, "missions.radius", "Kilometres", metres/1000)}
	}
	return out
}

// duration writes minutes as people say them: "2 h 30".
func duration(ctx context.Context, minutes int64) string {
	sign := ""
	if minutes < 0 {
		sign, minutes = "−", -minutes
	}
	switch h, m := minutes/60, minutes%60; {
	case h == 0:
		return sign + i18n.T(ctx, "missions.minutes", "Minutes", m)
	case m == 0:
		return sign + i18n.T(ctx, "missions.hours", "Hours", i18n.Number(ctx, h))
	default:
		return sign + i18n.T(ctx, "missions.hours_minutes", "Hours", i18n.Number(ctx, h), "Minutes", twoDigits(m))
	}
}

func twoDigits(n int64) string { return string([]byte{byte('0' + n/10%10), byte('0' + n%10)}) }

// phaseOf says where a mission stands.
func phaseOf(ctx context.Context, p Phase) ui.State {
	switch p {
	case Draft:
		return ui.State{Word: i18n.T(ctx, "missions.phase.draft"), Tone: ui.Neutral, Icon: "pencil"}
	case Open:
		return ui.State{Word: i18n.T(ctx, "missions.phase.open"), Tone: ui.Accent, Icon: "hand-heart"}
	case Full:
		return ui.State{Word: i18n.T(ctx, "missions.phase.full"), Tone: ui.Info, Icon: "users"}
	case Cancelled:
		return ui.State{Word: i18n.T(ctx, "missions.phase.off"), Tone: ui.Danger, Icon: "ban"}
	}
	return ui.State{Word: i18n.T(ctx, "missions.phase.past"), Tone: ui.Neutral, Icon: "circle-check"}
}

// stateOf says where an inscription stands.
func stateOf(ctx context.Context, s State) ui.State {
	switch s {
	case Drafted:
		return ui.State{Word: i18n.T(ctx, "missions.state.draft"), Tone: ui.Neutral, Icon: "pencil"}
	case Pending:
		return ui.State{Word: i18n.T(ctx, "missions.state.pending"), Tone: ui.Info, Icon: "hourglass"}
	case Accepted:
		return ui.State{Word: i18n.T(ctx, "missions.state.accepted"), Tone: ui.Success}
	case Waiting:
		return ui.State{Word: i18n.T(ctx, "missions.state.waiting"), Tone: ui.Info, Icon: "list"}
	case Refused:
		return ui.State{Word: i18n.T(ctx, "missions.state.refused"), Tone: ui.Neutral, Icon: "circle-x"}
	case Withdrawn:
		return ui.State{Word: i18n.T(ctx, "missions.state.withdrawn"), Tone: ui.Neutral, Icon: "undo-2"}
	}
	return ui.State{Word: i18n.T(ctx, "missions.state.cancelled"), Tone: ui.Danger, Icon: "ban"}
}

func attendanceWord(ctx context.Context, attendance string) string {
	switch attendance {
	case present:
		return i18n.T(ctx, "missions.attendance.present")
	case absent:
		return i18n.T(ctx, "missions.attendance.absent")
	}
	return ""
}

// when says when a mission is: its pattern, or its next slot.
func when(ctx context.Context, m *Mission) string {
	if m.Kind == Regular || len(m.Slots) == 0 {
		return m.Pattern
	}
	next := m.Slots[0]
	for _, s := range m.Slots {
		if !s.startedAt(m.Now) {
			next = s
			break
		}
	}
	return slotWords(ctx, m, next)
}

// item is a mission in a list.
func item(ctx context.Context, t *tenant.Tenant, m *Mission, of hosts) views.Item {
	it := views.Item{
		Title: m.Title, Href: href(m.ID), Eyebrow: of[m.Host].Name, Summary: markdown.Text(m.Body, 140), State: phaseOf(ctx, m.Phase()),
	}
	if text := when(ctx, m); text != "" {
		it.Meta = append(it.Meta, ui.Meta{Icon: "clock", Text: text})
	}
	if place := placeWords(t, m); place != "" {
		it.Meta = append(it.Meta, ui.Meta{Icon: "map-pin", Text: place})
	}
	if m.Phase() == Open {
		it.Meta = append(it.Meta, ui.Meta{Icon: "users", Text: i18n.T(ctx, "missions.left", "Count", left(m))})
	}
	if m.Minors {
		it.Meta = append(it.Meta, ui.Meta{Icon: "user-plus", Text: i18n.T(ctx, "missions.minors", "Age", youngest)})
	}
	if m.Accessible {
		it.Meta = append(it.Meta, ui.Meta{Icon: "accessibility", Text: i18n.T(ctx, "missions.accessible")})
	}
	return it
}

// left is how many people are still needed at what is to come.
func left(m *Mission) int {
	n := 0
	for _, s := range m.Slots {
		if !s.startedAt(m.Now) {
			n += s.Left()
		}
	}
	return n
}

func placeWords(t *tenant.Tenant, m *Mission) string {
	zone := t.ZoneName(m.Zone)
	if m.Address == "" || zone == "" {
		return m.Address + zone
	}
	return m.Address + ", " + zone
}

// indexView is the public list as it is shown.
func indexView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, l listing, parts map[Kind]listed, leads bool) views.Index {
	p := views.Index{Tabs: kindTabs(ctx, l), Filters: filtersView(ctx, t, l)}
	var pins []ui.Place
	for _, part := range []struct {
		kind             Kind
		word, id, titled string
	}{
		{Dated, "ponctuelles", "ponctuelles", i18n.T(ctx, "missions.dated.title")},
		{Regular, "regulieres", "regulieres", i18n.T(ctx, "missions.regular.title")},
	} {
		list, read := parts[part.kind]
		if !read || len(list.Items) == 0 {
			continue
		}
		shown := views.Part{ID: part.id, Title: part.titled}
		for _, m := range list.Items {
			shown.Items = append(shown.Items, item(ctx, t, m, list.hosts))
			pins = append(pins, placeOf(ctx, t, m))
		}
		only := l
		only.Kind, only.Map = part.word, false
		switch {
		case l.Kind == "" && !list.Next.IsZero():
			shown.More = &ui.Link{Label: i18n.T(ctx, "missions.more"), Href: only.address(keyset.Cursor{})}
		case l.Kind != "":
			p.Pager = ui.PagerOf(list.Next, list.Prev, l.address)
		}
		p.Parts = append(p.Parts, shown)
	}
	p.Nothing = len(p.Parts) == 0
	p.Empty = p.Nothing && !l.narrowed() && l.Kind == "" && l.Cursor.IsZero()
	other := l
	other.Map = !l.Map
	p.View = ui.Link{Label: i18n.T(ctx, "missions.see_map"), Href: other.address(l.Cursor), Icon: "map"}
	if l.Map {
		p.View = ui.Link{Label: i18n.T(ctx, "missions.see_list"), Href: other.address(l.Cursor), Icon: "list"}
		if len(pins) > 0 {
			p.Map = &ui.MapProps{ID: "carte", Label: i18n.T(ctx, "missions.map"), Places: pins}
		}
	}
	if v.SignedIn {
		p.Links = append(p.Links, ui.Link{Label: i18n.T(ctx, "missions.mine.title"), Href: minePath, Icon: "gauge"})
	}
	if leads {
		p.Links = append(p.Links, ui.Link{Label: i18n.T(ctx, "missions.desk.title"), Href: leadPath, Icon: "clipboard-list"})
	}
	return p
}

// placeOf is a mission on the plan.
func placeOf(ctx context.Context, t *tenant.Tenant, m *Mission) ui.Place {
	lat, lon := m.Place.Degrees()
	text := when(ctx, m)
	if place := placeWords(t, m); place != "" {
		text += " · " + place
	}
	return ui.Place{Name: m.Title, Href: href(m.ID), Text: text, Lat: lat, Lon: lon}
}

func kindTabs(ctx context.Context, l listing) []ui.Tab {
	tab := func(kind, label string) ui.Tab {
		to := l
		to.Kind = kind
		return ui.Tab{Label: label, Href: to.address(keyset.Cursor{}), Current: l.Kind == kind}
	}
	return []ui.Tab{
		tab("", i18n.T(ctx, "missions.tab.all")), tab("ponctuelles", i18n.T(ctx, "missions.tab.dated")),
		tab("regulieres", i18n.T(ctx, "missions.tab.regular")),
	}
}

func filtersView(ctx context.Context, t *tenant.Tenant, l listing) views.Filters {
	f := views.Filters{
		Action: sitePath, Words: l.Words, Theme: l.Theme, Minors: l.Minors, Accessible: l.Accessible,
		Themes: options(ctx, Themes, themeWord), Zones: ui.ZoneOptions(t), Radii: radiusOptions(ctx),
	}
	without := func(label string, change func(*listing)) {
		to := l
		change(&to)
		f.Active = append(f.Active, ui.Link{Label: label, Href: to.address(keyset.Cursor{})})
	}
	if l.Words != "" {
		without(i18n.T(ctx, "missions.filter.quoted", "Words", l.Words), func(l *listing) { l.Words = "" })
	}
	if l.Theme != "" {
		without(themeWord(ctx, l.Theme), func(l *listing) { l.Theme = "" })
	}
	if !l.Day.IsZero() {
		f.Day = l.Day.In(t.TimeZone).Format(time.DateOnly)
		without(i18n.Date(ctx, l.Day), func(l *listing) { l.Day = time.Time{} })
	}
	if l.Zone != uuid.Nil {
		f.Zone = l.Zone.String()
		without(t.ZoneName(l.Zone), func(l *listing) { l.Zone = uuid.Nil })
	}
	if l.Radius > 0 {
		f.Radius = strconv.Itoa(l.Radius)
		without(i18n.T(ctx, "missions.radius", "Kilometres", l.Radius/1000), func(l *listing) { l.Radius, l.Around = 0, places.Point{} })
	}
	if l.Minors {
		without(i18n.T(ctx, "missions.filter.minors"), func(l *listing) { l.Minors = false })
	}
	if l.Accessible {
		without(i18n.T(ctx, "missions.filter.accessible"), func(l *listing) { l.Accessible = false })
	}
	if l.Kind != "" {
		f.Hidden = append(f.Hidden, ui.Option{Value: "type", Label: l.Kind})
	}
	if l.Map {
		f.Hidden = append(f.Hidden, ui.Option{Value: "vue", Label: "carte"})
	}
	if l.Radius > 0 {
		f.Hidden = append(f.Hidden, ui.Option{Value: "autour", Label: l.Around.String()})
	}
	return f
}

// showView is the page of a mission as a reader sees it.
func showView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, sh shownMission) views.Show {
	m, phase := sh.Mission, sh.Phase()
	state := phaseOf(ctx, phase)
	p := views.Show{
		Title: m.Title, Description: markdown.Text(m.Body, 160), Draft: phase == Draft, Body: markdown.HTML(m.Body, 3),
		Header: ui.HeaderProps{Eyebrow: i18n.T(ctx, "missions.by", "Host", sh.host.Name), Title: m.Title, State: &state},
		Facts:  facts(ctx, t, m, sh.host),
	}
	if phase == Cancelled {
		p.Cancelled = m.CancelReason
	}
	if m.Kind == Dated {
		for _, s := range m.Slots {
			p.Slots = append(p.Slots, slotLine(ctx, m, s))
		}
	}
	if !m.Place.IsZero() {
		lat, lon := m.Place.Degrees()
		p.Map = &ui.MapProps{ID: "plan", Label: i18n.T(ctx, "missions.where"), Places: []ui.Place{{Name: placeName(ctx, m), Text: t.ZoneName(m.Zone), Lat: lat, Lon: lon}}}
	}
	if m.Project.Title != "" {
		p.Project = &ui.Link{Label: m.Project.Title, Href: m.Project.Href}
	}
	for _, i := range sh.own {
		own := views.OwnLine{Text: slotOf(ctx, m, i), State: stateOf(ctx, i.State), Href: inscriptionHref(i.ID)}
		if i.State == Drafted {
			own.Href = joinHref(m.ID)
		}
		p.Own = append(p.Own, own)
	}
	if sh.leads {
		p.Lead = &ui.Link{Label: i18n.T(ctx, "missions.manage"), Href: leadHref(m.ID)}
		return p
	}
	if phase == Open || phase == Full {
		p.Action, p.Reasons = joinDoor(ctx, t, v, sh)
	}
	return p
}

func placeName(ctx context.Context, m *Mission) string {
	if m.Address != "" {
		return m.Address
	}
	return i18n.T(ctx, "missions.where")
}

// joinDoor is the button to join, or why there is none and what to do.
func joinDoor(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, sh shownMission) (*ui.Link, *ui.ReasonProps) {
	if v.SignedIn {
		if reasons := ageReasons(ctx, t, v, sh.Mission); reasons != nil {
			return nil, reasons
		}
	}
	taken := func(s Slot) bool {
		return s.startedAt(sh.Now) || slices.ContainsFunc(sh.own, func(i Inscription) bool { return i.Slot == s.ID && i.State.Active() })
	}
	if !slices.ContainsFunc(sh.Slots, func(s Slot) bool { return !taken(s) }) {
		return nil, nil // one is in everywhere already
	}
	label := i18n.T(ctx, "missions.join")
	if sh.Phase() == Full {
		label = i18n.T(ctx, "missions.join.wait")
	}
	return &ui.Link{Label: label, Href: joinHref(sh.ID)}, nil
}

// ageReasons says why somebody's age keeps them out of all that is to come.
func ageReasons(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, m *Mission) *ui.ReasonProps {
	var err error
	for _, s := range m.Slots {
		if s.startedAt(m.Now) {
			continue
		}
		if err = m.mayJoin(v.BornOn, s.when(m.Now, t.TimeZone)); err == nil {
			return nil
		}
	}
	if err == nil {
		return nil
	}
	return reasonsOf(ctx, err)
}

func facts(ctx context.Context, t *tenant.Tenant, m *Mission, host module.Organisation) []ui.Fact {
	list := []ui.Fact{{Term: i18n.T(ctx, "missions.fact.host"), Text: host.Name}}
	if host.Href != "" && host.Listed {
		list[0] = ui.Fact{Term: list[0].Term, Body: views.FactLink(ui.Link{Label: host.Name, Href: host.Href})}
	}
	add := func(key, text string) {
		if text != "" {
			list = append(list, ui.Fact{Term: key, Text: text})
		}
	}
	add(i18n.T(ctx, "missions.fact.when"), when(ctx, m))
	add(i18n.T(ctx, "missions.fact.where"), placeWords(t, m))
	add(i18n.T(ctx, "missions.fact.theme"), themeWord(ctx, m.Theme))
	if len(m.Skills) > 0 {
		add(i18n.T(ctx, "missions.fact.skills"), i18n.List(ctx, words(ctx, m.Skills, skillWord)))
	}
	age := i18n.T(ctx, "missions.age.adults", "Age", adult)
	if m.Minors {
		age = i18n.T(ctx, "missions.minors", "Age", youngest)
	}
	add(i18n.T(ctx, "missions.fact.age"), age)
	if m.Accessible {
		add(i18n.T(ctx, "missions.fact.access"), i18n.T(ctx, "missions.accessible"))
	}
	if m.Approval {
		add(i18n.T(ctx, "missions.fact.answer"), i18n.T(ctx, "missions.answer.host"))
	} else {
		add(i18n.T(ctx, "missions.fact.answer"), i18n.T(ctx, "missions.answer.now"))
	}
	return list
}

func slotLine(ctx context.Context, m *Mission, s Slot) views.SlotLine {
	line := views.SlotLine{When: slotWords(ctx, m, s), State: phaseOf(ctx, Open), Left: i18n.T(ctx, "missions.left", "Count", s.Left())}
	switch {
	case s.startedAt(m.Now):
		line.State, line.Left = phaseOf(ctx, Over), ""
	case s.Left() == 0:
		line.State = phaseOf(ctx, Full)
	}
	return line
}
