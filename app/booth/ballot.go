package booth

import (
	"slices"
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
	nonceField  = "bulletin"
	blankChoice = "blanc"
)

var (
	errNoChoice    = fault.New(fault.Invalid, "booth.ballot.empty")
	errNoAnswer    = fault.New(fault.Invalid, "booth.ballot.answer_missing")
	errBlankAndNot = fault.New(fault.Invalid, "booth.ballot.blank_and_choice")
)

// filled is a ballot as it came from the form.
type filled struct {
	poll    *voting.Poll
	choices []string                   // plurality, approval: options, or blankChoice
	answers map[voting.OptionID]string // yes-no-abstain: "oui", "non", "abstention"
	nonce   string
}

// answerValues are the words of the form for a yes-no-abstain answer.
var answerValues = map[string]int{"oui": voting.Yes, "non": voting.No, "abstention": voting.Abstain}

// read takes a ballot out of the form. Nothing is checked yet: it must be
// able to come back as it was.
func read(c *fiber.Ctx, poll *voting.Poll) filled {
	f := filled{poll: poll, answers: map[voting.OptionID]string{}}
	c.Context().PostArgs().VisitAll(func(key, value []byte) {
		switch name, text := string(key), string(value); {
		case name == choiceField && len(f.choices) <= voting.MaxOptions && !slices.Contains(f.choices, text):
			f.choices = append(f.choices, text)
		case name == nonceField:
			f.nonce = text
		case len(name) > len(answerField) && name[:len(answerField)] == answerField:
			f.answers[name[len(answerField):]] = text
		}
	})
	return f
}

// of fills the form from a ballot in the box.
func fillOf(poll *voting.Poll, marks []voting.Mark) filled {
	f := filled{poll: poll, answers: map[voting.OptionID]string{}}
	for _, m := range marks {
		f.choices = append(f.choices, m.Option)
		for word, value := range answerValues {
			if value == m.Value {
				f.answers[m.Option] = word
			}
		}
	}
	if len(marks) == 0 {
		f.choices = []string{blankChoice}
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
	if limit := f.most(); len(marks) > limit {
		return nil, voting.ErrTooManyOptions.With(fault.Args{"Count": limit}).On(choiceField)
	}
	return marks, nil
}

// most is how many options the ballot may name.
func (f filled) most() int {
	switch {
	case f.poll.Method == voting.Plurality:
		return 1
	case f.poll.MaxChoices > 0:
		return f.poll.MaxChoices
	}
	return len(f.poll.Options)
}

func (f filled) answerMarks() ([]voting.Mark, error) {
	var marks []voting.Mark
	var missing []fault.Field
	for _, o := range f.poll.Options {
		value, ok := answerValues[f.answers[o.ID]]
		if !ok {
			missing = append(missing, fault.Field{Name: answerField + o.ID, Key: errNoAnswer.Key})
			continue
		}
		marks = append(marks, voting.Mark{Option: o.ID, Value: value})
	}
	for option := range f.answers {
		if _, ok := f.poll.Option(option); !ok {
			return nil, voting.ErrUnknownOption.On(choiceField)
		}
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
	if poll.VoterKind() == voting.AccountVoter {
		return voting.ByAccount(web.Viewer(c))
	}
	if text, ok := web.Signed(c, deviceCookie); ok {
		if id, err := uuid.Parse(text); err == nil {
			return voting.ByDevice(id)
		}
	}
	device := uuid.New()
	web.SetSigned(c, deviceCookie, device.String(), deviceAge)
	return voting.ByDevice(device)
}
