package identity

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/identity/views"
	"parvis/app/money"
	"parvis/app/web"
)

// journalPageLength is how many lines a page of the journal has.
const journalPageLength = 50

func (s *Service) journalPage(c *fiber.Ctx) error {
	ctx := web.Context(c)
	q := audit.Query{Limit: journalPageLength + 1, Subject: c.Query("objet")}
	q.Before, _ = strconv.ParseInt(c.Query("avant"), 10, 64) // what is no number is the newest page
	lines, names, err := s.Journal(ctx, web.Tenant(c).ID, web.Viewer(c), q)
	if err != nil {
		return err
	}
	page := views.Journal{FilteredBy: about(ctx, q.Subject, names)}
	if len(lines) > journalPageLength {
		lines = lines[:journalPageLength]
		page.Next = journalHref(q.Subject, lines[len(lines)-1].ID)
	}
	if q.Before > 0 {
		page.Newest = journalHref(q.Subject, 0)
	}
	page.Lines = journalLines(ctx, lines, names)
	return web.Page(c, views.JournalPage(page))
}

func journalHref(subject string, before int64) string {
	query := url.Values{}
	if subject != "" {
		query.Set("objet", subject)
	}
	if before > 0 {
		query.Set("avant", strconv.FormatInt(before, 10))
	}
	return (&url.URL{Path: "/office/journal", RawQuery: query.Encode()}).String()
}

func journalLines(ctx context.Context, lines []audit.Line, names Names) []views.Line {
	out := make([]views.Line, len(lines))
	for i, l := range lines {
		out[i] = views.Line{
			When: i18n.DateShort(ctx, l.At) + " " + i18n.Time(ctx, l.At), Who: i18n.T(ctx, "identity.journal.platform"), What: audit.Label(ctx, l.Action),
			About: about(ctx, l.Subject, names), Details: detailsOf(ctx, l.Details, names),
		}
		if !l.Actor.IsZero() {
			out[i].Who, out[i].WhoHref = nameOf(ctx, l.Actor, names), filePath(l.Actor)
		}
		if id, err := CitizenOf(l.Subject); err == nil {
			out[i].AboutHref = filePath(id)
		} else if _, text, _ := strings.Cut(l.Subject, "/"); text != "" {
			if id, err := uuid.Parse(text); err == nil {
				out[i].AboutHref = names[id].Href
			}
		}
	}
	return out
}

func nameOf(ctx context.Context, id citizen.ID, names Names) string {
	if name := names[uuid.UUID(id)].Name; name != "" {
		return name
	}
	return i18n.T(ctx, "identity.journal.erased")
}

// about says what an act was about: its name, or at least what kind of thing
// it was. Nobody reads an identifier.
func about(ctx context.Context, subject string, names Names) string {
	if id, err := CitizenOf(subject); err == nil {
		return nameOf(ctx, id, names)
	}
	kind, text, _ := strings.Cut(subject, "/")
	if id, err := uuid.Parse(text); err == nil && names[id].Name != "" {
		return names[id].Name
	}
	//i18n: audit.subject.*
	if key := "audit.subject." + kind; i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return ""
}

// detailsOf writes the small facts of an act, always in the same order. What
// is known by an identifier only, and has no name any more, is left out.
func detailsOf(ctx context.Context, details map[string]any, names Names) string {
	keys := make([]string, 0, len(details))
	for key := range details {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var parts []string
	for _, key := range keys {
		text := detailOf(ctx, key, details[key], names)
		if text == "" {
			continue
		}
		//i18n: audit.detail.*
		label := "audit.detail." + key
		if !i18n.Has(ctx, label) {
			label = "audit.detail.other"
		}
		parts = append(parts, i18n.T(ctx, label)+i18n.T(ctx, "mail.colon")+" "+text)
	}
	return strings.Join(parts, ", ")
}

// detailOf says one fact in words, "" when there is nothing to read in it.
func detailOf(ctx context.Context, key string, value any, names Names) string {
	switch v := value.(type) {
	case bool:
		if v {
			return i18n.T(ctx, "audit.value.yes")
		}
		return i18n.T(ctx, "audit.value.no")
	case float64: // a number, back from JSON
		switch {
		case key == "person" && personNames[citizen.Proof(v)] != "":
			return i18n.T(ctx, personNames[citizen.Proof(v)])
		case key == "residence" && residenceNames[citizen.Proof(v)] != "":
			return i18n.T(ctx, residenceNames[citizen.Proof(v)])
		case strings.HasSuffix(key, "_cents"):
			return i18n.Euros(ctx, money.Cents(v))
		}
		return i18n.Number(ctx, int64(v))
	case []any:
		var parts []string
		for _, one := range v {
			if text := detailOf(ctx, key, one, names); text != "" {
				parts = append(parts, text)
			}
		}
		return i18n.List(ctx, parts)
	case string:
		return wordOf(ctx, key, v, names)
	}
	return ""
}

// wordOf says a text of the details as people know it.
func wordOf(ctx context.Context, key, text string, names Names) string {
	if id, err := uuid.Parse(text); err == nil {
		return names[id].Name
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return i18n.DateTime(ctx, at)
	}
	if on, err := time.ParseInLocation(time.DateOnly, text, i18n.Location(ctx)); err == nil {
		return i18n.Date(ctx, on)
	}
	switch key {
	case "role":
		return roleName(ctx, citizen.Role(text))
	case "module", "modules":
		//i18n: *.title
		if title := text + ".title"; i18n.Has(ctx, title) {
			return i18n.T(ctx, title)
		}
	}
	//i18n: audit.value.*
	if word := "audit.value." + strings.ReplaceAll(text, " ", "_"); i18n.Has(ctx, word) {
		return i18n.T(ctx, word)
	}
	return text
}
