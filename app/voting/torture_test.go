package voting_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"parvis/app/database"
	"parvis/app/database/embedded"
	"parvis/app/testkit"
	"parvis/app/voting"
	"parvis/migrations"
	"parvis/realtime"
)

// killable is a hall with a PostgreSQL of its own, to be killed.
func killable(t *testing.T, unsafe bool) (*hall, *embedded.Server) {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "parvis-killed-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL's account passes through
		t.Fatal(err)
	}
	server, err := embedded.Start(t.Context(), embedded.Config{Dir: dir, Unsafe: unsafe})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	if _, err := database.Migrate(t.Context(), server.URL(database.Owner), migrations.FS, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	db, err := database.Open(t.Context(), database.Options{URL: server.URL(database.App)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	super, err := pgxpool.New(t.Context(), server.URL(embedded.Superuser))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(super.Close)
	h := &hall{TB: t, db: &testkit.DB{DB: db}, super: super, live: &ear{topics: map[realtime.Topic]int{}}}
	h.town = h.db.Tenant(t)
	h.box = voting.New(voting.Deps{DB: db, Live: h.live, Unsafe: unsafe})
	return h, server
}

// kill ends PostgreSQL as a power cut would: all its processes, at once.
func kill(t *testing.T, server *embedded.Server) {
	t.Helper()
	pid := server.PID()
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		t.Fatal(err)
	}
	_ = syscall.Kill(pid, syscall.SIGSTOP) // it starts no child meanwhile
	for child := range strings.FieldsSeq(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			_ = syscall.Kill(n, syscall.SIGKILL)
		}
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// rush casts ballots from many devices until told to stop, sending each again
// until it is acknowledged, and remembers what was.
type rush struct {
	acknowledged atomic.Int64
	mu           sync.Mutex
	receipts     map[voting.Nonce]int64
	last         map[uuid.UUID]voting.Nonce
}

func (r *rush) run(ctx context.Context, h *hall, id voting.PollID) {
	const devices = 20
	var own [devices]uuid.UUID
	for i := range own {
		own[i] = uuid.New()
	}
	for n := 0; ctx.Err() == nil; n++ {
		device := own[n%devices]
		s := ballot(id, voting.ByDevice(device), string(rune('a'+n%3)))
		s.Channel = voting.Meeting
		receipt, err := h.box.Cast(context.Background(), h.town.ID, s)
		for err != nil {
			if ctx.Err() != nil {
				return
			}
			receipt, err = h.box.Cast(context.Background(), h.town.ID, s)
		}
		r.acknowledged.Add(1)
		r.mu.Lock()
		r.receipts[s.Nonce], r.last[device] = receipt.Index, s.Nonce
		r.mu.Unlock()
	}
}

// survive kills PostgreSQL in the middle of votes, several times, and returns
// how many acknowledged ballots are not in the box at the end.
func survive(t *testing.T, h *hall, server *embedded.Server, cycles int) (acknowledged, lost int) {
	t.Helper()
	id := h.open(terms(openToRoom, changeable))
	r := &rush{receipts: map[voting.Nonce]int64{}, last: map[uuid.UUID]voting.Nonce{}}
	ctx, stop := context.WithCancel(context.Background())
	var voters sync.WaitGroup
	for range 32 {
		voters.Go(func() { r.run(ctx, h, id) })
	}
	for range cycles {
		target := r.acknowledged.Load() + 1000
		for deadline := time.Now().Add(time.Minute); r.acknowledged.Load() < target; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("votes do not come back after a kill")
			}
		}
		kill(t, server)
	}
	target := r.acknowledged.Load() + 100 // it works again
	for deadline := time.Now().Add(time.Minute); r.acknowledged.Load() < target && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	stop()
	voters.Wait()
	if err := h.box.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	stored := h.stored(id)
	for nonce, index := range r.receipts {
		if at, kept := stored[nonce]; !kept || at != index {
			lost++
		}
	}
	for device, nonce := range r.last {
		if n := h.number(`SELECT count(*) FROM voting.ballots WHERE poll_id = $1 AND nonce = $2`, id.String(), nonce[:]); n != 1 && lost == 0 {
			t.Errorf("the last vote of device %s does not count", device)
		}
	}
	h.intact(id)
	return len(r.receipts), lost
}

func (h *hall) stored(id voting.PollID) map[voting.Nonce]int64 {
	h.Helper()
	rows, err := h.superuser().Query(context.Background(), `SELECT nonce, log_index FROM voting.submissions WHERE poll_id = $1`, id.String())
	if err != nil {
		h.Fatal(err)
	}
	stored := map[voting.Nonce]int64{}
	var nonce []byte
	var index int64
	_, err = pgx.ForEachRow(rows, []any{&nonce, &index}, func() error {
		stored[voting.Nonce(nonce)] = index
		return nil
	})
	if err != nil {
		h.Fatal(err)
	}
	return stored
}

func TestNoAcknowledgedVoteIsLostWhenPostgresIsKilled(t *testing.T) {
	t.Parallel()
	h, server := killable(t, false)
	acknowledged, lost := survive(t, h, server, 5)
	if lost != 0 || acknowledged < 5000 {
		t.Errorf("%d ballots lost of %d acknowledged", lost, acknowledged)
	}
}

// TestTheKillsWouldShowALoss is the control of the test above: the same kills
// on a PostgreSQL that answers before the disk has written.
func TestTheKillsWouldShowALoss(t *testing.T) {
	t.Parallel()
	h, server := killable(t, true)
	acknowledged, lost := survive(t, h, server, 5)
	if lost == 0 {
		t.Errorf("none of %d ballots lost: these kills prove nothing", acknowledged)
	}
}

func TestNoPollOpensOnADatabaseThatCouldLoseVotes(t *testing.T) {
	t.Parallel()
	h, _ := killable(t, true)
	h.box = voting.New(voting.Deps{DB: h.db.DB})
	id := h.draft(terms())
	if err := h.box.Open(context.Background(), h.town.ID, id, voting.Act{}); err == nil {
		t.Error("a poll opened")
	}
	now := time.Now()
	planned := h.scheduled(terms(openToRoom, between(now.Add(-time.Hour), now.Add(time.Hour))))
	s := ballot(planned, voting.ByDevice(uuid.New()), "a")
	s.Channel = voting.Meeting
	h.refused(s, voting.ErrUnsafe)
}
