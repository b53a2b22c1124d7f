package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"parvis/app/tenant"
)

// openSQL presents the pool as a sql.DB for bun.
func openSQL(pool *pgxpool.Pool) *sql.DB {
	db := sql.OpenDB(connector{stdlib.GetPoolConnector(pool)})
	db.SetMaxIdleConns(0) // idle connections belong to the pool
	return db
}

type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return sqlConn{conn.(*stdlib.Conn)}, nil
}

// sqlConn is pgx's connection for database/sql, with two differences: queries
// are not prepared, since bun writes the values into the text and no two are
// the same; and BEGIN sets the tenant in the same round trip.
type sqlConn struct{ *stdlib.Conn }

// QueryContext sends the query by the extended protocol, which takes a single
// statement, without preparing it.
func (c sqlConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if len(args) == 0 {
		args = []driver.NamedValue{{Ordinal: 1, Value: pgx.QueryExecModeExec}}
	}
	return c.Conn.QueryContext(ctx, query, args)
}

// ExecContext does the same for statements without rows.
func (c sqlConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(args) == 0 {
		args = []driver.NamedValue{{Ordinal: 1, Value: pgx.QueryExecModeExec}}
	}
	return c.Conn.ExecContext(ctx, query, args)
}

// BeginTx begins what InTenant, ReadTenant or Platform described in ctx, and
// a plain transaction for anyone else.
func (c sqlConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	b, ok := ctx.Value(beginningKey{}).(*beginning)
	if !ok {
		return c.Conn.BeginTx(ctx, opts)
	}
	tx, err := c.Conn.Conn().BeginTx(b.ctx, pgx.TxOptions{BeginQuery: b.sql()})
	if err != nil {
		return nil, err
	}
	b.tx = joinedTx{tx}
	return sqlTx{b.ctx, tx}, nil
}

type beginningKey struct{}

// beginning says how a transaction begins, and carries it back as pgx's.
type beginning struct {
	ctx      context.Context // of the whole transaction; it has a deadline
	tenant   tenant.ID
	read     bool
	patience time.Duration
	tx       pgx.Tx
}

func (b beginning) limit(usual time.Duration) time.Duration {
	if b.patience > 0 {
		return b.patience
	}
	return usual
}

func (b beginning) sql() string {
	var s strings.Builder
	s.WriteString("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
	if b.read {
		s.Reset()
		s.WriteString("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	}
	if !b.tenant.IsZero() {
		s.WriteString("; SELECT set_config('app.tenant_id', '" + b.tenant.String() + "', true)")
	}
	if b.patience > 0 {
		s.WriteString("; SET LOCAL statement_timeout = " + milliseconds(b.patience))
		s.WriteString("; SET LOCAL idle_in_transaction_session_timeout = " + milliseconds(b.patience))
	}
	return s.String()
}

// sqlTx ends a transaction whether or not whoever asked for it is still
// there, within the time it was given: a commit that has been sent is not
// given up because a citizen closed the page.
type sqlTx struct {
	ctx context.Context
	tx  pgx.Tx
}

// Commit commits.
func (t sqlTx) Commit() error {
	deadline, _ := t.ctx.Deadline()
	ctx, cancel := context.WithDeadline(context.WithoutCancel(t.ctx), deadline)
	defer cancel()
	return t.tx.Commit(ctx)
}

// Rollback rolls back; when that does not come through, pgx closes the
// connection, which does it too.
func (t sqlTx) Rollback() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), time.Second)
	defer cancel()
	return t.tx.Rollback(ctx)
}

// joinedTx is the transaction lent by Tx.
type joinedTx struct{ pgx.Tx }

var errNotYours = errors.New("database: the transaction is ended by whoever opened it")

// Commit refuses.
func (joinedTx) Commit(context.Context) error { return errNotYours }

// Rollback refuses.
func (joinedTx) Rollback(context.Context) error { return errNotYours }
