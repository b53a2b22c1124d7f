package ideas

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/discussion"
	"parvis/app/module"
	"parvis/app/tenant"
)

var _ module.Namer = (*Module)(nil)

// NameOf implements module.Namer. What can no longer be seen is not named.
func (m *Module) NameOf(ctx context.Context, tx bun.IDB, t tenant.ID, kind string, id uuid.UUID) (name, href string, err error) {
	if kind != "idea" {
		return "", "", nil
	}
	i, err := m.service.store.find(ctx, tx, t, id)
	if errors.Is(err, ErrNotFound) {
		return "", "", nil
	}
	if err != nil || i.Seen != discussion.Visible {
		return "", "", err
	}
	return i.Title, officeHref(id), nil
}
