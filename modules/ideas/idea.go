package ideas

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/discussion"
	"parvis/app/files"
	"parvis/app/places"
)

// Bounds of what people type, in characters, and of a photo, in bytes.
const (
	maxTitle      = 120
	maxBody       = 5_000
	maxPlace      = 120
	maxAlt        = 200
	maxAnswer     = 5_000
	maxPhotoBytes = 10 << 20
)

// How much an account deposits in a day, and for how long an author may put
// right what is published. Who supports an idea supports what it says.
const (
	perDay     = 5
	perDayNew  = 2
	editWindow = time.Hour
)

// Idea is what somebody proposes to their commune.
type Idea struct {
	ID      uuid.UUID
	Version int64 // grows at each change of the text or of the answer

	Text
	Photo files.Blob // without a hash: none

	State       State
	Seen        discussion.Seen
	MergedInto  uuid.UUID
	Answer      string // the town hall's, Markdown
	AnsweredAt  time.Time
	ProjectHref string // the draft project it became

	Supports, Comments int
	StirredAt          time.Time // deposit or newest comment
	CreatedAt          time.Time
	PublishedAt        time.Time
	Author             citizen.ID // zero once the account is erased
	Now                time.Time  // the database's clock when it was read
}

// Text is what an idea says.
type Text struct {
	Title    string
	Body     string // Markdown
	Theme    string
	Zone     uuid.UUID // zero: the whole territory
	Place    string    // in words
	Point    places.Point
	PhotoAlt string // what the photo shows
}

// draft is an idea that its author alone sees.
const draft discussion.Seen = "draft"

// State is what the town hall made of an idea.
type State string

// The states.
const (
	Deposited State = "deposited"
	Studied   State = "studied"
	Kept      State = "kept"
	Done      State = "done"
	Refused   State = "refused"
	Merged    State = "merged"
)

// states by the word in addresses, in the order shown.
var stateWords = []struct {
	State State
	Word  string
}{{Deposited, "deposees"}, {Studied, "a-l-etude"}, {Kept, "retenues"}, {Done, "realisees"}, {Refused, "refusees"}, {Merged, "fusionnees"}}

// stateOfWord returns the state that a word of an address names; "" for none.
func stateOfWord(word string) State {
	for _, s := range stateWords {
		if s.Word == word {
			return s.State
		}
	}
	return ""
}

func wordOfState(state State) string {
	for _, s := range stateWords {
		if s.State == state {
			return s.Word
		}
	}
	return ""
}

// themes are what ideas are about. Messages: ideas.theme.<name>.
var themes = []string{
	"cadre-de-vie", "mobilites", "nature", "ecole-jeunesse", "culture", "sport", "solidarite", "sante", "commerce", "energie", "numerique", "securite", "autre",
}

func knownTheme(theme string) bool { return slices.Contains(themes, theme) }

// open reports whether an idea still takes supports and comments.
func (i *Idea) open() bool {
	return i.Seen == discussion.Visible && (i.State == Deposited || i.State == Studied)
}

// by reports whether v wrote it.
func (i *Idea) by(v citizen.Viewer) bool {
	return v.SignedIn && !i.Author.IsZero() && i.Author == v.ID
}

// readableBy reports whether v may see it: everybody what is published, authors
// what is theirs, those who work on ideas what a flag or a moderator hid.
func (i *Idea) readableBy(v citizen.Viewer) bool {
	switch i.Seen {
	case discussion.Visible:
		return true
	case draft:
		return i.by(v)
	}
	return i.by(v) || inBackOffice(v, i.Zone) || discussion.Moderates(v, name)
}

// editableBy says whether v may change what it says, and the fault that says
// why not.
func (i *Idea) editableBy(v citizen.Viewer) error {
	switch {
	case !i.by(v):
		return ErrNotFound
	case i.Seen == draft:
		return nil
	case i.Seen != discussion.Visible || i.State != Deposited:
		return ErrSettled
	case i.Supports+i.Comments > 0:
		return ErrShared
	case i.Now.Sub(i.PublishedAt) > editWindow:
		return ErrEditLate
	}
	return nil
}

// withdrawableBy says whether v may take it back, and why not.
func (i *Idea) withdrawableBy(v citizen.Viewer) error {
	switch {
	case !i.by(v):
		return ErrNotFound
	case i.Seen == draft:
		return nil
	case !i.open():
		return ErrSettled
	case i.Supports > 1:
		return ErrShared
	}
	return nil
}
