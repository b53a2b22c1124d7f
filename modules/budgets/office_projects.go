package budgets

import (
	"context"
	"errors"
	"net/url"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"parvis/app/i18n"
	"parvis/app/keyset"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/app/writing"
	"parvis/modules/budgets/views"
)

// officeGroups are the parts of the table of projects.
var officeGroups = []Group{AllDeposited, Waiting, ToVote, Refused, Won, Withdrawn}

// officeQuery reads the address of the table of projects.
func officeQuery(c *fiber.Ctx, d *Dossier) Query {
	q := Query{Edition: d.ID, Words: c.Query("q"), Limit: perPage * 2}
	for _, g := range officeGroups {
		if string(g) == c.Query("etat") {
			q.Group = g
		}
	}
	q.Words = writing.Cut(q.Words, 200)
	if s := Sort(c.Query("tri")); s == ByNewest || s == ByCost {
		q.Sort = s
	}
	q.Cursor = keyset.Read(c.Query(keyset.After), c.Query(keyset.Before))
	return q
}

// officeAddress writes the address of the table at a place in it.
func officeAddress(d *Dossier, q Query, at keyset.Cursor) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("etat", string(q.Group))
	set("q", q.Words)
	set("tri", string(q.Sort))
	at.Write(v)
	base := officeHref(d.ID) + "/" + stepProjects
	if len(v) == 0 {
		return base
	}
	return base + "?" + v.Encode()
}

func (o officeHandlers) projects(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	ctx, t := web.Context(c), web.Tenant(c)
	q := officeQuery(c, d)
	page, counts, err := o.service.listed(ctx, t.ID, q)
	if err != nil {
		return err
	}
	p := views.OfficeProjects{
		Office: frame(c, d, stepProjects, nil),
		Search: ui.SearchProps{Action: officeHref(d.ID) + "/" + stepProjects, Name: "q", Value: q.Words, Label: i18n.T(ctx, "budgets.filter.words")},
		Export: &ui.Link{Label: i18n.T(ctx, "budgets.office.export"), Href: officeHref(d.ID) + "/projets.csv"},
		Table: ui.TableProps{ID: "projets", Caption: i18n.T(ctx, "budgets.projects.title"), Empty: i18n.T(ctx, "budgets.none.title"), Columns: []ui.Column{
			{Label: i18n.T(ctx, "budgets.column.project")}, {Label: i18n.T(ctx, "budgets.column.state")},
			{Label: i18n.T(ctx, "budgets.column.zone")}, {Label: i18n.T(ctx, "budgets.column.cost"), Numeric: true},
		}},
	}
	if q.Group != AllDeposited {
		p.Search.Hidden = append(p.Search.Hidden, ui.Option{Value: "etat", Label: string(q.Group)})
	}
	for _, g := range officeGroups {
		to, key := q, "budgets.group.all"
		if to.Group = g; g != AllDeposited {
			key = "budgets.group." + string(g)
		}
		p.Tabs = append(p.Tabs, ui.Tab{
			Label: i18n.Message(ctx, key, nil), Href: officeAddress(d, to, keyset.Cursor{}), Count: i18n.Number(ctx, int64(counts[g])), Current: g == q.Group,
		})
	}
	for _, one := range page.Items {
		cost := "–"
		if amount, ok := one.shownCost(); ok {
			cost = i18n.Euros(ctx, amount)
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: one.ID.String(), Muted: !one.WithdrawnAt.IsZero(), Cells: []ui.Cell{
			ui.LinkCell(i18n.T(ctx, "budgets.project.titled", "Number", one.Number, "Title", one.Title), officeProjectHref(d.ID, one.ID)),
			ui.BodyCell(ui.StateBadge(projectState(ctx, d.Edition, one))), ui.Text(zoneLabel(ctx, t, one.Zone)), ui.Text(cost),
		}})
	}
	p.Pager = ui.PagerOf(page.Next, page.Prev, func(at keyset.Cursor) string { return officeAddress(d, q, at) })
	return web.Page(c, views.OfficeProjectTable(p))
}

// export writes every deposited project as a table, without who wrote it.
func (o officeHandlers) export(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	ctx, t := web.Context(c), web.Tenant(c)
	rows := [][]string{{
		i18n.T(ctx, "budgets.column.number"), i18n.T(ctx, "budgets.column.project"), i18n.T(ctx, "budgets.column.state"), i18n.T(ctx, "budgets.column.theme"),
		i18n.T(ctx, "budgets.column.zone"), i18n.T(ctx, "budgets.column.cost"), i18n.T(ctx, "budgets.column.position"),
	}}
	q := Query{Edition: d.ID, Sort: ByNumber, Limit: 500}
	for {
		page, _, err := o.service.listed(ctx, t.ID, q)
		if err != nil {
			return err
		}
		for _, p := range page.Items {
			cost := ""
			if amount, ok := p.shownCost(); ok {
				cost = i18n.Euros(ctx, amount)
			}
			rows = append(rows, []string{
				i18n.Number(ctx, int64(p.Number)), p.Title, projectState(ctx, d.Edition, p).Word, themeName(ctx, p.Theme), zoneLabel(ctx, t, p.Zone), cost, p.Point.String(),
			})
		}
		if q.Cursor = page.Next; q.Cursor.IsZero() {
			return web.SpreadsheetCSV(c, "projets.csv", rows)
		}
	}
}

// file is what staff see of a project.
type file struct {
	*Dossier
	project *Project
	steps   []RealStep
	study   Review
}

// open reads a project's file, with the reader's right to it.
func (o officeHandlers) open(c *fiber.Ctx) (f file, err error) {
	edition, id, err := projectParams(c)
	if err != nil {
		return f, err
	}
	t := web.Tenant(c).ID
	err = o.service.DB.ReadTenant(web.Context(c), t, func(ctx context.Context, tx bun.Tx) error {
		e, err := o.service.store.find(ctx, tx, t, edition)
		if err != nil {
			return err
		}
		if f.Dossier, err = o.service.dossier(ctx, tx, t, e); err != nil {
			return err
		}
		if f.project, err = o.service.store.project(ctx, tx, t, edition, id); err != nil {
			return err
		}
		if f.project.DepositedAt.IsZero() {
			return ErrNotFound // a draft is its author's alone
		}
		if f.steps, err = o.service.store.steps(ctx, tx, t, id); err != nil {
			return err
		}
		f.study, err = o.service.store.studyOf(ctx, tx, t, id)
		return err
	})
	return f, err
}

// projectFrame surrounds the pages of a project's file.
func projectFrame(c *fiber.Ctx, f file, errs ui.Errors) views.Office {
	ctx := web.Context(c)
	state := projectState(ctx, f.Edition, f.project)
	o := frame(c, f.Dossier, stepProjects, errs)
	o.Title = i18n.T(ctx, "budgets.window", "Part", f.project.Title, "Title", f.Title)
	o.Header = ui.HeaderProps{Eyebrow: numberOf(ctx, f.project), Title: f.project.Title, State: &state, Meta: projectMeta(ctx, web.Tenant(c), f.project)}
	o.Public = &ui.Link{Label: i18n.T(ctx, "budgets.project.see"), Href: projectHref(f.ID, f.project.ID)}
	return o
}

// studyForm is the form of a study.
type studyForm struct {
	Version          int64      `form:"version"`
	Admissible       string     `form:"admissible" validate:"omitempty,oneof=yes no"`
	AdmissibleReason string     `form:"admissible_reason"`
	Favourable       string     `form:"favourable" validate:"omitempty,oneof=yes no"`
	FavourableReason string     `form:"favourable_reason"`
	Cost             web.Amount `form:"cost"`
	Notes            string     `form:"notes"`
}

func studyFormOf(c *fiber.Ctx, r Review) studyForm {
	f := studyForm{
		Version: r.Version, Admissible: yesNo(r.Admissible), AdmissibleReason: r.AdmissibleReason,
		Favourable: yesNo(r.Favourable), FavourableReason: r.FavourableReason, Notes: r.Notes,
	}
	if r.Cost != nil {
		f.Cost = web.AmountOf(web.Context(c), *r.Cost)
	}
	return f
}

func (f studyForm) review() Review {
	r := Review{
		Version: f.Version, Admissible: answer(f.Admissible), AdmissibleReason: f.AdmissibleReason,
		Favourable: answer(f.Favourable), FavourableReason: f.FavourableReason, Notes: f.Notes,
	}
	if f.Cost.Set {
		r.Cost = &f.Cost.Cents
	}
	return r
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "yes"
	}
	return "no"
}

// answer reads what yesNo writes.
func answer(text string) *bool {
	if text == "" {
		return nil
	}
	yes := text == "yes"
	return &yes
}

func (o officeHandlers) file(c *fiber.Ctx) error {
	f, err := o.open(c)
	if err != nil {
		return err
	}
	return showFile(c, f, studyFormOf(c, f.study), "", nil, nil)
}

func (o officeHandlers) saveStudy(c *fiber.Ctx) error {
	f, err := o.open(c)
	if err != nil {
		return err
	}
	var form studyForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = o.service.study(web.Context(c), web.Tenant(c), web.Viewer(c), f.ID, f.project.ID, form.review())
		if err == nil {
			web.Flash(c, "budgets.study.saved")
			return web.SeeOther(c, officeProjectHref(f.ID, f.project.ID))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	var read *ui.Link
	if errors.Is(err, ErrStale) {
		form.Version = f.study.Version
		read = &ui.Link{Label: i18n.T(web.Context(c), "budgets.stale.read"), Href: officeProjectHref(f.ID, f.project.ID)}
	}
	return showFile(c, f, form, "", errs, read)
}

// showFile shows a project's file: its study while that is under way, how its
// realisation goes once it has won.
func showFile(c *fiber.Ctx, f file, form studyForm, reason string, errs ui.Errors, read *ui.Link) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	p := views.StudyForm{
		Office: projectFrame(c, f, errs), Project: projectView(ctx, t, v, f.Edition, f.project, nil), Version: form.Version,
		Admissible: form.Admissible, AdmissibleReason: form.AdmissibleReason, Favourable: form.Favourable, FavourableReason: form.FavourableReason,
		Cost: form.Cost.String(), Notes: form.Notes, RemoveReason: reason,
	}
	p.Stale = read
	err := mayStudy(v, f.Edition, f.project)
	if p.Study = err == nil; err != nil && f.project.WonAt.IsZero() {
		p.Locked = explain(ctx, err)
	}
	if f.project.Estimate != nil {
		p.Estimate = i18n.T(ctx, "budgets.study.estimate", "Amount", i18n.Euros(ctx, *f.project.Estimate))
	}
	if !f.study.UpdatedAt.IsZero() {
		p.Updated = i18n.T(ctx, "budgets.study.updated", "Date", i18n.DateTime(ctx, f.study.UpdatedAt))
	}
	if f.project.WithdrawnAt.IsZero() && may(v, actRemove, f.Edition, f.project.Zone) == nil {
		p.Remove = officeProjectHref(f.ID, f.project.ID) + "/retirer"
	}
	if f.project.WonAt.IsZero() {
		return web.Page(c, views.StudyPage(p))
	}
	return showDelivery(c, f, newStep(f.project), nil)
}

func (o officeHandlers) remove(c *fiber.Ctx) error {
	f, err := o.open(c)
	if err != nil {
		return err
	}
	var form struct {
		Reason string `form:"reason"`
	}
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = o.service.remove(web.Context(c), web.Tenant(c), web.Viewer(c), f.ID, f.project.ID, form.Reason)
		if err == nil {
			web.Flash(c, "budgets.project.removed")
			return web.SeeOther(c, officeHref(f.ID)+"/"+stepProjects)
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return showFile(c, f, studyFormOf(c, f.study), form.Reason, errs, nil)
}

func (o officeHandlers) decisions(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	return o.showDecisions(c, d, nil)
}

func (o officeHandlers) showDecisions(c *fiber.Ctx, d *Dossier, errs ui.Errors) error {
	ctx, t := web.Context(c), web.Tenant(c)
	list, err := o.service.decisions(ctx, t.ID, d.ID)
	if err != nil {
		return err
	}
	p := views.DecisionsPage{
		Office: frame(c, d, stepDecisions, errs), Version: d.Version, Action: officeHref(d.ID) + "/" + stepDecisions,
		Rows: ui.TableProps{ID: "decisions", Caption: i18n.T(ctx, "budgets.decisions.caption"), Empty: i18n.T(ctx, "budgets.decisions.empty"), Columns: []ui.Column{
			{Label: i18n.T(ctx, "budgets.column.project")}, {Label: i18n.T(ctx, "budgets.column.decision")},
			{Label: i18n.T(ctx, "budgets.column.reason")}, {Label: i18n.T(ctx, "budgets.column.cost"), Numeric: true},
		}},
	}
	missing := 0
	for _, one := range list {
		decision, done := one.Study.decision()
		if !d.DecidedAt.IsZero() {
			decision, done = one.Decision, !one.DecidedAt.IsZero()
		}
		if !done {
			missing++
		}
		p.Rows.Rows = append(p.Rows.Rows, decisionRow(ctx, t, d, one.Project, decision, done))
	}
	p.Locked = locked(c, d, actDecide)
	switch {
	case !d.DecidedAt.IsZero():
		p.Published, p.Locked = i18n.T(ctx, "budgets.decisions.done", "Date", i18n.DateTime(ctx, d.DecidedAt)), ""
	case missing > 0:
		p.Missing = i18n.T(ctx, "budgets.decisions.left", "Count", missing)
	default:
		p.Ready = len(list) > 0 && p.Locked == ""
	}
	return web.Page(c, views.Decisions(p))
}

// decisionRow is a project with what is to become of it.
//
// i18n: budgets.verdict.*
func decisionRow(ctx context.Context, _ *tenant.Tenant, d *Dossier, p *Project, decision Decision, done bool) ui.Row {
	word, cost := i18n.T(ctx, "budgets.decisions.none_yet"), "–"
	if done {
		word = i18n.Message(ctx, "budgets.verdict."+string(decision.Verdict), nil)
	}
	if decision.Cost > 0 {
		cost = i18n.Euros(ctx, decision.Cost)
	}
	return ui.Row{ID: p.ID.String(), Muted: !done, Cells: []ui.Cell{
		ui.LinkCell(i18n.T(ctx, "budgets.project.titled", "Number", p.Number, "Title", p.Title), officeProjectHref(d.ID, p.ID)),
		ui.Text(word), ui.Text(decision.Reason), ui.Text(cost),
	}}
}

func (o officeHandlers) publishDecisions(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	var form versionForm
	if _, err := web.Bind(c, &form); err != nil {
		return err
	}
	err = o.service.publishDecisions(web.Context(c), web.Tenant(c), web.Viewer(c), Target{d.ID, form.Version})
	if err == nil {
		web.Flash(c, "budgets.decisions.flash")
		return web.SeeOther(c, officeHref(d.ID)+"/"+stepDecisions)
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	return o.showDecisions(c, d, errs)
}
