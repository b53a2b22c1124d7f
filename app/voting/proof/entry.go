package proof

import (
	"crypto/sha256"
	"encoding/binary"

	"golang.org/x/mod/sumdb/tlog"
)

// The kinds of entries.
const (
	KindRuleset    = "ruleset"
	KindOpened     = "opened"
	KindBallot     = "ballot"
	KindExtended   = "extended"
	KindPaper      = "paper"      // a batch of paper ballots
	KindCorrection = "correction" // of a batch
	KindPaperDone  = "paper_done" // every paper ballot is in
	KindClosed     = "closed"
	KindResult     = "result"
)

// Inner is the hash that hides a ballot's content: of its nonce and its marks.
func (o Opened) Inner() [32]byte {
	return sha256.Sum256(append(append([]byte{}, o.Nonce[:]...), o.Marks...))
}

// Commitment is what a ballot's leaf commits to: its key, its rank among the
// ballots of that key, on eight bytes, and its inner hash.
func (b *Ballot) Commitment() [32]byte {
	out := make([]byte, 0, 72)
	out = append(out, b.Key[:]...)
	out = binary.BigEndian.AppendUint64(out, uint64(b.Seq))
	return sha256.Sum256(append(out, b.Inner[:]...))
}

// Leaf is the hash of the entry's leaf in the log.
func (e *Entry) Leaf() tlog.Hash {
	if e.Ballot == nil {
		return tlog.RecordHash(Record(e.Kind, []byte(e.Data)))
	}
	return BallotLeaf(e.Ballot.Commitment())
}

// BallotLeaf is the hash of the leaf of a ballot, given its commitment.
func BallotLeaf(commitment [32]byte) tlog.Hash {
	return tlog.RecordHash(Record(KindBallot, commitment[:]))
}
