// Package writing puts what people typed in the form in which it is kept. It is
// a leaf: it imports nothing from the project.
package writing

import "strings"

var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "")

// Tidy keeps the lines of a text as a browser sends them, without the carriage
// returns, without what PostgreSQL cannot hold and without blanks around it.
func Tidy(text string) string { return strings.TrimSpace(breaks.Replace(text)) }

// Line is Tidy for what has no lines: words with one space between them.
func Line(text string) string { return strings.Join(strings.Fields(Tidy(text)), " ") }

// Cut keeps the first characters of a text, at most limit.
func Cut(text string, limit int) string {
	n := 0
	for i := range text {
		if n == limit {
			return text[:i]
		}
		n++
	}
	return text
}
