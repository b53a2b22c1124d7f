package ideas

import (
	"context"
	"errors"
	"mime/multipart"
	"net/url"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/discussion"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/app/writing"
	"parvis/modules/ideas/views"
)

// ideaForm is the form of an idea.
type ideaForm struct {
	Version  int64                 `form:"version"`
	Title    string                `form:"title" label:"ideas.form.title"`
	Body     string                `form:"body" label:"ideas.form.body"`
	Theme    string                `form:"theme" label:"ideas.form.theme"`
	Zone     uuid.UUID             `form:"zone" label:"ideas.form.zone"`
	Place    string                `form:"place" label:"ideas.form.place"`
	Point    string                `form:"point" validate:"max=60"`
	PhotoAlt string                `form:"photo_alt" label:"ideas.form.photo_alt"`
	Photo    *multipart.FileHeader `form:"photo"`
	Without  bool                  `form:"without"` // the photo goes
	Seen     bool                  `form:"seen"`    // similar ideas were on the page
	Do       string                `form:"do"`
}

// What the buttons of the form ask for.
const (
	doPublish = "publish"
	doDraft   = "draft"
)

func (f *ideaForm) text(t *tenant.Tenant) (Text, error) {
	text := Text{Title: f.Title, Body: f.Body, Theme: f.Theme, Zone: f.Zone, Place: f.Place, PhotoAlt: f.PhotoAlt}
	point, err := places.Place(t, f.Point)
	if problem, ok := errors.AsType[*fault.Error](err); ok {
		return text, problem.On("point")
	}
	text.Point = point
	return text, err
}

func formOf(i *Idea) ideaForm {
	return ideaForm{
		Version: i.Version, Title: i.Title, Body: i.Body, Theme: i.Theme, Zone: i.Zone, Place: i.Place, Point: i.Point.String(), PhotoAlt: i.PhotoAlt,
	}
}

// photo opens what was uploaded; nil when nothing was.
func (f *ideaForm) photo() (multipart.File, error) {
	if f.Photo == nil || f.Photo.Size == 0 {
		return nil, nil
	}
	return f.Photo.Open()
}

// onPhoto says what is wrong with a photo beside its field.
func onPhoto(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Invalid {
		return f.On("photo")
	}
	return err
}

func (h handlers) newIdea(c *fiber.Ctx) error {
	return h.showForm(c, nil, ideaForm{Title: c.Query("titre")}, nil)
}

// create deposits an idea. Where similar ones exist that the author has not
// been shown, it waits as a draft until they have been.
func (h handlers) create(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	var form ideaForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		var id uuid.UUID
		var waits bool
		id, waits, err = h.deposit(ctx, t, c, &form)
		switch {
		case err == nil && waits:
			return web.SeeOther(c, href(id)+"/relire")
		case err == nil:
			web.Flash(c, "ideas.published")
			return web.SeeOther(c, href(id))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return h.showForm(c, nil, form, errs)
}

func (h handlers) deposit(ctx context.Context, t *tenant.Tenant, c *fiber.Ctx, form *ideaForm) (id uuid.UUID, waits bool, err error) {
	text, err := form.text(t)
	if err != nil {
		return id, false, err
	}
	waits = form.Do == doDraft
	if !waits && !form.Seen {
		similar, err := h.service.similarTo(ctx, t.ID, text.Title, uuid.Nil)
		if err != nil {
			return id, false, err
		}
		waits = len(similar) > 0
	}
	photo, err := form.photo()
	if err != nil {
		return id, false, err
	}
	if photo == nil {
		id, err = h.service.deposit(ctx, t, web.Viewer(c), text, nil, waits)
		return id, waits, err
	}
	defer photo.Close()
	id, err = h.service.deposit(ctx, t, web.Viewer(c), text, photo, waits)
	return id, waits, err
}

// showForm shows the form of a new idea, or of one that its author changes.
func (h handlers) showForm(c *fiber.Ctx, i *Idea, form ideaForm, errs ui.Errors) error {
	ctx, t := web.Context(c), web.Tenant(c)
	p := views.Form{
		Version: form.Version, Title: form.Title, Body: form.Body, Theme: form.Theme, Place: form.Place, Alt: form.PhotoAlt, Errors: errs,
		Themes: themeOptions(ctx), Zones: ui.ZoneOptions(t), Similar: sitePath + "/semblables", Action: sitePath + "/nouvelle",
		Pin:   ui.PinProps{Name: "point", Value: form.Point, Error: errs.For("point")},
		Limit: i18n.T(ctx, "ideas.form.photo.hint", "Limit", maxPhotoBytes>>20),
	}
	p.Pin.Lat, p.Pin.Lon = places.Center(t).Degrees()
	p.Pin.Radius = t.Radius
	if form.Zone != uuid.Nil {
		p.Zone = form.Zone.String()
	}
	if i != nil {
		p.Edit, p.Action, p.Back = true, href(i.ID)+"/modifier", href(i.ID)
		if i.Seen == draft {
			p.Back = href(i.ID) + "/relire"
		}
		if i.Photo.SHA256 != "" {
			p.Photo = href(i.ID) + "/photo"
		}
	}
	return web.Page(c, views.FormPage(p))
}

// mine returns an idea of the viewer's.
func (h handlers) mine(c *fiber.Ctx) (*Idea, error) {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return nil, err
	}
	i, err := h.service.read(web.Context(c), web.Tenant(c).ID, id)
	if err != nil {
		return nil, err
	}
	if !i.by(web.Viewer(c)) {
		return nil, ErrNotFound
	}
	return i, nil
}

func (h handlers) edit(c *fiber.Ctx) error {
	i, err := h.mine(c)
	if err != nil {
		return err
	}
	if err := i.editableBy(web.Viewer(c)); err != nil {
		return err
	}
	return h.showForm(c, i, formOf(i), nil)
}

func (h handlers) save(c *fiber.Ctx) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	i, err := h.mine(c)
	if err != nil {
		return err
	}
	var form ideaForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		var text Text
		if text, err = form.text(t); err == nil {
			var photo multipart.File
			if photo, err = form.photo(); err != nil {
				return err
			}
			target := Target{i.ID, form.Version}
			if photo == nil {
				err = h.service.edit(ctx, t, v, target, text, nil, form.Without)
			} else {
				defer photo.Close()
				err = h.service.edit(ctx, t, v, target, text, photo, form.Without)
			}
		}
		if err == nil {
			web.Flash(c, "ideas.saved")
			if i.Seen == draft {
				return web.SeeOther(c, href(i.ID)+"/relire")
			}
			return web.SeeOther(c, href(i.ID))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
		if errors.Is(err, ErrStale) {
			form.Version = i.Version // what was typed stays, on top of the version to replace knowingly
		}
	}
	return h.showForm(c, i, form, errs)
}

// review is a draft as it will be, with the ideas that resemble it.
func (h handlers) review(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	i, err := h.mine(c)
	if err != nil {
		return err
	}
	if i.Seen != draft {
		return web.SeeOther(c, href(i.ID))
	}
	similar, err := h.service.similarTo(ctx, t.ID, i.Title, i.ID)
	if err != nil {
		return err
	}
	p := views.Review{
		Item: item(ctx, t, i), HTML: markdown.HTML(i.Body, 3), Similar: items(ctx, t, similar), Facts: facts(ctx, t, i),
		Edit: href(i.ID) + "/modifier", Publish: href(i.ID) + "/publier", Remove: href(i.ID) + "/retirer",
	}
	return web.Page(c, views.ReviewPage(p))
}

func (h handlers) publish(c *fiber.Ctx) error {
	return h.act(c, func(id uuid.UUID) error {
		return h.service.publish(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id)
	}, "ideas.published", "")
}

func (h handlers) withdraw(c *fiber.Ctx) error {
	return h.act(c, func(id uuid.UUID) error {
		return h.service.withdraw(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id)
	}, "ideas.withdrawn", sitePath)
}

func (h handlers) support(c *fiber.Ctx) error {
	return h.act(c, func(id uuid.UUID) error {
		return h.service.support(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id)
	}, "ideas.support.done", "")
}

func (h handlers) unsupport(c *fiber.Ctx) error {
	return h.act(c, func(id uuid.UUID) error {
		return h.service.unsupport(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id)
	}, "ideas.support.undone", "")
}

// followForm says whether to go on telling.
type followForm struct {
	Told bool `form:"told"`
}

func (h handlers) follow(c *fiber.Ctx) error {
	var form followForm
	if _, err := web.Bind(c, &form); err != nil {
		return err
	}
	key := "ideas.follow.off"
	if form.Told {
		key = "ideas.follow.on"
	}
	return h.act(c, func(id uuid.UUID) error {
		return h.service.follow(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id, form.Told)
	}, key, "")
}

//i18n: ideas.published ideas.withdrawn ideas.support.done ideas.support.undone ideas.follow.on ideas.follow.off

// act does something to the idea of the address, says so, and leads to its
// page, or elsewhere.
func (h handlers) act(c *fiber.Ctx, do func(uuid.UUID) error, said, then string) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	if err := do(id); err != nil {
		return err
	}
	web.Flash(c, said)
	if then == "" {
		then = href(id)
	}
	return web.SeeOther(c, then)
}

func (h handlers) offer(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	project, err := h.service.offer(web.Context(c), web.Tenant(c), web.Viewer(c), id)
	if err != nil {
		return err
	}
	web.Flash(c, "ideas.budget.offered")
	return web.SeeOther(c, project)
}

// similar is the piece of the form that shows ideas like the one being typed;
// without a script it is a page of its own.
func (h handlers) similar(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	title := c.Query("title")
	list, err := h.service.similarTo(ctx, t.ID, title, uuid.Nil)
	if err != nil {
		return err
	}
	p := views.Likes{Items: items(ctx, t, list), Form: sitePath + "/nouvelle?titre=" + url.QueryEscape(title)}
	if web.Fragment(c) {
		return web.Page(c, views.Similar(p))
	}
	return web.Page(c, views.SimilarPage(p))
}

// likes is how many similar ideas are shown.
const likes = 5

// similarTo finds ideas like a title, of which it reads no more than a title holds.
func (s *service) similarTo(ctx context.Context, t tenant.ID, title string, but uuid.UUID) (list []*Idea, err error) {
	title = writing.Cut(title, maxTitle)
	err = s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		list, err = s.store.similar(ctx, tx, t, title, but, likes)
		return err
	})
	return list, err
}

// read returns an idea, whoever may see it.
func (s *service) read(ctx context.Context, t tenant.ID, id uuid.UUID) (i *Idea, err error) {
	err = s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		i, err = s.store.find(ctx, tx, t, id)
		return err
	})
	return i, err
}

func (h handlers) photo(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	t := web.Tenant(c).ID
	i, err := h.service.read(web.Context(c), t, id)
	if err != nil {
		return err
	}
	if !i.readableBy(web.Viewer(c)) || i.Photo.SHA256 == "" {
		return ErrNotFound
	}
	return h.service.Files.Send(c, t, name, i.Photo, i.Title)
}

// page is everything that the page of an idea shows.
type page struct {
	idea       *Idea
	author     string
	into       *Idea
	merged     []*Idea
	steps      []Step
	supported  bool
	told       bool
	caseHref   string
	budgetOpen bool
	thread     templ.Component
}

func (h handlers) show(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	p, err := h.service.page(ctx, t, v, id, c.Query("suite"))
	if err != nil {
		return err
	}
	if p.idea.Seen == draft {
		return web.SeeOther(c, href(id)+"/relire")
	}
	if p.idea.by(v) && p.idea.Seen == discussion.Visible && p.idea.ProjectHref == "" {
		if p.budgetOpen, err = h.service.budgetOpen(ctx, t); err != nil {
			return err
		}
	}
	return web.Page(c, views.Page(showView(ctx, t, v, p)))
}
