// Package watch is the pages of scrutineers: the live health of each poll, the
// signals that something may be worth a look, and the register of incidents.
// It shows counts and never a person, a ballot or an address; a signal is no
// verdict, and nothing here removes a ballot.
package watch

import (
	"context"
	"embed"
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"parvis/app/audit"
	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/voting/proof"
	"parvis/app/watch/views"
	"parvis/app/web"
	"parvis/realtime"
)

// Catalogue holds the package's messages.
//
//go:embed i18n/*.json
var Catalogue embed.FS

// Polls says who may watch over a poll: the booth does.
type Polls interface {
	Watched(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID) (booth.Watched, error)
}

// Keys tells the public key of a poll's log.
type Keys interface {
	PollKey(ctx context.Context, t tenant.ID, id voting.PollID) (proof.Key, error)
}

// Deps is what Pages need.
type Deps struct {
	DB    *database.DB
	Box   *voting.Box
	Polls Polls
	Keys  Keys
}

// Pages serves the scrutineers.
type Pages struct{ Deps }

// New returns the pages.
func New(d Deps) *Pages { return &Pages{d} }

// MountOffice adds the pages.
func (p *Pages) MountOffice(office fiber.Router) {
	office.Get("/scrutin", p.index)
	office.Get("/votes/:poll/scrutin", p.show)
	office.Post("/votes/:poll/scrutin/incidents", p.report)
	office.Post("/votes/:poll/scrutin/prolonger", p.extend)
}

// Href is the page of a poll.
func Href(id voting.PollID) string { return "/office/votes/" + id.String() + "/scrutin" }

// listed is how many polls the list shows: more than a town has in a month.
const listed = 100

// index lists the polls that the viewer may watch over.
func (p *Pages) index(c *fiber.Ctx) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	if !watchesSomewhere(v) {
		return web.ErrForbidden
	}
	var polls []*voting.Poll
	err := p.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		polls, err = p.Box.Watchable(ctx, tx, t.ID, listed)
		return err
	})
	if err != nil {
		return err
	}
	var page views.List
	for _, poll := range polls {
		at, err := p.Polls.Watched(ctx, t, v, poll.ID)
		if kind := fault.KindOf(err); err != nil && (kind == fault.NotFound || kind == fault.Forbidden) {
			continue
		}
		if err != nil {
			return err
		}
		page.Polls = append(page.Polls, views.Row{
			Question: poll.Question, Subject: at.Subject.Title, Href: Href(poll.ID), State: stateOf(ctx, poll), Meta: datesOf(ctx, poll),
		})
	}
	return web.Page(c, views.ListPage(page))
}

// watchesSomewhere reports whether v watches over anything, be it one module's
// or one zone's polls.
func watchesSomewhere(v citizen.Viewer) bool {
	return slices.ContainsFunc(v.Grants, func(g citizen.Grant) bool {
		return g.Role == citizen.Scrutineer || g.Role == citizen.Administrator
	})
}

// visit finds the poll of the address.
func (p *Pages) visit(c *fiber.Ctx) (booth.Watched, error) {
	id, err := voting.ParsePollID(c.Params("poll"))
	if err != nil || len(c.Params("poll")) != 36 {
		return booth.Watched{}, voting.ErrNotFound
	}
	return p.Polls.Watched(web.Context(c), web.Tenant(c), web.Viewer(c), id)
}

// reportForm records an incident, or what followed; Incident is empty for a new
// one.
type reportForm struct {
	Incident web.Whole `form:"incident"`
	Kind     string    `form:"suite" validate:"omitempty,oneof=followed closed"`
	Summary  string    `form:"summary"`
	Detail   string    `form:"detail"`
}

// extendForm is that of a later closing.
type extendForm struct {
	Until  web.LocalTime `form:"until"`
	Reason string        `form:"reason" validate:"max=500"`
}

// typed is what was typed in the forms of the page, one at a time.
type typed struct {
	report reportForm
	extend extendForm
}

func (p *Pages) show(c *fiber.Ctx) error {
	at, err := p.visit(c)
	if err != nil {
		return err
	}
	return p.page(c, at, typed{}, nil)
}

func (p *Pages) page(c *fiber.Ctx, at booth.Watched, in typed, errs ui.Errors) error {
	ctx, t, poll := web.Context(c), web.Tenant(c).ID, at.Poll
	var growth voting.Growth
	var signals []voting.Signal
	var incidents []voting.Incident
	var view voting.View
	err := p.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) (err error) {
		var errs [4]error
		view, errs[0] = p.Box.ViewIn(ctx, tx, t, poll.ID, realtime.Host)
		growth, errs[1] = p.Box.Growth(ctx, tx, t, poll.ID)
		signals, errs[2] = p.Box.Signals(ctx, tx, t, poll.ID)
		incidents, errs[3] = p.Box.Incidents(ctx, tx, t, poll.ID)
		return errors.Join(errs[:]...)
	})
	if err != nil {
		return err
	}
	head, err := p.Box.Head(ctx, t, poll.ID)
	if err != nil {
		return err
	}
	key, err := p.Keys.PollKey(ctx, t, poll.ID)
	if err != nil {
		return err
	}
	page := views.Poll{
		Question: poll.Question, Subject: at.Subject.Title, Back: at.Subject.Href, Self: Href(poll.ID), Topic: "voting/" + poll.ID.String(),
		State: stateOf(ctx, poll), Meta: datesOf(ctx, poll), At: i18n.Time(ctx, poll.Now), Errors: errs,
		Numbers: numbersOf(ctx, view), Health: healthOf(ctx, growth, head, key, p.Box.Pulse(t, poll.ID)), Minutes: minutesOf(ctx, growth),
		Signals: signalsOf(ctx, growth, signals, head), Incidents: incidentsOf(ctx, incidents), Results: "/votes/" + poll.ID.String() + "/resultats",
		CanReport: poll.State != voting.Scheduled, CanExtend: poll.State == voting.Open && !poll.Closes.IsZero() && at.Subject.Manage,
		Summary: in.report.Summary, Detail: in.report.Detail, Incident: in.report.Incident.String(), Suite: in.report.Kind,
		Until: in.extend.Until.String(), Reason: in.extend.Reason,
	}
	if at.Subject.Manage {
		page.Console = "/office/votes/" + poll.ID.String() + "/pupitre"
	}
	if poll.Paper != voting.NoPaper && poll.State != voting.Draft {
		page.Paper = "/office/votes/" + poll.ID.String() + "/papier"
	}
	if page.Until == "" {
		page.Until = web.LocalTimeOf(ctx, poll.Closes).String()
	}
	web.NoStore(c)
	return web.Page(c, views.PollPage(page))
}

// report writes into the register of incidents.
func (p *Pages) report(c *fiber.Ctx) error {
	var in typed
	return p.act(c, &in, &in.report, "watch.reported", func(ctx context.Context, at booth.Watched) error {
		form := in.report
		action, number := "voting.incident_record", int(min(max(form.Incident.N, 0), 1_000_000))
		entry := voting.IncidentEntry{Kind: voting.IncidentKind(form.Kind), Summary: form.Summary, Detail: form.Detail}
		if number > 0 {
			action = "voting.incident_follow"
			if entry.Kind == "" {
				entry.Kind = voting.Followed
			}
		}
		return p.Box.Report(ctx, at.Poll.Tenant, at.Poll.ID, number, entry, journalled(c, at, action, map[string]any{"reason": form.Summary}))
	})
}

// extend moves the closing, for whoever runs the poll.
func (p *Pages) extend(c *fiber.Ctx) error {
	at, err := p.visit(c)
	if err != nil {
		return err
	}
	if !at.Subject.Manage {
		return web.ErrForbidden
	}
	var in typed
	return p.act(c, &in, &in.extend, "watch.extended", func(ctx context.Context, at booth.Watched) error {
		act := journalled(c, at, "voting.extend", map[string]any{"reason": in.extend.Reason, "until": i18n.ISO(in.extend.Until.At)})
		act.Reason = in.extend.Reason
		return p.Box.Extend(ctx, at.Poll.Tenant, at.Poll.ID, in.extend.Until.At, act)
	})
}

// act reads a form of the page, does what it asks, and comes back.
func (p *Pages) act(c *fiber.Ctx, in *typed, form any, done string, do func(context.Context, booth.Watched) error) error {
	at, err := p.visit(c)
	if err != nil {
		return err
	}
	errs, err := web.Bind(c, form)
	if err != nil {
		return err
	}
	if errs.Any() {
		return p.page(c, at, *in, errs)
	}
	if err = do(web.Context(c), at); err == nil {
		//i18n: watch.reported watch.extended
		web.Flash(c, done)
		return web.SeeOther(c, Href(at.Poll.ID))
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	if at, err = p.visit(c); err != nil { // as it is now
		return err
	}
	return p.page(c, at, *in, errs)
}

// journalled is an act of the viewer, with its line in the journal.
//
// i18n: audit.action.voting.*
func journalled(c *fiber.Ctx, at booth.Watched, action string, details map[string]any) voting.Act {
	who := web.Viewer(c).ID
	return voting.Act{Actor: who, Also: func(ctx context.Context, tx bun.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{
			Tenant: at.Poll.Tenant, Actor: who, Action: action, Subject: "poll/" + at.Poll.ID.String(), Details: details,
		})
	}}
}
