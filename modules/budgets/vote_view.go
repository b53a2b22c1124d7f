package budgets

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
	"parvis/modules/budgets/views"
)

// mountVote adds the pages of the vote and of its result.
func (m *Module) mountVote(site, office fiber.Router) {
	site.Get("/:id"+resultPath, handlers{m.service}.result)
	o := officeHandlers{m.service}
	office.Get("/:id/"+stepVote, o.vote)
	office.Post("/:id/"+stepVote, o.saveVote)
}

// voteView is the part of the edition's page about its vote; nil while there
// is nothing to say.
func (s *service) voteView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, e *Edition) (*views.VoteBox, error) {
	poll, seen, voted, err := s.view(ctx, t.ID, v, e.ID)
	if err != nil || poll == nil || !e.Published {
		return nil, err
	}
	box := &views.VoteBox{ID: poll.ID.String(), Title: poll.Question, Note: i18n.T(ctx, "budgets.vote.count", "Count", len(poll.Options)), Who: booth.WhoMayVote(ctx, t, poll)}
	if poll.State.Over() {
		box.Note, box.Who = i18n.T(ctx, "budgets.vote.counted", "Count", len(poll.Options)), ""
	}
	if seen.Turnout != nil && poll.State != voting.Scheduled {
		stat := ui.Stat{Number: i18n.Number(ctx, *seen.Turnout), Label: i18n.T(ctx, "budgets.vote.turnout", "Count", *seen.Turnout), Icon: "users", Bind: "turnout"}
		box.Turnout = &stat
	}
	if poll.State == voting.Open || poll.State == voting.Scheduled {
		box.Live = &views.Live{Topic: "voting/" + poll.ID.String(), Rev: strconv.FormatInt(seen.Rev, 10), State: string(seen.State), Page: href(e.ID)}
	}
	if poll.State == voting.Open && inBackOffice(v) {
		box.Screen = &ui.Link{Label: i18n.T(ctx, "budgets.vote.screen"), Href: "/ecran/" + poll.ID.String(), Icon: "monitor"}
	}
	switch {
	case poll.State == voting.Scheduled:
		box.Done = i18n.T(ctx, "budgets.vote.opens", "When", i18n.DateTime(ctx, poll.Opens))
	case poll.State == voting.Open:
		invite(ctx, t, v, e, poll, voted, box)
	case poll.State.Over():
		box.Action = &ui.Link{Label: i18n.T(ctx, "budgets.result.see"), Href: href(e.ID) + resultPath, Icon: "chart-bar"}
	case poll.State == voting.Cancelled:
		box.Done = i18n.T(ctx, "budgets.vote.cancelled", "Reason", poll.CancelReason)
	}
	return box, nil
}

// invite says what v may do about a vote that is open.
func invite(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, e *Edition, poll *voting.Poll, voted bool, box *views.VoteBox) {
	there := "/votes/" + poll.ID.String()
	switch {
	case voted && poll.AllowChange:
		box.Done, box.Action = i18n.T(ctx, "budgets.vote.voted"), &ui.Link{Label: i18n.T(ctx, "budgets.vote.change"), Href: there, Icon: "pencil"}
		return
	case voted:
		box.Done = i18n.T(ctx, "budgets.vote.voted_final")
		return
	}
	verdict := poll.Eligible(voting.ByAccount(v), t.TimeZone)
	if verdict.Allowed || !v.SignedIn { // the booth leads visitors to sign in, and back
		box.Action, box.Primary = &ui.Link{Label: i18n.T(ctx, "budgets.vote.go"), Href: there, Icon: "vote"}, true
		return
	}
	box.Reasons = &ui.ReasonProps{Title: i18n.T(ctx, "budgets.vote.not_yet"), Reasons: booth.Reasons(ctx, verdict.Reasons, href(e.ID))}
}

// voteForm is the form of who votes and how.
type voteForm struct {
	Version     int64     `form:"version"`
	Person      int       `form:"person" validate:"min=0,max=4"`
	Residence   int       `form:"residence" validate:"min=0,max=3"`
	AgeFrom     web.Whole `form:"age_from" validate:"omitempty,min=0,max=120"`
	MaxChoices  web.Whole `form:"max_choices" validate:"omitempty,min=1,max=500"`
	AllowChange bool      `form:"allow_change"`
	Hidden      bool      `form:"hidden"`
}

func (f voteForm) apply(t *voting.Terms) {
	t.Electorate.Person, t.Electorate.Residence = citizen.Proof(f.Person), citizen.Proof(f.Residence)
	t.Electorate.AgeFrom, t.MaxChoices, t.AllowChange = int(f.AgeFrom.N), int(f.MaxChoices.N), f.AllowChange
	if t.Visibility = voting.Turnout; f.Hidden {
		t.Visibility = voting.Hidden
	}
}

func voteFormOf(version int64, p *voting.Poll) voteForm {
	f := voteForm{
		Version: version, Person: int(p.Electorate.Person), Residence: int(p.Electorate.Residence),
		AllowChange: p.AllowChange, Hidden: p.Visibility == voting.Hidden,
	}
	if n := p.Electorate.AgeFrom; n > 0 {
		f.AgeFrom = web.WholeOf(int64(n))
	}
	if n := p.MaxChoices; n > 0 {
		f.MaxChoices = web.WholeOf(int64(n))
	}
	return f
}

func (o officeHandlers) vote(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	poll, _, _, err := o.service.view(web.Context(c), web.Tenant(c).ID, citizen.Viewer{}, d.ID)
	if err != nil {
		return err
	}
	form := voteForm{Version: d.Version}
	if poll != nil {
		form = voteFormOf(d.Version, poll)
	}
	return showVote(c, d, poll, form, nil, nil)
}

func (o officeHandlers) saveVote(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	var form voteForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = o.service.setVote(web.Context(c), web.Tenant(c), web.Viewer(c), Target{d.ID, form.Version}, form.apply)
		if err == nil {
			return saved(c, d, stepVote)
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	poll, _, _, wrong := o.service.view(web.Context(c), web.Tenant(c).ID, citizen.Viewer{}, d.ID)
	if wrong != nil {
		return wrong
	}
	return showVote(c, d, poll, form, errs, stale(c, d, stepVote, err, &form.Version))
}

func showVote(c *fiber.Ctx, d *Dossier, poll *voting.Poll, form voteForm, errs ui.Errors, read *ui.Link) error {
	ctx, t := web.Context(c), web.Tenant(c)
	p := views.VoteForm{
		Office: frame(c, d, stepVote, errs), Version: form.Version, Person: strconv.Itoa(form.Person), Residence: strconv.Itoa(form.Residence),
		AgeFrom: form.AgeFrom.String(), MaxChoices: form.MaxChoices.String(), AllowChange: form.AllowChange, Hidden: form.Hidden,
	}
	p.Stale, p.Locked = read, locked(c, d, actTerms)
	if poll == nil {
		p.Locked = i18n.T(ctx, "budgets.vote.none")
		return web.Page(c, views.WriteVote(p))
	}
	p.Facts = []ui.Fact{
		{Term: i18n.T(ctx, "budgets.vote.projects"), Text: i18n.T(ctx, "budgets.vote.count", "Count", len(poll.Options))},
		{Term: i18n.T(ctx, "budgets.vote.dates"), Text: i18n.DateRange(ctx, d.VoteAt, d.ResultAt)},
		{Term: i18n.T(ctx, "budgets.method.term"), Text: methodName(ctx, d.Method)},
		{Term: i18n.T(ctx, "budgets.vote.who"), Text: booth.WhoMayVote(ctx, t, poll)},
	}
	if poll.State == voting.Open || poll.State == voting.Scheduled {
		p.Screen = &ui.Link{Label: i18n.T(ctx, "budgets.vote.screen"), Href: "/ecran/" + poll.ID.String(), Icon: "monitor"}
	}
	if poll.State.Over() {
		p.Result = &ui.Link{Label: i18n.T(ctx, "budgets.result.see"), Href: href(d.ID) + resultPath, Icon: "chart-bar"}
	}
	return web.Page(c, views.WriteVote(p))
}
