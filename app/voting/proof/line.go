package proof

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"
)

// Format begins an archive.
const Format = "parvis-archive/1"

// Line is one line of an archive: exactly one of its parts is set.
type Line struct {
	Header     *Header
	Entry      *Entry
	Checkpoint string // a signed note
}

// Header is the first line.
type Header struct {
	Origin      string
	Poll        string
	Key         string // of the log, as ParseKey reads it
	Leaves      int64
	Checkpoints int64
}

// Entry is an entry of the log.
type Entry struct {
	Index  int64
	Kind   string
	Data   string  // what everybody may see, of all but ballots
	Text   string  // the document whose hash Data holds: a ruleset, a result
	Ballot *Ballot // of a ballot, what opens its commitment
}

// Ballot is what a ballot's commitment is the hash of.
type Ballot struct {
	Key    [32]byte
	Seq    int64
	Inner  [32]byte
	Opened *Opened // of the last ballot of a key, and of no other
}

// Opened is a ballot that counts.
type Opened struct {
	Nonce [16]byte
	Marks string
}

var errLine = errors.New("the line is not in canonical form")

// Encode returns the only writing of a line, without its line feed: the fields
// in this order, strings and numbers as RFC 8785 writes them, no space.
func (l Line) Encode() []byte {
	o := &object{out: []byte{'{'}}
	switch {
	case l.Header != nil:
		o.text("format", Format).text("origin", l.Header.Origin).text("poll", l.Header.Poll).text("key", l.Header.Key)
		o.number("leaves", l.Header.Leaves).number("checkpoints", l.Header.Checkpoints)
	case l.Entry != nil:
		l.Entry.encode(o)
	default:
		o.text("checkpoint", l.Checkpoint)
	}
	return append(o.out, '}')
}

func (e *Entry) encode(o *object) {
	o.number("leaf", e.Index).text("kind", e.Kind)
	b := e.Ballot
	if b == nil {
		o.text("data", e.Data)
		if e.Text != "" {
			o.text("text", e.Text)
		}
		return
	}
	o.text("key", hex.EncodeToString(b.Key[:])).number("seq", b.Seq).text("inner", hex.EncodeToString(b.Inner[:]))
	if b.Opened != nil {
		o.text("nonce", hex.EncodeToString(b.Opened.Nonce[:])).text("marks", b.Opened.Marks)
	}
}

// object writes a JSON object field by field.
type object struct{ out []byte }

func (o *object) name(name string) {
	if len(o.out) > 1 {
		o.out = append(o.out, ',')
	}
	o.out = appendString(o.out, name)
	o.out = append(o.out, ':')
}

func (o *object) text(name, value string) *object {
	o.name(name)
	o.out = appendString(o.out, value)
	return o
}

func (o *object) number(name string, value int64) *object {
	o.name(name)
	o.out = strconv.AppendInt(o.out, value, 10)
	return o
}

// appendString writes a string as RFC 8785 does: what must be escaped is, in
// the shortest way, and nothing else.
func appendString(out []byte, s string) []byte {
	const digits = "0123456789abcdef"
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\b':
			out = append(out, `\b`...)
		case '\t':
			out = append(out, `\t`...)
		case '\n':
			out = append(out, `\n`...)
		case '\f':
			out = append(out, `\f`...)
		case '\r':
			out = append(out, `\r`...)
		default:
			if c < 0x20 {
				out = append(out, `\u00`...)
				out = append(out, digits[c>>4], digits[c&15])
			} else {
				out = append(out, c)
			}
		}
	}
	return append(out, '"')
}

// wire is any line, as JSON reads it.
type wire struct {
	Format      *string `json:"format"`
	Origin      string  `json:"origin"`
	Poll        string  `json:"poll"`
	Key         string  `json:"key"`
	Leaves      int64   `json:"leaves"`
	Checkpoints int64   `json:"checkpoints"`
	Leaf        *int64  `json:"leaf"`
	Kind        string  `json:"kind"`
	Data        string  `json:"data"`
	Text        string  `json:"text"`
	Seq         int64   `json:"seq"`
	Inner       string  `json:"inner"`
	Nonce       *string `json:"nonce"`
	Marks       string  `json:"marks"`
	Checkpoint  string  `json:"checkpoint"`
}

// DecodeLine reads a line without its line feed. It refuses any other writing
// than Encode's, so that no byte of an archive can change unseen.
func DecodeLine(raw []byte) (Line, error) {
	var w wire
	if !utf8.Valid(raw) || json.Unmarshal(raw, &w) != nil {
		return Line{}, errLine
	}
	line, err := w.line()
	if err != nil || !bytes.Equal(line.Encode(), raw) {
		return Line{}, errLine
	}
	return line, nil
}

func (w *wire) line() (Line, error) {
	switch {
	case w.Format != nil:
		return Line{Header: &Header{Origin: w.Origin, Poll: w.Poll, Key: w.Key, Leaves: w.Leaves, Checkpoints: w.Checkpoints}}, nil
	case w.Leaf == nil:
		return Line{Checkpoint: w.Checkpoint}, nil
	case w.Kind != KindBallot:
		return Line{Entry: &Entry{Index: *w.Leaf, Kind: w.Kind, Data: w.Data, Text: w.Text}}, nil
	}
	b := &Ballot{Seq: w.Seq}
	if !unhex(b.Key[:], w.Key) || !unhex(b.Inner[:], w.Inner) {
		return Line{}, errLine
	}
	if w.Nonce != nil {
		b.Opened = &Opened{Marks: w.Marks}
		if !unhex(b.Opened.Nonce[:], *w.Nonce) {
			return Line{}, errLine
		}
	}
	return Line{Entry: &Entry{Index: *w.Leaf, Kind: KindBallot, Ballot: b}}, nil
}

// unhex fills out with the hexadecimal digits of text, if there are just enough.
func unhex(out []byte, text string) bool {
	if len(text) != 2*len(out) {
		return false
	}
	_, err := hex.Decode(out, []byte(text))
	return err == nil
}
