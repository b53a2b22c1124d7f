package database_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"parvis/app/database"
	"parvis/app/testkit"
	"parvis/migrations"
)

var quiet = slog.New(slog.DiscardHandler)

func files(texts map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range texts {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func count(t *testing.T, db *testkit.DB, query string) (n int) {
	t.Helper()
	if err := db.Superuser(t).QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMigrationsApplyOnceInOrder(t *testing.T) {
	t.Parallel()
	db := testkit.Empty(t)
	history := files(map[string]string{
		"20260101000000_core_first.tx.up.sql":    `CREATE TABLE public.steps (n int); INSERT INTO public.steps VALUES (1);`,
		"20260102000000_voting_second.tx.up.sql": `INSERT INTO public.steps SELECT max(n) + 1 FROM public.steps`,
	})
	want := []string{"20260101000000_core_first", "20260102000000_voting_second"}
	if pending, err := database.Pending(t.Context(), db.URL, history); err != nil || !slices.Equal(pending, want) {
		t.Errorf("before: pending %v, %v", pending, err)
	}
	applied, err := database.Migrate(t.Context(), db.OwnerURL, history, quiet)
	if err != nil || !slices.Equal(applied, want) {
		t.Errorf("applied %v, %v", applied, err)
	}
	if applied, err = database.Migrate(t.Context(), db.OwnerURL, history, quiet); err != nil || len(applied) != 0 {
		t.Errorf("again: applied %v, %v", applied, err)
	}
	if n := count(t, db, `SELECT max(n) FROM public.steps`); n != 2 {
		t.Errorf("steps = %d, want 2", n)
	}
	if pending, err := database.Pending(t.Context(), db.URL, history); err != nil || len(pending) != 0 {
		t.Errorf("after, asked as the application: pending %v, %v", pending, err)
	}
}

func TestAMigrationThatFailsLeavesNoTraceAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	db := testkit.Empty(t)
	const first, second = "20260101000000_core_first.tx.up.sql", "20260102000000_core_second.tx.up.sql"
	texts := map[string]string{first: `CREATE TABLE public.one (n int)`, second: "CREATE TABLE public.two (n int);\nSELECT 1/0;"}
	applied, err := database.Migrate(t.Context(), db.OwnerURL, files(texts), quiet)
	if err == nil || !slices.Equal(applied, []string{"20260101000000_core_first"}) {
		t.Errorf("applied %v, %v", applied, err)
	}
	if n := count(t, db, `SELECT count(*) FROM pg_tables WHERE tablename = 'two'`); n != 0 {
		t.Error("half of the failed migration is there")
	}
	if pending, err := database.Pending(t.Context(), db.OwnerURL, files(texts)); err != nil || !slices.Equal(pending, []string{"20260102000000_core_second"}) {
		t.Errorf("pending %v, %v", pending, err)
	}
	texts[second] = `CREATE TABLE public.two (n int)`
	if _, err := database.Migrate(t.Context(), db.OwnerURL, files(texts), quiet); err != nil {
		t.Errorf("once repaired: %v", err)
	}
}

func TestNodesThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	db := testkit.Empty(t)
	history := files(map[string]string{
		"20260101000000_core_first.tx.up.sql": `CREATE TABLE public.steps (n int); SELECT pg_sleep(0.2); INSERT INTO public.steps VALUES (1);`,
	})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := database.Migrate(t.Context(), db.OwnerURL, history, quiet); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := count(t, db, `SELECT count(*) FROM public.steps`); n != 1 {
		t.Errorf("applied %d times", n)
	}
}

func TestAMigratorThatDiesLeavesNoLock(t *testing.T) {
	t.Parallel()
	db := testkit.Empty(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	slow := files(map[string]string{"20260101000000_core_first.tx.up.sql": `CREATE TABLE public.steps (n int)`})
	if _, err := database.Migrate(ctx, db.OwnerURL, slow, quiet); err == nil {
		t.Error("migrated for someone who had left")
	}
	if _, err := database.Migrate(t.Context(), db.OwnerURL, slow, quiet); err != nil {
		t.Errorf("the next: %v", err)
	}
}

// TestAMigratorKilledAfterItsCommitDoesNotApplyTwice: what the migrator does
// after the migration's commit fails, as it would if it were killed there.
func TestAMigratorKilledAfterItsCommitDoesNotApplyTwice(t *testing.T) {
	t.Parallel()
	db := testkit.Empty(t)
	history := files(map[string]string{"20260101000000_core_first.tx.up.sql": `CREATE TABLE public.steps (n int);
		CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''killed''; END';
		CREATE TRIGGER die BEFORE UPDATE ON public.bun_migrations FOR EACH ROW EXECUTE FUNCTION public.die();`})
	if _, err := database.Migrate(t.Context(), db.OwnerURL, history, quiet); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the migrator was not killed: %v", err)
	}
	if pending, err := database.Pending(t.Context(), db.OwnerURL, history); err != nil || len(pending) != 0 {
		t.Errorf("would be applied again: %v, %v", pending, err)
	}
}

func TestDoubtfulMigrationsAreRefused(t *testing.T) {
	t.Parallel()
	const plain = "20260101000000_core_first.tx.up.sql"
	for name, texts := range map[string]map[string]string{
		"same number":    {plain: "SELECT 1", "20260101000000_voting_first.tx.up.sql": "SELECT 1"},
		"short number":   {"9_core_first.tx.up.sql": "SELECT 1"},
		"no owner":       {"20260101000000_first.tx.up.sql": "SELECT 1"},
		"downwards":      {"20260101000000_core_first.tx.down.sql": "SELECT 1"},
		"endless line":   {plain: "SELECT '" + strings.Repeat("x", 70_000) + "'"},
		"no transaction": {"20260101000000_core_first.up.sql": "CREATE TABLE public.one (n int)"},
	} {
		if _, err := database.Migrate(t.Context(), "postgres://nobody@127.0.0.1:1/none", files(texts), quiet); err == nil || strings.Contains(err.Error(), "reach the database") {
			t.Errorf("%s: %v, want it refused before anything is touched", name, err)
		}
	}
}

func TestOurMigrationsAreInOrderAndSayWhatTheyDid(t *testing.T) {
	t.Parallel()
	db := testkit.Empty(t)
	var said bytes.Buffer
	applied, err := database.Migrate(t.Context(), db.OwnerURL, migrations.FS, slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(applied) || !strings.Contains(said.String(), fmt.Sprintf("count=%d", len(applied))) {
		t.Errorf("applied %v, said %s", applied, said.String())
	}
}
