package proof

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Options of a verification.
type Options struct {
	// Key is the key that the reader knows the town by; the archive must be
	// signed by it. Zero: whatever key the archive holds, which proves only that
	// the archive agrees with itself.
	Key Key
	// Receipt, when there is one, must be of a ballot of the archive.
	Receipt *Receipt
}

// MaxLine bounds a line, and so the memory of a verification.
const MaxLine = 16 << 20

// Verify reads an archive and says whether all that it claims is proven. The
// error is about reading; what is wrong with the archive is in the report.
func Verify(in io.Reader, o Options) (*Report, error) {
	v := newVerifier(o)
	reader := bufio.NewReaderSize(in, 64<<10)
	for {
		raw, err := readLine(reader)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, errLine) {
			return nil, fmt.Errorf("read the archive: %w", err)
		}
		v.line++
		fault := v.fault(CheckFormat, "format.line")
		if err == nil {
			fault = v.read(raw)
		}
		if fault != nil {
			return v.refuse(fault), nil
		}
	}
	if fault := v.end(); fault != nil {
		return v.refuse(fault), nil
	}
	v.report.OK = true
	return v.report, nil
}

// readLine returns the next line without its line feed. The last line has one
// too: a file cut short is refused.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > MaxLine:
			return nil, errLine
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, errLine
		case err != nil:
			return nil, err
		default:
			return bytes.TrimSuffix(line, []byte("\n")), nil
		}
	}
}

// verifier is how far a verification is. It keeps what every later line must
// agree with: two hashes for each voter, and no more.
type verifier struct {
	Options
	report *Report
	key    Key

	line        int64
	tree        Tree
	signedSize  int64 // of the last checkpoint
	checkpoints int64
	header      Header
	afterLeaf   bool // the last line was an entry, which a checkpoint must still cover

	rules   *ruleset // in force
	first   string   // hash of the first version
	sealed  string   // hash of the lot's seed
	closed  *closing
	results int64
	last    *result // the last one
	where   Fault   // of its entry

	paper     map[int64]*batch // of paper ballots, by number
	paperDone bool
	stale     bool // a batch was corrected after the last result

	voters map[[32]byte]*voter
	nonces map[[16]byte]bool
	tally  tally
	held   *holder // of the receipt
}

// voter is the last ballot of a key.
type voter struct {
	seq    int64
	leaf   int64
	line   int64
	opened bool
	marks  string
}

func newVerifier(o Options) *verifier {
	v := &verifier{Options: o, report: &Report{Done: []Check{}, Options: []Option{}, Winners: []string{}}, voters: map[[32]byte]*voter{}, paper: map[int64]*batch{}, nonces: map[[16]byte]bool{}, tally: tally{}}
	if o.Receipt != nil {
		v.held = &holder{receipt: o.Receipt}
	}
	return v
}

func (v *verifier) fault(c Check, code string) *Fault {
	return &Fault{Check: c, Code: code, Line: v.line, Leaf: -1, From: -1}
}

// atLeaf is a fault of the entry of the present line.
func (v *verifier) atLeaf(c Check, code string) *Fault {
	f := v.fault(c, code)
	f.Leaf = v.tree.Size()
	return f
}

func (v *verifier) refuse(f *Fault) *Report {
	v.count()
	v.report.Fault = f
	return v.report
}

func (v *verifier) done(checks ...Check) { v.report.Done = append(v.report.Done, checks...) }

// count says what was seen so far.
func (v *verifier) count() {
	v.report.Leaves, v.report.Checkpoints = v.tree.Size(), v.checkpoints
	v.report.Ballots = int64(len(v.voters)) + v.sheets()
	v.report.Replaced = 0
	for _, one := range v.voters {
		v.report.Replaced += one.seq - 1
	}
}

func (v *verifier) read(raw []byte) *Fault {
	line, err := DecodeLine(raw)
	switch {
	case err != nil:
		return v.fault(CheckFormat, "format.line")
	case (line.Header != nil) != (v.line == 1):
		return v.fault(CheckFormat, "format.order")
	case line.Header != nil:
		return v.readHeader(*line.Header)
	case line.Entry != nil:
		return v.readEntry(line.Entry)
	}
	return v.readCheckpoint(line.Checkpoint)
}

var pollRE = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func (v *verifier) readHeader(h Header) *Fault {
	key, err := ParseKey(h.Key)
	switch {
	case err != nil || key.Name != h.Origin:
		return v.fault(CheckKey, "key.unreadable")
	case !pollRE.MatchString(h.Poll) || HostOf(h.Origin) == "" || h.Origin != Origin(HostOf(h.Origin), h.Poll):
		return v.fault(CheckKey, "key.poll")
	}
	v.header, v.key = h, key
	v.report.Origin, v.report.Poll, v.report.Key, v.report.Fingerprint = h.Origin, h.Poll, h.Key, key.Fingerprint()
	if v.Key.Public != nil {
		if !key.Same(v.Key) {
			return v.fault(CheckKey, "key.other")
		}
		v.report.Pinned = true
	}
	v.done(CheckKey)
	if v.held != nil {
		return v.openReceipt()
	}
	return nil
}

func (v *verifier) readCheckpoint(signed string) *Fault {
	text, err := v.key.Open(signed)
	if err != nil {
		return v.fault(CheckSignature, "signature.wrong")
	}
	size, root, ok := parseCheckpoint(text, v.header.Origin)
	from, last := v.signedSize, v.tree.Size()-1
	f := &Fault{Check: CheckLog, Line: v.line, Leaf: last, From: from}
	switch {
	case !ok:
		return v.fault(CheckSignature, "signature.text")
	case size != v.tree.Size() || !v.afterLeaf:
		f.Code = "log.size"
		return f
	case root != v.tree.Root():
		f.Code = "log.root"
		return f
	}
	v.afterLeaf, v.signedSize = false, size
	v.checkpoints++
	return nil
}

// parseCheckpoint reads the text of a checkpoint, which has one writing.
func parseCheckpoint(text, origin string) (size int64, root tlog.Hash, ok bool) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return 0, root, false
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return 0, root, false
	}
	root, err = tlog.ParseHash(lines[2])
	return size, root, err == nil && CheckpointText(origin, size, root) == text
}

func (v *verifier) readEntry(e *Entry) *Fault {
	if e.Index != v.tree.Size() {
		return v.fault(CheckFormat, "format.order")
	}
	if f := v.readKind(e); f != nil {
		return f
	}
	if v.held != nil {
		if f := v.compareReceipt(e); f != nil {
			return f
		}
	}
	v.tree.Append(e.Leaf())
	v.afterLeaf = true
	if v.held != nil {
		v.held.grow(&v.tree)
	}
	return nil
}

// readKind checks an entry against what came before it. The log begins with
// the rules and the opening; after the closing it holds results only, and paper
// ballots until somebody has said that they are all in.
func (v *verifier) readKind(e *Entry) *Fault {
	switch {
	case e.Text != "" && !slices.Contains([]string{KindRuleset, KindPaper, KindCorrection, KindResult}, e.Kind):
		return v.atLeaf(CheckFormat, "format.order")
	case e.Index == 0 && e.Kind != KindRuleset, e.Index == 1 && e.Kind != KindOpened, e.Index > 1 && e.Kind == KindOpened:
		return v.atLeaf(CheckRules, "rules.first")
	case v.closed != nil && !slices.Contains([]string{KindPaper, KindCorrection, KindPaperDone, KindResult}, e.Kind):
		return v.atLeaf(CheckClosing, "closing.after")
	case v.closed == nil && (e.Kind == KindResult || e.Kind == KindPaperDone):
		return v.atLeaf(CheckClosing, "closing.before")
	case v.paperDone && (e.Kind == KindPaper || e.Kind == KindPaperDone), !v.paperDone && e.Kind == KindResult && v.rules.paper != "":
		return v.atLeaf(CheckClosing, "closing.paper")
	}
	switch e.Kind {
	case KindRuleset:
		return v.readRuleset(e)
	case KindOpened:
		return v.readOpened(e)
	case KindBallot:
		return v.readBallot(e.Ballot)
	case KindPaper, KindCorrection:
		return v.readPaper(e)
	case KindPaperDone:
		return v.readPaperDone(e)
	case KindExtended:
		return nil
	case KindClosed:
		return v.readClosed(e)
	case KindResult:
		return v.readResult(e)
	}
	return v.atLeaf(CheckRules, "rules.kind")
}

// hashed reports whether a document's entry holds its hash and its version.
func hashed(e *Entry, version int64) bool {
	d, ok := readDocument(e.Data)
	if !ok {
		return false
	}
	n, ok1 := get[int64](d, "version")
	sum, ok2 := get[string](d, "sha256")
	return ok1 && ok2 && n == version && sum == hexSum(e.Text)
}

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (v *verifier) readRuleset(e *Entry) *Fault {
	if !hashed(e, v.report.Rulesets+1) {
		return v.atLeaf(CheckRules, "rules.hash")
	}
	next, ok := readRuleset(e.Text)
	switch {
	case !ok || next.version != v.report.Rulesets+1:
		return v.atLeaf(CheckRules, "rules.content")
	case next.poll != v.header.Poll:
		return v.atLeaf(CheckRules, "rules.poll")
	case len(v.voters)+len(v.paper) > 0 && !v.rules.same(next):
		return v.atLeaf(CheckRules, "rules.frozen")
	}
	v.rules = next
	if v.report.Rulesets++; v.report.Rulesets == 1 {
		v.first = hexSum(e.Text)
	}
	v.report.Question, v.report.Options = next.question, []Option{}
	for _, o := range next.options {
		v.report.Options = append(v.report.Options, Option{ID: o.id, Label: o.label})
	}
	return nil
}

func (v *verifier) readOpened(e *Entry) *Fault {
	d, ok := readDocument(e.Data)
	poll, ok1 := get[string](d, "poll")
	rules, ok2 := get[string](d, "ruleset_sha256")
	lot, ok3 := get[string](d, "lot_sha256")
	switch {
	case !ok || !ok1 || !ok2 || !ok3:
		return v.atLeaf(CheckRules, "rules.content")
	case poll != v.header.Poll:
		return v.atLeaf(CheckRules, "rules.poll")
	case rules != v.first:
		return v.atLeaf(CheckRules, "rules.opened")
	}
	v.sealed = lot
	return nil
}

func (v *verifier) readBallot(b *Ballot) *Fault {
	was := v.voters[b.Key]
	switch {
	case was == nil && b.Seq != 1, was != nil && b.Seq != was.seq+1:
		return v.atLeaf(CheckBallots, "ballots.sequence")
	case was != nil && !v.rules.allowChange:
		return v.atLeaf(CheckBallots, "ballots.again")
	case was != nil && was.opened:
		return v.atLeaf(CheckBallots, "ballots.replaced_opened")
	}
	now := &voter{seq: b.Seq, leaf: v.tree.Size(), line: v.line}
	if b.Opened != nil {
		if f := v.openBallot(b, now); f != nil {
			return f
		}
	}
	v.voters[b.Key] = now
	return nil
}

func (v *verifier) openBallot(b *Ballot, now *voter) *Fault {
	marks, ok := parseMarks(b.Opened.Marks)
	switch {
	case b.Opened.Inner() != b.Inner:
		return v.atLeaf(CheckBallots, "ballots.inner")
	case !ok || !v.rules.accepts(marks):
		return v.atLeaf(CheckBallots, "ballots.marks")
	case v.nonces[b.Opened.Nonce]:
		return v.atLeaf(CheckBallots, "ballots.nonce")
	}
	v.nonces[b.Opened.Nonce] = true
	now.opened, now.marks = true, b.Opened.Marks
	v.tally[b.Opened.Marks]++
	return nil
}

func (v *verifier) readClosed(e *Entry) *Fault {
	c, ok := readClosing(e.Data)
	root := v.tree.Root()
	seed, err := hex.DecodeString(c.lot)
	switch {
	case !ok || err != nil:
		return v.atLeaf(CheckClosing, "closing.content")
	case c.size != v.tree.Size() || c.root != hex.EncodeToString(root[:]):
		return v.atLeaf(CheckClosing, "closing.root")
	case c.ballots != int64(len(v.voters))+v.sheets():
		return v.atLeaf(CheckClosing, "closing.ballots")
	case hexSum(string(seed)) != v.sealed:
		return v.atLeaf(CheckSeed, "seed.hash")
	}
	v.closed = &c
	return nil
}

func (v *verifier) readResult(e *Entry) *Fault {
	if !hashed(e, v.results+1) {
		return v.atLeaf(CheckResult, "result.hash")
	}
	r, ok := readResult(e.Text)
	if !ok || r.version != v.results+1 {
		return v.atLeaf(CheckResult, "result.content")
	}
	v.results++
	v.stale = false
	v.last, v.where = r, *v.atLeaf(CheckResult, "")
	v.report.SHA256 = hexSum(e.Text)
	return nil
}

// end checks what only the whole file can tell.
func (v *verifier) end() *Fault {
	v.count()
	whole := &Fault{Check: CheckFormat, Code: "format.cut", Line: v.line, Leaf: -1, From: -1}
	switch {
	case v.line == 0 || v.afterLeaf || v.header.Leaves != v.tree.Size() || v.header.Checkpoints != v.checkpoints || v.last == nil:
		return whole
	}
	v.done(CheckFormat, CheckSignature, CheckLog, CheckRules, CheckClosing, CheckSeed)
	if f := v.dropped(); f != nil {
		return f
	}
	v.done(CheckBallots)
	if f := v.recount(); f != nil {
		return f
	}
	if v.held != nil {
		return v.closeReceipt()
	}
	return nil
}

// dropped finds the first voter whose last ballot is not opened: it was taken
// out of the count without another one in its place.
func (v *verifier) dropped() *Fault {
	var first *voter
	for _, one := range v.voters {
		if !one.opened && (first == nil || one.leaf < first.leaf) {
			first = one
		}
	}
	if first == nil {
		return nil
	}
	return &Fault{Check: CheckBallots, Code: "ballots.dropped", Line: first.line, Leaf: first.leaf, From: -1}
}
