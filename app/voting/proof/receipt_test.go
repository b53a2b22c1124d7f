package proof_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	mathrand "math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"parvis/app/voting/counting"
	"parvis/app/voting/proof"
	"parvis/app/voting/proof/prooftest"
	"parvis/app/voting/proof/sample"
)

// receiptsOf returns the receipt of each ballot of a log, proven by its
// last checkpoint before the closing.
func receiptsOf(t *testing.T, l *sample.Log) (list []proof.Receipt) {
	t.Helper()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) (hashes []tlog.Hash, err error) {
		for _, i := range at {
			hashes = append(hashes, stored[i])
		}
		return hashes, nil
	})
	for _, e := range l.Entries {
		more, err := tlog.StoredHashesForRecordHash(e.Index, e.Leaf(), reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	size := int64(len(l.Entries))
	for _, e := range l.Entries {
		if e.Ballot == nil {
			continue
		}
		var nonce [16]byte // of a replaced ballot only its voter knows it
		if e.Ballot.Opened != nil {
			nonce = e.Ballot.Opened.Nonce
		}
		r := proof.NewReceipt(l.Signer, l.Poll, e.Index, nonce, e.Ballot.Commitment())
		var err error
		if r.Proof, err = tlog.ProveRecord(size, e.Index, reader); err != nil {
			t.Fatal(err)
		}
		r.Checkpoint = l.Signed[size]
		list = append(list, r)
	}
	return list
}

func sampleLog(seed uint64) *sample.Log {
	return sample.New(mathrand.New(mathrand.NewPCG(seed, 5)), sample.Options{Method: counting.Plurality, Voters: 12, Again: true})
}

// TestAReceiptFindsItsBallot: counted with what it says, or replaced by the
// voter's later one.
func TestAReceiptFindsItsBallot(t *testing.T) {
	t.Parallel()
	log := sampleLog(1)
	counted, replaced := 0, 0
	for _, r := range receiptsOf(t, log) {
		if alone := r.Verify(sample.Key()); !alone.OK || !alone.Proven || !alone.Pinned {
			t.Fatalf("leaf %d, alone: %+v", r.Index, alone)
		}
		report := verify(t, log.Archive(), proof.Options{Receipt: &r})
		if !report.OK {
			t.Fatalf("leaf %d: %v", r.Index, report.Fault)
		}
		b := log.Entries[r.Index].Ballot
		switch got := report.Receipt; {
		case b.Opened != nil:
			counted++
			if !got.Counted || got.Replaced || got.Marks != b.Opened.Marks {
				t.Errorf("leaf %d: %+v", r.Index, got)
			}
		default:
			replaced++
			if got.Counted || !got.Replaced || log.Entries[got.By].Ballot.Key != b.Key {
				t.Errorf("leaf %d: %+v", r.Index, got)
			}
		}
	}
	if counted != 12 || replaced == 0 {
		t.Errorf("%d counted, %d replaced", counted, replaced)
	}
}

// TestAForgedReceiptIsRefused: whatever bit is flipped.
func TestAForgedReceiptIsRefused(t *testing.T) {
	t.Parallel()
	log := sampleLog(2)
	second := prooftest.New(t)
	var files []file
	for _, r := range receiptsOf(t, log)[:2] {
		sound := r.Encode()
		if read, err := proof.DecodeReceipt(sound); err != nil || !read.Verify(sample.Key()).OK {
			t.Fatal(err)
		}
		for bit := range 8 * (len(sound) - 1) {
			forged := bytes.Clone(sound)
			forged[bit/8] ^= 1 << (bit % 8)
			if bytes.Equal(bytes.TrimSpace(forged), bytes.TrimSpace(sound)) {
				continue
			}
			read, err := proof.DecodeReceipt(forged)
			if err == nil && read.Verify(sample.Key()).OK {
				t.Errorf("accepted with bit %d flipped: %s", bit, forged)
			}
			if bit%17 == 0 {
				files = append(files, file{"receipt", forged, true})
			}
		}
		files = append(files, file{"receipt", sound, false})
	}
	for i, other := range second.Receipts(sample.Key(), archives(files)...) {
		if other.OK == files[i].forged {
			t.Errorf("in JavaScript: %s: forged %v, ok %v, %+v", files[i].archive, files[i].forged, other.OK, other.Fault)
		}
	}
}

// TestAReceiptOfAnotherLogIsRefused: the town showed one log to the voter, and
// published another.
func TestAReceiptOfAnotherLogIsRefused(t *testing.T) {
	t.Parallel()
	log, other := sampleLog(3), sampleLog(4)
	of := receiptsOf(t, log)
	refused := func(name, want string, archive []byte, r proof.Receipt) {
		t.Helper()
		report := verify(t, archive, proof.Options{Receipt: &r})
		if report.OK || report.Fault.Code != want || report.Receipt.OK {
			t.Errorf("%s: %+v, want %s", name, report.Fault, want)
		}
	}
	refused("another poll", "receipt.other_poll", other.Archive(), of[0])
	elsewhere := proof.NewReceipt(log.Signer, log.Poll, of[0].Index, of[0].Nonce, of[1].Commitment)
	refused("another leaf", "receipt.leaf", log.Archive(), elsewhere)
	late := proof.NewReceipt(log.Signer, log.Poll, 10_000, of[0].Nonce, of[0].Commitment)
	refused("no leaf", "receipt.leaf", log.Archive(), late)
	split := of[0]
	leaf := proof.BallotLeaf(split.Commitment)
	var tree proof.Tree
	tree.Append(leaf)
	split = proof.NewReceipt(log.Signer, log.Poll, 0, split.Nonce, split.Commitment)
	split.Checkpoint, split.Proof = log.Signer.Sign(proof.CheckpointText(log.Signer.Name, 1, tree.Root())), nil
	if !split.Verify(sample.Key()).OK {
		t.Fatal("a receipt of another view of the log stands alone")
	}
	refused("another view of the log", "receipt.leaf", log.Archive(), split)
	last := of[len(of)-1]
	long := proof.NewReceipt(log.Signer, log.Poll, last.Index, last.Nonce, last.Commitment)
	long.Checkpoint, long.Proof = grownOtherwise(t, log, last.Index)
	refused("a longer log", "receipt.log", log.Archive(), long)
	for _, r := range of {
		if log.Entries[r.Index].Ballot.Opened != nil {
			r.Nonce[0]++
			r = proof.NewReceipt(log.Signer, log.Poll, r.Index, r.Nonce, r.Commitment)
			refused("another nonce", "receipt.nonce", log.Archive(), r)
			break
		}
	}
}

// grownOtherwise proves a leaf in a log that is like another up to that leaf,
// and longer than it in the end.
func grownOtherwise(t *testing.T, l *sample.Log, index int64) (string, tlog.RecordProof) {
	t.Helper()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) (hashes []tlog.Hash, err error) {
		for _, i := range at {
			hashes = append(hashes, stored[i])
		}
		return hashes, nil
	})
	var tree proof.Tree
	size := int64(len(l.Entries)) + 5
	for i := range size {
		leaf := tlog.RecordHash([]byte{byte(i)})
		if i <= index {
			leaf = l.Entries[i].Leaf()
		}
		tree.Append(leaf)
		more, err := tlog.StoredHashesForRecordHash(i, leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	p, err := tlog.ProveRecord(size, index, reader)
	if err != nil {
		t.Fatal(err)
	}
	return l.Signer.Sign(proof.CheckpointText(l.Signer.Name, size, tree.Root())), p
}

// TestASquareCodeHoldsAReceipt: short enough to be scanned, and bound to the town.
func TestASquareCodeHoldsAReceipt(t *testing.T) {
	t.Parallel()
	for _, r := range receiptsOf(t, sampleLog(6)) {
		text := r.Compact()
		if len(text) > 200 {
			t.Errorf("%d characters", len(text))
		}
		read, err := proof.ParseCompact(text, sample.Key())
		if err != nil || !read.Verify(sample.Key()).OK || read.Nonce != r.Nonce || read.Index != r.Index || read.Stamp != r.Stamp {
			t.Fatalf("%v, %+v", err, read)
		}
		for i := range len(text) {
			for _, c := range []string{"A", "_"} {
				if text[i:i+1] == c {
					continue
				}
				forged, err := proof.ParseCompact(text[:i]+c+text[i+1:], sample.Key())
				if err == nil && forged.Verify(sample.Key()).OK {
					t.Errorf("accepted with %s at %d", c, i)
				}
			}
		}
	}
}

// TestCheckpointsAreReadByPublicTools: our signed notes are those of
// golang.org/x/mod/sumdb/note, and our trees those of tlog.
func TestCheckpointsAreReadByPublicTools(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const origin = "saint-dizier.example.fr/votes/6f6d1d3c-1111-4222-8333-444455556666/journal"
	signer := proof.NewSigner(origin, private)
	if vkey, err := note.NewEd25519VerifierKey(origin, public); err != nil || vkey != signer.String() {
		t.Errorf("%s, %v, want %s", signer, err, vkey)
	}
	var tree proof.Tree
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) (hashes []tlog.Hash, err error) {
		for _, i := range at {
			hashes = append(hashes, stored[i])
		}
		return hashes, nil
	})
	for n := range int64(70) {
		leaf := tlog.RecordHash([]byte(strings.Repeat("x", int(n))))
		tree.Append(leaf)
		more, err := tlog.StoredHashesForRecordHash(n, leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
		want, err := tlog.TreeHash(n+1, reader)
		if err != nil || tree.Root() != want || tree.Size() != n+1 {
			t.Fatalf("%d leaves: root %s, %v, want %s", n+1, tree.Root(), err, want)
		}
	}
	verifier, err := note.NewVerifier(signer.String())
	if err != nil {
		t.Fatal(err)
	}
	text := proof.CheckpointText(origin, tree.Size(), tree.Root())
	n, err := note.Open([]byte(signer.Sign(text)), note.VerifierList(verifier))
	if err != nil || n.Text != text {
		t.Errorf("%v, %v", err, n)
	}
	if key, err := proof.ParseKey(signer.String()); err != nil || !key.Same(signer.Key) || key.Name != origin {
		t.Errorf("%v, %v", key, err)
	}
}
