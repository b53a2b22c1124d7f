package missions

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/modules/missions/views"
)

// read reads the inscription that the address names.
func (h handlers) read(c *fiber.Ctx) (*thread, error) {
	id, err := web.UUIDParam(c, "inscription")
	if err != nil {
		return nil, err
	}
	return h.service.thread(web.Context(c), web.Tenant(c), web.Viewer(c), id)
}

func (h handlers) inscription(c *fiber.Ctx) error {
	th, err := h.read(c)
	if err != nil {
		return err
	}
	return web.Page(c, views.Inscription(h.threadView(c, th)))
}

// threadView is the page of an inscription, with a fresh pass where one helps.
func (h handlers) threadView(c *fiber.Ctx, th *thread) views.Thread {
	ctx, t := web.Context(c), web.Tenant(c)
	p := threadView(ctx, t, web.Viewer(c), th)
	if th.State == Accepted && !th.asHost && th.Attendance == "" && !th.slot.overAt(th.mission.Now) {
		until := th.mission.Now.Add(passLife)
		p.Pass = passView(ctx, h.service.url(t, sitePath+"/pointage/"+h.service.pass(t.ID, th.ID, until)), until)
	}
	return p
}

// do runs an act on an inscription, then shows its page again; what is wrong
// with the form is said in the page, with what was typed.
func (h handlers) do(c *fiber.Ctx, form any, flash string, failed string,
	act func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) error, keep func(p *views.Thread),
) error {
	th, err := h.read(c)
	if err != nil {
		return err
	}
	var errs ui.Errors
	if form != nil {
		if errs, err = web.Bind(c, form); err != nil {
			return err
		}
	}
	if !errs.Any() {
		if err = act(web.Context(c), web.Tenant(c), web.Viewer(c), th.ID); err == nil {
			web.Flash(c, flash)
			return web.SeeOther(c, inscriptionHref(th.ID))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	p := h.threadView(c, th)
	if p.Errors, p.Failed = errs, failed; keep != nil {
		keep(&p)
	}
	return web.Page(c, views.Inscription(p))
}

func (h handlers) say(c *fiber.Ctx) error {
	var form messageForm
	return h.do(c, &form, "missions.message.sent", "message", func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) error {
		return h.service.say(ctx, t, v, id, form.Message)
	}, func(p *views.Thread) { p.Message = form.Message })
}

func (h handlers) flag(c *fiber.Ctx) error {
	message, err := web.UUIDParam(c, "message")
	if err != nil {
		return err
	}
	return h.do(c, nil, "missions.message.flag.done", "", func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) error {
		return h.service.flagMessage(ctx, t, v, id, message)
	}, nil)
}

func (h handlers) withdraw(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "inscription")
	if err != nil {
		return err
	}
	if err := h.service.withdraw(web.Context(c), web.Tenant(c), web.Viewer(c), id); err != nil {
		return err
	}
	web.Flash(c, "missions.withdrawn")
	return web.SeeOther(c, minePath)
}

func (h handlers) accept(c *fiber.Ctx) error {
	return h.do(c, nil, "missions.accepted", "", h.service.accept, nil)
}

func (h handlers) refuse(c *fiber.Ctx) error {
	var form reasonForm
	return h.do(c, &form, "missions.refused", "refuser", func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) error {
		return h.service.refuse(ctx, t, v, id, form.Reason)
	}, func(p *views.Thread) { p.Reason = form.Reason })
}

func (h handlers) attend(c *fiber.Ctx) error {
	var form struct {
		Came string `form:"came"`
	}
	return h.do(c, &form, "missions.attended", "", func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) error {
		return h.service.attend(ctx, t, v, id, form.Came != "non")
	}, nil)
}

func (h handlers) validate(c *fiber.Ctx) error {
	var form hoursForm
	return h.do(c, &form, "missions.validated", "heures", func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) error {
		return h.service.validate(ctx, t, v, id, form.work())
	}, func(p *views.Thread) {
		if p.Validate != nil {
			*p.Validate = views.Hours{From: form.From.String(), Hours: form.Hours.String(), Minutes: form.Minutes.String()}
		}
	})
}

func (h handlers) correct(c *fiber.Ctx) error {
	line, err := strconv.ParseInt(c.Params("line"), 10, 64)
	if err != nil || line <= 0 {
		return web.ErrNotFound
	}
	var form fixForm
	id := strconv.FormatInt(line, 10)
	return h.do(c, &form, "missions.corrected", id, func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, of uuid.UUID) error {
		minutes := inMinutes(form.Hours, form.Minutes)
		if !form.Hours.Set {
			minutes = -1
		}
		return h.service.correct(ctx, t, v, of, line, minutes, form.Why)
	}, func(p *views.Thread) {
		for i := range p.Lines {
			if fix := p.Lines[i].Fix; fix != nil && fix.ID == id {
				fix.Hours, fix.Minutes, fix.Why = form.Hours.String(), form.Minutes.String(), form.Why
			}
		}
	})
}

// checkIn is the page that a pass leads to: whoever runs the mission confirms.
func (h handlers) checkIn(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	pass := c.Params("pass")
	th, err := h.service.shown(ctx, t, web.Viewer(c), pass)
	if err != nil {
		return err
	}
	return web.Page(c, views.CheckInPage(checkInView(ctx, th, sitePath+"/pointage/"+pass)))
}

func (h handlers) checkedIn(c *fiber.Ctx) error {
	mission, err := h.service.checkIn(web.Context(c), web.Tenant(c), web.Viewer(c), c.Params("pass"))
	if err != nil {
		return err
	}
	web.Flash(c, "missions.checkin.done")
	return web.SeeOther(c, leadHref(mission))
}

func (h handlers) mine(c *fiber.Ctx) error {
	my, err := h.service.mine(web.Context(c), web.Tenant(c), web.Viewer(c))
	if err != nil {
		return err
	}
	web.NoStore(c)
	return web.Page(c, views.MinePage(mineView(web.Context(c), web.Tenant(c), web.Viewer(c), my)))
}

func (h handlers) offer(c *fiber.Ctx) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	var form offerForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	o := Volunteer{Visible: form.Visible, Skills: form.Skills, Availability: form.Availability, Zone: form.Zone}
	if !errs.Any() {
		if o.Place, err = point(t, form.Pin); err == nil {
			err = h.service.offer(ctx, t, v, o)
		}
		if err == nil {
			web.Flash(c, "missions.offer.saved")
			return web.SeeOther(c, minePath+"#disponibilites")
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	my, err := h.service.mine(ctx, t, v)
	if err != nil {
		return err
	}
	my.offer = o
	p := mineView(ctx, t, v, my)
	p.Errors, p.Offer.Pin.Value, p.Offer.Pin.Error = errs, form.Pin, errs.For("pin")
	return web.Page(c, views.MinePage(p))
}

func (h handlers) claim(c *fiber.Ctx) error {
	if err := h.service.claim(web.Context(c), web.Tenant(c), web.Viewer(c)); err != nil {
		return err
	}
	web.Flash(c, "missions.claim.filed")
	return web.SeeOther(c, minePath)
}
