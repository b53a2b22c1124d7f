package database

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"parvis/app/keyset"
	"parvis/app/tenant"
)

// ReadPage is ReadTenant for the page of a list at the place *at, which came in
// an address. Where PostgreSQL cannot read that place, which somebody made up,
// the list is read once more from its beginning.
func (db *DB) ReadPage(ctx context.Context, t tenant.ID, at *keyset.Cursor, fn func(ctx context.Context, tx bun.Tx) error) error {
	err := db.ReadTenant(ctx, t, fn)
	if errors.Is(err, ErrUnreadable) && !at.IsZero() {
		*at = keyset.Cursor{}
		err = db.ReadTenant(ctx, t, fn)
	}
	return err
}
