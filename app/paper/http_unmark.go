package paper

import (
	"context"
	"strconv"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/paper/views"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

type unmarkForm struct {
	Reason string `form:"motif" validate:"max=500"`
}

// askUnmark asks that a mark made by mistake be taken back.
func (s *Service) askUnmark(r request, who citizen.ID) error {
	var form unmarkForm
	errs, err := web.Bind(r.Ctx, &form)
	if err != nil {
		return err
	}
	again := func(errs ui.Errors) error { return s.visitorWith(r, who, form.Reason, errs) }
	if errs.Any() {
		return again(errs)
	}
	err = s.AskUnmark(r.ctx, r.town, r.viewer, r.poll, who, form.Reason)
	return r.answer(err, "paper.unmark.asked.done", visitorHref(r.poll, who), again)
}

// signUnmark is the second signature, or gives it up.
func (s *Service) signUnmark(r request, number int) error {
	var form signForm
	errs, err := web.Bind(r.Ctx, &form)
	if err != nil {
		return err
	}
	again := func(errs ui.Errors) error { return s.overviewPage(r, finishForm{}, errs) }
	switch {
	case errs.Any():
		return again(errs)
	case form.Act == "abandonner":
		return r.answer(s.DropUnmark(r.ctx, r.town, r.viewer, r.poll, number), "paper.unmark.dropped", Href(r.poll), again)
	}
	return r.answer(s.ConfirmUnmark(r.ctx, r.town, r.viewer, r.poll, number), "paper.unmark.signed", Href(r.poll), again)
}

// undoOf is what the desk offers about a mark on the roll; nil for somebody who
// has none, or to whom it is not theirs to offer.
func undoOf(ctx context.Context, by citizen.Viewer, v *Visitor, reason string) *views.Undo {
	if !v.Voted || !may(by, Unmark, v.Poll) || by.ID == v.Account.ID {
		return nil
	}
	undo := &views.Undo{Action: visitorHref(v.Poll.ID, v.Account.ID) + "/annuler", Reason: reason}
	switch {
	case v.Unmarking != nil:
		undo.Why = i18n.T(ctx, "paper.unmark.waits", "When", i18n.DateTime(ctx, v.Unmarking.AskedAt), "Reason", v.Unmarking.Reason)
		undo.Sign = &ui.Link{Label: i18n.T(ctx, "paper.unmark.see"), Href: Href(v.Poll.ID) + "#corrections"}
	case v.Stays != nil:
		undo.Why = saying(ctx, v.Stays)
	}
	return undo
}

// unmarkingOf is a line among the corrections. Who it is about is told to those
// who receive people, by a link, as long as it waits.
func unmarkingOf(ctx context.Context, v citizen.Viewer, p *voting.Poll, u *Unmarking) views.Correction {
	line := views.Correction{
		Title:  i18n.T(ctx, "paper.unmark.title", "Number", strconv.Itoa(u.Number)),
		Text:   i18n.T(ctx, "paper.unmark.text", "When", i18n.DateTime(ctx, u.AskedAt)),
		Reason: i18n.T(ctx, "paper.correction.reason", "Reason", u.Reason),
		Action: Href(p.ID) + "/annulations/" + strconv.Itoa(u.Number),
		State:  signedState(ctx, u.ConfirmedAt, u.DroppedAt),
	}
	if !u.DroppedAt.IsZero() {
		line.Text = i18n.T(ctx, "paper.unmark.upheld", "When", i18n.DateTime(ctx, u.AskedAt))
	}
	if u.Pending() {
		line.CanSign, line.CanDrop = may(v, SignUnmark, p) && u.AskedBy != v.ID && p.State == voting.Open, may(v, SignUnmark, p)
		if may(v, Kiosk, p) {
			line.About = &ui.Link{Label: i18n.T(ctx, "paper.unmark.who"), Href: visitorHref(p.ID, u.Citizen)}
		}
	}
	return line
}
