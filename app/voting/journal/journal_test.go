package journal_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/app/voting/journal"
	"parvis/app/voting/proof"
	"parvis/app/voting/proof/prooftest"
	"parvis/realtime"
)

var secret = []byte("a secret of thirty-two bytes or so")

// hall is a town with its ballot box and its journal.
type hall struct {
	*testing.T
	db    *testkit.DB
	town  *tenant.Tenant
	box   *voting.Box
	watch *journal.Watch
	*journal.Journal
}

func newHall(t *testing.T) *hall {
	t.Helper()
	db := testkit.Database(t)
	h := &hall{T: t, db: db, town: db.Tenant(t, testkit.WithModules("consultations")), watch: journal.NewWatch(nil)}
	h.box = voting.New(voting.Deps{DB: db.DB, Live: h.watch})
	h.Journal = journal.New(journal.Deps{DB: db.DB, Box: h.box, Watch: h.watch, Secret: secret})
	t.Cleanup(func() {
		if err := h.box.Drain(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

func terms(change ...func(*voting.Terms)) voting.Terms {
	t := voting.Terms{
		Question: "Quel nom pour la médiathèque ?", Method: voting.Plurality, AllowChange: true,
		Options:    []voting.Option{{Label: "Simone-Veil"}, {Label: "Aimé-Césaire"}, {Label: "Colette"}},
		Visibility: voting.Turnout, Room: voting.Room{Open: true},
	}
	for _, c := range change {
		c(&t)
	}
	return t
}

func hidden(t *voting.Terms)   { t.Visibility = voting.Hidden }
func forLater(t *voting.Terms) { t.Release = voting.ByAct }
func until(at time.Time) func(*voting.Terms) {
	return func(t *voting.Terms) { t.Closes = at }
}

func (h *hall) open(t voting.Terms) (id voting.PollID) {
	h.Helper()
	err := h.db.InTenant(h.Context(), h.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		id, err = h.box.Create(ctx, tx, h.town.ID, voting.Subject{Module: "consultations", ID: uuid.New()}, t)
		return err
	})
	if err == nil {
		err = h.box.Open(h.Context(), h.town.ID, id, voting.Act{})
	}
	if err != nil {
		h.Fatal(err)
	}
	return id
}

func (h *hall) close(id voting.PollID) {
	h.Helper()
	if err := h.box.Close(h.Context(), h.town.ID, id, voting.Act{Reason: "La réunion est finie."}); err != nil {
		h.Fatal(err)
	}
}

// vote casts a ballot of each device, and returns the receipts.
func (h *hall) vote(id voting.PollID, choice string, devices ...uuid.UUID) []voting.Receipt {
	h.Helper()
	receipts := make([]voting.Receipt, len(devices))
	var group sync.WaitGroup
	for i, d := range devices {
		group.Go(func() {
			var err error
			receipts[i], err = h.box.Cast(h.Context(), h.town.ID, voting.Submission{
				Poll: id, Voter: voting.ByDevice(d), Nonce: voting.NewNonce(), Channel: voting.Meeting,
				Marks: []voting.Mark{{Option: choice, Value: voting.Chosen}},
			})
			if err != nil {
				h.Errorf("cast: %v", err)
			}
		})
	}
	group.Wait()
	return receipts
}

func devices(n int) []uuid.UUID {
	list := make([]uuid.UUID, n)
	for i := range list {
		list[i] = uuid.New()
	}
	return list
}

// checkpoint returns the last checkpoint once it covers the whole log.
func (h *hall) checkpoint(id voting.PollID) (tlog.Tree, string) {
	h.Helper()
	head, err := h.box.Head(h.Context(), h.town.ID, id)
	if err != nil {
		h.Fatal(err)
	}
	for {
		signed, err := h.Checkpoint(h.Context(), h.town.ID, id, realtime.Host)
		if err != nil {
			h.Fatal(err)
		}
		tree := h.read(id, signed)
		if tree.N == head.LogSize {
			return tree, signed
		}
		time.Sleep(100 * time.Millisecond) // its second has its checkpoint: the database's clock alone can tell
	}
}

// read opens a checkpoint as public tools do.
func (h *hall) read(id voting.PollID, signed string) tlog.Tree {
	h.Helper()
	key, err := h.PollKey(h.Context(), h.town.ID, id)
	if err != nil {
		h.Fatal(err)
	}
	verifier, err := note.NewVerifier(key.String())
	if err != nil {
		h.Fatal(err)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		h.Fatalf("%v: %s", err, signed)
	}
	lines := strings.Split(n.Text, "\n")
	var tree tlog.Tree
	if _, err := fmt.Sscan(lines[1], &tree.N); err != nil {
		h.Fatal(err)
	}
	if tree.Hash, err = tlog.ParseHash(lines[2]); err != nil {
		h.Fatal(err)
	}
	if want := h.town.Hosts[0] + "/votes/" + id.String() + "/journal"; lines[0] != want || key.Name != want {
		h.Errorf("origin %s, key of %s, want %s", lines[0], key.Name, want)
	}
	return tree
}

// public reads tiles as anybody may.
type public struct {
	h  *hall
	id voting.PollID
}

func (p public) Height() int { return 8 }
func (p public) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		one, err := p.h.Tile(p.h.Context(), p.h.town.ID, p.id, tile, realtime.Public)
		if err != nil {
			return nil, err
		}
		data = append(data, one)
	}
	return data, nil
}
func (p public) SaveTiles([]tlog.Tile, [][]byte) {}

// TestEachCheckpointContinuesTheOneBefore: while ballots come in, at most one a
// second, each proven by public tools to be of the log that the one before was
// of, and the last one no more than a second or so behind.
func TestEachCheckpointContinuesTheOneBefore(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.open(terms())
	ctx, stop := context.WithCancel(t.Context())
	working := make(chan error, 1)
	go func() { working <- h.Work(ctx) }()
	var seen []tlog.Tree
	for range 6 {
		h.vote(id, "a", devices(60)...)
		tree, _ := h.checkpoint(id)
		seen = append(seen, tree)
	}
	stop()
	if err := <-working; err != nil {
		t.Error(err)
	}
	last := seen[len(seen)-1]
	if last.N != 2+6*60 {
		t.Fatalf("the last checkpoint is of %d leaves", last.N)
	}
	reader := tlog.TileHashReader(last, public{h, id})
	for i, old := range seen[:len(seen)-1] {
		p, err := tlog.ProveTree(last.N, old.N, reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckTree(p, last.N, last.Hash, old.N, old.Hash); err != nil {
			t.Errorf("checkpoint %d: %v", i, err)
		}
	}
	var repeated int
	err := h.db.Superuser(t).QueryRow(t.Context(), `SELECT count(*) - count(DISTINCT second) FROM voting.checkpoints`).Scan(&repeated)
	if err != nil || repeated != 0 {
		t.Errorf("%d checkpoints share their second, %v", repeated, err)
	}
}

// TestACheckpointComesByItself, with nobody asking for it, and the last of all
// before the program stops.
func TestACheckpointComesByItself(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.open(terms())
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	go func() { _ = h.Work(ctx) }()
	signed := func() (size int64) {
		if err := h.db.Superuser(t).QueryRow(t.Context(), `SELECT coalesce(max(size), 0) FROM voting.checkpoints`).Scan(&size); err != nil {
			t.Fatal(err)
		}
		return size
	}
	h.vote(id, "a", devices(3)...)
	for signed() < 5 && ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond) // what a clock of the database does cannot be waited for otherwise
	}
	if got := signed(); got != 5 {
		t.Errorf("signed up to %d leaves, want 5", got)
	}
	stop()
	h.vote(id, "b", devices(1)...)
	if err := h.Flush(t.Context()); err != nil || signed() != 6 {
		t.Errorf("stopped with %d leaves signed: %v", signed(), err)
	}
}

// TestAnotherNodesUnsignedLogIsFound: a node died between a commit and its
// checkpoint.
func TestAnotherNodesUnsignedLogIsFound(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.open(terms())
	h.vote(id, "a", devices(2)...)
	other := journal.New(journal.Deps{DB: h.db.DB, Box: h.box, Secret: secret})
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	go func() { _ = other.Work(ctx) }()
	for ctx.Err() == nil {
		var size int64
		if err := h.db.Superuser(t).QueryRow(t.Context(), `SELECT coalesce(max(size), 0) FROM voting.checkpoints`).Scan(&size); err != nil {
			t.Fatal(err)
		}
		if size == 4 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("nobody signed it")
}

// TestTilesAreTheLog: everything that public tools fetch agrees with the
// signed root, whole tiles and partial ones, at every level there is.
func TestTilesAreTheLog(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.open(terms())
	h.vote(id, "a", devices(700)...)
	tree, _ := h.checkpoint(id)
	reader := tlog.TileHashReader(tree, public{h, id})
	var entries []byte
	for n := int64(0); n*256 < tree.N; n++ {
		tile := tlog.Tile{H: 8, L: -1, N: n, W: int(min(256, tree.N-n*256))}
		part, err := h.Tile(t.Context(), h.town.ID, id, tile, realtime.Public)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, part...)
	}
	for i := range tree.N {
		size := int(binary.BigEndian.Uint16(entries))
		record := entries[2 : 2+size]
		entries = entries[2+size:]
		p, err := tlog.ProveRecord(tree.N, i, reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(p, tree.N, tree.Hash, i, tlog.RecordHash(record)); err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
		if bytes.HasPrefix(record, []byte("ballot")) && len(record) != len("ballot\n")+32 {
			t.Errorf("entry %d tells more than a commitment: %q", i, record)
		}
	}
	if len(entries) != 0 {
		t.Errorf("%d bytes too many", len(entries))
	}
	for _, beyond := range []tlog.Tile{
		{H: 8, L: 0, N: 2, W: int(tree.N-512) + 1}, {H: 8, L: 0, N: 3, W: 1}, {H: 8, L: 1, N: 0, W: 3}, {H: 8, L: 2, N: 0, W: 1},
		{H: 8, L: 7, N: 0, W: 1}, {H: 8, L: 63, N: 0, W: 1}, {H: 8, L: 0, N: 1 << 61, W: 1}, {H: 8, L: 0, N: 0, W: 0}, {H: 8, L: 0, N: -1, W: 1}, {H: 4, L: 0, N: 0, W: 1},
	} {
		if _, err := h.Tile(t.Context(), h.town.ID, id, beyond, realtime.Public); !errors.Is(err, voting.ErrNotFound) {
			t.Errorf("tile %+v: %v", beyond, err)
		}
	}
}

// export returns the archive of a closed poll.
func (h *hall) export(id voting.PollID) []byte {
	h.Helper()
	var out bytes.Buffer
	if err := h.Export(h.Context(), &out, h.town.ID, id, realtime.Public); err != nil {
		h.Fatal(err)
	}
	return out.Bytes()
}

func (h *hall) key() proof.Key {
	h.Helper()
	key, err := h.Key(h.Context(), h.town.ID)
	if err != nil {
		h.Fatal(err)
	}
	return key
}

// TestARealBudgetIsVerifiedTwice: baskets of many shapes, zones, ties, a project
// withdrawn during the vote; both verifiers count them alike by each rule.
func TestARealBudgetIsVerifiedTwice(t *testing.T) {
	t.Parallel()
	second := prooftest.New(t)
	h := newHall(t)
	var archives [][]byte
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 11))
		ballot := terms(func(terms *voting.Terms) {
			terms.Method = voting.BudgetMethods[seed%2]
			terms.Options = nil
			terms.Rule = counting.Rule{Envelopes: []counting.Envelope{{Cents: 900_00}, {Zone: "Nord", Cents: 300_00}}, MinVotes: int64(seed % 3)}
			terms.Rule.Completion = []counting.Completion{"", "utilitarian", "add1", "add1u"}[seed/2%4]
			terms.Rule.NoSkip = seed == 8
			for i := range 9 {
				terms.Options = append(terms.Options, voting.Option{ID: strconv.Itoa(i + 1), Label: fmt.Sprint("Projet ", i+1), Cost: int64(1+r.IntN(5)) * 60_00, Zone: []string{"", "", "Nord"}[i%3]})
			}
		})
		id := h.open(ballot)
		for _, voter := range devices(24) {
			var marks []voting.Mark
			for i := range 9 {
				if r.IntN(3) == 0 {
					marks = append(marks, voting.Mark{Option: strconv.Itoa(i + 1), Value: voting.Chosen})
				}
			}
			if _, err := h.box.Cast(t.Context(), h.town.ID, voting.Submission{Poll: id, Voter: voting.ByDevice(voter), Nonce: voting.NewNonce(), Marks: marks, Channel: voting.Meeting}); err != nil {
				t.Fatal(err)
			}
		}
		if seed%4 == 0 {
			h.withdraw(id, 4)
		}
		h.close(id)
		archives = append(archives, h.export(id))
	}
	for i, other := range second.Archives(h.key(), archives...) {
		ours, err := proof.Verify(bytes.NewReader(archives[i]), proof.Options{Key: h.key()})
		if err != nil || !ours.OK || prooftest.Line(ours) != prooftest.Line(&other) {
			t.Errorf("%d: %v: %s, in JavaScript %s", i, err, prooftest.Line(ours), prooftest.Line(&other))
		}
	}
}

// withdraw takes a project off a vote under way.
func (h *hall) withdraw(id voting.PollID, option int) {
	h.Helper()
	err := h.db.InTenant(h.Context(), h.town.ID, func(ctx context.Context, tx bun.Tx) error {
		poll, err := h.box.Poll(ctx, tx, h.town.ID, id)
		if err != nil {
			return err
		}
		terms := poll.Terms
		terms.Options = slices.Clone(terms.Options)
		terms.Options[option].Withdrawn = true
		return h.box.Update(ctx, tx, h.town.ID, id, terms, voting.Act{Reason: "Le terrain est vendu."})
	})
	if err != nil {
		h.Fatal(err)
	}
}

// TestMoreBallotsThanAnnouncedVerify: both verifiers count a majority of the
// entitled on the ballots, where more voted than were announced.
func TestMoreBallotsThanAnnouncedVerify(t *testing.T) {
	t.Parallel()
	second := prooftest.New(t)
	h := newHall(t)
	var archives [][]byte
	for _, entitled := range []int64{2, 5, 9} {
		id := h.open(terms(func(terms *voting.Terms) {
			terms.Method, terms.Rule.Base, terms.Entitled = voting.YesNoAbstain, counting.Enrolled, entitled
		}))
		for n, voter := range devices(5) {
			_, err := h.box.Cast(t.Context(), h.town.ID, voting.Submission{
				Poll: id, Voter: voting.ByDevice(voter), Nonce: voting.NewNonce(), Channel: voting.Meeting, Marks: []voting.Mark{{Option: "a", Value: n%3 - 1}},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		h.close(id)
		archives = append(archives, h.export(id))
	}
	for i, other := range second.Archives(h.key(), archives...) {
		ours, err := proof.Verify(bytes.NewReader(archives[i]), proof.Options{Key: h.key()})
		if err != nil || !ours.OK || prooftest.Line(ours) != prooftest.Line(&other) {
			t.Errorf("%d: %v: %s, in JavaScript %s", i, err, prooftest.Line(ours), prooftest.Line(&other))
		}
	}
}

// TestARealPollIsVerifiedTwice: a poll that is put off, whose rules change,
// whose voters change their mind, in each method; both verifiers accept its
// archive, and refuse it when a bit is flipped anywhere.
func TestARealPollIsVerifiedTwice(t *testing.T) {
	t.Parallel()
	second := prooftest.New(t)
	for _, method := range voting.Methods {
		t.Run(string(method), func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			soon := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
			id := h.open(terms(until(soon), func(terms *voting.Terms) { terms.Method = method }))
			voters := devices(300)
			first := h.vote(id, "a", voters...)
			again := h.vote(id, "b", voters[:120]...)
			if err := h.box.Extend(t.Context(), h.town.ID, id, soon.Add(time.Hour), voting.Act{Reason: "La page était « hors service » dimanche matin."}); err != nil {
				t.Fatal(err)
			}
			h.checkpoint(id)
			h.vote(id, "c", devices(40)...)
			h.close(id)
			archive := h.export(id)
			if !bytes.Equal(archive, h.export(id)) {
				t.Error("two exports differ")
			}
			report, err := proof.Verify(bytes.NewReader(archive), proof.Options{Key: h.key()})
			if err != nil || !report.OK {
				t.Fatalf("%v, %v", report.Fault, err)
			}
			if report.Ballots != 340 || report.Replaced != 120 || report.Rulesets != 2 || !report.Pinned {
				t.Errorf("%+v", report)
			}
			result, err := h.box.Results(t.Context(), h.town.ID, id, realtime.Public)
			if err != nil || report.SHA256 != result.SHA256 {
				t.Errorf("%v: the archive holds the result %s, the poll %s", err, report.SHA256, result.SHA256)
			}
			h.findReceipts(archive, first, again)
			files := [][]byte{archive}
			for range 40 {
				forged := bytes.Clone(archive)
				forged[rand.IntN(len(forged))] ^= 1 << rand.IntN(8)
				files = append(files, forged)
			}
			for i, other := range second.Archives(h.key(), files...) {
				ours, err := proof.Verify(bytes.NewReader(files[i]), proof.Options{Key: h.key()})
				if err != nil || ours.OK != (i == 0) || prooftest.Line(ours) != prooftest.Line(&other) {
					t.Errorf("%v: %s, in JavaScript %s", err, prooftest.Line(ours), prooftest.Line(&other))
				}
			}
		})
	}
}

// findReceipts proves receipts alone, then finds them in the archive: the
// first of those who voted again was replaced by the second.
func (h *hall) findReceipts(archive []byte, first, again []voting.Receipt) {
	h.Helper()
	for _, r := range []voting.Receipt{first[0], again[0], first[299]} {
		receipt, err := h.Receipt(h.Context(), h.town.ID, r)
		if err != nil {
			h.Fatal(err)
		}
		if alone := receipt.Verify(h.key()); !alone.OK || !alone.Proven {
			h.Errorf("alone: %+v", alone)
		}
		report, err := proof.Verify(bytes.NewReader(archive), proof.Options{Key: h.key(), Receipt: &receipt})
		if err != nil || !report.OK {
			h.Fatalf("%v, %v", report.Fault, err)
		}
		replaced := r.Index == first[0].Index
		if got := report.Receipt; got.Replaced != replaced || got.Counted == replaced || replaced && got.By != again[0].Index {
			h.Errorf("%+v", got)
		}
	}
}

// TestAnArchiveNamesNobody: neither accounts, nor the roll, nor the poll's
// secret, nor when anybody voted.
func TestAnArchiveNamesNobody(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.open(terms(func(terms *voting.Terms) { terms.Room.Open = false }))
	voter := citizen.NewID()
	_, err := h.db.Superuser(t).Exec(t.Context(), `INSERT INTO core.citizens (tenant_id, id, name, name_key, name_key_reversed, person_proof, created_at, seen_on)
		VALUES ($1, $2, 'Jeanne Martin', 'jeanne martin', 'martin jeanne', 1, now(), current_date)`, h.town.ID.String(), voter.String())
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.box.Cast(t.Context(), h.town.ID, voting.Submission{
		Poll: id, Voter: voting.ByAccount(citizen.Viewer{ID: voter, SignedIn: true, Person: citizen.PersonEmail}), Nonce: voting.NewNonce(), Channel: voting.Web,
		Marks: []voting.Mark{{Option: "a", Value: voting.Chosen}},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.close(id)
	archive := string(h.export(id))
	var roll, voters, castAt string
	err = h.db.Superuser(t).QueryRow(t.Context(), `SELECT (SELECT encode(voter_key, 'hex') FROM voting.roll), (SELECT encode(voters, 'hex') FROM voting.poll_secrets),
		(SELECT to_char(cast_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:00Z') FROM voting.submissions)`).Scan(&roll, &voters, &castAt)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"the account": voter.String(), "the name": "Martin", "the key on the roll": roll, "the secret": voters, "the minute of the vote": castAt,
	} {
		if strings.Contains(archive, text) {
			t.Errorf("the archive tells %s: %s", what, text)
		}
	}
}

// TestWhatIsHiddenStaysHidden: the log of a poll whose turnout is hidden, and
// the archive of one that is not released.
func TestWhatIsHiddenStaysHidden(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.open(terms(hidden, forLater))
	receipt := h.vote(id, "a", devices(3)...)[0]
	follow := func(what string, want error) {
		t.Helper()
		_, err := h.Checkpoint(t.Context(), h.town.ID, id, realtime.Public)
		if !errors.Is(err, want) {
			t.Errorf("%s, checkpoint: %v, want %v", what, err, want)
		}
		_, err = h.Tile(t.Context(), h.town.ID, id, tlog.Tile{H: 8, L: 0, N: 0, W: 1}, realtime.Public)
		if !errors.Is(err, want) {
			t.Errorf("%s, tile: %v, want %v", what, err, want)
		}
		err = h.Export(t.Context(), &bytes.Buffer{}, h.town.ID, id, realtime.Public)
		if want == nil && err != nil || want != nil && err == nil {
			t.Errorf("%s, archive: %v", what, err)
		}
		proven, err := h.Receipt(t.Context(), h.town.ID, receipt)
		if err != nil || (proven.Checkpoint != "") != (want == nil) || !proven.Verify(h.key()).OK {
			t.Errorf("%s, receipt: %v, %+v", what, err, proven)
		}
	}
	follow("open", voting.ErrNotReleased)
	h.close(id)
	follow("closed", voting.ErrNotReleased)
	if err := h.box.Publish(t.Context(), h.town.ID, id, voting.Act{}); err != nil {
		t.Fatal(err)
	}
	follow("published", nil)
	open := h.open(terms())
	h.vote(open, "a", devices(1)...)
	if err := h.Export(t.Context(), &bytes.Buffer{}, h.town.ID, open, realtime.Public); !errors.Is(err, voting.ErrNotClosedYet) {
		t.Errorf("the archive of an open poll: %v", err)
	}
	draft := voting.NewPollID()
	if _, err := h.Checkpoint(t.Context(), h.town.ID, draft, realtime.Public); !errors.Is(err, voting.ErrNotFound) {
		t.Errorf("no poll: %v", err)
	}
	other := h.db.Tenant(t)
	if _, err := h.Checkpoint(t.Context(), other.ID, open, realtime.Public); !errors.Is(err, voting.ErrNotFound) {
		t.Errorf("from another town: %v", err)
	}
}

// TestAChangedLogIsNotSigned: whoever changes a leaf in the database does not
// get the town's signature under it.
func TestAChangedLogIsNotSigned(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]string{
		"the last leaf":         `UPDATE voting.log_entries SET leaf = sha256('x') WHERE index = (SELECT max(index) FROM voting.log_entries)`,
		"a leaf is gone":        `DELETE FROM voting.log_entries WHERE index = 300`,
		"a subtree":             `UPDATE voting.log_hashes SET hash = sha256('x') WHERE index = 0`,
		"an earlier checkpoint": `UPDATE voting.checkpoints SET note = replace(note, substring(split_part(note, E'\n', 3) FOR 4), 'AAAA')`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			id := h.open(terms())
			h.vote(id, "a", devices(300)...)
			_, signed := h.checkpoint(id)
			h.vote(id, "a", devices(1)...)
			if tag, err := h.db.Superuser(t).Exec(t.Context(), change); err != nil || tag.RowsAffected() == 0 {
				t.Fatal(err, tag)
			}
			for range 12 { // until its second has come, at the latest
				if _, err := h.Checkpoint(t.Context(), h.town.ID, id, realtime.Public); err != nil {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
			now, _ := h.Checkpoint(t.Context(), h.town.ID, id, realtime.Public)
			t.Errorf("was signed:\n%s\n%s", signed, now)
		})
	}
}

// TestAChangedLogIsNotExported: what the town signed before tells.
func TestAChangedLogIsNotExported(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]string{
		"a ballot is another": `UPDATE voting.log_entries SET data = set_byte(data, 69, 255 - get_byte(data, 69)) WHERE index = 3`,
		"a ballot is gone":    `DELETE FROM voting.log_entries WHERE index = 3`,
		"a ballot is moved":   `UPDATE voting.log_entries SET data = (SELECT data FROM voting.log_entries WHERE index = 4) WHERE index = 3`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			id := h.open(terms())
			h.vote(id, "a", devices(300)...)
			h.close(id)
			h.export(id)
			if tag, err := h.db.Superuser(t).Exec(t.Context(), change); err != nil || tag.RowsAffected() == 0 {
				t.Fatal(err, tag)
			}
			if err := h.Export(t.Context(), &bytes.Buffer{}, h.town.ID, id, realtime.Public); err == nil {
				t.Error("was exported")
			}
		})
	}
}

// TestATownHasOneKey: whoever makes it first, kept under the program's secret
// alone, and other than its neighbour's.
func TestATownHasOneKey(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	var group sync.WaitGroup
	keys := make([]proof.Key, 8)
	for i := range keys {
		group.Go(func() {
			node := journal.New(journal.Deps{DB: h.db.DB, Box: h.box, Secret: secret})
			var err error
			if keys[i], err = node.Key(t.Context(), h.town.ID); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, k := range keys {
		if k.String() != keys[0].String() || k.Name != h.town.Hosts[0] {
			t.Errorf("%s, %s", k, keys[0])
		}
	}
	other := h.db.Tenant(t)
	neighbour, err := h.Key(t.Context(), other.ID)
	if err != nil || neighbour.Same(keys[0]) {
		t.Errorf("the neighbour's key: %v, %s", err, neighbour)
	}
	stranger := journal.New(journal.Deps{DB: h.db.DB, Box: h.box, Secret: []byte("another secret of thirty-two bytes")})
	if _, err := stranger.Key(t.Context(), h.town.ID); err == nil {
		t.Error("the key opens under another secret")
	}
	// A key moved to another town opens nowhere.
	_, err = h.db.Superuser(t).Exec(t.Context(), `UPDATE voting.signing_keys a SET sealed = b.sealed, public = b.public FROM voting.signing_keys b
		WHERE a.tenant_id = $1 AND b.tenant_id = $2`, other.ID.String(), h.town.ID.String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.New(journal.Deps{DB: h.db.DB, Box: h.box, Secret: secret}).Key(t.Context(), other.ID); err == nil {
		t.Error("a key opens in another town")
	}
}

// TestWhatWasSignedStays: the program may add, and neither change nor remove.
func TestWhatWasSignedStays(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.open(terms())
	h.vote(id, "a", devices(300)...)
	h.checkpoint(id)
	for _, table := range []string{"signing_keys", "checkpoints", "log_hashes"} {
		for _, statement := range []string{"DELETE FROM voting." + table, "UPDATE voting." + table + " SET tenant_id = tenant_id"} {
			err := h.db.InTenant(t.Context(), h.town.ID, func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.ExecContext(ctx, statement)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "permission denied") {
				t.Errorf("%s: %v", statement, err)
			}
		}
	}
}

// TestAReceiptIsComparedWithTheBox before there is an archive.
func TestAReceiptIsComparedWithTheBox(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.open(terms())
	cast := h.vote(id, "a", devices(5)...)
	compare := func(what, want string, r proof.Receipt) {
		t.Helper()
		verified := r.Verify(h.key())
		if !verified.OK {
			t.Fatalf("%s: %v", what, verified.Fault)
		}
		fault, err := h.Compare(t.Context(), h.town.ID, r, verified)
		code := ""
		if fault != nil {
			code = fault.Code
		}
		if err != nil || code != want {
			t.Errorf("%s: %q, %v, want %q", what, code, err, want)
		}
	}
	stamped, err := h.Stamp(t.Context(), h.town.ID, cast[0])
	if err != nil {
		t.Fatal(err)
	}
	compare("stamped", "", stamped)
	proven, err := h.Receipt(t.Context(), h.town.ID, cast[0])
	if err != nil || proven.Checkpoint == "" {
		t.Fatal(err)
	}
	compare("proven", "", proven)
	other := cast[0]
	other.Commitment[0]++
	moved, err := h.Stamp(t.Context(), h.town.ID, other)
	if err != nil {
		t.Fatal(err)
	}
	compare("a ballot that is not there", "receipt.leaf", moved)
	other = cast[0]
	other.Index = 1000
	if moved, err = h.Stamp(t.Context(), h.town.ID, other); err != nil {
		t.Fatal(err)
	}
	compare("a place that is not there", "receipt.leaf", moved)
	if fault, err := h.Compare(t.Context(), h.db.Tenant(t).ID, proven, proven.Verify(h.key())); err != nil || fault == nil {
		t.Errorf("found in another town: %v", err)
	}
}
