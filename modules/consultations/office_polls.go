package consultations

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"

	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
	"parvis/modules/consultations/views"
)

func (o officeHandlers) polls(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	return web.Page(c, views.Polls(pollsView(c, d)))
}

func pollsView(c *fiber.Ctx, d *Dossier) views.PollsPage {
	ctx, t, base := web.Context(c), web.Tenant(c), officeHref(d.ID)+"/"+stepPolls
	p := views.PollsPage{Office: frame(c, d, stepPolls, nil)}
	err := may(web.Viewer(c), actPolls, &d.Consultation)
	if err != nil {
		p.Why = explain(ctx, err)
	} else if len(d.Polls) < maxPolls {
		p.New = &ui.Link{Label: i18n.T(ctx, "consultations.polls.add"), Href: base + "/nouveau", Icon: "plus"}
	}
	for i, poll := range d.Polls {
		q := officePoll(ctx, t, poll)
		q.First, q.Last = i == 0, i == len(d.Polls)-1
		if err == nil && (poll.State == voting.Draft || poll.State == voting.Scheduled) {
			q.Edit = base + "/" + poll.ID.String()
			q.Move = q.Edit + "/deplacer"
			if !d.Published || len(d.Polls) > 1 {
				q.Remove = q.Edit + "/retirer"
			}
		}
		p.Polls = append(p.Polls, q)
	}
	return p
}

func officePoll(ctx context.Context, t *tenant.Tenant, poll *voting.Poll) views.OfficePoll {
	q := views.OfficePoll{ID: poll.ID.String(), Question: poll.Question, State: pollState(ctx, poll), Meta: rules(ctx, t, poll)}
	q.Meta = append(q.Meta, ui.Meta{Icon: "eye", Text: visibility(ctx, poll.Visibility)})
	if poll.Terms.Check() != nil {
		q.Incomplete = i18n.T(ctx, "consultations.lack.poll_incomplete")
	}
	if poll.Electorate.List != voting.NoList {
		q.List = &ui.Link{Label: i18n.T(ctx, "consultations.poll.list", "Count", poll.Listed), Href: listHref(poll.ID), Icon: "list"}
	}
	if poll.State == voting.Open {
		q.Incomplete = i18n.T(ctx, "consultations.polls.open")
	}
	if poll.ListMissing() {
		q.Incomplete = i18n.T(ctx, "consultations.lack.list")
	}
	if poll.State != voting.Draft { // it leads to the desk, the paper ballots and the archives too
		q.Host = &ui.Link{Label: i18n.T(ctx, "consultations.poll.host"), Href: hostHref(poll.ID), Icon: "tablet"}
	}
	if poll.State == voting.Scheduled || poll.State == voting.Open {
		q.Screen = &ui.Link{Label: i18n.T(ctx, "consultations.poll.screen"), Href: screenHref(poll.ID), Icon: "monitor"}
	}
	if poll.State.Over() {
		q.Results = &ui.Link{Label: i18n.T(ctx, "consultations.poll.results"), Href: resultsHref(poll.ID), Icon: "chart-bar"}
	}
	return q
}

func visibility(ctx context.Context, v voting.Visibility) string {
	switch v {
	case voting.Live:
		return i18n.T(ctx, "consultations.visibility.live")
	case voting.Hidden:
		return i18n.T(ctx, "consultations.visibility.hidden")
	}
	return i18n.T(ctx, "consultations.visibility.turnout")
}

func (o officeHandlers) newPoll(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	if err := may(web.Viewer(c), actPolls, &d.Consultation); err != nil {
		return err
	}
	return showPoll(c, d, newPollForm(), nil, nil)
}

func (o officeHandlers) addPoll(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	return o.submitPoll(c, d, func(ctx context.Context, form pollForm) error {
		_, err := o.service.addPoll(ctx, web.Tenant(c).ID, web.Viewer(c), d.ID, form.terms())
		return err
	})
}

func (o officeHandlers) poll(c *fiber.Ctx) error {
	d, poll, err := o.findPoll(c)
	if err != nil {
		return err
	}
	if err := may(web.Viewer(c), actPolls, &d.Consultation); err != nil {
		return err
	}
	return showPoll(c, d, pollFormOf(poll), nil, nil)
}

func (o officeHandlers) savePoll(c *fiber.Ctx) error {
	d, poll, err := o.findPoll(c)
	if err != nil {
		return err
	}
	return o.submitPoll(c, d, func(ctx context.Context, form pollForm) error {
		return o.service.editPoll(ctx, web.Tenant(c).ID, web.Viewer(c), d.ID, poll.ID, form.Revision, form.terms())
	})
}

// submitPoll reads the form of a poll and does what its button asks: rearrange
// the choices and show the form again, or save.
func (o officeHandlers) submitPoll(c *fiber.Ctx, d *Dossier, save func(context.Context, pollForm) error) error {
	form, errs, err := bindPoll(c)
	if err != nil {
		return err
	}
	if form.arrange() {
		c.Status(fiber.StatusOK)
		return showPoll(c, d, form, nil, nil)
	}
	if errs.Any() {
		return showPoll(c, d, form, errs, nil)
	}
	err = save(web.Context(c), form)
	if err == nil {
		web.Flash(c, "consultations.polls.saved")
		return web.SeeOther(c, officeHref(d.ID)+"/"+stepPolls)
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	if !errors.Is(err, ErrStale) {
		return showPoll(c, d, form, errs, nil)
	}
	again, poll, err := o.findPoll(c)
	if err != nil {
		return err
	}
	form.Revision = poll.Revision
	return showPoll(c, again, form, errs, backTo(c, "consultations.stale.read", c.Path()))
}

func showPoll(c *fiber.Ctx, d *Dossier, form pollForm, errs ui.Errors, stale *ui.Link) error {
	ctx, o := web.Context(c), frame(c, d, stepPolls, errs)
	o.Stale = stale
	if o.Title = windowOf(ctx, i18n.T(ctx, "consultations.polls.add"), d.Title); form.Revision > 0 {
		o.Title = windowOf(ctx, form.Question, d.Title)
	}
	return web.Page(c, views.WritePoll(form.view(o, web.Tenant(c), officeHref(d.ID))))
}

// findPoll reads the poll that the address names, of the consultation it names.
func (o officeHandlers) findPoll(c *fiber.Ctx) (*Dossier, *voting.Poll, error) {
	id, err := pollParam(c)
	if err != nil {
		return nil, nil, err
	}
	d, err := o.find(c)
	if err != nil {
		return nil, nil, err
	}
	poll, _, err := among(d.Polls, id)
	return d, poll, err
}

func (o officeHandlers) removePoll(c *fiber.Ctx) error {
	d, poll, err := o.findPoll(c)
	if err != nil {
		return err
	}
	if err := o.service.removePoll(web.Context(c), web.Tenant(c).ID, web.Viewer(c), d.ID, poll.ID); err != nil {
		return err
	}
	web.Flash(c, "consultations.polls.removed")
	return web.SeeOther(c, officeHref(d.ID)+"/"+stepPolls)
}

func (o officeHandlers) movePoll(c *fiber.Ctx) error {
	d, poll, err := o.findPoll(c)
	if err != nil {
		return err
	}
	by := 1
	if c.FormValue("by") == "up" {
		by = -1
	}
	if err := o.service.movePoll(web.Context(c), web.Tenant(c).ID, web.Viewer(c), d.ID, poll.ID, by); err != nil {
		return err
	}
	return web.SeeOther(c, officeHref(d.ID)+"/"+stepPolls)
}

// explain says a fault in words, for a page that shows why a door is closed.
//
// i18n: consultations.phase.* access.not_allowed
func explain(ctx context.Context, err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return ""
	}
	return i18n.Message(ctx, f.Key, f.Args)
}
