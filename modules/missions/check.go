package missions

import (
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// farthest is how long ahead a date still makes sense: further is a slip of the
// keyboard.
const farthest = 2 * 365 * 24 * time.Hour

// trimmed returns the text as it is kept.
func (t Text) trimmed() Text {
	t.Title, t.Pattern, t.Address, t.Body = writing.Line(t.Title), writing.Line(t.Pattern), writing.Line(t.Address), writing.Tidy(t.Body)
	if t.Kind == Dated {
		t.Pattern = ""
	}
	slices.Sort(t.Skills)
	t.Skills = slices.Compact(t.Skills)
	return t
}

// check says what is wrong with a text.
func (t Text) check(c *fault.Complaints, town *tenant.Tenant) {
	c.When(t.Kind != Dated && t.Kind != Regular, "kind", "missions.kind.unknown")
	c.When(t.Title == "", "title", "missions.title.missing")
	c.Bound(t.Title, "title", maxTitle)
	c.When(t.Body == "", "body", "missions.body.missing")
	c.Bound(t.Body, "body", maxBody)
	c.When(!slices.Contains(Themes, t.Theme), "theme", "missions.theme.unknown")
	c.When(t.Kind == Regular && t.Pattern == "", "pattern", "missions.pattern.missing")
	c.Bound(t.Pattern, "pattern", maxPattern)
	c.Bound(t.Address, "address", maxAddress)
	c.When(!among(t.Skills, Skills), "skills", "missions.skills.unknown")
	c.When(len(t.Skills) > maxSkills, "skills", "missions.skills.too_many")
	c.When(t.Zone != uuid.Nil && !town.HasZone(t.Zone), "zone", "missions.zone.unknown")
}

// among reports whether every word is one of those known.
func among(words, known []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(known, w) })
}

// check says what is wrong with a slot of a kind of mission, seen at a moment.
func (s Slot) check(c *fault.Complaints, kind Kind, now time.Time) {
	c.When(s.Capacity < 1 || s.Capacity > maxCapacity, "capacity", "missions.slot.capacity", fault.Args{"Limit": maxCapacity})
	if kind == Regular {
		return
	}
	c.When(s.StartsAt.IsZero(), "starts", "missions.slot.starts_missing")
	c.When(s.EndsAt.IsZero(), "ends", "missions.slot.ends_missing")
	if s.StartsAt.IsZero() || s.EndsAt.IsZero() {
		return
	}
	c.When(!s.StartsAt.After(now), "starts", "missions.slot.past")
	c.When(s.StartsAt.After(now.Add(farthest)), "starts", "missions.slot.too_far")
	c.When(!s.EndsAt.After(s.StartsAt), "ends", "missions.slot.reversed")
	c.When(s.EndsAt.Sub(s.StartsAt) > 24*time.Hour, "ends", "missions.slot.too_long")
}

// mayJoin says why somebody of that birth date may not take part at a moment;
// age is checked at each act, since a mission and a person change.
func (m *Mission) mayJoin(bornOn string, at time.Time) error {
	if bornOn == "" {
		return ErrAgeUnknown
	}
	switch age := ageOn(bornOn, at); {
	case m.Minors && age < youngest:
		return ErrTooYoung.With(fault.Args{"Age": youngest})
	case !m.Minors && age < adult:
		return ErrNotAdult.With(fault.Args{"Age": adult})
	}
	return nil
}

// ageOn returns completed years; a birth date that cannot be read is that of
// somebody too young.
func ageOn(bornOn string, at time.Time) int {
	born, err := time.Parse(time.DateOnly, bornOn)
	if err != nil {
		return 0
	}
	years := at.Year() - born.Year()
	if at.Month() < born.Month() || at.Month() == born.Month() && at.Day() < born.Day() {
		years--
	}
	return years
}

// when is the day by which an age is taken: that of the slot, or today.
func (s Slot) when(now time.Time, zone *time.Location) time.Time {
	if s.StartsAt.IsZero() {
		return now.In(zone)
	}
	return s.StartsAt.In(zone)
}

var (
	mailRE  = regexp.MustCompile(`[^\s@<>]+\s?(@|\(at\)|\[at\]|＠)\s?[^\s@<>]+\.[^\s@<>]{2,}`)
	phoneRE = regexp.MustCompile(`(?:\+|00)?\d(?:[\s.\-/()]*\d){8,}`)
	linkRE  = regexp.MustCompile(`(?i)\b(?:https?://|www\.)\S|\b[a-z0-9-]+\.(?:fr|com|org|net|io|eu|info|biz|link|me|ly)\b`)
)

// checkMessage says what is wrong with a message. Contact data stays out of
// threads for good: the site relays, and nobody can be pressed to give theirs.
func checkMessage(body, field string, links bool) error {
	var wrong fault.Complaints
	wrong.When(body == "", field, "missions.message.missing")
	wrong.Bound(body, field, maxMessage)
	if err := wrong.Err(); err != nil {
		return err
	}
	switch {
	case mailRE.MatchString(body) || phoneRE.MatchString(body):
		return ErrContactData.On(field)
	case !links && linkRE.MatchString(body):
		return ErrLinkTooSoon.On(field)
	}
	return nil
}
