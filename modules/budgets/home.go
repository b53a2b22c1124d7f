package budgets

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/module"
	"parvis/app/search"
	"parvis/app/tenant"
	"parvis/modules/budgets/views"
)

// freshFor is how long a délibération is news.
const freshFor = 90 * 24 * time.Hour

// Cards shows the edition one can take part in now, and what the council chose
// of late.
func (m *Module) Cards(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer) ([]module.Card, error) {
	list, err := m.service.editions(ctx, t.ID, false)
	if err != nil {
		return nil, err
	}
	var cards []module.Card
	for _, e := range list {
		card := views.Card{Edition: editionItem(ctx, t, e), Eyebrow: i18n.T(ctx, "budgets.title")}
		switch p := e.Phase(); {
		case p == Deposit || p == Vote:
			card.Action = i18n.T(ctx, "budgets.card.deposit")
			if p == Vote {
				card.Action = i18n.T(ctx, "budgets.card.vote")
			}
			cards = append(cards, module.Card{Section: module.SectionOpen, Urgency: e.End(p), Body: views.HomeCard(card)})
		case !e.OutcomeAt.IsZero() && e.Now.Sub(e.OutcomeAt) < freshFor:
			cards = append(cards, module.Card{Section: module.SectionDecided, Urgency: e.OutcomeAt, Body: views.HomeCard(card)})
		}
	}
	return cards, nil
}

// Counters says how many projects people deposited, and how many were built.
func (m *Module) Counters(ctx context.Context, t *tenant.Tenant) ([]module.Counter, error) {
	var deposited, done int64
	err := m.service.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		deposited, done, err = m.service.store.totals(ctx, tx, t.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return []module.Counter{
		{Key: "budgets.counter.deposited", Count: deposited},
		{Key: "budgets.counter.done", Count: done},
	}, nil
}

// Menu returns the module's entries.
func (*Module) Menu() (site, office *module.Entry) {
	return &module.Entry{Key: "budgets.title", Href: sitePath, Icon: "euro"},
		&module.Entry{Key: "budgets.title", Href: officePath, Icon: "euro"}
}

// Search finds published editions' projects; a draft is never found.
func (m *Module) Search(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer, query string, limit int) ([]module.Hit, error) {
	var found []*Project
	err := m.service.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		found, err = m.service.store.search(ctx, tx, t.ID, query, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	hits := make([]module.Hit, len(found))
	for i, p := range found {
		hits[i] = module.Hit{Title: p.Title, Summary: markdown.Text(p.Text, 160), Href: projectHref(p.Edition, p.ID), Kind: "budgets.project.one"}
	}
	return hits, nil
}

// Todos says what waits for the town hall: projects to study, decisions to
// publish, a délibération to record.
func (m *Module) Todos(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]module.Todo, error) {
	if !inBackOffice(v) {
		return nil, nil
	}
	list, err := m.service.editions(ctx, t.ID, true)
	if err != nil {
		return nil, err
	}
	var todos []module.Todo
	for _, e := range list {
		base := officeHref(e.ID) + "/"
		switch p := e.Phase(); {
		case p == Draft && !e.InformationAt.IsZero() && e.InformationAt.Before(e.Now):
			todos = append(todos, module.Todo{Key: "budgets.todo.late", Count: 1, Since: e.InformationAt, Href: officeHref(e.ID)})
		case p == Study && e.DecidedAt.IsZero():
			n, err := m.service.undecided(ctx, t.ID, e)
			if err != nil {
				return nil, err
			}
			if n > 0 {
				todos = append(todos, module.Todo{Key: "budgets.todo.study", Count: n, Since: e.StudyAt, Href: base + stepDecisions})
				continue
			}
			todos = append(todos, module.Todo{Key: "budgets.todo.publish", Count: 1, Since: e.StudyAt, Href: base + stepDecisions})
		case p == Deliberation:
			todos = append(todos, module.Todo{Key: "budgets.todo.deliberate", Count: 1, Since: e.DeliberationAt, Href: base + stepOutcome})
		}
	}
	return todos, nil
}

// undecided says how many projects of an edition have no decision prepared.
func (s *service) undecided(ctx context.Context, t tenant.ID, e *Edition) (int, error) {
	list, err := s.decisions(ctx, t, e.ID)
	n := 0
	for _, one := range list {
		if _, done := one.Study.decision(); !done {
			n++
		}
	}
	return n, err
}

// Activity says which projects v wrote: a draft is found again here.
func (m *Module) Activity(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]module.Deed, error) {
	if !v.SignedIn {
		return nil, nil
	}
	var list []*Project
	err := m.service.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		list, err = m.service.store.authored(ctx, tx, t.ID, v.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	deeds := make([]module.Deed, len(list))
	for i, p := range list {
		deeds[i] = module.Deed{
			At: p.DepositedAt, Key: "budgets.deed.deposited", Title: p.Title, Href: projectHref(p.Edition, p.ID),
			Args: map[string]any{"Date": i18n.DateShort(ctx, p.DepositedAt)},
		}
		if p.DepositedAt.IsZero() {
			deeds[i].At, deeds[i].Key, deeds[i].Href = p.UpdatedAt, "budgets.deed.drafted", projectHref(p.Edition, p.ID)+"/modifier"
			deeds[i].Args["Date"] = i18n.DateShort(ctx, p.UpdatedAt)
		}
	}
	return deeds, nil
}

// totals counts the projects deposited in the town's editions, and those built.
func (store) totals(ctx context.Context, tx bun.IDB, t tenant.ID) (deposited, done int64, err error) {
	err = tx.NewRaw(`
		SELECT count(*), count(*) FILTER (WHERE stage = 'done')
		FROM budgets.projects
		WHERE tenant_id = ? AND deposited_at IS NOT NULL AND withdrawn_at IS NULL`, t).Scan(ctx, &deposited, &done)
	if err != nil {
		return 0, 0, fmt.Errorf("count the projects: %w", err)
	}
	return deposited, done, nil
}

// search returns the deposited projects that hold the words, best first.
func (store) search(ctx context.Context, tx bun.IDB, t tenant.ID, words string, limit int) ([]*Project, error) {
	var rows []projectRow
	folded := search.Fold(words)
	err := tx.NewRaw(`
		SELECT `+projectColumns+`
		FROM budgets.projects
		WHERE tenant_id = ? AND deposited_at IS NOT NULL AND withdrawn_at IS NULL AND `+matchSQL+` >= ?
		ORDER BY `+matchSQL+` DESC, deposited_at DESC, id
		LIMIT ?`, t, folded, folded, folded, alike, folded, folded, folded, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("search the projects: %w", err)
	}
	return projectsOf(rows), nil
}

// authored lists what somebody wrote, the latest first.
func (store) authored(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) ([]*Project, error) {
	var rows []projectRow
	err := tx.NewRaw(`
		SELECT `+projectColumns+`
		FROM budgets.projects
		WHERE tenant_id = ? AND author_id = ?
		ORDER BY coalesce(deposited_at, updated_at) DESC, id`, t, c).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list what somebody wrote: %w", err)
	}
	return projectsOf(rows), nil
}
