package budgets

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/keyset"
	"parvis/app/markdown"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/modules/budgets/views"
)

// listView is the list of projects, as its address asks for it.
func listView(ctx context.Context, t *tenant.Tenant, d *Dossier, l listing, page Page, counts map[Group]int) views.List {
	e := d.Edition
	p := views.List{
		Edition: e.Title, Href: href(e.ID), Lead: now(ctx, e), Map: l.Map, Any: d.Counts[AllDeposited] > 0, Tabs: listTabs(ctx, l, counts),
		Filters: filtersView(ctx, t, l), Sorts: sortTabs(ctx, l), NoIndex: l.query(l.Cursor) != "",
	}
	for _, one := range page.Items {
		p.Projects = append(p.Projects, projectItem(ctx, t, e, one))
	}
	other := l
	if other.Map, other.Cursor = !l.Map, (keyset.Cursor{}); l.Map {
		p.AsMap = &ui.Link{Label: i18n.T(ctx, "budgets.map.list"), Href: other.address(keyset.Cursor{}), Icon: "list"}
	} else {
		p.AsMap = &ui.Link{Label: i18n.T(ctx, "budgets.map.map"), Href: other.address(keyset.Cursor{}), Icon: "map"}
		p.Pager = ui.PagerOf(page.Next, page.Prev, l.address)
	}
	if e.Phase() == Deposit {
		p.Deposit = &ui.Link{Label: i18n.T(ctx, "budgets.deposit.go"), Href: href(e.ID) + "/deposer"}
	}
	return p
}

// listTabs are the groups of projects that exist, each with its number.
//
// i18n: budgets.group.*
func listTabs(ctx context.Context, l listing, counts map[Group]int) []ui.Tab {
	var tabs []ui.Tab
	for _, g := range publicGroups {
		if g.word != "" && counts[g.group] == 0 && l.State != g.word {
			continue
		}
		to := l
		to.State = g.word
		key := "budgets.group.all"
		if g.group != AllDeposited {
			key = "budgets.group." + string(g.group)
		}
		tabs = append(tabs, ui.Tab{
			Label: i18n.Message(ctx, key, nil), Href: to.address(keyset.Cursor{}), Count: i18n.Number(ctx, int64(counts[g.group])), Current: l.State == g.word,
		})
	}
	return tabs
}

// sortTabs are the orders of the list; a map has none.
//
// i18n: budgets.sort.*
func sortTabs(ctx context.Context, l listing) []ui.Tab {
	if l.Map {
		return nil
	}
	var tabs []ui.Tab
	for _, s := range publicSorts {
		to := l
		to.Sort = s.word
		tabs = append(tabs, ui.Tab{Label: i18n.Message(ctx, "budgets.sort."+string(s.sort), nil), Href: to.address(keyset.Cursor{}), Current: l.Sort == s.word})
	}
	return tabs
}

func filtersView(ctx context.Context, t *tenant.Tenant, l listing) views.Filters {
	f := views.Filters{
		Action: projectsHref(l.Edition), Words: l.Words, Theme: string(l.Theme), Themes: themeOptions(ctx), Zones: ui.ZoneOptions(t),
	}
	keep := func(name, value string) {
		if value != "" {
			f.Hidden = append(f.Hidden, ui.Option{Value: name, Label: value})
		}
	}
	keep("etat", l.State)
	keep("tri", l.Sort)
	without := func(label string, change func(*listing)) {
		to := l
		change(&to)
		f.Active = append(f.Active, ui.Link{Label: label, Href: to.address(keyset.Cursor{})})
	}
	if l.Map {
		keep("vue", "carte")
	}
	if l.Words != "" {
		without(i18n.T(ctx, "budgets.filter.quoted", "Words", l.Words), func(l *listing) { l.Words = "" })
	}
	if l.Theme != "" {
		without(themeName(ctx, l.Theme), func(l *listing) { l.Theme = "" })
	}
	if l.Zone != uuid.Nil {
		f.Zone = l.Zone.String()
		without(zoneLabel(ctx, t, l.Zone), func(l *listing) { l.Zone = uuid.Nil })
	}
	return f
}

// projectView is the page of a project, as v sees it.
func projectView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, e *Edition, p *Project, steps []RealStep) views.Show {
	state := projectState(ctx, e, p)
	show := views.Show{
		Title: i18n.T(ctx, "budgets.window", "Part", p.Title, "Title", e.Title), Description: markdown.Text(p.Text, 160),
		Header:  ui.HeaderProps{Eyebrow: numberOf(ctx, p), Title: p.Title, State: &state, Meta: projectMeta(ctx, t, p)},
		Edition: ui.Link{Label: e.Title, Href: href(e.ID)}, List: ui.Link{Label: i18n.T(ctx, "budgets.projects.title"), Href: projectsHref(e.ID)},
		Body: markdown.HTML(p.Text, 2), Facts: projectFacts(ctx, t, e, p), Notice: projectNotice(ctx, e, p),
	}
	if p.Photo.SHA256 != "" {
		show.Image, show.ImageAlt = photoHref(e, p), p.Photo.Alt
	}
	if !p.Point.IsZero() {
		lat, lon := p.Point.Degrees()
		place := p.Place
		if place == "" {
			place = p.Title
		}
		show.Place = &ui.Place{Name: place, Lat: lat, Lon: lon}
	}
	if p.by(v) && p.WithdrawnAt.IsZero() {
		if e.Phase() == Deposit {
			show.Edit = &ui.Link{Label: i18n.T(ctx, "budgets.project.edit"), Href: projectHref(e.ID, p.ID) + "/modifier"}
		}
		if !e.Reached(Vote) {
			show.Withdraw, show.WithdrawText = projectHref(e.ID, p.ID)+"/retirer", i18n.T(ctx, "budgets.withdraw.text")
		}
	}
	if inBackOffice(v) && !p.DepositedAt.IsZero() {
		show.Staff = &ui.Link{Label: i18n.T(ctx, "budgets.project.manage"), Href: officeProjectHref(e.ID, p.ID)}
	}
	if p.Stage != "" && !e.Imported {
		deliveryView(ctx, &show, e, p, steps)
	}
	return show
}

func numberOf(ctx context.Context, p *Project) string {
	if p.Number == 0 {
		return i18n.T(ctx, "budgets.project.one")
	}
	return i18n.T(ctx, "budgets.project.number", "Number", p.Number)
}

func projectMeta(ctx context.Context, t *tenant.Tenant, p *Project) []ui.Meta {
	meta := []ui.Meta{{Icon: "map-pin", Text: zoneLabel(ctx, t, p.Zone)}}
	if theme := themeName(ctx, p.Theme); theme != "" {
		meta = append(meta, ui.Meta{Icon: "tag", Text: theme})
	}
	return meta
}

// projectFacts are what one wants to know of a project at a glance.
func projectFacts(ctx context.Context, t *tenant.Tenant, e *Edition, p *Project) []ui.Fact {
	author := p.AuthorName
	if author == "" {
		author = i18n.T(ctx, "budgets.project.someone")
	}
	facts := []ui.Fact{{Term: i18n.T(ctx, "budgets.fact.author"), Text: author}}
	add := func(key, text string) {
		if text != "" {
			facts = append(facts, ui.Fact{Term: i18n.Message(ctx, key, nil), Text: text})
		}
	}
	//i18n: budgets.fact.*
	if !p.DepositedAt.IsZero() {
		add("budgets.fact.deposited", i18n.Date(ctx, p.DepositedAt))
	}
	add("budgets.fact.place", p.Place)
	if p.Cost > 0 {
		add("budgets.fact.cost", e.amount(ctx, int64(p.Cost)))
	}
	if p.Estimate != nil {
		add("budgets.fact.estimate", i18n.Euros(ctx, *p.Estimate))
	}
	if !e.OutcomeAt.IsZero() && p.Rank > 0 {
		add("budgets.fact.rank", i18n.Number(ctx, int64(p.Rank)))
	}
	return facts
}

// projectNotice says what became of a project, and why.
func projectNotice(ctx context.Context, e *Edition, p *Project) *ui.NoticeProps {
	switch p.State(e) {
	case StateWithdrawn:
		text := i18n.T(ctx, "budgets.notice.withdrawn", "Date", i18n.Date(ctx, p.WithdrawnAt))
		if p.WithdrawnWhy != "" {
			text = i18n.T(ctx, "budgets.notice.removed", "Date", i18n.Date(ctx, p.WithdrawnAt), "Reason", p.WithdrawnWhy)
		}
		return &ui.NoticeProps{Tone: ui.Warning, Text: text}
	case StateInadmissible:
		return &ui.NoticeProps{Tone: ui.Warning, Title: i18n.T(ctx, "budgets.notice.inadmissible"), Text: p.Reason}
	case StateUnfavourable:
		return &ui.NoticeProps{Tone: ui.Warning, Title: i18n.T(ctx, "budgets.notice.unfavourable"), Text: p.Reason}
	case StateAccepted:
		return &ui.NoticeProps{Tone: ui.Success, Title: i18n.T(ctx, "budgets.notice.accepted", "Cost", e.amount(ctx, int64(p.Cost))), Text: p.Reason}
	case StateLoser:
		return &ui.NoticeProps{Text: i18n.T(ctx, "budgets.notice.loser"), Action: &ui.Link{Label: i18n.T(ctx, "budgets.notice.loser.why"), Href: href(e.ID) + resultPath + "#projet-" + strconv.Itoa(p.Number)}}
	case StateDeposited:
		return &ui.NoticeProps{Text: i18n.T(ctx, "budgets.notice.deposited", "When", i18n.Date(ctx, e.StudyAt))}
	case StateStudied:
		return &ui.NoticeProps{Text: i18n.T(ctx, "budgets.notice.studied", "When", i18n.Date(ctx, e.VoteAt))}
	}
	return nil
}

// deliveryView completes the page of a winner with how its realisation goes.
func deliveryView(ctx context.Context, show *views.Show, e *Edition, p *Project, steps []RealStep) {
	show.Followed = true
	show.Progress = &ui.ProgressProps{
		Label: stageName(ctx, p.Stage), Value: int64(p.Percent), Max: 100, Text: i18n.T(ctx, "budgets.delivery.percent", "Percent", p.Percent), Tone: stageTone(p.Stage),
	}
	if !p.PromisedOn.IsZero() {
		show.Promise = append(show.Promise, ui.Fact{Term: i18n.T(ctx, "budgets.delivery.promised"), Text: civilDay(ctx, p.PromisedOn)})
		if !sameDay(p.PromisedOn, p.FirstOn) {
			show.Promise = append(show.Promise, ui.Fact{Term: i18n.T(ctx, "budgets.delivery.first"), Text: civilDay(ctx, p.FirstOn)})
		}
	}
	for i := len(steps) - 1; i >= 0; i-- {
		show.Steps = append(show.Steps, stepView(ctx, e, p, steps[i]))
	}
}

// missions completes the page of a winner with the missions that help it along,
// and where staff open one.
func (s *service) missions(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, p *Project, show *views.Show) error {
	if s.Helpers == nil || !t.Enabled("missions") || p.Stage == "" || p.Stage == Abandoned {
		return nil
	}
	page := projectHref(p.Edition, p.ID)
	titles, addresses, err := s.Helpers.ForProject(ctx, t, page)
	for i := range titles {
		show.Missions = append(show.Missions, ui.Link{Label: titles[i], Href: addresses[i], Icon: "users"})
	}
	if inBackOffice(v) && p.Stage != Done {
		show.Missions = append(show.Missions, ui.Link{Label: i18n.T(ctx, "budgets.mission.open"), Href: s.Helpers.OpenFor(p.Title, page), Icon: "plus"})
	}
	return err
}

func stageTone(s Stage) ui.Tone {
	switch s {
	case Done:
		return ui.Success
	case Abandoned:
		return ui.Danger
	}
	return ui.Accent
}

func stepView(ctx context.Context, e *Edition, p *Project, s RealStep) views.Step {
	v := views.Step{Title: s.Title, Text: s.Text, Stage: stageName(ctx, s.Stage), When: civilDay(ctx, s.HappenedOn)}
	if s.Photo.SHA256 != "" {
		v.Image, v.ImageAlt = projectHref(e.ID, p.ID)+"/etapes/"+s.ID.String()+"/photo", s.Photo.Alt
	}
	if s.Moved {
		v.Moved, v.MovedWhy = i18n.T(ctx, "budgets.step.moved", "Date", civilDay(ctx, s.PromisedOn)), s.MovedWhy
	}
	return v
}
