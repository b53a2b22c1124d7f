package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"parvis/app/fault"
)

// What the database says, as faults. Each keeps PostgreSQL's error as its
// cause, for the log, for Constraint and for errors.Is.
var (
	ErrNotFound    = fault.New(fault.NotFound, "database.not_found")
	ErrDuplicate   = fault.New(fault.Conflict, "database.duplicate")      // unique or exclusion constraint
	ErrReference   = fault.New(fault.Conflict, "database.reference")      // foreign key
	ErrRefused     = fault.New(fault.Invalid, "database.refused")         // check constraint
	ErrUnreadable  = fault.New(fault.Invalid, "database.unreadable")      // text or number PostgreSQL cannot hold
	ErrBusy        = fault.New(fault.Unavailable, "database.busy")        // lock, deadlock, statement too long
	ErrUnavailable = fault.New(fault.Unavailable, "database.unavailable") // gone, starting, full, out of connections
)

// Fault translates an error of PostgreSQL or of its driver. A fault, an error
// it does not know and a programming error come back unchanged.
func Fault(err error) error {
	if err == nil {
		return nil
	}
	if _, already := errors.AsType[*fault.Error](err); already {
		return err
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		if f := bySQLState(pg.Code); f != nil {
			return f.Wrap(err)
		}
		return err
	}
	switch {
	case errors.Is(err, sql.ErrNoRows), errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound.Wrap(err)
	case errors.Is(err, context.Canceled):
		return err
	case lost(err), errors.Is(err, context.DeadlineExceeded):
		return ErrUnavailable.Wrap(err)
	}
	return err
}

func bySQLState(code string) *fault.Error {
	switch code {
	case "23505", "23P01":
		return ErrDuplicate
	case "23503":
		return ErrReference
	case "23514":
		return ErrRefused
	case "22001", "22003", "22021", "22P02", "22P05", "22007", "22008":
		return ErrUnreadable
	case "40001", "40P01", "55P03", "57014":
		return ErrBusy
	case "58030", "XX001", "25P03", "25P04":
		return ErrUnavailable
	}
	switch code[:2] {
	case "08", "53": // connection; out of disk, memory or connections
		return ErrUnavailable
	case "57": // stopped by the operator, starting, crashed
		return ErrUnavailable
	}
	return nil
}

// Constraint names the constraint that refused a statement, "" when none did.
func Constraint(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.ConstraintName
	}
	return ""
}

// lost reports whether err means that the connection, and not the statement,
// failed.
func lost(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57P") || pg.Code == "53300"
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return !errors.Is(err, context.Canceled)
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
}
