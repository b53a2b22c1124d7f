package booth

import (
	"context"
	"errors"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"parvis/app/access"
	"parvis/app/booth/views"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/money"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/app/voting/slip"
	"parvis/app/web"
)

// show is the booth itself: the ballot to fill in, or why there is none.
func (b *Booth) show(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	if at.poll.State != voting.Open {
		return b.notOpen(c, at)
	}
	who, err := b.box.Recognise(web.Context(c), at.poll, voter(c, at.poll))
	if err != nil {
		return err
	}
	verdict := at.poll.Eligible(who, web.Tenant(c).TimeZone)
	if shown, err := b.showWaiting(c, at, who, verdict.Reasons); shown || err != nil {
		return err
	}
	if !verdict.Allowed {
		return b.notEligible(c, at, verdict.Reasons)
	}
	marks, cast, err := b.box.BallotOf(web.Context(c), web.Tenant(c).ID, at.poll.ID, who)
	if err != nil {
		return err
	}
	if cast && !at.poll.AllowChange {
		return b.alreadyVoted(c, at)
	}
	if elsewhere, err := b.votedElsewhere(c, at, who); elsewhere || err != nil {
		return err
	}
	form := filled{poll: at.poll}
	if cast {
		form.Form = slip.Of(marks)
	}
	page := b.ballotPage(c, at, form, nil)
	page.Voted = cast
	if at.poll.QuorumOf(0).Of == counting.Attending {
		if page.CheckIn, err = b.presenceOf(c, at.poll, who); err != nil {
			return err
		}
	}
	return b.fillIn(c, at, form, page)
}

// edit shows the ballot again with what was chosen, from the review.
func (b *Booth) edit(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	if at.poll.State != voting.Open {
		return b.notOpen(c, at)
	}
	form := read(c, at.poll)
	return b.fillIn(c, at, form, b.ballotPage(c, at, form, nil))
}

func (b *Booth) backToBooth(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	return web.SeeOther(c, boothHref(at.poll.ID))
}

// review repeats the choice before it counts. Nothing is written: what was
// chosen travels in the form.
func (b *Booth) review(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	if at.poll.State != voting.Open {
		return b.notOpen(c.Status(fiber.StatusGone), at)
	}
	form := read(c, at.poll)
	who, err := b.box.Recognise(web.Context(c), at.poll, voter(c, at.poll))
	if err != nil {
		return err
	}
	verdict := at.poll.Eligible(who, web.Tenant(c).TimeZone)
	form.later = at.poll.MayWait(who, verdict.Reasons)
	if !verdict.Allowed && !form.later {
		return b.notEligible(c.Status(fiber.StatusForbidden), at, verdict.Reasons)
	}
	if _, wrong := form.marks(); wrong != nil {
		return b.again(c, at, form, wrong)
	}
	form.number = b.seal(at.poll, who, voting.NewNonce())
	return b.reviewPage(c, at, form, "")
}

// again answers with the ballot as it was filled in, and what is wrong with it.
func (b *Booth) again(c *fiber.Ctx, at visit, form filled, wrong error) error {
	errs, ok := web.Errors(c, wrong)
	if !ok {
		return wrong
	}
	return b.fillIn(c, at, form, b.ballotPage(c, at, form, errs))
}

// cast puts the ballot in the box and leads to its receipt.
func (b *Booth) cast(c *fiber.Ctx) error {
	at, err := b.quickVisit(c)
	if err != nil {
		return err
	}
	form, who := read(c, at.poll), voter(c, at.poll)
	number, sealed := b.open(at.poll, who, form.number)
	marks, wrong := form.marks()
	switch {
	case wrong != nil:
	case !sealed:
		wrong = errWrongNumber
	default:
		_, wrong = b.box.Cast(web.Context(c), web.Tenant(c).ID, voting.Submission{
			Poll: at.poll.ID, Voter: who, Nonce: number, Marks: marks, Channel: channelOf(at.poll),
		})
	}
	if wrong != nil {
		return b.refused(c, at, form, wrong)
	}
	b.sighted(c, at.poll, who)
	return web.SeeOther(c, receiptHref(at.poll.ID, number))
}

func channelOf(p *voting.Poll) voting.Channel {
	if p.Room.Open {
		return voting.Meeting
	}
	return voting.Web
}

// refused explains why a ballot was not taken. What was chosen comes back
// wherever it may still be sent.
func (b *Booth) refused(c *fiber.Ctx, at visit, form filled, cause error) error {
	if kind := fault.KindOf(cause); kind == fault.Unavailable || kind == fault.Internal {
		// The same number: if the ballot is in the box after all, it counts once.
		b.log.ErrorContext(web.Context(c), "cast a ballot", "request", web.RequestID(c), "error", cause)
		c.Set(fiber.HeaderRetryAfter, "5")
		return b.reviewPage(c.Status(fiber.StatusServiceUnavailable), at, form, saying(web.Context(c), cause))
	}
	at, err := b.visit(c) // as it is now
	if err != nil {
		return errors.Join(err, cause)
	}
	if e, ok := errors.AsType[*voting.NotEligible](cause); ok {
		return b.notEligible(c.Status(fiber.StatusForbidden), at, e.Reasons)
	}
	switch {
	case at.poll.State != voting.Open:
		return b.notOpen(c.Status(fiber.StatusGone), at)
	case errors.Is(cause, voting.ErrAlreadyVoted):
		return b.alreadyVoted(c.Status(fiber.StatusConflict), at)
	case errors.Is(cause, voting.ErrOtherChannel):
		if elsewhere, err := b.votedElsewhere(c.Status(fiber.StatusConflict), at, voter(c, at.poll)); elsewhere || err != nil {
			return err
		}
		return b.alreadyVoted(c, at)
	}
	form.poll = at.poll
	if _, wrong := form.marks(); wrong != nil {
		cause = wrong // what is wrong with it now, in the words of its page
	}
	return b.again(c, at, form, cause)
}

// saying says a fault in words.
func saying(ctx context.Context, err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return i18n.Message(ctx, f.Key, f.Args)
	}
	return i18n.T(ctx, "booth.retry.text")
}

// ballotPage is the ballot as the page shows it. In a room it is cast as it
// stands, without a review: one touch, one confirmation.
func (b *Booth) ballotPage(c *fiber.Ctx, at visit, form filled, errs ui.Errors) views.Ballot {
	ctx, p := web.Context(c), at.poll
	page := views.Ballot{
		Frame: frameOf(ctx, at), Errors: errs, Action: boothHref(p.ID) + "/verification",
		Question: p.Question, Description: p.Description, Rules: rulesOf(ctx, web.Tenant(c), p), AllowChange: p.AllowChange,
		Limit: limitWords(ctx, p),
	}
	if p.Room.Open {
		page.Room, page.Action = true, boothHref(p.ID)+"/bulletin"
		page.Hidden = []views.Hidden{{Name: numberField, Value: b.seal(p, voter(c, p), voting.NewNonce())}}
	}
	if p.Method == voting.YesNoAbstain {
		page.Rows = answerRows(p, form, errs)
		return page
	}
	if p.Method == voting.Approval {
		page.Most = p.MaxMarks()
	}
	for _, o := range p.Options {
		page.Options = append(page.Options, ui.ChoiceProps{Value: o.ID, Label: o.Label, Hint: o.Description})
	}
	page.Options = append(page.Options, ui.ChoiceProps{
		Value: slip.Blank, Label: i18n.T(ctx, "booth.ballot.blank"), Hint: i18n.T(ctx, "booth.ballot.blank.hint"),
	})
	page.Name, page.Chosen, page.Error = slip.ChoiceField, form.Choices, errs.For(slip.ChoiceField)
	return page
}

func answerRows(p *voting.Poll, form filled, errs ui.Errors) []views.AnswerRow {
	var rows []views.AnswerRow
	for _, o := range p.Options {
		rows = append(rows, views.AnswerRow{
			Name: slip.AnswerField + o.ID, Label: o.Label, Hint: o.Description,
			Value: form.Answers[o.ID], Error: errs.For(slip.AnswerField + o.ID),
		})
	}
	return rows
}

// reviewPage repeats the ballot; failed says why sending it did not work, ""
// the first time.
func (b *Booth) reviewPage(c *fiber.Ctx, at visit, form filled, failed string) error {
	ctx, p := web.Context(c), at.poll
	page := views.Review{
		Frame: frameOf(ctx, at), Question: p.Question, Confirm: boothHref(p.ID) + "/bulletin", Edit: boothHref(p.ID),
		AllowChange: p.AllowChange, Failed: failed, Hidden: []views.Hidden{{Name: numberField, Value: form.number}},
	}
	if p.Method == voting.YesNoAbstain {
		for _, o := range p.Options {
			page.Hidden = append(page.Hidden, views.Hidden{Name: slip.AnswerField + o.ID, Value: form.Answers[o.ID]})
		}
	} else {
		for _, choice := range form.Choices {
			page.Hidden = append(page.Hidden, views.Hidden{Name: slip.ChoiceField, Value: choice})
		}
	}
	if form.later {
		page.Confirm, page.Later = waitHref(p.ID), waitsUntil(ctx, p)
	}
	marks, err := form.marks()
	if err != nil {
		return err
	}
	page.Choices = choicesOf(ctx, p, marks)
	web.NoStore(c)
	if p.Method.Budget() {
		return web.Page(c, views.BasketReviewPage(basketReview(ctx, p, marks, page)))
	}
	return web.Page(c, views.ReviewPage(page))
}

// choicesOf says a ballot in words.
func choicesOf(ctx context.Context, p *voting.Poll, marks []voting.Mark) []views.Choice {
	if len(marks) == 0 {
		return []views.Choice{{Label: i18n.T(ctx, "booth.ballot.blank")}}
	}
	var list []views.Choice
	for _, said := range slip.InOrder(p, marks) {
		choice := views.Choice{Label: said.Label}
		if p.Method.Budget() {
			choice.Answer = i18n.Euros(ctx, money.Cents(said.Cost))
		}
		if p.Method == voting.YesNoAbstain {
			choice.Answer = answerWord(ctx, said.Value)
		}
		list = append(list, choice)
	}
	return list
}

func answerWord(ctx context.Context, value int) string {
	switch value {
	case voting.Yes:
		return i18n.T(ctx, "booth.answer.yes")
	case voting.No:
		return i18n.T(ctx, "booth.answer.no")
	}
	return i18n.T(ctx, "booth.answer.abstain")
}

// notEligible is the booth of somebody who may not vote: every reason, each
// with the way to put it right, and what is proposed all the same.
func (b *Booth) notEligible(c *fiber.Ctx, at visit, list []access.Reason) error {
	ctx, p := web.Context(c), at.poll
	page := views.Refusal{
		Frame: frameOf(ctx, at), Question: p.Question, Description: p.Description, Rules: rulesOf(ctx, web.Tenant(c), p),
	}
	page.Options = b.labels(c, p)
	page.Reasons = Reasons(ctx, list, boothHref(p.ID))
	if len(list) == 1 && list[0].Key == access.ErrSignInRequired.Key {
		page.SignIn, page.Reasons = page.Reasons[0].Remedy, nil
	}
	return web.Page(c, views.RefusalPage(page))
}

// Reasons says why somebody may not vote, each with the way to put it right,
// which comes back to an address.
//
// i18n: access.* voting.*
func Reasons(ctx context.Context, list []access.Reason, back string) []ui.Reason {
	said := make([]ui.Reason, len(list))
	for i, r := range list {
		said[i].Text = i18n.Message(ctx, r.Key, r.Args)
		if r.RemedyKey != "" && r.RemedyHref != "" {
			said[i].Remedy = &ui.Link{Label: i18n.Message(ctx, r.RemedyKey, r.Args), Href: r.RemedyHref + "?retour=" + url.QueryEscape(back)}
		} else if r.RemedyKey != "" {
			said[i].Text += " " + i18n.Message(ctx, r.RemedyKey, r.Args)
		}
	}
	return said
}

// notOpen is the booth of a poll that takes no ballot now: what there is to
// do instead.
func (b *Booth) notOpen(c *fiber.Ctx, at visit) error {
	ctx, p := web.Context(c), at.poll
	page := views.Waiting{Frame: frameOf(ctx, at), Question: p.Question, State: stateOf(ctx, p)}
	switch p.State {
	case voting.Draft, voting.Scheduled:
		page.Icon, page.Title, page.Text = "calendar-days", i18n.T(ctx, "booth.waiting.title"), opening(ctx, p)
		page.Options = b.labels(c, p)
		var err error
		if page.CheckIn, err = b.presenceOf(c, p, voter(c, p)); err != nil {
			return err
		}
	case voting.Cancelled:
		page.Icon, page.Title = "ban", i18n.T(ctx, "booth.cancelled.title")
		page.Text = i18n.T(ctx, "booth.cancelled.text", "Reason", p.CancelReason)
	default:
		page.Icon, page.Title = "lock", i18n.T(ctx, "booth.closed.title")
		page.Text = i18n.T(ctx, "booth.closed.text", "When", i18n.DateTime(ctx, p.Closes))
		if !p.SeveredAt.IsZero() {
			page.Text += " " + i18n.T(ctx, "booth.closed.severed", "When", i18n.Date(ctx, p.SeveredAt))
		}
		page.Action = &ui.Link{Label: i18n.T(ctx, "booth.closed.results"), Href: resultsHref(p.ID), Icon: "chart-bar"}
		w, err := b.box.WaitingOf(ctx, web.Tenant(c).ID, p.ID, returning(c, p))
		if err != nil {
			return err
		}
		if w != nil && w.Ended == voting.Expired {
			page.Text += " " + i18n.T(ctx, "booth.pending.expired")
			page.Missing = Reasons(ctx, w.Reasons, boothHref(p.ID))
		}
	}
	return web.Page(c, views.WaitingPage(page))
}

// opening says when a poll opens.
func opening(ctx context.Context, p *voting.Poll) string {
	if p.Opens.IsZero() {
		return i18n.T(ctx, "booth.waiting.no_date")
	}
	return i18n.T(ctx, "booth.waiting.text", "When", i18n.DateTime(ctx, p.Opens), "Zone", i18n.ZoneName(ctx))
}
