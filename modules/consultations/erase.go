package consultations

import (
	"context"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
)

// Holdings declares what the module keeps about people: who wrote a
// consultation, and nothing about who answered it.
func (*Module) Holdings() []module.Holding {
	return []module.Holding{{
		What: "consultations.holding.what", Purpose: "consultations.holding.purpose",
		LegalBasis: "consultations.holding.basis", Retention: "consultations.holding.retention",
	}}
}

// Export returns the consultations that the account wrote.
func (m *Module) Export(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (map[string]any, error) {
	list, err := m.service.store.authored(ctx, tx, t, c)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return map[string]any{"written": list}, nil
}

// Erase forgets that the account wrote them; the public acts stay.
func (m *Module) Erase(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) error {
	return m.service.store.forgetAuthor(ctx, tx, t, c)
}
