package paper

import (
	"errors"

	"parvis/app/citizen"
	"parvis/app/identity"
	"parvis/app/paper/views"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

type findForm struct {
	Query string `form:"q" validate:"required,max=200"`
}

type handInForm struct {
	Sure string `form:"remis"`
}

type kioskForm struct {
	For string `form:"pour" validate:"required,oneof=borne saisie"`
}

type assistForm struct {
	Told string `form:"dit"`
}

func (s *Service) desk(r request) error {
	return s.deskPage(r, findForm{}, nil, nil)
}

func (s *Service) find(r request) error {
	var form findForm
	errs, err := web.Bind(r.Ctx, &form)
	if err != nil {
		return err
	}
	if errs.Any() {
		return s.deskPage(r, form, nil, errs)
	}
	found, err := s.Desk.Find(r.ctx, r.town, r.viewer, form.Query)
	if err != nil {
		errs, ok := web.Errors(r.Ctx, err)
		if !ok {
			return err
		}
		return s.deskPage(r, form, nil, errs)
	}
	return s.deskPage(r, form, append([]identity.Found{}, found...), nil)
}

// deskPage is the desk; found is nil before anybody was looked for.
func (s *Service) deskPage(r request, form findForm, found []identity.Found, errs ui.Errors) error {
	poll, err := s.pollFor(r, Kiosk)
	if err != nil {
		return err
	}
	page := deskOf(r.ctx, poll, found)
	page.Query, page.Errors, page.Searched = form.Query, errs, found != nil
	web.NoStore(r.Ctx)
	return web.Page(r.Ctx, views.DeskPage(page))
}

func (s *Service) receive(r request, who citizen.ID) error {
	return s.visitorPage(r, who, nil)
}

func (s *Service) visitorPage(r request, who citizen.ID, errs ui.Errors) error {
	return s.visitorWith(r, who, "", errs)
}

// visitorWith is the page with the reason that was typed to take a mark back.
func (s *Service) visitorWith(r request, who citizen.ID, reason string, errs ui.Errors) error {
	v, err := s.Receive(r.ctx, r.town, r.viewer, r.poll, who)
	if err != nil {
		return err
	}
	page := visitorOf(r.ctx, r.viewer, v)
	page.Errors, page.Undo = errs, undoOf(r.ctx, r.viewer, v, reason)
	web.NoStore(r.Ctx)
	return web.Page(r.Ctx, views.VisitorPage(page))
}

// handIn marks the roll: there is no way back, so the box must be ticked.
func (s *Service) handIn(r request, who citizen.ID) error {
	var form handInForm
	if _, err := web.Bind(r.Ctx, &form); err != nil {
		return err
	}
	var err error = ErrNotSure.On("remis")
	if form.Sure != "" {
		err = s.HandIn(r.ctx, r.town, r.viewer, r.poll, who)
	}
	return r.answer(refusal(err), "paper.visitor.paper.done", DeskHref(r.poll), func(errs ui.Errors) error { return s.visitorPage(r, who, errs) })
}

// refusal makes what forbids somebody to vote a message of the page, which says
// every reason.
func refusal(err error) error {
	if _, ok := errors.AsType[*voting.NotEligible](err); ok {
		return ErrMayNotVote
	}
	return err
}

// openKiosk opens the kiosk and shows its code, or leads to the ballot that the
// agent types. The code is shown in the answer: it is kept nowhere in clear.
func (s *Service) openKiosk(r request, who citizen.ID) error {
	var form kioskForm
	errs, err := web.Bind(r.Ctx, &form)
	if err != nil {
		return err
	}
	if errs.Any() {
		return s.visitorPage(r, who, errs)
	}
	power, href := Kiosk, visitorHref(r.poll, who)+"/code"
	if form.For == "saisie" {
		power, href = Assist, visitorHref(r.poll, who)+"/saisie"
	}
	code, err := s.OpenKiosk(r.ctx, r.town, r.viewer, r.poll, who, power)
	if err == nil {
		if power == Kiosk {
			web.SetSigned(r.Ctx, codeCookie, who.String()+" "+code, kioskFor)
		}
		return web.SeeOther(r.Ctx, href)
	}
	errs, ok := web.Errors(r.Ctx, refusal(err))
	if !ok {
		return err
	}
	return s.visitorPage(r, who, errs)
}

// codeCookie carries the code from the act to the page that shows it, in the
// agent's own browser.
const codeCookie = "borne-code"

// code shows the code that opens the kiosk.
func (s *Service) code(r request, who citizen.ID) error {
	v, err := s.Receive(r.ctx, r.town, r.viewer, r.poll, who)
	if err != nil {
		return err
	}
	kept, _ := web.Signed(r.Ctx, codeCookie)
	id, code, ok := cutCode(kept)
	if !ok || id != who.String() {
		return web.SeeOther(r.Ctx, visitorHref(r.poll, who))
	}
	web.NoStore(r.Ctx)
	return web.Page(r.Ctx, views.CodePage(codeOf(r.ctx, v, code, web.Origin(r.Ctx)+"/borne")))
}

func (s *Service) assisted(r request, who citizen.ID) error {
	return s.assistedPage(r, who, filled{}, assistForm{}, nil)
}

func (s *Service) assistedPage(r request, who citizen.ID, in filled, form assistForm, errs ui.Errors) error {
	v, err := s.Receive(r.ctx, r.town, r.viewer, r.poll, who)
	if err != nil {
		return err
	}
	if _, err := s.KioskFor(r.ctx, r.town, r.poll, who); err != nil {
		if errors.Is(err, ErrKioskOver) {
			return web.SeeOther(r.Ctx, visitorHref(r.poll, who))
		}
		return err
	}
	web.NoStore(r.Ctx)
	return web.Page(r.Ctx, views.AssistedPage(assistedOf(r.ctx, v, in, form, errs)))
}

// assist casts what the agent typed.
func (s *Service) assist(r request, who citizen.ID) error {
	in := readFilled(r.Ctx)
	in.null = ""
	var form assistForm
	if _, err := web.Bind(r.Ctx, &form); err != nil {
		return err
	}
	if _, err := s.pollFor(r, Assist); err != nil {
		return err
	}
	if err := s.reach(r.ctx, r.town, r.viewer, who); err != nil {
		return err
	}
	session, err := s.KioskFor(r.ctx, r.town, r.poll, who)
	if err != nil {
		return err
	}
	receipt, err := s.castTyped(r, session, in, form)
	if err == nil {
		web.Flash(r.Ctx, "paper.assist.done")
		return web.SeeOther(r.Ctx, "/votes/"+r.poll.String()+"/recepisse/"+receipt.Nonce.String())
	}
	errs, ok := web.Errors(r.Ctx, refusal(err))
	if !ok {
		return err
	}
	return s.assistedPage(r, who, in, form, errs)
}

func (s *Service) castTyped(r request, session *Session, in filled, form assistForm) (voting.Receipt, error) {
	if form.Told == "" {
		return voting.Receipt{}, ErrNotTold.On("dit")
	}
	marks, err := in.ballot(session.Poll)
	if err != nil {
		return voting.Receipt{}, err
	}
	return s.Vote(r.ctx, r.town, session, marks)
}
