package consultations

import (
	"net/url"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/keyset"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
	"parvis/app/writing"
	"parvis/modules/consultations/views"
)

// handlers are the public pages. They translate between HTTP and the service,
// and take no decision.
type handlers struct{ service *service }

// How many consultations the public list shows at once.
const (
	openAtOnce   = 50
	comingAtOnce = 20
	overAtOnce   = 10
	perPage      = 20
)

// listing is the public list as its address asks for it.
type listing struct {
	State  string
	Zone   uuid.UUID
	Words  string
	Cursor keyset.Cursor
}

// publicStates are the parts of the public list, by the word in the address.
var publicStates = map[string]struct {
	phases []Phase
	sort   Sort
}{
	"en-cours":  {[]Phase{Open}, Sort{By: "closes"}},
	"a-venir":   {[]Phase{Upcoming}, Sort{By: "opens"}},
	"terminees": {[]Phase{Closed, Decided, Cancelled}, Sort{By: "closes", Desc: true}},
}

// readListing reads the address of the list, and gives back the one form in
// which the same list is always written.
func readListing(c *fiber.Ctx, t *tenant.Tenant) (l listing, canonical string) {
	var form struct {
		State  string `form:"etat"`
		Zone   string `form:"quartier"`
		Words  string `form:"q"`
		After  string `form:"apres"`
		Before string `form:"avant"`
	}
	// Whatever is wrong with an address, the list is there.
	if _, err := web.Bind(c, &form); err != nil {
		return l, ""
	}
	c.Status(fiber.StatusOK)
	if _, known := publicStates[form.State]; known {
		l.State = form.State
	}
	if id, err := uuid.Parse(form.Zone); err == nil && t.HasZone(id) {
		l.Zone = id
	}
	l.Words = writing.Cut(form.Words, 200)
	l.Cursor = keyset.Read(form.After, form.Before)
	if l.State == "" {
		l.Cursor = keyset.Cursor{} // only one part of the list has pages
	}
	return l, l.query(l.Cursor)
}

// query writes the address of the list at a place in it.
func (l listing) query(at keyset.Cursor) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("etat", l.State)
	set("q", l.Words)
	if l.Zone != uuid.Nil {
		set("quartier", l.Zone.String())
	}
	at.Write(v)
	return v.Encode()
}

// address is the list's own, with what l narrows it by.
func (l listing) address(at keyset.Cursor) string {
	if q := l.query(at); q != "" {
		return sitePath + "?" + q
	}
	return sitePath
}

func (h handlers) index(c *fiber.Ctx) error {
	t := web.Tenant(c)
	l, canonical := readListing(c, t)
	if string(c.Request().URI().QueryString()) != canonical {
		return c.Redirect(l.address(l.Cursor), fiber.StatusFound)
	}
	ctx := web.Context(c)
	front, err := h.service.front(ctx, t.ID, l)
	if err != nil {
		return err
	}
	return web.Page(c, views.List(frontView(ctx, t, web.Viewer(c), l, front)))
}

func (h handlers) show(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	d, err := h.service.published(ctx, t.ID, id)
	if err != nil {
		return err
	}
	r, err := h.service.reader(ctx, t, v, d)
	if err != nil {
		return err
	}
	r.easy = c.Query("lecture") == "facile"
	return web.Page(c, views.Page(page(ctx, t, d, r)))
}

func (h handlers) download(c *fiber.Ctx) error {
	return sendDocument(c, h.service, false)
}

// sendDocument answers with a piece of the dossier; of a draft's only for staff.
func sendDocument(c *fiber.Ctx, s *service, drafts bool) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	document, err := web.UUIDParam(c, "document")
	if err != nil {
		return err
	}
	t := web.Tenant(c).ID
	d, err := s.documentOf(web.Context(c), t, id, document, drafts)
	if err != nil {
		return err
	}
	return s.files.Send(c, t, name, files.Blob{SHA256: d.SHA256, MediaType: d.MediaType, Size: d.Size}, d.Title)
}

// pollParam reads the poll's ID in the address.
func pollParam(c *fiber.Ctx) (voting.PollID, error) {
	id, err := web.UUIDParam(c, "poll")
	return voting.PollID(id), err
}

// backTo is a link to where one came from.
func backTo(c *fiber.Ctx, key, href string) *ui.Link {
	return &ui.Link{Label: i18n.T(web.Context(c), key), Href: href}
}
