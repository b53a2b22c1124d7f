// Package testkit is what tests are made with: a real database each, factories
// that state only what matters to the promise under test, and clocks that move
// when told. It is imported by tests only.
package testkit

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"parvis/app/clock"
	"parvis/app/database"
	"parvis/app/database/embedded"
	"parvis/app/tenant"
)

// DB is a test's own database, migrated and empty. As a *database.DB it is
// the application's.
type DB struct {
	*database.DB
	Name         string
	URL          string // of the application role
	OwnerURL     string
	CustodianURL string
	SuperuserURL string // for what no role may do: to look behind row level security

	mu    sync.Mutex
	pools map[string]*pgxpool.Pool
}

// Database returns a new database, dropped when the test ends. Tests that have
// one can be parallel.
func Database(t testing.TB) *DB {
	t.Helper()
	return copyOf(t, (*Server).migrated)
}

// Empty returns a database to which no migration has been applied.
func Empty(t testing.TB) *DB {
	t.Helper()
	return copyOf(t, (*Server).bare)
}

func copyOf(t testing.TB, template func(*Server) (string, error)) *DB {
	t.Helper()
	server, err := processServer()
	if err != nil {
		t.Fatalf("testkit: start PostgreSQL: %v", err)
	}
	from, err := template(server)
	if err != nil {
		t.Fatalf("testkit: prepare the template: %v", err)
	}
	ctx := context.Background()
	name := "test_" + strings.ToLower(rand.Text()[:16])
	if err := server.exec(ctx, fmt.Sprintf("CREATE DATABASE %s OWNER %s TEMPLATE %s STRATEGY file_copy", name, database.Owner, from)); err != nil {
		t.Fatalf("testkit: copy the template: %v", err)
	}
	db := &DB{
		Name: name, pools: map[string]*pgxpool.Pool{},
		URL: server.url(database.App, name), OwnerURL: server.url(database.Owner, name),
		CustodianURL: server.url(database.Custodian, name), SuperuserURL: server.url(embedded.Superuser, name),
	}
	t.Cleanup(func() {
		db.close()
		if err := server.exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("testkit: drop the database: %v", err)
		}
	})
	if db.DB, err = database.Open(ctx, database.Options{URL: db.URL, Name: "test"}); err != nil {
		t.Fatalf("testkit: %v", err)
	}
	return db
}

func (s *Server) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.superuser)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// Owner returns a pool of the owner role. Row level security applies to it:
// set the tenant first (see database.SetTenant), or use Superuser.
func (db *DB) Owner(t testing.TB) *pgxpool.Pool { return db.pool(t, db.OwnerURL) }

// Custodian returns a pool of the custodian role, to which row level security applies.
func (db *DB) Custodian(t testing.TB) *pgxpool.Pool { return db.pool(t, db.CustodianURL) }

// Superuser returns a pool that sees every row of every tenant.
func (db *DB) Superuser(t testing.TB) *pgxpool.Pool { return db.pool(t, db.SuperuserURL) }

func (db *DB) pool(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	db.mu.Lock()
	defer db.mu.Unlock()
	if pool, made := db.pools[url]; made {
		return pool
	}
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		t.Fatalf("testkit: %v", err)
	}
	db.pools[url] = pool
	return pool
}

func (db *DB) close() {
	if db.DB != nil {
		db.DB.Close()
	}
	for _, pool := range db.pools {
		pool.Close()
	}
}

// Clock returns a clock that stands still at a plain moment of the program's
// life: Tuesday 10 November 2026, 14 h in Paris.
func Clock() *clock.Fake {
	return clock.NewFake(time.Date(2026, 11, 10, 13, 0, 0, 0, time.UTC))
}

// SetClock makes core.now() answer at for the tenant, and go on from there.
func (db *DB) SetClock(t testing.TB, id tenant.ID, at time.Time) {
	t.Helper()
	_, err := db.Superuser(t).Exec(context.Background(),
		`INSERT INTO core.clock_offsets (tenant_id, by_interval) VALUES ($1, $2::timestamptz - clock_timestamp())
		 ON CONFLICT (tenant_id) DO UPDATE SET by_interval = EXCLUDED.by_interval`, id.String(), at)
	if err != nil {
		t.Fatalf("testkit: set the clock: %v", err)
	}
}
