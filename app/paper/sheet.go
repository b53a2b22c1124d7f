package paper

import (
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parvis/app/fault"
	"parvis/app/paper/views"
	"parvis/app/voting"
)

// The names of the fields in which what a ballot says is typed: by whoever
// reads a sheet, or votes at the town hall.
const (
	choiceField = "choix"
	answerField = "reponse-"
	nullField   = "nul"
	blankChoice = "blanc"
)

// answerValues are the words of the form for a yes-no-abstain answer.
var answerValues = map[string]int{"oui": voting.Yes, "non": voting.No, "abstention": voting.Abstain}

// filled is what somebody typed, as it must be able to come back.
type filled struct {
	choices []string
	answers map[voting.OptionID]string
	null    string
}

// readFilled takes what was typed out of a form. Nothing is checked yet.
func readFilled(c *fiber.Ctx) filled {
	f := filled{answers: map[voting.OptionID]string{}}
	c.Context().PostArgs().VisitAll(func(key, value []byte) {
		name, text := string(key), strings.ToValidUTF8(string(value), "\uFFFD")
		option, isAnswer := strings.CutPrefix(name, answerField)
		switch {
		case name == choiceField && len(f.choices) <= voting.MaxOptions && !slices.Contains(f.choices, text):
			f.choices = append(f.choices, text)
		case name == nullField:
			f.null = text
		case isAnswer && len(f.answers) <= voting.MaxOptions && text != "":
			f.answers[option] = text
		}
	})
	return f
}

// sheet turns what was typed into what the sheet says.
func (f filled) sheet(p *voting.Poll) (voting.Sheet, error) {
	says := len(f.choices) + len(f.answers)
	switch {
	case f.null != "" && says > 0:
		return "", ErrNullAndNot.On(nullField)
	case f.null != "":
		said := voting.NullSheet(voting.NullReason(f.null))
		return said, beside(p.CheckSheet(said), nullField)
	case says == 0:
		return "", ErrNothingSaid.On(f.first(p))
	}
	marks, err := f.marks(p)
	if err != nil {
		return "", err
	}
	said, err := voting.MarkedSheet(marks)
	if err == nil {
		err = p.CheckSheet(said)
	}
	return said, beside(err, f.first(p))
}

// marks turns what was typed into marks. A blank ballot has none.
func (f filled) marks(p *voting.Poll) ([]voting.Mark, error) {
	if slices.Contains(f.choices, blankChoice) {
		if len(f.choices)+len(f.answers) > 1 {
			return nil, ErrNullAndNot.On(choiceField)
		}
		return nil, nil
	}
	var marks []voting.Mark
	for _, option := range f.choices {
		marks = append(marks, voting.Mark{Option: option, Value: voting.Chosen})
	}
	for option, word := range f.answers {
		value, known := answerValues[word]
		if !known {
			return nil, voting.ErrInvalidMark.On(f.first(p))
		}
		marks = append(marks, voting.Mark{Option: option, Value: value})
	}
	return marks, nil
}

// first is the field beside which something is said about the whole ballot.
func (f filled) first(p *voting.Poll) string {
	if p.Method == voting.YesNoAbstain && len(p.Options) > 0 {
		return answerField + p.Options[0].ID
	}
	return choiceField
}

// beside says a fault about a ballot beside a field of the form that it came in.
func beside(err error, field string) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Invalid && len(f.Fields) == 0 {
		return f.On(field)
	}
	return err
}

// ballot turns what was chosen into the marks of a ballot that is cast, where
// every question wants its answer.
func (f filled) ballot(p *voting.Poll) ([]voting.Mark, error) {
	if p.Method == voting.YesNoAbstain && len(f.choices) == 0 {
		var missing []fault.Field
		for _, o := range p.Options {
			if _, answered := answerValues[f.answers[o.ID]]; !answered {
				missing = append(missing, fault.Field{Name: answerField + o.ID, Label: o.Label, Key: "paper.answer_missing"})
			}
		}
		if len(missing) > 0 {
			return nil, fault.OnFields(missing...)
		}
	}
	said, err := f.sheet(p)
	if err != nil {
		return nil, err
	}
	return said.Marks()
}

// overvoted tells whoever types a sheet with too many choices what it is: null.
func overvoted(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && errors.Is(err, voting.ErrTooManyOptions) {
		wrong := ErrTooManyOnIt
		for _, field := range f.Fields {
			wrong = ErrTooManyOnIt.On(field.Name)
		}
		return wrong
	}
	return err
}

// hidden carries what was chosen from one page to the next.
func (f filled) hidden() (list []views.Hidden) {
	for _, choice := range f.choices {
		list = append(list, views.Hidden{Name: choiceField, Value: choice})
	}
	for option, word := range f.answers {
		list = append(list, views.Hidden{Name: answerField + option, Value: word})
	}
	return list
}
