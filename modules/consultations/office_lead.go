package consultations

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"

	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/app/writing"
	"parvis/modules/consultations/views"
	"parvis/realtime"
)

// The acts on a published consultation, as their addresses name them.
const (
	toPublish = "publier"
	toOpen    = "ouvrir"
	toExtend  = "prolonger"
	toClose   = "clore"
	toCancel  = "annuler"
)

func (o officeHandlers) lead(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	return o.showLead(c, d, actForm{}, "", nil)
}

func (o officeHandlers) showLead(c *fiber.Ctx, d *Dossier, form actForm, failed string, errs ui.Errors) error {
	ctx, base := web.Context(c), officeHref(d.ID)
	polls, err := o.leadPolls(ctx, web.Tenant(c), d)
	if err != nil {
		return err
	}
	doors := can(web.Viewer(c), &d.Consultation)
	p := views.Overview{
		Office: frame(c, d, stepPublish, errs), Phase: string(d.Phase()), Version: d.Version, Base: base,
		Lacks: checks(ctx, d.lacks(), base), Advice: checks(ctx, d.advice(), base), Ready: len(d.lacks()) == 0,
		Acts: views.Acts{
			Publish: doors[actPublish], Open: doors[actOpen], Close: doors[actClose],
			Extend: doors[actExtend], Cancel: doors[actCancel], Decide: doors[actDecide],
		},
		Until: form.Until.String(), Reasons: form.reasons(), Failed: failed, Next: next(ctx, d),
		TimeZone: i18n.T(ctx, "consultations.form.clock", "Zone", i18n.ZoneName(ctx)),
		Timeline: timeline(ctx, d), Facts: facts(ctx, web.Tenant(c), d), Polls: polls,
	}
	if p.Until == "" {
		p.Until = web.LocalTimeOf(ctx, d.ClosesAt).String()
	}
	return web.Page(c, views.Lead(p))
}

// leadPolls are the polls with how many have voted, which the office always knows.
func (o officeHandlers) leadPolls(ctx context.Context, t *tenant.Tenant, d *Dossier) ([]views.OfficePoll, error) {
	seen, err := o.service.seen(ctx, t.ID, d, realtime.Host)
	if err != nil {
		return nil, err
	}
	polls := make([]views.OfficePoll, len(d.Polls))
	for i, p := range d.Polls {
		polls[i] = officePoll(ctx, t, p)
		polls[i].Meta = nil
		if n := seen[p.ID].Turnout; n != nil {
			polls[i].Meta = []ui.Meta{{Icon: "users", Text: i18n.T(ctx, "consultations.turnout.count", "Count", *n)}}
		}
	}
	return polls, nil
}

// next says what to do now.
func next(ctx context.Context, d *Dossier) string {
	switch d.Phase() {
	case Draft:
		if len(d.lacks()) > 0 {
			return i18n.T(ctx, "consultations.next.draft")
		}
		return i18n.T(ctx, "consultations.next.ready")
	case Upcoming:
		return i18n.T(ctx, "consultations.next.upcoming", "When", i18n.DateTime(ctx, d.OpensAt))
	case Open:
		return i18n.T(ctx, "consultations.next.open", "When", i18n.DateTime(ctx, d.ClosesAt))
	case Closed:
		return i18n.T(ctx, "consultations.next.closed")
	case Decided:
		return i18n.T(ctx, "consultations.next.decided")
	}
	return i18n.T(ctx, "consultations.next.cancelled", "Reason", d.CancelReason)
}

// checks are lines of the checklist with where to put each right.
//
// i18n: consultations.lack.* consultations.advice.*
func checks(ctx context.Context, lacks []Lack, base string) []views.Check {
	list := make([]views.Check, len(lacks))
	for i, l := range lacks {
		list[i] = views.Check{Text: i18n.Message(ctx, l.Key, nil), Href: base + "/" + l.Step}
	}
	return list
}

func (o officeHandlers) publish(c *fiber.Ctx) error {
	return o.act(c, toPublish, func(ctx context.Context, d *Dossier, form actForm) error {
		return o.service.publish(ctx, web.Tenant(c).ID, web.Viewer(c), Target{d.ID, form.Version})
	})
}

func (o officeHandlers) open(c *fiber.Ctx) error {
	return o.act(c, toOpen, func(ctx context.Context, d *Dossier, form actForm) error {
		return o.service.openNow(ctx, web.Tenant(c).ID, web.Viewer(c), Target{d.ID, form.Version})
	})
}

func (o officeHandlers) extend(c *fiber.Ctx) error {
	return o.act(c, toExtend, func(ctx context.Context, d *Dossier, form actForm) error {
		return o.service.extend(ctx, web.Tenant(c).ID, web.Viewer(c), Target{d.ID, form.Version}, form.Until.At, form.Extend)
	})
}

func (o officeHandlers) close(c *fiber.Ctx) error {
	return o.act(c, toClose, func(ctx context.Context, d *Dossier, form actForm) error {
		return o.service.closeNow(ctx, web.Tenant(c).ID, web.Viewer(c), Target{d.ID, form.Version}, form.Close)
	})
}

func (o officeHandlers) cancel(c *fiber.Ctx) error {
	return o.act(c, toCancel, func(ctx context.Context, d *Dossier, form actForm) error {
		return o.service.cancel(ctx, web.Tenant(c).ID, web.Viewer(c), Target{d.ID, form.Version}, form.Cancel)
	})
}

// act does one of the acts above and comes back to the page, which says what
// was done or, with all that was typed, what is wrong.
//
// i18n: consultations.done.*
func (o officeHandlers) act(c *fiber.Ctx, name string, do func(context.Context, *Dossier, actForm) error) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	var form actForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if errs.Any() {
		return o.showLead(c, d, form, name, errs)
	}
	err = do(web.Context(c), d, form)
	if err == nil {
		web.Flash(c, "consultations.done."+name)
		return web.SeeOther(c, officeHref(d.ID))
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	for i := range errs {
		if errs[i].Name == "reason" {
			errs[i].Name = views.ReasonField(name)
		}
	}
	if d, err = o.find(c); err != nil { // as it is now: somebody may have acted meanwhile
		return err
	}
	return o.showLead(c, d, form, name, errs)
}

func (o officeHandlers) follow(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	form := outcomeForm{
		Version: d.Version, Text: d.Outcome.Text, Number: d.Outcome.Number, URL: d.Outcome.URL,
		On: web.LocalDateOf(web.Context(c), midday(web.Context(c), d.Outcome.On)),
	}
	return showFollow(c, d, form, "", nil, nil)
}

func (o officeHandlers) decide(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	var form outcomeForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if form.Do == doPreview {
		return previewOutcome(c, d, form)
	}
	if errs.Any() {
		return showFollow(c, d, form, "", errs, nil)
	}
	err = o.service.decide(web.Context(c), web.Tenant(c).ID, web.Viewer(c), Target{d.ID, form.Version}, form.outcome())
	if err == nil {
		web.Flash(c, "consultations.done.decided")
		return web.SeeOther(c, officeHref(d.ID)+"/"+stepFollow)
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	var read *ui.Link
	if errors.Is(err, ErrStale) {
		form.Version = d.Version
		read = backTo(c, "consultations.stale.read", officeHref(d.ID)+"/"+stepFollow)
	}
	return showFollow(c, d, form, "", errs, read)
}

func previewOutcome(c *fiber.Ctx, d *Dossier, form outcomeForm) error {
	c.Status(fiber.StatusOK)
	preview := &views.Preview{HTML: markdown.HTML(writing.Cut(form.Text, maxBody), 3)}
	if web.Fragment(c) {
		return web.Page(c, views.BodyPreview(preview))
	}
	p := followView(c, d, form, "", nil, nil)
	p.Preview = preview
	return web.Page(c, views.Follow(p))
}

func showFollow(c *fiber.Ctx, d *Dossier, form outcomeForm, note string, errs ui.Errors, stale *ui.Link) error {
	return web.Page(c, views.Follow(followView(c, d, form, note, errs, stale)))
}

func followView(c *fiber.Ctx, d *Dossier, form outcomeForm, note string, errs ui.Errors, stale *ui.Link) views.FollowForm {
	ctx, base := web.Context(c), officeHref(d.ID)+"/"+stepFollow
	p := views.FollowForm{
		Office: frame(c, d, stepFollow, errs), Version: form.Version, Text: form.Text, Number: form.Number, On: form.On.String(), URL: form.URL,
		Notes: followNotes(ctx, d.FollowUps), Note: note, Action: base, NotesTo: base + "/notes",
	}
	p.Stale = stale
	err := may(web.Viewer(c), actDecide, &d.Consultation)
	if p.MayDecide = err == nil; err != nil {
		p.Why = i18n.T(ctx, "consultations.outcome.too_early")
	}
	if !d.OutcomeAt.IsZero() {
		p.Published = i18n.T(ctx, "consultations.outcome.published", "Date", i18n.Date(ctx, d.OutcomeAt))
	}
	for i, f := range d.FollowUps {
		p.Notes[i].Remove = base + "/notes/" + f.ID.String() + "/retirer"
	}
	return p
}

func (o officeHandlers) addNote(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	var form struct {
		Note string `form:"note"`
	}
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = o.service.addFollowUp(web.Context(c), web.Tenant(c).ID, web.Viewer(c), d.ID, form.Note)
		if err == nil {
			web.Flash(c, "consultations.follow.added")
			return web.SeeOther(c, officeHref(d.ID)+"/"+stepFollow)
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	saved := outcomeForm{
		Version: d.Version, Text: d.Outcome.Text, Number: d.Outcome.Number, URL: d.Outcome.URL,
		On: web.LocalDateOf(web.Context(c), midday(web.Context(c), d.Outcome.On)),
	}
	return showFollow(c, d, saved, form.Note, errs, nil)
}

func (o officeHandlers) removeNote(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	note, err := web.UUIDParam(c, "note")
	if err != nil {
		return err
	}
	if err := o.service.removeFollowUp(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id, note); err != nil {
		return err
	}
	web.Flash(c, "consultations.follow.removed")
	return web.SeeOther(c, officeHref(id)+"/"+stepFollow)
}
