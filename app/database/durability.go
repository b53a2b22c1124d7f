package database

import (
	"context"
	"fmt"
)

// CheckDurability returns an error when PostgreSQL is set to acknowledge what
// a power cut could undo. Nobody should cast a vote then.
func (db *DB) CheckDurability(ctx context.Context) error {
	for _, setting := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		var value string
		if err := db.Pool.QueryRow(ctx, `SELECT current_setting($1)`, setting).Scan(&value); err != nil {
			return Fault(fmt.Errorf("read %s: %w", setting, err))
		}
		if value == "off" {
			return fmt.Errorf("PostgreSQL has %s off: an acknowledged vote could be lost", setting)
		}
	}
	return nil
}
