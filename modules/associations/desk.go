package associations

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/files"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/modules/associations/views"
)

// deskHandlers are the pages of those who answer for an association.
type deskHandlers struct{ module *Module }

// desksOf returns the associations that v answers for.
func (s *service) desksOf(ctx context.Context, t tenant.ID, v citizen.Viewer) (list []*Association, err error) {
	if !v.SignedIn {
		return nil, nil
	}
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		list, err = s.store.of(ctx, tx, t, v.ID)
		return err
	})
	return list, err
}

// What an association has to come: how much of it its page shows, how far.
const (
	soonShown  = 8
	soonWithin = 180 * 24 * time.Hour
)

// soon returns what an association has in the agenda from now on.
func (s *service) soon(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) ([]module.CalendarEntry, error) {
	if s.agenda == nil {
		return nil, nil
	}
	var now time.Time
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT core.now()`).Scan(ctx, &now)
	})
	if err != nil {
		return nil, err
	}
	return s.agenda(ctx, t, v, module.CalendarQuery{
		From: now.Add(-module.LongestEntry), To: now.Add(soonWithin), GoingOnAt: now, Organisation: id, Limit: soonShown,
	}, nil)
}

func (d deskHandlers) index(c *fiber.Ctx) error {
	return d.show(c, nil, answerForm{}, uuid.Nil)
}

// show is the desk, with what is wrong with the answer to one of its claims.
func (d deskHandlers) show(c *fiber.Ctx, errs ui.Errors, typed answerForm, claim uuid.UUID) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	f, err := d.module.service.desk(ctx, t.ID, v, id)
	if err != nil {
		return err
	}
	todos, doors, err := d.module.atWork(ctx, t, v, f.organisation())
	if err != nil {
		return err
	}
	web.NoStore(c)
	return web.Page(c, views.Desk(deskView(ctx, v, f, todos, doors, errs, typed, claim)))
}

// atWork gathers what other modules have for an association.
func (m *Module) atWork(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, o module.Organisation) (todos []module.Todo, doors []module.Entry, err error) {
	for _, w := range m.workplaces {
		if !t.Enabled(w.Manifest().Name) {
			continue
		}
		moreTodos, moreDoors, err := w.Workplace(ctx, t, v, o)
		if err != nil {
			return nil, nil, err
		}
		todos, doors = append(todos, moreTodos...), append(doors, moreDoors...)
	}
	return todos, doors, nil
}

func (d deskHandlers) answer(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	claim, err := web.UUIDParam(c, "claim")
	if err != nil {
		return err
	}
	var form answerForm
	if _, err := web.Bind(c, &form); err != nil {
		return err
	}
	err = d.module.service.answer(web.Context(c), web.Tenant(c), web.Viewer(c), id, claim, Answer(form), false)
	if err == nil {
		web.Flash(c, "associations.claim.settled")
		return web.SeeOther(c, deskHref(id))
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	return d.show(c, errs, form, claim)
}

func (d deskHandlers) sheet(c *fiber.Ctx) error {
	f, err := d.folder(c)
	if err != nil {
		return err
	}
	return d.showSheet(c, f, sheetFormOf(f.Association), nil)
}

// folder is the association in the address, for somebody who answers for it.
func (d deskHandlers) folder(c *fiber.Ctx) (*Folder, error) {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return nil, err
	}
	return d.module.service.desk(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id)
}

func (d deskHandlers) showSheet(c *fiber.Ctx, f *Folder, form sheetForm, errs ui.Errors) error {
	v := form.view(web.Context(c), web.Tenant(c), errs)
	v.Fixed = f.State == Verified
	if v.Fixed {
		v.Name, v.RNA, v.SIRET = f.Name, f.RNA, f.SIRET
	}
	v.Title, v.Logo, v.Desk = f.Name, logoHref(f.Association), deskHref(f.ID)
	return web.Page(c, views.EditSheet(v))
}

func (d deskHandlers) saveSheet(c *fiber.Ctx) error {
	f, err := d.folder(c)
	if err != nil {
		return err
	}
	var form sheetForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	sheet, err := form.sheet(web.Tenant(c))
	if err == nil && !errs.Any() {
		err = d.module.service.edit(web.Context(c), web.Tenant(c), web.Viewer(c), Target{ID: f.ID, Version: form.Version}, sheet)
		if err == nil {
			web.Flash(c, "associations.saved")
			return web.SeeOther(c, deskHref(f.ID))
		}
	}
	if errors.Is(err, ErrStale) { // what was typed stays; the next try is against what is there now
		form.Version = f.Version
	}
	if errs, err = keepTyped(c, err, errs); err != nil {
		return err
	}
	return d.showSheet(c, f, form, errs)
}

func (d deskHandlers) saveLogo(c *fiber.Ctx) error {
	f, err := d.folder(c)
	if err != nil {
		return err
	}
	var form logoForm
	if _, err := web.Bind(c, &form); err != nil {
		return err
	}
	err = d.keepLogo(c, f.ID, form)
	if err == nil {
		web.Flash(c, "associations.logo.saved")
		return web.SeeOther(c, deskHref(f.ID)+"/fiche")
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	return d.showSheet(c, f, sheetFormOf(f.Association), errs)
}

func (d deskHandlers) keepLogo(c *fiber.Ctx, id uuid.UUID, form logoForm) error {
	var content io.Reader
	switch {
	case form.Remove:
	case form.Logo == nil:
		return files.ErrEmpty.On("logo")
	default:
		file, err := form.Logo.Open()
		if err != nil {
			return err
		}
		defer file.Close()
		content = file
	}
	return d.module.service.setLogo(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id, content)
}

func (d deskHandlers) news(c *fiber.Ctx) error {
	f, err := d.folder(c)
	if err != nil {
		return err
	}
	return d.showNews(c, f, postForm{}, nil)
}

func (d deskHandlers) showNews(c *fiber.Ctx, f *Folder, form postForm, errs ui.Errors) error {
	return web.Page(c, views.News(newsView(web.Context(c), f, form, errs)))
}

func (d deskHandlers) publish(c *fiber.Ctx) error {
	f, err := d.folder(c)
	if err != nil {
		return err
	}
	var form postForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	err = d.module.service.publish(web.Context(c), web.Tenant(c).ID, web.Viewer(c), f.ID, Post{Title: form.Title, Body: form.Body})
	if err == nil {
		web.Flash(c, "associations.post.published")
		return web.SeeOther(c, deskHref(f.ID)+"/actualites")
	}
	if errs, err = keepTyped(c, err, errs); err != nil {
		return err
	}
	return d.showNews(c, f, form, errs)
}

func (d deskHandlers) withdrawPost(c *fiber.Ctx) error {
	f, err := d.folder(c)
	if err != nil {
		return err
	}
	post, err := web.UUIDParam(c, "post")
	if err != nil {
		return err
	}
	if err := d.module.service.withdrawPost(web.Context(c), web.Tenant(c).ID, web.Viewer(c), f.ID, post, false); err != nil {
		return err
	}
	web.Flash(c, "associations.post.withdrawn")
	return web.SeeOther(c, deskHref(f.ID)+"/actualites")
}

func (d deskHandlers) leave(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	if err := d.module.service.leave(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id); err != nil {
		return err
	}
	web.Flash(c, "associations.left")
	return web.SeeOther(c, href(id))
}

// keepTyped says beside the fields what is wrong with a form; an error that is
// not about it comes back.
func keepTyped(c *fiber.Ctx, err error, errs ui.Errors) (ui.Errors, error) {
	if err == nil {
		return errs, nil
	}
	told, ok := web.Errors(c, err)
	if !ok {
		return nil, err
	}
	return told, nil
}
