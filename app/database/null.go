package database

import (
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// NullID writes an ID, null when there is none.
func NullID(id uuid.UUID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != uuid.Nil} }

// NullTime writes a moment, null when there is none.
func NullTime(t time.Time) bun.NullTime { return bun.NullTime{Time: t} }

// NullDay writes a civil day, null when there is none: a date has no hour that
// a time zone could move.
func NullDay(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.DateOnly)
}
