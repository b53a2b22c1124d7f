package ideas

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/tenant"
)

// complaints gathers what is wrong with the fields of a form.
type complaints []fault.Field

func (c *complaints) when(bad bool, field, key string) {
	if bad {
		*c = append(*c, fault.Field{Name: field, Key: key})
	}
}

func (c *complaints) bound(text, field string, limit int) {
	if utf8.RuneCountInString(text) > limit {
		*c = append(*c, fault.Field{Name: field, Key: "ideas.too_long", Args: fault.Args{"Limit": limit}})
	}
}

func (c complaints) err() error {
	if len(c) == 0 {
		return nil
	}
	return fault.OnFields(c...)
}

// trimmed returns the text as it is kept.
func (t Text) trimmed() Text {
	for _, line := range []*string{&t.Title, &t.Place, &t.PhotoAlt} {
		*line = strings.Join(strings.Fields(tidy(*line)), " ")
	}
	t.Body = tidy(t.Body)
	return t
}

// tidy keeps the lines of a text as people typed them.
func tidy(text string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(text))
}

// check says what is wrong with what an idea says.
func (t Text) check(c *complaints, town *tenant.Tenant) {
	c.when(t.Title == "", "title", "ideas.title.missing")
	c.when(t.Title != "" && utf8.RuneCountInString(t.Title) < 8, "title", "ideas.title.short")
	c.bound(t.Title, "title", maxTitle)
	c.when(t.Body == "", "body", "ideas.body.missing")
	c.bound(t.Body, "body", maxBody)
	c.when(!knownTheme(t.Theme), "theme", "ideas.theme.missing")
	known := t.Zone == uuid.Nil || slices.ContainsFunc(town.Zones, func(z tenant.Zone) bool { return z.ID == t.Zone })
	c.when(!known, "zone", "ideas.zone.unknown")
	c.bound(t.Place, "place", maxPlace)
	c.bound(t.PhotoAlt, "photo_alt", maxAlt)
}

// Reply is what the town hall answers.
type Reply struct {
	State State
	Text  string
}

// check says what is wrong with an answer. A decision has words; taking an idea
// into study may do without.
func (r Reply) check(c *complaints) {
	known := r.State == Deposited || r.State == Studied || r.State == Kept || r.State == Done || r.State == Refused
	c.when(!known, "state", "ideas.answer.state_missing")
	c.when(r.Text == "" && r.State != Studied && r.State != Deposited, "answer", "ideas.answer.missing")
	c.bound(r.Text, "answer", maxAnswer)
}
