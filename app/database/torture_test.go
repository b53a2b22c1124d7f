package database_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/database"
	"parvis/app/tenant"
	"parvis/app/testkit"
)

// TestTenantsNeverMixUnderTorture lets sixteen callers for two towns share
// eight connections, one in five rolling back and one in ten leaving in the
// middle of a statement, and looks at every row, and at what a bare query sees
// in between.
func TestTenantsNeverMixUnderTorture(t *testing.T) {
	t.Parallel()
	source := testkit.Database(t)
	towns := []tenant.ID{source.Tenant(t, testkit.WithZones("a", "b")).ID, source.Tenant(t, testkit.WithZones("c", "d")).ID}
	db, err := database.Open(t.Context(), database.Options{URL: source.URL, Conns: 8})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var wrong, leaked, seen, ended atomic.Int64
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 2026))
			for range 150 {
				town := towns[random.IntN(2)]
				err := visit(t.Context(), db, town, random, &wrong, &seen)
				if err != nil {
					ended.Add(1)
				}
				if n, err := bareCount(t.Context(), db); err != nil {
					t.Error(err)
				} else if n > 0 {
					leaked.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if wrong.Load() != 0 || leaked.Load() != 0 {
		t.Errorf("%d rows of the wrong town, %d bare queries that saw a town", wrong.Load(), leaked.Load())
	}
	if seen.Load() < 2000 || ended.Load() < 300 {
		t.Errorf("only %d rows seen and %d transactions ended early: this proves little", seen.Load(), ended.Load())
	}
}

var errChangedMind = errors.New("changed mind")

func visit(ctx context.Context, db *database.DB, town tenant.ID, random *rand.Rand, wrong, seen *atomic.Int64) error {
	roll := random.IntN(10)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	open := db.InTenant
	if random.IntN(2) == 0 {
		open = db.ReadTenant
	}
	return open(ctx, town, func(ctx context.Context, tx bun.Tx) error {
		var owners []uuid.UUID
		if err := tx.NewSelect().TableExpr("core.zones").Column("tenant_id").Scan(ctx, &owners); err != nil {
			return err
		}
		for _, owner := range owners {
			seen.Add(1)
			if tenant.ID(owner) != town {
				wrong.Add(1)
			}
		}
		switch roll {
		case 0, 1:
			return errChangedMind
		case 2:
			time.AfterFunc(time.Duration(random.IntN(3000))*time.Microsecond, cancel)
			_, err := tx.ExecContext(ctx, `SELECT pg_sleep(0.005)`)
			return err
		}
		return nil
	})
}

// bareCount is what a query outside any transaction of ours sees.
func bareCount(ctx context.Context, db *database.DB) (n int, err error) {
	err = db.Pool.QueryRow(ctx, `SELECT count(*) FROM core.zones`).Scan(&n)
	return n, err
}

// TestTheTortureWouldSeeALeak is the control: a tenant set for the session
// rather than the transaction is seen by the next to use the connection.
func TestTheTortureWouldSeeALeak(t *testing.T) {
	t.Parallel()
	source := testkit.Database(t)
	town := source.Tenant(t, testkit.WithZones("a"))
	db, err := database.Open(t.Context(), database.Options{URL: source.URL, Conns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Pool.Exec(t.Context(), `SELECT set_config('app.tenant_id', $1, false)`, town.ID.String()); err != nil {
		t.Fatal(err)
	}
	if n, err := bareCount(t.Context(), db); err != nil || n != 1 {
		t.Errorf("a bare query saw %d rows, %v: the torture test proves nothing", n, err)
	}
}
