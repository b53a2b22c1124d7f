package discussion

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
)

var _ module.PersonalData = (*Service)(nil)

// Holdings declares what is kept about people: what they said and supported.
func (s *Service) Holdings() []module.Holding {
	return []module.Holding{
		{What: "discussion.holding.comments", Purpose: "discussion.holding.purpose", LegalBasis: "discussion.holding.basis", Retention: "discussion.holding.retention"},
		{What: "discussion.holding.flags", Purpose: "discussion.holding.flags_purpose", LegalBasis: "discussion.holding.basis", Retention: "discussion.holding.retention"},
	}
}

// Export returns what an account said, supported and flagged.
func (s *Service) Export(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (map[string]any, error) {
	var comments []struct {
		At    time.Time `json:"at"`
		About string    `json:"about"`
		Body  string    `json:"text"`
		State string    `json:"state"`
	}
	var supports []struct {
		At    time.Time `json:"at"`
		About string    `json:"about"`
		Told  bool      `json:"news_by_mail"`
	}
	var flags []struct {
		At   time.Time `json:"at"`
		Kind string    `json:"kind"`
		Note string    `json:"note"`
	}
	var appeals []struct {
		At    time.Time `json:"at"`
		About string    `json:"about"`
		Text  string    `json:"text"`
	}
	for _, q := range []struct {
		query string
		into  any
	}{
		{`SELECT created_at AS at, module || '/' || subject_id AS about, body, state FROM discussion.comments WHERE tenant_id = ? AND author_id = ? ORDER BY created_at`, &comments},
		{`SELECT created_at AS at, module || '/' || subject_id AS about, told FROM discussion.supports WHERE tenant_id = ? AND citizen_id = ? ORDER BY created_at`, &supports},
		{`SELECT created_at AS at, kind, note FROM discussion.flags WHERE tenant_id = ? AND citizen_id = ? ORDER BY created_at`, &flags},
		{`SELECT appealed_at AS at, module || '/' || subject_id AS about, appeal AS text FROM discussion.cases WHERE tenant_id = ? AND author_id = ? AND appealed_at IS NOT NULL ORDER BY appealed_at`, &appeals},
	} {
		if err := tx.NewRaw(q.query, t, c).Scan(ctx, q.into); err != nil {
			return nil, fmt.Errorf("export what an account said: %w", err)
		}
	}
	if len(comments)+len(supports)+len(flags)+len(appeals) == 0 {
		return nil, nil
	}
	return map[string]any{"discussion": map[string]any{"comments": comments, "supports": supports, "flags": flags, "appeals": appeals}}, nil
}

// Erase takes the name off what an account said. Supports still count, once,
// for a row without a name; what was said to moderators alone goes.
func (s *Service) Erase(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) error {
	for _, statement := range []string{
		`UPDATE discussion.comments SET author_id = NULL WHERE tenant_id = ? AND author_id = ?`,
		`UPDATE discussion.cases SET author_id = NULL, appeal = CASE WHEN appealed_at IS NULL THEN '' ELSE '–' END WHERE tenant_id = ? AND author_id = ?`,
		`UPDATE discussion.supports SET told = false WHERE tenant_id = ? AND citizen_id = ?`,
		`UPDATE discussion.flags SET note = '' WHERE tenant_id = ? AND citizen_id = ?`,
	} {
		if _, err := tx.NewRaw(statement, t, c).Exec(ctx); err != nil {
			return fmt.Errorf("forget who said what: %w", err)
		}
	}
	return nil
}
