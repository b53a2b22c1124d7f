package consultations

import (
	"context"
	"errors"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/keyset"
	"parvis/app/markdown"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/app/writing"
	"parvis/modules/consultations/views"
)

// officeHandlers are the pages of the back office. The router lets only staff
// in; the service decides again at each act.
type officeHandlers struct{ service *service }

// open reads the consultation that the address names.
func (o officeHandlers) find(c *fiber.Ctx) (*Dossier, error) {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return nil, err
	}
	d, err := o.service.inOffice(web.Context(c), web.Tenant(c).ID, id)
	if err == nil && !mayRead(web.Viewer(c), &d.Consultation) {
		return nil, ErrNotFound
	}
	return d, err
}

// frame is what surrounds every page of a consultation's back office.
func frame(c *fiber.Ctx, d *Dossier, step string, errs ui.Errors) views.Office {
	ctx, t := web.Context(c), web.Tenant(c)
	state, base := stateOf(ctx, d.Phase()), officeHref(d.ID)
	o := views.Office{
		Title: d.Title, Errors: errs,
		Header: ui.HeaderProps{Eyebrow: i18n.T(ctx, "consultations.one"), Title: d.Title, State: &state, Meta: about(ctx, t, &d.Consultation)},
		Public: &ui.Link{Label: i18n.T(ctx, "consultations.office.see"), Href: href(d.ID)},
		Tabs: []ui.Tab{
			{Label: i18n.T(ctx, "consultations.step.lead"), Href: base, Current: step == stepPublish},
			{Label: i18n.T(ctx, "consultations.step.text"), Href: base + "/" + stepText, Current: step == stepText},
			{Label: i18n.T(ctx, "consultations.step.documents"), Href: base + "/" + stepDocuments, Current: step == stepDocuments, Count: strconv.Itoa(len(d.Documents))},
			{Label: i18n.T(ctx, "consultations.step.polls"), Href: base + "/" + stepPolls, Current: step == stepPolls, Count: strconv.Itoa(len(d.Polls))},
			{Label: i18n.T(ctx, "consultations.step.follow"), Href: base + "/" + stepFollow, Current: step == stepFollow},
		},
	}
	for _, tab := range o.Tabs {
		if tab.Current {
			o.Title = windowOf(ctx, tab.Label, d.Title)
		}
	}
	if !d.Published {
		o.Public = &ui.Link{Label: i18n.T(ctx, "consultations.office.preview"), Href: base + "/apercu"}
	}
	return o
}

// windowOf is the title of a window about one part of a consultation.
func windowOf(ctx context.Context, part, title string) string {
	return i18n.T(ctx, "consultations.window", "Part", part, "Title", title)
}

// officeQuery reads the address of the back office's list.
func officeQuery(c *fiber.Ctx) (Query, url.Values) {
	q := Query{Reach: reachOf(web.Viewer(c)), Words: c.Query("q"), Limit: perPage * 2, Sort: Sort{By: "updated", Desc: true}}
	kept := url.Values{}
	if phase := Phase(c.Query("etat")); phaseSQL[phase] != "" {
		q.Phases = []Phase{phase}
		kept.Set("etat", string(phase))
	}
	if q.Words != "" {
		kept.Set("q", q.Words)
	}
	if by := c.Query("tri"); sorts[by].key != "" {
		q.Sort = Sort{By: by, Desc: c.Query("ordre") == "desc"}
		kept.Set("tri", by)
		if q.Sort.Desc {
			kept.Set("ordre", "desc")
		}
	}
	q.Cursor = keyset.Read(c.Query(keyset.After), c.Query(keyset.Before))
	return q, kept
}

func (o officeHandlers) index(c *fiber.Ctx) error {
	q, kept := officeQuery(c)
	page, counts, err := o.service.list(web.Context(c), web.Tenant(c).ID, q)
	if err != nil {
		return err
	}
	return web.Page(c, views.OfficeList(officeTable(web.Context(c), web.Tenant(c), q, kept, page, counts)))
}

// officeTable is the back office's list as it is shown.
func officeTable(ctx context.Context, t *tenant.Tenant, q Query, kept url.Values, page Page, counts map[Phase]int) views.Table {
	with := func(name, value string, drop ...string) string {
		v := url.Values{}
		for k, list := range kept {
			v[k] = list
		}
		for _, d := range drop {
			v.Del(d)
		}
		if v.Del(name); value != "" {
			v.Set(name, value)
		}
		if len(v) == 0 {
			return officePath
		}
		return officePath + "?" + v.Encode()
	}
	p := views.Table{
		New:    ui.Link{Label: i18n.T(ctx, "consultations.office.new"), Href: officePath + "/nouvelle"},
		Export: ui.Link{Label: i18n.T(ctx, "consultations.office.export"), Href: officePath + "/export.csv"},
		Search: ui.SearchProps{Action: officePath, Name: "q", Value: q.Words, Label: i18n.T(ctx, "consultations.filter.words")},
		Table:  ui.TableProps{ID: "consultations", Caption: i18n.T(ctx, "consultations.title"), Empty: i18n.T(ctx, "consultations.none.title")},
	}
	all := 0
	for _, n := range counts {
		all += n
	}
	p.Nothing = all == 0 && q.Words == ""
	current := kept.Get("etat")
	p.Tabs = append(p.Tabs, ui.Tab{Label: i18n.T(ctx, "consultations.tab.all"), Href: with("etat", ""), Count: strconv.Itoa(all), Current: current == ""})
	for _, phase := range []Phase{Draft, Upcoming, Open, Closed, Decided, Cancelled} {
		if counts[phase] > 0 || current == string(phase) {
			p.Tabs = append(p.Tabs, ui.Tab{Label: stateOf(ctx, phase).Word, Href: with("etat", string(phase)), Count: strconv.Itoa(counts[phase]), Current: current == string(phase)})
		}
	}
	for _, name := range []string{"etat", "tri", "ordre"} {
		if v := kept.Get(name); v != "" {
			p.Search.Hidden = append(p.Search.Hidden, ui.Option{Value: name, Label: v})
		}
	}
	p.Table.Columns = officeColumns(ctx, q.Sort, with)
	for i := range page.Items {
		p.Table.Rows = append(p.Table.Rows, officeRow(ctx, t, &page.Items[i]))
	}
	if !page.Next.IsZero() {
		p.Pager.Next = with(keyset.After, page.Next.String())
	}
	if !page.Prev.IsZero() {
		p.Pager.Prev = with(keyset.Before, page.Prev.String())
	}
	return p
}

func officeColumns(ctx context.Context, sort Sort, with func(name, value string, drop ...string) string) []ui.Column {
	column := func(by, label string) ui.Column {
		c := ui.Column{Label: label, SortHref: with("tri", by, "ordre")}
		if sort.By != by {
			return c
		}
		c.Sorted = "ascending"
		if sort.Desc {
			c.Sorted = "descending"
			return c
		}
		address, err := url.Parse(with("tri", by))
		if err == nil {
			v := address.Query()
			v.Set("ordre", "desc")
			c.SortHref = officePath + "?" + v.Encode()
		}
		return c
	}
	return []ui.Column{
		column("title", i18n.T(ctx, "consultations.column.title")),
		{Label: i18n.T(ctx, "consultations.column.state")},
		column("opens", i18n.T(ctx, "consultations.column.opens")),
		column("closes", i18n.T(ctx, "consultations.column.closes")),
		column("updated", i18n.T(ctx, "consultations.column.updated")),
	}
}

func officeRow(ctx context.Context, _ *tenant.Tenant, c *Consultation) ui.Row {
	return ui.Row{ID: c.ID.String(), Muted: c.Phase() == Cancelled, Cells: []ui.Cell{
		ui.LinkCell(c.Title, officeHref(c.ID)),
		ui.BodyCell(ui.StateBadge(stateOf(ctx, c.Phase()))),
		ui.Text(shortDate(ctx, c.Schedule, true)),
		ui.Text(shortDate(ctx, c.Schedule, false)),
		ui.Text(i18n.DateShort(ctx, c.UpdatedAt)),
	}}
}

func shortDate(ctx context.Context, s Schedule, opening bool) string {
	at := s.ClosesAt
	if opening {
		at = s.OpensAt
	}
	if at.IsZero() {
		return "–"
	}
	return i18n.DateShort(ctx, at)
}

func (o officeHandlers) export(c *fiber.Ctx) error {
	ctx := web.Context(c)
	rows := [][]string{{
		i18n.T(ctx, "consultations.column.title"), i18n.T(ctx, "consultations.column.state"), i18n.T(ctx, "consultations.column.zone"),
		i18n.T(ctx, "consultations.column.opens"), i18n.T(ctx, "consultations.column.closes"), i18n.T(ctx, "consultations.column.updated"),
	}}
	q := Query{Reach: reachOf(web.Viewer(c)), Sort: Sort{By: "updated", Desc: true}, Limit: 500}
	for {
		page, _, err := o.service.list(ctx, web.Tenant(c).ID, q)
		if err != nil {
			return err
		}
		for i := range page.Items {
			one := &page.Items[i]
			rows = append(rows, []string{
				one.Title, stateOf(ctx, one.Phase()).Word, web.Tenant(c).ZoneName(one.Zone),
				shortDate(ctx, one.Schedule, true), shortDate(ctx, one.Schedule, false), i18n.DateShort(ctx, one.UpdatedAt),
			})
		}
		if q.Cursor = page.Next; q.Cursor.IsZero() {
			return web.SpreadsheetCSV(c, "consultations.csv", rows)
		}
	}
}

func (o officeHandlers) newText(c *fiber.Ctx) error {
	return o.showText(c, nil, textForm{}, nil, nil, "")
}

func (o officeHandlers) create(c *fiber.Ctx) error {
	var form textForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if form.Do == doPreview {
		return o.previewText(c, nil, form)
	}
	if !errs.Any() {
		var id uuid.UUID
		id, err = o.service.create(web.Context(c), web.Tenant(c), web.Viewer(c), form.text(), form.schedule())
		if err == nil {
			web.Flash(c, "consultations.created")
			return web.SeeOther(c, officeHref(id)+"/"+stepPolls)
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return o.showText(c, nil, form, errs, nil, "")
}

func (o officeHandlers) text(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	locked := ""
	if err := may(web.Viewer(c), actWrite, &d.Consultation); err != nil {
		locked = explain(web.Context(c), err)
	}
	return o.showText(c, d, textFormOf(web.Context(c), &d.Consultation), nil, nil, locked)
}

func (o officeHandlers) saveText(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	var form textForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if form.Do == doPreview {
		return o.previewText(c, d, form)
	}
	if !errs.Any() {
		target := Target{ID: d.ID, Version: form.Version}
		err = o.service.edit(web.Context(c), web.Tenant(c), web.Viewer(c), target, form.text(), form.schedule(), form.Reason)
		if err == nil {
			web.Flash(c, "consultations.saved")
			return web.SeeOther(c, officeHref(d.ID))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
		if errors.Is(err, ErrStale) {
			// What was typed stays, on top of the version to replace knowingly.
			form.Version = d.Version
			return o.showText(c, d, form, errs, &ui.Link{Label: backTo(c, "consultations.stale.read", officeHref(d.ID)+"/"+stepText).Label, Href: officeHref(d.ID) + "/" + stepText}, "")
		}
	}
	return o.showText(c, d, form, errs, nil, "")
}

// previewText shows what the Markdown becomes: alone for htmx, in the page with
// all that was typed otherwise.
func (o officeHandlers) previewText(c *fiber.Ctx, d *Dossier, form textForm) error {
	c.Status(fiber.StatusOK)
	preview := &views.Preview{HTML: markdown.HTML(writing.Cut(form.Body, maxBody), 3)}
	if web.Fragment(c) {
		return web.Page(c, views.BodyPreview(preview))
	}
	p := textView(c, d, form, nil)
	p.Preview = preview
	return web.Page(c, views.WriteText(p))
}

func (o officeHandlers) showText(c *fiber.Ctx, d *Dossier, form textForm, errs ui.Errors, stale *ui.Link, locked string) error {
	p := textView(c, d, form, errs)
	p.Stale, p.Locked = stale, locked
	return web.Page(c, views.WriteText(p))
}

func textView(c *fiber.Ctx, d *Dossier, form textForm, errs ui.Errors) views.TextForm {
	ctx, t := web.Context(c), web.Tenant(c)
	p := views.TextForm{
		New: d == nil, Version: form.Version, Question: form.Title, Summary: form.Summary, Easy: form.Easy, Body: form.Body, Promise: form.Promise,
		Opens: form.Opens.String(), Closes: form.Closes.String(), Reason: form.Reason, Zones: ui.ZoneOptions(t),
		TimeZone: i18n.T(ctx, "consultations.form.clock", "Zone", i18n.ZoneName(ctx)),
	}
	if form.Zone != uuid.Nil {
		p.Zone = form.Zone.String()
	}
	if d == nil {
		title := i18n.T(ctx, "consultations.office.new")
		p.Office = views.Office{Title: title, Errors: errs, Header: ui.HeaderProps{Title: title, Lead: i18n.T(ctx, "consultations.office.new.lead")}}
		return p
	}
	p.Office, p.Fixed = frame(c, d, stepText, errs), d.Phase() == Open
	if may(web.Viewer(c), actDelete, &d.Consultation) == nil {
		p.Delete = officeHref(d.ID) + "/supprimer"
	}
	return p
}

func (o officeHandlers) delete(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	var form actForm
	if _, err := web.Bind(c, &form); err != nil {
		return err
	}
	if err := o.service.delete(web.Context(c), web.Tenant(c).ID, web.Viewer(c), Target{id, form.Version}); err != nil {
		return err
	}
	web.Flash(c, "consultations.deleted")
	return web.SeeOther(c, officePath)
}

func (o officeHandlers) documents(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	return showDocuments(c, d, "", nil)
}

func (o officeHandlers) addDocument(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	var form documentForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		if err = o.upload(c, d.ID, form); err == nil {
			web.Flash(c, "consultations.document.added")
			return web.SeeOther(c, officeHref(d.ID)+"/"+stepDocuments)
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return showDocuments(c, d, form.Title, errs)
}

func (o officeHandlers) upload(c *fiber.Ctx, id uuid.UUID, form documentForm) error {
	header, err := c.FormFile("document")
	if err != nil {
		return files.ErrEmpty.Wrap(err).On("document")
	}
	content, err := header.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	return o.service.addDocument(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id, form.Title, content)
}

func showDocuments(c *fiber.Ctx, d *Dossier, title string, errs ui.Errors) error {
	ctx, base := web.Context(c), officeHref(d.ID)
	doors := can(web.Viewer(c), &d.Consultation)
	p := views.DocumentsForm{
		Office: frame(c, d, stepDocuments, errs), Title: title, Action: base + "/" + stepDocuments, MayAdd: doors[actDocument],
		Documents: documentViews(ctx, d, base), Limit: i18n.T(ctx, "consultations.documents.limit", "Limit", maxDocumentBytes>>20),
	}
	for i, kind := range files.Documents {
		if i > 0 {
			p.Accept += ","
		}
		p.Accept += kind.Extension
	}
	if doors[actWithdraw] {
		for i := range p.Documents {
			p.Documents[i].Remove = p.Documents[i].Href + "/retirer"
		}
	}
	return web.Page(c, views.Documents(p))
}

func (o officeHandlers) download(c *fiber.Ctx) error {
	if _, err := o.find(c); err != nil {
		return err
	}
	return sendDocument(c, o.service, true)
}

func (o officeHandlers) removeDocument(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	document, err := web.UUIDParam(c, "document")
	if err != nil {
		return err
	}
	if err := o.service.removeDocument(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id, document); err != nil {
		return err
	}
	web.Flash(c, "consultations.document.removed")
	return web.SeeOther(c, officeHref(id)+"/"+stepDocuments)
}

func (o officeHandlers) preview(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	r := reader{viewer: web.Viewer(c), preview: true, easy: true}
	p := page(web.Context(c), web.Tenant(c), d, r)
	p.Title = windowOf(web.Context(c), i18n.T(web.Context(c), "consultations.office.preview"), d.Title)
	return web.Page(c, views.Page(p))
}
