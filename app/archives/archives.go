// Package archives is the pages where an administrator closes the matter of a
// poll: the délibération, the recours, and, once both allow it, the severing of
// the ballots from their voters, with its minute. What may be done, and when,
// is decided by voting.Custody; this package shows and asks.
package archives

import (
	"context"
	"embed"
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/archives/views"
	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
	"parvis/realtime"
)

// Catalogue holds the package's messages.
//
//go:embed i18n/*.json
var Catalogue embed.FS

// Polls says who may run a poll: the booth does.
type Polls interface {
	// Audience returns as whom v follows the topic of a poll, or a fault NotFound.
	Audience(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, topic realtime.Topic, asked realtime.Audience) (realtime.Audience, error)
}

// Deps is what Pages need.
type Deps struct {
	Custody *voting.Custody
	Polls   Polls
}

// Pages serves the matter of each poll.
type Pages struct{ Deps }

// New returns the pages.
func New(d Deps) *Pages { return &Pages{d} }

// MountOffice adds the pages, for the administrators of the town.
func (p *Pages) MountOffice(office fiber.Router) {
	administrators := web.Require("", citizen.Administrator)
	office.Get("/votes/:poll/archives", administrators, p.show)
	office.Get("/votes/:poll/archives/proces-verbal", administrators, p.minute)
	office.Post("/votes/:poll/archives/deliberation", administrators, p.deliberate)
	office.Post("/votes/:poll/archives/recours", administrators, p.appeal)
	office.Post("/votes/:poll/archives/recours/lever", administrators, p.lift)
	office.Post("/votes/:poll/archives/detruire", administrators, p.sever)
}

// Href is the page of a poll.
func Href(id voting.PollID) string { return "/office/votes/" + id.String() + "/archives" }

// visit finds the matter of the address: that of a poll which the viewer may
// not run does not exist.
func (p *Pages) visit(c *fiber.Ctx) (*voting.Matter, error) {
	id, err := voting.ParsePollID(c.Params("poll"))
	if err != nil || len(c.Params("poll")) != 36 {
		return nil, voting.ErrNotFound
	}
	ctx, t := web.Context(c), web.Tenant(c)
	if _, err := p.Polls.Audience(ctx, t, web.Viewer(c), voting.Topic(t.ID, id), realtime.Host); err != nil {
		return nil, err
	}
	return p.Custody.Matter(ctx, t, id)
}

func (p *Pages) show(c *fiber.Ctx) error {
	m, err := p.visit(c)
	if err != nil {
		return err
	}
	return p.page(c, m, typed{}, nil)
}

// typed is what was typed in the forms of the page, one at a time.
type typed struct {
	deliberation deliberationForm
	appeal       appealForm
	lift         liftForm
	order        orderForm
}

type deliberationForm struct {
	On        web.LocalDate `form:"on" validate:"required"`
	Reference string        `form:"reference" validate:"required,max=200"`
	Months    web.Whole     `form:"months" validate:"required"`
}

type appealForm struct {
	FiledOn   web.LocalDate `form:"filed_on" validate:"required"`
	Reference string        `form:"appeal" validate:"required,max=200"`
}

type liftForm struct {
	ID       uuid.UUID     `form:"recours" validate:"required"`
	LiftedOn web.LocalDate `form:"lifted_on" validate:"required"`
	Outcome  string        `form:"outcome" validate:"required,max=200"`
}

type orderForm struct {
	Visa string `form:"visa" validate:"required,max=200"`
	Word string `form:"word" validate:"required,max=40"`
}

func (p *Pages) deliberate(c *fiber.Ctx) error {
	var in typed
	return p.act(c, &in, &in.deliberation, "archives.deliberation.done", func(ctx context.Context, t *tenant.Tenant, id voting.PollID, act voting.Act) error {
		f := in.deliberation
		months := int(min(max(f.Months.N, -1), 1000)) // what is no number of months is refused as such
		if months == 0 {
			months = -1
		}
		return p.Custody.Deliberate(ctx, t, id, voting.Deliberation{On: f.On.On, Reference: f.Reference, Months: months}, act)
	})
}

func (p *Pages) appeal(c *fiber.Ctx) error {
	var in typed
	return p.act(c, &in, &in.appeal, "archives.appeal.done", func(ctx context.Context, t *tenant.Tenant, id voting.PollID, act voting.Act) error {
		_, err := p.Custody.Appeal(ctx, t, id, voting.Appeal{FiledOn: in.appeal.FiledOn.On, Reference: in.appeal.Reference}, act)
		return err
	})
}

func (p *Pages) lift(c *fiber.Ctx) error {
	var in typed
	return p.act(c, &in, &in.lift, "archives.lift.done", func(ctx context.Context, t *tenant.Tenant, id voting.PollID, act voting.Act) error {
		return p.Custody.Lift(ctx, t, id, voting.Appeal{ID: in.lift.ID, LiftedOn: in.lift.LiftedOn.On, Outcome: in.lift.Outcome}, act)
	})
}

func (p *Pages) sever(c *fiber.Ctx) error {
	var in typed
	by := web.Viewer(c).Name
	return p.act(c, &in, &in.order, "archives.sever.done", func(ctx context.Context, t *tenant.Tenant, id voting.PollID, act voting.Act) error {
		_, err := p.Custody.Sever(ctx, t, id, voting.Order{Visa: in.order.Visa, Word: in.order.Word, By: by}, act)
		return err
	})
}

// act reads a form of the page, does what it asks, and comes back to the page.
func (p *Pages) act(c *fiber.Ctx, in *typed, form any, done string, do func(context.Context, *tenant.Tenant, voting.PollID, voting.Act) error) error {
	m, err := p.visit(c)
	if err != nil {
		return err
	}
	errs, err := web.Bind(c, form)
	if err != nil {
		return err
	}
	if errs.Any() {
		return p.page(c, m, *in, errs)
	}
	err = do(web.Context(c), web.Tenant(c), m.Poll.ID, voting.Act{Actor: web.Viewer(c).ID})
	if err == nil {
		//i18n: archives.*.done
		web.Flash(c, done)
		return web.SeeOther(c, Href(m.Poll.ID))
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	if m, err = p.visit(c); err != nil { // as it is now
		return err
	}
	return p.page(c, m, *in, errs)
}

func (p *Pages) page(c *fiber.Ctx, m *voting.Matter, in typed, errs ui.Errors) error {
	ctx := web.Context(c)
	href := Href(m.Poll.ID)
	page := views.Matter{
		Question: m.Poll.Question, Console: "/office/votes/" + m.Poll.ID.String() + "/pupitre", Self: href,
		Dates: datesOf(ctx, m), Errors: errs, Word: voting.ConfirmationWord(m.Poll.ID),
		Visa: in.order.Visa, Typed: in.order.Word,
		FiledOn: in.appeal.FiledOn.Raw, Reference: in.appeal.Reference,
	}
	if m.Minute != nil {
		page.Minute = minuteOf(ctx, m.Minute)
		return web.Page(c, views.MatterPage(page))
	}
	obstacles := m.Obstacles()
	page.Reasons = reasonsOf(ctx, m, obstacles)
	page.Ended = !m.Poll.EndedAt().IsZero() && !slices.ContainsFunc(obstacles, func(err error) bool { return errors.Is(err, voting.ErrNothingToSever) })
	page.Possible = len(obstacles) == 0
	page.NoCustodian = !p.Custody.Ready()
	page.Deliberated, page.Deliberation = !m.DeliberatedOn.IsZero(), deliberationOf(ctx, m, in.deliberation)
	page.Appeals = appealsOf(ctx, m, in.lift)
	page.Today = web.LocalDateOf(ctx, m.Today).String()
	return web.Page(c, views.MatterPage(page))
}

// minute is the signed minute, as it is kept.
func (p *Pages) minute(c *fiber.Ctx) error {
	m, err := p.visit(c)
	if err != nil {
		return err
	}
	if m.Minute == nil {
		return voting.ErrNotFound
	}
	web.Attachment(c, "proces-verbal-"+m.Poll.ID.String()+".txt")
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	return c.SendString(m.Minute.Note)
}
