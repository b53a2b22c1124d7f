package consultations

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/writing"
)

// farthest is how long ahead a date still makes sense, and longest how long a
// consultation may last: further is a slip of the keyboard.
const (
	farthest = 5 * 365 * 24 * time.Hour
	longest  = 2 * 365 * 24 * time.Hour
)

// trimmed returns the text as it is kept.
func (t Text) trimmed() Text {
	t.Title = writing.Line(t.Title) // one sentence, on one line
	for _, field := range []*string{&t.Summary, &t.Easy, &t.Body, &t.Promise} {
		*field = writing.Tidy(*field)
	}
	return t
}

// check says what is wrong with a text. A draft may be short of anything but
// its title: what is missing to publish is the checklist's to say.
func (t Text) check(c *fault.Complaints, town *tenant.Tenant) {
	c.When(t.Title == "", "title", "consultations.title.missing")
	c.Bound(t.Title, "title", maxTitle)
	c.Bound(t.Summary, "summary", maxSummary)
	c.Bound(t.Easy, "easy", maxEasy)
	c.Bound(t.Body, "body", maxBody)
	c.Bound(t.Promise, "promise", maxPromise)
	known := t.Zone == uuid.Nil || town.HasZone(t.Zone)
	c.When(!known, "zone", "consultations.zone.unknown")
}

// check says what is wrong with dates, seen at a moment.
func (s Schedule) check(c *fault.Complaints, now time.Time) {
	both := !s.OpensAt.IsZero() && !s.ClosesAt.IsZero()
	c.When(s.OpensAt.After(now.Add(farthest)), "opens", "consultations.dates.too_far")
	c.When(s.ClosesAt.After(now.Add(farthest)), "closes", "consultations.dates.too_far")
	c.When(both && !s.ClosesAt.After(s.OpensAt), "closes", "consultations.dates.reversed")
	c.When(both && s.ClosesAt.Sub(s.OpensAt) > longest, "closes", "consultations.dates.too_long")
}

// trimmed returns the outcome as it is kept.
func (o Outcome) trimmed() Outcome {
	o.Text, o.Number, o.URL = writing.Tidy(o.Text), writing.Line(o.Number), strings.TrimSpace(o.URL)
	return o
}

// check says what is wrong with a decision published at a moment.
func (o Outcome) check(c *fault.Complaints, now time.Time) {
	c.When(o.Text == "", "outcome", "consultations.outcome.missing")
	c.Bound(o.Text, "outcome", maxOutcome)
	c.Bound(o.Number, "number", 60)
	c.Bound(o.URL, "url", 500)
	address, err := url.Parse(o.URL)
	web := err == nil && (address.Scheme == "https" || address.Scheme == "http") && address.Host != ""
	c.When(o.URL != "" && !web, "url", "consultations.outcome.url")
	c.When(o.On.After(now.Add(24*time.Hour)), "on", "consultations.outcome.future")
}

// Lack is something missing before a consultation can be published.
type Lack struct {
	Key  string
	Step string // the page of the back office where it is put right
}

// lacks is the checklist before publication: everything a citizen has a right
// to find, at the moment it is shown.
func (d *Dossier) lacks() []Lack {
	var list []Lack
	need := func(ok bool, step, key string) {
		if !ok {
			list = append(list, Lack{Key: key, Step: step})
		}
	}
	need(d.Summary != "", stepText, "consultations.lack.summary")
	need(d.Body != "", stepText, "consultations.lack.body")
	need(d.Promise != "", stepText, "consultations.lack.promise")
	need(!d.OpensAt.IsZero(), stepText, "consultations.lack.opens")
	need(!d.ClosesAt.IsZero(), stepText, "consultations.lack.closes")
	need(d.ClosesAt.IsZero() || d.ClosesAt.After(d.Now), stepText, "consultations.lack.closes_past")
	need(len(d.Polls) > 0, stepPolls, "consultations.lack.poll")
	for _, p := range d.Polls {
		need(p.Terms.Check() == nil, stepPolls, "consultations.lack.poll_incomplete")
		need(!p.ListMissing(), stepPolls, "consultations.lack.list")
	}
	return list
}

// advice is what the checklist recommends without insisting.
func (d *Dossier) advice() []Lack {
	var list []Lack
	suggest := func(ok bool, step, key string) {
		if !ok {
			list = append(list, Lack{Key: key, Step: step})
		}
	}
	suggest(d.Easy != "", stepText, "consultations.advice.easy")
	suggest(len(d.Documents) > 0, stepDocuments, "consultations.advice.documents")
	week := d.OpensAt.IsZero() || d.ClosesAt.IsZero() || d.ClosesAt.Sub(d.OpensAt) >= 7*24*time.Hour
	suggest(week, stepText, "consultations.advice.short")
	live := slices.ContainsFunc(d.Polls, func(p *voting.Poll) bool { return p.Visibility == voting.Live })
	suggest(!live, stepPolls, "consultations.advice.live")
	return list
}

// The steps of the back office: the last part of their addresses.
const (
	stepText      = "texte"
	stepDocuments = "documents"
	stepPolls     = "votes"
	stepPublish   = "publication"
	stepFollow    = "suites"
)
