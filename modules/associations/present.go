package associations

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/keyset"
	"parvis/app/markdown"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/modules/associations/views"
)

const (
	sitePath   = "/associations"
	officePath = "/office/associations"
)

func href(id uuid.UUID) string       { return sitePath + "/" + id.String() }
func deskHref(id uuid.UUID) string   { return href(id) + "/espace" }
func officeHref(id uuid.UUID) string { return officePath + "/" + id.String() }

func logoHref(a *Association) string {
	if a.Logo == "" {
		return ""
	}
	return href(a.ID) + "/logo/" + a.Logo
}

// icons of the themes.
var icons = map[string]string{
	"sport": "trophy", "culture": "palette", "loisirs": "star", "education": "school", "solidarite": "hand-heart", "familles-aines": "house",
	"sante": "heart", "environnement": "trees", "patrimoine": "landmark", "vie-locale": "users-round", "citoyennete": "scale",
	"economie": "handshake", "securite-memoire": "shield", "cultes": "sun", "autre": "tag",
}

// stateOf says where an association stands.
func stateOf(ctx context.Context, s State) ui.State {
	switch s {
	case Pending:
		return ui.State{Word: i18n.T(ctx, "associations.state.pending"), Tone: ui.Warning, Icon: "hourglass"}
	case Listed:
		return ui.State{Word: i18n.T(ctx, "associations.state.listed"), Tone: ui.Neutral, Icon: "circle-dashed"}
	case Verified:
		return ui.State{Word: i18n.T(ctx, "associations.state.verified"), Tone: ui.Success, Icon: "badge-check"}
	case Refused:
		return ui.State{Word: i18n.T(ctx, "associations.state.refused"), Tone: ui.Danger, Icon: "ban"}
	}
	return ui.State{Word: i18n.T(ctx, "associations.state.closed"), Tone: ui.Neutral, Icon: "archive"}
}

// item is an association in a list.
func item(ctx context.Context, t *tenant.Tenant, a *Association) ui.RowProps {
	row := ui.RowProps{Title: a.Name, Href: href(a.ID), Icon: icons[a.Theme], Summary: a.Purpose, Level: 2, Meta: about(ctx, t, a)}
	if a.State == Verified {
		state := stateOf(ctx, a.State)
		row.State = &state
	}
	return row
}

func about(ctx context.Context, t *tenant.Tenant, a *Association) []ui.Meta {
	meta := []ui.Meta{{Icon: "tag", Text: themeName(ctx, a.Theme)}}
	if zone := t.ZoneName(a.Zone); zone != "" {
		meta = append(meta, ui.Meta{Icon: "map-pin", Text: zone})
	}
	return meta
}

// directoryView is the directory as it is shown.
func directoryView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, l listing, page Page, total int, desks []*Association) views.Index {
	p := views.Index{
		Action: sitePath, Words: l.Words, Theme: l.Theme, Zone: zoneValue(l.Zone), Themes: themeOptions(ctx), Zones: ui.ZoneOptions(t),
		Count: i18n.T(ctx, "associations.count", "Count", total), Narrowed: l.Words != "" || l.Theme != "" || l.Zone != uuid.Nil,
		Propose: ui.Link{Label: i18n.T(ctx, "associations.propose"), Href: sitePath + "/nouvelle"}, NoIndex: l.query(keyset.Cursor{}) != "" || !l.Cursor.IsZero(),
	}
	list, plan := l, l
	list.Map, plan.Map = false, true
	if l.Map {
		p.Map, p.View = true, "plan"
	}
	p.Tabs = []ui.Tab{
		{Label: i18n.T(ctx, "associations.view.list"), Href: list.address(l.Cursor), Current: !l.Map},
		{Label: i18n.T(ctx, "associations.view.plan"), Href: plan.address(l.Cursor), Current: l.Map},
	}
	for _, a := range page.Items {
		p.Items = append(p.Items, item(ctx, t, a))
		p.Places = append(p.Places, place(a))
	}
	for _, a := range desks {
		p.Desks = append(p.Desks, ui.Link{Label: i18n.T(ctx, "associations.desk.of", "Name", a.Name), Href: deskHref(a.ID)})
	}
	p.Active = activeFilters(ctx, t, l)
	p.Pager = ui.PagerOf(page.Next, page.Prev, l.address)
	if inBackOffice(v) {
		p.Staff = &ui.Link{Label: i18n.T(ctx, "associations.office.manage"), Href: officePath}
	}
	return p
}

func place(a *Association) ui.Place {
	p := ui.Place{Name: a.Name, Href: href(a.ID), Text: a.Address}
	if !a.At.IsZero() {
		p.Lat, p.Lon = a.At.Degrees()
	}
	return p
}

// activeFilters are what narrows the directory, each a link without it.
func activeFilters(ctx context.Context, t *tenant.Tenant, l listing) (links []ui.Link) {
	without := func(label string, drop func(*listing)) {
		other := l
		drop(&other)
		links = append(links, ui.Link{Label: label, Href: other.address(keyset.Cursor{})})
	}
	if l.Words != "" {
		without(i18n.T(ctx, "associations.filter.quoted", "Words", l.Words), func(l *listing) { l.Words = "" })
	}
	if l.Theme != "" {
		without(themeName(ctx, l.Theme), func(l *listing) { l.Theme = "" })
	}
	if l.Zone != uuid.Nil {
		without(t.ZoneName(l.Zone), func(l *listing) { l.Zone = uuid.Nil })
	}
	return links
}

// page is the public page of an association.
func page(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, f *Folder, soon []module.CalendarEntry) views.Show {
	state := stateOf(ctx, f.State)
	show := views.Show{
		Title: f.Name, Description: f.Purpose, Logo: logoHref(f.Association), Body: markdown.HTML(f.Body, 3), Reason: f.Reason, Pending: !f.State.Public(),
		Header: ui.HeaderProps{Eyebrow: i18n.T(ctx, "associations.one"), Title: f.Name, Lead: f.Purpose, State: &state, Meta: about(ctx, t, f.Association)},
		Facts:  contacts(ctx, f.Association), Soon: soonRows(ctx, soon),
	}
	if !f.At.IsZero() {
		show.Places = []ui.Place{place(f.Association)}
	}
	for _, p := range f.Posts {
		show.Posts = append(show.Posts, postView(ctx, p))
	}
	switch {
	case f.Answers:
		show.Desk = &ui.Link{Label: i18n.T(ctx, "associations.desk"), Href: deskHref(f.ID)}
	case f.Asked.ID != uuid.Nil:
		show.Asked, show.Withdraw = i18n.T(ctx, "associations.claim.waits", "Date", i18n.Date(ctx, f.Asked.AskedAt)), href(f.ID)+"/demande/retirer"
	default:
		show.Claim = &ui.Link{Label: i18n.T(ctx, "associations.claim.go"), Href: href(f.ID) + "/responsable"}
	}
	if inBackOffice(v) {
		show.Staff = &ui.Link{Label: i18n.T(ctx, "associations.office.manage_one"), Href: officeHref(f.ID)}
	}
	return show
}

// contacts is how an association is reached: what it published of itself.
func contacts(ctx context.Context, a *Association) []ui.Fact {
	var facts []ui.Fact
	add := func(term, text, href string) {
		if text == "" {
			return
		}
		fact := ui.Fact{Term: term, Text: text}
		if href != "" {
			fact = ui.Fact{Term: term, Body: views.Contact(text, href)}
		}
		facts = append(facts, fact)
	}
	add(i18n.T(ctx, "associations.fact.acronym"), a.Acronym, "")
	add(i18n.T(ctx, "associations.fact.address"), a.Address, "")
	add(i18n.T(ctx, "associations.fact.email"), a.Email, "mailto:"+a.Email)
	add(i18n.T(ctx, "associations.fact.phone"), a.Phone, "tel:"+squeeze(a.Phone))
	add(i18n.T(ctx, "associations.fact.website"), a.Website, a.Website)
	add(i18n.T(ctx, "associations.fact.rna"), a.RNA, "")
	add(i18n.T(ctx, "associations.fact.siret"), a.SIRET, "")
	return facts
}

func postView(ctx context.Context, p Post) views.Post {
	return views.Post{ID: p.ID.String(), Title: p.Title, When: i18n.Date(ctx, p.At), Body: markdown.HTML(p.Body, 4)}
}

// soonRows is what an association has to come.
func soonRows(ctx context.Context, list []module.CalendarEntry) []ui.RowProps {
	rows := make([]ui.RowProps, len(list))
	for i, e := range list {
		meta := []ui.Meta{{Icon: "clock", Text: when(ctx, e)}}
		if e.Place != "" {
			meta = append(meta, ui.Meta{Icon: "map-pin", Text: e.Place})
		}
		rows[i] = ui.RowProps{Title: e.Title, Href: e.Href, Icon: e.Icon, Meta: meta}
		if e.Cancelled {
			rows[i].State = &ui.State{Word: i18n.T(ctx, "associations.soon.cancelled"), Tone: ui.Danger, Icon: "ban"}
		}
	}
	return rows
}

func when(ctx context.Context, e module.CalendarEntry) string {
	last := e.Ends.Add(-time.Second)
	switch {
	case e.AllDay && e.Ends.Sub(e.Starts) > 26*time.Hour: // a day lasts 25 hours at most
		return i18n.DateRange(ctx, e.Starts, last)
	case e.AllDay:
		return i18n.Date(ctx, e.Starts)
	}
	return i18n.DateTime(ctx, e.Starts)
}

// deskView is the page of those who answer for an association.
func deskView(ctx context.Context, v citizen.Viewer, f *Folder, todos []module.Todo, doors []module.Entry, errs ui.Errors, typed answerForm, failed uuid.UUID) views.DeskPage {
	state, base := stateOf(ctx, f.State), deskHref(f.ID)
	p := views.DeskPage{
		Name: f.Name, Public: href(f.ID), Pending: f.State == Pending || f.State == Refused, Reason: f.Reason, Listed: f.State == Listed,
		Header: ui.HeaderProps{Eyebrow: i18n.T(ctx, "associations.desk"), Title: f.Name, State: &state}, Errors: errs, Leave: base + "/quitter",
		Doors: []ui.RowProps{
			{Title: i18n.T(ctx, "associations.desk.sheet"), Href: base + "/fiche", Icon: "pencil", Summary: i18n.T(ctx, "associations.desk.sheet.text")},
			{Title: i18n.T(ctx, "associations.desk.news"), Href: base + "/actualites", Icon: "newspaper", Summary: i18n.T(ctx, "associations.desk.news.text")},
		},
	}
	for _, d := range doors {
		p.Doors = append(p.Doors, ui.RowProps{Title: i18n.T(ctx, d.Key), Href: d.Href, Icon: d.Icon})
	}
	for _, todo := range todos {
		args := map[string]any{"Count": todo.Count}
		for name, value := range todo.Args {
			args[name] = value
		}
		row := ui.RowProps{Title: i18n.Message(ctx, todo.Key, args), Href: todo.Href, Icon: "bell"}
		if !todo.Since.IsZero() {
			row.Meta = []ui.Meta{{Icon: "clock", Text: i18n.T(ctx, "associations.todo.since", "Date", i18n.Date(ctx, todo.Since))}}
		}
		p.Todos = append(p.Todos, row)
	}
	p.Claims = claimViews(ctx, v, f, base+"/demandes/", typed, failed)
	for _, r := range f.Responsibles {
		p.People = append(p.People, ui.Fact{Term: nameOf(ctx, f, r.Citizen), Text: positionName(ctx, r.Position)})
	}
	return p
}

// claimViews are the claims that wait, with the address that answers each.
func claimViews(ctx context.Context, v citizen.Viewer, f *Folder, base string, typed answerForm, failed uuid.UUID) []views.Claim {
	var list []views.Claim
	for _, c := range f.Claims {
		one := views.Claim{
			ID: c.ID.String(), Name: nameOf(ctx, f, c.Citizen), Position: positionName(ctx, c.Position), Message: c.Message,
			When: i18n.T(ctx, "associations.todo.since", "Date", i18n.Date(ctx, c.AskedAt)), Action: base + c.ID.String(), Own: c.Citizen == v.ID,
		}
		if c.ID == failed {
			one.Reason, one.Failed = typed.Reason, true
		}
		list = append(list, one)
	}
	return list
}

func nameOf(ctx context.Context, f *Folder, c citizen.ID) string {
	if n := f.Names[c]; n != "" {
		return n
	}
	return i18n.T(ctx, "associations.gone")
}

func newsView(ctx context.Context, f *Folder, form postForm, errs ui.Errors) views.NewsPage {
	p := views.NewsPage{Name: f.Name, Desk: deskHref(f.ID), PostTitle: form.Title, Body: form.Body, Errors: errs, Action: deskHref(f.ID) + "/actualites"}
	for _, post := range f.Posts {
		v := postView(ctx, post)
		v.Remove = p.Action + "/" + v.ID + "/retirer"
		p.Posts = append(p.Posts, v)
	}
	return p
}
