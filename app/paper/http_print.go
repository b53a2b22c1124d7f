package paper

import (
	"context"
	"strconv"
	"strings"

	"parvis/app/i18n"
	"parvis/app/paper/views"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

const (
	fewCopies  = 2   // two on a sheet of A4
	mostCopies = 200 // in one page
	signLines  = 20  // of a sign-in sheet
)

type copiesForm struct {
	Copies web.Whole `form:"exemplaires"`
}

// ballots is the paper ballots of a batch, each with its code.
func (s *Service) ballots(r request, number int) error {
	st, b, err := s.batchOn(r, number)
	if err != nil {
		return err
	}
	var form copiesForm
	errs, err := web.Bind(r.Ctx, &form)
	if err != nil {
		return err
	}
	copies := fewCopies
	switch {
	case errs.Any(), !form.Copies.Set:
	case form.Copies.N < 1 || form.Copies.N > mostCopies:
		errs, _ = web.Errors(r.Ctx, ErrCopies.On("exemplaires"))
	default:
		copies = int(form.Copies.N)
	}
	page := printedOf(r.ctx, st.Poll, b, copies)
	page.Town, page.Address, page.Errors = r.town.Name, web.Origin(r.Ctx)+"/office/papier/"+b.Code, errs
	page.CopiesField = form.Copies.Raw
	if page.CopiesField == "" {
		page.CopiesField = strconv.Itoa(copies)
	}
	return web.Page(r.Ctx, views.BallotsPage(page))
}

func printedOf(ctx context.Context, p *voting.Poll, b BatchStanding, copies int) views.Printed {
	page := views.Printed{
		Question: p.Question, Rule: ruleWords(ctx, p), Code: inFours(b.Code), Poll: shortID(p.ID), Batch: batchName(ctx, b.Number),
		Closes: closesWords(ctx, p), Answers: p.Method == voting.YesNoAbstain, Copies: copies,
		Back: ui.Link{Label: i18n.T(ctx, "paper.back.batch"), Href: batchHref(p.ID, b.Number)},
	}
	for _, o := range p.Options {
		page.Options = append(page.Options, o.Label)
	}
	return page
}

// ruleWords says how a paper ballot is filled.
func ruleWords(ctx context.Context, p *voting.Poll) string {
	switch {
	case p.Method == voting.YesNoAbstain:
		return i18n.T(ctx, "paper.rule.answers")
	case p.Method == voting.Plurality:
		return i18n.T(ctx, "paper.rule.one")
	case p.MaxChoices > 0:
		return i18n.T(ctx, "paper.rule.some", "Count", p.MaxChoices)
	}
	return i18n.T(ctx, "paper.rule.any")
}

func closesWords(ctx context.Context, p *voting.Poll) string {
	if p.Closes.IsZero() {
		return i18n.T(ctx, "paper.closes.hand")
	}
	return i18n.T(ctx, "paper.closes", "When", i18n.DateTime(ctx, p.Closes))
}

// shortID is enough of a poll's ID to tell it from another on paper.
func shortID(id voting.PollID) string { return strings.ToUpper(id.String()[:8]) }

// signIn is a sheet to sign, where the roll cannot be marked on a screen at once.
func (s *Service) signIn(r request) error {
	poll, err := s.pollFor(r, See)
	if err != nil {
		return err
	}
	if poll.Paper == voting.NoPaper {
		return voting.ErrNotFound
	}
	page := views.SignIn{
		Town: r.town.Name, Question: poll.Question, Poll: shortID(poll.ID), Closes: closesWords(r.ctx, poll),
		Address: web.Origin(r.Ctx) + DeskHref(poll.ID), Back: backToPaper(r.ctx, poll.ID),
	}
	for n := range signLines {
		page.Rows = append(page.Rows, n+1)
	}
	return web.Page(r.Ctx, views.SignInPage(page))
}

// minutes are those of the counting, to sign.
func (s *Service) minutes(r request) error {
	st, err := s.Standing(r.ctx, r.town, r.viewer, r.poll)
	if err != nil {
		return err
	}
	ctx, p := r.ctx, st.Poll
	page := views.Minutes{
		Town: r.town.Name, Question: p.Question, Poll: shortID(p.ID), At: i18n.T(ctx, "paper.minutes.at", "When", i18n.DateTime(ctx, p.Now)),
		Back: backToPaper(ctx, p.ID), Table: comparison(ctx, st, true), Batches: batchesTable(ctx, st),
		Facts: []ui.Fact{
			{Term: i18n.T(ctx, "paper.minutes.poll"), Text: shortID(p.ID)}, {Term: i18n.T(ctx, "paper.minutes.closing"), Text: closesWords(ctx, p)},
			{Term: i18n.T(ctx, "paper.minutes.typing"), Text: typingWords(ctx, p)}, {Term: i18n.T(ctx, "paper.minutes.state"), Text: stateOf(ctx, st).Word},
		},
		Roles: []string{i18n.T(ctx, "paper.minutes.official"), i18n.T(ctx, "paper.minutes.agent"), i18n.T(ctx, "paper.minutes.scrutineer")},
	}
	for _, c := range st.Corrections {
		if !c.ConfirmedAt.IsZero() {
			page.Corrections = append(page.Corrections, correctionWords(ctx, c))
		}
	}
	return web.Page(r.Ctx, views.MinutesPage(page))
}
