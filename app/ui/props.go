package ui

import (
	"time"

	"github.com/a-h/templ"
)

// PageProps describes a page of the site or of the back office.
type PageProps struct {
	Title       string   // of the window and the history: unique on the site
	Description string   // for search engines and link previews
	Scripts     []string // assets besides app.js: "live.js"
	NoIndex     bool     // keep out of search engines
	Wide        bool     // tables and maps: use the whole width
	Crumbs      []Link   // the way from the home page, without the page itself
	Back        *Link    // one step back, instead of crumbs
	Head        templ.Component
}

// BoothProps describes the voting booth: no header, no footer, one thing to do.
type BoothProps struct {
	Title     string // of the window
	Subject   string // what the vote is about, above everything
	LeaveHref string // the way out
	Leave     string // its label; "Quitter le vote" when empty
	Notice    string // a quiet line under the top bar, e.g. what is left of the time
	Unsaved   bool   // a ballot has been filled in and not confirmed: leaving asks first
	Kiosk     bool   // a shared tablet: larger type, nothing kept
	Scripts   []string
}

// ScreenProps describes the room's projected screen.
type ScreenProps struct {
	Title    string // of the window
	Heading  string // what the room reads first: the question
	Eyebrow  string // above it: the meeting's name
	Scheme   Scheme // the machine's when empty
	State    string // "join", "open", "counting", "result", "pause": data-state of the body
	Topic    string // live topic that the body follows; live.js comes with it
	Audience string // as whom: "screen" when empty
	Rev      int64  // revision of the live state shown
	Refresh  int    // seconds between refreshes of the page; with a live topic, where there is no script
	Scripts  []string
	Attrs    templ.Attributes // of the body: "data-live-swap"…
}

// PlainProps describes a page that belongs to no town and needs nothing else
// to work: unknown host, program unavailable.
type PlainProps struct {
	Title   string
	Text    string
	Action  *Link
	Refresh int // seconds before the page tries again; 0 never
}

// HeaderProps is the head of a page: the only h1.
type HeaderProps struct {
	Eyebrow string // the kind of thing it is: "Consultation"
	Title   string
	Lead    string // one or two sentences
	State   *State
	Poster  bool   // large, on the town's colour: pages that present something
	Meta    []Meta // dates, places, numbers
}

// Meta is a small fact with an icon.
type Meta struct {
	Icon, Text string
}

// State is where a thing stands: always a word, an icon and a colour.
type State struct {
	Word string
	Tone Tone
	Icon string // the tone's when empty
}

// Kind is how much a button asks to be pressed.
type Kind string

// The kinds of buttons. A page has one primary button.
const (
	Primary   Kind = "primary"
	Secondary Kind = "secondary"
	Quiet     Kind = "quiet"
	Risky     Kind = "danger"
)

func (k Kind) or(other Kind) Kind {
	if k == "" {
		return other
	}
	return k
}

// ButtonProps is a button that sends its form.
type ButtonProps struct {
	Label      string
	Kind       Kind // Primary when empty
	Type       string
	Name       string // sent with Value
	Value      string
	Form       string // id of the form, when the button is outside
	Formaction string // another address than the form's
	Icon       string
	Large      bool
	Wide       bool // the whole width
	Disabled   bool
	IconOnly   bool // Label is read aloud, the icon is seen
	Hold       bool // must be held down for a second; Value is sent only then: without a script, ask again
	Attrs      templ.Attributes
}

// LinkButtonProps is a link that looks like a button.
type LinkButtonProps struct {
	Label, Href string
	Kind        Kind // Primary when empty
	Icon        string
	IconAfter   string
	Large, Wide bool
	Download    bool
	Attrs       templ.Attributes
}

// FormProps is a form. The CSRF field comes with it.
type FormProps struct {
	Action    string // the page's own address when empty
	Method    string // "post" when empty; "get" for searches
	ID        string
	Multipart bool
	Unsaved   bool // warn before leaving what has been typed
	Attrs     templ.Attributes
}

// FieldProps is a one-line field.
type FieldProps struct {
	ID           string // when another form of the page has a field of this name; FieldID(Name) when empty
	Name, Label  string
	Hint         string
	Type         string // "text" when empty
	Value        string
	Error        string
	Required     bool
	Autocomplete string
	InputMode    string
	Placeholder  string // never instead of a label
	Pattern      string
	Min, Max     string
	Step         string
	MaxLength    int
	Prefix       string // "https://"
	Suffix       string // "€", "heures"
	Short        bool   // a few characters: codes, postcodes, amounts
	ReadOnly     bool
	Disabled     bool
	Autofocus    bool
	Attrs        templ.Attributes
}

// TextAreaProps is a field of several lines.
type TextAreaProps struct {
	ID                              string // when another form of the page has a field of this name; FieldID(Name) when empty
	Name, Label, Hint, Value, Error string
	Required                        bool
	Rows                            int // 6 when zero
	MaxLength                       int // shows what is left
	Attrs                           templ.Attributes
}

// Option is an entry of a Select.
type Option struct {
	Value, Label string
	Group        string // options of the same group must follow each other
	Disabled     bool
}

// SelectProps is a list to choose one entry from.
type SelectProps struct {
	ID                              string // when another form of the page has a field of this name; FieldID(Name) when empty
	Name, Label, Hint, Value, Error string
	Empty                           string // label of the empty entry; none when ""
	Options                         []Option
	Required                        bool
	AutoSubmit                      bool // sends the form when changed, where there is a script
	Attrs                           templ.Attributes
}

// ChoiceProps is one radio or checkbox card. Inside a group use ChoiceGroup.
type ChoiceProps struct {
	Name, Value string
	Label       string
	Hint        string // under the label
	Aside       string // at the end: a cost, a number
	Error       string // only for a lone checkbox
	ID          string // FieldID(Name) when empty
	Multiple    bool   // a checkbox
	Checked     bool
	Required    bool
	Disabled    bool
	Attrs       templ.Attributes
}

// ChoiceGroupProps is a question with radio or checkbox cards.
type ChoiceGroupProps struct {
	ID                        string // when another form of the page has a field of this name; FieldID(Name) when empty
	Name, Legend, Hint, Error string
	Options                   []ChoiceProps // Name and Multiple are the group's
	Values                    []string      // what is chosen
	Multiple                  bool
	Max                       int // checkboxes: at most this many, said and counted
	Required                  bool
	Title                     bool // the legend is the page's h1: one question per screen
	Columns                   bool // two by two where there is room
	Compact                   bool
}

// FileProps is a field for files.
type FileProps struct {
	ID                       string // when another form of the page has a field of this name; FieldID(Name) when empty
	Name, Label, Hint, Error string
	Accept                   string
	Multiple, Required       bool
}

// Step is a step of a process.
type Step struct {
	Label, Href string
}

// StepperProps shows where one is in a short process.
type StepperProps struct {
	Steps   []Step
	Current int // index; steps before are done
}

// ProgressProps is a proportion, said in words.
type ProgressProps struct {
	ID         string
	Label      string
	Value, Max int64
	Text       string // "312 votants sur 1 204"
	Tone       Tone   // Accent when empty
	Live       string // field of the live state that the bar follows: "turnout"
	LiveMax    string // field, or number, that fills the bar: "entitled"
	LiveText   string // Text with fields of the live state: "{turnout} votants sur {entitled}"
}

// GaugeProps is a quantity towards a threshold: hours, quorum.
type GaugeProps struct {
	ID         string
	Label      string
	Value, Max int64
	Text       string // "14 heures sur 35"
	Threshold  int64  // a mark on the gauge; none when zero
	Mark       string // what the mark means
	Done       bool
	Attrs      templ.Attributes
}

// Moment is a point of a timeline.
type Moment struct {
	Title, When, Text string
	Href, LinkLabel   string
	Done, Current     bool
}

// TallyRow is an option and what it received.
type TallyRow struct {
	ID      string // the option's, stable
	Label   string
	Count   int64
	Number  string // Count as people read it; made from Count when empty
	Percent string // "44 %"; left out when empty
	Winner  bool
	Note    string // "à égalité", "retenu"
}

// TallyProps draws a result: bars, and the same figures as a table.
type TallyProps struct {
	ID       string // unique on the page
	Caption  string // what is counted: read aloud with the table
	Option   string // heading of the options' column; "Choix" when empty
	Unit     string // heading of the numbers; "voix" when empty
	Rows     []TallyRow
	Base     string // what the percentages are of; never left out
	Scale    int64  // the number a full bar stands for: the base; the largest row's when zero
	Large    bool   // for the room's screen
	Topic    string // live topic; none when ""
	Audience string // as whom it is followed: "screen"; the public when empty
	Rev      int64  // revision of the live state shown
	LiveBase string // Base with fields of the live state: "Part des {base} votants"
	Announce string // read aloud when figures change, with fields: "{turnout} votants"
}

// Grade is a step of the scale of a judgment.
type Grade struct {
	Label string
}

// GradeRow is an option and the grades it received.
type GradeRow struct {
	ID, Label string
	Counts    []int64 // one for each grade, best first
	Median    int     // index of the median grade
	Winner    bool
	Note      string
}

// GradeProps draws the profile of grades of each option.
type GradeProps struct {
	ID, Caption string
	Grades      []Grade // best first, at most seven
	Rows        []GradeRow
	Base        string
}

// Column is a column of a table.
type Column struct {
	Label    string
	Numeric  bool   // aligned right
	SortHref string // sorts by this column; not sortable when empty
	Sorted   string // "ascending", "descending" or ""
	Hidden   bool   // the heading is read aloud only: columns of buttons
}

// Cell is a cell: text, a link, or anything.
type Cell struct {
	Text string
	Href string
	Body templ.Component // instead of Text
}

// Text is a cell of plain text.
func Text(text string) Cell { return Cell{Text: text} }

// LinkCell is a cell that leads somewhere.
func LinkCell(text, href string) Cell { return Cell{Text: text, Href: href} }

// BodyCell is a cell that holds a component.
func BodyCell(body templ.Component) Cell { return Cell{Body: body} }

// Row is a row of a table. Its first cell is the row's heading.
type Row struct {
	ID    string
	Cells []Cell
	Muted bool
	// Value is sent under the table's Select name when the row is ticked.
	Value string
}

// TableProps is a table of data.
type TableProps struct {
	ID          string
	Caption     string // always there for screen readers
	ShowCaption bool
	Columns     []Column
	Rows        []Row
	Foot        []Cell
	Select      string // name of the checkboxes of the rows; none when empty
	Empty       string // what to say when there are no rows
	Dense       bool
}

// PagerProps leads through a list by keyset: there are no page numbers.
type PagerProps struct {
	Prev, Next string // addresses; "" at the ends
	Text       string // "25 sur 312"
}

// PagerOf leads to the neighbours of a page, whose places are zero at the ends.
func PagerOf[P interface{ IsZero() bool }](next, prev P, address func(P) string) (p PagerProps) {
	if !next.IsZero() {
		p.Next = address(next)
	}
	if !prev.IsZero() {
		p.Prev = address(prev)
	}
	return p
}

// CardProps is a thing presented on its own. Children come below the summary.
type CardProps struct {
	ID       string
	Title    string
	Href     string // the whole card leads there
	Eyebrow  string
	Icon     string
	Image    string
	ImageAlt string
	Summary  string
	State    *State
	Meta     []Meta
	Level    int  // of the heading; 3 when zero
	Accent   bool // what one can do now
}

// RowProps is a line of a list. Children come at the end: a badge, a button.
type RowProps struct {
	Title, Href string
	Icon        string
	Avatar      string // name to draw an avatar from, instead of the icon
	Summary     string
	State       *State
	Meta        []Meta
	Level       int // of the heading; 3 when zero
}

// TagProps is a label: a theme, a zone. A link when Href is set.
type TagProps struct {
	Text, Href, Icon string
	Removable        string // aria-label of the cross that removes a filter
}

// NoticeProps is something to know, in the flow of the page.
type NoticeProps struct {
	Tone   Tone // Info when empty
	Title  string
	Text   string
	Action *Link
	Live   bool // announced when it appears
	ID     string
	Level  int // heading level of the title; a paragraph when zero
}

// EmptyProps is a designed absence: what will be here, and what to do now.
type EmptyProps struct {
	Drawing Drawing // Square when empty
	Title   string
	Text    string
	Action  *Link
	Level   int // of the heading; 2 when zero
}

// DialogProps is a question asked above the page. Without a script it is a
// part of the page reached by its anchor.
type DialogProps struct {
	ID, Title, Text string
	Close           string // label of the way out; "Annuler" when empty
}

// AvatarProps is a person's mark: initials, or a picture.
type AvatarProps struct {
	Name, Image string
	Large       bool
}

// Tab is one of several views of the same thing, each with its address.
type Tab struct {
	Label, Href string
	Count       string
	Current     bool
}

// Fact is a term and what it is.
type Fact struct {
	Term, Text string
	Body       templ.Component // instead of Text
}

// Stat is an honest number: what it counts is always said.
type Stat struct {
	Number, Label string
	Icon          string
	Body          templ.Component // instead of Number: a countdown
	Bind          string          // field of the live state: "turnout"
}

// Place is a point of a map; one without coordinates is in the list only.
type Place struct {
	Name, Href, Text string
	Lat, Lon         float64
}

// PinProps is a field for a point, with a plan to click on where there is a
// script. Without one, or by keyboard, the point is typed.
type PinProps struct {
	Name, Value, Error string
	Lat, Lon           float64 // the middle of the plan
	Radius             int     // metres shown around it; 0 for no plan
}

// MapProps is a map, with the list of its places beside it.
type MapProps struct {
	ID     string
	Label  string // what the map shows
	Places []Place
}

// QRProps is a code to scan, with its address in clear.
type QRProps struct {
	Text  string // what the code holds: an address
	Label string // what it leads to, for those who do not see it
	Shown string // the address as printed below; Text without its scheme when empty
}

// SearchProps is a search form.
type SearchProps struct {
	Action, Name, Value, Label string
	Hidden                     []Option // other parameters to keep
	ID                         string
}

// CountdownProps is the time that is left, kept up to date where there is a script.
type CountdownProps struct {
	Until time.Time
	Text  string // as of now, in words: "encore 3 jours"
	Clock bool   // "12:34" rather than words: rooms
	Bind  string
}

// ReasonProps is why one may not, and the way to fix it.
type ReasonProps struct {
	Title   string
	Reasons []Reason
}

// Reason is one thing that is missing.
type Reason struct {
	Text   string
	Remedy *Link
}
