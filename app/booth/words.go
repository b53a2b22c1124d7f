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

// frameOf is what surrounds every page of a poll.
func frameOf(ctx context.Context, at visit) views.Frame {
	p := at.poll
	f := views.Frame{Subject: at.subject.Title, Leave: at.subject.Href, Topic: "voting/" + p.ID.String()}
	if p.State == voting.Open && !p.Closes.IsZero() {
		f.Closes = p.Closes
		f.Left = i18n.T(ctx, "booth.closes", "When", i18n.DaysLeft(ctx, p.Now, p.Closes))
	}
	return f
}

func closedAt(p *voting.Poll) time.Time {
	if !p.ClosedAt.IsZero() {
		return p.ClosedAt
	}
	return p.Closes
}

// rulesOf says the rules of a poll in plain words.
func rulesOf(ctx context.Context, t *tenant.Tenant, p *voting.Poll) []ui.Fact {
	fact := func(term, text string) ui.Fact { return ui.Fact{Term: i18n.T(ctx, term), Text: text} }
	rules := []ui.Fact{
		fact("booth.rules.who", whoMayVote(ctx, t, p)),
		fact("booth.rules.until", until(ctx, p)),
		fact("booth.rules.change", changeWords(ctx, p)),
		fact("booth.rules.counted", countedWords(ctx, p)),
		fact("booth.rules.shown", shownWords(ctx, p)),
		fact("booth.rules.protects", i18n.T(ctx, "booth.rules.protects.text")),
		fact("booth.rules.protects_not", i18n.T(ctx, "booth.rules.protects_not.text")),
	}
	if p.Rules != "" {
		rules = append(rules, fact("booth.rules.own", p.Rules))
	}
	return rules
}

func until(ctx context.Context, p *voting.Poll) string {
	if p.Closes.IsZero() {
		return i18n.T(ctx, "booth.rules.until.hand")
	}
	return i18n.DateTime(ctx, p.Closes) + " (" + i18n.ZoneName(ctx) + ")"
}

func changeWords(ctx context.Context, p *voting.Poll) string {
	if p.AllowChange {
		return i18n.T(ctx, "booth.rules.change.yes")
	}
	return i18n.T(ctx, "booth.rules.change.no")
}

func countedWords(ctx context.Context, p *voting.Poll) string {
	switch p.Method {
	case voting.Approval:
		return i18n.T(ctx, "booth.rules.counted.approval")
	case voting.YesNoAbstain:
		return i18n.T(ctx, "booth.rules.counted.answers")
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

// whoMayVote says the electorate in a sentence.
func whoMayVote(ctx context.Context, t *tenant.Tenant, p *voting.Poll) string {
	if p.Room.Open {
		return i18n.T(ctx, "booth.who.room")
	}
	e := p.Electorate
	words := []string{i18n.T(ctx, "booth.who.account")}
	switch {
	case e.AgeFrom > 0 && e.AgeTo > 0:
		words = append(words, i18n.T(ctx, "booth.who.age_between", "From", e.AgeFrom, "To", e.AgeTo))
	case e.AgeFrom > 0:
		words = append(words, i18n.T(ctx, "booth.who.age_from", "From", e.AgeFrom))
	case e.AgeTo > 0:
		words = append(words, i18n.T(ctx, "booth.who.age_to", "To", e.AgeTo))
	}
	var zones []string
	for _, z := range t.Zones {
		for _, id := range e.Zones {
			if z.ID == id {
				zones = append(zones, z.Name)
			}
		}
	}
	if len(zones) > 0 {
		words = append(words, i18n.T(ctx, "booth.who.zones", "Zones", i18n.List(ctx, zones)))
	}
	if e.Person > citizen.PersonEmail {
		words = append(words, i18n.T(ctx, "booth.who.person"))
	}
	switch {
	case e.Residence >= citizen.ResidenceDesk:
		words = append(words, i18n.T(ctx, "booth.who.residence_desk"))
	case e.Residence >= citizen.ResidenceDeclared:
		words = append(words, i18n.T(ctx, "booth.who.residence"))
	}
	return i18n.List(ctx, words)
}
