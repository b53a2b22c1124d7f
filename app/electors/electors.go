// Package electors is the page where the office imports the list of those who
// may vote in a poll, when the rules ask for one. Of the file, nothing is kept
// but hashes: the ballot box decides who is on the list, this package reads
// files and says what is wrong with them.
package electors

import (
	"context"
	"embed"
	"errors"
	"io"
	"mime/multipart"
	"slices"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/electors/views"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/identity"
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
	DB       *database.DB
	Box      *voting.Box
	Identity *identity.Service
	Polls    Polls
}

// Pages serves the list of each poll.
type Pages struct{ Deps }

// New returns the pages.
func New(d Deps) *Pages { return &Pages{d} }

// maxFile is the size of the largest file, in bytes: some 200 000 lines.
const maxFile = 12 << 20

// Uploads are the routes that take more than an ordinary form.
func (p *Pages) Uploads() []web.Upload {
	return []web.Upload{{Pattern: "/office/votes/:poll/liste", Limit: maxFile + web.BodyLimit}}
}

// MountOffice adds the page, for whoever may run the poll.
func (p *Pages) MountOffice(office fiber.Router) {
	office.Get("/votes/:poll/liste", runsPolls, p.show)
	office.Post("/votes/:poll/liste", runsPolls, p.enlist)
}

// runsPolls refuses at once whoever runs no poll anywhere; which ones the
// others run is their module's to say.
func runsPolls(c *fiber.Ctx) error {
	roles := []citizen.Role{citizen.Agent, citizen.Official, citizen.Administrator}
	if !slices.ContainsFunc(web.Viewer(c).Grants, func(g citizen.Grant) bool { return slices.Contains(roles, g.Role) }) {
		return web.ErrForbidden
	}
	return c.Next()
}

// Href is the page of a poll's list.
func Href(id voting.PollID) string { return "/office/votes/" + id.String() + "/liste" }

// visit finds the poll of the address: one which the viewer may not run, or
// that asks for no list, does not exist.
func (p *Pages) visit(c *fiber.Ctx) (poll *voting.Poll, err error) {
	id, err := voting.ParsePollID(c.Params("poll"))
	if err != nil || len(c.Params("poll")) != 36 {
		return nil, voting.ErrNotFound
	}
	ctx, t := web.Context(c), web.Tenant(c)
	if _, err := p.Polls.Audience(ctx, t, web.Viewer(c), voting.Topic(t.ID, id), realtime.Host); err != nil {
		return nil, err
	}
	err = p.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		poll, err = p.Box.Poll(ctx, tx, t.ID, id)
		return err
	})
	if err == nil && poll.Electorate.List == voting.NoList {
		err = voting.ErrNotFound
	}
	return poll, err
}

func (p *Pages) show(c *fiber.Ctx) error {
	poll, err := p.visit(c)
	if err != nil {
		return err
	}
	return page(c, poll, form{}, nil, nil)
}

type form struct {
	File    *multipart.FileHeader `form:"list"`
	Replace bool                  `form:"replace"`
	Reason  string                `form:"reason" validate:"max=500"`
}

// enlist imports a file, all of it or nothing.
func (p *Pages) enlist(c *fiber.Ctx) error {
	poll, err := p.visit(c)
	if err != nil {
		return err
	}
	var f form
	errs, err := web.Bind(c, &f)
	if err != nil {
		return err
	}
	if errs.Any() {
		return page(c, poll, f, nil, errs)
	}
	done, wrong, err := p.take(web.Context(c), web.Tenant(c), web.Viewer(c), poll, f)
	if len(wrong) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		return page(c, poll, f, wrong, ui.Errors{{Name: "list", Message: i18n.T(web.Context(c), "electors.wrong.some")}})
	}
	if err != nil {
		errs, ok := web.Errors(c, err)
		if !ok {
			return err
		}
		return page(c, poll, f, nil, errs)
	}
	web.Flash(c, "electors.done", "Count", done.Added, "Total", done.Total)
	return web.SeeOther(c, Href(poll.ID))
}

// take reads the file of a form and puts its people on the list.
func (p *Pages) take(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, poll *voting.Poll, f form) (done voting.Enlisted, wrong []Wrong, err error) {
	raw, err := content(f.File)
	if err != nil {
		return done, nil, err
	}
	people, err := read(raw, poll.Electorate.List)
	if err != nil {
		return done, nil, err
	}
	marks, wrong := p.marks(t.ID, poll.Electorate.List, people)
	if len(wrong) > 0 {
		return done, wrong, nil
	}
	err = p.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		done, err = p.Box.Enlist(ctx, tx, t.ID, poll.ID, marks, f.Replace, voting.Act{Actor: v.ID, Reason: f.Reason})
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{
			Tenant: t.ID, Actor: v.ID, Action: "voting.list", Subject: "poll/" + poll.ID.String(),
			Details: map[string]any{"added": done.Added, "total": done.Total},
		})
	})
	return done, nil, err
}

func content(file *multipart.FileHeader) ([]byte, error) {
	switch {
	case file == nil || file.Size == 0:
		return nil, ErrNoFile.On("list")
	case file.Size > maxFile:
		return nil, ErrTooBig.With(fault.Args{"Count": maxFile >> 20}).On("list")
	}
	f, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// marks says what each person of the file is looked for by, or which lines say
// nobody.
func (p *Pages) marks(t tenant.ID, kind voting.ListKind, people []person) (marks [][]byte, wrong []Wrong) {
	for _, one := range people {
		mark, err := p.mark(t, kind, one)
		if err == nil {
			marks = append(marks, mark)
			continue
		}
		if wrong = append(wrong, Wrong{one.line, keyOf(err)}); len(wrong) == maxWrong {
			return nil, wrong
		}
	}
	return marks, wrong
}

func (p *Pages) mark(t tenant.ID, kind voting.ListKind, one person) ([]byte, error) {
	if kind == voting.CivilList {
		return p.Identity.Mark(t, one.civil)
	}
	address, err := identity.ParseEmail(one.mail)
	return []byte(address), err
}

// keyOf is the message of the first thing that is wrong.
func keyOf(err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	switch {
	case ok && len(f.Fields) > 0:
		return f.Fields[0].Key
	case ok:
		return f.Key
	}
	return ErrNotText.Key
}

func page(c *fiber.Ctx, poll *voting.Poll, f form, wrong []Wrong, errs ui.Errors) error {
	ctx := web.Context(c)
	v := views.List{
		Question: poll.Question, Console: "/office/votes/" + poll.ID.String() + "/pupitre", Self: Href(poll.ID), Errors: errs,
		Total: poll.Listed, Civil: poll.Electorate.List == voting.CivilList, Open: poll.State == voting.Open,
		Closed:  poll.State != voting.Draft && poll.State != voting.Scheduled && poll.State != voting.Open,
		Replace: f.Replace, Reason: f.Reason,
	}
	for _, w := range wrong {
		//i18n: identity.person.* identity.born_on.* identity.email.* identity.too_long
		v.Wrong = append(v.Wrong, i18n.T(ctx, "electors.wrong.line", "Line", w.Line, "Why", i18n.Message(ctx, w.Key, fault.Args{"Count": 80})))
	}
	if len(wrong) == maxWrong {
		v.Wrong = append(v.Wrong, i18n.T(ctx, "electors.wrong.more"))
	}
	return web.Page(c, views.ListPage(v))
}
