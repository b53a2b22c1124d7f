package budgets

import (
	"errors"
	"mime/multipart"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/access"
	"parvis/app/i18n"
	"parvis/app/places"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/modules/budgets/views"
)

// What the buttons of a project's form ask for.
const doDeposit = "deposit"

// projectForm is the form of a project.
type projectForm struct {
	Version  int64                 `form:"version"`
	Title    string                `form:"title"`
	Text     string                `form:"text"`
	Theme    string                `form:"theme"`
	Zone     uuid.UUID             `form:"zone"`
	Place    string                `form:"place"`
	Pin      string                `form:"pin"`
	Estimate web.Amount            `form:"estimate"`
	Photo    *multipart.FileHeader `form:"photo"`
	PhotoAlt string                `form:"photo_alt"`
	Drop     bool                  `form:"photo_drop"`
	Named    bool                  `form:"named"`
	Do       string                `form:"do"`
}

func projectFormOf(c *fiber.Ctx, p *Project) projectForm {
	f := projectForm{
		Version: p.Version, Title: p.Title, Text: p.Text, Theme: string(p.Theme), Zone: p.Zone, Place: p.Place, Pin: p.Point.String(),
		PhotoAlt: p.Photo.Alt, Named: p.AuthorName != "",
	}
	if p.Estimate != nil {
		f.Estimate = web.AmountOf(web.Context(c), *p.Estimate)
	}
	return f
}

// entry is what the form asks to keep.
func (f projectForm) entry() Entry {
	e := Entry{
		Proposal: Proposal{Title: f.Title, Text: f.Text, Theme: Theme(f.Theme), Zone: f.Zone, Place: f.Place},
		Pin:      f.Pin, Named: f.Named, Deposit: f.Do == doDeposit, Photo: Upload{Alt: f.PhotoAlt, Drop: f.Drop},
	}
	if f.Estimate.Set {
		e.Estimate = &f.Estimate.Cents
	}
	return e
}

// signedIn sends visitors to the sign-in page and back, and tells the others
// what a deposit asks for.
func signedIn(c *fiber.Ctx) error {
	v := web.Viewer(c)
	if !v.SignedIn {
		return web.ErrSignInRequired
	}
	if len(mayDeposit.Missing(v, "")) > 0 {
		return access.ErrNotAllowed
	}
	return nil
}

func (h handlers) newProject(c *fiber.Ctx) error {
	e, err := h.depositing(c)
	if err != nil {
		return err
	}
	return h.showForm(c, e, nil, projectForm{Named: true, Zone: web.Viewer(c).Zone}, nil, nil)
}

// depositing returns the edition of the address, if it takes projects now.
func (h handlers) depositing(c *fiber.Ctx) (*Edition, error) {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return nil, err
	}
	ctx := web.Context(c)
	d, err := h.service.published(ctx, web.Tenant(c).ID, id)
	if err != nil {
		return nil, err
	}
	if err := d.depositOpen(ctx); err != nil {
		return nil, err
	}
	return d.Edition, signedIn(c)
}

func (h handlers) createProject(c *fiber.Ctx) error {
	e, err := h.depositing(c)
	if err != nil {
		return err
	}
	return h.saveProject(c, e, nil, func(entry Entry, _ int64) (uuid.UUID, error) {
		return h.service.write(web.Context(c), web.Tenant(c), web.Viewer(c), e.ID, entry)
	})
}

// mine returns a project of whoever asks, which can still be changed.
func (h handlers) mine(c *fiber.Ctx) (*Edition, *Project, error) {
	edition, id, err := projectParams(c)
	if err != nil {
		return nil, nil, err
	}
	v := web.Viewer(c)
	if !v.SignedIn {
		return nil, nil, web.ErrSignInRequired
	}
	ctx := web.Context(c)
	e, p, _, err := h.service.projectFor(ctx, web.Tenant(c).ID, v, edition, id)
	switch {
	case err != nil:
		return nil, nil, err
	case !p.by(v):
		return nil, nil, ErrNotYours
	case !p.WithdrawnAt.IsZero():
		return nil, nil, ErrWithdrawn
	}
	return e, p, e.depositOpen(ctx)
}

func (h handlers) editProject(c *fiber.Ctx) error {
	e, p, err := h.mine(c)
	if err != nil {
		return err
	}
	return h.showForm(c, e, p, projectFormOf(c, p), nil, nil)
}

func (h handlers) updateProject(c *fiber.Ctx) error {
	e, p, err := h.mine(c)
	if err != nil {
		return err
	}
	return h.saveProject(c, e, p, func(entry Entry, version int64) (uuid.UUID, error) {
		return p.ID, h.service.rewrite(web.Context(c), web.Tenant(c), web.Viewer(c), e.ID, p.ID, version, entry)
	})
}

// saveProject keeps what was sent, or shows it again with what is wrong.
func (h handlers) saveProject(c *fiber.Ctx, e *Edition, p *Project, save func(Entry, int64) (uuid.UUID, error)) error {
	var form projectForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if errs.Any() {
		return h.showForm(c, e, p, form, errs, nil)
	}
	entry := form.entry()
	if form.Photo != nil && form.Photo.Size > 0 {
		content, err := form.Photo.Open()
		if err != nil {
			return err
		}
		defer content.Close()
		entry.Photo.Content = content
	}
	id, err := save(entry, form.Version)
	if err == nil {
		return arrived(c, e, p, id, entry.Deposit)
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	var read *ui.Link
	if errors.Is(err, ErrStale) && p != nil {
		form.Version = p.Version // what was typed stays, to replace knowingly
		read = &ui.Link{Label: i18n.T(web.Context(c), "budgets.stale.read"), Href: projectHref(e.ID, p.ID) + "/modifier"}
	}
	return h.showForm(c, e, p, form, errs, read)
}

// arrived says what was done, on the page where one goes on.
func arrived(c *fiber.Ctx, e *Edition, p *Project, id uuid.UUID, deposited bool) error {
	switch {
	case p != nil && !p.DepositedAt.IsZero():
		web.Flash(c, "budgets.project.saved")
	case deposited:
		web.Flash(c, "budgets.project.deposited")
	default:
		web.Flash(c, "budgets.project.kept")
		return web.SeeOther(c, projectHref(e.ID, id)+"/modifier")
	}
	return web.SeeOther(c, projectHref(e.ID, id))
}

func (h handlers) showForm(c *fiber.Ctx, e *Edition, p *Project, form projectForm, errs ui.Errors, stale *ui.Link) error {
	ctx, t := web.Context(c), web.Tenant(c)
	lat, lon := places.Center(t).Degrees()
	f := views.ProjectForm{
		Title: i18n.T(ctx, "budgets.deposit.title"), Lead: i18n.T(ctx, "budgets.deposit.lead"),
		Edition: ui.Link{Label: e.Title, Href: href(e.ID)}, Errors: errs, Stale: stale, Version: form.Version,
		Name: form.Title, Text: form.Text, Theme: form.Theme, Place: form.Place, Pin: form.Pin, Estimate: form.Estimate.String(),
		PhotoAlt: form.PhotoAlt, Named: form.Named, Author: web.Viewer(c).Name, Themes: themeOptions(ctx), Zones: ui.ZoneOptions(t),
		ZoneRequired: e.ByZone(), ZoneEmpty: i18n.T(ctx, "budgets.zone.whole"), Lat: lat, Lon: lon, Radius: t.Radius,
		Deadline:   i18n.T(ctx, "budgets.deposit.deadline", "When", i18n.DateTime(ctx, e.StudyAt), "Zone", i18n.ZoneName(ctx)),
		Rules:      ui.Link{Label: i18n.T(ctx, "budgets.rules.read"), Href: href(e.ID) + "/reglement"},
		PhotoLimit: i18n.T(ctx, "budgets.photo.limit", "Limit", maxPhotoBytes>>20),
	}
	if form.Zone != uuid.Nil {
		f.Zone = form.Zone.String()
	}
	if e.ByZone() {
		f.ZoneEmpty = i18n.T(ctx, "budgets.project.form.zone.empty")
	}
	if p == nil {
		return web.Page(c, views.WriteProject(f))
	}
	f.Title, f.Deposited = i18n.T(ctx, "budgets.project.edit.title"), !p.DepositedAt.IsZero()
	if p.Photo.SHA256 != "" {
		f.Photo = photoHref(e, p)
	}
	if !f.Deposited {
		f.Withdraw = projectHref(e.ID, p.ID) + "/retirer"
	}
	return web.Page(c, views.WriteProject(f))
}

func (h handlers) withdraw(c *fiber.Ctx) error {
	edition, id, err := projectParams(c)
	if err != nil {
		return err
	}
	v := web.Viewer(c)
	if !v.SignedIn {
		return web.ErrSignInRequired
	}
	if err := h.service.withdraw(web.Context(c), web.Tenant(c), v, edition, id); err != nil {
		return err
	}
	web.Flash(c, "budgets.project.withdrawn")
	return web.SeeOther(c, href(edition))
}
