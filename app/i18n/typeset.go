package i18n

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The two spaces where a line never breaks.
const (
	noBreak       = "\u00a0" // before a colon, inside « », between a number and its unit
	narrowNoBreak = "\u202f" // before ; ! ? %, between groups of digits
)

var placeholderRE = regexp.MustCompile(`\{\{\.([A-Z][A-Za-z0-9]*)\}\}`)

// Placeholders returns the names that stand between {{. and }} in a message,
// sorted, each once. Nothing else may stand between braces.
func Placeholders(text string) ([]string, error) {
	if rest := placeholderRE.ReplaceAllString(text, ""); strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
		return nil, fmt.Errorf("%q holds braces that are not {{.Name}}", text)
	}
	var names []string
	for _, match := range placeholderRE.FindAllStringSubmatch(text, -1) {
		names = append(names, match[1])
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

var frenchSpacing = strings.NewReplacer(
	" :", noBreak+":", " »", noBreak+"»", "« ", "«"+noBreak,
	" ;", narrowNoBreak+";", " !", narrowNoBreak+"!", " ?", narrowNoBreak+"?", " %", narrowNoBreak+"%",
	" €", noBreak+"€",
	"'", "’",
)

// Typeset returns French text with its typographic apostrophes and its
// no-break spaces, for text typed with plain ones.
func Typeset(text string) string { return frenchSpacing.Replace(text) }
