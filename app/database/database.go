// Package database is the only door to PostgreSQL. It opens the pool of the
// application role, and hands out transactions in which one tenant is set:
// row level security then shows that tenant's rows and no others. It also
// turns PostgreSQL's errors into faults and applies the migrations.
//
// It never gives a connection on which a tenant outlives its transaction, and
// it knows no table of any feature.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/tenant"
)

// DB is the database as one role sees it, usually the application's.
type DB struct {
	// Pool is for what bun cannot do: batches, LISTEN, the job queue. A query through
	// it sees no tenant's row unless its own transaction executes SetTenant
	// first. A test names the packages that may use it.
	Pool *pgxpool.Pool

	bun     *bun.DB
	timeout time.Duration
	log     *slog.Logger
}

// SetTenant is the statement by which a transaction opened on Pool chooses its
// tenant ($1, a uuid), until its end.
const SetTenant = `SELECT set_config('app.tenant_id', $1, true)`

// Options are those of Open. Only URL is required.
type Options struct {
	URL     string
	Conns   int           // size of the pool, 20 by default
	Timeout time.Duration // of a whole transaction, 5 s by default; see Patiently
	Name    string        // how the connections name themselves in pg_stat_activity
	Log     *slog.Logger
}

// Open connects to PostgreSQL and checks that it answers.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	config, err := poolConfig(o)
	if err != nil {
		return nil, fmt.Errorf("read the database address: %w", err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database pool: %w", err)
	}
	db := &DB{Pool: pool, timeout: o.Timeout, log: o.Log}
	db.bun = bun.NewDB(openSQL(pool), pgdialect.New(), bun.WithDiscardUnknownColumns())
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	if err := pool.Ping(ctx); err != nil {
		db.Close()
		return nil, Fault(fmt.Errorf("reach the database: %w", err))
	}
	return db, nil
}

// poolConfig bounds every wait, so that a database that is slow, gone or half
// open is told as such within the timeout instead of holding a citizen.
func poolConfig(o Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 20
	if o.Conns > 0 {
		config.MaxConns = int32(o.Conns)
	}
	config.PingTimeout = time.Second
	config.MaxConnLifetime = time.Hour
	config.MaxConnLifetimeJitter = 10 * time.Minute
	config.MaxConnIdleTime = 10 * time.Minute
	config.ConnConfig.ConnectTimeout = 3 * time.Second
	params := config.ConnConfig.RuntimeParams
	set := func(name, value string) {
		if _, chosen := params[name]; !chosen {
			params[name] = value
		}
	}
	if o.Name == "" {
		o.Name = "parvis"
	}
	set("application_name", o.Name)
	set("timezone", "UTC")
	// A little less than the client's own limit: an error that PostgreSQL
	// gives keeps the connection, one of the client's costs it.
	set("statement_timeout", milliseconds(o.Timeout*9/10))
	set("lock_timeout", milliseconds(o.Timeout*8/10))
	set("idle_in_transaction_session_timeout", milliseconds(o.Timeout*3))
	return config, nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// Close waits for the connections in use, then closes the pool.
func (db *DB) Close() {
	_ = db.bun.Close()
	db.Pool.Close()
}

var errNoTenant = errors.New("database: transaction for no tenant")

// InTenant runs fn in one transaction (read committed) for tenant t: it sees
// and writes t's rows only. The transaction is committed when fn returns nil,
// and rolled back otherwise. fn must use the context it is given, hold nothing
// but database work, and leave what must follow the commit to the caller.
//
// Faults come back as they are; PostgreSQL's errors come back through Fault.
func (db *DB) InTenant(ctx context.Context, t tenant.ID, fn func(ctx context.Context, tx bun.Tx) error) error {
	if t.IsZero() {
		return errNoTenant
	}
	return db.run(ctx, beginning{tenant: t}, fn)
}

// ReadTenant is InTenant for reading: the transaction is read only and sees
// one snapshot of the data, however many queries fn makes.
func (db *DB) ReadTenant(ctx context.Context, t tenant.ID, fn func(ctx context.Context, tx bun.Tx) error) error {
	if t.IsZero() {
		return errNoTenant
	}
	return db.run(ctx, beginning{tenant: t, read: true}, fn)
}

// Platform runs fn in a transaction for no tenant: it sees the tables that
// belong to none (the list of tenants and their hosts), and no tenant's row.
func (db *DB) Platform(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	return db.run(ctx, beginning{}, fn)
}

func (db *DB) run(ctx context.Context, b beginning, fn func(ctx context.Context, tx bun.Tx) error) error {
	if _, inside := ctx.Value(joinedKey{}).(pgx.Tx); inside {
		return errNested
	}
	b.patience, _ = ctx.Value(patienceKey{}).(time.Duration)
	ctx, cancel := context.WithTimeout(ctx, b.limit(db.timeout))
	defer cancel()
	b.ctx = ctx
	conn, tx, err := db.begin(ctx, &b)
	if err != nil {
		return Fault(fmt.Errorf("begin a transaction: %w", err))
	}
	defer conn.Close()
	return Fault(finish(ctx, tx, fn, b.tx))
}

// errNested: a second connection taken while the first is held is how a pool
// deadlocks, so it is refused at the first try rather than under load.
var errNested = errors.New("database: transaction opened inside another; pass the transaction instead")

func finish(ctx context.Context, tx bun.Tx, fn func(ctx context.Context, tx bun.Tx) error, joined pgx.Tx) error {
	defer func() { _ = tx.Rollback() }() // after a commit, it does nothing
	if err := fn(context.WithValue(ctx, joinedKey{}, joined), tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

type joinedKey struct{}

// Tx returns the transaction that ctx was given in, as pgx's: for batches with
// unnest (PostgreSQL has no COPY into tables with row level security) and for
// libraries that write in the caller's transaction. It must not be committed
// or rolled back. It panics outside InTenant, ReadTenant and Platform.
func Tx(ctx context.Context) pgx.Tx {
	tx, ok := ctx.Value(joinedKey{}).(pgx.Tx)
	if !ok {
		panic("database.Tx: outside a transaction")
	}
	return tx
}

type patienceKey struct{}

// Patiently returns a context under which each transaction, and each statement
// in it, may last up to d instead of the few seconds a citizen can be kept
// waiting. It is for exports, imports and jobs.
func Patiently(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, d)
}

// begin opens the transaction. A connection that died while it was idle, or a
// server that is restarting, is tried again for a moment: nothing has been
// done yet, so nothing can be done twice.
func (db *DB) begin(ctx context.Context, b *beginning) (bun.Conn, bun.Tx, error) {
	patience := min(b.limit(db.timeout)*3/10, 15*time.Second) // 1.5 s as a rule: a restart takes one
	start, pause := time.Now(), 20*time.Millisecond
	for {
		conn, tx, err := db.tryBegin(ctx, b)
		if err == nil || !lost(err) || time.Since(start) > patience {
			return conn, tx, err
		}
		select {
		case <-ctx.Done():
			return conn, tx, err
		case <-time.After(pause):
			pause = min(2*pause, 250*time.Millisecond)
		}
	}
}

func (db *DB) tryBegin(ctx context.Context, b *beginning) (bun.Conn, bun.Tx, error) {
	conn, err := db.bun.Conn(ctx)
	if err != nil {
		return conn, bun.Tx{}, err
	}
	// database/sql would roll back by itself, in another goroutine, when the
	// context is cancelled; here the end of the transaction is ours alone.
	tx, err := conn.BeginTx(context.WithValue(context.WithoutCancel(ctx), beginningKey{}, b), &sql.TxOptions{})
	if err != nil {
		_ = conn.Close()
		return conn, tx, err
	}
	return conn, tx, nil
}
