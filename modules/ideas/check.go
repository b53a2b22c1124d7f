package ideas

import (
	"unicode/utf8"

	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// trimmed returns the text as it is kept.
func (t Text) trimmed() Text {
	for _, line := range []*string{&t.Title, &t.Place, &t.PhotoAlt} {
		*line = writing.Line(*line)
	}
	t.Body = writing.Tidy(t.Body)
	return t
}

// check says what is wrong with what an idea says.
func (t Text) check(c *fault.Complaints, town *tenant.Tenant) {
	c.When(t.Title == "", "title", "ideas.title.missing")
	c.When(t.Title != "" && utf8.RuneCountInString(t.Title) < 8, "title", "ideas.title.short")
	c.Bound(t.Title, "title", maxTitle)
	c.When(t.Body == "", "body", "ideas.body.missing")
	c.Bound(t.Body, "body", maxBody)
	c.When(!knownTheme(t.Theme), "theme", "ideas.theme.missing")
	known := t.Zone == uuid.Nil || town.HasZone(t.Zone)
	c.When(!known, "zone", "ideas.zone.unknown")
	c.Bound(t.Place, "place", maxPlace)
	c.Bound(t.PhotoAlt, "photo_alt", maxAlt)
}

// Reply is what the town hall answers.
type Reply struct {
	State State
	Text  string
}

// check says what is wrong with an answer. A decision has words; taking an idea
// into study may do without.
func (r Reply) check(c *fault.Complaints) {
	known := r.State == Deposited || r.State == Studied || r.State == Kept || r.State == Done || r.State == Refused
	c.When(!known, "state", "ideas.answer.state_missing")
	c.When(r.Text == "" && r.State != Studied && r.State != Deposited, "answer", "ideas.answer.missing")
	c.Bound(r.Text, "answer", maxAnswer)
}
