package consultations

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/app/web"
	"parvis/app/writing"
	"parvis/modules/consultations/views"
)

// What the buttons of a form ask for.
const (
	doSave    = "save"
	doPreview = "preview"
	doAdd     = "add"
)

// textForm is the form of a text and its dates.
type textForm struct {
	Version int64         `form:"version"`
	Reason  string        `form:"reason"`
	Title   string        `form:"title"`
	Summary string        `form:"summary"`
	Easy    string        `form:"easy"`
	Body    string        `form:"body"`
	Promise string        `form:"promise"`
	Zone    uuid.UUID     `form:"zone"`
	Opens   web.LocalTime `form:"opens"`
	Closes  web.LocalTime `form:"closes"`
	Do      string        `form:"do"`
}

func textFormOf(ctx context.Context, c *Consultation) textForm {
	return textForm{
		Version: c.Version, Title: c.Title, Summary: c.Summary, Easy: c.Easy, Body: c.Body, Promise: c.Promise, Zone: c.Zone,
		Opens: web.LocalTimeOf(ctx, c.OpensAt), Closes: web.LocalTimeOf(ctx, c.ClosesAt),
	}
}

func (f textForm) text() Text {
	return Text{Title: f.Title, Summary: f.Summary, Easy: f.Easy, Body: f.Body, Promise: f.Promise, Zone: f.Zone}
}

func (f textForm) schedule() Schedule {
	return Schedule{OpensAt: f.Opens.At, ClosesAt: f.Closes.At}
}

// documentForm is the form that adds a document.
type documentForm struct {
	Title string `form:"title"`
}

// outcomeForm is the form of the decision.
type outcomeForm struct {
	Version int64         `form:"version"`
	Text    string        `form:"outcome"`
	On      web.LocalDate `form:"on"`
	Number  string        `form:"number"`
	URL     string        `form:"url"`
	Do      string        `form:"do"`
}

func (f outcomeForm) outcome() Outcome {
	return Outcome{Text: f.Text, On: f.On.On, Number: f.Number, URL: f.URL}
}

// actForm is the form of an act on a published consultation.
type actForm struct {
	Version int64         `form:"version"`
	Until   web.LocalTime `form:"until"`
	Extend  string        `form:"reason_prolonger"`
	Close   string        `form:"reason_clore"`
	Cancel  string        `form:"reason_annuler"`
}

func (f actForm) reasons() map[string]string {
	return map[string]string{"prolonger": f.Extend, "clore": f.Close, "annuler": f.Cancel}
}

// pollForm is the form of a poll. The choices are read apart: there are as many
// as one wants.
type pollForm struct {
	Revision    int64       `form:"revision"`
	Question    string      `form:"question"`
	Description string      `form:"description"`
	Method      string      `form:"method"`
	MaxChoices  web.Whole   `form:"max_choices"`
	Visibility  string      `form:"visibility"`
	Paper       string      `form:"paper" validate:"omitempty,oneof=double simple"`
	AllowChange bool        `form:"allow_change"`
	Room        string      `form:"room" validate:"omitempty,oneof=device ticket account"`
	Entitled    web.Whole   `form:"entitled" validate:"omitempty,min=1,max=100000000"`
	Quorum      web.Whole   `form:"quorum" validate:"omitempty,min=1,max=100"`
	QuorumOf    string      `form:"quorum_of" validate:"omitempty,oneof=entitled present"`
	Person      int         `form:"person" validate:"min=0,max=4"`
	Residence   int         `form:"residence" validate:"min=0,max=3"`
	AgeFrom     web.Whole   `form:"age_from"`
	AgeTo       web.Whole   `form:"age_to"`
	Zones       []uuid.UUID `form:"zones"`
	AgeOn       string      `form:"age_on" validate:"max=10"`
	Roles       []string    `form:"roles"`
	List        string      `form:"list"`
	Later       bool        `form:"later"`
	Do          string      `form:"do"`

	options []voting.Option
}

// newPollForm is the form of a poll that does not exist yet: the settings that
// suit most, and two empty choices.
func newPollForm() pollForm {
	return pollForm{
		Method: string(voting.Plurality), Visibility: string(voting.Turnout), AllowChange: true,
		Person: int(citizen.PersonEmail), options: make([]voting.Option, 2),
	}
}

func pollFormOf(p *voting.Poll) pollForm {
	f := pollForm{
		Revision: p.Revision, Question: p.Question, Description: p.Description, Method: string(p.Method),
		Visibility: string(p.Visibility), AllowChange: p.AllowChange, Paper: string(p.Paper),
		Person: int(p.Electorate.Person), Residence: int(p.Electorate.Residence), Zones: p.Electorate.Zones,
		AgeOn: p.Electorate.AgeOn, List: string(p.Electorate.List), Later: p.Electorate.Later,
		options: slices.Clone(p.Options),
	}
	if p.Room.Open {
		f.Room = string(p.Room.Voter)
	}
	f.Entitled = shown(int(p.Entitled))
	if q := p.Rule.Quorum; q.Share.Den > 0 {
		f.Quorum, f.QuorumOf = web.WholeOf(q.Share.Num*100/q.Share.Den), string(q.Of)
	}
	for _, r := range p.Electorate.Roles {
		f.Roles = append(f.Roles, string(r))
	}
	f.MaxChoices, f.AgeFrom, f.AgeTo = shown(p.MaxChoices), shown(p.Electorate.AgeFrom), shown(p.Electorate.AgeTo)
	return f
}

// shown is a number in a form, where none is nothing.
func shown(n int) web.Whole {
	if n == 0 {
		return web.Whole{}
	}
	return web.WholeOf(int64(n))
}

// bindPoll reads the form of a poll, choices included.
func bindPoll(c *fiber.Ctx) (f pollForm, errs ui.Errors, err error) {
	if errs, err = web.Bind(c, &f); err != nil {
		return f, nil, err
	}
	for n := 1; n <= maxOptions+1; n++ {
		number := strconv.Itoa(n)
		if !c.Context().PostArgs().Has("option_label_" + number) {
			break
		}
		f.options = append(f.options, voting.Option{
			ID:          sent(c, "option_id_"+number),
			Label:       writing.Line(sent(c, "option_label_"+number)),
			Description: writing.Tidy(sent(c, "option_text_"+number)),
		})
	}
	return f, errs, nil
}

// sent returns a field of a form as text that can be kept.
func sent(c *fiber.Ctx, field string) string {
	return writing.Tidy(strings.ToValidUTF8(string(c.Context().PostArgs().Peek(field)), "\uFFFD"))
}

// arrange does what a button beside the choices asks: add one, remove one, move
// one. It reports whether the button was one of those.
func (f *pollForm) arrange() bool {
	what, number, _ := strings.Cut(f.Do, ":")
	n, err := strconv.Atoi(number)
	i := n - 1
	inside := err == nil && i >= 0 && i < len(f.options)
	switch {
	case what == doAdd && len(f.options) < maxOptions:
		f.options = append(f.options, voting.Option{})
	case what == "remove" && inside:
		f.options = slices.Delete(f.options, i, i+1)
	case what == "up" && inside && i > 0:
		f.options[i-1], f.options[i] = f.options[i], f.options[i-1]
	case what == "down" && inside && i+1 < len(f.options):
		f.options[i+1], f.options[i] = f.options[i], f.options[i+1]
	default:
		return what == doAdd || what == "remove" || what == "up" || what == "down"
	}
	return true
}

// terms is the poll that the form describes. Choices left empty are no choices.
func (f *pollForm) terms() voting.Terms {
	var roles []citizen.Role
	for _, r := range f.Roles {
		roles = append(roles, citizen.Role(r))
	}
	return voting.Terms{
		Question: f.Question, Description: f.Description, Method: voting.Method(f.Method), MaxChoices: f.maxChoices(),
		Options:    slices.DeleteFunc(slices.Clone(f.options), func(o voting.Option) bool { return o.Label == "" && o.Description == "" }),
		Visibility: voting.Visibility(f.Visibility), AllowChange: f.AllowChange, Entitled: f.Entitled.N, Paper: voting.Typing(f.Paper),
		Room: voting.Room{Open: f.Room != "", Voter: voting.VoterKind(f.Room)}, Rule: counting.Rule{Quorum: f.quorum()},
		Electorate: voting.Electorate{Requirements: access.Requirements{
			Person: citizen.Proof(f.Person), Residence: citizen.Proof(f.Residence),
			AgeFrom: int(f.AgeFrom.N), AgeTo: int(f.AgeTo.N), AgeOn: f.AgeOn, Zones: f.Zones, Roles: roles,
		}, List: voting.ListKind(f.List), Later: f.Later},
	}
}

// maxChoices is how many choices a ballot may name: all when nothing is typed,
// and no number of choices when what is typed is none.
func (f *pollForm) maxChoices() int {
	if f.MaxChoices.Set && f.MaxChoices.N < 1 {
		return -1
	}
	return int(f.MaxChoices.N)
}

// quorum is the part of the present or of the entitled that must vote; none
// when nothing is typed.
func (f *pollForm) quorum() (q counting.Quorum) {
	if f.Quorum.Set {
		q.Share = counting.Fraction{Num: f.Quorum.N, Den: 100}
	}
	if f.Quorum.Set && f.QuorumOf == string(counting.Attending) {
		q.Of = counting.Attending
	}
	return q
}

// view is the form as it is shown, with what is wrong.
func (f *pollForm) view(o views.Office, t *tenant.Tenant, base string) views.PollForm {
	v := views.PollForm{
		Office: o, Revision: f.Revision, Question: f.Question, Description: f.Description, Method: f.Method,
		MaxChoices: f.MaxChoices.String(), Visibility: f.Visibility, AllowChange: f.AllowChange, Room: f.Room, Paper: f.Paper,
		Entitled: f.Entitled.String(), Quorum: f.Quorum.String(), QuorumOf: f.QuorumOf,
		Person: strconv.Itoa(f.Person), Residence: strconv.Itoa(f.Residence), AgeFrom: f.AgeFrom.String(), AgeTo: f.AgeTo.String(),
		AgeOn: f.AgeOn, Roles: f.Roles, List: f.List, Later: f.Later,
		Back: base + "/" + stepPolls,
	}
	for _, id := range f.Zones {
		v.Zones = append(v.Zones, id.String())
	}
	for _, z := range t.Zones {
		v.AllZones = append(v.AllZones, ui.ChoiceProps{Value: z.ID.String(), Label: z.Name})
	}
	for i, option := range f.options {
		v.Options = append(v.Options, views.OptionForm{
			ID: option.ID, Label: option.Label, Description: option.Description, Number: i + 1, First: i == 0, Last: i == len(f.options)-1,
		})
	}
	return v
}
