package associations

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
)

// Folder is an association with all that hangs on it, as one reader may know it.
type Folder struct {
	*Association
	Posts        []Post
	Responsibles []Responsible         // for those who answer for it, and staff
	Claims       []Claim               // that wait; likewise
	Names        map[citizen.ID]string // of the people in both
	Answers      bool                  // the reader answers for it
	Asked        Claim                 // the reader's claim that waits
	Now          time.Time
}

// postsShown is how much news a page shows.
const postsShown = 10

// open returns an association as v may see it: to those who have nothing to do
// with it, one that is not public does not exist.
func (s *service) open(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID) (f *Folder, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.store.find(ctx, tx, t, id)
		if err != nil {
			return err
		}
		f = &Folder{Association: a}
		if v.SignedIn {
			if f.Answers, err = s.store.answersFor(ctx, tx, t, id, v.ID); err != nil {
				return err
			}
			if f.Asked, err = s.store.waitingOf(ctx, tx, t, id, v.ID); err != nil {
				return err
			}
		}
		if !a.State.Public() && !f.Answers && f.Asked.ID == uuid.Nil {
			return ErrNotFound
		}
		f.Posts, err = s.store.posts(ctx, tx, t, id, postsShown)
		return err
	})
	return f, err
}

// desk returns an association for somebody who answers for it.
func (s *service) desk(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID) (f *Folder, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.store.find(ctx, tx, t, id)
		if err != nil {
			return err
		}
		if err := s.mustAnswer(ctx, tx, t, v, a); err != nil {
			return err
		}
		f = &Folder{Association: a, Answers: true}
		return s.complete(ctx, tx, t, f)
	})
	return f, err
}

// inOffice returns an association for the back office.
func (s *service) inOffice(ctx context.Context, t tenant.ID, id uuid.UUID) (f *Folder, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.store.find(ctx, tx, t, id)
		if err != nil {
			return err
		}
		f = &Folder{Association: a}
		return s.complete(ctx, tx, t, f)
	})
	return f, err
}

// complete adds what those who answer for an association may know of each other.
func (s *service) complete(ctx context.Context, tx bun.IDB, t tenant.ID, f *Folder) (err error) {
	if err = tx.NewRaw(`SELECT core.now()`).Scan(ctx, &f.Now); err != nil {
		return err
	}
	if f.Posts, err = s.store.posts(ctx, tx, t, f.ID, maxPosts); err != nil {
		return err
	}
	if f.Responsibles, err = s.store.responsibles(ctx, tx, t, f.ID); err != nil {
		return err
	}
	if f.Claims, err = s.store.waiting(ctx, tx, t, f.ID); err != nil {
		return err
	}
	var people []citizen.ID
	for _, r := range f.Responsibles {
		people = append(people, r.Citizen)
	}
	for _, c := range f.Claims {
		people = append(people, c.Citizen)
	}
	f.Names, err = s.people.Names(ctx, tx, t, people...)
	return err
}

// directory returns a page of the associations, and how many there are in all.
// A cursor that somebody made up leads to the first page.
func (s *service) directory(ctx context.Context, t tenant.ID, q Query) (page Page, total int, err error) {
	err = s.db.ReadPage(ctx, t, &q.Cursor, func(ctx context.Context, tx bun.Tx) (err error) {
		if page, err = s.store.list(ctx, tx, t, q); err != nil {
			return err
		}
		total, err = s.store.count(ctx, tx, t, q)
		return err
	})
	return page, total, err
}

// Organisation returns an association as other modules may know it.
func (m *Module) Organisation(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (module.Organisation, error) {
	a, err := m.service.store.find(ctx, tx, t, id)
	if err != nil {
		return module.Organisation{}, err
	}
	return a.organisation(), nil
}

// Organisations returns those of the IDs that exist.
func (m *Module) Organisations(ctx context.Context, tx bun.IDB, t tenant.ID, ids ...uuid.UUID) (map[uuid.UUID]module.Organisation, error) {
	found := make(map[uuid.UUID]module.Organisation, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	list, err := m.service.store.byID(ctx, tx, t, ids)
	for _, a := range list {
		found[a.ID] = a.organisation()
	}
	return found, err
}

// OrganisationsOf returns the associations that a citizen answers for, by name.
func (m *Module) OrganisationsOf(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) ([]module.Organisation, error) {
	list, err := m.service.store.of(ctx, tx, t, c)
	out := make([]module.Organisation, len(list))
	for i, a := range list {
		out[i] = a.organisation()
	}
	return out, err
}

// AnswersFor reports whether a citizen answers for an association that is not closed.
func (m *Module) AnswersFor(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, c citizen.ID) (bool, error) {
	a, err := m.service.store.find(ctx, tx, t, id)
	if isNotFound(err) || err == nil && a.State == Closed {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return m.service.store.answersFor(ctx, tx, t, id, c)
}

// Responsibles returns who answers for an association.
func (m *Module) Responsibles(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) ([]citizen.ID, error) {
	list, err := m.service.store.responsibles(ctx, tx, t, id)
	ids := make([]citizen.ID, len(list))
	for i, r := range list {
		ids[i] = r.Citizen
	}
	return ids, err
}
