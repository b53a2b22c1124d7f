package booth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/voting"
	"parvis/app/web"
)

// The names of the ballot's fields. A yes-no-abstain ballot has one per
// option, answerField+option.
const (
	choiceField = "choix"
	answerField = "reponse-"
	numberField = "bulletin"
	blankChoice = "blanc"
)

var (
	errNoChoice    = fault.New(fault.Invalid, "booth.ballot.empty")
	errNoAnswer    = fault.New(fault.Invalid, "booth.ballot.answer_missing")
	errBlankAndNot = fault.New(fault.Invalid, "booth.ballot.blank_and_choice")
	errWrongNumber = fault.New(fault.Conflict, "booth.ballot.wrong_number")
)

// filled is a ballot as it came from the form.
type filled struct {
	poll    *voting.Poll
	choices []string                   // plurality, approval: options, or blankChoice
	answers map[voting.OptionID]string // yes-no-abstain: a word of answerValues
	number  string                     // see Booth.seal
	later   bool                       // it would wait for a proof: see Booth.wait
}

// answerValues are the words of the form for a yes-no-abstain answer.
var answerValues = map[string]int{"oui": voting.Yes, "non": voting.No, "abstention": voting.Abstain}

// read takes a ballot out of the form. Nothing is checked yet: it must be
// able to come back as it was.
func read(c *fiber.Ctx, poll *voting.Poll) filled {
	f := filled{poll: poll, answers: map[voting.OptionID]string{}}
	c.Context().PostArgs().VisitAll(func(key, value []byte) {
		name, text := string(key), strings.ToValidUTF8(string(value), "\uFFFD")
		option, isAnswer := strings.CutPrefix(name, answerField)
		switch {
		case name == choiceField && len(f.choices) <= voting.MaxOptions && !slices.Contains(f.choices, text):
			f.choices = append(f.choices, text)
		case name == numberField:
			f.number = text
		case isAnswer && len(f.answers) <= voting.MaxOptions:
			f.answers[option] = text
		}
	})
	return f
}

// fillOf fills the form from a ballot in the box.
func fillOf(poll *voting.Poll, marks []voting.Mark) filled {
	f := filled{poll: poll, answers: map[voting.OptionID]string{}}
	if len(marks) == 0 {
		f.choices = []string{blankChoice}
	}
	for _, m := range marks {
		f.choices = append(f.choices, m.Option)
		for word, value := range answerValues {
			if value == m.Value {
				f.answers[m.Option] = word
			}
		}
	}
	return f
}

// marks turns the form into marks, or says what to put right and beside which field.
func (f filled) marks() ([]voting.Mark, error) {
	if f.poll.Method == voting.YesNoAbstain {
		return f.answerMarks()
	}
	switch {
	case len(f.choices) == 0:
		return nil, errNoChoice.On(choiceField)
	case slices.Contains(f.choices, blankChoice) && len(f.choices) > 1:
		return nil, errBlankAndNot.On(choiceField)
	case f.choices[0] == blankChoice:
		return nil, nil
	}
	marks := make([]voting.Mark, 0, len(f.choices))
	for _, option := range f.choices {
		if _, ok := f.poll.Option(option); !ok {
			return nil, voting.ErrUnknownOption.On(choiceField)
		}
		marks = append(marks, voting.Mark{Option: option, Value: voting.Chosen})
	}
	if limit := most(f.poll); len(marks) > limit {
		return nil, voting.ErrTooManyOptions.With(fault.Args{"Count": limit}).On(choiceField)
	}
	if f.poll.Method.Budget() {
		return marks, checkBasket(f.poll, marks)
	}
	return marks, nil
}

// most is how many options a ballot may name.
func most(p *voting.Poll) int {
	switch {
	case p.Method == voting.Plurality:
		return 1
	case p.MaxChoices > 0:
		return p.MaxChoices
	}
	return len(p.Options)
}

func (f filled) answerMarks() ([]voting.Mark, error) {
	for option := range f.answers {
		if _, ok := f.poll.Option(option); !ok {
			return nil, voting.ErrUnknownOption.On(answerField + f.poll.Options[0].ID)
		}
	}
	var marks []voting.Mark
	var missing []fault.Field
	for _, o := range f.poll.Options {
		value, ok := answerValues[f.answers[o.ID]]
		if !ok {
			missing = append(missing, fault.Field{Name: answerField + o.ID, Label: o.Label, Key: errNoAnswer.Key})
			continue
		}
		marks = append(marks, voting.Mark{Option: o.ID, Value: value})
	}
	if len(missing) > 0 {
		return nil, fault.OnFields(missing...)
	}
	return marks, nil
}

// deviceCookie remembers, in a poll open to the room, which device this is.
const deviceCookie = "appareil"

const deviceAge = 400 * 24 * time.Hour // what browsers keep at most

// voter says who votes: the account, or in a poll open to the room the
// device, which is named the first time it comes.
func voter(c *fiber.Ctx, poll *voting.Poll) voting.Voter {
	who := returning(c, poll)
	if poll.VoterKind() == voting.DeviceVoter && who.ID == uuid.Nil {
		who = voting.ByDevice(uuid.New())
		web.SetSigned(c, deviceCookie, who.ID.String(), deviceAge)
	}
	return who
}

// returning is voter for pages on which nobody votes: a device without a name
// stays so, and has no ballot.
func returning(c *fiber.Ctx, poll *voting.Poll) voting.Voter {
	switch poll.VoterKind() {
	case voting.DeviceVoter:
	case voting.TicketVoter:
		return ticketHeld(c, poll)
	default:
		return voting.ByAccount(web.Viewer(c))
	}
	text, ours := web.Signed(c, deviceCookie)
	if device, err := uuid.Parse(text); ours && err == nil {
		return voting.ByDevice(device)
	}
	return voting.ByDevice(uuid.Nil)
}

// seal signs the number of a ballot for the page that will send it. A number
// is drawn by us, for one voter of one poll: nobody chooses theirs, so that it
// carries no message once published, and nobody sends somebody else's.
func (b *Booth) seal(p *voting.Poll, who voting.Voter, n voting.Nonce) string {
	return n.String() + "." + hex.EncodeToString(b.signature(p, who, n))
}

// open returns the number of a sealed ballot.
func (b *Booth) open(p *voting.Poll, who voting.Voter, sealed string) (voting.Nonce, bool) {
	number, signature, _ := strings.Cut(sealed, ".")
	n, err := voting.ParseNonce(number)
	if err != nil {
		return n, false
	}
	given, err := hex.DecodeString(signature)
	return n, err == nil && hmac.Equal(given, b.signature(p, who, n))
}

func (b *Booth) signature(p *voting.Poll, who voting.Voter, n voting.Nonce) []byte {
	mac := hmac.New(sha256.New, b.secret)
	mac.Write([]byte("number of a ballot\n" + p.Tenant.String() + "\n" + p.ID.String() + "\n" + string(who.Kind) + "\n"))
	mac.Write(who.ID[:])
	mac.Write(n[:])
	return mac.Sum(nil)[:16]
}
