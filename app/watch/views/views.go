// Package views writes the pages of scrutineers: decided values in, HTML out.
package views

import (
	"context"

	"github.com/a-h/templ"

	"parvis/app/i18n"
	"parvis/app/ui"
)

// List is the polls that a scrutineer watches over.
type List struct{ Polls []Row }

// Row is one of them.
type Row struct {
	Question, Subject, Href string
	State                   ui.State
	Meta                    []ui.Meta
}

// Poll is one poll, watched.
type Poll struct {
	Question, Subject, Back, Self, Topic, At string
	Console, Results, Paper                  string // addresses; "" for those who may not, and where there is no paper
	State                                    ui.State
	Meta                                     []ui.Meta
	Errors                                   ui.Errors
	Numbers                                  []ui.Stat
	Health                                   []ui.Fact
	Minutes                                  []ui.Row
	Signals                                  []Signal
	Incidents                                []Incident
	CanReport, CanExtend                     bool
	Summary, Detail, Incident, Suite         string // as they were typed
	Until, Reason                            string
}

// Signal is something that may be worth a look.
type Signal struct{ Title, Why string }

// Incident is one of the register.
type Incident struct {
	Number  string
	Closed  bool
	Entries []ui.Moment
}

// Digits is a long number to compare, not to read.
func Digits(text string) templ.Component { return digits(text) }

// open are the incidents that something may still be said of.
func (p Poll) open() (list []Incident) {
	for _, i := range p.Incidents {
		if !i.Closed {
			list = append(list, i)
		}
	}
	return list
}

// live makes the figures follow the poll.
func live(p Poll) templ.Attributes {
	return templ.Attributes{"data-live": p.Topic, "data-live-swap": p.Self}
}

func openIncidents(ctx context.Context, p Poll) (list []ui.Option) {
	for _, i := range p.open() {
		list = append(list, ui.Option{Value: i.Number, Label: i18n.T(ctx, "watch.incident.one", "Number", i.Number)})
	}
	return list
}
