package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree is an RFC 6962 Merkle tree that only grows. It keeps the hashes of its
// complete subtrees, largest first, and no leaf.
type Tree struct {
	size  int64
	peaks []tlog.Hash
}

// Append adds a leaf, given its hash.
func (t *Tree) Append(leaf tlog.Hash) {
	t.peaks = append(t.peaks, leaf)
	for n := t.size; n&1 == 1; n >>= 1 { // a subtree ends for each trailing one of the size
		last := len(t.peaks) - 1
		t.peaks[last-1] = tlog.NodeHash(t.peaks[last-1], t.peaks[last])
		t.peaks = t.peaks[:last]
	}
	t.size++
}

// Size returns the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Root returns the hash of the whole tree; that of no leaf is the hash of nothing.
func (t *Tree) Root() tlog.Hash {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	last := len(t.peaks) - 1
	root := t.peaks[last]
	for i := last - 1; i >= 0; i-- {
		root = tlog.NodeHash(t.peaks[i], root)
	}
	return root
}

// Record returns what the leaf of an entry is the hash of: its kind, a line
// feed, and what everybody may see of it.
func Record(kind string, public []byte) []byte {
	out := make([]byte, 0, len(kind)+1+len(public))
	out = append(out, kind...)
	out = append(out, '\n')
	return append(out, public...)
}

// CheckpointText is what is signed of a tree: its origin, its size and its root
// (C2SP tlog-checkpoint).
func CheckpointText(origin string, size int64, root tlog.Hash) string {
	return origin + "\n" + strconv.FormatInt(size, 10) + "\n" + root.String() + "\n"
}

// StampText is what is signed of one ballot, at once, before any checkpoint
// covers it: its place, its leaf, and the nonce by which its voter finds it.
// Its second line is no number, so that it never passes for a checkpoint.
func StampText(origin string, index int64, leaf tlog.Hash, nonce [16]byte) string {
	return origin + "\nleaf " + strconv.FormatInt(index, 10) + "\n" + leaf.String() + "\nnonce " + hex.EncodeToString(nonce[:]) + "\n"
}
