package associations

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/web"
)

// The acts of the town hall on an association: the last part of their addresses.
const (
	stepVerify  = "verifier"
	stepRefuse  = "refuser"
	stepClose   = "clore"
	stepReopen  = "rouvrir"
	stepDismiss = "retirer"
	stepAnswer  = "demandes"
)

// act does one of them, and says beside its form what is wrong with it.
func (o officeHandlers) act(step, done string, do func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, form stateForm) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f, err := o.folder(c)
		if err != nil {
			return err
		}
		var form stateForm
		errs, err := web.Bind(c, &form)
		if err != nil {
			return err
		}
		if !errs.Any() {
			err = do(web.Context(c), web.Tenant(c), web.Viewer(c), Target{ID: f.ID, Version: form.Version}, form)
			if err == nil {
				web.Flash(c, done)
				return web.SeeOther(c, officeHref(f.ID))
			}
		}
		if errs, err = keepTyped(c, err, errs); err != nil {
			return err
		}
		return o.showLead(c, f, typed{act: step, reason: form.Reason, errs: errs})
	}
}

// verify, refuse, shut and reopen.
//
// i18n: associations.office.done.*
func (o officeHandlers) acts(office fiber.Router) {
	s := o.service
	office.Post("/:id/"+stepVerify, o.act(stepVerify, "associations.office.done.verified",
		func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, form stateForm) error {
			return s.verify(ctx, t, v, target, form.Numberless)
		}))
	office.Post("/:id/"+stepRefuse, o.act(stepRefuse, "associations.office.done.refused",
		func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, form stateForm) error {
			return s.refuse(ctx, t, v, target, form.Reason)
		}))
	office.Post("/:id/"+stepClose, o.act(stepClose, "associations.office.done.closed",
		func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, form stateForm) error {
			return s.shut(ctx, t, v, target, form.Reason)
		}))
	office.Post("/:id/"+stepReopen, o.act(stepReopen, "associations.office.done.reopened",
		func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, _ stateForm) error {
			return s.reopen(ctx, t, v, target)
		}))
}

func (o officeHandlers) answer(c *fiber.Ctx) error {
	f, err := o.folder(c)
	if err != nil {
		return err
	}
	claim, err := web.UUIDParam(c, "claim")
	if err != nil {
		return err
	}
	var form answerForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	err = o.service.answer(web.Context(c), web.Tenant(c), web.Viewer(c), f.ID, claim, Answer(form), true)
	if err == nil {
		web.Flash(c, "associations.claim.settled")
		return web.SeeOther(c, officeHref(f.ID))
	}
	if errs, err = keepTyped(c, err, errs); err != nil {
		return err
	}
	return o.showLead(c, f, typed{act: stepAnswer, claim: claim, reason: form.Reason, errs: errs})
}

func (o officeHandlers) dismiss(c *fiber.Ctx) error {
	f, err := o.folder(c)
	if err != nil {
		return err
	}
	who, err := web.UUIDParam(c, "citizen")
	if err != nil {
		return err
	}
	var form stateForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	err = o.service.dismiss(web.Context(c), web.Tenant(c), web.Viewer(c), f.ID, citizen.ID(who), form.Reason)
	if err == nil {
		web.Flash(c, "associations.office.done.dismissed")
		return web.SeeOther(c, officeHref(f.ID))
	}
	if errs, err = keepTyped(c, err, errs); err != nil {
		return err
	}
	return o.showLead(c, f, typed{act: stepDismiss, claim: who, reason: form.Reason, errs: errs})
}

func (o officeHandlers) withdrawPost(c *fiber.Ctx) error {
	f, err := o.folder(c)
	if err != nil {
		return err
	}
	post, err := web.UUIDParam(c, "post")
	if err != nil {
		return err
	}
	if err := o.service.withdrawPost(web.Context(c), web.Tenant(c).ID, web.Viewer(c), f.ID, post, true); err != nil {
		return err
	}
	web.Flash(c, "associations.post.withdrawn")
	return web.SeeOther(c, officeHref(f.ID))
}
