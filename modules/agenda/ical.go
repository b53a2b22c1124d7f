package agenda

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"parvis/app/module"
)

// calendar is what a subscription gets: iCalendar, RFC 5545. Moments are
// written in UTC, which needs no table of time zones and is right on both sides
// of a change of hour; whole days are written as days of the town.
type calendar struct {
	Name    string
	Host    string // of the town: makes UIDs unique in the world
	Zone    *time.Location
	Stamp   time.Time
	Entries []module.CalendarEntry
	URL     func(path string) string
	Kind    func(key string) string
}

const stamp = "20060102T150405Z"

// String writes the calendar.
func (c calendar) String() string {
	var b strings.Builder
	put := func(name, value string) { fold(&b, name+":"+value) }
	put("BEGIN", "VCALENDAR")
	put("VERSION", "2.0")
	put("PRODID", "-//Parvis//Agenda//FR")
	put("CALSCALE", "GREGORIAN")
	put("METHOD", "PUBLISH")
	put("NAME", escape(c.Name))
	put("X-WR-CALNAME", escape(c.Name))
	put("X-WR-TIMEZONE", c.Zone.String())
	put("REFRESH-INTERVAL;VALUE=DURATION", "PT6H")
	put("X-PUBLISHED-TTL", "PT6H")
	for _, e := range c.Entries {
		c.entry(put, e)
	}
	put("END", "VCALENDAR")
	return b.String()
}

func (c calendar) entry(put func(name, value string), e module.CalendarEntry) {
	put("BEGIN", "VEVENT")
	put("UID", e.Module+"-"+e.ID.String()+"@"+c.Host)
	put("DTSTAMP", c.Stamp.UTC().Format(stamp))
	switch {
	case e.AllDay:
		put("DTSTART;VALUE=DATE", e.Starts.In(c.Zone).Format("20060102"))
		put("DTEND;VALUE=DATE", e.Ends.In(c.Zone).Format("20060102"))
	default:
		put("DTSTART", e.Starts.UTC().Format(stamp))
		if e.Ends.After(e.Starts) {
			put("DTEND", e.Ends.UTC().Format(stamp))
		}
	}
	put("SUMMARY", escape(e.Title))
	if e.Text != "" {
		put("DESCRIPTION", escape(e.Text))
	}
	if e.Place != "" {
		put("LOCATION", escape(e.Place))
	}
	if e.Lat != 0 || e.Lon != 0 {
		put("GEO", degrees(e.Lat)+";"+degrees(e.Lon))
	}
	put("CATEGORIES", escape(c.Kind(e.Kind)))
	put("URL", c.URL(e.Href))
	put("SEQUENCE", fmt.Sprint(max(e.Revision-1, 0)))
	if !e.ChangedAt.IsZero() {
		put("LAST-MODIFIED", e.ChangedAt.UTC().Format(stamp))
	}
	status := "CONFIRMED"
	if e.Cancelled {
		status = "CANCELLED"
	}
	put("STATUS", status)
	put("TRANSP", "TRANSPARENT")
	put("END", "VEVENT")
}

// degrees writes micro-degrees as a decimal number.
func degrees(micro int) string {
	sign := ""
	if micro < 0 {
		sign, micro = "-", -micro
	}
	return fmt.Sprintf("%s%d.%06d", sign, micro/1_000_000, micro%1_000_000)
}

// escape writes a text as a value: RFC 5545, 3.3.11. Control characters are
// left out: they have no place in one.
func escape(text string) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(text, "\r\n", "\n") {
		switch {
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t' || r >= ' ' && r != 0x7f:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// fold writes a line in pieces of at most 75 octets, never in the middle of a
// character: RFC 5545, 3.1.
func fold(b *strings.Builder, text string) {
	const most = 75
	room := most
	for len(text) > room {
		cut := room
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		b.WriteString(text[:cut])
		b.WriteString("\r\n ")
		text, room = text[cut:], most-1
	}
	b.WriteString(text)
	b.WriteString("\r\n")
}
