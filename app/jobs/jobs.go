// Package jobs does things later: after the transaction that asked for them
// has committed, again when they fail, and at fixed intervals. It is River on
// the program's own PostgreSQL; a job exists if and only if the business
// transaction that inserted it committed.
//
// Arguments of jobs stand in tables without row level security: they name a
// tenant and a row, never a person. Never insert a job in the transaction of
// a vote: its notification would make votes wait for each other.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"parvis/app/database"
)

// Schema is the PostgreSQL schema of River's tables.
const Schema = "river"

// Runner inserts jobs and, once started, works them.
type Runner struct {
	client  *river.Client[pgx.Tx]
	workers *river.Workers
	chores  sync.Map // name → func(context.Context) error
	log     *slog.Logger

	mu      sync.Mutex
	started bool
}

// New returns a runner on pool, that works nothing before Start.
func New(pool *pgxpool.Pool, log *slog.Logger) (*Runner, error) {
	r := &Runner{workers: river.NewWorkers(), log: log}
	river.AddWorker(r.workers, &choreWorker{runner: r})
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Schema:                      Schema,
		Logger:                      log,
		Workers:                     r.workers,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}},
		JobTimeout:                  time.Minute,
		CompletedJobRetentionPeriod: time.Hour,
		// Rebuilding an index needs its owner, which the application is not.
		ReindexerIndexNames: []string{},
		ReindexerSchedule:   river.NeverSchedule(),
	})
	if err != nil {
		return nil, fmt.Errorf("build the job client: %w", err)
	}
	r.client = client
	return r, nil
}

// Register adds the worker of one kind of job. Call it before Start.
func Register[T river.JobArgs](r *Runner, worker river.Worker[T]) {
	river.AddWorker(r.workers, worker)
}

// Insert adds a job to the transaction that ctx was given in (see
// database.Tx). It is worked once that has committed, never when it has not.
func (r *Runner) Insert(ctx context.Context, args river.JobArgs) error {
	if _, err := r.client.InsertTx(ctx, database.Tx(ctx), args, nil); err != nil {
		return fmt.Errorf("insert job %s: %w", args.Kind(), err)
	}
	return nil
}

// InsertAll is Insert for many jobs of a kind, in one statement.
func InsertAll[T river.JobArgs](ctx context.Context, r *Runner, list []T) error {
	if len(list) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(list))
	for i, args := range list {
		params[i] = river.InsertManyParams{Args: args}
	}
	if _, err := r.client.InsertManyTx(ctx, database.Tx(ctx), params); err != nil {
		return fmt.Errorf("insert jobs %s: %w", list[0].Kind(), err)
	}
	return nil
}

// Every has do called at that interval, and once soon after Start, on one
// node at a time. Call it before Start.
func (r *Runner) Every(name string, interval time.Duration, do func(context.Context) error) {
	r.chores.Store(name, do)
	r.client.PeriodicJobs().Add(river.NewPeriodicJob(
		river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) {
			return chore{Name: name}, &river.InsertOpts{MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: interval}}
		},
		&river.PeriodicJobOpts{RunOnStart: true},
	))
}

// Start begins to work jobs, until Stop.
func (r *Runner) Start(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the jobs: %w", err)
	}
	r.started = true
	return nil
}

// Stop takes no new job, and waits for those under way until ctx is done;
// then it cancels them, and they will be worked again.
func (r *Runner) Stop(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.started {
		return nil
	}
	r.started = false
	err := r.client.Stop(ctx)
	if err == nil || ctx.Err() == nil {
		return err
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return r.client.StopAndCancel(last)
}

// chore is a job done at fixed intervals.
type chore struct {
	Name string `json:"name"`
}

func (chore) Kind() string { return "chore" }

type choreWorker struct {
	river.WorkerDefaults[chore]
	runner *Runner
}

func (w *choreWorker) Work(ctx context.Context, job *river.Job[chore]) error {
	do, ok := w.runner.chores.Load(job.Args.Name)
	if !ok {
		return river.JobCancel(fmt.Errorf("no chore is named %q", job.Args.Name))
	}
	return do.(func(context.Context) error)(ctx)
}
