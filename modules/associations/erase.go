package associations

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
)

// Holdings declares what the module keeps about people: who answers for an
// association, who asked to. What associations say of themselves is public.
func (*Module) Holdings() []module.Holding {
	return []module.Holding{{
		What: "associations.holding.what", Purpose: "associations.holding.purpose",
		LegalBasis: "associations.holding.basis", Retention: "associations.holding.retention",
	}}
}

type exported struct {
	Association string    `json:"association"`
	Position    string    `json:"position"`
	State       string    `json:"state"`
	Message     string    `json:"message,omitempty"`
	At          time.Time `json:"at"`
}

// Export returns for which associations the account answers or asked to.
func (m *Module) Export(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (map[string]any, error) {
	var answers []exported
	err := tx.NewRaw(`
		SELECT a.name AS association, r.position, 'answers' AS state, r.since AS at
		FROM associations.responsibles r JOIN associations.associations a ON a.tenant_id = r.tenant_id AND a.id = r.association_id
		WHERE r.tenant_id = ? AND r.citizen_id = ? ORDER BY r.since`, t, c).Scan(ctx, &answers)
	if err != nil {
		return nil, fmt.Errorf("export the associations of an account: %w", err)
	}
	claims, err := m.service.store.claimsOf(ctx, tx, t, c, 1000)
	if err != nil || len(answers)+len(claims) == 0 {
		return nil, err
	}
	asked := make([]exported, len(claims))
	for i, r := range claims {
		asked[i] = exported{Association: r.Name, Position: r.Position, State: string(r.State), Message: r.Message, At: r.AskedAt}
	}
	return map[string]any{"answers_for": answers, "asked": asked}, nil
}

// Erase takes the account out of the associations it answered for, its claims
// back, and its name off what it wrote for them, which stays theirs.
func (m *Module) Erase(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) error {
	for _, statement := range []string{
		`DELETE FROM associations.responsibles WHERE tenant_id = ? AND citizen_id = ?`,
		`UPDATE associations.claims SET state = CASE state WHEN 'waiting' THEN 'withdrawn' ELSE state END, decided_at = coalesce(decided_at, core.now()),
			message = '', citizen_id = NULL WHERE tenant_id = ? AND citizen_id = ?`,
		`UPDATE associations.associations SET created_by = NULL WHERE tenant_id = ? AND created_by = ?`,
		`UPDATE associations.posts SET created_by = NULL WHERE tenant_id = ? AND created_by = ?`,
	} {
		if _, err := tx.NewRaw(statement, t, c).Exec(ctx); err != nil {
			return fmt.Errorf("erase an account from associations: %w", err)
		}
	}
	return nil
}
