package proof

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// ReceiptFormat begins a receipt.
const ReceiptFormat = "parvis-receipt/1"

// Receipt is what a voter keeps: the town's signature that the ballot is in
// the box, at this place of the log. Once a checkpoint covers it, the proof
// that it does comes with it.
type Receipt struct {
	Origin     string
	Poll       string
	Key        string // of the log, as ParseKey reads it
	Index      int64
	Nonce      [16]byte
	Commitment [32]byte
	Stamp      string // a signed note: see StampText
	Checkpoint string // a signed note; "" while there is none to show
	Proof      tlog.RecordProof
}

// NewReceipt signs the receipt of a ballot.
func NewReceipt(s Signer, poll string, index int64, nonce [16]byte, commitment [32]byte) Receipt {
	return Receipt{
		Origin: s.Name, Poll: poll, Key: s.String(), Index: index, Nonce: nonce, Commitment: commitment,
		Stamp: s.Sign(StampText(s.Name, index, BallotLeaf(commitment), nonce)),
	}
}

// Faults of a receipt that cannot be read.
var ErrReceipt = errors.New("this is not a receipt")

// Encode returns the only writing of a receipt: one line, as in an archive.
func (r Receipt) Encode() []byte {
	o := &object{out: []byte{'{'}}
	o.text("format", ReceiptFormat).text("origin", r.Origin).text("poll", r.Poll).text("key", r.Key).number("index", r.Index)
	o.text("nonce", hex.EncodeToString(r.Nonce[:])).text("commitment", hex.EncodeToString(r.Commitment[:])).text("stamp", r.Stamp)
	if r.Checkpoint != "" {
		o.text("checkpoint", r.Checkpoint)
		o.name("proof")
		o.out = append(o.out, '[')
		for i, h := range r.Proof {
			if i > 0 {
				o.out = append(o.out, ',')
			}
			o.out = appendString(o.out, h.String())
		}
		o.out = append(o.out, ']')
	}
	return append(o.out, '}', '\n')
}

// DecodeReceipt reads a receipt; spaces around it do not matter.
func DecodeReceipt(raw []byte) (Receipt, error) {
	raw = bytes.TrimSpace(raw)
	var w struct {
		Format     string      `json:"format"`
		Origin     string      `json:"origin"`
		Poll       string      `json:"poll"`
		Key        string      `json:"key"`
		Index      int64       `json:"index"`
		Nonce      string      `json:"nonce"`
		Commitment string      `json:"commitment"`
		Stamp      string      `json:"stamp"`
		Checkpoint string      `json:"checkpoint"`
		Proof      []tlog.Hash `json:"proof"`
	}
	if json.Unmarshal(raw, &w) != nil {
		return Receipt{}, ErrReceipt
	}
	r := Receipt{Origin: w.Origin, Poll: w.Poll, Key: w.Key, Index: w.Index, Stamp: w.Stamp, Checkpoint: w.Checkpoint, Proof: w.Proof}
	if w.Index < 0 || !unhex(r.Nonce[:], w.Nonce) || !unhex(r.Commitment[:], w.Commitment) ||
		!bytes.Equal(bytes.TrimSpace(r.Encode()), raw) {
		return Receipt{}, ErrReceipt
	}
	return r, nil
}

const compactVersion = 1

// Compact writes what a square code can hold of a receipt: all but the
// checkpoint and the town's key, which is published.
func (r Receipt) Compact() string {
	poll, err := hex.DecodeString(strings.ReplaceAll(r.Poll, "-", ""))
	signature := signatureOf(r.Stamp)
	if err != nil || signature == nil {
		return ""
	}
	out := append([]byte{compactVersion}, poll...)
	out = binary.AppendUvarint(out, uint64(r.Index))
	out = append(out, r.Nonce[:]...)
	out = append(out, r.Commitment[:]...)
	return base64.RawURLEncoding.EncodeToString(append(out, signature...))
}

// signatureOf returns the bytes of the only signature of a note.
func signatureOf(signed string) []byte {
	at := strings.LastIndexByte(strings.TrimSuffix(signed, "\n"), ' ')
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(signed[at+1:], "\n"))
	if err != nil || len(raw) != 4+64 {
		return nil
	}
	return raw[4:]
}

// ParseCompact reads what Compact writes, for a poll of the town whose key,
// under its host's name, is given.
func ParseCompact(text string, town Key) (Receipt, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < 1+16 || raw[0] != compactVersion {
		return Receipt{}, ErrReceipt
	}
	poll, rest := hex.EncodeToString(raw[1:17]), raw[17:]
	index, n := binary.Uvarint(rest)
	if n <= 0 || index >= 1<<53 || len(rest) != n+16+32+64 || len(binary.AppendUvarint(nil, index)) != n {
		return Receipt{}, ErrReceipt
	}
	r := Receipt{Poll: poll[:8] + "-" + poll[8:12] + "-" + poll[12:16] + "-" + poll[16:20] + "-" + poll[20:], Index: int64(index)}
	rest = rest[n+copy(r.Nonce[:], rest[n:]):]
	rest = rest[copy(r.Commitment[:], rest):]
	r.Origin = Origin(town.Name, r.Poll)
	key := town.Named(r.Origin)
	r.Key = key.String()
	r.Stamp = StampText(r.Origin, r.Index, BallotLeaf(r.Commitment), r.Nonce) + signatureLine(key, rest)
	return r, nil
}

// ReceiptReport is what a verification found of a receipt.
type ReceiptReport struct {
	OK     bool   `json:"ok"`
	Fault  *Fault `json:"fault"`
	Origin string `json:"origin"`
	Poll   string `json:"poll"`
	Index  int64  `json:"index"`
	Pinned bool   `json:"pinned"` // its key is the one the reader knew already
	Proven bool   `json:"proven"` // a signed checkpoint covers it
	Size   int64  `json:"size"`   // of the log at that checkpoint

	// Of an archive that holds the ballot:
	Counted  bool   `json:"counted"`
	Replaced bool   `json:"replaced"`
	By       int64  `json:"by"`    // the leaf of the ballot that counts instead
	Marks    string `json:"marks"` // of the ballot, if it counts
}

// Verify checks a receipt by itself: its signatures, and its proof if it has
// one. known is the town's key as the reader knows it, or zero.
func (r Receipt) Verify(known Key) *ReceiptReport {
	report := &ReceiptReport{Origin: r.Origin, Poll: r.Poll, Index: r.Index, By: -1}
	report.Fault = r.verify(known, report)
	report.OK = report.Fault == nil
	return report
}

func (r Receipt) verify(known Key, report *ReceiptReport) *Fault {
	wrong := func(code string) *Fault { return &Fault{Check: CheckReceipt, Code: code, Leaf: r.Index, From: -1} }
	key, err := ParseKey(r.Key)
	switch {
	case err != nil || key.Name != r.Origin || !pollRE.MatchString(r.Poll) || r.Origin != Origin(HostOf(r.Origin), r.Poll):
		return wrong("receipt.unreadable")
	case known.Public != nil && !key.Same(known):
		return wrong("receipt.other_key")
	}
	report.Pinned = known.Public != nil
	leaf := BallotLeaf(r.Commitment)
	if text, err := key.Open(r.Stamp); err != nil || text != StampText(r.Origin, r.Index, leaf, r.Nonce) {
		return wrong("receipt.stamp")
	}
	if r.Checkpoint == "" {
		return nil
	}
	text, err := key.Open(r.Checkpoint)
	if err != nil {
		return wrong("receipt.checkpoint")
	}
	size, root, ok := parseCheckpoint(text, r.Origin)
	if !ok {
		return wrong("receipt.checkpoint")
	}
	if r.Index >= size || tlog.CheckRecord(r.Proof, size, root, r.Index, leaf) != nil {
		return wrong("receipt.proof")
	}
	report.Proven, report.Size = true, size
	return nil
}

// holder follows a receipt through an archive.
type holder struct {
	receipt *Receipt
	report  *ReceiptReport
	root    tlog.Hash // that its checkpoint tells
	agreed  bool      // with the archive's log
	key     [32]byte  // of its ballot
	found   bool
}

func (v *verifier) openReceipt() *Fault {
	r := v.held.receipt
	v.held.report = r.Verify(v.key)
	v.report.Receipt = v.held.report
	switch {
	case r.Origin != v.header.Origin:
		return v.refuseReceipt("receipt.other_poll")
	case !v.held.report.OK:
		return v.held.report.Fault
	}
	if r.Checkpoint != "" {
		text, _ := v.key.Open(r.Checkpoint) // verified
		_, v.held.root, _ = parseCheckpoint(text, r.Origin)
	}
	return nil
}

func (v *verifier) refuseReceipt(code string) *Fault {
	f := &Fault{Check: CheckReceipt, Code: code, Line: v.line, Leaf: v.held.receipt.Index, From: -1}
	v.held.report.OK, v.held.report.Fault = false, f
	return f
}

// compareReceipt compares the entry at the receipt's place.
func (v *verifier) compareReceipt(e *Entry) *Fault {
	r := v.held.receipt
	if e.Index != r.Index {
		return nil
	}
	switch {
	case e.Ballot == nil || e.Ballot.Commitment() != r.Commitment:
		return v.refuseReceipt("receipt.leaf")
	case e.Ballot.Opened != nil && e.Ballot.Opened.Nonce != r.Nonce:
		return v.refuseReceipt("receipt.nonce")
	}
	v.held.found, v.held.key = true, e.Ballot.Key
	return nil
}

// grow compares the archive's log with the one that the receipt's checkpoint
// tells, when it is as long.
func (h *holder) grow(t *Tree) {
	if h.report.Proven && t.Size() == h.report.Size {
		h.agreed = t.Root() == h.root
	}
}

// closeReceipt says what became of the receipt's ballot.
func (v *verifier) closeReceipt() *Fault {
	h := v.held
	switch {
	case !h.found:
		return v.refuseReceipt("receipt.leaf")
	case h.report.Proven && !h.agreed:
		return v.refuseReceipt("receipt.log")
	}
	last := v.voters[h.key]
	if last.leaf == h.receipt.Index {
		h.report.Counted, h.report.Marks = true, last.marks
	} else {
		h.report.Replaced, h.report.By = true, last.leaf
	}
	v.done(CheckReceipt)
	return nil
}
