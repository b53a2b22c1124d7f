package identity

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/module"
	"parvis/app/web"
)

// Mount adds the pages of accounts to the site.
func (s *Service) Mount(site fiber.Router) {
	site.Get("/inscription", s.signUpPage)
	site.Post("/inscription", s.signUp)
	site.Get("/connexion", s.signInPage)
	site.Post("/connexion", s.signIn)
	site.Get("/connexion/code", s.codePage)
	site.Post("/connexion/code", s.enterCode)
	site.Get("/connexion/lien/:token", s.linkPage)
	site.Post("/connexion/lien/:token", s.followLink)
	site.Get("/connexion/mot-de-passe", s.passwordPage)
	site.Post("/connexion/mot-de-passe", s.passwordSignIn)
	site.Post("/connexion/demonstration", s.borrow)
	site.Post("/deconnexion", s.signOut)
	site.Get("/moi/profil", web.RequireSignIn, s.profilePage)
	site.Post("/moi/profil", web.RequireSignIn, s.saveProfile)
	site.Post("/moi/profil/email", web.RequireSignIn, s.changeEmail)
	site.Post("/moi/profil/mot-de-passe", web.RequireSignIn, s.setPassword)
	site.Post("/moi/profil/mot-de-passe/retirer", web.RequireSignIn, s.removePassword)
	site.Get("/moi/preuves", web.RequireSignIn, s.proofsPage)
	site.Get("/moi/sessions", web.RequireSignIn, s.sessionsPage)
	site.Post("/moi/sessions/fermer-les-autres", web.RequireSignIn, s.endOtherSessions)
	site.Post("/moi/sessions/:session/fermer", web.RequireSignIn, s.endSession)
	site.Get("/moi/donnees", web.RequireSignIn, s.dataPage)
	site.Get("/moi/donnees/copie.json", web.RequireSignIn, s.export)
	site.Post("/moi/donnees/effacer", web.RequireSignIn, s.erase)
	s.mail.Mount(site)
}

// MountOffice adds the desk and the journal to the back office.
func (s *Service) MountOffice(office fiber.Router) {
	office.Get("/citoyens", only(access.FindCitizen, s.deskPage))
	office.Post("/citoyens", only(access.FindCitizen, s.find))
	office.Get("/citoyens/nouveau", only(access.CreateCitizen, s.assistedPage))
	office.Post("/citoyens/nouveau", only(access.CreateCitizen, s.createAssisted))
	office.Get("/citoyens/:citizen", s.filePage)
	office.Post("/citoyens/:citizen/identite", s.recordPerson)
	office.Post("/citoyens/:citizen/domicile", s.recordResidence)
	office.Post("/citoyens/:citizen/retirer", s.takeBack)
	office.Post("/citoyens/:citizen/roles", only(access.GrantRole, s.grantRole))
	office.Post("/citoyens/:citizen/roles/:grant/retirer", only(access.GrantRole, s.revokeRole))
	office.Get("/journal", s.journalPage)
}

// Menu returns the entries of the back office.
func (s *Service) Menu() []module.Entry {
	return []module.Entry{
		{Key: "identity.desk.menu", Href: "/office/citoyens", Icon: "users"},
		{Key: "identity.journal.menu", Href: "/office/journal", Icon: "scroll-text"},
	}
}

func browserOf(c *fiber.Ctx) Browser {
	known, _ := web.Signed(c, knownCookie)
	return Browser{
		Visit: web.Visit(c), Address: web.Address(c), Base: web.PublicOrigin(c), Device: deviceOf(c.Get(fiber.HeaderUserAgent)), Known: known,
	}
}

// knownCookie tells, for a year, that the owner of an address signed in here.
const knownCookie, knownAge = "connu", 365 * 24 * time.Hour

// deviceOf names a browser and a system, for a person to recognise: no more
// is kept of what a browser tells about itself.
func deviceOf(agent string) string {
	named := func(names ...string) string {
		for i := 0; i < len(names); i += 2 {
			if strings.Contains(agent, names[i]) {
				return names[i+1]
			}
		}
		return ""
	}
	browser := named("Firefox/", "Firefox", "FxiOS/", "Firefox", "Edg", "Edge", "OPR/", "Opera", "SamsungBrowser/", "Samsung Internet",
		"Chrome/", "Chrome", "CriOS/", "Chrome", "Safari/", "Safari")
	system := named("Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	return strings.Trim(browser+", "+system, ", ")
}

// back is where to go afterwards, "" for the usual place.
func back(c *fiber.Ctx) string { return web.ReturnPath(c, "") }

// onField says beside a field that something was tried too often, so that the
// page comes back with what was typed.
func onField(err error, field string) error {
	if fault.KindOf(err) != fault.TooMany {
		return err
	}
	f, ok := err.(*fault.Error)
	if !ok {
		return err
	}
	return f.On(field)
}

// renew gives the browser the session just opened, and ends the one it had.
func (s *Service) renew(c *fiber.Ctx, opened Opened) error {
	if old := web.SessionToken(c); old != "" {
		if err := s.SignOut(web.Context(c), web.Tenant(c).ID, old); err != nil {
			return err
		}
	}
	web.SetSession(c, opened.Token, opened.ExpiresAt)
	return nil
}

// arrive signs the browser in and goes on.
func (s *Service) arrive(c *fiber.Ctx, opened Opened) error {
	if err := s.renew(c, opened); err != nil {
		return err
	}
	if opened.Address != "" {
		web.SetSigned(c, knownCookie, s.knownAs(web.Tenant(c).ID, opened.Address), knownAge)
	}
	if opened.Welcome {
		web.Flash(c, "identity.welcome")
	}
	if web.SafeReturn(opened.ReturnTo) {
		return web.SeeOther(c, opened.ReturnTo)
	}
	return web.SeeOther(c, "/")
}

func since(ctx context.Context, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return i18n.T(ctx, "identity.since", "Date", i18n.DateShort(ctx, at))
}

//i18n: identity.person.* identity.residence.*

var personNames = map[citizen.Proof]string{
	citizen.PersonNone: "identity.person.none", citizen.PersonEmail: "identity.person.email", citizen.PersonPhone: "identity.person.phone",
	citizen.PersonFranceConnect: "identity.person.franceconnect", citizen.PersonDesk: "identity.person.desk",
}

var residenceNames = map[citizen.Proof]string{
	citizen.ResidenceNone: "identity.residence.none", citizen.ResidenceDeclared: "identity.residence.declared",
	citizen.ResidenceLetter: "identity.residence.letter", citizen.ResidenceDesk: "identity.residence.desk",
}
