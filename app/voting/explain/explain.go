// Package explain turns a count into sentences and tables, in French and in English, and describes each method to
// citizens with small worked examples. It decides nothing: every number comes from the outcome that
// app/voting/counting computed.
package explain

import (
	"fmt"
	"math/big"
	"strings"

	"parvis/app/voting/counting"
)

// Language is a language that this package speaks.
type Language string

// The languages.
const (
	French  Language = "fr"
	English Language = "en"
)

// Writer writes about one count: it knows the options' names, the grades' and the currency.
type Writer struct {
	lang     Language
	currency string
	names    map[string]string
	zones    map[string]string
	order    []string
	costs    map[string]int64
	grades   []string
	points   bool // ballots give points
}

// New prepares a writer for a profile. Currency is a symbol or a code such as "€" or "PLN"; empty means euros.
func New(lang Language, p counting.Profile, currency string) *Writer {
	if currency == "" {
		currency = "€"
	}
	w := &Writer{lang: lang, currency: currency, names: map[string]string{}, zones: map[string]string{},
		costs: map[string]int64{}, grades: p.Grades, points: p.Kind == counting.Points}
	for _, o := range p.Options {
		w.names[o.ID], w.zones[o.ID], w.costs[o.ID] = o.Label(), o.Zone, o.Cost
		w.order = append(w.order, o.ID)
	}
	return w
}

// pick chooses between the two languages.
func (w *Writer) pick(french, english string) string {
	if w.lang == English {
		return english
	}
	return typeset(french)
}

// typeset puts the spaces that French typography does not break.
func typeset(text string) string {
	return strings.NewReplacer(" :", hardSpace+":", " ;", hardSpace+";", " ?", hardSpace+"?", " !", hardSpace+"!",
		" %%", hardSpace+"%%", "« ", "«"+hardSpace, " »", hardSpace+"»").Replace(text)
}

// say is Sprintf in the writer's language.
func (w *Writer) say(french, english string, args ...any) string {
	return fmt.Sprintf(w.pick(french, english), args...)
}

const (
	hardSpace = "\u00a0"
	thinSpace = "\u202f"
	minusSign = "\u2212"
)

// name quotes an option.
func (w *Writer) name(id string) string {
	label, ok := w.names[id]
	if !ok {
		label = id
	}
	return w.pick("«"+hardSpace, "“") + label + w.pick(hardSpace+"»", "”")
}

// list joins names: « A », « B » et « C ».
func (w *Writer) list(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = w.name(id)
	}
	return w.join(names)
}

func (w *Writer) join(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + w.pick(" et ", " and ") + parts[last]
}

// number writes a number exactly when it has at most five decimals, otherwise rounded to two.
func (w *Writer) number(r *big.Rat) string {
	if r == nil {
		return "0"
	}
	text := r.FloatString(5)
	if exact, ok := new(big.Rat).SetString(text); !ok || exact.Cmp(r) != 0 {
		text = r.FloatString(2)
	}
	return w.digits(text)
}

func (w *Writer) integer(n int64) string { return w.digits(fmt.Sprint(n)) }

// digits groups thousands and writes the decimal mark of the language.
func (w *Writer) digits(text string) string {
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = minusSign, text[1:]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	fraction = strings.TrimRight(fraction, "0")
	var grouped strings.Builder
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			grouped.WriteString(w.pick(thinSpace, ","))
		}
		grouped.WriteRune(d)
	}
	if fraction != "" {
		grouped.WriteString(w.pick(",", ".") + fraction)
	}
	return sign + grouped.String()
}

// money writes an amount of cents.
func (w *Writer) money(cents int64) string { return w.exactMoney(big.NewRat(cents, 1)) }

// exactMoney writes an amount of cents that may be a fraction, rounded to the cent.
func (w *Writer) exactMoney(cents *big.Rat) string {
	text := new(big.Rat).Quo(cents, big.NewRat(100, 1)).FloatString(2)
	text = strings.TrimSuffix(text, ".00")
	whole, fraction, decimals := strings.Cut(text, ".")
	amount := w.digits(whole)
	if decimals {
		amount += w.pick(",", ".") + fraction
	}
	return amount + hardSpace + w.currency
}

// about says that an amount was rounded, when it was.
func (w *Writer) about(cents *big.Rat) string {
	if cents.IsInt() {
		return w.exactMoney(cents)
	}
	return w.pick("environ ", "about ") + w.exactMoney(cents)
}

// percent writes part of base with one decimal.
func (w *Writer) percent(part, base *big.Rat) string {
	if base.Sign() == 0 {
		return "–"
	}
	share := new(big.Rat).Quo(part, base)
	return w.digits(share.Mul(share, big.NewRat(100, 1)).FloatString(1)) + w.pick(hardSpace+"%", "%")
}

// count writes a number with the noun it counts.
func (w *Writer) count(n *big.Rat, noun noun) string {
	many := n.Cmp(big.NewRat(2, 1)) >= 0
	if w.lang == English {
		many = n.Cmp(big.NewRat(1, 1)) != 0
	}
	return w.number(n) + hardSpace + noun.in(w, many)
}

func (w *Writer) countInt(n int64, noun noun) string { return w.count(big.NewRat(n, 1), noun) }

// noun is a word in both languages and numbers.
type noun struct{ fr, frs, en, ens string }

func (n noun) in(w *Writer, many bool) string {
	if many {
		return w.pick(n.frs, n.ens)
	}
	return w.pick(n.fr, n.en)
}

func votes() noun     { return noun{"voix", "voix", "vote", "votes"} }
func ballots() noun   { return noun{"bulletin", "bulletins", "ballot", "ballots"} }
func points() noun    { return noun{"point", "points", "point", "points"} }
func approvals() noun { return noun{"approbation", "approbations", "approval", "approvals"} }
func duels() noun     { return noun{"duel gagné", "duels gagnés", "duel won", "duels won"} }
func voters() noun    { return noun{"votant", "votants", "voter", "voters"} }
func people() noun    { return noun{"personne", "personnes", "person", "people"} }

// support is what the totals of projects count.
func (w *Writer) support() noun {
	if w.points {
		return points()
	}
	return votes()
}

// unit is what the totals of a method count.
func (w *Writer) unit(m counting.Method) noun {
	switch m {
	case counting.Approval:
		return approvals()
	case counting.Score, counting.Borda, counting.PointVoting:
		return points()
	case counting.Schulze:
		return duels()
	}
	if m.Budget() {
		return w.support()
	}
	return votes()
}
