package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/uptrace/bun"

	"parvis/app/jobs"
	"parvis/app/testkit"
)

type note struct {
	Text string `json:"text"`
}

func (note) Kind() string { return "test_note" }

type reader struct {
	river.WorkerDefaults[note]
	read chan string
}

func (r *reader) Work(_ context.Context, job *river.Job[note]) error {
	r.read <- job.Args.Text
	return nil
}

func started(t *testing.T, db *testkit.DB, before func(*jobs.Runner)) *jobs.Runner {
	t.Helper()
	runner, err := jobs.New(db.Pool, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	before(runner)
	if err := runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := runner.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return runner
}

func receive(t *testing.T, from <-chan string) string {
	t.Helper()
	select {
	case text := <-from:
		return text
	case <-time.After(20 * time.Second):
		t.Fatal("no job was worked")
		return ""
	}
}

func TestAJobExistsOnlyIfItsTransactionCommits(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t)
	read := make(chan string, 10)
	runner := started(t, db, func(r *jobs.Runner) { jobs.Register(r, &reader{read: read}) })
	write := func(text string, end error) error {
		return db.InTenant(t.Context(), town.ID, func(ctx context.Context, _ bun.Tx) error {
			if err := runner.Insert(ctx, note{text}); err != nil {
				t.Fatal(err)
			}
			return end
		})
	}
	oops := errors.New("the act failed")
	if err := write("never", oops); !errors.Is(err, oops) {
		t.Fatal(err)
	}
	if err := write("later", nil); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, read); got != "later" {
		t.Errorf("worked %q: the job of a transaction that was rolled back", got)
	}
	var left int
	if err := db.Superuser(t).QueryRow(t.Context(), `SELECT count(*) FROM river.river_job WHERE args->>'text' = 'never'`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d jobs of the failed act, %v", left, err)
	}
}

func TestAChoreIsDoneSoonAfterTheStart(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	done := make(chan string, 10)
	started(t, db, func(r *jobs.Runner) {
		r.Every("tidy", time.Hour, func(context.Context) error { done <- "tidy"; return nil })
	})
	if got := receive(t, done); got != "tidy" {
		t.Errorf("did %q", got)
	}
}

// The migrations in migrations/ are River's own, all of them.
func TestRiverFindsItsSchemaUpToDate(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	migrator, err := rivermigrate.New(riverpgxv5.New(db.Owner(t)), &rivermigrate.Config{Schema: jobs.Schema})
	if err != nil {
		t.Fatal(err)
	}
	result, err := migrator.Validate(t.Context(), nil)
	if err != nil || !result.OK {
		t.Errorf("River asks for %v, %v", result, err)
	}
}
