// Package views writes the pages of polls: decided values in, HTML out.
package views

import (
	"time"

	"parvis/app/ui"
)

// Frame is what surrounds every page of a poll.
type Frame struct {
	Subject string    // what the poll is about
	Leave   string    // the way out
	Topic   string    // the poll's live topic
	Left    string    // "clôture dans 3 jours", "" when it is not open
	Closes  time.Time // zero when unknown
}

// Kind is how a ballot is filled in.
type Kind string

// The kinds of ballots.
const (
	OneChoice      Kind = "one"
	SeveralChoices Kind = "several"
	Answers        Kind = "answers" // yes, no or abstention for each option
)

// Ballot is a ballot to fill in.
type Ballot struct {
	Frame
	Kind                  Kind
	Action                string
	Question, Description string
	Name                  string // of the choices
	Options               []ui.ChoiceProps
	Chosen                []string
	Most                  int
	Rows                  []AnswerRow
	Error                 string
	Errors                ui.Errors
	Reasons               []ui.Reason // why the viewer may not vote; none when they may
	Voted                 bool        // the ballot is already in the box, and may be changed
	Room                  bool        // one ballot per device
	Rules                 []ui.Fact
}

// AnswerRow is a line of a yes-no-abstain ballot.
type AnswerRow struct{ Name, Label, Hint, Value, Error string }

// Hidden is a field that travels with the form.
type Hidden struct{ Name, Value string }

// Choice is a choice in words; Answer is for yes-no-abstain.
type Choice struct{ Label, Answer string }

// Review repeats a ballot before it is cast.
type Review struct {
	Frame
	Question      string
	Choices       []Choice
	Confirm, Edit string // addresses
	Hidden        []Hidden
	AllowChange   bool
}

// Receipt is the proof that a ballot is in the box.
type Receipt struct {
	Frame
	Question                  string
	CastAt                    string // "" when it is not the viewer's to know
	Number, Nonce, Commitment string
	Address                   string // of this page, for the QR code
	Choices                   []Choice
	Replaced                  bool
	Change                    string // where to vote again, "" when one may not
	Results                   string
}

// Waiting is the booth when no ballot is taken.
type Waiting struct {
	Frame
	Question, Title, Text, Href string
	Action                      *ui.Link
}

// Results is what may be seen of a poll.
type Results struct {
	Frame
	Question, Description string
	State                 ui.State
	Rev                   int64
	Self                  string // address of the page
	Vote                  string // the booth, "" when no ballot is taken
	Verdict               string // the result in a sentence, "" before
	Turnout               []ui.Stat
	Tallies               []ui.TallyProps
	Hidden                string // why something is not shown, "" when all is
	Origins               []ui.Fact
	Notes                 []string
	Rules                 []ui.Fact
	Downloads             []ui.Link
	ClosedAt, Fingerprint string
}

// Screen is the room's projected screen.
type Screen struct {
	Frame
	Question        string
	State           string // "join", "open", "counting", "result", "pause"
	Face            string // of the live state: when it changes, the page is drawn anew
	Self            string
	Scheme          ui.Scheme
	Rev             int64
	Join, Code      string // the way in, while there is one
	Numbers         []ui.Stat
	Tallies         []ui.TallyProps
	Message, Detail string
}

// Door is where the code of a room is typed.
type Door struct{ Code, Error string }

// Console is the pupitre of whoever runs a vote.
type Console struct {
	Frame
	Question                                                 string
	State                                                    ui.State
	Rev                                                      int64
	Face, Self                                               string
	Numbers                                                  []ui.Stat
	Tallies                                                  []ui.TallyProps
	Errors                                                   ui.Errors
	Screen, Poster, Results, Code                            string
	Act, Reason                                              string
	Until, Present                                           string
	CanOpen, CanClose, CanExtend, CanShow, Shown, CanPublish bool
	NeedsReason                                              bool // closing before the announced end
	Confirm                                                  bool // closing was asked for: confirm it
}

// Poster is a page to print and pin up.
type Poster struct {
	Frame
	Question, Address, Code, Door, Who, Until string
}
