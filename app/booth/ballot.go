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
	"parvis/app/voting/slip"
	"parvis/app/web"
)

// numberField is the field of a ballot's number, beside those of the slip.
const numberField = "bulletin"

var (
	errNoChoice    = fault.New(fault.Invalid, "booth.ballot.empty")
	errNoAnswer    = fault.New(fault.Invalid, "booth.ballot.answer_missing")
	errBlankAndNot = fault.New(fault.Invalid, "booth.ballot.blank_and_choice")
	errWrongNumber = fault.New(fault.Conflict, "booth.ballot.wrong_number")
)

// filled is a ballot as it came from the form.
type filled struct {
	slip.Form
	poll   *voting.Poll
	number string // see Booth.seal
	later  bool   // it would wait for a proof: see Booth.wait
}

// read takes a ballot out of the form. Nothing is checked yet: it must be
// able to come back as it was.
func read(c *fiber.Ctx, poll *voting.Poll) filled {
	f := filled{poll: poll}
	f.Form = slip.Read(c, func(name, text string) {
		if name == numberField {
			f.number = text
		}
	})
	return f
}

// marks turns the form into marks, or says what to put right and beside which field.
func (f filled) marks() ([]voting.Mark, error) {
	if f.poll.Method == voting.YesNoAbstain {
		return f.answerMarks()
	}
	switch {
	case len(f.Choices) == 0:
		return nil, errNoChoice.On(slip.ChoiceField)
	case slices.Contains(f.Choices, slip.Blank) && len(f.Choices) > 1:
		return nil, errBlankAndNot.On(slip.ChoiceField)
	case f.Choices[0] == slip.Blank:
		return nil, nil
	}
	marks := make([]voting.Mark, 0, len(f.Choices))
	for _, option := range f.Choices {
		if _, ok := f.poll.Option(option); !ok {
			return nil, voting.ErrUnknownOption.On(slip.ChoiceField)
		}
		marks = append(marks, voting.Mark{Option: option, Value: voting.Chosen})
	}
	if limit := f.poll.MaxMarks(); len(marks) > limit {
		return nil, voting.ErrTooManyOptions.With(fault.Args{"Count": limit}).On(slip.ChoiceField)
	}
	if f.poll.Method.Budget() {
		return marks, checkBasket(f.poll, marks)
	}
	return marks, nil
}

func (f filled) answerMarks() ([]voting.Mark, error) {
	for option := range f.Answers {
		if _, ok := f.poll.Option(option); !ok {
			return nil, voting.ErrUnknownOption.On(slip.AnswerField + f.poll.Options[0].ID)
		}
	}
	var marks []voting.Mark
	var missing []fault.Field
	for _, o := range f.poll.Options {
		value, ok := slip.Answer(f.Answers[o.ID])
		if !ok {
			missing = append(missing, fault.Field{Name: slip.AnswerField + o.ID, Label: o.Label, Key: errNoAnswer.Key})
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
