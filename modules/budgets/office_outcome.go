package budgets

import (
	"context"
	"mime/multipart"
	"slices"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/modules/budgets/views"
)

// outcomeForm is the form of what the council decided.
type outcomeForm struct {
	Version int64         `form:"version"`
	Text    string        `form:"outcome"`
	On      web.LocalDate `form:"on"`
	Number  string        `form:"number"`
	URL     string        `form:"url"`
	Reason  string        `form:"reason"`
	Winners []uuid.UUID   `form:"winners"`
}

func (f outcomeForm) outcome() Outcome {
	return Outcome{Act: Act{On: f.On.On, Number: f.Number, URL: f.URL}, Text: f.Text}
}

// voted lists the projects that were put to the vote, and those that win: the
// council's choice once it is known, what the count says before. They come
// first, in their order.
func (s *service) voted(ctx context.Context, t tenant.ID, e *Edition) (list []*Project, winners []uuid.UUID, err error) {
	err = s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		if list, err = s.store.votable(ctx, tx, t, e.ID); err != nil || e.OutcomeAt.IsZero() {
			if err == nil {
				winners, err = s.elected(ctx, tx, t, e)
			}
			return err
		}
		chosen := slices.DeleteFunc(slices.Clone(list), func(p *Project) bool { return p.Rank == 0 })
		slices.SortFunc(chosen, func(a, b *Project) int { return a.Rank - b.Rank })
		for _, p := range chosen {
			winners = append(winners, p.ID)
		}
		return nil
	})
	place := func(p *Project) int {
		if i := slices.Index(winners, p.ID); i >= 0 {
			return i
		}
		return len(winners)
	}
	slices.SortStableFunc(list, func(a, b *Project) int { return place(a) - place(b) })
	return list, winners, err
}

func (o officeHandlers) outcome(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	ctx := web.Context(c)
	form := outcomeForm{
		Version: d.Version, Text: d.Outcome.Text, Number: d.Outcome.Number, URL: d.Outcome.URL, On: web.LocalDateOf(ctx, midday(ctx, d.Outcome.On)),
	}
	return o.showOutcome(c, d, form, true, nil, nil)
}

func (o officeHandlers) deliberate(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	var form outcomeForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = o.service.deliberate(web.Context(c), web.Tenant(c), web.Viewer(c), Target{d.ID, form.Version}, form.outcome(), form.Winners, form.Reason)
		if err == nil {
			web.Flash(c, "budgets.outcome.saved")
			return web.SeeOther(c, officeHref(d.ID))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return o.showOutcome(c, d, form, false, errs, stale(c, d, stepOutcome, err, &form.Version))
}

// showOutcome shows what the council may choose from: what was voted on, with
// the winners ticked.
func (o officeHandlers) showOutcome(c *fiber.Ctx, d *Dossier, form outcomeForm, fresh bool, errs ui.Errors, read *ui.Link) error {
	ctx := web.Context(c)
	projects, winners, err := o.service.voted(ctx, web.Tenant(c).ID, d.Edition)
	if err != nil {
		return err
	}
	p := views.OutcomeForm{
		Office: frame(c, d, stepOutcome, errs), Version: form.Version, Text: form.Text, On: form.On.String(), Number: form.Number, URL: form.URL, Reason: form.Reason,
	}
	p.Stale, p.Locked = read, locked(c, d, actDeliberate)
	for _, one := range projects {
		p.Choices = append(p.Choices, ui.ChoiceProps{
			Value: one.ID.String(), Label: i18n.T(ctx, "budgets.project.titled", "Number", one.Number, "Title", one.Title), Aside: i18n.Euros(ctx, one.Cost),
			Hint: zoneLabel(ctx, web.Tenant(c), one.Zone),
		})
		if fresh && slices.Contains(winners, one.ID) || !fresh && slices.Contains(form.Winners, one.ID) {
			p.Values = append(p.Values, one.ID.String())
		}
	}
	if !d.OutcomeAt.IsZero() {
		p.Published = i18n.T(ctx, "budgets.outcome.published", "Date", i18n.Date(ctx, d.OutcomeAt))
	}
	return web.Page(c, views.WriteOutcome(p))
}

// stepForm is the form of a step of a realisation.
type stepForm struct {
	Title    string                `form:"title"`
	Text     string                `form:"text"`
	On       web.LocalDate         `form:"on"`
	Stage    string                `form:"stage"`
	Percent  web.Whole             `form:"percent"`
	Promised web.LocalDate         `form:"promised"`
	MovedWhy string                `form:"moved_why"`
	Photo    *multipart.FileHeader `form:"photo"`
	PhotoAlt string                `form:"photo_alt"`
}

// newStep is the form of the next step: where the last one left it.
func newStep(p *Project) stepForm {
	return stepForm{Stage: string(p.Stage), Percent: web.WholeOf(int64(p.Percent))}
}

func (f stepForm) step() RealStep {
	return RealStep{
		Title: f.Title, Text: f.Text, HappenedOn: f.On.On, Stage: Stage(f.Stage), Percent: percentOf(f.Percent), PromisedOn: f.Promised.On, MovedWhy: f.MovedWhy,
	}
}

// percentOf reads a percentage; one that is out of reach of any is refused.
func percentOf(w web.Whole) int { return int(max(-1, min(w.N, 101))) }

func (o officeHandlers) addStep(c *fiber.Ctx) error {
	f, err := o.open(c)
	if err != nil {
		return err
	}
	var form stepForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if errs.Any() {
		return showDelivery(c, f, form, errs)
	}
	photo := Upload{Alt: form.PhotoAlt}
	if form.Photo != nil && form.Photo.Size > 0 {
		content, err := form.Photo.Open()
		if err != nil {
			return err
		}
		defer content.Close()
		photo.Content = content
	}
	err = o.service.addStep(web.Context(c), web.Tenant(c), web.Viewer(c), f.ID, f.project.ID, form.step(), photo)
	if err == nil {
		web.Flash(c, "budgets.step.saved")
		return web.SeeOther(c, officeProjectHref(f.ID, f.project.ID))
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	return showDelivery(c, f, form, errs)
}

func showDelivery(c *fiber.Ctx, f file, form stepForm, errs ui.Errors) error {
	ctx, base := web.Context(c), officeProjectHref(f.ID, f.project.ID)
	p := views.DeliveryForm{
		Office: projectFrame(c, f, errs), Project: projectView(ctx, web.Tenant(c), web.Viewer(c), f.Edition, f.project, f.steps), Action: base + "/etapes",
		Name: form.Title, Text: form.Text, On: form.On.String(), Stage: form.Stage, Percent: form.Percent.String(), Promised: form.Promised.String(),
		MovedWhy: form.MovedWhy, PhotoAlt: form.PhotoAlt, PhotoHint: i18n.T(ctx, "budgets.photo.limit", "Limit", maxPhotoBytes>>20),
	}
	if err := may(web.Viewer(c), actFollow, f.Edition, f.project.Zone); err != nil {
		p.Locked = explain(ctx, err)
	} else if n := len(f.steps); n > 0 { // the newest is shown first, and is the one that can go
		p.Project.Steps[0].Remove = base + "/etapes/" + f.steps[n-1].ID.String() + "/retirer"
	}
	for _, stage := range Stages {
		p.Stages = append(p.Stages, ui.Option{Value: string(stage), Label: stageName(ctx, stage)})
	}
	return web.Page(c, views.Delivery(p))
}

func (o officeHandlers) removeStep(c *fiber.Ctx) error {
	edition, id, err := projectParams(c)
	if err != nil {
		return err
	}
	step, err := web.UUIDParam(c, "step")
	if err != nil {
		return err
	}
	if err := o.service.removeStep(web.Context(c), web.Tenant(c), web.Viewer(c), edition, id, step); err != nil {
		return err
	}
	web.Flash(c, "budgets.step.removed")
	return web.SeeOther(c, officeProjectHref(edition, id))
}
