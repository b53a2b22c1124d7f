package budgets

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"parvis/app/tenant"
)

// Work takes the pictures of changed projects off the disk.
func (m *Module) Work(ctx context.Context) error {
	return m.service.Files.Tend(ctx, m.service.Log, name, m.service.shown)
}

// shown lists the pictures of a town's projects and their steps.
func (s *service) shown(ctx context.Context, t tenant.ID) (hashes []string, err error) {
	err = s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		hashes, err = s.store.contents(ctx, tx, t)
		return err
	})
	return hashes, err
}

// contents lists the pictures that the tenant's projects and steps show.
func (store) contents(ctx context.Context, tx bun.IDB, t tenant.ID) ([]string, error) {
	var hashes []string
	err := tx.NewRaw(`
		SELECT photo_sha256 FROM budgets.projects WHERE tenant_id = ? AND photo_sha256 <> ''
		UNION SELECT photo_sha256 FROM budgets.steps WHERE tenant_id = ? AND photo_sha256 <> ''`, t, t).Scan(ctx, &hashes)
	if err != nil {
		return nil, fmt.Errorf("list the pictures in use: %w", err)
	}
	return hashes, nil
}
