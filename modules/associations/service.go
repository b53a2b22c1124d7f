package associations

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/identity"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// service holds the use cases, one verb each, and their transactions.
type service struct {
	db     *database.DB
	store  store
	files  *files.Store
	people *identity.Service
	url    func(t *tenant.Tenant, path string) string
	agenda module.Agenda
	log    *slog.Logger
}

// Target is an association as somebody saw it: acting on another version of it
// is refused, so that nobody overwrites what they have not read.
type Target struct {
	ID      uuid.UUID
	Version int64 // 0: whatever it has become
}

// add puts an association in the directory, by the town hall.
func (s *service) add(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, sheet Sheet) (uuid.UUID, error) {
	a := &Association{ID: uuid.New(), Version: 1, Sheet: sheet.trimmed(), State: Listed}
	err := s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		if err := may(v, actWrite, a); err != nil {
			return err
		}
		if err := a.fit(t); err != nil {
			return err
		}
		if err := s.store.insert(ctx, tx, t.ID, v.ID, a); err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, "associations.add", a.ID, nil)
	})
	return a.ID, err
}

// fit says what is wrong with the sheet of a.
func (a *Association) fit(t *tenant.Tenant) error {
	var wrong fault.Complaints
	a.Sheet.check(&wrong, t)
	return wrong.Err()
}

// found adds the association of somebody who answers for it. It shows once the
// town hall has checked both.
func (s *service) found(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, sheet Sheet, position, message string) (uuid.UUID, error) {
	a := &Association{ID: uuid.New(), Version: 1, Sheet: sheet.trimmed(), State: Pending}
	message = writing.Tidy(message)
	err := s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		if err := s.mayClaim(ctx, tx, t.ID, v); err != nil {
			return err
		}
		var wrong fault.Complaints
		a.Sheet.check(&wrong, t)
		checkClaim(&wrong, position, message)
		if err := wrong.Err(); err != nil {
			return err
		}
		if err := s.store.insert(ctx, tx, t.ID, v.ID, a); err != nil {
			return err
		}
		return s.store.insertClaim(ctx, tx, t.ID, Claim{ID: uuid.New(), Association: a.ID, Citizen: v.ID, Position: position, Message: message})
	})
	return a.ID, err
}

// act runs fn on a locked association when v may do action to it as it stands,
// then saves it and writes the act in the journal, in one transaction.
func (s *service) act(ctx context.Context, t tenant.ID, v citizen.Viewer, target Target, action access.Action, details map[string]any,
	fn func(ctx context.Context, tx bun.Tx, a *Association) error,
) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.store.lock(ctx, tx, t, target.ID)
		if err != nil {
			return err
		}
		if target.Version != 0 && target.Version != a.Version {
			return ErrStale
		}
		if err := may(v, action, a); err != nil {
			return err
		}
		if err := fn(ctx, tx, a); err != nil {
			return err
		}
		if err := s.store.save(ctx, tx, t, a); err != nil {
			return err
		}
		return record(ctx, tx, t, v, action, a.ID, details)
	})
}

// record writes a use of power in the journal.
func record(ctx context.Context, tx bun.IDB, t tenant.ID, v citizen.Viewer, action access.Action, id uuid.UUID, details map[string]any) error {
	return audit.Record(ctx, tx, audit.Entry{
		Tenant: t, Actor: v.ID, Action: string(action), Subject: "association/" + id.String(), Details: details,
	})
}

// rewrite replaces the sheet, by the town hall.
func (s *service) rewrite(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, sheet Sheet) error {
	return s.act(ctx, t.ID, v, target, actWrite, nil, func(_ context.Context, _ bun.Tx, a *Association) error {
		a.Sheet = sheet.trimmed()
		// Moving it to a zone that v has no power over would lose it to v.
		if err := may(v, actWrite, a); err != nil {
			return err
		}
		return a.fit(t)
	})
}

// own runs fn on a locked association that v answers for, then saves it.
func (s *service) own(ctx context.Context, t tenant.ID, v citizen.Viewer, target Target, fn func(ctx context.Context, tx bun.Tx, a *Association) error) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.store.lock(ctx, tx, t, target.ID)
		if err != nil {
			return err
		}
		if err := s.mustAnswer(ctx, tx, t, v, a); err != nil {
			return err
		}
		if target.Version != 0 && target.Version != a.Version {
			return ErrStale
		}
		if err := fn(ctx, tx, a); err != nil {
			return err
		}
		return s.store.save(ctx, tx, t, a)
	})
}

// mustAnswer returns nil when v answers for a. To others, an association that
// is not public does not exist.
func (s *service) mustAnswer(ctx context.Context, tx bun.IDB, t tenant.ID, v citizen.Viewer, a *Association) error {
	yes := false
	if v.SignedIn {
		var err error
		if yes, err = s.store.answersFor(ctx, tx, t, a.ID, v.ID); err != nil {
			return err
		}
	}
	switch {
	case yes && a.State != Closed:
		return nil
	case yes:
		return ErrClosed
	case !a.State.Public():
		return ErrNotFound
	case !v.SignedIn:
		return access.ErrSignInRequired
	}
	return ErrNotResponsible
}

// edit replaces the sheet, by somebody who answers for the association. What
// the town hall has checked stays as it checked it.
func (s *service) edit(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, sheet Sheet) error {
	return s.own(ctx, t.ID, v, target, func(_ context.Context, _ bun.Tx, a *Association) error {
		if a.State == Verified {
			sheet.Name, sheet.RNA, sheet.SIRET = a.Name, a.RNA, a.SIRET
		}
		a.Sheet = sheet.trimmed()
		return a.fit(t)
	})
}

const (
	maxLogoBytes = 2 << 20
	filesSpace   = name
)

// setLogo shows a picture beside the association's name; none when content is nil.
func (s *service) setLogo(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID, content io.Reader) error {
	keep := func(logo string) error {
		return s.own(ctx, t, v, Target{ID: id}, func(_ context.Context, _ bun.Tx, a *Association) error {
			a.Logo = logo
			return nil
		})
	}
	if content == nil {
		return keep("")
	}
	// Only those who may are listened to: the content is written before the row.
	err := s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.store.find(ctx, tx, t, id)
		if err != nil {
			return err
		}
		return s.mustAnswer(ctx, tx, t, v, a)
	})
	if err != nil {
		return err
	}
	blob, err := s.files.Put(ctx, t, filesSpace, content, maxLogoBytes, files.Pictures...)
	if problem, ok := errors.AsType[*fault.Error](err); ok && problem.Kind == fault.Invalid {
		return problem.On("logo")
	}
	if err != nil {
		return err
	}
	return keep(blob.SHA256)
}

// publish adds a piece of news.
func (s *service) publish(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID, p Post) error {
	p.ID, p.Title, p.Body = uuid.New(), writing.Line(p.Title), writing.Tidy(p.Body)
	var wrong fault.Complaints
	wrong.When(p.Title == "", "title", "associations.post.title_missing")
	wrong.Bound(p.Title, "title", maxTitle)
	wrong.When(p.Body == "", "body", "associations.post.body_missing")
	wrong.Bound(p.Body, "body", maxBody)
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.store.lock(ctx, tx, t, id)
		if err != nil {
			return err
		}
		if err := s.mustAnswer(ctx, tx, t, v, a); err != nil {
			return err
		}
		if err := wrong.Err(); err != nil {
			return err
		}
		list, err := s.store.posts(ctx, tx, t, id, maxPosts)
		if err != nil {
			return err
		}
		if len(list) == maxPosts {
			return ErrTooManyPosts.With(fault.Args{"Limit": maxPosts})
		}
		return s.store.insertPost(ctx, tx, t, id, v.ID, p)
	})
}

// maxPosts is how much news an association keeps on its page.
const maxPosts = 100

// withdrawPost takes a piece of news away, by those who answer for it or, in
// the journal, by the town hall.
func (s *service) withdrawPost(ctx context.Context, t tenant.ID, v citizen.Viewer, id, post uuid.UUID, office bool) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.store.lock(ctx, tx, t, id)
		if err != nil {
			return err
		}
		if office {
			err = may(v, actModify, a)
		} else {
			err = s.mustAnswer(ctx, tx, t, v, a)
		}
		if err != nil {
			return err
		}
		if err := s.store.deletePost(ctx, tx, t, id, post); err != nil || !office {
			return err
		}
		return record(ctx, tx, t, v, actModify, id, map[string]any{"post": post.String()})
	})
}
