package consultations

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/tenant"
)

// published returns what anyone may read. A draft does not exist.
func (s *service) published(ctx context.Context, t tenant.ID, id uuid.UUID) (d *Dossier, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		c, err := s.store.find(ctx, tx, t, id)
		if err != nil {
			return err
		}
		if !c.Published {
			return ErrNotFound
		}
		d, err = s.dossier(ctx, tx, t, c)
		return err
	})
	return d, err
}

// inOffice returns a consultation, draft or not, for its back office.
func (s *service) inOffice(ctx context.Context, t tenant.ID, id uuid.UUID) (d *Dossier, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		c, err := s.store.find(ctx, tx, t, id)
		if err != nil {
			return err
		}
		d, err = s.dossier(ctx, tx, t, c)
		return err
	})
	return d, err
}

// dossier completes a consultation with all that hangs on it.
func (s *service) dossier(ctx context.Context, tx bun.IDB, t tenant.ID, c *Consultation) (*Dossier, error) {
	d := &Dossier{Consultation: *c}
	var err error
	if d.Documents, err = s.store.documents(ctx, tx, t, c.ID); err != nil {
		return nil, err
	}
	if d.Changes, err = s.store.changes(ctx, tx, t, c.ID); err != nil {
		return nil, err
	}
	if d.FollowUps, err = s.store.followUps(ctx, tx, t, c.ID); err != nil {
		return nil, err
	}
	d.Polls, err = s.box.PollsOf(ctx, tx, t, subject(c.ID))
	return d, err
}

// documentOf returns a document that anyone may have: not a draft's.
func (s *service) documentOf(ctx context.Context, t tenant.ID, id, document uuid.UUID, drafts bool) (d Document, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		c, err := s.store.find(ctx, tx, t, id)
		if err != nil {
			return err
		}
		if !c.Published && !drafts {
			return ErrNotFound
		}
		d, err = s.store.document(ctx, tx, t, id, document)
		return err
	})
	return d, err
}

// list returns a page of consultations. A cursor that somebody made up leads
// to the first page.
func (s *service) list(ctx context.Context, t tenant.ID, q Query) (page Page, counts map[Phase]int, err error) {
	err = s.db.ReadPage(ctx, t, &q.Cursor, func(ctx context.Context, tx bun.Tx) (err error) {
		if page, err = s.store.list(ctx, tx, t, q); err != nil {
			return err
		}
		counts, err = s.store.count(ctx, tx, t, q)
		return err
	})
	return page, counts, err
}
