package identity

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/identity/views"
	"parvis/app/ui"
	"parvis/app/web"
)

type profileForm struct {
	Name    string    `form:"name" label:"identity.name" validate:"required,max=80"`
	BornOn  string    `form:"born_on" validate:"max=10"`
	Address string    `form:"address" validate:"max=200"`
	Zone    uuid.UUID `form:"zone"`
	Locale  string    `form:"locale" validate:"max=10"`
	Notify  bool      `form:"notify"`
}

// mine reads the viewer's own account.
func (s *Service) mine(c *fiber.Ctx) (Account, error) {
	return s.Account(web.Context(c), web.Tenant(c).ID, web.Viewer(c).ID)
}

func (s *Service) profilePage(c *fiber.Ctx) error { return s.showProfile(c, nil, nil) }

// showProfile shows what was typed when something was wrong with it, and
// otherwise what is known.
func (s *Service) showProfile(c *fiber.Ctx, typed *profileForm, errs ui.Errors) error {
	a, err := s.mine(c)
	if err != nil {
		return err
	}
	f := profileForm{Name: a.Name, BornOn: a.BornOn, Address: a.Address, Zone: a.Zone, Locale: a.Locale, Notify: a.Notify}
	if typed != nil {
		f = *typed
	}
	return web.Page(c, views.ProfilePage(views.Profile{
		Name: f.Name, Email: a.Email, Address: f.Address, Zone: zoneText(f.Zone), BornOn: f.BornOn, Locale: f.Locale, Notify: f.Notify,
		Zones: ui.ZoneOptions(web.Tenant(c)), Languages: []ui.Option{{Value: "fr", Label: "Français"}, {Value: "en", Label: "English"}},
		BornOnProven: a.Person >= citizen.PersonDesk && a.BornOn != "", HasPassword: a.HasPassword,
		AddressProven: a.Residence > citizen.ResidenceDeclared,
	}, errs))
}

func (s *Service) saveProfile(c *fiber.Ctx) error {
	var f profileForm
	errs, err := web.Bind(c, &f)
	if err != nil {
		return err
	}
	if !errs.Any() {
		profile := Profile{Name: f.Name, BornOn: f.BornOn, Address: f.Address, Zone: f.Zone, Locale: f.Locale, Notify: f.Notify}
		err = s.SaveProfile(web.Context(c), web.Tenant(c), web.Viewer(c).ID, profile)
		if err == nil {
			web.Flash(c, "identity.profile.saved")
			return web.SeeOther(c, "/moi/profil")
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return s.showProfile(c, &f, errs)
}

func (s *Service) changeEmail(c *fiber.Ctx) error {
	var f signInForm
	errs, err := web.Bind(c, &f)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = s.AskNewEmail(web.Context(c), web.Tenant(c), web.Viewer(c).ID, browserOf(c), f.Email)
		if err == nil {
			return web.SeeOther(c, "/connexion/code")
		}
		var ok bool
		if errs, ok = web.Errors(c, onField(err, "email")); !ok {
			return err
		}
	}
	return s.showProfile(c, nil, errs)
}

type newPasswordForm struct {
	Password string `form:"password,raw" validate:"required"`
}

func (s *Service) setPassword(c *fiber.Ctx) error {
	var f newPasswordForm
	errs, err := web.Bind(c, &f)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = s.SetPassword(web.Context(c), web.Tenant(c), web.Viewer(c).ID, f.Password, web.SessionToken(c))
		if err == nil {
			web.Flash(c, "identity.profile.password.saved")
			return web.SeeOther(c, "/moi/profil")
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return s.showProfile(c, nil, errs)
}

func (s *Service) removePassword(c *fiber.Ctx) error {
	if err := s.SetPassword(web.Context(c), web.Tenant(c), web.Viewer(c).ID, "", web.SessionToken(c)); err != nil {
		return err
	}
	web.Flash(c, "identity.profile.password.removed")
	return web.SeeOther(c, "/moi/profil")
}

//i18n: identity.method.*

var methodNames = map[Method]string{
	ByLink: "identity.method.link", ByCode: "identity.method.code", ByPassword: "identity.method.password", ByDemo: "identity.method.demo",
}

func (s *Service) sessionsPage(c *fiber.Ctx) error {
	ctx := web.Context(c)
	sessions, err := s.Sessions(ctx, web.Tenant(c).ID, web.Viewer(c).ID, web.SessionToken(c))
	if err != nil {
		return err
	}
	page := make([]views.Session, len(sessions))
	for i, open := range sessions {
		device := open.Device
		if device == "" {
			device = i18n.T(ctx, "identity.sessions.unknown")
		}
		page[i] = views.Session{
			ID: open.ID.String(), Device: device, Current: open.Current, Method: i18n.T(ctx, methodNames[open.Method]),
			Since: i18n.T(ctx, "identity.sessions.since", "Time", i18n.DateTime(ctx, open.CreatedAt)),
			Seen:  i18n.T(ctx, "identity.sessions.seen", "Time", i18n.DateTime(ctx, open.SeenAt)),
		}
	}
	return web.Page(c, views.SessionsPage(page))
}

func (s *Service) endSession(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "session")
	if err != nil {
		return err
	}
	if err := s.Revoke(web.Context(c), web.Tenant(c).ID, web.Viewer(c).ID, id); err != nil {
		return err
	}
	web.Flash(c, "identity.sessions.ended")
	return web.SeeOther(c, "/moi/sessions")
}

func (s *Service) endOtherSessions(c *fiber.Ctx) error {
	if err := s.RevokeOthers(web.Context(c), web.Tenant(c).ID, web.Viewer(c).ID, web.SessionToken(c)); err != nil {
		return err
	}
	web.Flash(c, "identity.sessions.others_ended")
	return web.SeeOther(c, "/moi/sessions")
}

func (s *Service) proofsPage(c *fiber.Ctx) error {
	a, err := s.mine(c)
	if err != nil {
		return err
	}
	ctx := web.Context(c)
	step := func(name string, done bool, action *ui.Link) views.Step {
		key := "identity.proofs." + name
		return views.Step{
			Name: i18n.T(ctx, key), Allows: i18n.T(ctx, key+".allows"), How: i18n.T(ctx, key+".how", "Town", web.Tenant(c).Name),
			Done: done, Action: action,
		}
	}
	profile := func(key string) *ui.Link { return &ui.Link{Label: i18n.T(ctx, key), Href: "/moi/profil"} }
	//i18n: identity.proofs.email* identity.proofs.person_desk* identity.proofs.declared* identity.proofs.residence_desk*
	return web.Page(c, views.ProofsPage(views.Proofs{
		Address: a.Address,
		Person: views.Scale{
			Level: i18n.T(ctx, personNames[a.Person]), Since: since(ctx, a.PersonProvenAt),
			Steps: []views.Step{
				step("email", a.Person >= citizen.PersonEmail, profile("identity.proofs.email.action")),
				step("person_desk", a.Person >= citizen.PersonDesk, nil),
			},
		},
		Residence: views.Scale{
			Level: i18n.T(ctx, residenceNames[a.Residence]), Since: since(ctx, a.ResidenceProvenAt),
			Steps: []views.Step{
				step("declared", a.Residence >= citizen.ResidenceDeclared, profile("identity.proofs.declared.action")),
				step("residence_desk", a.Residence >= citizen.ResidenceDesk, nil),
			},
		},
	}))
}

func (s *Service) dataPage(c *fiber.Ctx) error { return web.Page(c, views.DataPage(nil)) }

func (s *Service) export(c *fiber.Ctx) error {
	all, err := s.ExportAll(web.Context(c), web.Tenant(c), web.Viewer(c).ID)
	if err != nil {
		return err
	}
	web.NoStore(c)
	web.Attachment(c, i18n.T(web.Context(c), "identity.data.export.file")+".json")
	return web.JSON(c, all)
}

type eraseForm struct {
	Sure bool `form:"sure"`
}

func (s *Service) erase(c *fiber.Ctx) error {
	var f eraseForm
	if _, err := web.Bind(c, &f); err != nil {
		return err
	}
	err := s.EraseAll(web.Context(c), web.Tenant(c), web.Viewer(c).ID, f.Sure)
	if err != nil {
		errs, ok := web.Errors(c, err)
		if !ok {
			return err
		}
		return web.Page(c, views.DataPage(errs))
	}
	web.ClearSession(c)
	web.Flash(c, "identity.erase.done")
	return web.SeeOther(c, "/")
}
