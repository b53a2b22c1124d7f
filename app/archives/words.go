package archives

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"parvis/app/archives/views"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

// datesOf tells the life of a matter, what is past marked.
func datesOf(ctx context.Context, m *voting.Matter) []ui.Moment {
	var list []ui.Moment
	add := func(title string, when time.Time, text string) {
		list = append(list, ui.Moment{Title: title, When: i18n.Date(ctx, when), Text: text, Done: !when.After(m.Poll.Now)})
	}
	if ended := m.Poll.EndedAt(); !ended.IsZero() {
		title := i18n.T(ctx, "archives.dates.closed")
		if m.Poll.State == voting.Cancelled {
			title = i18n.T(ctx, "archives.dates.cancelled")
		}
		add(title, ended, "")
	}
	if !m.DeliberatedOn.IsZero() {
		add(i18n.T(ctx, "archives.dates.deliberated"), m.DeliberatedOn, m.Reference)
	}
	for _, a := range m.Appeals {
		add(i18n.T(ctx, "archives.dates.appeal"), a.FiledOn, a.Reference)
		if !a.LiftedOn.IsZero() {
			add(i18n.T(ctx, "archives.dates.lifted"), a.LiftedOn, a.Outcome)
		}
	}
	if !m.PossibleOn.IsZero() {
		add(i18n.T(ctx, "archives.dates.possible"), m.PossibleOn, i18n.T(ctx, "archives.dates.possible.text", "Count", m.Months))
	}
	if m.Minute != nil {
		add(i18n.T(ctx, "archives.dates.severed"), m.Minute.At, m.Minute.Visa)
	}
	return list
}

// reasonsOf says why the severing cannot be done yet, with the dates.
func reasonsOf(ctx context.Context, m *voting.Matter, obstacles []error) []ui.Reason {
	var reasons []ui.Reason
	for _, err := range obstacles {
		reason := ui.Reason{}
		switch {
		case errors.Is(err, voting.ErrPeriodRuns):
			reason.Text = i18n.T(ctx, "archives.not_yet.period", "Date", i18n.Date(ctx, m.PossibleOn))
		case errors.Is(err, voting.ErrAppealPending):
			reason.Text = i18n.T(ctx, "archives.not_yet.appeal", "Count", m.Pending())
			reason.Remedy = &ui.Link{Label: i18n.T(ctx, "archives.not_yet.appeal.remedy"), Href: "#recours"}
		case errors.Is(err, voting.ErrNoDeliberation):
			reason.Text = i18n.T(ctx, "archives.not_yet.deliberation")
			reason.Remedy = &ui.Link{Label: i18n.T(ctx, "archives.not_yet.deliberation.remedy"), Href: "#deliberation"}
		default:
			if f, ok := errors.AsType[*fault.Error](err); ok {
				reason.Text = i18n.Message(ctx, f.Key, f.Args)
			}
		}
		reasons = append(reasons, reason)
	}
	return reasons
}

// deliberationOf is the form of the délibération: as it was typed, else as it is.
func deliberationOf(ctx context.Context, m *voting.Matter, typed deliberationForm) views.Deliberation {
	d := views.Deliberation{On: typed.On.Raw, Reference: typed.Reference, Months: typed.Months.Raw}
	if d == (views.Deliberation{}) {
		d = views.Deliberation{On: web.LocalDateOf(ctx, m.DeliberatedOn).String(), Reference: m.Reference, Months: strconv.Itoa(m.Months)}
	}
	return d
}

func appealsOf(ctx context.Context, m *voting.Matter, typed liftForm) []views.Appeal {
	var list []views.Appeal
	for _, a := range m.Appeals {
		appeal := views.Appeal{
			ID: a.ID.String(), Reference: a.Reference, Pending: a.LiftedOn.IsZero(), Typed: a.ID == typed.ID,
			Text: i18n.T(ctx, "archives.appeal.filed", "Date", i18n.Date(ctx, a.FiledOn)),
		}
		if !appeal.Pending {
			appeal.Text = i18n.T(ctx, "archives.appeal.lifted", "Filed", i18n.Date(ctx, a.FiledOn), "Lifted", i18n.Date(ctx, a.LiftedOn), "Outcome", a.Outcome)
		}
		if appeal.Typed {
			appeal.LiftedOn, appeal.Outcome = typed.LiftedOn.Raw, typed.Outcome
		}
		list = append(list, appeal)
	}
	return list
}

// minuteOf is the minute in words.
func minuteOf(ctx context.Context, m *voting.Minute) *views.Minute {
	day := func(text string) string {
		on, err := time.ParseInLocation(time.DateOnly, text, i18n.Location(ctx))
		if err != nil {
			return text
		}
		return i18n.Date(ctx, on)
	}
	fact := func(term, text string) ui.Fact { return ui.Fact{Term: term, Text: text} }
	page := &views.Minute{
		Town: m.Town, At: i18n.DateTime(ctx, m.At), By: m.By, Note: strings.Split(strings.TrimSpace(m.Note), "\n"),
		Who: []ui.Fact{
			fact(i18n.T(ctx, "archives.minute.question"), m.Question),
			fact(i18n.T(ctx, "archives.minute.poll"), m.Poll.String()),
			fact(i18n.T(ctx, "archives.minute.ended"), i18n.DateTime(ctx, m.Ended)),
			fact(i18n.T(ctx, "archives.minute.deliberation"), i18n.T(ctx, "archives.minute.deliberation.text", "Reference", m.Deliberation.Reference, "Date", day(m.Deliberation.On))),
			fact(i18n.T(ctx, "archives.minute.period"), i18n.T(ctx, "archives.minute.period.text", "Count", m.Deliberation.Months, "Date", day(m.Deliberation.PossibleOn))),
		},
		Counts: countsOf(ctx, m),
		Prints: []ui.Fact{{Term: i18n.T(ctx, "archives.minute.root"), Body: views.Digits(m.Root)}},
	}
	for _, a := range m.Appeals {
		page.Who = append(page.Who, fact(i18n.T(ctx, "archives.minute.appeal"), i18n.T(ctx, "archives.minute.appeal.text",
			"Reference", a.Reference, "Filed", day(a.FiledOn), "Lifted", day(a.LiftedOn), "Outcome", a.Outcome)))
	}
	page.Who = append(page.Who, fact(i18n.T(ctx, "archives.minute.visa"), m.Visa),
		fact(i18n.T(ctx, "archives.minute.by"), m.By), fact(i18n.T(ctx, "archives.minute.at"), i18n.DateTime(ctx, m.At)))
	if m.Result != "" {
		page.Prints = append(page.Prints, ui.Fact{Term: i18n.T(ctx, "archives.minute.result"), Body: views.Digits(m.Result)})
	}
	if m.Archive == nil {
		page.NoArchive = true
	} else {
		page.Prints = append(page.Prints, ui.Fact{Term: i18n.T(ctx, "archives.minute.archive", "Size", i18n.Number(ctx, m.Archive.Size)), Body: views.Digits(m.Archive.SHA256)})
		page.Archive = "/votes/" + m.Poll.String() + "/archive"
	}
	page.Prints = append(page.Prints, ui.Fact{Term: i18n.T(ctx, "archives.minute.key"), Body: views.Digits(m.Key)})
	return page
}

// countsOf is what the box held, before and after.
func countsOf(ctx context.Context, m *voting.Minute) ui.TableProps {
	row := func(name string, before, after int64) ui.Row {
		return ui.Row{Cells: []ui.Cell{{Text: name}, {Text: i18n.Number(ctx, before)}, {Text: i18n.Number(ctx, after)}}}
	}
	return ui.TableProps{
		Caption: i18n.T(ctx, "archives.minute.counts"),
		Columns: []ui.Column{
			{Label: i18n.T(ctx, "archives.minute.what")}, {Label: i18n.T(ctx, "archives.minute.before"), Numeric: true}, {Label: i18n.T(ctx, "archives.minute.after"), Numeric: true},
		},
		Rows: []ui.Row{
			row(i18n.T(ctx, "archives.minute.ballots"), m.Before.Ballots, m.After.Ballots),
			row(i18n.T(ctx, "archives.minute.submissions"), m.Before.Submissions, m.After.Submissions),
			row(i18n.T(ctx, "archives.minute.roll"), m.Before.Roll, m.After.Roll),
			row(i18n.T(ctx, "archives.minute.secrets"), m.Before.Secrets, m.After.Secrets),
		},
	}
}
