// Package sample makes archives of polls that never took place: sound ones,
// and forged ones by every means that come to mind. Tests try both verifiers
// on them, and the page /verifier gives a few to whoever wants to see an
// archive turn red. The key that signs them signs nothing else.
package sample

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"parvis/app/voting/counting"
	"parvis/app/voting/proof"
)

// Host is where the polls of samples would be, if there were such a town.
const Host = "exemple.invalid"

// Options of a sample.
type Options struct {
	Method   counting.Method
	Voters   int
	Again    bool // voters may change their mind, and some do
	Extended bool // the closing is put off once
	Paper    bool // some vote on paper

	// Of a budget: the criteria that settle its ties, where it is not the lot,
	// and how many points a ballot may give, where it gives some.
	Keys   []counting.TieKey
	Points int64
}

// Log is the log of a poll, with all that its archive tells.
type Log struct {
	Poll    string
	Signer  proof.Signer
	Entries []proof.Entry
	Signed  map[int64]string // checkpoints, by the size of the log they are of

	grown   proof.Tree // of Entries, while the log is made
	rules   rules
	lot     [32]byte
	closing closing
	result  result
}

// The documents of the log, with the fields that the ballot box gives them.
type (
	rules struct {
		Format      string          `json:"format"`
		Poll        string          `json:"poll"`
		Version     int             `json:"version"`
		Question    string          `json:"question"`
		Options     []choice        `json:"options"`
		Mode        string          `json:"mode"`
		Method      counting.Method `json:"method"`
		MaxChoices  int             `json:"max_choices"`
		Rule        counting.Rule   `json:"rule"`
		Ties        string          `json:"ties"`
		Voter       string          `json:"voter"`
		Entitled    int64           `json:"entitled"`
		Paper       string          `json:"paper,omitempty"`
		AllowChange bool            `json:"allow_change"`
		Visibility  string          `json:"visibility"`
		Opens       string          `json:"opens"`
		Closes      string          `json:"closes"`
	}
	choice struct {
		ID    string `json:"id"`
		Label string `json:"label"`
		Cost  int64  `json:"cost,omitempty"`
	}
	document struct {
		Version int    `json:"version"`
		SHA256  string `json:"sha256"`
		Reason  string `json:"reason,omitempty"`
	}
	opened struct {
		Poll    string `json:"poll"`
		At      string `json:"at"`
		Ruleset string `json:"ruleset_sha256"`
		Lot     string `json:"lot_sha256"`
	}
	extended struct {
		From   string `json:"from"`
		Until  string `json:"until"`
		Reason string `json:"reason"`
	}
	closing struct {
		At      string `json:"at"`
		Ballots int64  `json:"ballots"`
		Size    int64  `json:"size"`
		Root    string `json:"root"`
		Lot     string `json:"lot"`
	}
	result struct {
		Format   string           `json:"format"`
		Poll     string           `json:"poll"`
		Version  int              `json:"version"`
		ClosedAt string           `json:"closed_at"`
		LogSize  int64            `json:"log_size"`
		Root     string           `json:"root"`
		Rule     counting.Rule    `json:"rule"`
		Ballots  int64            `json:"ballots"`
		Blank    int64            `json:"blank"`
		Null     int64            `json:"null,omitempty"`
		Base     int64            `json:"base"`
		Entitled int64            `json:"entitled,omitempty"`
		Counts   []cell           `json:"counts"`
		Outcome  counting.Outcome `json:"outcome"`
	}
	cell struct {
		Option string `json:"option"`
		Value  int32  `json:"value"`
		Votes  int64  `json:"votes"`
	}
)

// Key is the public key of the town of the samples.
func Key() proof.Key { return proof.NewSigner(Host, privateKey("exemple")).Key }

func privateKey(of string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("parvis sample key: " + of))
	return ed25519.NewKeyFromSeed(seed[:])
}

// New makes a poll out of random numbers: the same ones, the same poll.
func New(r *rand.Rand, o Options) *Log {
	id := fill(r, make([]byte, 16))
	poll := fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
	l := &Log{Poll: poll, Signer: proof.NewSigner(proof.Origin(Host, poll), privateKey("exemple")), Signed: map[int64]string{}}
	fill(r, l.lot[:])
	l.rules = rules{
		Format: "parvis-ruleset/1", Poll: poll, Version: 1, Question: "Quel arbre planter sur la place ?",
		Options: []choice{{ID: "a", Label: "Un tilleul"}, {ID: "b", Label: "Un érable"}, {ID: "c", Label: "Un chêne « vert »"}},
		Mode:    "open", Method: o.Method, Rule: counting.Rule{Method: o.Method}, Ties: "lot", Voter: "account",
		Entitled: int64(o.Voters) + 40, AllowChange: o.Again, Visibility: "turnout",
		Opens: "2026-10-05T06:00:00Z", Closes: "2026-10-18T18:00:00Z",
	}
	if o.Method == counting.Approval {
		l.rules.MaxChoices, l.rules.Rule.MaxMarks = 2, 2
	}
	if o.Method.Budget() {
		l.budget(o)
	}
	if o.Paper {
		l.rules.Paper = "double"
	}
	l.addRules("")
	l.add(proof.KindOpened, opened{poll, l.rules.Opens, hexSum(l.Entries[0].Text), hexSum(string(l.lot[:]))}, "")
	l.sign()
	l.vote(r, o)
	if o.Paper {
		l.addPaper(r, 1)
		l.addPaper(r, 3)
	}
	l.close()
	l.sign()
	if o.Paper {
		l.addPaper(r, 2)
		l.correctPaper(r, 2)
		l.finishPaper()
	}
	l.count()
	l.sign()
	return l
}

// budget gives the trees their prices: two of them cost the same, and never
// does the money pay for all.
func (l *Log) budget(o Options) {
	for i, cost := range []int64{300_00, 300_00, 450_00} {
		l.rules.Options[i].Cost = cost
	}
	rule := &l.rules.Rule
	rule.Envelopes, rule.MinVotes, rule.PointsPerBallot = []counting.Envelope{{Cents: 700_00}}, 1, o.Points
	if rule.Ties.Keys = o.Keys; len(o.Keys) > 0 {
		l.rules.Ties = "rule"
	}
	if o.Method == counting.EqualShares {
		rule.Completion = counting.CompletionAdd1U
	}
}

func fill(r *rand.Rand, out []byte) []byte {
	for i := range out {
		out[i] = byte(r.Uint32())
	}
	return out
}

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// canonical writes v as the ballot box does.
func canonical(v any) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // our own structs
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func (l *Log) add(kind string, data any, text string) {
	l.append(proof.Entry{Index: int64(len(l.Entries)), Kind: kind, Data: canonical(data), Text: text})
}

func (l *Log) append(e proof.Entry) {
	l.Entries = append(l.Entries, e)
	l.grown.Append(e.Leaf())
}

func (l *Log) addRules(reason string) {
	text := canonical(l.rules)
	l.add(proof.KindRuleset, document{l.rules.Version, hexSum(text), reason}, text)
}

// vote lets everybody vote, and some change their mind.
func (l *Log) vote(r *rand.Rand, o Options) {
	voters := make([]*proof.Ballot, o.Voters)
	var cast int
	for cast < o.Voters || o.Again && r.IntN(3) > 0 {
		i := cast
		if cast >= o.Voters || o.Again && cast > 0 && r.IntN(4) == 0 {
			i = r.IntN(min(cast, o.Voters))
		} else {
			voters[i] = &proof.Ballot{}
			fill(r, voters[i].Key[:])
			cast++
		}
		if o.Extended && len(l.Entries) == 2+o.Voters/2 {
			l.extend()
		}
		l.cast(r, voters[i])
		if r.IntN(3) == 0 {
			l.sign()
		}
	}
}

// cast replaces a voter's ballot; only the last one is opened in the archive.
func (l *Log) cast(r *rand.Rand, voter *proof.Ballot) {
	if voter.Opened != nil {
		for i := range l.Entries {
			if b := l.Entries[i].Ballot; b != nil && b.Key == voter.Key {
				b.Opened = nil
			}
		}
	}
	voter.Opened = &proof.Opened{Marks: l.choose(r)}
	fill(r, voter.Opened.Nonce[:])
	voter.Seq++
	voter.Inner = voter.Opened.Inner()
	now := *voter
	l.append(proof.Entry{Index: int64(len(l.Entries)), Kind: proof.KindBallot, Ballot: &now})
}

func (l *Log) choose(r *rand.Rand) string {
	switch method := l.rules.Method; {
	case l.rules.Rule.PointsPerBallot > 0:
		return []string{"", "a=1", "b=2", "c=3", "a=2;b=1", "a=1;c=2", "b=1;c=2", "a=4;b=2;c=1"}[r.IntN(8)]
	case method == counting.Approval || method.Budget():
		return []string{"", "a=1", "b=1", "c=1", "a=1;b=1", "a=1;c=1", "b=1;c=1"}[r.IntN(7)]
	case method == counting.YesNoAbstain:
		return fmt.Sprintf("a=%d;b=%d;c=%d", r.IntN(3)-1, r.IntN(3)-1, r.IntN(3)-1)
	}
	return []string{"", "a=1", "a=1", "b=1", "b=1", "c=1"}[r.IntN(6)]
}

func (l *Log) extend() {
	from := l.rules.Closes
	l.rules.Version++
	l.rules.Closes = "2026-10-20T18:00:00Z"
	l.add(proof.KindExtended, extended{from, l.rules.Closes, "La page était hors service dimanche matin."}, "")
	l.addRules("La page était hors service dimanche matin.")
}

// tree returns the tree of the first entries.
func (l *Log) tree(size int) *proof.Tree {
	t := &proof.Tree{}
	for i := range size {
		t.Append(l.Entries[i].Leaf())
	}
	return t
}

func (l *Log) sign() {
	t := &l.grown
	l.Signed[t.Size()] = l.Signer.Sign(proof.CheckpointText(l.Signer.Name, t.Size(), t.Root()))
}

func (l *Log) close() {
	t := l.tree(len(l.Entries))
	root := t.Root()
	keys := map[[32]byte]bool{}
	for _, e := range l.Entries {
		if e.Ballot != nil {
			keys[e.Ballot.Key] = true
		}
	}
	l.closing = closing{l.rules.Closes, int64(len(keys)), t.Size(), hex.EncodeToString(root[:]), hex.EncodeToString(l.lot[:])}
	l.closing.Ballots += l.sheets()
	l.add(proof.KindClosed, l.closing, "")
}

// count counts what is opened, and logs the result.
func (l *Log) count() {
	l.result = l.tally()
	l.addResult()
}

func (l *Log) addResult() {
	text := canonical(l.result)
	l.add(proof.KindResult, document{Version: l.result.Version, SHA256: hexSum(text)}, text)
}

func (l *Log) tally() result {
	kind := counting.Choices
	switch {
	case l.rules.Method == counting.YesNoAbstain:
		kind = counting.Answers
	case l.rules.Rule.PointsPerBallot > 0:
		kind = counting.Points
	}
	var options []counting.Option
	for _, o := range l.rules.Options {
		options = append(options, counting.Option{ID: o.ID, Name: o.Label, Cost: o.Cost})
	}
	builder, err := counting.NewBuilder(kind, options)
	if err != nil {
		panic(err) // three options
	}
	votes := map[counting.Named]int64{}
	res := result{Format: "parvis-result/1", Poll: l.Poll, Version: 1, ClosedAt: l.closing.At, LogSize: l.closing.Size, Root: l.closing.Root, Entitled: l.rules.Entitled, Counts: []cell{}}
	for _, e := range l.Entries {
		if e.Ballot == nil || e.Ballot.Opened == nil {
			continue
		}
		marks := marksOf(e.Ballot.Opened.Marks)
		if builder.Add(1, marks...) != nil {
			continue // a forged ballot, that no count can hold
		}
		res.Ballots++
		if len(marks) == 0 {
			res.Blank++
		}
		for _, m := range marks {
			votes[m]++
		}
	}
	for _, said := range l.paperBallots() {
		marks := marksOf(said)
		switch {
		case strings.HasPrefix(said, "!"):
			res.Null++
		case builder.Add(1, marks...) != nil:
			continue
		case len(marks) == 0:
			res.Blank++
		}
		res.Ballots++
		for _, m := range marks {
			votes[m]++
		}
	}
	res.Base = res.Ballots - res.Blank - res.Null
	for m, n := range votes {
		res.Counts = append(res.Counts, cell{m.Option, m.Value, n})
	}
	slices.SortFunc(res.Counts, func(a, b cell) int {
		if a.Option != b.Option {
			return strings.Compare(a.Option, b.Option)
		}
		return int(b.Value - a.Value)
	})
	res.Rule = l.rules.Rule
	if len(res.Rule.Ties.Keys) == 0 {
		res.Rule.Ties = counting.Ties{Keys: []counting.TieKey{counting.TieLot}, Seed: unhex(l.closing.Lot), Root: unhex(l.closing.Root)}
	}
	res.Rule.Entitled = l.rules.Entitled
	if res.Outcome, err = counting.Count(builder.Profile(), res.Rule); err != nil {
		res.Outcome = l.result.Outcome // of a forged ballot: whatever was counted before
	}
	return res
}

func marksOf(text string) (marks []counting.Named) {
	for part := range strings.SplitSeq(text, ";") {
		var value int32
		option, digits, ok := strings.Cut(part, "=")
		if !ok {
			continue
		}
		fmt.Sscan(digits, &value)
		marks = append(marks, counting.Named{Option: option, Value: value})
	}
	return marks
}

func unhex(text string) []byte {
	raw, err := hex.DecodeString(text)
	if err != nil {
		panic(err) // written by this package
	}
	return raw
}

// Lines returns the archive, line by line.
func (l *Log) Lines() []proof.Line {
	lines := []proof.Line{{Header: &proof.Header{
		Origin: l.Signer.Name, Poll: l.Poll, Key: l.Signer.String(), Leaves: int64(len(l.Entries)), Checkpoints: int64(len(l.Signed)),
	}}}
	for i := range l.Entries {
		lines = append(lines, proof.Line{Entry: &l.Entries[i]})
		if signed := l.Signed[int64(i)+1]; signed != "" {
			lines = append(lines, proof.Line{Checkpoint: signed})
		}
	}
	return lines
}

// Archive returns the archive as a file.
func (l *Log) Archive() []byte { return Write(l.Lines()) }

// Write returns lines as a file.
func Write(lines []proof.Line) []byte {
	var out []byte
	for _, line := range lines {
		out = append(append(out, line.Encode()...), '\n')
	}
	return out
}
