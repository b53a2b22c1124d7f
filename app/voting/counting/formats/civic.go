package formats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"parvis/app/voting/counting"
)

// civic is the JSON form of ballots, civic-ballots/1. Ballots of each kind:
//
//	ranked      {"n": 12, "r": [["a"], ["b", "c"]]}       tied ids together, best first; absent ids are unranked
//	ranked-raw  {"n": 1, "r": ["a", null, "OV:b|c"]}      null: a skipped place; OV: several; UWI: a write-in
//	approval    {"n": 3, "a": ["a", "b"]}
//	choice      {"n": 3, "a": ["a"]}
//	grades      {"n": 1, "g": [2, null, 0]}               by option; positions in "grades", 0 the worst
//	score       {"n": 1, "s": {"a": 3, "b": 0}}
//	points      {"n": 1, "s": {"a": 3, "b": 1}}
//	answers     {"n": 1, "s": {"a": 1, "b": -1, "c": 0}}  yes, no, abstention
//
// Beyond the published form, options may carry cost (in cents), zone and withdrawn, and the file may carry grades,
// seats, envelopes and a whole rule.
type civic struct {
	Format    string              `json:"format"`
	Schema    string              `json:"schema"`
	Kind      string              `json:"kind"`
	Options   []counting.Option   `json:"options"`
	Grades    []string            `json:"grades"`
	Seats     int                 `json:"seats"`
	Envelopes []counting.Envelope `json:"envelopes"`
	Rule      *counting.Rule      `json:"rule"`
	Ballots   []json.RawMessage   `json:"ballots"`
}

type civicBallot struct {
	N int64            `json:"n"`
	R json.RawMessage  `json:"r"`
	A []string         `json:"a"`
	G []*int32         `json:"g"`
	S map[string]int32 `json:"s"`
}

// WriteIn is the option that undeclared write-ins of a raw ranking are gathered under.
const WriteIn = "UWI"

// maxJSON bounds a JSON file, which is read whole.
const maxJSON = 512 << 20

func readCivic(s *source, file *File) error {
	text, err := io.ReadAll(io.LimitReader(s.in, maxJSON+1))
	if err != nil {
		return s.fault("%v", err)
	}
	if len(text) > maxJSON {
		return s.fault("the file is larger than %d bytes", maxJSON)
	}
	text = bytes.TrimPrefix(text, []byte(bom))
	if !utf8.Valid(text) {
		return s.fault("not UTF-8: save the file in UTF-8")
	}
	if isSealed(text) {
		return readSealed(s, file, text)
	}
	var c civic
	if err := json.Unmarshal(text, &c); err != nil {
		return jsonFault(s, text, err)
	}
	if c.Format == archiveFormat {
		return readArchive(s, file, text)
	}
	if c.Schema != "civic-ballots/1" {
		return s.fault("schema %q is not civic-ballots/1", short(c.Schema))
	}
	return c.read(s, file, text)
}

// jsonFault finds the line of a JSON error.
func jsonFault(s *source, text []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	at := int64(-1)
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	}
	if at >= 0 && at <= int64(len(text)) {
		s.line = 1 + bytes.Count(text[:at], []byte("\n"))
	}
	return s.faultHere("%s", strings.TrimPrefix(err.Error(), "json: "))
}

func (c civic) read(s *source, file *File, text []byte) error {
	kinds := map[string]counting.Kind{"ranked": counting.Ranks, "ranked-raw": counting.Ranks, "approval": counting.Choices,
		"choice": counting.Choices, "grades": counting.Grades, "score": counting.Points, "points": counting.Points,
		"answers": counting.Answers}
	kind, ok := kinds[c.Kind]
	if !ok {
		return s.fault("kind %q is not one of ranked, ranked-raw, approval, choice, grades, score, points, answers", short(c.Kind))
	}
	ballots, err := c.ballots(s, text)
	if err != nil {
		return err
	}
	if kind == counting.Grades && c.Grades == nil {
		c.Grades = gradesOf(ballots)
	}
	if c.Kind == "ranked-raw" {
		c.Options = append(c.Options, unlisted(file, c.Options, ballots)...)
	}
	builder, err := counting.NewBuilder(kind, c.Options, c.Grades...)
	if err != nil {
		return &Error{File: s.name, Reason: err.Error(), cause: err}
	}
	for i, b := range ballots {
		marks, err := c.marks(b)
		if err == nil {
			err = builder.Add(b.N, marks...)
		}
		if err != nil {
			s.line = lineOf(text, c.Ballots[i])
			return &Error{File: s.name, Line: s.line, Reason: fmt.Sprintf("ballot %d: %v", i+1, err), cause: err}
		}
	}
	file.Profile, file.Seats, file.Envelopes, file.Rule = builder.Profile(), c.Seats, c.Envelopes, c.Rule
	return nil
}

func (c civic) ballots(s *source, text []byte) ([]civicBallot, error) {
	out := make([]civicBallot, len(c.Ballots))
	for i, raw := range c.Ballots {
		if err := json.Unmarshal(raw, &out[i]); err != nil {
			return nil, &Error{File: s.name, Line: lineOf(text, raw), Reason: fmt.Sprintf("ballot %d: %s", i+1, strings.TrimPrefix(err.Error(), "json: "))}
		}
	}
	return out, nil
}

// lineOf finds the line of a ballot. json.RawMessage copies, so the text is searched.
func lineOf(text, raw []byte) int {
	at := bytes.Index(text, raw)
	if at < 0 {
		return 0
	}
	return 1 + bytes.Count(text[:at], []byte("\n"))
}

// gradesOf numbers the grades of a file that does not name them.
func gradesOf(ballots []civicBallot) []string {
	most := int32(1)
	for _, b := range ballots {
		for _, g := range b.G {
			if g != nil && *g < 1000 {
				most = max(most, *g)
			}
		}
	}
	out := make([]string, most+1)
	for i := range out {
		out[i] = fmt.Sprint(i)
	}
	return out
}

// unlisted gives a place to the names of raw rankings that are not among the options: undeclared write-ins, and
// candidates that the authority excluded, who are passed over.
func unlisted(file *File, options []counting.Option, ballots []civicBallot) []counting.Option {
	known := map[string]bool{counting.OvervoteID: true}
	for _, o := range options {
		known[o.ID] = true
	}
	var out []counting.Option
	for _, b := range ballots {
		marks, err := rawMarks(b.R)
		if err != nil {
			continue // reported when the ballot is read
		}
		for _, m := range marks {
			if known[m.Option] || m.Option == "" {
				continue
			}
			known[m.Option] = true
			if m.Option == WriteIn {
				out = append(out, counting.Option{ID: WriteIn, Name: "Undeclared Write-ins"})
				continue
			}
			out = append(out, counting.Option{ID: m.Option, Withdrawn: true})
			file.Warnings = append(file.Warnings, Warning{Reason: fmt.Sprintf("%q is on ballots and not among the options: passed over as excluded", m.Option)})
		}
	}
	return out
}

func (c civic) marks(b civicBallot) ([]counting.Named, error) {
	switch c.Kind {
	case "ranked":
		return rankedMarks(b.R)
	case "ranked-raw":
		return rawMarks(b.R)
	case "grades":
		return c.gradeMarks(b.G)
	case "approval", "choice":
		var marks []counting.Named
		for _, id := range b.A {
			marks = append(marks, counting.Named{Option: id, Value: 1})
		}
		return marks, nil
	}
	var marks []counting.Named
	for id, value := range b.S {
		marks = append(marks, counting.Named{Option: id, Value: value})
	}
	return marks, nil
}

func rankedMarks(raw json.RawMessage) ([]counting.Named, error) {
	var places [][]string
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &places); err != nil {
			return nil, err
		}
	}
	var marks []counting.Named
	seen := map[string]bool{}
	for at, place := range places {
		for _, id := range place {
			if seen[id] {
				return nil, fmt.Errorf("%q is ranked twice: %w", id, counting.ErrBallot)
			}
			seen[id] = true
			marks = append(marks, counting.Named{Option: id, Value: int32(at + 1)})
		}
	}
	return marks, nil
}

// rawMarks keeps what a raw ranking shows: places left empty are gaps, and a place may hold several options.
func rawMarks(raw json.RawMessage) ([]counting.Named, error) {
	var places []*string
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &places); err != nil {
			return nil, err
		}
	}
	var marks []counting.Named
	for at, place := range places {
		if place == nil {
			continue
		}
		value := int32(at + 1)
		names, many := strings.CutPrefix(*place, "OV:")
		switch {
		case many:
			for _, id := range strings.Split(names, "|") {
				marks = append(marks, counting.Named{Option: id, Value: value})
			}
		case *place == "OV":
			marks = append(marks, counting.Named{Option: counting.OvervoteID, Value: value})
		default:
			marks = append(marks, counting.Named{Option: *place, Value: value})
		}
	}
	return marks, nil
}

func (c civic) gradeMarks(grades []*int32) ([]counting.Named, error) {
	if len(grades) > len(c.Options) {
		return nil, fmt.Errorf("%d grades for %d options: %w", len(grades), len(c.Options), counting.ErrBallot)
	}
	var marks []counting.Named
	for i, g := range grades {
		if g != nil {
			marks = append(marks, counting.Named{Option: c.Options[i].ID, Value: *g})
		}
	}
	return marks, nil
}
