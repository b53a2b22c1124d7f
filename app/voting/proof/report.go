package proof

import (
	"bytes"
	"fmt"

	"parvis/app/voting/counting"
)

// Check is one of the things that are verified.
type Check string

// The checks, in the order in which they are told.
const (
	CheckFormat    Check = "format"    // the file is whole, and written as it must be
	CheckKey       Check = "key"       // it is of the poll and of the key it says
	CheckSignature Check = "signature" // every checkpoint is signed by that key
	CheckLog       Check = "log"       // every checkpoint is of the log that all the leaves make
	CheckRules     Check = "rules"     // the rules are those that opened the poll, and held
	CheckBallots   Check = "ballots"   // every ballot opens its commitment; the last of each key counts, once
	CheckClosing   Check = "closing"   // the closing says how many ballots there are, on the log as it was
	CheckSeed      Check = "seed"      // the seed of the lot is the one that was sealed at opening
	CheckCount     Check = "count"     // counting again gives the result
	CheckResult    Check = "result"    // the result is the one that was logged
	CheckReceipt   Check = "receipt"   // the receipt is of a ballot of this poll
)

// Checks lists them, the receipt's left out.
var Checks = []Check{CheckFormat, CheckKey, CheckSignature, CheckLog, CheckRules, CheckBallots, CheckClosing, CheckSeed, CheckCount, CheckResult}

// Fault is the first thing that is wrong, and where.
type Fault struct {
	Check Check  `json:"check"`
	Code  string `json:"code"` // what is wrong: "check.word"
	Line  int64  `json:"line"` // of the file, from 1; 0 when it is of the whole
	Leaf  int64  `json:"leaf"` // of the log, from 0; -1 when it is of none
	From  int64  `json:"from"` // the first leaf that may be wrong, where only a range is known; -1
}

func (f *Fault) Error() string {
	return fmt.Sprintf("line %d, leaf %d: %s", f.Line, f.Leaf, f.Code)
}

// Report is what a verification found.
type Report struct {
	OK    bool    `json:"ok"`
	Done  []Check `json:"done"`  // what was gone through to its end, and found right
	Fault *Fault  `json:"fault"` // nil when all is well

	Origin      string `json:"origin"`
	Poll        string `json:"poll"`
	Key         string `json:"key"`
	Fingerprint string `json:"fingerprint"` // of the key: to be compared with the one the town publishes
	Pinned      bool   `json:"pinned"`      // the key is the one the reader knew already

	Leaves      int64 `json:"leaves"`
	Checkpoints int64 `json:"checkpoints"`
	Rulesets    int64 `json:"rulesets"`
	Ballots     int64 `json:"ballots"`  // that count
	Replaced    int64 `json:"replaced"` // by a later one of the same voter

	Question string            `json:"question"`
	Options  []Option          `json:"options"`
	Outcome  *counting.Outcome `json:"-"`
	Winners  []string          `json:"winners"`
	SHA256   string            `json:"result_sha256"`

	Receipt *ReceiptReport `json:"receipt,omitempty"`
}

// Option is one thing that could be voted for.
type Option struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// Codes lists every fault that a verification may tell.
func Codes() []string {
	return []string{
		"format.line", "format.order", "format.cut", "key.unreadable", "key.poll", "key.other", "signature.wrong", "signature.text",
		"log.size", "log.root", "rules.first", "rules.hash", "rules.content", "rules.poll", "rules.opened", "rules.frozen", "rules.kind",
		"ballots.sequence", "ballots.again", "ballots.replaced_opened", "ballots.inner", "ballots.marks", "ballots.nonce", "ballots.dropped",
		"ballots.paper_refused", "ballots.paper_hash", "ballots.paper_content", "ballots.paper_sequence", "ballots.paper_reason", "ballots.paper_marks", "ballots.paper_done",
		"closing.after", "closing.before", "closing.content", "closing.root", "closing.ballots", "closing.paper", "seed.hash", "count.other", "count.stale",
		"result.hash", "result.content", "result.fields",
		"receipt.unreadable", "receipt.other_key", "receipt.other_poll", "receipt.stamp", "receipt.checkpoint", "receipt.proof",
		"receipt.leaf", "receipt.nonce", "receipt.log",
	}
}

// ArchiveHost returns the host of the log that an archive says it is of, ""
// when it does not say.
func ArchiveHost(archive []byte) string {
	first, _, _ := bytes.Cut(archive, []byte("\n"))
	line, err := DecodeLine(first)
	if err != nil || line.Header == nil {
		return ""
	}
	return HostOf(line.Header.Origin)
}
