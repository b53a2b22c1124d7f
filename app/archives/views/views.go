// Package views is what the pages of archives look like: decided values in,
// HTML out.
package views

import (
	"slices"

	"parvis/app/ui"
)

// Matter is the page of a poll's matter.
type Matter struct {
	Question, Self, Console string
	Dates                   []ui.Moment
	Errors                  ui.Errors
	Today                   string // the latest day that forms take

	Reasons           []ui.Reason // why the severing cannot be done yet
	Possible          bool
	Ended             bool // there are ballots, and no more will come
	NoCustodian       bool
	Deliberated       bool // a délibération is entered
	Deliberation      Deliberation
	Appeals           []Appeal
	FiledOn           string
	Reference         string
	Word, Visa, Typed string

	Minute *Minute // once it is done
}

// wrong reports whether something is wrong with one of these fields.
func (m Matter) wrong(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return m.Errors.For(name) != "" })
}

// Deliberation is the form of the délibération.
type Deliberation struct{ On, Reference, Months string }

// Appeal is a recours, with the form that lifts it while it is pending.
type Appeal struct {
	ID, Reference, Text string
	Pending             bool
	Typed               bool // the form was sent, and comes back
	LiftedOn, Outcome   string
}

// wrong is what is wrong with a field of the form of this recours.
func (a Appeal) wrong(errs ui.Errors, name string) string {
	if !a.Typed {
		return ""
	}
	return errs.For(name)
}

// Minute is the procès-verbal, to read and to print.
type Minute struct {
	Town, At, By string
	Who          []ui.Fact
	Counts       ui.TableProps
	Prints       []ui.Fact
	Archive      string // its address; "" when there is none
	NoArchive    bool
	Note         []string // its lines
}
