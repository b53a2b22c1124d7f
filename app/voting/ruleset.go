package voting

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"parvis/app/voting/counting"
)

// Ruleset is the règlement of a poll, text and machine parameters together,
// in the form that is hashed into the log when the poll opens.
type Ruleset struct {
	Format      string        `json:"format"` // "parvis-ruleset/1"
	Poll        PollID        `json:"poll"`
	Version     int           `json:"version"`
	Subject     Subject       `json:"subject"`
	Question    string        `json:"question"`
	Description string        `json:"description"`
	Options     []Option      `json:"options"`
	Text        string        `json:"text"` // what the commune adds
	Mode        string        `json:"mode"`
	Method      Method        `json:"method"`
	MaxChoices  int           `json:"max_choices"`
	Rule        counting.Rule `json:"rule"`
	Ties        string        `json:"ties"` // "lot", or "rule" where the rule says how
	Voter       VoterKind     `json:"voter"`
	Electorate  Electorate    `json:"electorate"`
	List        *listSummary  `json:"list,omitempty"`
	Entitled    int64         `json:"entitled"`
	Paper       Typing        `json:"paper,omitempty"`
	Room        bool          `json:"room"`
	AllowChange bool          `json:"allow_change"`
	Visibility  Visibility    `json:"visibility"`
	Release     Release       `json:"release"`
	Opens       *time.Time    `json:"opens"`  // null: by hand
	Closes      *time.Time    `json:"closes"` // null: by hand
}

func (p *Poll) ruleset(version int) Ruleset {
	ties := "lot"
	if len(p.Rule.Ties.Keys) > 0 {
		ties = "rule"
	}
	return Ruleset{
		Format: "parvis-ruleset/1", Poll: p.ID, Version: version, Subject: p.Subject,
		Question: p.Question, Description: p.Description, Options: p.Options, Text: p.Rules,
		Mode: "open", Method: p.Method, MaxChoices: p.MaxChoices, Rule: p.Rule, Ties: ties,
		Voter: p.VoterKind(), Electorate: p.Electorate, Entitled: p.Entitled, Paper: p.Paper, Room: p.Room.Open,
		AllowChange: p.AllowChange, Visibility: p.Visibility, Release: p.Release,
		Opens: moment(p.Opens), Closes: moment(p.Closes),
	}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// The public data of the log's entries. Hashes are hexadecimal.
type (
	rulesetEntry struct {
		Version int    `json:"version"`
		SHA256  string `json:"sha256"`
		Reason  string `json:"reason,omitempty"`
	}
	openedEntry struct {
		Poll    PollID    `json:"poll"`
		At      time.Time `json:"at"`
		Ruleset string    `json:"ruleset_sha256"`
		Lot     string    `json:"lot_sha256"` // of the seed that is revealed at closing
	}
	extendedEntry struct {
		From   *time.Time `json:"from"`
		Until  time.Time  `json:"until"`
		Reason string     `json:"reason"`
	}
	closedEntry struct {
		At      time.Time `json:"at"`
		Reason  string    `json:"reason,omitempty"`
		Ballots int64     `json:"ballots"` // that count
		Size    int64     `json:"size"`    // of the log before this entry
		Root    string    `json:"root"`    // of that log: what the lot is drawn with
		Lot     string    `json:"lot"`     // the seed
	}
	cancelledEntry struct {
		At     time.Time `json:"at"`
		Reason string    `json:"reason"`
	}
	resultEntry struct {
		Version int    `json:"version"`
		SHA256  string `json:"sha256"`
	}
)

// canonical writes v as the one JSON text that is hashed: fields in the order
// of their declaration, keys of maps sorted, nothing escaped for HTML.
func canonical(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("write as canonical JSON: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func hex32(hash [32]byte) string { return hex.EncodeToString(hash[:]) }
