package web

import (
	"context"
	"strconv"
	"time"

	"parvis/app/i18n"
	"parvis/app/money"
)

// Typed is a field of a form that keeps what was typed beside what it means,
// so that a form with a mistake comes back as it was.
type Typed interface {
	// String returns what the field shows.
	String() string
	// typed returns a pointer to the value that is validated, since a zero is
	// an answer too; nil when nothing was typed.
	typed() any
}

// parser is a Typed field that can be filled. parse returns the key of what
// is wrong, "" when nothing is.
type parser interface {
	parse(ctx context.Context, text string) (key string)
}

// Amount is an amount of money, as the French type it: "12 345,67".
type Amount struct {
	Raw   string
	Cents money.Cents
	Set   bool
}

// AmountOf returns an amount for a form that shows it.
func AmountOf(ctx context.Context, c money.Cents) Amount {
	return Amount{Raw: i18n.Euros(ctx, c), Cents: c, Set: true}
}

func (a Amount) String() string { return a.Raw }

func (a Amount) typed() any {
	if !a.Set {
		return nil
	}
	return &a.Cents
}

func (a *Amount) parse(_ context.Context, text string) string {
	a.Raw = text
	if text == "" {
		return ""
	}
	cents, err := money.Parse(text)
	if err != nil {
		return "form.not_an_amount"
	}
	a.Cents, a.Set = cents, true
	return ""
}

// Whole is a whole number, which may be left out.
type Whole struct {
	Raw string
	N   int64
	Set bool
}

// WholeOf returns a number for a form that shows it.
func WholeOf(n int64) Whole { return Whole{Raw: strconv.FormatInt(n, 10), N: n, Set: true} }

func (w Whole) String() string { return w.Raw }

func (w Whole) typed() any {
	if !w.Set {
		return nil
	}
	return &w.N
}

func (w *Whole) parse(_ context.Context, text string) string {
	w.Raw = text
	if text == "" {
		return ""
	}
	n, err := strconv.ParseInt(digits(text), 10, 64)
	if err != nil {
		return "form.not_a_number"
	}
	w.N, w.Set = n, true
	return ""
}

// LocalTime is a moment typed on the clock of the town, in an
// <input type="datetime-local">.
type LocalTime struct {
	Raw string
	At  time.Time // the zero time when nothing was typed
}

// LocalTimeOf returns a moment for a form that shows it.
func LocalTimeOf(ctx context.Context, at time.Time) LocalTime {
	if at.IsZero() {
		return LocalTime{}
	}
	return LocalTime{Raw: at.In(i18n.Location(ctx)).Format("2006-01-02T15:04"), At: at}
}

func (l LocalTime) String() string { return l.Raw }

func (l LocalTime) typed() any {
	if l.At.IsZero() {
		return nil
	}
	return &l.At
}

func (l *LocalTime) parse(ctx context.Context, text string) string {
	l.Raw = text
	if text == "" {
		return ""
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		at, err := time.ParseInLocation(layout, text, i18n.Location(ctx))
		if err != nil || unlikely(at) {
			continue
		}
		if at.Format(layout) != text {
			return "form.no_such_hour" // skipped when the clocks go forward
		}
		l.At = at
		return ""
	}
	return "form.not_a_time"
}

// LocalDate is a day, in an <input type="date">; On is its first moment in
// the town.
type LocalDate struct {
	Raw string
	On  time.Time // the zero time when nothing was typed
}

// LocalDateOf returns a day for a form that shows it.
func LocalDateOf(ctx context.Context, on time.Time) LocalDate {
	if on.IsZero() {
		return LocalDate{}
	}
	return LocalDate{Raw: on.In(i18n.Location(ctx)).Format(time.DateOnly), On: on}
}

func (l LocalDate) String() string { return l.Raw }

func (l LocalDate) typed() any {
	if l.On.IsZero() {
		return nil
	}
	return &l.On
}

func (l *LocalDate) parse(ctx context.Context, text string) string {
	l.Raw = text
	if text == "" {
		return ""
	}
	on, err := time.ParseInLocation(time.DateOnly, text, i18n.Location(ctx))
	if err != nil || unlikely(on) {
		return "form.not_a_date"
	}
	l.On = on
	return ""
}

// unlikely refuses the years that a slip of the finger makes (0026, 20266).
func unlikely(t time.Time) bool { return t.Year() < 1880 || t.Year() > 2200 }
