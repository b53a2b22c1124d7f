package consultations

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/modules/consultations/views"
)

const (
	sitePath   = "/consultations"
	officePath = "/office/consultations"
)

func href(id uuid.UUID) string       { return sitePath + "/" + id.String() }
func officeHref(id uuid.UUID) string { return officePath + "/" + id.String() }

func pollHref(id voting.PollID) string    { return "/votes/" + id.String() }
func resultsHref(id voting.PollID) string { return pollHref(id) + "/resultats" }
func screenHref(id voting.PollID) string  { return "/ecran/" + id.String() }
func listHref(id voting.PollID) string    { return "/office/votes/" + id.String() + "/liste" }
func hostHref(id voting.PollID) string    { return "/office/votes/" + id.String() + "/pupitre" }

// stateOf says where a consultation stands.
func stateOf(ctx context.Context, p Phase) ui.State {
	switch p {
	case Draft:
		return ui.State{Word: i18n.T(ctx, "consultations.state.draft"), Tone: ui.Neutral, Icon: "pencil"}
	case Upcoming:
		return ui.State{Word: i18n.T(ctx, "consultations.state.upcoming"), Tone: ui.Info, Icon: "calendar"}
	case Open:
		return ui.State{Word: i18n.T(ctx, "consultations.state.open"), Tone: ui.Accent}
	case Closed:
		return ui.State{Word: i18n.T(ctx, "consultations.state.closed"), Tone: ui.Neutral, Icon: "hourglass"}
	case Decided:
		return ui.State{Word: i18n.T(ctx, "consultations.state.decided"), Tone: ui.Success, Icon: "landmark"}
	}
	return ui.State{Word: i18n.T(ctx, "consultations.state.cancelled"), Tone: ui.Danger, Icon: "ban"}
}

// when says the date that matters now, and what it means.
func when(ctx context.Context, c *Consultation) string {
	switch c.Phase() {
	case Draft:
		return i18n.T(ctx, "consultations.when.draft", "Date", i18n.DateTime(ctx, c.UpdatedAt))
	case Upcoming:
		return i18n.T(ctx, "consultations.when.opens", "When", i18n.DaysLeft(ctx, c.Now, c.OpensAt))
	case Open:
		return i18n.T(ctx, "consultations.when.closes", "When", i18n.DaysLeft(ctx, c.Now, c.ClosesAt))
	case Decided:
		return i18n.T(ctx, "consultations.when.decided", "Date", i18n.Date(ctx, c.OutcomeAt))
	case Cancelled:
		return i18n.T(ctx, "consultations.when.cancelled", "Date", i18n.Date(ctx, c.CancelledAt))
	}
	return i18n.T(ctx, "consultations.when.closed", "Date", i18n.Date(ctx, c.ClosesAt))
}

// about is what a consultation says beside its title in a list.
func about(ctx context.Context, t *tenant.Tenant, c *Consultation) []ui.Meta {
	meta := []ui.Meta{{Icon: "clock", Text: when(ctx, c)}}
	if zone := t.ZoneName(c.Zone); zone != "" {
		meta = append(meta, ui.Meta{Icon: "map-pin", Text: zone})
	}
	return meta
}

// aboutHere is about, and says whose hour it is where an hour matters.
func aboutHere(ctx context.Context, t *tenant.Tenant, c *Consultation) []ui.Meta {
	meta := about(ctx, t, c)
	if p := c.Phase(); p == Upcoming || p == Open {
		meta[0].Text = i18n.T(ctx, "consultations.when.zone", "When", meta[0].Text, "Zone", i18n.ZoneName(ctx))
	}
	return meta
}

// item is a consultation in a public list.
func item(ctx context.Context, t *tenant.Tenant, c *Consultation) views.Item {
	it := views.Item{
		Title: c.Title, Href: href(c.ID), Summary: markdown.Text(c.Summary, 220),
		State: stateOf(ctx, c.Phase()), Meta: about(ctx, t, c),
	}
	if c.Phase() == Open {
		it.Action, it.Accent = i18n.T(ctx, "consultations.take_part"), true
	}
	return it
}

// reader is who reads a page of a consultation, and what the ballot box knows
// of them.
type reader struct {
	viewer  citizen.Viewer
	voter   map[voting.PollID]voting.Voter // as whom they would vote in each poll
	voted   map[voting.PollID]bool
	seen    map[voting.PollID]voting.View // what may be seen of each poll now
	preview bool
	easy    bool // wants the plain words first
}

// page is what the public page of a consultation shows to r.
func page(ctx context.Context, t *tenant.Tenant, d *Dossier, r reader) views.Show {
	phase := d.Phase()
	state := stateOf(ctx, phase)
	show := views.Show{
		ID: d.ID.String(), Title: d.Title, Description: markdown.Text(d.Summary, 160),
		Header: ui.HeaderProps{
			Eyebrow: i18n.T(ctx, "consultations.one"), Title: d.Title, Lead: d.Summary, State: &state, Poster: true,
			Meta: aboutHere(ctx, t, &d.Consultation),
		},
		PollsTitle: pollsTitle(ctx, d), Cancelled: d.CancelReason, Easy: d.Easy, EasyFirst: d.Easy != "" && r.easy,
		Body: markdown.HTML(d.Body, 3), Promise: d.Promise,
		Timeline: timeline(ctx, d), Changes: changeNotes(ctx, d.Changes), Facts: facts(ctx, t, d),
		Documents: documentViews(ctx, d, href(d.ID)), FollowUps: followNotes(ctx, d.FollowUps),
	}
	show.EasyLink = easyLink(ctx, d, r)
	switch phase {
	case Draft, Upcoming:
		show.Waiting = i18n.T(ctx, "consultations.waiting.upcoming")
		if !d.OpensAt.IsZero() {
			show.Waiting = i18n.T(ctx, "consultations.waiting.opens", "When", i18n.DateTime(ctx, d.OpensAt))
		}
	case Closed:
		show.Waiting = i18n.T(ctx, "consultations.waiting.decision")
	case Decided:
		show.Outcome = outcomeView(ctx, d)
	}
	for _, p := range d.Polls {
		show.Polls = append(show.Polls, pollView(ctx, t, d, p, r))
	}
	if r.preview {
		show.Preview = &ui.Link{Label: i18n.T(ctx, "consultations.preview.back"), Href: officeHref(d.ID)}
		show.Documents = documentViews(ctx, d, officeHref(d.ID))
	} else if inBackOffice(r.viewer) {
		show.Staff = &ui.Link{Label: i18n.T(ctx, "consultations.manage"), Href: officeHref(d.ID)}
	}
	return show
}

func pollsTitle(ctx context.Context, d *Dossier) string {
	switch d.Phase() {
	case Closed, Decided, Cancelled:
		return i18n.T(ctx, "consultations.polls.over", "Count", len(d.Polls))
	}
	return i18n.T(ctx, "consultations.polls.title", "Count", len(d.Polls))
}

func easyLink(ctx context.Context, d *Dossier, r reader) *ui.Link {
	switch {
	case d.Easy == "" || r.preview:
		return nil
	case r.easy:
		return &ui.Link{Label: i18n.T(ctx, "consultations.easy.hide"), Href: href(d.ID)}
	}
	return &ui.Link{Label: i18n.T(ctx, "consultations.easy.show"), Href: href(d.ID) + "?lecture=facile#facile"}
}

// timeline is the life of a consultation, from its publication to what was done.
func timeline(ctx context.Context, d *Dossier) []ui.Moment {
	phase := d.Phase()
	date := func(t time.Time, missing string) string {
		if t.IsZero() {
			return missing
		}
		return i18n.Date(ctx, t)
	}
	tbd := i18n.T(ctx, "consultations.timeline.unknown")
	after := func(phases ...Phase) bool {
		for _, p := range phases {
			if p == phase {
				return true
			}
		}
		return false
	}
	moments := []ui.Moment{
		{Title: i18n.T(ctx, "consultations.timeline.information"), When: date(d.PublishedAt, tbd), Done: after(Open, Closed, Decided), Current: after(Upcoming)},
		{
			Title: i18n.T(ctx, "consultations.timeline.voting"), Done: after(Closed, Decided), Current: after(Open),
			When: tbd,
		},
	}
	if !d.OpensAt.IsZero() && !d.ClosesAt.IsZero() {
		moments[1].When = i18n.DateRange(ctx, d.OpensAt, d.ClosesAt)
	}
	if phase == Cancelled {
		return append(moments, ui.Moment{Title: i18n.T(ctx, "consultations.state.cancelled"), When: date(d.CancelledAt, ""), Current: true})
	}
	decision := ui.Moment{Title: i18n.T(ctx, "consultations.timeline.decision"), When: date(d.OutcomeAt, tbd), Done: after(Decided), Current: after(Closed)}
	follow := ui.Moment{Title: i18n.T(ctx, "consultations.timeline.follow"), When: tbd, Current: after(Decided)}
	if n := len(d.FollowUps); n > 0 {
		follow.When = date(d.FollowUps[n-1].At, tbd)
	}
	return append(moments, decision, follow)
}

// changeNotes is the public register, newest first.
//
// i18n: consultations.change.*
func changeNotes(ctx context.Context, list []Change) []views.Note {
	var notes []views.Note
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i]
		note := views.Note{When: i18n.DateTime(ctx, c.At), Title: i18n.Message(ctx, "consultations.change."+string(c.Kind), nil), Text: c.Reason}
		if !c.Becomes.IsZero() {
			note.Title = i18n.Message(ctx, "consultations.change."+string(c.Kind)+".until", map[string]any{"Until": i18n.DateTime(ctx, c.Becomes)})
		}
		notes = append(notes, note)
	}
	return notes
}

func followNotes(ctx context.Context, list []FollowUp) []views.Note {
	notes := make([]views.Note, len(list))
	for i, f := range list {
		notes[i] = views.Note{When: i18n.Date(ctx, f.At), Text: f.Text}
	}
	return notes
}

func documentViews(ctx context.Context, d *Dossier, base string) []views.Document {
	list := make([]views.Document, len(d.Documents))
	for i, doc := range d.Documents {
		kind, _ := files.KindOf(doc.MediaType)
		list[i] = views.Document{
			Title: doc.Title, Href: base + "/documents/" + doc.ID.String(), Kind: kind.Label,
			Size: files.Size(ctx, doc.Size), Added: i18n.DateShort(ctx, doc.AddedAt),
		}
	}
	return list
}

func facts(ctx context.Context, t *tenant.Tenant, d *Dossier) []ui.Fact {
	where := t.ZoneName(d.Zone)
	if where == "" {
		where = t.Name
	}
	list := []ui.Fact{{Term: i18n.T(ctx, "consultations.fact.where"), Text: where}}
	if !d.OpensAt.IsZero() && !d.ClosesAt.IsZero() {
		list = append(list, ui.Fact{Term: i18n.T(ctx, "consultations.fact.opens"), Text: i18n.DateTime(ctx, d.OpensAt)},
			ui.Fact{Term: i18n.T(ctx, "consultations.fact.closes"), Text: i18n.DateTime(ctx, d.ClosesAt)})
	}
	return list
}

func outcomeView(ctx context.Context, d *Dossier) *views.Outcome {
	o := &views.Outcome{
		Body: markdown.HTML(d.Outcome.Text, 3),
		When: i18n.T(ctx, "consultations.outcome.published", "Date", i18n.Date(ctx, d.OutcomeAt)),
	}
	if !d.Outcome.On.IsZero() {
		o.Facts = append(o.Facts, ui.Fact{Term: i18n.T(ctx, "consultations.outcome.on"), Text: civilDay(ctx, d.Outcome.On)})
	}
	if d.Outcome.Number != "" {
		o.Facts = append(o.Facts, ui.Fact{Term: i18n.T(ctx, "consultations.outcome.number"), Text: d.Outcome.Number})
	}
	if d.Outcome.URL != "" {
		o.Link = &ui.Link{Label: i18n.T(ctx, "consultations.outcome.read"), Href: d.Outcome.URL}
	}
	return o
}

// civilDay writes a day that belongs to no hour.
func civilDay(ctx context.Context, day time.Time) string { return i18n.Date(ctx, midday(ctx, day)) }

// midday is noon of a civil day where the reader is: the same day everywhere
// one may have come from.
func midday(ctx context.Context, day time.Time) time.Time {
	if day.IsZero() {
		return day
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, i18n.Location(ctx))
}
