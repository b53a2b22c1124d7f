package budgets

import (
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"

	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
)

const (
	sitePath   = "/budgets-participatifs"
	officePath = "/office/budgets-participatifs"
)

func href(id uuid.UUID) string       { return sitePath + "/" + id.String() }
func officeHref(id uuid.UUID) string { return officePath + "/" + id.String() }

func projectsHref(edition uuid.UUID) string { return href(edition) + "/projets" }

func projectHref(edition, id uuid.UUID) string { return projectsHref(edition) + "/" + id.String() }

func officeProjectHref(edition, id uuid.UUID) string {
	return officeHref(edition) + "/" + stepProjects + "/" + id.String()
}

// phaseName says a phase.
//
// i18n: budgets.phase.*
func phaseName(ctx context.Context, p Phase) string {
	return i18n.Message(ctx, "budgets.phase."+string(p), nil)
}

// phaseState says where an edition stands.
func phaseState(ctx context.Context, p Phase) ui.State {
	s := ui.State{Word: phaseName(ctx, p), Tone: ui.Neutral}
	switch p {
	case Draft:
		s.Icon = "pencil"
	case Upcoming, Information:
		s.Tone, s.Icon = ui.Info, "calendar"
	case Deposit, Vote:
		s.Tone = ui.Accent
	case Study, Result, Deliberation:
		s.Icon = "hourglass"
	default:
		s.Tone, s.Icon = ui.Success, "landmark"
	}
	return s
}

// projectState says where a project stands.
func projectState(ctx context.Context, e *Edition, p *Project) ui.State {
	switch p.State(e) {
	case StateDraft:
		return ui.State{Word: i18n.T(ctx, "budgets.state.draft"), Tone: ui.Neutral, Icon: "pencil"}
	case StateWithdrawn:
		return ui.State{Word: i18n.T(ctx, "budgets.state.withdrawn"), Tone: ui.Neutral, Icon: "ban"}
	case StateStudied:
		return ui.State{Word: i18n.T(ctx, "budgets.state.studied"), Tone: ui.Info, Icon: "hourglass"}
	case StateAccepted:
		return ui.State{Word: i18n.T(ctx, "budgets.state.accepted"), Tone: ui.Accent, Icon: "vote"}
	case StateInadmissible:
		return ui.State{Word: i18n.T(ctx, "budgets.state.inadmissible"), Tone: ui.Warning, Icon: "circle-x"}
	case StateUnfavourable:
		return ui.State{Word: i18n.T(ctx, "budgets.state.unfavourable"), Tone: ui.Warning, Icon: "circle-x"}
	case StateWinner:
		return ui.State{Word: i18n.T(ctx, "budgets.state.winner"), Tone: ui.Success, Icon: "star"}
	case StateLoser:
		return ui.State{Word: i18n.T(ctx, "budgets.state.loser"), Tone: ui.Neutral, Icon: "minus"}
	case StateDone:
		return ui.State{Word: i18n.T(ctx, "budgets.state.done"), Tone: ui.Success, Icon: "circle-check"}
	case StateAbandoned:
		return ui.State{Word: i18n.T(ctx, "budgets.state.abandoned"), Tone: ui.Danger, Icon: "ban"}
	}
	return ui.State{Word: i18n.T(ctx, "budgets.state.deposited"), Tone: ui.Info, Icon: "inbox"}
}

// when says the date that matters now, and what it means.
func when(ctx context.Context, e *Edition) string {
	left := func(p Phase) string { return i18n.DaysLeft(ctx, e.Now, e.Start(p)) }
	switch e.Phase() {
	case Draft:
		return i18n.T(ctx, "budgets.when.draft", "Date", i18n.DateTime(ctx, e.UpdatedAt))
	case Upcoming:
		return i18n.T(ctx, "budgets.when.upcoming", "When", left(Information))
	case Information:
		return i18n.T(ctx, "budgets.when.information", "When", left(Deposit))
	case Deposit:
		return i18n.T(ctx, "budgets.when.deposit", "When", left(Study))
	case Study:
		return i18n.T(ctx, "budgets.when.study", "When", left(Vote))
	case Vote:
		return i18n.T(ctx, "budgets.when.vote", "When", left(Result))
	case Result:
		return i18n.T(ctx, "budgets.when.result", "Date", i18n.Date(ctx, e.DeliberationAt))
	case Deliberation:
		return i18n.T(ctx, "budgets.when.deliberation")
	case Winners:
		return i18n.T(ctx, "budgets.when.winners", "Date", civilDay(ctx, e.Outcome.On))
	}
	return i18n.T(ctx, "budgets.when.delivery", "Date", i18n.Date(ctx, e.DeliveryAt))
}

// timeline is the life of an edition.
func timeline(ctx context.Context, e *Edition) []ui.Moment {
	now := e.Phase()
	moments := make([]ui.Moment, len(Phases))
	for i, p := range Phases {
		from, to := e.Start(p), e.End(p)
		m := ui.Moment{Title: phaseName(ctx, p), Current: p == now, Done: rank(p) < rank(now), When: i18n.T(ctx, "budgets.date.unknown")}
		switch {
		case !from.IsZero() && !to.IsZero():
			m.When = i18n.DateRange(ctx, from, to)
		case !from.IsZero():
			m.When = i18n.T(ctx, "budgets.date.from", "Date", i18n.Date(ctx, from))
		}
		if p == Deliberation && !e.OutcomeAt.IsZero() {
			m.When = i18n.T(ctx, "budgets.date.deliberated", "Date", civilDay(ctx, e.Outcome.On), "Number", e.Outcome.Number)
		}
		moments[i] = m
	}
	return moments
}

// money says the envelopes of an edition.
func envelopeFacts(ctx context.Context, t *tenant.Tenant, e *Edition) []ui.Fact {
	facts := make([]ui.Fact, 0, len(e.Envelopes))
	for _, envelope := range e.Envelopes {
		facts = append(facts, ui.Fact{Term: zoneLabel(ctx, t, envelope.Zone), Text: e.amount(ctx, int64(envelope.Amount))})
	}
	return facts
}

// zoneLabel is the name of a zone; the whole town has one too.
func zoneLabel(ctx context.Context, t *tenant.Tenant, id uuid.UUID) string {
	return cmp.Or(t.ZoneName(id), i18n.T(ctx, "budgets.zone.whole"))
}

// themeName says a theme, "" for none.
func themeName(ctx context.Context, theme Theme) string {
	if theme == "" {
		return ""
	}
	return i18n.Message(ctx, "budgets.theme."+string(theme), nil)
}

func themeOptions(ctx context.Context) []ui.Option {
	options := make([]ui.Option, len(Themes))
	for i, theme := range Themes {
		options[i] = ui.Option{Value: string(theme), Label: themeName(ctx, theme)}
	}
	return options
}

// stageName says how far a realisation is.
func stageName(ctx context.Context, s Stage) string {
	if s == "" {
		s = Planned
	}
	return i18n.Message(ctx, "budgets.stage."+string(s), nil)
}

// civilDay writes a day that belongs to no hour.
func civilDay(ctx context.Context, day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return i18n.Date(ctx, midday(ctx, day))
}

// midday is noon of a civil day where the reader is: the same day everywhere
// one may have come from.
func midday(ctx context.Context, day time.Time) time.Time {
	if day.IsZero() {
		return day
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, i18n.Location(ctx))
}
