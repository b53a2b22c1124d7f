package i18n

import (
	"strconv"
	"strings"
	"time"

	"parvis/app/money"
)

// language is how a language writes dates, numbers and lists. The libraries
// at hand know no dates, and group French digits by the wrong space.
type language struct {
	code     string
	months   [12]string
	weekdays [7]string // Sunday first, as package time
	group    string    // between groups of three digits
	decimal  string
	percent  string
	and      string
	first    string // the ordinal added to the first day of a month
	at       string // between a date and an hour
}

var (
	french = &language{
		code: "fr",
		months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin",
			"juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		weekdays: [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		group:    narrowNoBreak, decimal: ",", percent: narrowNoBreak + "%", and: " et ", first: "er", at: " à ",
	}
	english = &language{
		code: "en",
		months: [12]string{"January", "February", "March", "April", "May", "June",
			"July", "August", "September", "October", "November", "December"},
		weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		group:    ",", decimal: ".", percent: "%", and: " and ", at: " at ",
	}
	languages = map[string]*language{french.code: french, english.code: english}
)

// languageOf returns the language of a code, French when it is not known.
func languageOf(code string) *language {
	if l, ok := languages[code]; ok {
		return l
	}
	return french
}

func (l *language) number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(l.group)
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// euros writes whole amounts without cents.
func (l *language) euros(c money.Cents) string {
	sign := ""
	if c < 0 {
		sign, c = "−", -c
	}
	amount := l.number(int64(c / 100))
	if rest := int64(c % 100); rest != 0 {
		amount += l.decimal + strconv.Itoa(int(rest/10)) + strconv.Itoa(int(rest%10))
	}
	if l == english {
		return sign + "€" + amount
	}
	return sign + amount + noBreak + "€"
}

func (l *language) day(t time.Time) string {
	if t.Day() == 1 {
		return "1" + l.first
	}
	return strconv.Itoa(t.Day())
}

// dayMonth is "30 novembre".
func (l *language) dayMonth(t time.Time) string {
	return l.day(t) + " " + l.months[t.Month()-1]
}

func (l *language) weekday(t time.Time) string { return l.weekdays[t.Weekday()] }

// clock is "20 h 14"; a round hour is "20 h".
func (l *language) clock(t time.Time) string {
	if l == english {
		return t.Format("15:04")
	}
	hour := strconv.Itoa(t.Hour()) + noBreak + "h"
	if t.Minute() == 0 {
		return hour
	}
	return hour + noBreak + t.Format("04")
}
