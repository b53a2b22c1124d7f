package booth

import (
	"context"
	"time"

	"parvis/app/booth/views"
	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
)

func boothHref(id voting.PollID) string   { return "/votes/" + id.String() }
func resultsHref(id voting.PollID) string { return boothHref(id) + "/resultats" }
func screenHref(id voting.PollID) string  { return "/ecran/" + id.String() }
func officeHref(id voting.PollID) string  { return "/office/votes/" + id.String() }
func receiptHref(id voting.PollID, n voting.Nonce) string {
	return boothHref(id) + "/recepisse/" + n.String()
}

// frameOf is what surrounds every page of a poll.
func frameOf(ctx context.Context, at visit) views.Frame {
	p := at.poll
	f := views.Frame{
		Subject: at.subject.Title, Leave: at.subject.Href, Back: at.subject.Back,
		Topic: "voting/" + p.ID.String(), Self: boothHref(p.ID), Stage: string(p.State),
	}
	if f.Back == "" {
		f.Back = i18n.T(ctx, "booth.back")
	}
	if p.State == voting.Open && !p.Closes.IsZero() {
		f.Left = i18n.T(ctx, "booth.closes", "When", i18n.DaysLeft(ctx, p.Now, p.Closes), "Zone", i18n.ZoneName(ctx))
	}
	return f
}

// stateOf says where a poll stands.
func stateOf(ctx context.Context, p *voting.Poll) ui.State {
	switch p.State {
	case voting.Draft:
		return ui.State{Word: i18n.T(ctx, "booth.state.draft"), Icon: "pencil"}
	case voting.Scheduled:
		return ui.State{Word: i18n.T(ctx, "booth.state.scheduled"), Tone: ui.Info, Icon: "calendar-days"}
	case voting.Open:
		return ui.State{Word: i18n.T(ctx, "booth.state.open"), Tone: ui.Accent, Icon: "vote"}
	case voting.Cancelled:
		return ui.State{Word: i18n.T(ctx, "booth.state.cancelled"), Tone: ui.Danger, Icon: "ban"}
	}
	return ui.State{Word: i18n.T(ctx, "booth.state.closed"), Icon: "lock"}
}

// rulesOf says the rules of a poll in plain words.
func rulesOf(ctx context.Context, t *tenant.Tenant, p *voting.Poll) []ui.Fact {
	rules := []ui.Fact{{Term: i18n.T(ctx, "booth.rules.who"), Text: WhoMayVote(ctx, t, p)}}
	if p.Paper != voting.NoPaper {
		rules = append(rules, ui.Fact{Term: i18n.T(ctx, "booth.rules.ways"), Text: i18n.T(ctx, "booth.rules.ways.paper")})
	}
	rules = append(rules, []ui.Fact{
		{Term: i18n.T(ctx, "booth.rules.until"), Text: until(ctx, p)},
		{Term: i18n.T(ctx, "booth.rules.change"), Text: changeWords(ctx, p)},
		{Term: i18n.T(ctx, "booth.rules.counted"), Text: countedWords(ctx, p)},
		{Term: i18n.T(ctx, "booth.rules.shown"), Text: shownWords(ctx, p)},
		{Term: i18n.T(ctx, "booth.rules.protects"), Text: protects(ctx, p)},
		{Term: i18n.T(ctx, "booth.rules.protects_not"), Text: protectsNot(ctx, p)},
		{Term: i18n.T(ctx, "booth.rules.limit"), Text: limitWords(ctx, p)},
	}...)
	if quorum := quorumRule(ctx, p); quorum != "" {
		rules = append(rules, ui.Fact{Term: i18n.T(ctx, "booth.rules.quorum"), Text: quorum})
	}
	if p.Electorate.Later {
		rules = append(rules, ui.Fact{Term: i18n.T(ctx, "booth.rules.later"), Text: i18n.T(ctx, "booth.rules.later.text")})
	}
	if p.Rules != "" {
		rules = append(rules, ui.Fact{Term: i18n.T(ctx, "booth.rules.own"), Text: p.Rules})
	}
	return rules
}

func protects(ctx context.Context, p *voting.Poll) string {
	switch p.VoterKind() {
	case voting.DeviceVoter:
		return i18n.T(ctx, "booth.rules.protects.room")
	case voting.TicketVoter:
		return i18n.T(ctx, "booth.rules.protects.ticket")
	}
	return i18n.T(ctx, "booth.rules.protects.text")
}

func protectsNot(ctx context.Context, p *voting.Poll) string {
	switch p.VoterKind() {
	case voting.DeviceVoter:
		return i18n.T(ctx, "booth.rules.protects_not.room")
	case voting.TicketVoter:
		return i18n.T(ctx, "booth.rules.protects_not.ticket")
	}
	return i18n.T(ctx, "booth.rules.protects_not.text")
}

func until(ctx context.Context, p *voting.Poll) string {
	if p.Closes.IsZero() {
		return i18n.T(ctx, "booth.rules.until.hand")
	}
	return i18n.T(ctx, "booth.rules.until.date", "When", i18n.DateTime(ctx, p.Closes), "Zone", i18n.ZoneName(ctx))
}

func changeWords(ctx context.Context, p *voting.Poll) string {
	if p.AllowChange {
		return i18n.T(ctx, "booth.rules.change.yes")
	}
	return i18n.T(ctx, "booth.rules.change.no")
}

func countedWords(ctx context.Context, p *voting.Poll) string {
	switch {
	case p.Method == voting.Approval:
		return i18n.T(ctx, "booth.rules.counted.approval")
	case p.Method == voting.YesNoAbstain:
		return i18n.T(ctx, "booth.rules.counted.answers")
	case p.Method == voting.Greedy:
		return i18n.T(ctx, "booth.rules.counted.greedy")
	case p.Method == voting.EqualShares:
		return i18n.T(ctx, "booth.rules.counted.equal_shares")
	case p.Rule.AbsoluteMajority:
		return i18n.T(ctx, "booth.rules.counted.majority")
	}
	return i18n.T(ctx, "booth.rules.counted.plurality")
}

func shownWords(ctx context.Context, p *voting.Poll) string {
	switch p.Visibility {
	case voting.Live:
		return i18n.T(ctx, "booth.rules.shown.live", "Count", voting.MinShown)
	case voting.Hidden:
		return i18n.T(ctx, "booth.rules.shown.hidden")
	}
	return i18n.T(ctx, "booth.rules.shown.turnout")
}

// WhoMayVote says the electorate of a poll in a sentence.
//
// i18n: role.*
func WhoMayVote(ctx context.Context, t *tenant.Tenant, p *voting.Poll) string {
	switch p.VoterKind() {
	case voting.DeviceVoter:
		return i18n.T(ctx, "booth.who.room")
	case voting.TicketVoter:
		return i18n.T(ctx, "booth.who.ticket")
	}
	e := p.Electorate
	var words []string
	switch {
	case e.AgeFrom > 0 && e.AgeTo > 0:
		words = append(words, i18n.T(ctx, "booth.who.age_between", "From", e.AgeFrom, "To", e.AgeTo))
	case e.AgeFrom > 0:
		words = append(words, i18n.T(ctx, "booth.who.age_from", "From", e.AgeFrom))
	case e.AgeTo > 0:
		words = append(words, i18n.T(ctx, "booth.who.age_to", "To", e.AgeTo))
	}
	if zones := zoneNames(t, p); len(zones) > 0 {
		words = append(words, i18n.T(ctx, "booth.who.zones", "Zones", i18n.List(ctx, zones)))
	}
	if e.AgeOn != "" && (e.AgeFrom > 0 || e.AgeTo > 0) {
		if on, err := time.Parse(time.DateOnly, e.AgeOn); err == nil {
			words[0] = i18n.T(ctx, "booth.who.age_on", "Age", words[0], "Day", i18n.Date(ctx, on))
		}
	}
	switch e.List {
	case voting.MailList:
		words = append(words, i18n.T(ctx, "booth.who.list_mail"))
	case voting.CivilList:
		words = append(words, i18n.T(ctx, "booth.who.list_civil"))
	}
	if e.Person > citizen.PersonEmail {
		words = append(words, i18n.T(ctx, "booth.who.person"))
	}
	switch {
	case e.Residence > citizen.ResidenceDeclared:
		words = append(words, i18n.T(ctx, "booth.who.residence_proven"))
	case e.Residence == citizen.ResidenceDeclared:
		words = append(words, i18n.T(ctx, "booth.who.residence"))
	}
	var roles []string
	for _, r := range e.Roles {
		roles = append(roles, i18n.T(ctx, "role."+string(r)))
	}
	if len(roles) > 0 {
		words = append(words, i18n.T(ctx, "booth.who.roles", "Roles", i18n.List(ctx, roles)))
	}
	if len(words) == 0 {
		return i18n.T(ctx, "booth.who.everyone")
	}
	return i18n.T(ctx, "booth.who.account", "Which", i18n.List(ctx, words))
}

func zoneNames(t *tenant.Tenant, p *voting.Poll) []string {
	var names []string
	for _, z := range t.Zones {
		for _, id := range p.Electorate.Zones {
			if z.ID == id {
				names = append(names, z.Name)
			}
		}
	}
	return names
}
