package paper

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/paper/views"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

// The tablet keeps one short cookie: what it was opened with, then the number
// of the receipt to print. Every page of the kiosk is kept out of the cache, and
// leads back to the first by itself, where everything is forgotten.
const (
	kioskCookie   = "borne"
	receiptCookie = "borne-recu"
	receiptFor    = 2 * time.Minute
)

// backAfter has the browser return to the first page by itself, with no script.
func backAfter(c *fiber.Ctx, d time.Duration) {
	web.NoStore(c)
	c.Set("Refresh", strconv.Itoa(int(d.Seconds()))+"; url=/borne")
}

// kiosk is the first page: whoever was there before is forgotten.
func (s *Service) kiosk(c *fiber.Ctx) error {
	if session, err := s.sessionOf(c); err == nil {
		if err := s.EndKiosk(web.Context(c), web.Tenant(c), session.ID); err != nil {
			return err
		}
	} else if !errors.Is(err, ErrKioskOver) {
		return err
	}
	web.SetSigned(c, kioskCookie, "", 0)
	web.SetSigned(c, receiptCookie, "", 0)
	return s.codePage(c, "", nil)
}

func (s *Service) codePage(c *fiber.Ctx, typed string, errs ui.Errors) error {
	web.NoStore(c)
	return web.Page(c, views.KioskPage(views.Kiosk{Code: typed, Errors: errs, SignedIn: web.Viewer(c).SignedIn}))
}

type codeForm struct {
	Code string `form:"code" validate:"required,max=40"`
}

func (s *Service) enterKiosk(c *fiber.Ctx) error {
	var form codeForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if errs.Any() || web.Viewer(c).SignedIn { // never beside somebody's open session
		return s.codePage(c, form.Code, errs)
	}
	token, err := s.EnterKiosk(web.Context(c), web.Tenant(c), form.Code)
	if err == nil {
		web.SetSigned(c, kioskCookie, token, kioskFor)
		return web.SeeOther(c, "/borne/bulletin")
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	return s.codePage(c, form.Code, errs)
}

func (s *Service) sessionOf(c *fiber.Ctx) (*Session, error) {
	token, ok := web.Signed(c, kioskCookie)
	if !ok || token == "" {
		return nil, ErrKioskOver
	}
	return s.KioskOf(web.Context(c), web.Tenant(c), token)
}

// alive runs a page of the ballot; without a session there is only the first page.
func (s *Service) alive(c *fiber.Ctx, do func(*Session) error) error {
	session, err := s.sessionOf(c)
	if errors.Is(err, ErrKioskOver) || fault.KindOf(err) == fault.NotFound {
		return web.SeeOther(c, "/borne")
	}
	if err != nil {
		return err
	}
	backAfter(c, 3*time.Minute)
	return do(session)
}

func (s *Service) kioskBallot(c *fiber.Ctx) error {
	return s.alive(c, func(session *Session) error { return ballotPage(c, session, filled{}, nil) })
}

func (s *Service) backToKiosk(c *fiber.Ctx) error { return web.SeeOther(c, "/borne/bulletin") }

// kioskAgain shows the ballot again with what was chosen.
func (s *Service) kioskAgain(c *fiber.Ctx) error {
	in := readFilled(c)
	return s.alive(c, func(session *Session) error { return ballotPage(c, session, in, nil) })
}

func ballotPage(c *fiber.Ctx, session *Session, in filled, errs ui.Errors) error {
	ctx, p := web.Context(c), session.Poll
	sheet := ownForm(ctx, p, in, i18n.T(ctx, "paper.form.yours"), errs)
	sheet.Action, sheet.Submit, sheet.Icon, sheet.Large = "/borne/verification", i18n.T(ctx, "paper.kiosk.check"), "arrow-right", true
	return web.Page(c, views.KioskBallotPage(views.Kiosk{Question: p.Question, Description: p.Description, Sheet: sheet, Errors: errs}))
}

func (s *Service) kioskReview(c *fiber.Ctx) error {
	in := readFilled(c)
	return s.alive(c, func(session *Session) error {
		marks, err := in.ballot(session.Poll)
		if err != nil {
			return kioskWrong(c, session, in, err)
		}
		ctx := web.Context(c)
		page := views.Kiosk{Question: session.Poll.Question, Choices: choicesOf(ctx, session.Poll, marks), Hidden: in.hidden()}
		return web.Page(c, views.KioskReviewPage(page))
	})
}

func kioskWrong(c *fiber.Ctx, session *Session, in filled, err error) error {
	errs, ok := web.Errors(c, refusal(err))
	if !ok {
		return err
	}
	return ballotPage(c, session, in, errs)
}

func (s *Service) kioskCast(c *fiber.Ctx) error {
	in := readFilled(c)
	return s.alive(c, func(session *Session) error {
		marks, err := in.ballot(session.Poll)
		if err != nil {
			return kioskWrong(c, session, in, err)
		}
		receipt, err := s.Vote(web.Context(c), web.Tenant(c), session, marks)
		if err != nil {
			return kioskWrong(c, session, in, err)
		}
		web.SetSigned(c, kioskCookie, "", 0)
		web.SetSigned(c, receiptCookie, session.Poll.ID.String()+" "+receipt.Nonce.String(), receiptFor)
		return web.SeeOther(c, "/borne/recepisse")
	})
}

// kioskReceipt is what is printed for whoever voted. It never says the choice.
func (s *Service) kioskReceipt(c *fiber.Ctx) error {
	kept, _ := web.Signed(c, receiptCookie)
	poll, number, _ := strings.Cut(kept, " ")
	id, err := voting.ParsePollID(poll)
	nonce, wrong := voting.ParseNonce(number)
	if err != nil || wrong != nil {
		return web.SeeOther(c, "/borne")
	}
	ctx, t := web.Context(c), web.Tenant(c)
	receipt, err := s.Box.Receipt(ctx, t.ID, id, nonce, voting.Voter{})
	if err != nil {
		return err
	}
	question, err := s.question(ctx, t, id)
	if err != nil {
		return err
	}
	backAfter(c, time.Minute)
	return web.Page(c, views.KioskDonePage(views.Kiosk{Question: question, Receipt: &views.Receipt{
		Index: i18n.Number(ctx, receipt.Index), Number: inFours(nonce.String()), Commitment: inFours(hex.EncodeToString(receipt.Commitment[:])),
		Address: web.Origin(c) + "/votes/" + id.String() + "/recepisse/" + nonce.String(),
	}}))
}

// inFours writes digits in fours, to be read aloud and compared.
func inFours(digits string) string {
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && i%4 == 0 {
			out.WriteByte(' ')
		}
		out.WriteRune(d)
	}
	return out.String()
}
