package testkit_test

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/testkit"
)

func TestEachTestHasItsOwnMigratedDatabase(t *testing.T) {
	t.Parallel()
	one, two := testkit.Database(t), testkit.Database(t)
	town := one.Tenant(t, testkit.Named("saint-dizier", "Ville de Saint-Dizier"), testkit.WithZones("Le Vert-Bois", "La Noue"))
	for db, want := range map[*testkit.DB]int{one: 1, two: 0} {
		var count int
		err := db.Platform(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			return tx.QueryRowContext(ctx, `SELECT count(*) FROM core.tenants WHERE slug = ?`, town.Slug).Scan(&count)
		})
		if err != nil || count != want {
			t.Errorf("tenants = %d, %v, want %d", count, err, want)
		}
	}
}

func TestTheClockOfATenantMovesAlone(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	traveller, other := db.Tenant(t), db.Tenant(t)
	at := time.Date(2027, 3, 28, 1, 59, 59, 0, time.UTC)
	db.SetClock(t, traveller.ID, at)
	now := func(town string) (now time.Time) {
		id := traveller.ID
		if town == "other" {
			id = other.ID
		}
		err := db.ReadTenant(t.Context(), id, func(ctx context.Context, tx bun.Tx) error {
			return tx.QueryRowContext(ctx, `SELECT core.now()`).Scan(&now)
		})
		if err != nil {
			t.Fatal(err)
		}
		return now
	}
	if got := now("traveller"); got.Before(at) || got.After(at.Add(time.Minute)) {
		t.Errorf("the traveller's clock says %v, want %v", got, at)
	}
	if got := now("other"); time.Since(got).Abs() > time.Minute {
		t.Errorf("the other town's clock says %v", got)
	}
}
