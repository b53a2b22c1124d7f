package torture

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/tlog"

	"parvis/app/voting"
)

// vote is what a voter remembers of a ballot they sent.
type vote struct {
	voter        voting.Voter
	nonce        voting.Nonce
	marks        string // in canonical form
	index        int64  // on the receipt; -1 when the voter saw none
	acknowledged bool   // the voter was told that it counts
	refused      bool   // the voter was told that it does not
}

// evidence is what the stored rows say of a poll, confronted with what its
// voters remember.
type evidence struct {
	acknowledged, refused, lost, doubled int
	ballots                              int
	logVerified                          bool
	problems                             []string
}

func (e *evidence) problem(format string, args ...any) {
	e.problems = append(e.problems, fmt.Sprintf(format, args...))
}

// box is a poll as PostgreSQL has it, read past row level security and past
// the ballot box: nothing below trusts the code it checks.
type box struct {
	secret  []byte
	size    int64
	root    tlog.Hash
	people  int64
	blank   int64
	counts  map[string]int64 // "a=1" → ballots
	entries []entry
	ballots map[voting.Key]ballot
	sent    map[voting.Nonce]int64 // accepted submissions → index
	roll    int64
	change  bool
}

type entry struct {
	kind       string
	leaf, data []byte
	key        voting.Key // of a ballot
	seq        int64
	inner      [32]byte
}

type ballot struct {
	seq   int64
	nonce voting.Nonce
	marks string
	index int64
}

// inspect reads a poll and confronts it with all the votes sent to it.
func inspect(t testing.TB, db *pgxpool.Pool, id voting.PollID, votes []vote) *evidence {
	t.Helper()
	b, err := readBox(context.Background(), db, id)
	for tries := 0; err != nil && tries < 20; tries++ { // its connection died of the fault
		db.Reset()
		time.Sleep(50 * time.Millisecond)
		b, err = readBox(context.Background(), db, id)
	}
	if err != nil {
		t.Fatalf("read a poll: %v", err)
	}
	e := &evidence{ballots: len(b.ballots), logVerified: true}
	e.checkLog(b)
	e.checkSequences(b)
	e.checkCounts(b)
	e.checkVotes(b, votes)
	return e
}

func readBox(ctx context.Context, db *pgxpool.Pool, id voting.PollID) (*box, error) {
	b := &box{counts: map[string]int64{}, ballots: map[voting.Key]ballot{}, sent: map[voting.Nonce]int64{}}
	tx, err := db.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	var root, counts []byte
	err = tx.QueryRow(ctx, `SELECT s.voters, h.log_size, h.root, h.participants, h.blank, h.counts, p.allow_change,
			(SELECT count(*) FROM voting.roll r WHERE r.poll_id = h.poll_id)
		FROM voting.heads h JOIN voting.polls p ON p.id = h.poll_id JOIN voting.poll_secrets s ON s.poll_id = h.poll_id
		WHERE h.poll_id = $1`, id.String()).Scan(&b.secret, &b.size, &root, &b.people, &b.blank, &counts, &b.change, &b.roll)
	if err != nil {
		return nil, err
	}
	b.root = tlog.Hash(root)
	var cells []voting.Cell
	if err := json.Unmarshal(counts, &cells); err != nil {
		return nil, err
	}
	for _, c := range cells {
		b.counts[fmt.Sprintf("%s=%d", c.Option, c.Value)] = c.Votes
	}
	return b, b.readRows(ctx, tx, id)
}

func (b *box) readRows(ctx context.Context, tx pgx.Tx, id voting.PollID) error {
	var index, seq int64
	var kind, marks string
	var one, two []byte
	rows, _ := tx.Query(ctx, `SELECT index, kind, leaf, data FROM voting.log_entries WHERE poll_id = $1 ORDER BY index`, id.String())
	_, err := pgx.ForEachRow(rows, []any{&index, &kind, &one, &two}, func() error {
		if index != int64(len(b.entries)) {
			return fmt.Errorf("entry %d of the log has index %d", len(b.entries), index)
		}
		e := entry{kind: kind, leaf: bytes.Clone(one), data: bytes.Clone(two)}
		if kind == "ballot" && len(two) == 72 {
			e.key, e.seq, e.inner = voting.Key(two[:32]), int64(binary.BigEndian.Uint64(two[32:40])), [32]byte(two[40:])
		}
		b.entries = append(b.entries, e)
		return nil
	})
	if err != nil {
		return err
	}
	rows, _ = tx.Query(ctx, `SELECT ballot_key, nonce, seq, marks, log_index FROM voting.ballots WHERE poll_id = $1`, id.String())
	_, err = pgx.ForEachRow(rows, []any{&one, &two, &seq, &marks, &index}, func() error {
		b.ballots[voting.Key(one)] = ballot{seq, voting.Nonce(two), marks, index}
		return nil
	})
	if err != nil {
		return err
	}
	rows, _ = tx.Query(ctx, `SELECT nonce, log_index FROM voting.submissions WHERE poll_id = $1`, id.String())
	_, err = pgx.ForEachRow(rows, []any{&one, &index}, func() error {
		b.sent[voting.Nonce(one)] = index
		return nil
	})
	return err
}

// at is an entry of the log, or nothing where there is none.
func (b *box) at(index int64) entry {
	if index < 0 || index >= int64(len(b.entries)) {
		return entry{}
	}
	return b.entries[index]
}

// checkLog hashes every entry again and rebuilds the tree.
func (e *evidence) checkLog(b *box) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			out[i] = stored[at]
		}
		return out, nil
	})
	for i, entry := range b.entries {
		public := entry.data
		if entry.kind == "ballot" {
			commitment := sha256.Sum256(entry.data)
			public = commitment[:]
		}
		leaf := tlog.RecordHash(append([]byte(entry.kind+"\n"), public...))
		if leaf != tlog.Hash(entry.leaf) {
			e.logIsWrong("the leaf of entry %d is not that of its content", i)
		}
		more, err := tlog.StoredHashesForRecordHash(int64(i), leaf, reader)
		if err != nil {
			e.logIsWrong("entry %d: %v", i, err)
			return
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(int64(len(b.entries)), reader)
	if err != nil || b.size != int64(len(b.entries)) || b.root != root {
		e.logIsWrong("the head says %d %v, the log %d %v (%v)", b.size, b.root, len(b.entries), root, err)
	}
}

func (e *evidence) logIsWrong(format string, args ...any) {
	e.logVerified = false
	e.problem(format, args...)
}

// checkSequences: each key's ballots are numbered from one on, each was a
// submission of its own, and the last is the one that counts.
func (e *evidence) checkSequences(b *box) {
	last := map[voting.Key]ballot{}
	at := map[int64]bool{}
	for i, entry := range b.entries {
		if entry.kind != "ballot" {
			continue
		}
		at[int64(i)] = true
		if entry.seq != last[entry.key].seq+1 {
			e.logIsWrong("entry %d has rank %d, after rank %d of its key", i, entry.seq, last[entry.key].seq)
		}
		if entry.seq > 1 && !b.change {
			e.doubled++
			e.problem("entry %d: a second ballot, in a poll that takes one", i)
		}
		last[entry.key] = ballot{seq: entry.seq, index: int64(i)}
	}
	for key, own := range b.ballots {
		if want := last[key]; own.seq != want.seq || own.index != want.index || inner(own.nonce, own.marks) != b.at(own.index).inner {
			e.problem("the ballot that counts (rank %d, leaf %d) is not the last one of the log (rank %d, leaf %d)", own.seq, own.index, want.seq, want.index)
		}
	}
	for nonce, index := range b.sent {
		if !at[index] {
			e.problem("submission %v points at entry %d, which is no ballot or another's", nonce, index)
		}
		delete(at, index)
	}
	if len(at) > 0 || len(last) != len(b.ballots) {
		e.problem("%d ballots of the log without a submission; %d keys in the log, %d ballots", len(at), len(last), len(b.ballots))
	}
}

// checkCounts counts the ballots again.
func (e *evidence) checkCounts(b *box) {
	counts, blank := map[string]int64{}, int64(0)
	for _, own := range b.ballots {
		marks, err := voting.DecodeMarks(own.marks)
		if err != nil {
			e.problem("stored marks %q: %v", own.marks, err)
		}
		for _, m := range marks {
			counts[fmt.Sprintf("%s=%d", m.Option, m.Value)]++
		}
		if len(marks) == 0 {
			blank++
		}
	}
	if !maps.Equal(counts, b.counts) || blank != b.blank {
		e.problem("the head counts %v and %d blank, the ballots are %v and %d", b.counts, b.blank, counts, blank)
	}
	if n := int64(len(b.ballots)); b.roll != n || b.people != n {
		e.problem("roll %d, ballots %d, participants %d", b.roll, n, b.people)
	}
}

// checkVotes looks for each vote where its voter expects it.
func (e *evidence) checkVotes(b *box, votes []vote) {
	known, latest := map[voting.Key]bool{}, map[voting.Key]int64{}
	sent := map[voting.Nonce]bool{}
	for _, v := range votes {
		key := b.key("ballot", v.voter)
		known[key], sent[v.nonce] = true, true
		index, in := b.sent[v.nonce]
		switch {
		case v.refused:
			e.refused++
			if in {
				e.problem("vote %v was refused and is in the box", v.nonce)
			}
		case v.acknowledged:
			e.acknowledged++
			if !in || v.index >= 0 && index != v.index || b.at(index).key != key || b.at(index).inner != inner(v.nonce, v.marks) {
				e.lost++
				continue
			}
			latest[key] = max(latest[key], index)
		}
	}
	for key, index := range latest {
		if b.ballots[key].index < index {
			e.lost++
			e.problem("a voter's ballot of leaf %d counts, the one of leaf %d was acknowledged later", b.ballots[key].index, index)
		}
	}
	for nonce := range b.sent {
		if !sent[nonce] {
			e.doubled++
			e.problem("nobody sent submission %v", nonce)
		}
	}
	for key := range b.ballots {
		if !known[key] {
			e.doubled++
			e.problem("a ballot counts that is no voter's")
		}
	}
}

// key is a voter's pseudonym, computed here a second time.
func (b *box) key(purpose string, v voting.Voter) voting.Key {
	mac := hmac.New(sha256.New, b.secret)
	fmt.Fprintf(mac, "%s\n%s\n", purpose, v.Kind)
	mac.Write(v.ID[:])
	return voting.Key(mac.Sum(nil))
}

func inner(n voting.Nonce, marks string) [32]byte {
	return sha256.Sum256(slices.Concat(n[:], []byte(marks)))
}

// TestTheEvidenceWouldShowHarm does to a sound poll what faults must not do,
// and expects each to be seen.
func TestTheEvidenceWouldShowHarm(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.open(terms())
	voters := h.citizens(12)
	var votes []vote
	for i, v := range voters[:10] {
		votes = append(votes, h.cast(id, v, string(rune('a'+i%3))))
	}
	if e := inspect(t, h.super, id, votes); e.lost+e.doubled != 0 || !e.logVerified || len(e.problems) > 0 || e.acknowledged != 10 || e.ballots != 10 {
		t.Fatalf("a sound poll: %+v", e)
	}
	for name, harm := range map[string]string{
		"an entry of the log is changed":   `UPDATE voting.log_entries SET data = set_byte(data, 50, get_byte(data, 50) # 1) WHERE index = 4 AND poll_id = $1`,
		"the end of the log is cut":        `DELETE FROM voting.log_entries WHERE index = 11 AND poll_id = $1`,
		"the head counts one more":         `UPDATE voting.heads SET participants = participants + 1 WHERE poll_id = $1`,
		"a ballot is changed":              `UPDATE voting.ballots SET marks = 'c=1' WHERE marks = 'b=1' AND poll_id = $1`,
		"a ballot is taken out":            `DELETE FROM voting.ballots WHERE log_index = 3 AND poll_id = $1`,
		"a submission is forgotten":        `DELETE FROM voting.submissions WHERE log_index = 5 AND poll_id = $1`,
		"somebody is added to the roll":    `INSERT INTO voting.roll SELECT tenant_id, poll_id, sha256('x'), 'web' FROM voting.heads WHERE poll_id = $1`,
		"a ballot comes from nobody":       `INSERT INTO voting.ballots SELECT tenant_id, poll_id, sha256('x'), 1, '\x00112233445566778899aabbccddeeff', 'a=1', 3 FROM voting.heads WHERE poll_id = $1`,
		"the root is that of another tree": `UPDATE voting.heads SET root = sha256('x') WHERE poll_id = $1`,
	} {
		if e := h.harmed(id, votes, harm); len(e.problems) == 0 && e.lost == 0 {
			t.Errorf("%s: not seen", name)
		}
	}
	if e := inspect(t, h.super, id, append(votes, vote{voter: voters[10], nonce: voting.NewNonce(), index: -1, acknowledged: true})); e.lost != 1 {
		t.Errorf("%d lost, of one that never was in the box", e.lost)
	}
	if e := inspect(t, h.super, id, votes[1:]); e.doubled == 0 {
		t.Error("a ballot that nobody sent: not seen")
	}
}

// harmed looks at a poll after a statement, which it then undoes.
func (h *hall) harmed(id voting.PollID, votes []vote, harm string) *evidence {
	h.Helper()
	ctx := context.Background()
	saved := map[string]string{}
	tables := []string{"heads", "log_entries", "ballots", "submissions", "roll"}
	for _, name := range tables {
		saved[name] = fmt.Sprintf("saved_%s_%s", name, uuid.NewString()[:8])
		h.exec(ctx, fmt.Sprintf(`CREATE TABLE %s AS TABLE voting.%s`, saved[name], name))
	}
	h.exec(ctx, harm, id.String())
	e := inspect(h, h.super, id, votes)
	for _, name := range tables {
		h.exec(ctx, fmt.Sprintf(`DELETE FROM voting.%s`, name))
		h.exec(ctx, fmt.Sprintf(`INSERT INTO voting.%s TABLE %s`, name, saved[name]))
	}
	return e
}
