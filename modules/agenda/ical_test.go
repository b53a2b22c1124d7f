package agenda

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"parvis/app/module"
)

func paris(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func subscription(t *testing.T, entries ...module.CalendarEntry) string {
	t.Helper()
	return calendar{
		Name: "Agenda – Ville", Host: "ville.example", Zone: paris(t), Stamp: time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC), Entries: entries,
		URL: func(path string) string { return "https://ville.example" + path }, Kind: func(key string) string { return key },
	}.String()
}

// TestASubscriptionIsWhatTheStandardSays checks RFC 5545: lines ended by CRLF,
// of 75 octets at most, cut between characters, special characters escaped.
func TestASubscriptionIsWhatTheStandardSays(t *testing.T) {
	id := uuid.MustParse("01234567-89ab-cdef-0123-456789abcdef")
	text := subscription(t, module.CalendarEntry{
		ID: id, Module: "agenda", Title: `Fête ; "tout, compris" \o/` + strings.Repeat(" été", 60), Text: "Un\r\ndeux\x00\x07\nEND:VEVENT", Place: "Salle des fêtes, 3 rue",
		Href: "/agenda/x", Starts: time.Date(2026, 12, 1, 17, 0, 0, 0, time.UTC), Ends: time.Date(2026, 12, 1, 19, 30, 0, 0, time.UTC), Revision: 4, Lat: 48_628_010, Lon: -499_235,
	})
	if !utf8.ValidString(text) || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
		t.Error("lines do not end as the standard says, or a character is cut")
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
	}
	whole := strings.ReplaceAll(text, "\r\n ", "")
	for _, want := range []string{
		"UID:agenda-01234567-89ab-cdef-0123-456789abcdef@ville.example\r\n", "DTSTART:20261201T170000Z\r\n", "DTEND:20261201T193000Z\r\n", "SEQUENCE:3\r\n",
		`SUMMARY:Fête \; "tout\, compris" \\o/`, `DESCRIPTION:Un\ndeux\nEND:VEVENT` + "\r\n", `LOCATION:Salle des fêtes\, 3 rue`, "GEO:48.628010;-0.499235\r\n",
		"URL:https://ville.example/agenda/x\r\n", "STATUS:CONFIRMED\r\n",
	} {
		if !strings.Contains(whole, want) {
			t.Errorf("%q is not in\n%s", want, whole)
		}
	}
	if n := len(regexp.MustCompile(`(?m)^END:VEVENT\r$`).FindAllString(text, -1)); n != 1 {
		t.Errorf("%d events end", n)
	}
}

// TestHoursAreRightOnBothSidesOfAChange: the same hour of the town is another
// one in UTC, and the day of the change is a day.
func TestHoursAreRightOnBothSidesOfAChange(t *testing.T) {
	zone := paris(t)
	before, after := time.Date(2026, 10, 24, 18, 0, 0, 0, zone), time.Date(2026, 10, 25, 18, 0, 0, 0, zone)
	day := time.Date(2026, 10, 25, 0, 0, 0, 0, zone)
	text := subscription(t,
		module.CalendarEntry{ID: uuid.New(), Starts: before, Ends: before.Add(time.Hour)},
		module.CalendarEntry{ID: uuid.New(), Starts: after, Ends: after.Add(time.Hour)},
		module.CalendarEntry{ID: uuid.New(), Starts: day, Ends: nextDay(day, 1), AllDay: true},
		module.CalendarEntry{ID: uuid.New(), Starts: after, Ends: after, Cancelled: true},
	)
	for _, want := range []string{"DTSTART:20261024T160000Z", "DTSTART:20261025T170000Z", "DTSTART;VALUE=DATE:20261025\r\nDTEND;VALUE=DATE:20261026", "STATUS:CANCELLED"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "DTEND"); n != 3 {
		t.Errorf("%d ends: what ends at once has none", n)
	}
}

func TestAMonthIsWholeWeeks(t *testing.T) {
	zone := paris(t)
	for first, want := range map[string]int{"2026-02": 5, "2026-03": 6, "2026-10": 5, "2027-02": 4, "2026-11": 6} {
		at, err := time.ParseInLocation(byMonth, first, zone)
		if err != nil {
			t.Fatal(err)
		}
		days := monthDays(at)
		if len(days) != want*7 || days[0].At.Weekday() != time.Monday {
			t.Errorf("%s has %d days from a %s, want %d weeks", first, len(days), days[0].At.Weekday(), want)
		}
		for i, d := range days {
			if h, m, s := d.At.Clock(); h != 0 || m != 0 || s != 0 || i > 0 && !d.At.Equal(nextDay(days[i-1].At, 1)) {
				t.Errorf("%s: day %d begins at %s", first, i, d.At)
			}
		}
	}
}

func TestADayHoldsWhatTouchesIt(t *testing.T) {
	zone := paris(t)
	days := weekDays(time.Date(2026, 10, 19, 0, 0, 0, 0, zone)) // the week of the change of hour
	at := func(d, h int) time.Time { return time.Date(2026, 10, d, h, 0, 0, 0, zone) }
	fill(days, []module.CalendarEntry{
		{Title: "a", Starts: at(19, 22), Ends: at(20, 2)}, {Title: "b", Starts: at(24, 0), Ends: at(26, 0)}, {Title: "c", Starts: at(21, 0), Ends: at(21, 0)},
		{Title: "d", Starts: at(25, 23), Ends: at(26, 1)},
	})
	got := ""
	for _, d := range days {
		for _, e := range d.Entries {
			got += e.Title
		}
		got += "|"
	}
	if got != "a|a|c|||b|bd|" {
		t.Errorf("the week holds %s", got)
	}
}
