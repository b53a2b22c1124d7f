package budgets

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/money"
	"parvis/app/tenant"
	"parvis/app/voting/counting"
)

// farthest is how long ahead a date still makes sense: further is a slip of
// the keyboard.
const farthest = 10 * 365 * 24 * time.Hour

// complaints gathers what is wrong with the fields of a form.
type complaints []fault.Field

// when adds a complaint about a field if bad.
func (c *complaints) when(bad bool, field, key string, args ...fault.Args) {
	if !bad {
		return
	}
	f := fault.Field{Name: field, Key: key}
	if len(args) > 0 {
		f.Args = args[0]
	}
	*c = append(*c, f)
}

// bound adds a complaint about a text that is longer than limit characters.
func (c *complaints) bound(text, field string, limit int) {
	c.when(utf8.RuneCountInString(text) > limit, field, "budgets.too_long", fault.Args{"Limit": limit})
}

// err returns the fault that says it all, nil when nothing is wrong.
func (c complaints) err() error {
	if len(c) == 0 {
		return nil
	}
	return fault.OnFields(c...)
}

// tidy keeps the lines of a text as the browser sends them, without the carriage
// returns and without what PostgreSQL cannot hold.
func tidy(text string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(text))
}

// oneLine is tidy for what has no lines.
func oneLine(text string) string { return strings.Join(strings.Fields(tidy(text)), " ") }

// trimmed returns the text as it is kept.
func (t Text) trimmed() Text {
	t.Title = oneLine(t.Title)
	for _, field := range []*string{&t.Summary, &t.Easy, &t.Body, &t.Rules} {
		*field = tidy(*field)
	}
	t.Adopted = t.Adopted.trimmed()
	return t
}

func (a Act) trimmed() Act {
	a.Number, a.URL = oneLine(a.Number), strings.TrimSpace(a.URL)
	return a
}

// check says what is wrong with a text. A draft may be short of anything but
// its title: what is missing to publish is the checklist's to say.
func (t Text) check(c *complaints, now time.Time) {
	c.when(t.Title == "", "title", "budgets.title_missing")
	c.bound(t.Title, "title", maxTitle)
	c.bound(t.Summary, "summary", maxSummary)
	c.bound(t.Easy, "easy", maxEasy)
	c.bound(t.Body, "body", maxBody)
	c.bound(t.Rules, "rules", maxRules)
	t.Adopted.check(c, now)
}

// check says what is wrong with a délibération, of which any part may be missing.
func (a Act) check(c *complaints, now time.Time) {
	c.when(a.On.After(now.Add(24*time.Hour)), "on", "budgets.act.future")
	c.bound(a.Number, "number", maxNumber)
	c.bound(a.URL, "url", maxURL)
	c.when(a.URL != "" && !webAddress(a.URL), "url", "budgets.act.url")
}

func webAddress(text string) bool {
	address, err := url.Parse(text)
	return err == nil && (address.Scheme == "https" || address.Scheme == "http") && address.Host != ""
}

// check says what is wrong with dates, seen at a moment: each phase begins
// after the one before.
func (cal Calendar) check(c *complaints, now time.Time) {
	var before time.Time
	for _, p := range Phases {
		at := cal.Start(p)
		if at.IsZero() {
			continue
		}
		c.when(at.After(now.Add(farthest)), string(p), "budgets.dates.too_far")
		c.when(!before.IsZero() && !at.After(before), string(p), "budgets.dates.order")
		before = at
	}
}

// complete says which dates are missing of a published edition.
func (cal Calendar) complete(c *complaints) {
	for _, p := range Phases {
		c.when(cal.Start(p).IsZero(), string(p), "budgets.dates.missing")
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
func (t Terms) check(c *complaints, town *tenant.Tenant) {
	c.when(!slices.Contains(methods, t.Method), "method", "budgets.method.unknown")
	c.when(t.MinVotes < 0 || t.MinVotes > 1_000_000, "min_votes", "budgets.min_votes.wrong")
	for _, e := range t.Envelopes {
		field := envelopeField(e.Zone)
		known := e.Zone == uuid.Nil || slices.ContainsFunc(town.Zones, func(z tenant.Zone) bool { return z.ID == e.Zone })
		c.when(!known, field, "budgets.zone.unknown")
		c.when(e.Amount > maxEnvelope, field, "budgets.envelope.too_large", fault.Args{"Limit": maxEnvelope})
	}
	c.when(len(t.Envelopes) == 0, "amount", "budgets.envelope.missing")
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
func (p Proposal) check(c *complaints, town *tenant.Tenant) {
	c.when(p.Title == "", "title", "budgets.project.title_missing")
	c.bound(p.Title, "title", maxProjectTitle)
	c.bound(p.Text, "text", maxProjectText)
	c.bound(p.Place, "place", maxPlace)
	c.bound(p.Photo.Alt, "photo_alt", maxPlace)
	c.when(p.Theme != "" && !slices.Contains(Themes, p.Theme), "theme", "budgets.project.theme_unknown")
	known := p.Zone == uuid.Nil || slices.ContainsFunc(town.Zones, func(z tenant.Zone) bool { return z.ID == p.Zone })
	c.when(!known, "zone", "budgets.zone.unknown")
	c.when(p.Estimate != nil && *p.Estimate > maxCost, "estimate", "budgets.project.too_dear", fault.Args{"Limit": maxCost})
}

// complete says what is missing to deposit a proposal in an edition.
func (p Proposal) complete(c *complaints, e *Edition) {
	c.when(p.Text == "", "text", "budgets.project.text_missing")
	c.when(p.Theme == "", "theme", "budgets.project.theme_missing")
	_, funded := e.Envelope(p.Zone)
	if p.Zone == uuid.Nil {
		c.when(!funded, "zone", "budgets.project.zone_missing")
	} else {
		_, whole := e.Envelope(uuid.Nil)
		c.when(!funded && !whole, "zone", "budgets.project.zone_unfunded")
	}
	c.when(p.Photo.SHA256 != "" && p.Photo.Alt == "", "photo_alt", "budgets.photo.alt_missing")
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
