package ideas

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
)

// Holdings declares what the module keeps about people: who proposed what.
func (*Module) Holdings() []module.Holding {
	return []module.Holding{{
		What: "ideas.holding.what", Purpose: "ideas.holding.purpose", LegalBasis: "ideas.holding.basis", Retention: "ideas.holding.retention",
	}}
}

// Export returns the ideas of an account, drafts included.
func (m *Module) Export(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (map[string]any, error) {
	var list []struct {
		Title       string       `json:"title"`
		Body        string       `json:"text"`
		Theme       string       `json:"theme"`
		Place       string       `json:"place"`
		State       string       `json:"state"`
		Visibility  string       `json:"visibility"`
		Supports    int          `json:"supports"`
		CreatedAt   time.Time    `json:"created_at"`
		PublishedAt bun.NullTime `json:"published_at"`
	}
	err := tx.NewRaw(`
		SELECT title, body, theme, place, state, visibility, supports, created_at, published_at
		FROM ideas.ideas WHERE tenant_id = ? AND author_id = ? ORDER BY created_at`, t, c).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("export the ideas of an account: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return map[string]any{"ideas": list}, nil
}

// Erase takes the name off the ideas of an account; its drafts go.
func (m *Module) Erase(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) error {
	for _, statement := range []string{
		`DELETE FROM ideas.ideas WHERE tenant_id = ? AND author_id = ? AND visibility = 'draft'`,
		`UPDATE ideas.ideas SET author_id = NULL WHERE tenant_id = ? AND author_id = ?`,
		`UPDATE ideas.ideas SET answered_by = NULL WHERE tenant_id = ? AND answered_by = ?`,
	} {
		if err := exec(ctx, tx, "forget who proposed an idea", statement, t, c); err != nil {
			return err
		}
	}
	return nil
}
