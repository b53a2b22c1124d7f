package budgets

import (
	"context"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting/counting"
	"parvis/modules/budgets/views"
)

// indexView is the list of editions.
func indexView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, list []*Edition) views.Index {
	p := views.Index{Editions: make([]views.Edition, len(list))}
	for i, e := range list {
		p.Editions[i] = editionItem(ctx, t, e)
	}
	if inBackOffice(v) {
		p.Staff = &ui.Link{Label: i18n.T(ctx, "budgets.office.new"), Href: officePath + "/nouvelle"}
	}
	return p
}

// editionItem is an edition in a list.
func editionItem(ctx context.Context, _ *tenant.Tenant, e *Edition) views.Edition {
	date := when(ctx, e)
	if e.Imported {
		date = whenHere(ctx, e)
	}
	return views.Edition{
		Title: e.Title, Href: href(e.ID), Summary: i18n.Typeset(markdown.Text(e.Summary, 220)), State: phaseState(ctx, e.Phase()),
		Accent: e.Phase() == Deposit || e.Phase() == Vote,
		Meta: []ui.Meta{
			{Icon: "clock", Text: date},
			{Icon: "euro", Text: i18n.T(ctx, "budgets.money.total", "Amount", e.amount(ctx, int64(e.Total())))},
		},
	}
}

// shownAtHome is how many projects the page of an edition shows at once.
const shownAtHome = 6

// home is the page of an edition, as v sees it.
func (s *service) home(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, d *Dossier, easy bool) (views.Home, error) {
	var winners, shown Page
	var mine []*Project
	err := s.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		if v.SignedIn {
			if mine, err = s.store.mine(ctx, tx, t.ID, d.ID, v.ID); err != nil {
				return err
			}
		}
		if !d.OutcomeAt.IsZero() {
			winners, err = s.store.projects(ctx, tx, t.ID, Query{Edition: d.ID, Group: Won, Sort: ByRank, Limit: perPage})
			return err
		}
		q := Query{Edition: d.ID, Sort: ByNewest, Limit: shownAtHome}
		if !d.DecidedAt.IsZero() {
			q.Group, q.Sort = ToVote, ByNumber
		}
		shown, err = s.store.projects(ctx, tx, t.ID, q)
		return err
	})
	if err != nil {
		return views.Home{}, err
	}
	p := homeView(ctx, t, v, d, easy)
	for _, one := range mine {
		p.Mine = append(p.Mine, projectItem(ctx, t, d.Edition, one))
	}
	for _, one := range winners.Items {
		p.Winners = append(p.Winners, projectItem(ctx, t, d.Edition, one))
	}
	for _, one := range shown.Items {
		p.Projects = append(p.Projects, projectItem(ctx, t, d.Edition, one))
	}
	return p, nil
}

// homeView is the page of an edition, but for its projects.
func homeView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, d *Dossier, easy bool) views.Home {
	e := d.Edition
	state := phaseState(ctx, e.Phase())
	p := views.Home{
		Title: e.Title, Description: markdown.Text(e.Summary, 160),
		Header: ui.HeaderProps{
			Eyebrow: i18n.T(ctx, "budgets.title"), Title: e.Title, Lead: i18n.Typeset(e.Summary), State: &state, Poster: true,
			Meta: []ui.Meta{
				{Icon: "clock", Text: whenHere(ctx, e)},
				{Icon: "euro", Text: i18n.T(ctx, "budgets.money.total", "Amount", e.amount(ctx, int64(e.Total())))},
			},
		},
		Now: now(ctx, e), Body: markdown.HTML(e.Body, 3), Timeline: timeline(ctx, e), Money: envelopeFacts(ctx, t, e), Count: countFacts(ctx, e),
		Rules: ui.Link{Label: i18n.T(ctx, "budgets.rules.read"), Href: href(e.ID) + "/reglement"}, Changes: changeNotes(ctx, d.Changes),
	}
	if n := d.Counts[AllDeposited] - d.Counts[Withdrawn]; n > 0 {
		p.Stats = homeStats(ctx, d)
		p.ProjectsTitle = i18n.T(ctx, "budgets.projects.some")
		p.AllProjects = &ui.Link{Label: i18n.T(ctx, "budgets.projects.all", "Count", n), Href: projectsHref(e.ID)}
	}
	if e.Phase() == Deposit {
		p.Action = &ui.Link{Label: i18n.T(ctx, "budgets.deposit.go"), Href: href(e.ID) + "/deposer", Icon: "plus"}
	}
	if inBackOffice(v) {
		p.Staff = &ui.Link{Label: i18n.T(ctx, "budgets.manage"), Href: officeHref(e.ID)}
	}
	if e.Easy != "" {
		p.EasyLink = &ui.Link{Label: i18n.T(ctx, "budgets.easy.show"), Href: href(e.ID) + "?lecture=facile#facile"}
		if easy {
			p.Easy, p.EasyLink = e.Easy, &ui.Link{Label: i18n.T(ctx, "budgets.easy.hide"), Href: href(e.ID)}
		}
	}
	if !e.OutcomeAt.IsZero() && !e.Imported {
		p.Outcome = outcomeView(ctx, e)
	}
	return p
}

// whenHere is when, with the clock that it is told by where it tells an hour.
func whenHere(ctx context.Context, e *Edition) string {
	if e.Imported {
		return i18n.T(ctx, "budgets.when.imported", "From", i18n.Date(ctx, e.VoteAt))
	}
	if e.Reached(Result) {
		return when(ctx, e)
	}
	return i18n.T(ctx, "budgets.when.zone", "When", when(ctx, e), "Zone", i18n.ZoneName(ctx))
}

// now says in a sentence what happens at this moment.
func now(ctx context.Context, e *Edition) string {
	if e.Imported {
		return i18n.T(ctx, "budgets.now.imported")
	}
	switch e.Phase() {
	case Draft, Upcoming:
		return i18n.T(ctx, "budgets.now.upcoming", "When", i18n.DateTime(ctx, e.InformationAt))
	case Information:
		return i18n.T(ctx, "budgets.now.information", "When", i18n.DateTime(ctx, e.DepositAt))
	case Deposit:
		return i18n.T(ctx, "budgets.now.deposit", "When", i18n.DateTime(ctx, e.StudyAt))
	case Study:
		if !e.DecidedAt.IsZero() {
			return i18n.T(ctx, "budgets.now.decided", "When", i18n.DateTime(ctx, e.VoteAt))
		}
		return i18n.T(ctx, "budgets.now.study", "When", i18n.DateTime(ctx, e.VoteAt))
	case Vote:
		return i18n.T(ctx, "budgets.now.vote", "When", i18n.DateTime(ctx, e.ResultAt))
	case Result:
		return i18n.T(ctx, "budgets.now.result", "When", i18n.Date(ctx, e.DeliberationAt))
	case Deliberation:
		return i18n.T(ctx, "budgets.now.deliberation")
	case Winners:
		return i18n.T(ctx, "budgets.now.winners", "When", i18n.Date(ctx, e.DeliveryAt))
	}
	return i18n.T(ctx, "budgets.now.delivery")
}

func homeStats(ctx context.Context, d *Dossier) []ui.Stat {
	stat := func(key string, n int, icon string) ui.Stat {
		return ui.Stat{Number: i18n.Number(ctx, int64(n)), Label: i18n.Message(ctx, key, map[string]any{"Count": n}), Icon: icon}
	}
	//i18n: budgets.stat.*
	stats := []ui.Stat{stat("budgets.stat.deposited", d.Counts[AllDeposited], "inbox")}
	if !d.DecidedAt.IsZero() {
		stats = append(stats, stat("budgets.stat.accepted", d.Counts[ToVote], "vote"))
	}
	if !d.OutcomeAt.IsZero() {
		stats = append(stats, stat("budgets.stat.won", d.Counts[Won], "star"))
	}
	return stats
}

// countFacts says how winners are found.
func countFacts(ctx context.Context, e *Edition) []ui.Fact {
	method := i18n.T(ctx, "budgets.method.greedy")
	if e.Method == counting.EqualShares {
		method = i18n.T(ctx, "budgets.method.shares")
	}
	facts := []ui.Fact{{Term: i18n.T(ctx, "budgets.method.term"), Text: method}}
	if e.MinVotes > 0 {
		facts = append(facts, ui.Fact{Term: i18n.T(ctx, "budgets.min_votes.term"), Text: i18n.T(ctx, "budgets.min_votes.text", "Count", e.MinVotes)})
	}
	return facts
}

// changeNotes is the public register, newest first.
func changeNotes(ctx context.Context, list []Change) []views.Note {
	var notes []views.Note
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i]
		notes = append(notes, views.Note{When: i18n.DateTime(ctx, c.At), Title: i18n.Message(ctx, "budgets.change."+string(c.Kind), nil), Text: c.Reason})
	}
	return notes
}

// actFacts says a délibération.
func actFacts(ctx context.Context, a Act) []ui.Fact {
	var facts []ui.Fact
	if !a.On.IsZero() {
		facts = append(facts, ui.Fact{Term: i18n.T(ctx, "budgets.act.on"), Text: civilDay(ctx, a.On)})
	}
	if a.Number != "" {
		facts = append(facts, ui.Fact{Term: i18n.T(ctx, "budgets.act.number"), Text: a.Number})
	}
	return facts
}

func actLink(ctx context.Context, a Act) *ui.Link {
	if a.URL == "" {
		return nil
	}
	return &ui.Link{Label: i18n.T(ctx, "budgets.act.read"), Href: a.URL}
}

func outcomeView(ctx context.Context, e *Edition) *views.Outcome {
	return &views.Outcome{Body: markdown.HTML(e.Outcome.Text, 3), Facts: actFacts(ctx, e.Outcome.Act), Link: actLink(ctx, e.Outcome.Act)}
}

// rulesView is the page of the règlement.
func rulesView(ctx context.Context, t *tenant.Tenant, e *Edition) views.Rules {
	facts := append(actFacts(ctx, e.Adopted), countFacts(ctx, e)...)
	return views.Rules{
		Title:   i18n.T(ctx, "budgets.window", "Part", i18n.T(ctx, "budgets.rules.title"), "Title", e.Title),
		Edition: e.Title, Href: href(e.ID), Body: markdown.HTML(e.Rules, 2), Facts: append(facts, envelopeFacts(ctx, t, e)...), Link: actLink(ctx, e.Adopted),
	}
}

// projectItem is a project in a list.
func projectItem(ctx context.Context, t *tenant.Tenant, e *Edition, p *Project) views.Project {
	lat, lon := p.Point.Degrees()
	item := views.Project{
		Title: p.Title, Href: projectHref(e.ID, p.ID), Summary: markdown.Text(p.Text, 160), State: projectState(ctx, e, p), Lat: lat, Lon: lon,
		Meta: []ui.Meta{{Icon: "map-pin", Text: zoneLabel(ctx, t, p.Zone)}},
	}
	if p.DepositedAt.IsZero() {
		item.Href += "/modifier"
	}
	if p.Photo.SHA256 != "" {
		item.Image, item.ImageAlt = photoHref(e, p), p.Photo.Alt
	}
	if theme := themeName(ctx, p.Theme); theme != "" {
		item.Meta = append(item.Meta, ui.Meta{Icon: "tag", Text: theme})
	}
	if cost, ok := p.shownCost(); ok {
		item.Meta = append(item.Meta, ui.Meta{Icon: "euro", Text: e.amount(ctx, int64(cost))})
	}
	if p.Stage != "" && !e.Imported {
		item.Meta = append(item.Meta, ui.Meta{Icon: "flag", Text: i18n.T(ctx, "budgets.delivery.short", "Stage", stageName(ctx, p.Stage), "Percent", p.Percent)})
	}
	return item
}

func photoHref(e *Edition, p *Project) string {
	return projectHref(e.ID, p.ID) + "/photo?v=" + p.Photo.SHA256[:8]
}
