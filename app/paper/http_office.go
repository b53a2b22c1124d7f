package paper

import (
	"strconv"

	"parvis/app/paper/views"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

type finishForm struct {
	Reason string `form:"reason" validate:"max=500"`
}

type countForm struct {
	Counted web.Whole `form:"counted" validate:"required"`
}

type signForm struct {
	Act string `form:"geste" validate:"required,oneof=signer abandonner"`
}

type correctForm struct {
	Sheet  web.Whole `form:"sheet" validate:"required"`
	Reason string    `form:"reason" validate:"max=500"`
}

func (s *Service) overview(r request) error {
	return s.overviewPage(r, finishForm{}, nil)
}

func (s *Service) overviewPage(r request, form finishForm, errs ui.Errors) error {
	st, err := s.Standing(r.ctx, r.town, r.viewer, r.poll)
	if err != nil {
		return err
	}
	page := overviewOf(r.ctx, r.viewer, st)
	page.Errors, page.Reason = errs, form.Reason
	return web.Page(r.Ctx, views.OverviewPage(page))
}

func (s *Service) prepare(r request) error {
	number, err := s.Prepare(r.ctx, r.town, r.viewer, r.poll)
	return r.answer(err, "paper.prepare.done", batchHref(r.poll, number), func(errs ui.Errors) error {
		return s.overviewPage(r, finishForm{}, errs)
	})
}

func (s *Service) finish(r request) error {
	var form finishForm
	errs, err := web.Bind(r.Ctx, &form)
	if err != nil {
		return err
	}
	if errs.Any() {
		return s.overviewPage(r, form, errs)
	}
	err = s.Finish(r.ctx, r.town, r.viewer, r.poll, form.Reason)
	return r.answer(err, "paper.finish.done", Href(r.poll), func(errs ui.Errors) error { return s.overviewPage(r, form, errs) })
}

func (s *Service) sign(r request, number int) error {
	var form signForm
	errs, err := web.Bind(r.Ctx, &form)
	if err != nil {
		return err
	}
	if errs.Any() {
		return s.overviewPage(r, finishForm{}, errs)
	}
	again := func(errs ui.Errors) error { return s.overviewPage(r, finishForm{}, errs) }
	if form.Act == "abandonner" {
		return r.answer(s.Drop(r.ctx, r.town, r.viewer, r.poll, number), "paper.correction.dropped", Href(r.poll), again)
	}
	return r.answer(s.Confirm(r.ctx, r.town, r.viewer, r.poll, number), "paper.correction.signed", Href(r.poll), again)
}

func (s *Service) batch(r request, number int) error {
	return s.batchPage(r, number, batchTyped{}, nil)
}

// batchTyped is what was typed in the forms of a batch's page, one at a time.
type batchTyped struct {
	count   countForm
	correct correctForm
	sheet   filled
}

func (s *Service) batchPage(r request, number int, in batchTyped, errs ui.Errors) error {
	st, b, err := s.batchOn(r, number)
	if err != nil {
		return err
	}
	page := batchOf(r.ctx, r.viewer, st, b, in, errs)
	if page.Type != "" {
		turn, _, _, err := s.Turn(r.ctx, r.town, r.viewer, r.poll, number)
		if err != nil {
			return err
		}
		if page.Others = turn.Left == 0; page.Others {
			page.Type = ""
		}
	}
	if b.Sealed() {
		sheets, err := s.sheets(r.ctx, r.town, st.Poll, number)
		if err != nil {
			return err
		}
		page.Sheets = sheetsTable(r.ctx, st.Poll, sheets)
	}
	return web.Page(r.Ctx, views.BatchPage(page))
}

func (s *Service) count(r request, number int) error {
	var in batchTyped
	errs, err := web.Bind(r.Ctx, &in.count)
	if err != nil {
		return err
	}
	if errs.Any() {
		return s.batchPage(r, number, in, errs)
	}
	err = s.CountSheets(r.ctx, r.town, r.viewer, r.poll, number, int(min(max(in.count.Counted.N, -1), 1_000_000)))
	return r.answer(err, "paper.count.done", batchHref(r.poll, number), func(errs ui.Errors) error { return s.batchPage(r, number, in, errs) })
}

func (s *Service) seal(r request, number int) error {
	err := s.Seal(r.ctx, r.town, r.viewer, r.poll, number)
	return r.answer(err, "paper.seal.done", batchHref(r.poll, number), func(errs ui.Errors) error { return s.batchPage(r, number, batchTyped{}, errs) })
}

func (s *Service) propose(r request, number int) error {
	in := batchTyped{sheet: readFilled(r.Ctx)}
	errs, err := web.Bind(r.Ctx, &in.correct)
	if err != nil {
		return err
	}
	if errs.Any() {
		return s.batchPage(r, number, in, errs)
	}
	st, err := s.Standing(r.ctx, r.town, r.viewer, r.poll)
	if err != nil {
		return err
	}
	said, err := in.sheet.sheet(st.Poll)
	if err == nil {
		err = s.Propose(r.ctx, r.town, r.viewer, r.poll, Correction{
			Batch: number, Sheet: int(min(max(in.correct.Sheet.N, 0), 1_000_000)), Said: said, Reason: in.correct.Reason,
		})
	}
	return r.answer(overvoted(err), "paper.correction.proposed", Href(r.poll), func(errs ui.Errors) error { return s.batchPage(r, number, in, errs) })
}

func (s *Service) typeNext(r request, number int) error {
	return s.typingPage(r, number, filled{}, 0, nil)
}

// typingPage shows the next sheet to read, or the one that was being typed.
func (s *Service) typingPage(r request, number int, in filled, sheet int, errs ui.Errors) error {
	turn, _, poll, err := s.Turn(r.ctx, r.town, r.viewer, r.poll, number)
	if err != nil {
		return err
	}
	if sheet > 0 {
		turn.Sheet = sheet
	}
	web.NoStore(r.Ctx)
	return web.Page(r.Ctx, views.TypingPage(typingOf(r.ctx, poll, number, turn, in, errs)))
}

type sheetForm struct {
	Sheet web.Whole `form:"sheet" validate:"required"`
}

// typeOne records a sheet and goes on to the next.
func (s *Service) typeOne(r request, number int) error {
	in := readFilled(r.Ctx)
	var form sheetForm
	errs, err := web.Bind(r.Ctx, &form)
	if err != nil {
		return err
	}
	sheet := int(min(max(form.Sheet.N, 0), voting.MaxSheets+1))
	if errs.Any() {
		return s.typingPage(r, number, in, 0, errs)
	}
	_, _, poll, err := s.Turn(r.ctx, r.town, r.viewer, r.poll, number)
	if err != nil {
		return err
	}
	said, err := in.sheet(poll)
	if err == nil {
		err = s.TypeSheet(r.ctx, r.town, r.viewer, r.poll, number, sheet, said)
	}
	if err == nil {
		web.Flash(r.Ctx, "paper.typing.done", "Sheet", strconv.Itoa(sheet))
		return web.SeeOther(r.Ctx, batchHref(r.poll, number)+"/saisie")
	}
	errs, ok := web.Errors(r.Ctx, overvoted(err))
	if !ok {
		return err
	}
	return s.typingPage(r, number, in, sheet, errs)
}
