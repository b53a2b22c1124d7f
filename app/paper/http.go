package paper

import (
	"context"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

// Mount adds the public pages: the comparison of paper ballots, and the kiosk.
func (s *Service) Mount(site fiber.Router) {
	site.Get("/votes/:poll/papier", onPoll(s.showPublic))
	site.Get("/borne", s.kiosk)
	site.Post("/borne", web.LimitEveryone(codeRate), s.enterKiosk)
	site.Get("/borne/bulletin", s.kioskBallot)
	site.Post("/borne/corriger", s.kioskAgain)
	site.Get("/borne/verification", s.backToKiosk)
	site.Post("/borne/verification", s.kioskReview)
	site.Post("/borne/bulletin", s.kioskCast)
	site.Get("/borne/recepisse", s.kioskReceipt)
}

// codeRate lets a town hall's tablets in, and makes trying every code take
// longer than a code lasts, by far.
var codeRate = web.Rate{Events: 120, Per: time.Minute}

// MountOffice adds the pages of those who receive, type and count.
func (s *Service) MountOffice(office fiber.Router) {
	office.Get("/papier/:code", s.byCode)
	office.Get("/votes/:poll/papier", onPoll(s.overview))
	office.Post("/votes/:poll/papier/lots", onPoll(s.prepare))
	office.Post("/votes/:poll/papier/terminer", onPoll(s.finish))
	office.Post("/votes/:poll/papier/corrections/:correction", onCorrection(s.sign))
	office.Get("/votes/:poll/papier/emargement", onPoll(s.signIn))
	office.Get("/votes/:poll/papier/proces-verbal", onPoll(s.minutes))
	office.Get("/votes/:poll/papier/lots/:lot", onBatch(s.batch))
	office.Get("/votes/:poll/papier/lots/:lot/bulletins", onBatch(s.ballots))
	office.Post("/votes/:poll/papier/lots/:lot/compte", onBatch(s.count))
	office.Get("/votes/:poll/papier/lots/:lot/saisie", onBatch(s.typeNext))
	office.Post("/votes/:poll/papier/lots/:lot/saisie", onBatch(s.typeOne))
	office.Post("/votes/:poll/papier/lots/:lot/sceller", onBatch(s.seal))
	office.Post("/votes/:poll/papier/lots/:lot/corrections", onBatch(s.propose))
	office.Get("/votes/:poll/guichet", onPoll(s.desk))
	office.Post("/votes/:poll/guichet", onPoll(s.find))
	office.Get("/votes/:poll/guichet/:citizen", onCitizen(s.receive))
	office.Post("/votes/:poll/guichet/:citizen/papier", onCitizen(s.handIn))
	office.Post("/votes/:poll/guichet/:citizen/annuler", onCitizen(s.askUnmark))
	office.Post("/votes/:poll/papier/annulations/:annulation", onUnmarking(s.signUnmark))
	office.Post("/votes/:poll/guichet/:citizen/borne", onCitizen(s.openKiosk))
	office.Get("/votes/:poll/guichet/:citizen/code", onCitizen(s.code))
	office.Get("/votes/:poll/guichet/:citizen/saisie", onCitizen(s.assisted))
	office.Post("/votes/:poll/guichet/:citizen/saisie", onCitizen(s.assist))
}

// Href is the page of a poll's paper ballots, DeskHref that of the desk.
func Href(id voting.PollID) string     { return "/office/votes/" + id.String() + "/papier" }
func DeskHref(id voting.PollID) string { return "/office/votes/" + id.String() + "/guichet" }

// PublicHref is the comparison that everybody may read.
func PublicHref(id voting.PollID) string { return "/votes/" + id.String() + "/papier" }

func batchHref(id voting.PollID, number int) string {
	return Href(id) + "/lots/" + strconv.Itoa(number)
}

func visitorHref(id voting.PollID, who citizen.ID) string { return DeskHref(id) + "/" + who.String() }

// request is what every handler needs.
type request struct {
	*fiber.Ctx
	ctx    context.Context
	town   *tenant.Tenant
	viewer citizen.Viewer
	poll   voting.PollID
}

// on reads the poll of the address. What is no poll's ID is nobody's page.
func on(c *fiber.Ctx) (request, error) {
	r := request{Ctx: c, ctx: web.Context(c), town: web.Tenant(c), viewer: web.Viewer(c)}
	id, err := voting.ParsePollID(c.Params("poll"))
	if err != nil || len(c.Params("poll")) != 36 {
		return r, voting.ErrNotFound
	}
	r.poll = id
	return r, nil
}

// onPoll and the like read what an address names before the handler runs.
func onPoll(do func(request) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		r, err := on(c)
		if err != nil {
			return err
		}
		return do(r)
	}
}

func onBatch(do func(request, int) error) fiber.Handler      { return onNumber("lot", do) }
func onCorrection(do func(request, int) error) fiber.Handler { return onNumber("correction", do) }
func onUnmarking(do func(request, int) error) fiber.Handler  { return onNumber("annulation", do) }

func onNumber(name string, do func(request, int) error) fiber.Handler {
	return onPoll(func(r request) error {
		number, err := r.number(name)
		if err != nil {
			return err
		}
		return do(r, number)
	})
}

func onCitizen(do func(request, citizen.ID) error) fiber.Handler {
	return onPoll(func(r request) error {
		who, err := r.citizen()
		if err != nil {
			return err
		}
		return do(r, who)
	})
}

// number reads a small number of the address.
func (r request) number(name string) (int, error) {
	text := r.Params(name)
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1_000_000 || strconv.Itoa(n) != text {
		return 0, ErrNoBatch
	}
	return n, nil
}

func (r request) citizen() (citizen.ID, error) {
	id, err := citizen.ParseID(r.Params("citizen"))
	if err != nil || len(r.Params("citizen")) != 36 {
		return id, voting.ErrNotFound
	}
	return id, nil
}

// answer leads on when something was done; shows the page again, with what is
// wrong, when it was not.
func (r request) answer(err error, done, href string, again func(ui.Errors) error) error {
	if err == nil {
		web.Flash(r.Ctx, done)
		return web.SeeOther(r.Ctx, href)
	}
	errs, ok := web.Errors(r.Ctx, err)
	if !ok {
		return err
	}
	return again(errs)
}

// byCode leads from the square code of a sheet to its batch.
func (s *Service) byCode(c *fiber.Ctx) error {
	code, ok := ParseCode(c.Params("code"))
	if !ok {
		return ErrNoBatch
	}
	id, number, err := s.batchByCode(web.Context(c), web.Tenant(c), code)
	if err != nil {
		return err
	}
	return web.SeeOther(c, batchHref(id, number))
}
