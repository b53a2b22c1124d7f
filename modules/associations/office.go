package associations

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/i18n"
	"parvis/app/keyset"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/app/writing"
	"parvis/modules/associations/views"
)

// officeHandlers are the pages of the back office. The router lets only staff
// in; the service decides again at each act.
type officeHandlers struct{ service *service }

const (
	officePerPage = 50
	exportWithin  = 30 * time.Second
)

// toClaim is the part of the office's list where somebody's claim waits.
const toClaim = "demandes"

func (o officeHandlers) index(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	q := Query{States: states, Words: writing.Cut(c.Query("q"), 200), Limit: officePerPage}
	part := c.Query("etat")
	for _, s := range states {
		if part == string(s) {
			q.States = []State{s}
		}
	}
	q.Cursor = keyset.Read(c.Query(keyset.After), c.Query(keyset.Before))
	var page Page
	var err error
	if part == toClaim {
		page, err = o.service.claimed(ctx, t.ID)
	} else {
		page, _, err = o.service.directory(ctx, t.ID, q)
	}
	if err != nil {
		return err
	}
	counts, claims, err := o.service.standing(ctx, t.ID)
	if err != nil {
		return err
	}
	return web.Page(c, views.OfficeList(officeTable(ctx, t, q, part, page, counts, claims)))
}

// claimed lists the associations on which a claim waits, the longest first.
func (s *service) claimed(ctx context.Context, t tenant.ID) (page Page, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		page.Items, err = s.store.claimed(ctx, tx, t, 200)
		return err
	})
	return page, err
}

// standing counts the associations in each state, and the claims that wait.
func (s *service) standing(ctx context.Context, t tenant.ID) (counts map[State]int, claims todo, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		if counts, err = s.store.byState(ctx, tx, t); err != nil {
			return err
		}
		_, claims, err = s.store.todos(ctx, tx, t)
		return err
	})
	return counts, claims, err
}

// officeTable is the back office's list as it is shown.
func officeTable(ctx context.Context, t *tenant.Tenant, q Query, part string, page Page, counts map[State]int, claims todo) views.Table {
	address := func(part string, at keyset.Cursor) string {
		v := url.Values{}
		for name, value := range map[string]string{"etat": part, "q": q.Words} {
			if value != "" {
				v.Set(name, value)
			}
		}
		at.Write(v)
		if len(v) == 0 {
			return officePath
		}
		return officePath + "?" + v.Encode()
	}
	all := 0
	for _, n := range counts {
		all += n
	}
	p := views.Table{
		New:    ui.Link{Label: i18n.T(ctx, "associations.office.new"), Href: officePath + "/nouvelle"},
		Export: ui.Link{Label: i18n.T(ctx, "associations.office.export"), Href: officePath + "/export.csv"},
		Search: ui.SearchProps{Action: officePath, Name: "q", Value: q.Words, Label: i18n.T(ctx, "associations.filter.words")},
		Table:  ui.TableProps{ID: "associations", Caption: i18n.T(ctx, "associations.title"), Empty: i18n.T(ctx, "associations.none.title"), Columns: officeColumns(ctx)},
		Tabs: []ui.Tab{
			{Label: i18n.T(ctx, "associations.tab.all"), Href: address("", keyset.Cursor{}), Count: i18n.Number(ctx, int64(all)), Current: part == ""},
			{Label: i18n.T(ctx, "associations.tab.claims"), Href: address(toClaim, keyset.Cursor{}), Count: strconv.Itoa(claims.Count), Current: part == toClaim},
		},
	}
	for _, s := range states {
		if counts[s] > 0 || part == string(s) {
			p.Tabs = append(p.Tabs, ui.Tab{Label: stateOf(ctx, s).Word, Href: address(string(s), keyset.Cursor{}), Count: i18n.Number(ctx, int64(counts[s])), Current: part == string(s)})
		}
	}
	if part != "" {
		p.Search.Hidden = []ui.Option{{Value: "etat", Label: part}}
	}
	for _, a := range page.Items {
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: a.ID.String(), Muted: a.State == Closed || a.State == Refused, Cells: []ui.Cell{
			ui.LinkCell(a.Name, officeHref(a.ID)), ui.BodyCell(ui.StateBadge(stateOf(ctx, a.State))), ui.Text(themeName(ctx, a.Theme)),
			ui.Text(orDash(t.ZoneName(a.Zone))), ui.Text(orDash(a.RNA)), ui.Text(i18n.DateShort(ctx, a.UpdatedAt)),
		}})
	}
	p.Pager = ui.PagerOf(page.Next, page.Prev, func(at keyset.Cursor) string { return address(part, at) })
	return p
}

func officeColumns(ctx context.Context) []ui.Column {
	return []ui.Column{
		{Label: i18n.T(ctx, "associations.column.name")}, {Label: i18n.T(ctx, "associations.column.state")},
		{Label: i18n.T(ctx, "associations.column.theme")}, {Label: i18n.T(ctx, "associations.column.zone")},
		{Label: i18n.T(ctx, "associations.column.rna")}, {Label: i18n.T(ctx, "associations.column.updated")},
	}
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// export gives the directory as a file. It holds what associations publish of
// themselves, and nobody's name.
func (o officeHandlers) export(c *fiber.Ctx) error {
	ctx, t := database.Patiently(web.Context(c), exportWithin), web.Tenant(c)
	rows := [][]string{{
		i18n.T(ctx, "associations.column.name"), i18n.T(ctx, "associations.column.state"), i18n.T(ctx, "associations.column.theme"),
		i18n.T(ctx, "associations.column.zone"), i18n.T(ctx, "associations.fact.address"), i18n.T(ctx, "associations.fact.email"),
		i18n.T(ctx, "associations.fact.phone"), i18n.T(ctx, "associations.fact.website"), i18n.T(ctx, "associations.fact.rna"),
		i18n.T(ctx, "associations.fact.siret"), i18n.T(ctx, "associations.column.updated"),
	}}
	q := Query{States: states, Limit: 500}
	for {
		page, _, err := o.service.directory(ctx, t.ID, q)
		if err != nil {
			return err
		}
		for _, a := range page.Items {
			rows = append(rows, []string{
				a.Name, stateOf(ctx, a.State).Word, themeName(ctx, a.Theme), t.ZoneName(a.Zone), a.Address, a.Email, a.Phone, a.Website, a.RNA, a.SIRET,
				i18n.DateShort(ctx, a.UpdatedAt),
			})
		}
		if q.Cursor = page.Next; q.Cursor.IsZero() {
			return web.SpreadsheetCSV(c, "associations.csv", rows)
		}
	}
}

func (o officeHandlers) newSheet(c *fiber.Ctx) error {
	return o.showNew(c, sheetForm{}, nil)
}

func (o officeHandlers) showNew(c *fiber.Ctx, form sheetForm, errs ui.Errors) error {
	return web.Page(c, views.OfficeNew(form.view(web.Context(c), web.Tenant(c), errs)))
}

func (o officeHandlers) create(c *fiber.Ctx) error {
	var form sheetForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	sheet, err := form.sheet(web.Tenant(c))
	if err == nil && !errs.Any() {
		var id uuid.UUID
		if id, err = o.service.add(web.Context(c), web.Tenant(c), web.Viewer(c), sheet); err == nil {
			web.Flash(c, "associations.office.added")
			return web.SeeOther(c, officeHref(id))
		}
	}
	if errs, err = keepTyped(c, err, errs); err != nil {
		return err
	}
	return o.showNew(c, form, errs)
}

// folder is the association in the address.
func (o officeHandlers) folder(c *fiber.Ctx) (*Folder, error) {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return nil, err
	}
	return o.service.inOffice(web.Context(c), web.Tenant(c).ID, id)
}

func (o officeHandlers) lead(c *fiber.Ctx) error {
	f, err := o.folder(c)
	if err != nil {
		return err
	}
	return o.showLead(c, f, typed{})
}

// typed is what was typed in one of the forms of an association's page in the
// back office, and what is wrong with it.
type typed struct {
	act    string    // the last part of the form's address
	claim  uuid.UUID // the claim, or the person, that it is about
	reason string
	errs   ui.Errors
}

func (o officeHandlers) showLead(c *fiber.Ctx, f *Folder, form typed) error {
	return web.Page(c, views.Lead(leadView(web.Context(c), web.Tenant(c), web.Viewer(c), f, form)))
}

// leadView is the page from which the town hall leads an association.
func leadView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, f *Folder, form typed) views.LeadPage {
	state, base := stateOf(ctx, f.State), officeHref(f.ID)
	p := views.LeadPage{
		Name: f.Name, Version: f.Version, Base: base, Reason: f.Reason, Errors: form.errs, Failed: form.act, Typed: form.reason,
		Header:    ui.HeaderProps{Eyebrow: i18n.T(ctx, "associations.one"), Title: f.Name, Lead: f.Purpose, State: &state, Meta: about(ctx, t, f.Association)},
		Facts:     contacts(ctx, f.Association),
		Claims:    claimViews(ctx, v, f, base+"/demandes/", answerForm{Reason: form.reason}, form.claim),
		MayVerify: may(v, actVerify, f.Association) == nil, MayRefuse: may(v, actRefuse, f.Association) == nil,
		MayClose: may(v, actClose, f.Association) == nil, MayReopen: may(v, actReopen, f.Association) == nil, MayWrite: may(v, actWrite, f.Association) == nil,
		Numberless: f.RNA == "" && f.SIRET == "", Proposed: f.State == Pending,
		Journal: "/office/journal?objet=" + url.QueryEscape("association/"+f.ID.String()),
	}
	if f.State.Public() {
		p.Public = &ui.Link{Label: i18n.T(ctx, "associations.office.see"), Href: href(f.ID)}
	}
	for _, r := range f.Responsibles {
		p.People = append(p.People, views.Person{
			Name: nameOf(ctx, f, r.Citizen), Position: positionName(ctx, r.Position), ID: r.Citizen.String(),
			Since: i18n.T(ctx, "associations.todo.since", "Date", i18n.Date(ctx, r.Since)), Dismiss: base + "/responsables/" + r.Citizen.String() + "/" + stepDismiss,
			Failed: form.act == stepDismiss && uuid.UUID(r.Citizen) == form.claim,
		})
	}
	for _, post := range f.Posts {
		one := postView(ctx, post)
		one.Remove = base + "/actualites/" + one.ID + "/retirer"
		p.Posts = append(p.Posts, one)
	}
	return p
}

func (o officeHandlers) sheet(c *fiber.Ctx) error {
	f, err := o.folder(c)
	if err != nil {
		return err
	}
	return o.showSheet(c, f, sheetFormOf(f.Association), nil)
}

func (o officeHandlers) showSheet(c *fiber.Ctx, f *Folder, form sheetForm, errs ui.Errors) error {
	v := form.view(web.Context(c), web.Tenant(c), errs)
	v.Title, v.Desk = f.Name, officeHref(f.ID)
	return web.Page(c, views.OfficeSheet(v))
}

func (o officeHandlers) saveSheet(c *fiber.Ctx) error {
	f, err := o.folder(c)
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
		err = o.service.rewrite(web.Context(c), web.Tenant(c), web.Viewer(c), Target{ID: f.ID, Version: form.Version}, sheet)
		if err == nil {
			web.Flash(c, "associations.saved")
			return web.SeeOther(c, officeHref(f.ID))
		}
	}
	if errors.Is(err, ErrStale) { // what was typed stays; the next try is against what is there now
		form.Version = f.Version
	}
	if errs, err = keepTyped(c, err, errs); err != nil {
		return err
	}
	return o.showSheet(c, f, form, errs)
}
