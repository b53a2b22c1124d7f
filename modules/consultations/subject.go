package consultations

import (
	"context"

	"github.com/uptrace/bun"

	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// Subject tells the pages of polls which consultation a poll belongs to. Of a
// draft only its back office knows.
func (m *Module) Subject(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, s voting.Subject) (booth.SubjectInfo, error) {
	var c *Consultation
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		c, err = m.service.store.find(ctx, tx, t.ID, s.ID)
		return err
	})
	if err != nil {
		return booth.SubjectInfo{}, err
	}
	manage := mayRun(v, c)
	info := booth.SubjectInfo{Title: c.Title, Href: href(c.ID), Back: i18n.T(ctx, "consultations.poll.back"), Visible: c.Published || manage, Manage: manage, Zone: c.Zone}
	if !c.Published {
		info.Href = officeHref(c.ID)
	}
	return info, nil
}
