package i18n

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/collate"
	xlanguage "golang.org/x/text/language"

	"parvis/app/money"
)

// Number writes n with its digits grouped: "1 204".
func Number(ctx context.Context, n int64) string { return of(ctx).lang.number(n) }

// Euros writes an amount: "12 345,67 €", or "12 345 €" when it is whole.
func Euros(ctx context.Context, amount money.Cents) string { return of(ctx).lang.euros(amount) }

// manyAnswers is from how many answers on a tenth of a percent means something.
const manyAnswers = 200

// Percent writes num out of den, num ≤ den, computed on integers: "62 %", or
// "62,4 %" when den is large enough for a tenth to mean something. It never
// rounds to nothing or to all what is not: "< 0,1 %", "> 99 %". Out of
// nothing it is a dash.
func Percent(ctx context.Context, num, den int64) string {
	l := of(ctx).lang
	if den <= 0 {
		return "–"
	}
	unit := int64(10) // tenths of a percent in the smallest step shown
	if den >= manyAnswers {
		unit = 1
	}
	all := 1000 / unit
	steps := (num*all*2 + den) / (den * 2) // rounded half up
	sign := ""
	switch {
	case steps == 0 && num > 0:
		sign, steps = "<"+noBreak, 1
	case steps >= all && num < den:
		sign, steps = ">"+noBreak, all-1
	}
	tenths := steps * unit
	text := l.number(tenths / 10)
	if tenths%10 != 0 {
		text += l.decimal + strconv.FormatInt(tenths%10, 10)
	}
	return sign + text + l.percent
}

// List joins words as in a sentence: "a, b et c".
func List(ctx context.Context, words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + of(ctx).lang.and + words[last]
}

// SortBy sorts items by the name of each, in the order of the dictionary:
// accents and capitals do not count ("Édimbourg" comes before "Zurich").
func SortBy[T any](ctx context.Context, items []T, name func(T) string) {
	collator := collate.New(xlanguage.Make(Lang(ctx)), collate.Loose, collate.Numeric)
	slices.SortStableFunc(items, func(a, b T) int { return collator.CompareString(name(a), name(b)) })
}

// Date writes a day: "dimanche 30 novembre 2026".
func Date(ctx context.Context, t time.Time) string {
	s := of(ctx)
	t = t.In(s.location)
	return s.lang.weekday(t) + " " + s.lang.dayMonth(t) + " " + strconv.Itoa(t.Year())
}

// DateShort writes a day in figures, for tables: "30/11/2026".
func DateShort(ctx context.Context, t time.Time) string {
	return t.In(Location(ctx)).Format("02/01/2006")
}

// DateTime writes a moment: "dimanche 30 novembre 2026 à 20 h".
func DateTime(ctx context.Context, t time.Time) string {
	return Date(ctx, t) + of(ctx).lang.at + Time(ctx, t)
}

// DateRange writes the days from one to another, both included:
// "du 3 au 12 décembre 2026".
func DateRange(ctx context.Context, from, to time.Time) string {
	s := of(ctx)
	from, to = from.In(s.location), to.In(s.location)
	end := s.lang.dayMonth(to) + " " + strconv.Itoa(to.Year())
	start := s.lang.dayMonth(from)
	switch {
	case from.Year() != to.Year():
		start += " " + strconv.Itoa(from.Year())
	case from.Month() == to.Month() && from.Day() == to.Day():
		return T(ctx, "i18n.on", "Day", end)
	case from.Month() == to.Month():
		start = s.lang.day(from)
	}
	return T(ctx, "i18n.range", "From", start, "To", end)
}

// Month writes a month: "novembre 2026".
func Month(ctx context.Context, t time.Time) string {
	t = t.In(Location(ctx))
	return of(ctx).lang.months[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// Time writes an hour: "20 h 14", or "20 h" when it is round.
func Time(ctx context.Context, t time.Time) string {
	return of(ctx).lang.clock(t.In(Location(ctx)))
}

// ISO writes a moment for the datetime attribute of a <time> element.
func ISO(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Relative writes how far t is from now: "dans 3 jours", "il y a 2 heures",
// "maintenant". Days are counted on the calendar.
func Relative(ctx context.Context, now, t time.Time) string {
	distance := t.Sub(now)
	future := distance >= 0
	if !future {
		distance = -distance
	}
	days := calendarDays(Location(ctx), now, t)
	switch {
	case distance < time.Minute && future:
		return T(ctx, "i18n.in_a_moment")
	case distance < time.Minute:
		return T(ctx, "i18n.just_now")
	case distance < time.Hour && future:
		return T(ctx, "i18n.in_minutes", "Count", int(distance/time.Minute))
	case distance < time.Hour:
		return T(ctx, "i18n.minutes_ago", "Count", int(distance/time.Minute))
	case days == 0 && future:
		return T(ctx, "i18n.in_hours", "Count", int(distance/time.Hour))
	case days == 0:
		return T(ctx, "i18n.hours_ago", "Count", int(distance/time.Hour))
	case days == 1:
		return T(ctx, "i18n.tomorrow")
	case days == -1:
		return T(ctx, "i18n.yesterday")
	case future:
		return T(ctx, "i18n.in_days", "Count", days)
	}
	return T(ctx, "i18n.days_ago", "Count", -days)
}

// Left writes how long there is until t: "17 jours", "8 heures".
func Left(ctx context.Context, now, t time.Time) string {
	switch left := t.Sub(now); {
	case left < time.Minute:
		return T(ctx, "i18n.left.moment")
	case left < time.Hour:
		return T(ctx, "i18n.left.minutes", "Count", int(left/time.Minute))
	case left < 24*time.Hour:
		return T(ctx, "i18n.left.hours", "Count", int(left/time.Hour))
	}
	return T(ctx, "i18n.left.days", "Count", calendarDays(Location(ctx), now, t))
}

// DaysLeft writes how far t is and when it is: "dans 3 jours, dimanche à
// 20 h". Beyond a week the day is a date: "dans 12 jours, le 5 décembre à
// 20 h".
func DaysLeft(ctx context.Context, now, t time.Time) string {
	s := of(ctx)
	local := t.In(s.location)
	days := calendarDays(s.location, now, t)
	hour := s.lang.clock(local)
	relative := Relative(ctx, now, t)
	switch {
	case days == 0:
		return T(ctx, "i18n.left_today", "Left", relative, "Hour", hour)
	case days == 1 || days == -1:
		return relative + s.lang.at + hour
	case days > 1 && days < 7:
		return relative + ", " + s.lang.weekday(local) + s.lang.at + hour
	}
	day := s.lang.dayMonth(local)
	if local.Year() != now.In(s.location).Year() {
		day += " " + strconv.Itoa(local.Year())
	}
	return relative + ", " + T(ctx, "i18n.on", "Day", day) + s.lang.at + hour
}

// calendarDays counts the midnights between two moments, seen from a place.
func calendarDays(place *time.Location, from, to time.Time) int {
	a, b := from.In(place), to.In(place)
	dayA := time.Date(a.Year(), a.Month(), a.Day(), 0, 0, 0, 0, time.UTC)
	dayB := time.Date(b.Year(), b.Month(), b.Day(), 0, 0, 0, 0, time.UTC)
	return int(dayB.Sub(dayA) / (24 * time.Hour))
}

// zones are the time zones of French territories, by the message that names them.
var zones = map[string]string{
	"Europe/Paris":          "i18n.zone.paris",
	"Indian/Reunion":        "i18n.zone.reunion",
	"Indian/Mayotte":        "i18n.zone.mayotte",
	"America/Martinique":    "i18n.zone.martinique",
	"America/Guadeloupe":    "i18n.zone.guadeloupe",
	"America/Cayenne":       "i18n.zone.cayenne",
	"America/Miquelon":      "i18n.zone.miquelon",
	"Pacific/Tahiti":        "i18n.zone.tahiti",
	"Pacific/Noumea":        "i18n.zone.noumea",
	"Pacific/Wallis":        "i18n.zone.wallis",
	"America/St_Barthelemy": "i18n.zone.saint_barthelemy",
	"America/Marigot":       "i18n.zone.saint_martin",
}

// ZoneName says whose hour it is: "heure de Paris".
func ZoneName(ctx context.Context) string {
	name := Location(ctx).String()
	if key, ok := zones[name]; ok {
		return Message(ctx, key, nil)
	}
	return name
}
