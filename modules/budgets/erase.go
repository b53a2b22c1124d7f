package budgets

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
)

// Holdings declares what the module keeps about people: who wrote a project,
// and who prepared an edition. Who voted, the ballot box knows.
func (*Module) Holdings() []module.Holding {
	return []module.Holding{{
		What: "budgets.holding.what", Purpose: "budgets.holding.purpose", LegalBasis: "budgets.holding.basis", Retention: "budgets.holding.retention",
	}}
}

// Export returns the projects that somebody wrote, drafts included.
func (m *Module) Export(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (map[string]any, error) {
	list, err := m.service.store.authored(ctx, tx, t, c)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	projects := make([]exported, len(list))
	for i, p := range list {
		projects[i] = exported{Title: p.Title, Text: p.Text, Place: p.Place, Name: p.AuthorName, Written: p.CreatedAt}
		if !p.DepositedAt.IsZero() {
			projects[i].Deposited = &p.DepositedAt
		}
	}
	return map[string]any{"projects": projects}, nil
}

type exported struct {
	Title     string     `json:"title"`
	Text      string     `json:"text"`
	Place     string     `json:"place,omitempty"`
	Name      string     `json:"name_shown,omitempty"`
	Written   time.Time  `json:"written_at"`
	Deposited *time.Time `json:"deposited_at,omitempty"`
}

// Erase throws the drafts of somebody away and takes their name off the rest:
// a deposited project is the town's business, and stays without its author.
func (m *Module) Erase(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) error {
	for _, statement := range []string{
		`DELETE FROM budgets.projects WHERE tenant_id = ? AND author_id = ? AND deposited_at IS NULL`,
		`UPDATE budgets.projects SET author_id = NULL, author_name = '' WHERE tenant_id = ? AND author_id = ?`,
		`UPDATE budgets.editions SET created_by = NULL WHERE tenant_id = ? AND created_by = ?`,
	} {
		if _, err := tx.NewRaw(statement, t, c).Exec(ctx); err != nil {
			return fmt.Errorf("forget an author: %w", err)
		}
	}
	return nil
}
