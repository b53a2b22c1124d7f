package ideas

import (
	"context"
	"io"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/tenant"
)

// Write publishes an idea as its author would, or keeps it as a draft, through
// the same service and its checks. Seeds use it, and what follows.
func (m *Module) Write(ctx context.Context, t *tenant.Tenant, author citizen.Viewer, text Text, photo io.Reader, asDraft bool) (uuid.UUID, error) {
	return m.service.deposit(ctx, t, author, text, photo, asDraft)
}

// Support adds an account's support.
func (m *Module) Support(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id uuid.UUID) error {
	return m.service.support(ctx, t.ID, by, id)
}

// Answer sets what the town hall makes of an idea.
func (m *Module) Answer(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id uuid.UUID, r Reply) error {
	return m.service.answer(ctx, t, by, Target{ID: id}, r)
}

// Merge unites an idea with another one that says the same.
func (m *Module) Merge(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id, into uuid.UUID) error {
	return m.service.merge(ctx, t, by, id, into)
}
