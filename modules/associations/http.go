package associations

import (
	"net/url"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/keyset"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/app/writing"
	"parvis/modules/associations/views"
)

// handlers are the public pages. They translate between HTTP and the service,
// and take no decision.
type handlers struct{ service *service }

const perPage = 24

// listing is the directory as its address asks for it.
type listing struct {
	Query
	Map bool
}

// readListing reads the address of the directory, and gives back the one form
// in which the same list is always written.
func readListing(c *fiber.Ctx, t *tenant.Tenant) (l listing, canonical string) {
	var form struct {
		Words  string `form:"q"`
		Theme  string `form:"theme"`
		Zone   string `form:"quartier"`
		View   string `form:"vue"`
		After  string `form:"apres"`
		Before string `form:"avant"`
	}
	// Whatever is wrong with an address, the list is there.
	if _, err := web.Bind(c, &form); err != nil {
		return l, ""
	}
	c.Status(fiber.StatusOK)
	l.Limit, l.Words = perPage, writing.Cut(form.Words, 200)
	if knownTheme(form.Theme) {
		l.Theme = form.Theme
	}
	if id, err := uuid.Parse(form.Zone); err == nil && t.HasZone(id) {
		l.Zone = id
	}
	l.Map = form.View == "plan"
	l.Cursor = keyset.Read(form.After, form.Before)
	return l, l.query(l.Cursor)
}

// query writes the address of the directory at a place in it.
func (l listing) query(at keyset.Cursor) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("q", l.Words)
	set("theme", l.Theme)
	set("quartier", zoneValue(l.Zone))
	if l.Map {
		set("vue", "plan")
	}
	at.Write(v)
	return v.Encode()
}

func (l listing) address(at keyset.Cursor) string {
	if q := l.query(at); q != "" {
		return sitePath + "?" + q
	}
	return sitePath
}

func (h handlers) index(c *fiber.Ctx) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	l, canonical := readListing(c, t)
	if string(c.Request().URI().QueryString()) != canonical {
		return c.Redirect(l.address(l.Cursor), fiber.StatusFound)
	}
	page, total, err := h.service.directory(ctx, t.ID, l.Query)
	if err != nil {
		return err
	}
	desks, err := h.service.desksOf(ctx, t.ID, v)
	if err != nil {
		return err
	}
	return web.Page(c, views.Directory(directoryView(ctx, t, v, l, page, total, desks)))
}

func (h handlers) show(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	f, err := h.service.open(ctx, t.ID, v, id)
	if err != nil {
		return err
	}
	soon, err := h.service.soon(ctx, t, v, id)
	if err != nil {
		return err
	}
	return web.Page(c, views.Page(page(ctx, t, v, f, soon)))
}

// logo sends the picture beside an association's name. Its address changes
// with its content.
func (h handlers) logo(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	f, err := h.service.open(ctx, t.ID, v, id)
	if err != nil {
		return err
	}
	if f.Logo == "" || f.Logo != c.Params("sha") {
		return ErrNotFound
	}
	file, err := h.service.files.Open(t.ID, filesSpace, f.Logo)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	kind := "image/png"
	head := make([]byte, 2)
	if _, err := file.ReadAt(head, 0); err == nil && head[0] == 0xff && head[1] == 0xd8 {
		kind = "image/jpeg"
	}
	c.Set(fiber.HeaderContentType, kind)
	return c.SendStream(file)
}

func (h handlers) newAssociation(c *fiber.Ctx) error {
	return h.showProposal(c, sheetForm{}, nil)
}

func (h handlers) propose(c *fiber.Ctx) error {
	var form sheetForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	ctx, t := web.Context(c), web.Tenant(c)
	sheet, err := form.sheet(t)
	if err == nil && !errs.Any() {
		var id uuid.UUID
		if id, err = h.service.found(ctx, t, web.Viewer(c), sheet, form.Position, form.Message); err == nil {
			web.Flash(c, "associations.proposed")
			return web.SeeOther(c, href(id))
		}
	}
	if err != nil {
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return h.showProposal(c, form, errs)
}

func (h handlers) showProposal(c *fiber.Ctx, form sheetForm, errs ui.Errors) error {
	return web.Page(c, views.Propose(form.view(web.Context(c), web.Tenant(c), errs)))
}

func (h handlers) askToAnswer(c *fiber.Ctx) error {
	return h.showClaim(c, claimForm{}, nil)
}

func (h handlers) claim(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	var form claimForm
	if _, err := web.Bind(c, &form); err != nil {
		return err
	}
	if err = h.service.claim(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id, form.Position, form.Message); err == nil {
		web.Flash(c, "associations.claim.sent")
		return web.SeeOther(c, href(id))
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	return h.showClaim(c, form, errs)
}

func (h handlers) showClaim(c *fiber.Ctx, form claimForm, errs ui.Errors) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	ctx, t := web.Context(c), web.Tenant(c)
	f, err := h.service.open(ctx, t.ID, web.Viewer(c), id)
	if err != nil {
		return err
	}
	if f.Answers {
		return web.SeeOther(c, deskHref(id))
	}
	if f.Asked.ID != uuid.Nil && !errs.Any() {
		return web.SeeOther(c, href(id))
	}
	return web.Page(c, views.AskToAnswer(views.ClaimForm{
		Name: f.Name, Href: href(id), Position: form.Position, Message: form.Message, Positions: positionOptions(ctx), Errors: errs,
	}))
}

func (h handlers) withdraw(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	if err := h.service.withdraw(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id); err != nil {
		return err
	}
	web.Flash(c, "associations.claim.withdrawn")
	return web.SeeOther(c, sitePath)
}
