package budgets

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/money"
	"parvis/app/tenant"
	"parvis/app/voting/counting"
	"parvis/app/writing"
)

// farthest is how long ahead a date still makes sense: further is a slip of
// the keyboard.
const farthest = 10 * 365 * 24 * time.Hour

// trimmed returns the text as it is kept.
func (t Text) trimmed() Text {
	t.Title = writing.Line(t.Title)
	for _, field := range []*string{&t.Summary, &t.Easy, &t.Body, &t.Rules} {
		*field = writing.Tidy(*field)
	}
	t.Adopted = t.Adopted.trimmed()
	return t
}

func (a Act) trimmed() Act {
	a.Number, a.URL = writing.Line(a.Number), strings.TrimSpace(a.URL)
	return a
}

// check says what is wrong with a text. A draft may be short of anything but
// its title: what is missing to publish is the checklist's to say.
func (t Text) check(c *fault.Complaints, now time.Time) {
	c.When(t.Title == "", "title", "budgets.title_missing")
	c.Bound(t.Title, "title", maxTitle)
	c.Bound(t.Summary, "summary", maxSummary)
	c.Bound(t.Easy, "easy", maxEasy)
	c.Bound(t.Body, "body", maxBody)
	c.Bound(t.Rules, "rules", maxRules)
	t.Adopted.check(c, now)
}

// check says what is wrong with a délibération, of which any part may be missing.
func (a Act) check(c *fault.Complaints, now time.Time) {
	c.When(a.On.After(now.Add(24*time.Hour)), "on", "budgets.act.future")
	c.Bound(a.Number, "number", maxNumber)
	c.Bound(a.URL, "url", maxURL)
	c.When(a.URL != "" && !webAddress(a.URL), "url", "budgets.act.url")
}

func webAddress(text string) bool {
	address, err := url.Parse(text)
	return err == nil && (address.Scheme == "https" || address.Scheme == "http") && address.Host != ""
}

// check says what is wrong with dates, seen at a moment: each phase begins
// after the one before.
func (cal Calendar) check(c *fault.Complaints, now time.Time) {
	var before time.Time
	for _, p := range Phases {
		at := cal.Start(p)
		if at.IsZero() {
			continue
		}
		c.When(at.After(now.Add(farthest)), string(p), "budgets.dates.too_far")
		c.When(!before.IsZero() && !at.After(before), string(p), "budgets.dates.order")
		before = at
	}
}

// complete says which dates are missing of a published edition.
func (cal Calendar) complete(c *fault.Complaints) {
	for _, p := range Phases {
		c.When(cal.Start(p).IsZero(), string(p), "budgets.dates.missing")
	}
}

// envelopeField is the name of the field of a zone's envelope.
func envelopeField(zone uuid.UUID) string {
	if zone == uuid.Nil {
		return "amount"
	}
	return "amount_" + zone.String()
}

// check says what is wrong with the money and the count.
func (t Terms) check(c *fault.Complaints, town *tenant.Tenant) {
	c.When(!slices.Contains(methods, t.Method), "method", "budgets.method.unknown")
	c.When(t.MinVotes < 0 || t.MinVotes > 1_000_000, "min_votes", "budgets.min_votes.wrong")
	for _, e := range t.Envelopes {
		field := envelopeField(e.Zone)
		known := e.Zone == uuid.Nil || town.HasZone(e.Zone)
		c.When(!known, field, "budgets.zone.unknown")
		c.When(e.Amount > maxEnvelope, field, "budgets.envelope.too_large", fault.Args{"Limit": maxEnvelope})
	}
	c.When(len(t.Envelopes) == 0, "amount", "budgets.envelope.missing")
}

// methods are the counts that an edition may choose.
var methods = []counting.Method{counting.Greedy, counting.EqualShares}

// Lack is something missing before an edition can be published.
type Lack struct {
	Key  string
	Step string // the page of the back office where it is put right
}

// lacks is the checklist before publication: everything a citizen has a right
// to find, at the moment it is shown.
func (e *Edition) lacks() []Lack {
	var list []Lack
	need := func(ok bool, step, key string) {
		if !ok {
			list = append(list, Lack{Key: key, Step: step})
		}
	}
	need(e.Summary != "", stepText, "budgets.lack.summary")
	need(e.Body != "", stepText, "budgets.lack.body")
	need(e.Rules != "", stepText, "budgets.lack.rules")
	need(!e.Adopted.On.IsZero() && e.Adopted.Number != "", stepText, "budgets.lack.adopted")
	need(len(e.Envelopes) > 0, stepTerms, "budgets.lack.envelopes")
	dates := true
	for _, p := range Phases {
		dates = dates && !e.Start(p).IsZero()
	}
	need(dates, stepDates, "budgets.lack.dates")
	need(e.DepositAt.IsZero() || e.DepositAt.After(e.Now), stepDates, "budgets.lack.deposit_past")
	return list
}

// check says what is wrong with a proposal that is kept as a draft.
func (p Proposal) check(c *fault.Complaints, town *tenant.Tenant) {
	c.When(p.Title == "", "title", "budgets.project.title_missing")
	c.Bound(p.Title, "title", maxProjectTitle)
	c.Bound(p.Text, "text", maxProjectText)
	c.Bound(p.Place, "place", maxPlace)
	c.Bound(p.Photo.Alt, "photo_alt", maxPlace)
	c.When(p.Theme != "" && !slices.Contains(Themes, p.Theme), "theme", "budgets.project.theme_unknown")
	known := p.Zone == uuid.Nil || town.HasZone(p.Zone)
	c.When(!known, "zone", "budgets.zone.unknown")
	c.When(p.Estimate != nil && *p.Estimate > maxCost, "estimate", "budgets.project.too_dear", fault.Args{"Limit": maxCost})
}

// complete says what is missing to deposit a proposal in an edition.
func (p Proposal) complete(c *fault.Complaints, e *Edition) {
	c.When(p.Text == "", "text", "budgets.project.text_missing")
	c.When(p.Theme == "", "theme", "budgets.project.theme_missing")
	_, funded := e.Envelope(p.Zone)
	if p.Zone == uuid.Nil {
		c.When(!funded, "zone", "budgets.project.zone_missing")
	} else {
		_, whole := e.Envelope(uuid.Nil)
		c.When(!funded && !whole, "zone", "budgets.project.zone_unfunded")
	}
	c.When(p.Photo.SHA256 != "" && p.Photo.Alt == "", "photo_alt", "budgets.photo.alt_missing")
}

// overpriced reports whether a cost cannot fit the envelope it would come from.
func (e *Edition) overpriced(zone uuid.UUID, cost money.Cents) bool {
	amount, ok := e.Envelope(zone)
	if !ok {
		amount, ok = e.Envelope(uuid.Nil)
	}
	return ok && cost > amount
}

// The steps of the back office: the last part of their addresses.
const (
	stepLead      = ""
	stepText      = "texte"
	stepDates     = "calendrier"
	stepTerms     = "enveloppes"
	stepProjects  = "projets"
	stepDecisions = "decisions"
	stepOutcome   = "deliberation"
	stepVote      = "vote"
)
