package consultations

import (
	"context"

	"parvis/app/booth"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/modules/consultations/views"
)

// pollView is one question as r sees it, with what r may do about it now.
func pollView(ctx context.Context, t *tenant.Tenant, d *Dossier, p *voting.Poll, r reader) views.Poll {
	q := views.Poll{
		ID: p.ID.String(), Question: p.Question, Description: p.Description, State: pollState(ctx, p),
		Rules: rules(ctx, t, p), Choices: choices(p),
	}
	if r.preview {
		q.Note = i18n.T(ctx, "consultations.preview.poll")
		return q
	}
	q.Turnout, q.Note = turnout(ctx, p, r.seen[p.ID])
	q.Live = liveOf(p, r.seen[p.ID], href(d.ID))
	if inBackOffice(r.viewer) && p.Room.Open && !p.State.Over() {
		q.Screen = &ui.Link{Label: i18n.T(ctx, "consultations.poll.screen"), Href: screenHref(p.ID), Icon: "monitor"}
		q.Host = &ui.Link{Label: i18n.T(ctx, "consultations.poll.host"), Href: hostHref(p.ID), Icon: "tablet"}
	}
	if p.State == voting.Open && p.Visibility == voting.Live {
		q.Results = &ui.Link{Label: i18n.T(ctx, "consultations.poll.live"), Href: resultsHref(p.ID), Icon: "chart-bar"}
	}
	switch {
	case p.State.Over():
		q.Action = &ui.Link{Label: i18n.T(ctx, "consultations.poll.results"), Href: resultsHref(p.ID), Icon: "chart-bar"}
	case p.State == voting.Open:
		invite(ctx, t, d, p, r, &q)
	}
	return q
}

// invite says what r may do about a poll that is open.
func invite(ctx context.Context, t *tenant.Tenant, d *Dossier, p *voting.Poll, r reader, q *views.Poll) {
	vote := &ui.Link{Label: i18n.T(ctx, "consultations.poll.vote"), Href: pollHref(p.ID), Icon: "vote"}
	switch {
	case p.Room.Anonymous():
		q.Action, q.Note = vote, i18n.T(ctx, "consultations.poll.in_room")
		q.Primary = true
		return
	case r.voted[p.ID] && p.AllowChange:
		q.Done = i18n.T(ctx, "consultations.poll.voted")
		q.Action = &ui.Link{Label: i18n.T(ctx, "consultations.poll.change_mine"), Href: pollHref(p.ID), Icon: "pencil"}
		return
	case r.voted[p.ID]:
		q.Done = i18n.T(ctx, "consultations.poll.voted_final")
		return
	}
	verdict := p.Eligible(r.voter[p.ID], t.TimeZone)
	if verdict.Allowed || !r.viewer.SignedIn { // the booth leads visitors to sign in, and back
		q.Action, q.Primary = vote, true
		return
	}
	q.Reasons = &ui.ReasonProps{Title: i18n.T(ctx, "consultations.poll.not_yet"), Reasons: booth.Reasons(ctx, verdict.Reasons, href(d.ID))}
}

func choices(p *voting.Poll) []string {
	labels := make([]string, len(p.Options))
	for i, o := range p.Options {
		labels[i] = o.Label
	}
	return labels
}

// pollState says where a poll stands.
func pollState(ctx context.Context, p *voting.Poll) ui.State {
	switch p.State {
	case voting.Draft:
		return ui.State{Word: i18n.T(ctx, "consultations.poll.state.draft"), Icon: "pencil"}
	case voting.Scheduled:
		return ui.State{Word: i18n.T(ctx, "consultations.poll.state.scheduled"), Tone: ui.Info, Icon: "calendar"}
	case voting.Open:
		return ui.State{Word: i18n.T(ctx, "consultations.poll.state.open"), Tone: ui.Accent}
	case voting.Cancelled:
		return ui.State{Word: i18n.T(ctx, "consultations.poll.state.cancelled"), Tone: ui.Danger, Icon: "ban"}
	}
	return ui.State{Word: i18n.T(ctx, "consultations.poll.state.closed"), Icon: "lock"}
}

// rules says how to answer a poll, and who may.
func rules(ctx context.Context, t *tenant.Tenant, p *voting.Poll) []ui.Meta {
	var list []ui.Meta
	switch p.Method {
	case voting.Plurality:
		list = append(list, ui.Meta{Icon: "circle-dot", Text: i18n.T(ctx, "consultations.rule.plurality")})
	case voting.Approval:
		most := p.MaxChoices
		if most == 0 {
			most = len(p.Options)
		}
		list = append(list, ui.Meta{Icon: "list-checks", Text: i18n.T(ctx, "consultations.rule.approval", "Count", most)})
	default:
		list = append(list, ui.Meta{Icon: "scale", Text: i18n.T(ctx, "consultations.rule.yes_no")})
	}
	if p.AllowChange {
		list = append(list, ui.Meta{Icon: "undo-2", Text: i18n.T(ctx, "consultations.rule.change")})
	}
	return append(list, ui.Meta{Icon: "users", Text: booth.WhoMayVote(ctx, t, p)})
}
