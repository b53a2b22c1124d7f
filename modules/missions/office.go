package missions

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/keyset"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/modules/missions/views"
)

// officeHandlers are the pages of the back office. The router lets only staff
// in; the service decides again at each act.
type officeHandlers struct{ service *service }

// officeTabs are the parts of the back office that a viewer works in.
func officeTabs(ctx context.Context, v citizen.Viewer, current string) []ui.Tab {
	tab := func(path, label string) ui.Tab {
		return ui.Tab{Label: label, Href: officePath + path, Current: current == path}
	}
	tabs := []ui.Tab{tab("", i18n.T(ctx, "missions.title"))}
	if mayStaff(v, actReadAid) == nil {
		tabs = append(tabs, tab("/dispositif", i18n.T(ctx, "missions.scheme.title")), tab("/demandes", i18n.T(ctx, "missions.claims.title")))
	}
	if mayStaff(v, actModerate) == nil {
		tabs = append(tabs, tab("/signalements", i18n.T(ctx, "missions.flags.title")))
	}
	return tabs
}

func (o officeHandlers) index(c *fiber.Ctx) error {
	ctx, t, v, q := web.Context(c), web.Tenant(c), web.Viewer(c), deskQuery(c)
	l, err := o.service.all(ctx, t, q)
	if err != nil {
		return err
	}
	p := views.OfficeList{
		Tabs:   officeTabs(ctx, v, ""),
		Search: ui.SearchProps{Action: officePath, Name: "q", Value: q.Words, Label: i18n.T(ctx, "missions.filter.words")},
		Pager:  ui.PagerOf(l.Next, l.Prev, func(at keyset.Cursor) string { return deskAddress(officePath, q, at) }),
		Table: ui.TableProps{ID: "missions", Caption: i18n.T(ctx, "missions.title"), Empty: i18n.T(ctx, "missions.none.title"), Columns: []ui.Column{
			{Label: i18n.T(ctx, "missions.fact.mission")}, {Label: i18n.T(ctx, "missions.fact.host")}, {Label: i18n.T(ctx, "missions.column.state")},
			{Label: i18n.T(ctx, "missions.fact.when")}, {Label: i18n.T(ctx, "missions.column.changed")},
		}},
	}
	if mayStaff(v, actLead) == nil {
		p.Desk = &ui.Link{Label: i18n.T(ctx, "missions.new.town"), Href: newHref(uuid.Nil)}
	}
	for _, m := range l.Items {
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: m.ID.String(), Muted: m.Phase() == Cancelled, Cells: []ui.Cell{
			ui.LinkCell(m.Title, officePath+"/"+m.ID.String()), ui.Text(l.hosts[m.Host].Name), ui.BodyCell(ui.StateBadge(phaseOf(ctx, m.Phase()))),
			ui.Text(when(ctx, m)), ui.Text(i18n.DateShort(ctx, m.UpdatedAt)),
		}})
	}
	return web.Page(c, views.Office(p))
}

// overview shows a mission to staff: its own hosts run it, staff may cancel it.
func (o officeHandlers) overview(c *fiber.Ctx) error {
	return o.showOverview(c, reasonForm{}, nil)
}

func (o officeHandlers) showOverview(c *fiber.Ctx, form reasonForm, errs ui.Errors) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	m, host, err := o.service.inOffice(ctx, t, id)
	if err != nil {
		return err
	}
	state := phaseOf(ctx, m.Phase())
	p := views.OfficeCancel{
		Title: m.Title, Header: ui.HeaderProps{Eyebrow: host, Title: m.Title, State: &state}, Reason: form.Reason, Errors: errs,
		Public: ui.Link{Label: i18n.T(ctx, "missions.lead.see"), Href: href(id)},
	}
	switch {
	case m.Phase() == Cancelled:
		p.Closed = i18n.T(ctx, "missions.cancelled.why", "Reason", m.CancelReason)
	case !m.Published:
		p.Closed = explain(ctx, ErrInDraft)
	case mayStaff(v, actCancel) != nil:
		p.Closed = i18n.T(ctx, "missions.office.read_only")
	}
	return web.Page(c, views.CancelPage(p))
}

func (o officeHandlers) cancel(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	if err := mayStaff(web.Viewer(c), actCancel); err != nil {
		return err
	}
	var form reasonForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		if err = o.service.cancel(web.Context(c), web.Tenant(c), web.Viewer(c), Target{ID: id}, form.Reason); err == nil {
			web.Flash(c, "missions.cancelled.done")
			return web.SeeOther(c, officePath+"/"+id.String())
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return o.showOverview(c, form, errs)
}

// inOffice reads a mission, draft or not, with the name of its host.
func (s *service) inOffice(ctx context.Context, t *tenant.Tenant, id uuid.UUID) (m *Mission, host string, err error) {
	err = s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		if m, err = s.store.find(ctx, tx, t.ID, id); err != nil {
			return err
		}
		named, err := s.hostsOf(ctx, tx, t, m.Host)
		host = named[m.Host].Name
		return err
	})
	return m, host, err
}

func (o officeHandlers) scheme(c *fiber.Ctx) error {
	ctx := web.Context(c)
	if err := mayStaff(web.Viewer(c), actReadAid); err != nil {
		return err
	}
	s, found, err := o.service.schemeOf(ctx, web.Tenant(c).ID)
	if err != nil {
		return err
	}
	form := schemeForm{Hours: "70", AgeFrom: web.WholeOf(16), AgeTo: web.WholeOf(25)}
	if found {
		form = schemeFormOf(ctx, s)
	}
	return showScheme(c, form, nil)
}

func (o officeHandlers) saveScheme(c *fiber.Ctx) error {
	if err := mayStaff(web.Viewer(c), actReadAid); err != nil {
		return err
	}
	var form schemeForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		if err = o.service.configure(web.Context(c), web.Tenant(c).ID, web.Viewer(c), form.scheme()); err == nil {
			web.Flash(c, "missions.scheme.saved")
			return web.SeeOther(c, officePath+"/dispositif")
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return showScheme(c, form, errs)
}

func showScheme(c *fiber.Ctx, f schemeForm, errs ui.Errors) error {
	ctx, v := web.Context(c), web.Viewer(c)
	return web.Page(c, views.SchemePage(views.Scheme{
		Tabs: officeTabs(ctx, v, "/dispositif"), Errors: errs, Version: strconv.FormatInt(f.Version, 10), Name: f.Name, Hours: f.Hours,
		Amount: f.Amount.String(), AgeFrom: f.AgeFrom.String(), AgeTo: f.AgeTo.String(), Conditions: f.Conditions, Open: f.Open,
		ReadOnly: mayStaff(v, actScheme) != nil,
	}))
}

func (s *service) schemeOf(ctx context.Context, t tenant.ID) (scheme Scheme, found bool, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		scheme, found, err = s.store.scheme(ctx, tx, t)
		return err
	})
	return scheme, found, err
}

func (o officeHandlers) claims(c *fiber.Ctx) error { return o.showClaims(c, "", "", nil) }

// showClaims lists the claims; failed is the one whose form has errors.
func (o officeHandlers) showClaims(c *fiber.Ctx, failed, typed string, errs ui.Errors) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	if err := mayStaff(v, actReadAid); err != nil {
		return err
	}
	var list []Claim
	err := o.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		list, err = o.service.store.claims(ctx, tx, t.ID, 200)
		return err
	})
	if err != nil {
		return err
	}
	p := views.Claims{Tabs: officeTabs(ctx, v, "/demandes"), Errors: errs}
	for _, k := range list {
		line := claimLine(ctx, k, k.Name)
		if line.Title == "" {
			line.Title = i18n.T(ctx, "missions.somebody")
		}
		base := officePath + "/demandes/" + line.ID
		switch {
		case k.Citizen == v.ID:
		case k.State == Filed && mayStaff(v, actDecide) == nil:
			line.Decide = base + "/decider"
		case k.State == Granted && mayStaff(v, actPay) == nil:
			line.Pay = base + "/payer"
		}
		if line.Failed = line.ID == failed; line.Failed {
			line.Reason = typed
		}
		p.List = append(p.List, line)
	}
	return web.Page(c, views.ClaimsPage(p))
}

// settle runs an act on a claim, then shows the list again.
func (o officeHandlers) settle(c *fiber.Ctx, form any, flash string, typed func() string, act func(id uuid.UUID) error) error {
	id, err := web.UUIDParam(c, "claim")
	if err != nil {
		return err
	}
	errs, err := web.Bind(c, form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		if err = act(id); err == nil {
			web.Flash(c, flash)
			return web.SeeOther(c, officePath+"/demandes")
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return o.showClaims(c, id.String(), typed(), errs)
}

func (o officeHandlers) decide(c *fiber.Ctx) error {
	var form struct {
		Grant  string `form:"grant"`
		Reason string `form:"reason" label:"missions.claims.reason"`
	}
	return o.settle(c, &form, "missions.claims.decided", func() string { return form.Reason }, func(id uuid.UUID) error {
		return o.service.decideClaim(web.Context(c), web.Tenant(c), web.Viewer(c), id, form.Grant == "oui", form.Reason)
	})
}

func (o officeHandlers) pay(c *fiber.Ctx) error {
	var form struct {
		Payment string `form:"payment" label:"missions.claims.payment"`
	}
	return o.settle(c, &form, "missions.claims.paid.done", func() string { return form.Payment }, func(id uuid.UUID) error {
		return o.service.payClaim(web.Context(c), web.Tenant(c), web.Viewer(c), id, form.Payment)
	})
}

func (o officeHandlers) flags(c *fiber.Ctx) error {
	ctx := web.Context(c)
	list, err := o.service.flagged(ctx, web.Tenant(c).ID, web.Viewer(c))
	if err != nil {
		return err
	}
	p := views.Flags{Tabs: officeTabs(ctx, web.Viewer(c), "/signalements")}
	for _, f := range list {
		who := f.Name
		if f.FromHost {
			who = i18n.T(ctx, "missions.fact.host")
		}
		p.List = append(p.List, views.FlagLine{
			Who: who, Mission: f.Mission, When: i18n.DateTime(ctx, f.At), Text: f.Body, Action: officePath + "/signalements/" + f.ID.String(),
		})
	}
	return web.Page(c, views.FlagsPage(p))
}

func (o officeHandlers) settleFlag(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "message")
	if err != nil {
		return err
	}
	var form struct {
		Hide string `form:"hide"`
	}
	if _, err := web.Bind(c, &form); err != nil {
		return err
	}
	if err := o.service.settleFlag(web.Context(c), web.Tenant(c).ID, web.Viewer(c), id, form.Hide == "oui"); err != nil {
		return err
	}
	web.Flash(c, "missions.flags.done")
	return web.SeeOther(c, officePath+"/signalements")
}
