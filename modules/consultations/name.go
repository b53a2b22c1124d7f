package consultations

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/module"
	"parvis/app/tenant"
)

var _ module.Namer = (*Module)(nil)

// NameOf implements module.Namer.
func (m *Module) NameOf(ctx context.Context, tx bun.IDB, t tenant.ID, kind string, id uuid.UUID) (name, href string, err error) {
	if kind != "consultation" {
		return "", "", nil
	}
	c, err := m.service.store.find(ctx, tx, t, id)
	if errors.Is(err, ErrNotFound) {
		return "", "", nil // a draft that was thrown away
	}
	if err != nil {
		return "", "", err
	}
	return c.Title, officeHref(id), nil
}
