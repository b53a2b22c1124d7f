package voting

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// tree is an RFC 6962 Merkle tree that only grows: of all the hashes it keeps
// those of the complete subtrees, largest first, which is enough to append a
// leaf and to know the root. A million leaves take twenty hashes.
type tree struct {
	size     int64
	frontier []tlog.Hash
}

var errFrontier = errors.New("the log's frontier does not fit its size")

// treeOf restores a tree from its stored size and frontier.
func treeOf(size int64, frontier []byte) (tree, error) {
	if len(frontier)%tlog.HashSize != 0 || len(frontier)/tlog.HashSize != bits.OnesCount64(uint64(size)) {
		return tree{}, errFrontier
	}
	t := tree{size: size}
	for ; len(frontier) > 0; frontier = frontier[tlog.HashSize:] {
		t.frontier = append(t.frontier, tlog.Hash(frontier[:tlog.HashSize]))
	}
	return t, nil
}

// append adds a leaf and returns its index.
func (t *tree) append(leaf tlog.Hash) int64 {
	t.frontier = append(t.frontier, leaf)
	// One complete subtree is merged for each trailing one bit of the old size.
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.frontier) - 1
		t.frontier[last-1] = tlog.NodeHash(t.frontier[last-1], t.frontier[last])
		t.frontier = t.frontier[:last]
	}
	t.size++
	return t.size - 1
}

// root returns the hash of the whole tree; that of the empty one is the hash
// of nothing, as RFC 6962 says.
func (t *tree) root() tlog.Hash {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	last := len(t.frontier) - 1
	hash := t.frontier[last]
	for i := last - 1; i >= 0; i-- {
		hash = tlog.NodeHash(t.frontier[i], hash)
	}
	return hash
}

// bytes returns the frontier as it is stored.
func (t *tree) bytes() []byte {
	out := make([]byte, 0, len(t.frontier)*tlog.HashSize)
	for _, h := range t.frontier {
		out = append(out, h[:]...)
	}
	return out
}

// EntryKind says what an entry of a poll's log records.
type EntryKind string

// The kinds of entries.
const (
	EntryRuleset    EntryKind = "ruleset"    // the rules, and each new version of them
	EntryOpened     EntryKind = "opened"     // with the hash of the seed that will decide ties
	EntryBallot     EntryKind = "ballot"     // a commitment
	EntryPaper      EntryKind = "paper"      // a batch of paper ballots: how many, and a hash
	EntryCorrection EntryKind = "correction" // another version of a batch, with its reason
	EntryPaperDone  EntryKind = "paper_done" // every sheet is in
	EntryExtended   EntryKind = "extended"   // a later closing, with its reason
	EntryClosed     EntryKind = "closed"     // with the seed
	EntryResult     EntryKind = "result"     // the result
	EntryCancelled  EntryKind = "cancelled"  // called off, with its reason
)

// record is what a leaf is the hash of: the kind, a line feed, and the data
// that everybody may see (of a ballot, its commitment).
func record(kind EntryKind, public []byte) []byte {
	out := make([]byte, 0, len(kind)+1+len(public))
	out = append(out, kind...)
	out = append(out, '\n')
	return append(out, public...)
}

// opening is what a ballot's commitment is the hash of. It is kept with the
// entry, and published after closing for every leaf, so that a dropped ballot
// cannot pass for a replaced one.
type opening struct {
	key   Key
	seq   int64 // 1 for the voter's first ballot in this poll
	inner [32]byte
}

const openingSize = 32 + 8 + 32

func (o opening) bytes() []byte {
	out := make([]byte, 0, openingSize)
	out = append(out, o.key[:]...)
	out = binary.BigEndian.AppendUint64(out, uint64(o.seq))
	return append(out, o.inner[:]...)
}

func openingOf(data []byte) (opening, error) {
	if len(data) != openingSize {
		return opening{}, errors.New("a ballot's entry in the log has not its size")
	}
	return opening{
		key:   Key(data[:32]),
		seq:   int64(binary.BigEndian.Uint64(data[32:40])),
		inner: [32]byte(data[40:]),
	}, nil
}

func (o opening) commitment() [32]byte { return sha256.Sum256(o.bytes()) }

// ballotLeaf returns the commitment of a ballot and the hash of its leaf.
func (o opening) leaf() (commitment [32]byte, leaf tlog.Hash) {
	commitment = o.commitment()
	return commitment, tlog.RecordHash(record(EntryBallot, commitment[:]))
}
