package voting

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// TestTheRootIsThatOfAnyOtherImplementation compares with tlog's own trees at
// every size, storing and restoring in between.
func TestTheRootIsThatOfAnyOtherImplementation(t *testing.T) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			out[i] = stored[at]
		}
		return out, nil
	})
	var log tree
	if log.root() != tlog.Hash(sha256.Sum256(nil)) {
		t.Error("the root of an empty log is not that of RFC 6962")
	}
	for n := range int64(300) {
		leaf := tlog.RecordHash(fmt.Append(nil, "ballot ", n))
		more, err := tlog.StoredHashesForRecordHash(n, leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
		if log, err = treeOf(log.size, log.bytes()); err != nil {
			t.Fatal(err)
		}
		if at := log.append(leaf); at != n {
			t.Fatalf("leaf %d was given index %d", n, at)
		}
		want, err := tlog.TreeHash(n+1, reader)
		if err != nil {
			t.Fatal(err)
		}
		if log.root() != want {
			t.Fatalf("after %d leaves the root is %v, want %v", n+1, log.root(), want)
		}
	}
}

func TestADamagedFrontierIsRefused(t *testing.T) {
	for size, frontier := range map[int64]int{0: 32, 1: 0, 3: 32, 4: 64, 5: 63} {
		if _, err := treeOf(size, make([]byte, frontier)); err == nil {
			t.Errorf("%d bytes pass for the frontier of %d leaves", frontier, size)
		}
	}
}
