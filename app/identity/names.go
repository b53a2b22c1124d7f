package identity

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/tenant"
)

// Names returns what people chose to be called, by their IDs, and nothing else
// about them. Those who are gone are not in it.
func (s *Service) Names(ctx context.Context, tx bun.IDB, t tenant.ID, of ...citizen.ID) (map[citizen.ID]string, error) {
	names := make(map[citizen.ID]string, len(of))
	ids := make([]uuid.UUID, len(of))
	for i, id := range of {
		ids[i] = uuid.UUID(id)
	}
	var rows []struct {
		ID   citizen.ID
		Name string
	}
	err := tx.NewRaw(`
		SELECT id, name FROM core.citizens
		WHERE tenant_id = ? AND id = ANY (?::uuid[]) AND erased_at IS NULL`, t, pgdialect.Array(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("find the names of people: %w", err)
	}
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	return names, nil
}

// Held reports whether somebody, but for some, holds one of the roles as far as
// a scope goes.
func (s *Service) Held(ctx context.Context, tx bun.IDB, t tenant.ID, scope access.Scope, roles []citizen.Role, but ...citizen.ID) (held bool, err error) {
	err = tx.NewRaw(`
		SELECT EXISTS (SELECT FROM core.role_grants
			WHERE tenant_id = ?0 AND role IN (?1) AND module IN ('', ?2) AND (zone_id IS NULL OR zone_id = ?3) AND citizen_id NOT IN (?4))`,
		t, bun.List(roles), scope.Module, scope.Zone, bun.List(but)).Scan(ctx, &held)
	if err != nil {
		return false, fmt.Errorf("find who holds a role: %w", err)
	}
	return held, nil
}
