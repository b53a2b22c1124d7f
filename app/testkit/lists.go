package testkit

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Read is one of the lists of a module, as its pages read it.
type Read struct {
	Name string
	Do   func() error
}

// ReadByIndex does each read often enough for its slowest times to show, logs
// them, and returns the slowest p95. It is an error of the test when one of
// those tables is read from end to end, by the statistics that PostgreSQL keeps
// of it: the plans are those of the application's role.
func (d *DB) ReadByIndex(t testing.TB, tables []string, reads []Read) (slowest time.Duration) {
	t.Helper()
	for _, r := range reads {
		before := d.scans(t, tables)
		var took []time.Duration
		for range 20 {
			start := time.Now()
			if err := r.Do(); err != nil {
				t.Fatalf("%s: %v", r.Name, err)
			}
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		p95 := took[18]
		slowest = max(slowest, p95)
		t.Logf("%-30s p95 %s", r.Name, p95.Round(100*time.Microsecond))
		for table, n := range d.scans(t, tables) {
			if n > before[table] {
				t.Errorf("%s: the whole of %s is read", r.Name, table)
			}
		}
	}
	return slowest
}

// scans says how often each of the tables was read from end to end so far. It
// asks until two answers agree: the statistics follow within a moment.
func (d *DB) scans(t testing.TB, tables []string) map[string]int64 {
	t.Helper()
	d.Pool.Reset() // a connection hands in what it has counted when it ends
	ask := func() map[string]int64 {
		rows, err := d.Superuser(t).Query(context.Background(), `
			SELECT schemaname || '.' || relname, seq_scan FROM pg_stat_user_tables WHERE schemaname || '.' || relname = ANY ($1)`, tables)
		if err != nil {
			t.Fatalf("testkit: read the statistics: %v", err)
		}
		found := map[string]int64{}
		var table string
		var n int64
		if _, err := pgx.ForEachRow(rows, []any{&table, &n}, func() error { found[table] = n; return nil }); err != nil {
			t.Fatalf("testkit: read the statistics: %v", err)
		}
		if len(found) != len(tables) {
			t.Fatalf("testkit: some of %v do not exist", tables)
		}
		return found
	}
	last := ask()
	for range 50 {
		<-time.After(100 * time.Millisecond)
		next := ask()
		if maps.Equal(last, next) {
			return next
		}
		last = next
	}
	return last
}
