package missions

import (
	"errors"
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/keyset"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/app/writing"
	"parvis/modules/missions/views"
)

// desk lists the missions that one leads.
func (h handlers) desk(c *fiber.Ctx) error {
	q := deskQuery(c)
	d, err := h.service.desk(web.Context(c), web.Tenant(c), web.Viewer(c), q)
	if err != nil {
		return err
	}
	return web.Page(c, views.DeskPage(deskView(web.Context(c), d, q)))
}

// deskQuery reads the address of a list of missions to run.
func deskQuery(c *fiber.Ctx) Query {
	q := Query{Words: writing.Cut(c.Query("q"), 200), Limit: perPage}
	q.Cursor = keyset.Read(c.Query(keyset.After), c.Query(keyset.Before))
	return q
}

// deskAddress is the address of such a list at a place in it.
func deskAddress(path string, q Query, at keyset.Cursor) string {
	v := url.Values{}
	if q.Words != "" {
		v.Set("q", q.Words)
	}
	at.Write(v)
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

func (h handlers) newMission(c *fiber.Ctx) error {
	form := missionForm{Kind: string(Dated), Capacity: web.WholeOf(5), ProjectTitle: c.Query("projet"), ProjectHref: c.Query("lien")}
	if id, err := uuid.Parse(c.Query("association")); err == nil {
		form.Association = id
	}
	if form.ProjectTitle != "" {
		form.Title = i18n.T(web.Context(c), "missions.form.from_project", "Project", form.ProjectTitle)
	}
	return h.showForm(c, nil, form, nil, nil)
}

func (h handlers) createMission(c *fiber.Ctx) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	var form missionForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		text, err := form.text(t)
		var id uuid.UUID
		if err == nil {
			id, err = h.service.create(ctx, t, v, form.Association, text, int(min(max(form.Capacity.N, 0), maxCapacity+1)))
		}
		if err == nil {
			web.Flash(c, "missions.created")
			return web.SeeOther(c, leadHref(id))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return h.showForm(c, nil, form, errs, nil)
}

// leading reads the mission that the address names, for those who run it.
func (h handlers) leading(c *fiber.Ctx) (led, error) {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return led{}, err
	}
	return h.service.leading(web.Context(c), web.Tenant(c), web.Viewer(c), id)
}

func (h handlers) editMission(c *fiber.Ctx) error {
	l, err := h.leading(c)
	if err != nil {
		return err
	}
	return h.showForm(c, &l, missionFormOf(l.Mission), nil, nil)
}

func (h handlers) saveMission(c *fiber.Ctx) error {
	l, err := h.leading(c)
	if err != nil {
		return err
	}
	ctx, t := web.Context(c), web.Tenant(c)
	var form missionForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		text, err := form.text(t)
		if err == nil {
			err = h.service.edit(ctx, t, web.Viewer(c), Target{ID: l.ID, Version: form.Version}, text)
		}
		if err == nil {
			web.Flash(c, "missions.saved")
			return web.SeeOther(c, leadHref(l.ID))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
		if errors.Is(err, ErrStale) {
			// What was typed stays, on top of the version to replace knowingly.
			form.Version = l.Version
			return h.showForm(c, &l, form, errs, &ui.Link{Label: i18n.T(ctx, "missions.stale.read"), Href: leadHref(l.ID) + "/texte"})
		}
	}
	return h.showForm(c, &l, form, errs, nil)
}

func (h handlers) showForm(c *fiber.Ctx, l *led, form missionForm, errs ui.Errors, stale *ui.Link) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	host, err := h.service.mayOpen(ctx, t, v, form.Association)
	if err != nil {
		return err
	}
	p := writeView(ctx, t, l, form, host)
	p.Errors, p.Stale, p.Pin.Error = errs, stale, errs.For("pin")
	return web.Page(c, views.WritePage(p))
}

func (h handlers) lead(c *fiber.Ctx) error {
	l, err := h.leading(c)
	if err != nil {
		return err
	}
	return web.Page(c, views.LeadPage(leadView(web.Context(c), web.Tenant(c), l)))
}

// run performs an act on a mission, then shows its page again; what is wrong
// with the form is said in the page, with what was typed.
func (h handlers) run(c *fiber.Ctx, form any, flash, failed string, act func(l led, v citizen.Viewer) error, keep func(p *views.Lead)) error {
	l, err := h.leading(c)
	if err != nil {
		return err
	}
	errs, err := web.Bind(c, form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		if err = act(l, web.Viewer(c)); err == nil {
			web.Flash(c, flash)
			return web.SeeOther(c, leadHref(l.ID))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	p := leadView(web.Context(c), web.Tenant(c), l)
	p.Errors, p.Failed = errs, failed
	keep(&p)
	return web.Page(c, views.LeadPage(p))
}

func (h handlers) publish(c *fiber.Ctx) error {
	var form reasonForm
	return h.run(c, &form, "missions.published", "", func(l led, v citizen.Viewer) error {
		return h.service.publish(web.Context(c), web.Tenant(c), v, Target{ID: l.ID, Version: form.Version})
	}, func(*views.Lead) {})
}

func (h handlers) cancel(c *fiber.Ctx) error {
	var form reasonForm
	return h.run(c, &form, "missions.cancelled.done", "annuler", func(l led, v citizen.Viewer) error {
		return h.service.cancel(web.Context(c), web.Tenant(c), v, Target{ID: l.ID, Version: form.Version}, form.Reason)
	}, func(p *views.Lead) { p.Reason = form.Reason })
}

func (h handlers) delete(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	if err := h.service.delete(web.Context(c), web.Tenant(c), web.Viewer(c), Target{ID: id}); err != nil {
		return err
	}
	web.Flash(c, "missions.deleted")
	return web.SeeOther(c, leadPath)
}

func (h handlers) addSlot(c *fiber.Ctx) error {
	var form slotForm
	return h.run(c, &form, "missions.slot.added", "", func(l led, v citizen.Viewer) error {
		return h.service.addSlot(web.Context(c), web.Tenant(c), v, l.ID, form.slot())
	}, func(p *views.Lead) {
		if p.AddSlot != nil {
			keepSlot(p.AddSlot, form, p.Errors)
		}
	})
}

func (h handlers) moveSlot(c *fiber.Ctx) error {
	slot, err := web.UUIDParam(c, "slot")
	if err != nil {
		return err
	}
	var form slotForm
	return h.run(c, &form, "missions.slot.moved", slot.String(), func(l led, v citizen.Viewer) error {
		to := form.slot()
		to.ID = slot
		return h.service.moveSlot(web.Context(c), web.Tenant(c), v, l.ID, to)
	}, func(p *views.Lead) {
		i := slices.IndexFunc(p.Slots, func(s views.LeadSlot) bool { return s.ID == slot.String() })
		if i >= 0 && p.Slots[i].Form != nil {
			keepSlot(p.Slots[i].Form, form, p.Errors)
		}
	})
}

func (h handlers) removeSlot(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	slot, err := web.UUIDParam(c, "slot")
	if err != nil {
		return err
	}
	if err := h.service.removeSlot(web.Context(c), web.Tenant(c), web.Viewer(c), id, slot); err != nil {
		return err
	}
	web.Flash(c, "missions.slot.removed")
	return web.SeeOther(c, leadHref(id))
}

// export is the list of who comes, to print or to keep: names, never more.
func (h handlers) export(c *fiber.Ctx) error {
	l, err := h.leading(c)
	if err != nil {
		return err
	}
	ctx := web.Context(c)
	rows := [][]string{{
		i18n.T(ctx, "missions.column.slot"), i18n.T(ctx, "missions.column.name"), i18n.T(ctx, "missions.column.state"),
		i18n.T(ctx, "missions.column.attendance"), i18n.T(ctx, "missions.column.minutes"),
	}}
	for _, i := range l.inscriptions {
		rows = append(rows, []string{
			slotOf(ctx, l.Mission, i), i.Name, stateOf(ctx, i.State).Word, attendanceWord(ctx, i.Attendance), strconv.FormatInt(i.Minutes, 10),
		})
	}
	return web.SpreadsheetCSV(c, "inscriptions.csv", rows)
}

// find is the search of people for a mission.
func (h handlers) find(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	t := web.Tenant(c)
	w := readWanted(c)
	m, found, err := h.service.find(web.Context(c), t, web.Viewer(c), id, w)
	if err != nil {
		return err
	}
	return web.Page(c, views.PeoplePage(peopleView(web.Context(c), t, m, w, found)))
}

func readWanted(c *fiber.Ctx) (w Wanted) {
	if skill := c.Query("competence"); slices.Contains(Skills, skill) {
		w.Skill = skill
	}
	if when := c.Query("quand"); slices.Contains(Availabilities, when) {
		w.Availability = when
	}
	if id, err := uuid.Parse(c.Query("quartier")); err == nil && web.Tenant(c).HasZone(id) {
		w.Zone = id
	}
	if n, err := strconv.Atoi(c.Query("rayon")); err == nil && slices.Contains(radii, n) {
		w.Radius = n
	}
	return w
}

func (h handlers) invite(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	to, err := web.UUIDParam(c, "citizen")
	if err != nil {
		return err
	}
	if err := h.service.invite(web.Context(c), web.Tenant(c), web.Viewer(c), id, citizen.ID(to)); err != nil {
		return err
	}
	web.Flash(c, "missions.invited.done")
	return web.SeeOther(c, leadHref(id)+"/benevoles")
}
