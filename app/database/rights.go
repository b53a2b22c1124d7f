package database

import (
	"context"
	"fmt"
)

// CheckRights returns an error when the program has connected as a role that
// row level security does not bind, or that owns the tables: one town could
// then read another's rows, and what is append-only could be rewritten.
func (db *DB) CheckRights(ctx context.Context) error {
	var role string
	var unbound, owner bool
	err := db.Pool.QueryRow(ctx, `SELECT current_user::text, r.rolsuper OR r.rolbypassrls,
			EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass('core.tenants') AND pg_has_role(r.oid, c.relowner, 'USAGE'))
		FROM pg_roles r WHERE r.rolname = current_user`).Scan(&role, &unbound, &owner)
	if err != nil {
		return Fault(fmt.Errorf("read the rights of the role: %w", err))
	}
	if unbound || owner {
		return fmt.Errorf("DATABASE_URL : le rôle %s a trop de droits, il verrait toutes les communes à la fois. Servez avec %s, gardez %s pour « parvis migrate »", role, App, Owner)
	}
	return nil
}
