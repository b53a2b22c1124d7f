package formats

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"parvis/app/voting/counting"
)

// archive is what a poll publishes after closing, parvis-ballots/1: the signed result, whose rule carries the seed and
// the root of the public lot, and every ballot under its pseudonym, with marks written "a=1;c=1".
type archive struct {
	Format string `json:"format"`
	Result struct {
		Rule    counting.Rule `json:"rule"`
		Outcome struct {
			Ranking [][]string `json:"ranking"`
		} `json:"outcome"`
	} `json:"result"`
	Ballots []json.RawMessage `json:"ballots"`
}

// archiveFormat begins an archive, and tells it from civic-ballots/1.
const archiveFormat = "parvis-ballots/1"

// readArchive reads the ballots and the rule. The published outcome serves only to name the options, including those
// that nobody marked: the count is done again.
func readArchive(s *source, file *File, text []byte) error {
	var a archive
	if err := json.Unmarshal(text, &a); err != nil {
		return jsonFault(s, text, err)
	}
	var options []counting.Option
	for _, group := range a.Result.Outcome.Ranking {
		for _, id := range group {
			options = append(options, counting.Option{ID: id})
		}
	}
	slices.SortFunc(options, func(a, b counting.Option) int { return strings.Compare(a.ID, b.ID) })
	builder, err := counting.NewBuilder(archiveKind(a.Result.Rule.Method), options)
	if err != nil {
		return &Error{File: s.name, Reason: "the result's ranking: " + err.Error(), cause: err}
	}
	for i, raw := range a.Ballots {
		marks, err := archiveMarks(raw)
		if err == nil {
			err = builder.Add(1, marks...)
		}
		if err != nil {
			return &Error{File: s.name, Line: lineOf(text, raw), Reason: fmt.Sprintf("ballot %d: %v", i+1, err), cause: err}
		}
	}
	file.Format, file.Profile, file.Rule, file.Seats = archiveFormat, builder.Profile(), &a.Result.Rule, a.Result.Rule.Seats
	file.Envelopes, file.MinVotes = a.Result.Rule.Envelopes, a.Result.Rule.MinVotes
	return nil
}

func archiveKind(m counting.Method) counting.Kind {
	switch m {
	case counting.YesNoAbstain:
		return counting.Answers
	case counting.Borda, counting.IRV, counting.Schulze, counting.STV:
		return counting.Ranks
	case counting.Score, counting.PointVoting:
		return counting.Points
	}
	return counting.Choices
}

func archiveMarks(raw json.RawMessage) ([]counting.Named, error) {
	var ballot struct {
		Marks string `json:"marks"`
	}
	if err := json.Unmarshal(raw, &ballot); err != nil {
		return nil, err
	}
	return parseMarks(ballot.Marks)
}

// parseMarks reads "a=1;c=1"; the empty text is a blank ballot.
func parseMarks(text string) ([]counting.Named, error) {
	if text == "" {
		return nil, nil
	}
	var marks []counting.Named
	for _, part := range strings.Split(text, ";") {
		option, digits, ok := strings.Cut(part, "=")
		value, err := strconv.ParseInt(digits, 10, 32)
		if !ok || err != nil {
			return nil, fmt.Errorf("mark %q: %w", short(part), counting.ErrBallot)
		}
		marks = append(marks, counting.Named{Option: option, Value: int32(value)})
	}
	return marks, nil
}
