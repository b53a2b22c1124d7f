// Package views draws the page of a list of voters.
package views

import "parvis/app/ui"

// List is the list of voters of a poll, as whoever runs the poll sees it.
type List struct {
	Question, Console, Self string
	Total                   int64
	Civil                   bool // names; else addresses of mail
	Open, Closed            bool // where the poll stands
	Replace                 bool // as typed
	Reason                  string
	Wrong                   []string // lines of the file that say nobody
	Errors                  ui.Errors
}
