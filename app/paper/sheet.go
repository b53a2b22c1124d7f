package paper

import (
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"

	"parvis/app/fault"
	"parvis/app/paper/views"
	"parvis/app/voting"
	"parvis/app/voting/slip"
)

// nullField is the field of why a sheet is null, beside those of the slip.
const nullField = "nul"

// filled is what was typed, by whoever reads a sheet or votes at the town hall.
type filled struct {
	slip.Form
	null string
}

// readFilled takes what was typed out of a form. Nothing is checked yet.
func readFilled(c *fiber.Ctx) (f filled) {
	f.Form = slip.Read(c, func(name, text string) {
		if name == nullField {
			f.null = text
		}
	})
	return f
}

// sheet turns what was typed into what the sheet says.
func (f filled) sheet(p *voting.Poll) (voting.Sheet, error) {
	says := len(f.Choices) + len(f.Answers)
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
	if slices.Contains(f.Choices, slip.Blank) {
		if len(f.Choices)+len(f.Answers) > 1 {
			return nil, ErrNullAndNot.On(slip.ChoiceField)
		}
		return nil, nil
	}
	var marks []voting.Mark
	for _, option := range f.Choices {
		marks = append(marks, voting.Mark{Option: option, Value: voting.Chosen})
	}
	for option, word := range f.Answers {
		value, known := slip.Answer(word)
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
		return slip.AnswerField + p.Options[0].ID
	}
	return slip.ChoiceField
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
	if p.Method == voting.YesNoAbstain && len(f.Choices) == 0 {
		var missing []fault.Field
		for _, o := range p.Options {
			if _, answered := slip.Answer(f.Answers[o.ID]); !answered {
				missing = append(missing, fault.Field{Name: slip.AnswerField + o.ID, Label: o.Label, Key: "paper.answer_missing"})
			}
		}
		if len(missing) > 0 {
			return nil, fault.OnFields(missing...)
		}
	}
	said, err := f.sheet(p)
	if errors.Is(err, ErrNothingSaid) {
		err = ErrNoChoice.On(f.first(p))
	}
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
	for _, choice := range f.Choices {
		list = append(list, views.Hidden{Name: slip.ChoiceField, Value: choice})
	}
	for option, word := range f.Answers {
		list = append(list, views.Hidden{Name: slip.AnswerField + option, Value: word})
	}
	return list
}
