package torture

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/database/embedded"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/voting"
	"parvis/migrations"
)

// hall is a town with its ballot box, and a way to look behind it.
type hall struct {
	testing.TB
	db    *testkit.DB   // as the application; nil where the program alone has it
	super *pgxpool.Pool // sees every row
	town  *tenant.Tenant
	box   *voting.Box
}

// newHall is a town on a database of the test run.
func newHall(t testing.TB) *hall {
	t.Helper()
	db := testkit.Database(t)
	h := &hall{TB: t, db: db, super: db.Superuser(t), town: db.Tenant(t, testkit.WithModules(moduleName, "consultations"))}
	h.box = h.node(db.URL)
	return h
}

// node is a ballot box with connections of its own.
func (h *hall) node(url string) *voting.Box {
	h.Helper()
	db, err := database.Open(context.Background(), database.Options{URL: url, Name: "torture"})
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(db.Close)
	return h.boxOn(db, false)
}

func (h *hall) boxOn(db *database.DB, unsafe bool) *voting.Box {
	b := voting.New(voting.Deps{DB: db, Unsafe: unsafe})
	h.Cleanup(func() {
		if err := b.Drain(context.Background()); err != nil {
			h.Error(err)
		}
	})
	return b
}

// folder is for data that PostgreSQL and the program keep. It is locked, so
// that another run does not sweep it.
func folder(t testing.TB) string {
	t.Helper()
	dir := testkit.Folder(t)
	lock, err := os.Create(filepath.Join(dir, "lock"))
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lock.Close() })
	return dir
}

// postgres starts a PostgreSQL that may be killed, in a folder.
func postgres(t testing.TB, dir string, unsafe bool) *embedded.Server {
	t.Helper()
	server, err := embedded.Start(context.Background(), embedded.Config{Dir: filepath.Join(dir, "postgres"), Unsafe: unsafe})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// hallOn is a town on a PostgreSQL of its own.
func hallOn(t testing.TB, server *embedded.Server, unsafe bool) *hall {
	t.Helper()
	if _, err := database.Migrate(context.Background(), server.URL(database.Owner), migrations.FS, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return hallAt(t, server.URL(database.App), server.URL(embedded.Superuser), unsafe)
}

// hallAt is a new town on a database that has its schema.
func hallAt(t testing.TB, url, superuser string, unsafe bool) *hall {
	t.Helper()
	db, err := database.Open(context.Background(), database.Options{URL: url, Name: "torture"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	super, err := pgxpool.New(context.Background(), superuser)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(super.Close)
	h := &hall{TB: t, db: &testkit.DB{DB: db}, super: super}
	h.town = h.db.Tenant(t, testkit.WithModules(moduleName, "consultations"))
	h.box = h.boxOn(db, unsafe)
	return h
}

// kill ends a PostgreSQL as a power cut would: all its processes, at once.
func kill(postmaster int) {
	_ = syscall.Kill(postmaster, syscall.SIGSTOP) // it starts no child meanwhile
	for _, child := range children(postmaster) {
		_ = syscall.Kill(child, syscall.SIGKILL)
	}
	_ = syscall.Kill(postmaster, syscall.SIGKILL)
}

func children(pid int) (pids []int) {
	threads, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	for _, thread := range threads {
		list, _ := os.ReadFile(thread) // a thread may have ended
		for child := range strings.FieldsSeq(string(list)) {
			if n, err := strconv.Atoi(child); err == nil {
				pids = append(pids, n)
			}
		}
	}
	return pids
}

func (h *hall) exec(ctx context.Context, sql string, args ...any) {
	h.Helper()
	if _, err := h.super.Exec(ctx, sql, args...); err != nil {
		h.Fatalf("%s: %v", sql, err)
	}
}

// citizens adds n accounts that have answered a mail.
func (h *hall) citizens(n int) []voting.Voter {
	h.Helper()
	ids, voters := make([]uuid.UUID, n), make([]voting.Voter, n)
	for i := range ids {
		ids[i] = uuid.New()
		voters[i] = voting.ByAccount(citizen.Viewer{ID: citizen.ID(ids[i]), SignedIn: true, Person: citizen.PersonEmail})
	}
	h.exec(context.Background(), `INSERT INTO core.citizens (tenant_id, id, name, name_key, name_key_reversed, person_proof, created_at, seen_on)
		SELECT $1, id, 'X', 'x', 'x', 1, now(), current_date FROM unnest($2::uuid[]) AS id`, h.town.ID.String(), ids)
	return voters
}

// signIn opens a session for each account and returns what their cookies hold.
func (h *hall) signIn(voters []voting.Voter) []string {
	h.Helper()
	tokens, accounts, sessions, hashes := make([]string, len(voters)), make([]uuid.UUID, len(voters)), make([]uuid.UUID, len(voters)), make([][]byte, len(voters))
	for i, v := range voters {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw) // never fails
		tokens[i] = base64.RawURLEncoding.EncodeToString(raw)
		hash := sha256.Sum256([]byte(tokens[i]))
		accounts[i], sessions[i], hashes[i] = v.ID, uuid.New(), hash[:]
	}
	h.exec(context.Background(), `INSERT INTO core.sessions (tenant_id, id, token_hash, citizen_id, device, method, created_at, seen_at, expires_at)
		SELECT $1, s.id, s.hash, s.citizen, 'torture', 'link', now(), now(), now() + interval '1 day'
		FROM unnest($2::uuid[], $3::bytea[], $4::uuid[]) AS s (id, hash, citizen)`, h.town.ID.String(), sessions, hashes, accounts)
	return tokens
}

// terms is a question that anyone with an account may answer, once.
func terms(change ...func(*voting.Terms)) voting.Terms {
	t := voting.Terms{
		Question: "Quel nom pour la médiathèque ?", Method: voting.Plurality, Visibility: voting.Turnout,
		Options: []voting.Option{{Label: "Simone-Veil"}, {Label: "Aimé-Césaire"}, {Label: "Colette"}},
	}
	for _, c := range change {
		c(&t)
	}
	return t
}

func changeable(t *voting.Terms) { t.AllowChange = true }
func openToRoom(t *voting.Terms) { t.Room.Open = true }
func until(closes time.Time) func(*voting.Terms) {
	return func(t *voting.Terms) { t.Closes = closes }
}

// open adds a poll and opens it, trying again while the database is away.
func (h *hall) open(t voting.Terms) voting.PollID {
	h.Helper()
	var id voting.PollID
	h.insist("open a poll", func(ctx context.Context) error {
		err := h.db.InTenant(ctx, h.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
			id, err = h.box.Create(ctx, tx, h.town.ID, voting.Subject{Module: moduleName, ID: uuid.New()}, t)
			return err
		})
		if err != nil {
			return err
		}
		return h.box.Open(ctx, h.town.ID, id, voting.Act{})
	})
	return id
}

// insist does something that a fault may be in the way of, for a minute.
func (h *hall) insist(what string, do func(context.Context) error) {
	h.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		err := do(context.Background())
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			h.Fatalf("%s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// ballotOf is a submission, and what its voter will remember of it.
func ballotOf(id voting.PollID, v voting.Voter, option string) (voting.Submission, vote) {
	s := voting.Submission{
		Poll: id, Voter: v, Nonce: voting.NewNonce(), Channel: voting.Web,
		Marks: []voting.Mark{{Option: option, Value: voting.Chosen}},
	}
	if v.Kind == voting.DeviceVoter {
		s.Channel = voting.Meeting
	}
	return s, vote{voter: v, nonce: s.Nonce, marks: option + "=1", index: -1}
}

// cast puts a ballot in the box, where nothing is in the way.
func (h *hall) cast(id voting.PollID, v voting.Voter, option string) vote {
	h.Helper()
	s, remembered := ballotOf(id, v, option)
	receipt, err := h.box.Cast(context.Background(), h.town.ID, s)
	if err != nil {
		h.Fatalf("cast: %v", err)
	}
	remembered.index, remembered.acknowledged = receipt.Index, true
	return remembered
}
