// Package views renders the pages of the idea box. It takes no decision: every
// value is already the one to show.
package views

import (
	"github.com/a-h/templ"

	"parvis/app/ui"
)

// Item is an idea in a list.
type Item struct {
	Title, Href, Summary, Theme string
	Image, Alt                  string
	State                       ui.State
	Meta                        []ui.Meta
}

// Index is the list of ideas, or its plan.
type Index struct {
	Items            []Item
	Map              ui.MapProps
	Count            string
	Any, Near        bool // whether the town has ideas at all; whether these only resemble the words
	Narrowed         bool // not the list as such: kept out of search engines
	Sorts            []ui.Tab
	Filters          Filters
	Pager            ui.PagerProps
	List, Plan, Data string
	New              ui.Link
	Staff            *ui.Link
}

// Filters are what the list is narrowed by.
type Filters struct {
	Action                          string
	Words, Theme, Zone, State, Sort string
	Themes, Zones, States           []ui.Option
	Active                          []ui.Link // what narrows the list now; the address is without it
}

// Likes are ideas like the one being typed.
type Likes struct {
	Items []Item
	Form  string // back to the form, from the page
}

// Form is the form of an idea.
type Form struct {
	Edit                                 bool
	Action, Back                         string
	Version                              int64
	Title, Body, Theme, Zone, Place, Alt string
	Pin                                  ui.PinProps
	Photo                                string // address of the one it has
	Limit                                string
	Themes, Zones                        []ui.Option
	Similar                              string
	Errors                               ui.Errors
}

// Review is a draft before it is published.
type Review struct {
	Item
	HTML                  string // sanitised
	Facts                 []ui.Fact
	Similar               []Item
	Edit, Publish, Remove string
}

// Show is the page of an idea.
type Show struct {
	Title, Description string
	Hidden             bool
	Header             ui.HeaderProps
	Body               string // sanitised
	Photo, Alt         string
	Facts              []ui.Fact
	Map                ui.MapProps
	Answer, AnswerWhen string // sanitised
	Timeline           []ui.Moment
	Into               *ui.Link
	Merged             []ui.Link
	Supports           int
	Support, Unsupport string // addresses; none when ""
	Supported, Told    bool
	Follow, SignIn     string
	NoSupport          string
	Edit, Withdraw     string
	Offer, Project     string
	Case               string
	Flag               string
	Staff              *ui.Link
	Thread             templ.Component
}

// Table is the back office's list.
type Table struct {
	Any    bool
	Tabs   []ui.Tab
	Search ui.SearchProps
	Table  ui.TableProps
	Pager  ui.PagerProps
	Export ui.Link
}

// Lead is the page of an idea in the back office.
type Lead struct {
	Title             string
	Header            ui.HeaderProps
	Public            string
	HTML              string // sanitised
	Facts             []ui.Fact
	Version           int64
	States            []ui.ChoiceProps
	State, Answer     string
	AnswerTo, MergeTo string
	Into              string
	Settled           bool
	Similar           []Candidate
	Errors            ui.Errors
}

// Candidate is an idea that another one may be merged into.
type Candidate struct {
	ID string
	Item
}

// Home is a card of the home page.
type Home struct {
	Title, Href, Summary, Eyebrow, Action string
	State                                 *ui.State
	Meta                                  []ui.Meta
}
