package budgets

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/tenant"
)

// Dossier is an edition with what its pages show beside it.
type Dossier struct {
	*Edition
	Changes []Change
	Counts  map[Group]int
}

// published returns what anyone may read. A draft does not exist.
func (s *service) published(ctx context.Context, t tenant.ID, id uuid.UUID) (*Dossier, error) {
	d, err := s.inOffice(ctx, t, id)
	if err == nil && !d.Published {
		return nil, ErrNotFound
	}
	return d, err
}

// inOffice returns an edition, draft or not, for its back office.
func (s *service) inOffice(ctx context.Context, t tenant.ID, id uuid.UUID) (d *Dossier, err error) {
	err = s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		e, err := s.store.find(ctx, tx, t, id)
		if err != nil {
			return err
		}
		d, err = s.dossier(ctx, tx, t, e)
		return err
	})
	return d, err
}

// dossier completes an edition with what hangs on it.
func (s *service) dossier(ctx context.Context, tx bun.IDB, t tenant.ID, e *Edition) (*Dossier, error) {
	d := &Dossier{Edition: e}
	if err := s.store.tellImported(ctx, tx, t, e); err != nil {
		return nil, err
	}
	var err error
	if d.Changes, err = s.store.changes(ctx, tx, t, e.ID); err != nil {
		return nil, err
	}
	d.Counts, err = s.store.count(ctx, tx, t, Query{Edition: e.ID})
	return d, err
}

// editions lists the editions; drafts only for the back office.
func (s *service) editions(ctx context.Context, t tenant.ID, drafts bool) (list []*Edition, err error) {
	err = s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		if list, err = s.store.editions(ctx, tx, t, drafts); err != nil {
			return err
		}
		return s.store.tellImported(ctx, tx, t, list...)
	})
	return list, err
}

// listed is a page of projects with how many there are in each group. A cursor
// that somebody made up leads to the first page.
func (s *service) listed(ctx context.Context, t tenant.ID, q Query) (page Page, counts map[Group]int, err error) {
	err = s.DB.ReadPage(ctx, t, &q.Cursor, func(ctx context.Context, tx bun.Tx) (err error) {
		if page, err = s.store.projects(ctx, tx, t, q); err != nil {
			return err
		}
		counts, err = s.store.count(ctx, tx, t, q)
		return err
	})
	return page, counts, err
}

// projectFor returns a project with its edition, as v may read it: a draft only
// its author, and nothing of an edition that is not published.
func (s *service) projectFor(ctx context.Context, t tenant.ID, v citizen.Viewer, edition, id uuid.UUID) (e *Edition, p *Project, steps []RealStep, err error) {
	err = s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		if e, err = s.store.find(ctx, tx, t, edition); err != nil {
			return err
		}
		if p, err = s.store.project(ctx, tx, t, edition, id); err != nil {
			return err
		}
		if !e.Published || p.DepositedAt.IsZero() && !p.by(v) {
			return ErrNotFound
		}
		if err := s.store.tellImported(ctx, tx, t, e); err != nil {
			return err
		}
		steps, err = s.store.steps(ctx, tx, t, p.ID)
		return err
	})
	return e, p, steps, err
}

// by reports whether v is the author of p.
func (p *Project) by(v citizen.Viewer) bool {
	return v.SignedIn && !p.Author.IsZero() && p.Author == v.ID
}
