package budgets

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// TakesProjects reports whether an edition of the town takes projects now.
func (m *Module) TakesProjects(ctx context.Context, t *tenant.Tenant) (bool, error) {
	if !t.Enabled(name) {
		return false, nil
	}
	e, err := m.service.collecting(ctx, t.ID)
	return e != nil, err
}

// OfferProject makes a draft project of what somebody wrote elsewhere, in the
// edition that takes projects now, and says where its author goes on with it.
// Nothing of it is public before the author deposits it: calling this needs
// their consent, which is the caller's to have asked.
func (m *Module) OfferProject(ctx context.Context, t *tenant.Tenant, author citizen.Viewer, title, text string, zone uuid.UUID, at places.Point, place string) (href string, err error) {
	e, err := m.service.collecting(ctx, t.ID)
	if err != nil {
		return "", err
	}
	if e == nil || !t.Enabled(name) {
		return "", ErrNoDraftWanted
	}
	id, err := m.service.write(ctx, t, author, e.ID, Entry{
		Proposal: Proposal{Title: writing.Cut(writing.Line(title), maxProjectTitle), Text: writing.Cut(writing.Tidy(text), maxProjectText), Zone: zone, Place: writing.Cut(writing.Line(place), maxPlace)},
		Pin:      at.String(), Named: true,
	})
	if err != nil {
		return "", err
	}
	return projectHref(e.ID, id) + "/modifier", nil
}

// collecting returns the edition that takes projects now, nil when none does.
func (s *service) collecting(ctx context.Context, t tenant.ID) (found *Edition, err error) {
	err = s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		list, err := s.store.editions(ctx, tx, t, false)
		for _, e := range list {
			if e.Phase() == Deposit && found == nil {
				found = e
			}
		}
		return err
	})
	return found, err
}
