// Package views writes the pages of polls: decided values in, HTML out.
package views

import (
	"time"

	"parvis/app/ui"
)

// Frame is what surrounds every page of a poll.
type Frame struct {
	Subject string // what the poll is about
	Leave   string // address of the way out
	Back    string // label of the way back to the subject
	Topic   string // the poll's live topic
	Self    string // address of this page, fetched anew when the poll's stage changes
	Stage   string // the state in the live topic
	Left    string // "clôture dans 3 jours, dimanche à 20 h", "" when it is not open
}

// Ballot is a ballot to fill in: choices among options, or an answer for each.
type Ballot struct {
	Frame
	Action                string
	Question, Description string
	Name                  string // of the choices
	Options               []ui.ChoiceProps
	Chosen                []string
	Most                  int         // how many may be ticked; 0: one, by radio
	Rows                  []AnswerRow // yes, no or abstention for each option
	Error                 string
	Errors                ui.Errors
	Hidden                []Hidden
	Voted                 bool // the ballot is already in the box, and may be changed
	AllowChange           bool
	Room                  bool        // cast without a review
	Limit                 string      // what stops somebody from voting twice, and what does not
	CheckIn               string      // where to be counted among those present, "" elsewhere
	Later                 []ui.Reason // what must be proven before it counts; none for a ballot that is cast
	Rules                 []ui.Fact
}

// AnswerRow is a line of a yes-no-abstain ballot.
type AnswerRow struct{ Name, Label, Hint, Value, Error string }

// Hidden is a hidden field.
type Hidden struct{ Name, Value string }

// Choice is a line of a ballot in words; Answer is for yes-no-abstain.
type Choice struct{ Label, Answer string }

// Review repeats a ballot before it is cast.
type Review struct {
	Frame
	Question      string
	Choices       []Choice
	Confirm, Edit string // addresses
	Hidden        []Hidden
	AllowChange   bool
	Failed        string // why sending it did not work, "" the first time
	Later         string // it will wait, and until when it may; "" for a ballot that is cast
}

// Pending is the booth of somebody whose ballot waits for a proof.
type Pending struct {
	Frame
	Question, Text   string
	Choices          []Choice
	Reasons          []ui.Reason // what is missing; none when it has just come
	Change, Withdraw string      // addresses
	Rules            []ui.Fact
}

// Receipt is the proof that a ballot is in the box.
type Receipt struct {
	Frame
	Question                  string
	Own, Replaced, Room       bool
	CastAt                    string // "" when it is not the viewer's to know
	Index, Number, Commitment string
	Address                   string // of this page, for the QR code
	Choices                   []Choice
	Change                    string // where to vote again, "" when one may not
	Results                   string
	File, Verify              string // the proof to take away, and where it is checked
	Hidden                    bool   // the turnout is hidden, and the index tells something of it
}

// Refusal is the booth of somebody who may not vote.
type Refusal struct {
	Frame
	Question, Description string
	SignIn                *ui.Link    // signing in is all there is to do
	Reasons               []ui.Reason // else
	Options               []string
	Rules                 []ui.Fact
}

// Waiting is the booth when no ballot is taken.
type Waiting struct {
	Frame
	Question, Icon, Title, Text string
	State                       ui.State
	Options                     []string
	Action                      *ui.Link
	Missing                     []ui.Reason // why the ballot that waited was not counted
	CheckIn                     string      // where to be counted among those present, "" elsewhere
}

// Results is what may be seen of a poll.
type Results struct {
	Frame
	Question              string
	State                 ui.State
	Rev                   int64
	Face                  string // of the live state: when it changes, the page is drawn anew
	Vote                  string // the booth, "" when no ballot is taken
	Verdict               string // the result in a sentence, "" before
	Quorum                string // that the quorum is missing, "" else
	Turnout               []ui.Stat
	Tallies               []ui.TallyProps
	Hidden                string // why there are no counts, "" when there are
	Paper                 string // to the comparison of paper ballots; "" where there are none
	Origins               []ui.Fact
	Notes, Steps          []string
	Rules                 []ui.Fact
	Changes, Incidents    []ui.Moment
	Downloads             []ui.Link
	ClosedAt, Fingerprint string
}

// Screen is the room's projected screen.
type Screen struct {
	Frame
	Question              string
	State                 string // "join", "open", "counting", "result", "pause"
	Face                  string
	Scheme                ui.Scheme
	Rev                   int64
	Now                   time.Time
	Join, Code            string // the way in, while there is one
	Numbers               []ui.Stat
	Tallies               []ui.TallyProps
	Icon, Message, Detail string
}

// Door is where the code of a room is typed.
type Door struct {
	Code   string
	Errors ui.Errors
}

// Console is the pupitre of whoever runs a vote.
type Console struct {
	Frame
	Question                      string
	State                         ui.State
	Rev                           int64
	Face                          string
	Numbers                       []ui.Stat
	Tallies                       []ui.TallyProps
	Hidden                        string
	Errors                        ui.Errors
	Screen, Poster, Results, Code string
	Tickets                       string // to the room's printed tickets, "" where there are none
	Counting                      string // how the people present are counted
	TooMany                       string // that there are more ballots than people, "" else
	CanRecount                    bool
	Paper                         string // to the paper ballots; "" where there are none
	Desk                          string // where people are received; "" where nobody is, and for those who do not receive
	List                          string // to the list of voters; "" where there is none
	Archives                      string // to the matter of a poll that is over; "" for those who may not
	CloseReason, ExtendReason     string
	Until, Present                string
	CanOpen, CanClose, CanCount   bool
	CanExtend, CanShow, Shown     bool
	CanPublish                    bool
	EarlyEnd                      bool // closing comes before the announced end
	Confirm                       bool // closing was asked for: confirm it
}

// Poster is a page to print and pin up.
type Poster struct {
	Frame
	Question, Address, Code, Door, Who, Until string
}

// Tickets is the prints of a room's tickets.
type Tickets struct {
	Frame
	Question, Size string
	Errors         ui.Errors
	Batches        []TicketBatch
	CanPrint       bool
}

// TicketBatch is a print.
type TicketBatch struct {
	Number                int
	Size, At              string
	Print, Cancel         string // addresses, "" when it may not
	Field, Reason, Voided string
}

// Sheet is a print on paper; without tickets when it is too late to print them.
type Sheet struct {
	Frame
	Question, Limit string
	Number          int
	Tickets         []Ticket
}

// Ticket is one of a sheet.
type Ticket struct {
	Number              int
	Address, Code, Door string
}
