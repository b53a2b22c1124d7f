// Package views writes the pages of the town's site: decided values in, HTML out.
package views

import (
	"github.com/a-h/templ"

	"parvis/app/ui"
)

// Home is what the home page shows.
type Home struct {
	Open, Decided, Agenda, Help []templ.Component
	Counters                    []ui.Stat
	Staff                       bool // nothing yet: invites staff to begin
}

// Empty reports whether there is nothing at all to show yet.
func (h Home) Empty() bool { return len(h.Open)+len(h.Decided)+len(h.Agenda)+len(h.Help) == 0 }

// Hit is a search result.
type Hit struct{ Title, Summary, Href, Kind string }

// Search is a search and what it found.
type Search struct {
	Query string
	Asked bool
	Hits  []Hit
	Count string // "3 résultats"
}

// Legal is one of the footer's pages.
type Legal struct {
	Title, Lead string
	HTML        string // rendered and sanitised
	Register    []Holding
}

// Holding is a line of the register of processing activities.
type Holding struct{ What, Purpose, LegalBasis, Retention string }

// Sitemap lists the site's pages by part.
type Sitemap struct{ Parts []Part }

// Part is a group of links.
type Part struct {
	Title string
	Links []ui.Link
}

// Desk is the first page of the back office.
type Desk struct {
	Name  string
	Todos []Todo
	Areas []Area
}

// Todo is something that waits.
type Todo struct{ Text, Since, Href string }

// Area is a part of the back office the viewer may enter.
type Area struct{ Title, Text, Href, Icon string }

// Settings is the form of the site's settings.
type Settings struct {
	Name, SiteName, Color, Email, Zones string
	Director, Hosting, Address, DPO     string
	Modules                             []ui.ChoiceProps
	Chosen                              []string
	Version                             string // revision that was read
	Adjusted                            string // what became of the colour, "" when nothing
	Theme                               ui.ThemeReport
	Locale, TimeZone, Logo              string
	TimeZones                           []ui.Option
	Center, Radius                      string // where the territory lies: a point, kilometres
	Audit                               Audit
	Texts                               []ui.Link // the footer's pages, to change
}

// Audit is the form of the audit of accessibility.
type Audit struct {
	On, By, Percent string
	Status          string // what the site declares now
	Errors          ui.Errors
}

// Text is the form of one of the footer's pages.
type Text struct {
	Title, Action, Page, Markdown string
	Ready                         string // the ready-made text, rendered
}

// Mine is a citizen's own page.
type Mine struct {
	Name  string
	Parts []templ.Component // what modules have of theirs, such as a gauge
	Deeds []Deed
	Links []ui.Link
}

// Deed is something the citizen did.
type Deed struct{ What, Title, Href, When string }

// Methods lists the ways of voting.
type Methods struct{ List []MethodLink }

// MethodLink leads to the explanation of a method.
type MethodLink struct{ Name, Text, Href string }

// Method explains a way of voting.
type Method struct {
	Name, Ballot, Count, Good, Limits, Ties string
	Examples                                []WorkedExample
}

// WorkedExample is a small case, counted.
type WorkedExample struct {
	Title, Summary string
	Ballots, Steps []string
	Tables         []ui.TableProps
}
