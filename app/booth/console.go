package booth

import (
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parvis/app/booth/views"
	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/i18n"
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
	office.Get("/votes/:poll/billets", b.tickets)
	office.Post("/votes/:poll/billets", b.printTickets)
	office.Get("/votes/:poll/billets/:batch", b.sheet)
	office.Post("/votes/:poll/billets/:batch/annuler", b.voidTickets)
}

// managed finds a poll that the viewer may run.
func (b *Booth) managed(c *fiber.Ctx) (visit, error) {
	at, err := b.visit(c)
	switch {
	case err != nil:
		return at, err
	case !web.Viewer(c).SignedIn:
		return at, web.ErrSignInRequired
	case !at.subject.Manage:
		return at, web.ErrForbidden
	}
	return at, nil
}

// An act of the console: what its button says, and how the journal names it.
const (
	actOpen    = "ouvrir"
	actClose   = "clore"
	actExtend  = "prolonger"
	actShow    = "montrer"
	actHide    = "masquer"
	actPresent = "presents"
	actRecount = "pointage"
	actPublish = "publier"
)

// i18n: audit.action.voting.*
var journal = map[string]string{
	actOpen: "voting.open", actClose: "voting.close", actExtend: "voting.extend", actShow: "voting.show",
	actHide: "voting.hide", actPresent: "voting.count_present", actRecount: "voting.count_themselves", actPublish: "voting.publish",
}

// commandForm is what a button of the console sends. Each act that needs a
// reason has its own field: two forms of the page ask for one.
type commandForm struct {
	Act          string        `form:"acte" validate:"required,oneof=ouvrir clore prolonger montrer masquer presents pointage publier"`
	Sure         string        `form:"sur"` // closing: the button was held down, or the question answered
	CloseReason  string        `form:"motif_cloture" validate:"max=500"`
	Until        web.LocalTime `form:"until"`
	ExtendReason string        `form:"motif_prolongation" validate:"max=500"`
	Present      web.Whole     `form:"present"`
}

// reason is the one of the act, with the name of its field.
func (f commandForm) reason() (text, field string) {
	if f.Act == actExtend {
		return f.ExtendReason, "motif_prolongation"
	}
	return f.CloseReason, "motif_cloture"
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
	page := views.Console{
		Frame: frameOf(ctx, at), Question: p.Question, State: stateOf(ctx, p), Rev: view.Rev, Face: view.Face,
		Numbers: turnoutOf(ctx, view), Tallies: tallies(ctx, p, view), Errors: errs,
		Screen: screenHref(p.ID), Poster: officeHref(p.ID) + "/affiche", Results: resultsHref(p.ID), Code: p.Room.Code,
		CloseReason: form.CloseReason, ExtendReason: form.ExtendReason, Until: form.Until.String(), Present: form.Present.String(),
		CanOpen: p.State == voting.Scheduled, CanClose: p.State == voting.Open,
		CanCount:  p.Room.Open && (p.State == voting.Scheduled || p.State == voting.Open),
		CanExtend: p.State == voting.Open && !p.Closes.IsZero(),
		CanShow:   p.State == voting.Open && p.Visibility == voting.Live || p.State.Over() && p.State != voting.Published && p.Release == voting.AtClosing,
		Shown:     p.Shown, CanPublish: p.State.Over() && p.State != voting.Published && p.Release == voting.ByAct,
		EarlyEnd: p.State == voting.Open && !p.Closes.IsZero(),
		Confirm:  form.Act == actClose && p.State == voting.Open,
	}
	page.Self = officeHref(p.ID) + "/pupitre"
	if page.EarlyEnd && p.Room.Open && form.Act != actClose { // a room's vote ends when it is done, and its host has no time to write
		page.CloseReason = i18n.T(ctx, "booth.console.close.room")
	}
	roomOf(ctx, &page, p, view)
	if p.Paper != voting.NoPaper {
		page.Paper = officeHref(p.ID) + "/papier"
	}
	if p.State == voting.Open && !p.Room.Anonymous() && web.Viewer(c).Has(p.Subject.Module, citizen.Agent) {
		page.Desk = officeHref(p.ID) + "/guichet"
	}
	if p.Electorate.List != voting.NoList {
		page.List = officeHref(p.ID) + "/liste"
	}
	if web.Viewer(c).Governs(citizen.Administrator) && !p.EndedAt().IsZero() {
		page.Archives = officeHref(p.ID) + "/archives"
	}
	if view.Counts == nil && p.State == voting.Open {
		page.Hidden = hiddenWords(ctx, p, view)
	}
	if page.Present == "" && p.HostCounted {
		page.Present = strconv.FormatInt(view.Present, 10)
	}
	if page.Until == "" {
		page.Until = web.LocalTimeOf(ctx, p.Closes).String()
	}
	return web.Page(c, views.ConsolePage(page))
}

// roomOf completes the console with what a room has: its tickets, and how its
// people are counted.
func roomOf(ctx context.Context, page *views.Console, p *voting.Poll, v voting.View) {
	if p.VoterKind() == voting.TicketVoter {
		page.Tickets = ticketsHref(p.ID)
	}
	if !p.Room.Open {
		return
	}
	page.Counting, page.CanRecount = i18n.T(ctx, "booth.console.present.themselves"), p.HostCounted
	if p.HostCounted {
		page.Counting = i18n.T(ctx, "booth.console.present.by_host")
	}
	if v.Turnout != nil && v.Present > 0 && *v.Turnout > v.Present {
		page.TooMany = i18n.T(ctx, "booth.console.present.fewer", "Ballots", i18n.Number(ctx, *v.Turnout), "Count", v.Present)
	}
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
	if errs.Any() || form.Act == actClose && form.Sure == "" {
		return b.consolePage(c, at, form, errs)
	}
	err = b.obey(c, at.poll, form)
	if err == nil {
		b.thank(c, form.Act)
		return web.SeeOther(c, officeHref(at.poll.ID)+"/pupitre")
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	if at, err = b.managed(c); err != nil { // as it is now
		return err
	}
	_, field := form.reason()
	for i := range errs {
		if errs[i].Name == "reason" {
			errs[i].Name = field
		}
	}
	return b.consolePage(c, at, form, errs)
}

// thank says on the next page what was done.
//
// i18n: booth.console.done.*
func (b *Booth) thank(c *fiber.Ctx, act string) { web.Flash(c, "booth.console.done."+act) }

// errNoNumber asks for the number of people present.
var errNoNumber = fault.New(fault.Invalid, "voting.present_range")

// obey does the act and writes it in the journal, in one transaction.
func (b *Booth) obey(c *fiber.Ctx, p *voting.Poll, form commandForm) error {
	ctx, t, id := web.Context(c), web.Tenant(c).ID, p.ID
	act := b.journalled(c, p, journal[form.Act], form.details())
	act.Reason, _ = form.reason()
	switch form.Act {
	case actOpen:
		return b.box.Open(ctx, t, id, act)
	case actClose:
		return b.box.Close(ctx, t, id, act)
	case actExtend:
		return b.box.Extend(ctx, t, id, form.Until.At, act)
	case actShow, actHide:
		return b.box.Show(ctx, t, id, form.Act == actShow, act)
	case actPresent:
		if !form.Present.Set {
			return errNoNumber.On("present")
		}
		return b.box.SetPresent(ctx, t, id, form.Present.N, act)
	case actRecount:
		return b.box.CountPresences(ctx, t, id, act)
	}
	return b.box.Publish(ctx, t, id, act)
}

// details are what the journal says of an act.
func (f commandForm) details() map[string]any {
	details := map[string]any{}
	if reason, _ := f.reason(); reason != "" {
		details["reason"] = reason
	}
	switch f.Act {
	case actExtend:
		details["until"] = i18n.ISO(f.Until.At)
	case actPresent:
		details["present"] = f.Present.N
	}
	return details
}

// poster is a page to print: the question, the code to scan, the code to type.
func (b *Booth) poster(c *fiber.Ctx) error {
	at, err := b.managed(c)
	if err != nil {
		return err
	}
	ctx, p := web.Context(c), at.poll
	page := views.Poster{
		Frame: frameOf(ctx, at), Question: p.Question, Address: web.Origin(c) + wayIn(p), Code: p.Room.Code,
		Who: WhoMayVote(ctx, web.Tenant(c), p), Until: until(ctx, p),
	}
	page.Leave = officeHref(p.ID) + "/pupitre"
	if p.Room.Open {
		_, host, _ := strings.Cut(web.Origin(c), "://")
		page.Door = host + "/v"
	}
	return web.Page(c, views.PosterPage(page))
}
