// Package slip is a ballot as it is filled in on a page: the names of the
// fields, what came back in them, and the marks of a ballot in the order in
// which a page says them. What may be marked is decided by the ballot box.
package slip

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parvis/app/voting"
)

// The names of the fields. A yes-no-abstain ballot has one per option,
// AnswerField+option.
const (
	ChoiceField = "choix"
	AnswerField = "reponse-"
	Blank       = "blanc" // among the choices: a blank ballot
)

// Form is what somebody filled in, as it must be able to come back.
type Form struct {
	Choices []string                   // plurality, approval, budgets: options, or Blank
	Answers map[voting.OptionID]string // yes-no-abstain: a word that Answer reads
}

// Read takes a ballot out of the form that was sent; other is given the fields
// that are not of the ballot. Nothing is checked yet.
func Read(c *fiber.Ctx, other func(name, text string)) Form {
	f := Form{Answers: map[voting.OptionID]string{}}
	c.Context().PostArgs().VisitAll(func(key, value []byte) {
		name, text := string(key), strings.ToValidUTF8(string(value), "\uFFFD")
		option, isAnswer := strings.CutPrefix(name, AnswerField)
		switch {
		case isAnswer:
			if len(f.Answers) <= voting.MaxOptions && text != "" {
				f.Answers[option] = text
			}
		case name != ChoiceField:
			other(name, text)
		case len(f.Choices) <= voting.MaxOptions && !slices.Contains(f.Choices, text):
			f.Choices = append(f.Choices, text)
		}
	})
	return f
}

// answers are the words of the form, in the order of their values below.
var answers = []string{"oui", "non", "abstention"}

var values = []int{voting.Yes, voting.No, voting.Abstain}

// Answer returns the value of an answer's word.
func Answer(word string) (value int, known bool) {
	i := slices.Index(answers, word)
	if i < 0 {
		return 0, false
	}
	return values[i], true
}

// Of fills the form from a ballot.
func Of(marks []voting.Mark) Form {
	f := Form{Answers: map[voting.OptionID]string{}}
	if len(marks) == 0 {
		f.Choices = []string{Blank}
	}
	for _, m := range marks {
		f.Choices = append(f.Choices, m.Option)
		if i := slices.Index(values, m.Value); i >= 0 {
			f.Answers[m.Option] = answers[i]
		}
	}
	return f
}

// Said is an option that a ballot marks.
type Said struct {
	voting.Option
	Value int
}

// InOrder lists what a ballot says, in the order of the poll's options; nothing
// for a blank one.
func InOrder(p *voting.Poll, marks []voting.Mark) (list []Said) {
	for _, o := range p.Options {
		for _, m := range marks {
			if m.Option == o.ID {
				list = append(list, Said{o, m.Value})
			}
		}
	}
	return list
}
