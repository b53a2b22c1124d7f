package formats

import (
	"bytes"
	"encoding/json"
	"fmt"

	"parvis/app/voting/counting"
)

// sealedFormat is the complete archive of a poll: its whole log, one entry a
// line (see app/voting/proof/FORMAT.md). Only its ballots are read here, and
// the rule; whether it is genuine is for `parvis verify` to say.
const sealedFormat = "parvis-archive/1"

// isSealed reports whether the first line says so.
func isSealed(text []byte) bool {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	return bytes.Contains(first, []byte(`"format":"`+sealedFormat+`"`))
}

// sealedLine is what matters here of a line of the archive.
type sealedLine struct {
	Kind  string  `json:"kind"`
	Nonce string  `json:"nonce"` // on the ballots that count, and on no other
	Marks *string `json:"marks"`
	Text  string  `json:"text"` // of the ruleset, of the result
}

// readSealed counts the last ballot of each key by the rule of the result,
// or by the ruleset when there is no result yet.
func readSealed(s *source, file *File, text []byte) error {
	var poll struct {
		Options []struct {
			ID        string `json:"id"`
			Label     string `json:"label"`
			Cost      int64  `json:"cost"`
			Zone      string `json:"zone"`
			Withdrawn bool   `json:"withdrawn"`
		} `json:"options"`
		Method counting.Method `json:"method"`
		Rule   counting.Rule   `json:"rule"`
	}
	var result struct {
		Rule *counting.Rule `json:"rule"`
	}
	var ballots []string
	var lines []int
	number := 0
	for line := range bytes.Lines(text) {
		number++
		var l sealedLine
		if err := json.Unmarshal(line, &l); err != nil {
			return &Error{File: s.name, Line: number, Reason: "not a line of an archive: " + err.Error(), cause: err}
		}
		var err error
		switch {
		case l.Kind == "ballot" && l.Marks != nil:
			ballots, lines = append(ballots, *l.Marks), append(lines, number)
		case l.Kind == "ruleset" && l.Text != "":
			err = json.Unmarshal([]byte(l.Text), &poll)
		case l.Kind == "result" && l.Text != "":
			err = json.Unmarshal([]byte(l.Text), &result)
		}
		if err != nil {
			return &Error{File: s.name, Line: number, Reason: fmt.Sprintf("the text of the %s: %v", l.Kind, err), cause: err}
		}
	}
	if len(poll.Options) == 0 {
		return &Error{File: s.name, Reason: "the archive holds no ruleset"}
	}
	var options []counting.Option
	for _, o := range poll.Options {
		options = append(options, counting.Option{ID: o.ID, Name: o.Label, Cost: o.Cost, Zone: o.Zone, Withdrawn: o.Withdrawn})
	}
	builder, err := counting.NewBuilder(archiveKind(poll.Method), options)
	if err != nil {
		return &Error{File: s.name, Reason: "the ruleset: " + err.Error(), cause: err}
	}
	for i, written := range ballots {
		marks, err := parseMarks(written)
		if err == nil {
			err = builder.Add(1, marks...)
		}
		if err != nil {
			return &Error{File: s.name, Line: lines[i], Reason: fmt.Sprintf("ballot: %v", err), cause: err}
		}
	}
	rule := result.Rule
	if rule == nil {
		rule = &poll.Rule
	}
	file.Format, file.Profile, file.Rule, file.Seats = sealedFormat, builder.Profile(), rule, rule.Seats
	file.Envelopes, file.MinVotes = rule.Envelopes, rule.MinVotes
	return nil
}
