package associations

import (
	"context"
	"io"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/tenant"
)

// What seeds and imports do goes through the same service, and its checks, as
// the pages.

// List puts an association in the directory, as the town hall does.
func (m *Module) List(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, sheet Sheet) (uuid.UUID, error) {
	return m.service.add(ctx, t, by, sheet)
}

// Propose adds the association of somebody who answers for it, to be verified.
func (m *Module) Propose(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, sheet Sheet, position, message string) (uuid.UUID, error) {
	return m.service.found(ctx, t, by, sheet, position, message)
}

// Verify says that the town hall has checked an association.
func (m *Module) Verify(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id uuid.UUID) error {
	return m.service.verify(ctx, t, by, Target{ID: id}, true)
}

// Claim asks to answer for an association.
func (m *Module) Claim(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id uuid.UUID, position, message string) error {
	return m.service.claim(ctx, t.ID, by, id, position, message)
}

// Post publishes a piece of news of an association.
func (m *Module) Post(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id uuid.UUID, title, body string) error {
	return m.service.publish(ctx, t.ID, by, id, Post{Title: title, Body: body})
}

// SetLogo shows a picture beside an association's name.
func (m *Module) SetLogo(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id uuid.UUID, picture io.Reader) error {
	return m.service.setLogo(ctx, t.ID, by, id, picture)
}
