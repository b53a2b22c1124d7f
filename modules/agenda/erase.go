package agenda

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
)

// Holdings declares what the module keeps about people: who published an event.
func (*Module) Holdings() []module.Holding {
	return []module.Holding{{
		What: "agenda.holding.what", Purpose: "agenda.holding.purpose", LegalBasis: "agenda.holding.basis", Retention: "agenda.holding.retention",
	}}
}

// Export returns the events that the account published.
func (m *Module) Export(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (map[string]any, error) {
	var list []struct {
		Title     string    `json:"title"`
		CreatedAt time.Time `json:"created_at"`
	}
	err := tx.NewRaw(`SELECT title, created_at FROM agenda.events WHERE tenant_id = ? AND created_by = ? ORDER BY created_at`, t, c).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("export the events of an account: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return map[string]any{"published": list}, nil
}

// Erase forgets that the account published them; the events stay.
func (m *Module) Erase(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) error {
	if _, err := tx.NewRaw(`UPDATE agenda.events SET created_by = NULL WHERE tenant_id = ? AND created_by = ?`, t, c).Exec(ctx); err != nil {
		return fmt.Errorf("forget who published events: %w", err)
	}
	return nil
}
