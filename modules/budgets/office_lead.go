package budgets

import (
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/modules/budgets/views"
)

// versionForm is what an act on an edition carries.
type versionForm struct {
	Version int64 `form:"version"`
}

func (o officeHandlers) lead(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	return showLead(c, d, nil)
}

func showLead(c *fiber.Ctx, d *Dossier, errs ui.Errors) error {
	ctx, base := web.Context(c), officeHref(d.ID)
	p := views.Overview{
		Office: frame(c, d, stepLead, errs), Version: d.Version, Base: base, Next: next(ctx, d), Do: toDo(ctx, d),
		Publish: d.Phase() == Draft, MayOpen: may(web.Viewer(c), actPublish, d.Edition, uuid.Nil) == nil,
		Timeline: timeline(ctx, d.Edition), Money: envelopeFacts(ctx, web.Tenant(c), d.Edition), Changes: changeNotes(ctx, d.Changes),
	}
	for _, lack := range d.lacks() {
		//i18n: budgets.lack.*
		p.Lacks = append(p.Lacks, views.Check{Text: i18n.Message(ctx, lack.Key, nil), Href: base + "/" + lack.Step})
	}
	if p.Ready = len(p.Lacks) == 0; d.Counts[AllDeposited] > 0 {
		p.Stats = homeStats(ctx, d)
	}
	return web.Page(c, views.Lead(p))
}

// next says what to do now.
func next(ctx context.Context, d *Dossier) string {
	switch d.Phase() {
	case Draft:
		return i18n.T(ctx, "budgets.next.draft")
	case Upcoming, Information:
		return i18n.T(ctx, "budgets.next.information", "When", i18n.DateTime(ctx, d.DepositAt))
	case Deposit:
		return i18n.T(ctx, "budgets.next.deposit", "When", i18n.DateTime(ctx, d.StudyAt))
	case Study:
		if !d.DecidedAt.IsZero() {
			return i18n.T(ctx, "budgets.next.decided", "When", i18n.DateTime(ctx, d.VoteAt))
		}
		return i18n.T(ctx, "budgets.next.study", "When", i18n.DateTime(ctx, d.VoteAt))
	case Vote:
		return i18n.T(ctx, "budgets.next.vote", "When", i18n.DateTime(ctx, d.ResultAt))
	case Result, Deliberation:
		return i18n.T(ctx, "budgets.next.deliberation")
	}
	return i18n.T(ctx, "budgets.next.delivery")
}

// toDo is the one thing that waits, if any.
func toDo(ctx context.Context, d *Dossier) *ui.Link {
	base := officeHref(d.ID) + "/"
	switch d.Phase() {
	case Deposit:
		return &ui.Link{Label: i18n.T(ctx, "budgets.step.tab.projects"), Href: base + stepProjects, Icon: "list"}
	case Study:
		if d.DecidedAt.IsZero() {
			return &ui.Link{Label: i18n.T(ctx, "budgets.step.tab.decisions"), Href: base + stepDecisions, Icon: "megaphone"}
		}
	case Result, Deliberation:
		return &ui.Link{Label: i18n.T(ctx, "budgets.step.tab.outcome"), Href: base + stepOutcome, Icon: "landmark"}
	case Winners, Delivery:
		return &ui.Link{Label: i18n.T(ctx, "budgets.todo.follow"), Href: base + stepProjects + "?etat=" + string(Won), Icon: "flag"}
	}
	return nil
}

func (o officeHandlers) publish(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	var form versionForm
	if _, err := web.Bind(c, &form); err != nil {
		return err
	}
	err = o.service.publish(web.Context(c), web.Tenant(c), web.Viewer(c), Target{d.ID, form.Version})
	if err == nil {
		web.Flash(c, "budgets.published")
		return web.SeeOther(c, officeHref(d.ID))
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	if d, err = o.find(c); err != nil { // as it is now: somebody may have acted meanwhile
		return err
	}
	return showLead(c, d, errs)
}

func (o officeHandlers) delete(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	var form versionForm
	if _, err := web.Bind(c, &form); err != nil {
		return err
	}
	if err := o.service.delete(web.Context(c), web.Tenant(c), web.Viewer(c), Target{id, form.Version}); err != nil {
		return err
	}
	web.Flash(c, "budgets.deleted")
	return web.SeeOther(c, officePath)
}

// preview is the page as people will see it.
func (o officeHandlers) preview(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	ctx := web.Context(c)
	p := homeView(ctx, web.Tenant(c), web.Viewer(c), d, true)
	p.Title = i18n.T(ctx, "budgets.window", "Part", i18n.T(ctx, "budgets.office.preview"), "Title", d.Title)
	p.Preview = &ui.Link{Label: i18n.T(ctx, "budgets.preview.back"), Href: officeHref(d.ID)}
	p.Staff, p.EasyLink, p.Action = nil, nil, nil
	return web.Page(c, views.EditionHome(p, nil))
}
