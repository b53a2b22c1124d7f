package budgets

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/tenant"
)

// sweepEvery is how often pictures that nothing names any more are taken off
// the disk, once they are a day old.
const (
	sweepEvery = time.Hour
	sweepAge   = 24 * time.Hour
)

// Work takes the pictures of changed projects off the disk.
func (m *Module) Work(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := m.service.sweep(ctx, time.Now().Add(-sweepAge)); err != nil {
				m.service.Log.WarnContext(ctx, "sweep the pictures of budgets", "error", err)
			}
		}
	}
}

// sweep removes the contents older than before that nothing shows.
func (s *service) sweep(ctx context.Context, before time.Time) error {
	removed, err := s.Files.Sweep(ctx, name, before, func(ctx context.Context, t tenant.ID) (map[string]bool, error) {
		used := map[string]bool{}
		err := s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
			hashes, err := s.store.contents(ctx, tx, t)
			for _, hash := range hashes {
				used[hash] = true
			}
			return err
		})
		return used, err
	})
	if removed > 0 {
		s.Log.InfoContext(ctx, "removed pictures that nothing names", "count", removed)
	}
	return err
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
