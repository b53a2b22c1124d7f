package kernel

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/identity"
	"parvis/app/module"
	"parvis/app/tenant"
)

// nameThings gives the things that the journal speaks of their names: polls,
// and what modules know. Those of a module that is switched off have no page.
func (a *App) nameThings(ctx context.Context, tx bun.Tx, t tenant.ID, kinds map[uuid.UUID]string, names identity.Names) error {
	ids := make([]uuid.UUID, 0, len(kinds))
	for id := range kinds {
		ids = append(ids, id)
	}
	questions, err := a.Box.Questions(ctx, tx, t, ids)
	if err != nil {
		return err
	}
	town, known := tenant.FromContext(ctx)
	on := func(name string) bool { return !known || town.Enabled(name) }
	for id, q := range questions {
		names[id] = identity.Named{Name: q.Text}
		if on(q.Module) {
			names[id] = identity.Named{Name: q.Text, Href: "/votes/" + id.String() + "/resultats"}
		}
	}
	for id, kind := range kinds {
		if kind == "" || names[id].Name != "" {
			continue
		}
		for _, m := range with[module.Namer](a.Modules) {
			name, href, err := m.NameOf(ctx, tx, t, kind, id)
			if err != nil {
				return err
			}
			if name != "" {
				if !on(m.(module.Module).Manifest().Name) {
					href = ""
				}
				names[id] = identity.Named{Name: name, Href: href}
				break
			}
		}
	}
	return nil
}
