// Package search prepares French text to be found: by stems, without accents,
// and with typos. PostgreSQL does the finding, each module in its own tables;
// this package only makes both sides of the comparison alike.
package search

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Fold takes the accents and the marks of the plural off, so that "ecole" finds
// "écoles" and "vélo" finds "vélos", which PostgreSQL's French does not. Fold
// what is kept and what is looked for alike.
func Fold(text string) string {
	folded, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), text)
	if err != nil {
		folded = text // cannot happen on text that came through a form
	}
	folded = letters.Replace(strings.ToLower(folded))
	return pluralRE.ReplaceAllString(folded, "$1")
}

var (
	letters  = strings.NewReplacer("œ", "oe", "æ", "ae", "’", "'", "\x00", " ")
	pluralRE = regexp.MustCompile(`(\pL{3})[sx]\b`)
)

// Words is Fold without punctuation, words separated by one space: what two
// texts that say the same have in common.
func Words(text string) string {
	return strings.Join(strings.FieldsFunc(Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// AnyOf writes a text as a query for to_tsquery that finds what holds any of
// its words of three letters or more, at most twelve; "" when there is none.
// Words such as "les" are PostgreSQL's to leave out.
func AnyOf(text string) string {
	var words []string
	for word := range strings.FieldsSeq(Words(text)) {
		if len(word) >= 3 && len(words) < 12 {
			words = append(words, word)
		}
	}
	return strings.Join(words, " | ")
}

// Vector is the SQL of the words that searches look into: a placeholder for the
// folded text of each weight, 'A' what counts most.
func Vector(weights string) string {
	parts := make([]string, len(weights))
	for i, weight := range weights {
		parts[i] = "setweight(to_tsvector('french', ?), '" + string(weight) + "')"
	}
	return strings.Join(parts, " || ")
}
