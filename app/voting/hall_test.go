package voting_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/voting"
	"parvis/realtime"
)

// hall is a town with its ballot box, on a database of its own.
type hall struct {
	testing.TB
	db    *testkit.DB
	super *pgxpool.Pool // of a PostgreSQL that is not the run's
	town  *tenant.Tenant
	box   *voting.Box
	live  *ear
}

// ear hears which topics changed.
type ear struct {
	mu     sync.Mutex
	topics map[realtime.Topic]int
}

func (e *ear) Changed(t realtime.Topic) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.topics[t]++
}

func (e *ear) heard(t realtime.Topic) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.topics[t]
}

func newHall(t *testing.T) *hall {
	t.Parallel()
	return newHallFor(t)
}

func newHallFor(t testing.TB) *hall {
	db := testkit.Database(t)
	h := &hall{TB: t, db: db, town: db.Tenant(t, testkit.WithModules("consultations")), live: &ear{topics: map[realtime.Topic]int{}}}
	h.box = h.newBox()
	return h
}

// newBox is another node on the same database.
func (h *hall) newBox() *voting.Box {
	box := voting.New(voting.Deps{DB: h.db.DB, Live: h.live})
	h.Cleanup(func() {
		if err := box.Drain(context.Background()); err != nil {
			h.Error(err)
		}
	})
	return box
}

// citizens adds n accounts that have answered a mail.
func (h *hall) citizens(n int) []voting.Voter {
	h.Helper()
	ids := make([]uuid.UUID, n)
	for i := range ids {
		ids[i] = uuid.New()
	}
	_, err := h.superuser().Exec(context.Background(), `INSERT INTO core.citizens
		(tenant_id, id, name, name_key, name_key_reversed, person_proof, created_at, seen_on)
		SELECT $1, id, 'X', 'x', 'x', 1, now(), current_date FROM unnest($2::uuid[]) AS id`, h.town.ID.String(), ids)
	if err != nil {
		h.Fatal(err)
	}
	voters := make([]voting.Voter, n)
	for i, id := range ids {
		voters[i] = voting.ByAccount(citizen.Viewer{ID: citizen.ID(id), SignedIn: true, Person: citizen.PersonEmail})
	}
	return voters
}

// terms is a question that anyone with an account may answer, once.
func terms(change ...func(*voting.Terms)) voting.Terms {
	t := voting.Terms{
		Question: "Quel nom pour la médiathèque ?", Method: voting.Plurality,
		Options:    []voting.Option{{Label: "Simone-Veil"}, {Label: "Aimé-Césaire"}, {Label: "Colette"}},
		Visibility: voting.Turnout,
	}
	for _, c := range change {
		c(&t)
	}
	return t
}

func changeable(t *voting.Terms) { t.AllowChange = true }
func shownLive(t *voting.Terms)  { t.Visibility = voting.Live }
func openToRoom(t *voting.Terms) { t.Room.Open = true }
func upTo(n int) func(*voting.Terms) {
	return func(t *voting.Terms) { t.Method, t.MaxChoices = voting.Approval, n }
}
func answers(t *voting.Terms) { t.Method = voting.YesNoAbstain }
func between(opens, closes time.Time) func(*voting.Terms) {
	return func(t *voting.Terms) { t.Opens, t.Closes = opens, closes }
}

// draft adds a poll that nobody sees yet.
func (h *hall) draft(t voting.Terms) voting.PollID {
	h.Helper()
	var id voting.PollID
	h.inTown(func(ctx context.Context, tx bun.Tx) (err error) {
		id, err = h.box.Create(ctx, tx, h.town.ID, voting.Subject{Module: "consultations", ID: uuid.New()}, t)
		return err
	})
	return id
}

func (h *hall) scheduled(t voting.Terms) voting.PollID {
	h.Helper()
	id := h.draft(t)
	h.inTown(func(ctx context.Context, tx bun.Tx) error { return h.box.Schedule(ctx, tx, h.town.ID, id) })
	return id
}

// open adds a poll and opens it by hand.
func (h *hall) open(t voting.Terms) voting.PollID {
	h.Helper()
	id := h.draft(t)
	if err := h.box.Open(context.Background(), h.town.ID, id, voting.Act{}); err != nil {
		h.Fatal(err)
	}
	return id
}

func (h *hall) close(id voting.PollID) {
	h.Helper()
	if err := h.box.Close(context.Background(), h.town.ID, id, voting.Act{Reason: "La réunion est finie."}); err != nil {
		h.Fatal(err)
	}
}

func (h *hall) inTown(fn func(ctx context.Context, tx bun.Tx) error) {
	h.Helper()
	if err := h.db.InTenant(context.Background(), h.town.ID, fn); err != nil {
		h.Fatal(err)
	}
}

func (h *hall) poll(id voting.PollID) *voting.Poll {
	h.Helper()
	var poll *voting.Poll
	h.inTown(func(ctx context.Context, tx bun.Tx) (err error) {
		poll, err = h.box.Poll(ctx, tx, h.town.ID, id)
		return err
	})
	return poll
}

func (h *hall) head(id voting.PollID) voting.Head {
	h.Helper()
	head, err := h.box.Head(context.Background(), h.town.ID, id)
	if err != nil {
		h.Fatal(err)
	}
	return head
}

func choose(options ...string) []voting.Mark {
	var marks []voting.Mark
	for _, o := range options {
		marks = append(marks, voting.Mark{Option: o, Value: voting.Chosen})
	}
	return marks
}

func ballot(id voting.PollID, v voting.Voter, options ...string) voting.Submission {
	return voting.Submission{Poll: id, Voter: v, Nonce: voting.NewNonce(), Marks: choose(options...), Channel: voting.Web}
}

func (h *hall) cast(s voting.Submission) voting.Receipt {
	h.Helper()
	receipt, err := h.box.Cast(context.Background(), h.town.ID, s)
	if err != nil {
		h.Fatalf("cast: %v", err)
	}
	return receipt
}

func (h *hall) refused(s voting.Submission, want error) {
	h.Helper()
	if _, err := h.box.Cast(context.Background(), h.town.ID, s); !errors.Is(err, want) {
		h.Errorf("cast: %v, want %v", err, want)
	}
}

// superuser sees every row, past row level security.
func (h *hall) superuser() *pgxpool.Pool {
	if h.super != nil {
		return h.super
	}
	return h.db.Superuser(h)
}

// number returns the single number a query gives, past row level security.
func (h *hall) number(query string, args ...any) (n int64) {
	h.Helper()
	if err := h.superuser().QueryRow(context.Background(), query, args...).Scan(&n); err != nil {
		h.Fatal(err)
	}
	return n
}

// entry is a stored entry of a poll's log.
type entry struct {
	index      int64
	kind       voting.EntryKind
	leaf, data []byte
}

func (h *hall) log(id voting.PollID) []entry {
	h.Helper()
	rows, err := h.superuser().Query(context.Background(),
		`SELECT index, kind, leaf, data FROM voting.log_entries WHERE poll_id = $1 ORDER BY index`, id.String())
	if err != nil {
		h.Fatal(err)
	}
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e entry, err error) {
		return e, row.Scan(&e.index, &e.kind, &e.leaf, &e.data)
	})
	if err != nil {
		h.Fatal(err)
	}
	return entries
}
