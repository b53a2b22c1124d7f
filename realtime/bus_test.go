package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parvis/app/testkit"
	"parvis/realtime"
)

// node is a program of the installation, as its bus sees it.
type node struct {
	bus   realtime.Bus
	mu    sync.Mutex
	heard map[realtime.Topic]int
	news  chan struct{}
}

func newNode() *node {
	return &node{heard: map[realtime.Topic]int{}, news: make(chan struct{}, 1)}
}

func (n *node) deliver(topic realtime.Topic) {
	n.mu.Lock()
	n.heard[topic]++
	n.mu.Unlock()
	select {
	case n.news <- struct{}{}:
	default:
	}
}

func (n *node) count(topic realtime.Topic) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.heard[topic]
}

// topics returns how many topics the node has heard of.
func (n *node) topics() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.heard)
}

// hears waits until the node has heard of the topic more than before times.
func (n *node) hears(t *testing.T, topic realtime.Topic, before int) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for n.count(topic) <= before {
		select {
		case <-n.news:
		case <-deadline:
			t.Fatalf("never heard of %v", topic)
		}
	}
}

// buses are the ways to connect two nodes. Each must keep every promise below.
var buses = map[string]func(t *testing.T) (a, b *node){
	"local":    localNodes,
	"postgres": postgresNodes,
}

func localNodes(*testing.T) (a, b *node) {
	a, b = newNode(), newNode()
	bus := realtime.NewLocal(a.deliver, b.deliver)
	a.bus, b.bus = bus, bus
	return a, b
}

func postgresNodes(t *testing.T) (a, b *node) {
	db := testkit.Database(t)
	return postgresNode(t, db, realtime.PostgresOptions{}), postgresNode(t, db, realtime.PostgresOptions{})
}

func postgresNode(t *testing.T, db *testkit.DB, options realtime.PostgresOptions) *node {
	t.Helper()
	n := newNode()
	if options.Connect == nil {
		options.Connect = func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, db.URL) }
	}
	options.Deliver, options.Log = n.deliver, slog.New(slog.DiscardHandler)
	bus := realtime.NewPostgres(options)
	n.bus = bus
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := bus.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := bus.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return n
}

var vote = realtime.Topic{Tenant: "0190f5a0-saint-dizier", Module: "voting", Name: "0c9e/room_1.a-B"}

func onEveryBus(t *testing.T, test func(t *testing.T, a, b *node)) {
	for name, nodes := range buses {
		t.Run(name, func(t *testing.T) {
			a, b := nodes(t)
			test(t, a, b)
		})
	}
}

func TestEveryNodeHears(t *testing.T) {
	onEveryBus(t, func(t *testing.T, a, b *node) {
		a.bus.Announce(vote)
		if a.count(vote) != 1 {
			t.Error("the announcing node was not told at once")
		}
		b.hears(t, vote, 0)
		back := realtime.Topic{Tenant: vote.Tenant, Module: "budgets", Name: "x"}
		b.bus.Announce(back)
		a.hears(t, back, 0)
	})
}

func TestWhatIsAnnouncedLastIsHeard(t *testing.T) {
	onEveryBus(t, func(t *testing.T, a, b *node) {
		var announcing sync.WaitGroup
		for range 8 {
			announcing.Go(func() {
				for range 500 {
					a.bus.Announce(vote)
				}
			})
		}
		announcing.Wait()
		before := b.count(vote)
		last := realtime.Topic{Tenant: vote.Tenant, Module: "voting", Name: "last"}
		a.bus.Announce(last)
		b.hears(t, last, 0)
		if before == 0 {
			b.hears(t, vote, 0)
		}
		if a.count(vote) != 4000 {
			t.Errorf("the announcing node was told %d times, want each of 4 000", a.count(vote))
		}
	})
}

func TestTheTenantTravelsWithTheTopic(t *testing.T) {
	onEveryBus(t, func(t *testing.T, a, b *node) {
		other := vote
		other.Tenant = "canari"
		a.bus.Announce(other)
		b.hears(t, other, 0)
		if b.count(vote) != 0 || a.count(vote) != 0 {
			t.Error("another tenant's topic was heard of")
		}
	})
}

func TestNonsenseIsNotCarried(t *testing.T) {
	onEveryBus(t, func(t *testing.T, a, b *node) {
		for _, topic := range []realtime.Topic{{}, {Tenant: "a/b", Module: "voting", Name: "1"}, {Tenant: "a", Module: "Voting", Name: "1"}, {Tenant: "a", Module: "voting", Name: "1 2"}} {
			a.bus.Announce(topic)
		}
		a.bus.Announce(vote)
		b.hears(t, vote, 0)
		if a.topics() != 1 || b.topics() != 1 {
			t.Errorf("heard of %d and %d topics, want the one", a.topics(), b.topics())
		}
	})
}

func TestABurstOnPostgresIsSentOnce(t *testing.T) {
	a, b := postgresNodes(t)
	for range 10_000 {
		a.bus.Announce(vote)
	}
	last := realtime.Topic{Tenant: vote.Tenant, Module: "voting", Name: "last"}
	a.bus.Announce(last)
	b.hears(t, last, 0)
	if n := b.count(vote); n > 1000 {
		t.Errorf("10 000 announcements made %d notifications, want them merged", n)
	}
	if n := a.count(vote); n != 10_000 {
		t.Errorf("the announcing node was told %d times: it must not hear itself again", n)
	}
}

func TestTheBusComesBackAfterTheDatabase(t *testing.T) {
	db := testkit.Database(t)
	a, b := postgresNode(t, db, realtime.PostgresOptions{}), postgresNode(t, db, realtime.PostgresOptions{})
	for round := range 3 {
		_, err := db.Superuser(t).Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND (query LIKE 'LISTEN%' OR query LIKE '%pg_notify%') AND pid <> pg_backend_pid()`)
		if err != nil {
			t.Fatal(err)
		}
		topic := realtime.Topic{Tenant: vote.Tenant, Module: "voting", Name: fmt.Sprint(round)}
		for end := time.Now().Add(20 * time.Second); b.count(topic) == 0; time.Sleep(10 * time.Millisecond) {
			a.bus.Announce(topic) // lost while b does not listen yet: the hub's own reading makes up for that
			if time.Now().After(end) {
				t.Fatalf("round %d: the nodes never found each other again", round)
			}
		}
	}
}

func TestAnnouncingNeverWaitsForTheDatabase(t *testing.T) {
	db := testkit.Database(t)
	var mu sync.Mutex
	away := errors.New("the database is away")
	var state error
	a := postgresNode(t, db, realtime.PostgresOptions{Connect: func(ctx context.Context) (*pgx.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if state != nil {
			return nil, state
		}
		return pgx.Connect(ctx, db.URL)
	}})
	b := postgresNode(t, db, realtime.PostgresOptions{})
	mu.Lock()
	state = away
	mu.Unlock()
	_, err := db.Superuser(t).Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "b listens again", func() bool {
		probe := realtime.Topic{Tenant: vote.Tenant, Module: "voting", Name: "probe"}
		postgresNode(t, db, realtime.PostgresOptions{}).bus.Announce(probe)
		return b.count(probe) > 0
	})
	began := time.Now()
	for i := range 20_000 {
		a.bus.Announce(realtime.Topic{Tenant: vote.Tenant, Module: "voting", Name: fmt.Sprint(i)})
	}
	a.bus.Announce(vote)
	if took := time.Since(began); took > 5*time.Second || a.count(vote) != 1 {
		t.Errorf("announcing took %v while the database was away, and this node heard %d times", took, a.count(vote))
	}
	mu.Lock()
	state = nil
	mu.Unlock()
	b.hears(t, realtime.Topic{Tenant: vote.Tenant, Module: "voting", Name: "7"}, 0) // kept until the database came back
}

func TestASilentConnectionIsCheckedAndKept(t *testing.T) {
	db := testkit.Database(t)
	opened := make(chan struct{}, 100)
	connect := func(ctx context.Context) (*pgx.Conn, error) {
		opened <- struct{}{}
		return pgx.Connect(ctx, db.URL)
	}
	b := postgresNode(t, db, realtime.PostgresOptions{Connect: connect, Check: 10 * time.Millisecond})
	a := postgresNode(t, db, realtime.PostgresOptions{})
	eventually(t, "it is pinged", func() bool {
		var pinged int
		err := db.Superuser(t).QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = '-- ping'`).Scan(&pinged)
		return err == nil && pinged > 0
	})
	a.bus.Announce(vote)
	b.hears(t, vote, 0)
	if n := len(opened); n > 2 {
		t.Errorf("%d connections were opened, want the first two kept", n)
	}
}

func TestAStrangerOnTheChannelIsIgnored(t *testing.T) {
	db := testkit.Database(t)
	b := postgresNode(t, db, realtime.PostgresOptions{})
	for _, payload := range []string{"", "x", "a/b", "a/voting/", "../voting/1", "a/voting/1\n", vote.Tenant + "/" + vote.String()} {
		if _, err := db.Superuser(t).Exec(t.Context(), `SELECT pg_notify('parvis_live', $1)`, payload); err != nil {
			t.Fatal(err)
		}
	}
	b.hears(t, vote, 0)
	if b.topics() != 1 {
		t.Errorf("heard of %d topics, want the one", b.topics())
	}
}

// eventually waits for what another program brings about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
