package proof

import (
	"encoding/json"
	"regexp"
	"strings"
)

const paperFormat = "parvis-paper/1"

var nullRE = regexp.MustCompile(`^![a-z_]{1,20}$`)

// batch is the last version of a batch of paper ballots.
type batch struct {
	version int64
	sheets  []string // marks, or "!" and why the sheet is null
}

// paperData is what everybody sees of a batch in the log.
type paperData struct {
	batch, version, sheets int64
	sha256, reason         string
}

func readPaperData(text string) (p paperData, ok bool) {
	d, ok := readDocument(text)
	if !ok {
		return p, false
	}
	for _, read := range []func() bool{
		field(d, "batch", &p.batch), field(d, "version", &p.version), field(d, "sheets", &p.sheets),
		field(d, "sha256", &p.sha256), field(d, "reason", &p.reason),
	} {
		if !read() {
			return p, false
		}
	}
	return p, true
}

// readSheets reads the text of a batch, if it is the one that the data speaks of.
func (v *verifier) readSheets(text string, p paperData) ([]string, bool) {
	d, ok := readDocument(text)
	if !ok {
		return nil, false
	}
	var format, poll, typing string
	var number, version int64
	var list []json.RawMessage
	for _, read := range []func() bool{
		field(d, "format", &format), field(d, "poll", &poll), field(d, "typing", &typing),
		field(d, "batch", &number), field(d, "version", &version), field(d, "sheets", &list),
	} {
		if !read() {
			return nil, false
		}
	}
	sheets := make([]string, len(list))
	for i, raw := range list {
		if !strings.HasPrefix(string(raw), `"`) || json.Unmarshal(raw, &sheets[i]) != nil {
			return nil, false
		}
	}
	same := format == paperFormat && poll == v.header.Poll && typing == v.rules.paper && number == p.batch && version == p.version
	return sheets, same && len(sheets) > 0 && int64(len(sheets)) == p.sheets
}

// readPaper reads a batch, or a correction of one, which is all of it again.
func (v *verifier) readPaper(e *Entry) *Fault {
	if v.rules.paper == "" {
		return v.atLeaf(CheckBallots, "ballots.paper_refused")
	}
	p, ok := readPaperData(e.Data)
	if !ok || p.sha256 != hexSum(e.Text) {
		return v.atLeaf(CheckBallots, "ballots.paper_hash")
	}
	sheets, ok := v.readSheets(e.Text, p)
	if !ok {
		return v.atLeaf(CheckBallots, "ballots.paper_content")
	}
	was := v.paper[p.batch]
	switch {
	case e.Kind == KindPaper && (was != nil || p.version != 1 || p.batch < 1),
		e.Kind == KindCorrection && (was == nil || p.version != was.version+1 || len(sheets) != len(was.sheets)):
		return v.atLeaf(CheckBallots, "ballots.paper_sequence")
	case e.Kind == KindCorrection && p.reason == "":
		return v.atLeaf(CheckBallots, "ballots.paper_reason")
	}
	for _, said := range sheets {
		if marks, ok := parseMarks(said); !nullRE.MatchString(said) && (!ok || !v.rules.accepts(marks)) {
			return v.atLeaf(CheckBallots, "ballots.paper_marks")
		}
	}
	v.paper[p.batch] = &batch{p.version, sheets}
	v.stale = v.results > 0
	return nil
}

// readPaperDone: somebody said that every sheet was in.
func (v *verifier) readPaperDone(e *Entry) *Fault {
	if v.rules.paper == "" {
		return v.atLeaf(CheckBallots, "ballots.paper_refused")
	}
	d, ok := readDocument(e.Data)
	handed, ok1 := get[int64](d, "handed")
	logged, ok2 := get[int64](d, "logged")
	reason, ok3 := get[string](d, "reason")
	if !ok || !ok1 || !ok2 || !ok3 || logged != v.sheets() || handed != logged && reason == "" {
		return v.atLeaf(CheckBallots, "ballots.paper_done")
	}
	v.paperDone = true
	return nil
}

// sheets is how many paper ballots there are, null ones included.
func (v *verifier) sheets() (n int64) {
	for _, b := range v.paper {
		n += int64(len(b.sheets))
	}
	return n
}

// addPaper puts the paper ballots into the tally, and returns how many are null.
func (v *verifier) addPaper() (null int64) {
	for _, b := range v.paper {
		for _, said := range b.sheets {
			if strings.HasPrefix(said, "!") {
				null++
			} else {
				v.tally[said]++
			}
		}
	}
	return null
}
