package booth

import (
	"context"
	"errors"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"parvis/app/audit"
	"parvis/app/booth/views"
	"parvis/app/fault"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
	"parvis/realtime"
)

// MountOffice adds the pages of whoever runs a vote.
func (b *Booth) MountOffice(office fiber.Router) {
	office.Get("/votes/:poll/pupitre", b.console)
	office.Post("/votes/:poll/pupitre", b.command)
	office.Get("/votes/:poll/affiche", b.poster)
}

// managed finds a poll that the viewer may run.
func (b *Booth) managed(c *fiber.Ctx) (visit, error) {
	at, err := b.visit(c)
	if err != nil {
		return at, err
	}
	if !at.subject.Manage {
		return at, web.ErrForbidden
	}
	return at, nil
}

// console is the pupitre: what the room sees, and the few acts of a meeting.
func (b *Booth) console(c *fiber.Ctx) error {
	at, err := b.managed(c)
	if err != nil {
		return err
	}
	return b.consolePage(c, at, commandForm{}, nil)
}

func (b *Booth) consolePage(c *fiber.Ctx, at visit, form commandForm, errs ui.Errors) error {
	ctx, p := web.Context(c), at.poll
	view, err := b.box.View(ctx, web.Tenant(c).ID, p.ID, realtime.Host)
	if err != nil {
		return err
	}
	base := "/office/votes/" + p.ID.String()
	page := views.Console{
		Frame: frameOf(ctx, at), Question: p.Question, State: stateOf(ctx, p), Rev: view.Rev, Face: view.Face, Self: base + "/pupitre",
		Numbers: turnoutOf(ctx, view), Tallies: tallies(ctx, p, view), Errors: errs,
		Screen: "/ecran/" + p.ID.String(), Poster: base + "/affiche", Results: "/votes/" + p.ID.String() + "/resultats", Code: p.Room.Code,
		Act: form.Act, Reason: form.Reason, Until: form.Until.String(), Present: form.Present.String(),
		CanOpen: p.State == voting.Scheduled || p.State == voting.Draft, CanClose: p.State == voting.Open,
		CanExtend: p.State == voting.Open && !p.Closes.IsZero(), CanShow: p.Visibility == voting.Live || p.State.Over(),
		Shown: p.Shown, CanPublish: p.State.Over() && p.State != voting.Published && p.Release == voting.ByAct,
		NeedsReason: p.State == voting.Open && !p.Closes.IsZero(), Confirm: form.Act == actClose && form.Sure == "",
	}
	if page.Present == "" && view.Present > 0 {
		page.Present = strconv.FormatInt(view.Present, 10)
	}
	for i := range page.Tallies {
		page.Tallies[i].Topic = ""
	}
	return web.Page(c, views.ConsolePage(page))
}

// The acts of the console.
const (
	actOpen    = "ouvrir"
	actClose   = "clore"
	actExtend  = "prolonger"
	actShow    = "montrer"
	actHide    = "masquer"
	actPresent = "presents"
	actPublish = "publier"
)

type commandForm struct {
	Act     string        `form:"acte" validate:"required,oneof=ouvrir clore prolonger montrer masquer presents publier"`
	Sure    string        `form:"sur"` // closing without a script takes two steps
	Reason  string        `form:"reason" validate:"max=500"`
	Until   web.LocalTime `form:"until"`
	Present web.Whole     `form:"present"`
}

// command does one act, and comes back to the console.
func (b *Booth) command(c *fiber.Ctx) error {
	at, err := b.managed(c)
	if err != nil {
		return err
	}
	var form commandForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if errs.Any() {
		return b.consolePage(c, at, form, errs)
	}
	if form.Act == actClose && form.Sure == "" {
		return b.consolePage(c, at, form, nil)
	}
	ctx := web.Context(c)
	if err := b.obey(ctx, c, at, form); err != nil {
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
		return b.consolePage(c, at, form, errs)
	}
	web.Flash(c, "booth.console.done."+form.Act) //i18n: booth.console.done.*
	return web.SeeOther(c, "/office/votes/"+at.poll.ID.String()+"/pupitre")
}

func (b *Booth) obey(ctx context.Context, c *fiber.Ctx, at visit, form commandForm) error {
	t, id := web.Tenant(c).ID, at.poll.ID
	act := voting.Act{Actor: web.Viewer(c).ID, Reason: form.Reason}
	var err error
	switch form.Act {
	case actOpen:
		err = b.box.Open(ctx, t, id, act)
	case actClose:
		err = b.box.Close(ctx, t, id, act)
	case actExtend:
		err = b.box.Extend(ctx, t, id, form.Until.At, act)
	case actShow, actHide:
		err = b.box.Show(ctx, t, id, form.Act == actShow)
	case actPresent:
		err = b.box.SetPresent(ctx, t, id, form.Present.N)
	case actPublish:
		err = b.box.Publish(ctx, t, id, act)
	}
	if err != nil {
		return err
	}
	return b.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{
			Tenant: t, Actor: act.Actor, Action: "voting." + form.Act, Subject: "poll/" + id.String(),
			Details: map[string]any{"reason": form.Reason},
		})
	})
}

// poster is a page to print: the question, the code to scan, the code to type.
func (b *Booth) poster(c *fiber.Ctx) error {
	at, err := b.managed(c)
	if err != nil {
		return err
	}
	ctx, p := web.Context(c), at.poll
	page := views.Poster{Frame: frameOf(ctx, at), Question: p.Question, Code: p.Room.Code, Address: web.Origin(c) + "/votes/" + p.ID.String()}
	if p.Room.Open {
		page.Address = web.Origin(c) + "/v/" + p.Room.Code
		page.Door = web.Origin(c) + "/v"
	}
	page.Who = whoMayVote(ctx, web.Tenant(c), p)
	page.Until = until(ctx, p)
	return web.Page(c, views.PosterPage(page))
}

func isNotFound(err error) bool {
	return err != nil && (errors.Is(err, voting.ErrNotFound) || fault.KindOf(err) == fault.NotFound)
}
