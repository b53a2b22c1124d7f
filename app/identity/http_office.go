package identity

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/access"
	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/identity/views"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
)

type findForm struct {
	Query string `form:"q" validate:"required,max=254"`
}

// only refuses at once whoever may do that nowhere, before anything they sent
// is looked at.
func only(action access.Action, next fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if v := web.Viewer(c); !mayAnywhere(v, action) {
			return access.Platform.Decide(v, action, access.Scope{}).Err()
		}
		return next(c)
	}
}

func (s *Service) deskPage(c *fiber.Ctx) error { return s.showDesk(c, views.Desk{}, nil) }

func (s *Service) showDesk(c *fiber.Ctx, d views.Desk, errs ui.Errors) error {
	d.MayCreate = mayAnywhere(web.Viewer(c), access.CreateCitizen)
	return web.Page(c, views.DeskPage(d, errs))
}

// find answers a POST: what is searched for is a person's name or address,
// which has no place in the history of a shared computer nor in a log.
func (s *Service) find(c *fiber.Ctx) error {
	var f findForm
	errs, err := web.Bind(c, &f)
	if err != nil {
		return err
	}
	d := views.Desk{Query: f.Query}
	if !errs.Any() {
		found, err := s.Find(web.Context(c), web.Tenant(c), web.Viewer(c), f.Query)
		var ok bool
		if err == nil {
			d.Asked, d.Found = true, people(web.Context(c), web.Tenant(c), found)
		} else if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	web.NoStore(c)
	return s.showDesk(c, d, errs)
}

func people(ctx context.Context, t *tenant.Tenant, found []Found) []views.Person {
	list := make([]views.Person, len(found))
	for i, f := range found {
		list[i] = views.Person{
			ID: f.ID.String(), Name: f.Name, Email: f.Email, Zone: t.ZoneName(f.Zone),
			Person: i18n.T(ctx, personNames[f.Person]), Residence: i18n.T(ctx, residenceNames[f.Residence]),
		}
	}
	return list
}

type assistedForm struct {
	civilForm
	Name          string    `form:"name" label:"identity.name" validate:"required,max=80"`
	Email         string    `form:"email" validate:"max=254"`
	BornOn        string    `form:"born_on" validate:"max=10"`
	Address       string    `form:"address" validate:"max=200"`
	Zone          uuid.UUID `form:"zone"`
	IdentityShown bool      `form:"identity_shown"`
	AddressShown  bool      `form:"address_shown"`
	Present       bool      `form:"present"`
}

func (s *Service) assistedPage(c *fiber.Ctx) error { return s.showAssisted(c, assistedForm{}, nil) }

func (s *Service) showAssisted(c *fiber.Ctx, f assistedForm, errs ui.Errors) error {
	return web.Page(c, views.AssistedPage(views.Assisted{
		Name: f.Name, Email: f.Email, BornOn: f.BornOn, Address: f.Address, Zone: zoneText(f.Zone), Zones: ui.ZoneOptions(web.Tenant(c)),
		Present: f.Present, IdentityShown: f.IdentityShown, AddressShown: f.AddressShown, Civil: f.view(),
	}, errs))
}

func (s *Service) createAssisted(c *fiber.Ctx) error {
	var f assistedForm
	errs, err := web.Bind(c, &f)
	if err != nil {
		return err
	}
	if !errs.Any() {
		id, err := s.CreateAssisted(web.Context(c), web.Tenant(c), web.Viewer(c), browserOf(c), Assisted{
			SignUp: SignUp{Name: f.Name, Email: f.Email, Address: f.Address, Zone: f.Zone},
			BornOn: f.BornOn, Present: f.Present, IdentityShown: f.IdentityShown, AddressShown: f.AddressShown,
			FamilyName: f.FamilyName, FirstName: f.FirstName, BornIn: f.BornIn, SamePerson: f.SamePerson,
		})
		if err == nil {
			web.Flash(c, "identity.assisted.done")
			return web.SeeOther(c, filePath(id))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return s.showAssisted(c, f, errs)
}

func filePath(id citizen.ID) string { return "/office/citoyens/" + id.String() }

func citizenParam(c *fiber.Ctx) (citizen.ID, error) {
	id, err := web.UUIDParam(c, "citizen")
	return citizen.ID(id), err
}

func (s *Service) filePage(c *fiber.Ctx) error {
	id, err := citizenParam(c)
	if err != nil {
		return err
	}
	return s.showFile(c, id, nil, nil)
}

func (s *Service) showFile(c *fiber.Ctx, id citizen.ID, shown *shownForm, errs ui.Errors) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	a, err := s.Open(ctx, t, v, id)
	if err != nil {
		return err
	}
	file := fileOf(ctx, t, v, a)
	if shown != nil {
		file.Civil = shown.view()
		file.ShownBornOn, file.ShownAddress, file.ShownZone = shown.BornOn, shown.Address, zoneText(shown.Zone)
	}
	if access.Platform.Decide(v, access.ReadJournal, access.Scope{}).Allowed {
		lines, names, err := s.Journal(ctx, t.ID, v, audit.Query{Subject: SubjectOf(id), Limit: 20})
		if err != nil {
			return err
		}
		file.Lines = journalLines(ctx, lines, names)
	}
	return web.Page(c, views.FilePage(file, errs))
}

func fileOf(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, a Account) views.File {
	file := views.File{
		ID: a.ID.String(), Name: a.Name, Email: a.Email, Address: a.Address, Zone: t.ZoneName(a.Zone), BornOn: a.BornOn,
		Created: i18n.DateShort(ctx, a.CreatedAt), Assisted: a.Assisted, Own: a.ID == v.ID,
		Person: i18n.T(ctx, personNames[a.Person]), PersonSince: since(ctx, a.PersonProvenAt), PersonAtDesk: a.Person >= citizen.PersonDesk,
		Residence: i18n.T(ctx, residenceNames[a.Residence]), ResidenceSince: since(ctx, a.ResidenceProvenAt), ResidenceAtDesk: a.Residence >= citizen.ResidenceDesk,
		MayGrant: access.Platform.Decide(v, access.GrantRole, access.Scope{}).Allowed,
		Zones:    ui.ZoneOptions(t), ShownBornOn: a.BornOn, ShownAddress: a.Address, ShownZone: zoneText(a.Zone),
	}
	for _, r := range citizen.Roles {
		file.Roles = append(file.Roles, ui.Option{Value: string(r), Label: roleName(ctx, r)})
	}
	for _, g := range a.Grants {
		file.Grants = append(file.Grants, views.Grant{
			ID: g.ID.String(), Role: roleName(ctx, g.Role), Scope: scopeName(ctx, t, g.Grant), Since: since(ctx, g.GrantedAt),
		})
	}
	return file
}

func roleName(ctx context.Context, r citizen.Role) string {
	//i18n: role.*
	return i18n.T(ctx, "role."+string(r))
}

// scopeName says how far a grant reaches.
func scopeName(ctx context.Context, t *tenant.Tenant, g citizen.Grant) string {
	var parts []string
	if g.Module != "" {
		//i18n: *.title
		parts = append(parts, i18n.T(ctx, g.Module+".title"))
	}
	if g.Zone != uuid.Nil {
		parts = append(parts, t.ZoneName(g.Zone))
	}
	if len(parts) == 0 {
		return i18n.T(ctx, "identity.file.roles.everywhere")
	}
	return strings.Join(parts, ", ")
}

type shownForm struct {
	civilForm
	BornOn  string    `form:"born_on" validate:"max=10"`
	Address string    `form:"address" validate:"max=200"`
	Zone    uuid.UUID `form:"zone"`
}

// civilForm is what is read on a proof of identity, beside the day of birth.
type civilForm struct {
	FamilyName string `form:"family_name" validate:"max=80"`
	FirstName  string `form:"first_name" validate:"max=80"`
	BornIn     string `form:"born_in" validate:"max=80"`
	SamePerson bool   `form:"same_person"`
}

func (f civilForm) view() views.Civil {
	return views.Civil{FamilyName: f.FamilyName, FirstName: f.FirstName, BornIn: f.BornIn, SamePerson: f.SamePerson}
}

func (s *Service) recordPerson(c *fiber.Ctx) error {
	return s.recordShown(c, "identity.file.person.done", s.ProvePerson)
}

func (s *Service) recordResidence(c *fiber.Ctx) error {
	return s.recordShown(c, "identity.file.residence.done", s.ProveResidence)
}

// recordShown records what somebody showed at the desk.
//
// i18n: identity.file.*.done
func (s *Service) recordShown(c *fiber.Ctx, done string, record func(context.Context, *tenant.Tenant, citizen.Viewer, citizen.ID, Shown) error) error {
	id, err := citizenParam(c)
	if err != nil {
		return err
	}
	var f shownForm
	errs, err := web.Bind(c, &f)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = record(web.Context(c), web.Tenant(c), web.Viewer(c), id, Shown{
			Civil:      Civil{FamilyName: f.FamilyName, FirstName: f.FirstName, BornOn: f.BornOn, BornIn: f.BornIn},
			SamePerson: f.SamePerson, Address: f.Address, Zone: f.Zone,
		})
		if err == nil {
			web.Flash(c, done)
			return web.SeeOther(c, filePath(id))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return s.showFile(c, id, &f, errs)
}

func (s *Service) takeBack(c *fiber.Ctx) error {
	id, err := citizenParam(c)
	if err != nil {
		return err
	}
	err = s.WithdrawProof(web.Context(c), web.Tenant(c), web.Viewer(c), id, c.FormValue("proof") == "residence")
	if err != nil {
		return err
	}
	web.Flash(c, "identity.file.withdrawn")
	return web.SeeOther(c, filePath(id))
}

type roleForm struct {
	Role string    `form:"role" validate:"required"`
	Zone uuid.UUID `form:"scope"`
}

func (s *Service) grantRole(c *fiber.Ctx) error {
	id, err := citizenParam(c)
	if err != nil {
		return err
	}
	var f roleForm
	errs, err := web.Bind(c, &f)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = s.GrantRole(web.Context(c), web.Tenant(c), web.Viewer(c), id, citizen.Grant{Role: citizen.Role(f.Role), Zone: f.Zone})
		if err == nil {
			web.Flash(c, "identity.file.roles.granted")
			return web.SeeOther(c, filePath(id))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return s.showFile(c, id, nil, errs)
}

func (s *Service) revokeRole(c *fiber.Ctx) error {
	id, err := citizenParam(c)
	if err != nil {
		return err
	}
	grant, err := web.UUIDParam(c, "grant")
	if err != nil {
		return err
	}
	err = s.RevokeRole(web.Context(c), web.Tenant(c), web.Viewer(c), id, grant)
	if err != nil {
		errs, ok := web.Errors(c, err)
		if !ok {
			return err
		}
		return s.showFile(c, id, nil, errs)
	}
	web.Flash(c, "identity.file.roles.revoked")
	return web.SeeOther(c, filePath(id))
}
