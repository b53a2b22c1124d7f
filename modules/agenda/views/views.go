// Package views renders the pages of the agenda. It knows neither the database
// nor Fiber, and takes no decision: every page is a function of a struct
// declared here, whose values are already those to show.
package views

import "parvis/app/ui"

// Row is a line of the agenda.
type Row struct {
	ui.RowProps
	Kind   string
	Action string // what one can do there; "" to read only
}

// Day is a day with what happens in it.
type Day struct {
	ID, Title, Number, Count string
	Outside, Today           bool
	Rows                     []Row
}

// Frame is what is around each view.
type Frame struct {
	Tabs          []ui.Tab
	Path          string
	Kind          string
	Kinds         []ui.Option // the modules with something in the agenda
	Zone          string
	Zones         []ui.Option
	NoIndex       bool
	Feed, FeedURL string
	New           *ui.Link
}

// Grid is a month or a week.
type Grid struct {
	Title, Prev, Next string
	Weeks             [][]Day
	Any               bool
	Full              bool // there was too much to show all of it
}

// EventPage is the page of an event.
type EventPage struct {
	Title, Description, Body string // Body is sanitised HTML
	Header                   ui.HeaderProps
	Facts                    []ui.Fact
	Places                   []ui.Place
	File, Base, Copy         string
	Cancelled                string // why it does not take place
	Over, May                bool
	Reason                   string
	Errors                   ui.Errors
}

// EventForm is the form of an event.
type EventForm struct {
	Version            int64
	Association        string
	Hosts              []ui.Option // the associations that one may publish for
	Town               string      // the town hall, when one may publish for it
	Title, Body, Place string
	Zone               string
	Zones              []ui.Option
	Starts, Ends       string
	AllDay             bool
	TimeZone           string
	Pin                ui.PinProps
	Errors             ui.Errors
}

// Table is the back office's list.
type Table struct {
	Table ui.TableProps
	Pager ui.PagerProps
	New   ui.Link
}
