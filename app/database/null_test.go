package database_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/database"
	"parvis/app/testkit"
)

func TestWhatThereIsNotIsNull(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t)
	late := time.Date(2026, 7, 14, 23, 30, 0, 0, time.FixedZone("", 2*60*60))
	var r struct {
		None bool
		ID   uuid.UUID
		At   time.Time
		Day  string
	}
	err := db.ReadTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT ?::uuid IS NULL AND ?::timestamptz IS NULL AND ?::date IS NULL AS none, ?::uuid AS id, ?::timestamptz AS at, (?::date)::text AS day`,
			database.NullID(uuid.Nil), database.NullTime(time.Time{}), database.NullDay(time.Time{}),
			database.NullID(uuid.UUID(town.ID)), database.NullTime(late), database.NullDay(late)).Scan(ctx, &r)
	})
	if err != nil || !r.None || r.ID != uuid.UUID(town.ID) || !r.At.Equal(late) || r.Day != "2026-07-14" {
		t.Errorf("%v, %v", r, err)
	}
}
