package ideas

import (
	"context"
	"errors"
	"io"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/discussion"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/tenant"
)

// service holds the use cases, one verb each, and their transactions.
type service struct {
	Deps
	store store
}

// maxDrafts bounds what one account keeps unpublished.
const maxDrafts = 20

func subject(id uuid.UUID) discussion.Subject { return discussion.Subject{Module: name, ID: id} }

// deposit writes an idea down. It is published at once, unless wait: then its
// author reads it again first.
func (s *service) deposit(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, text Text, photo io.Reader, wait bool) (uuid.UUID, error) {
	i := &Idea{ID: uuid.New(), Text: text.trimmed(), Author: v.ID, Seen: draft}
	if err := check(i, t); err != nil {
		return i.ID, err
	}
	if err := s.keepPhoto(ctx, t.ID, i, photo); err != nil {
		return i.ID, err
	}
	return i.ID, s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		w, err := s.mayWrite(ctx, tx, t.ID, v, i)
		if err != nil {
			return err
		}
		drafts, err := s.store.draftsOf(ctx, tx, t.ID, v.ID)
		if err != nil {
			return err
		}
		if drafts >= maxDrafts {
			return ErrTooMany.With(fault.Args{"Count": maxDrafts})
		}
		if err := s.store.insert(ctx, tx, t.ID, i); err != nil || wait {
			return err
		}
		return s.publishNow(ctx, tx, t.ID, w, i)
	})
}

func check(i *Idea, t *tenant.Tenant) error {
	var wrong fault.Complaints
	i.Text.check(&wrong, t)
	return wrong.Err()
}

// keepPhoto stores the photo of an idea, before any transaction: a file that no
// row names is swept later.
func (s *service) keepPhoto(ctx context.Context, t tenant.ID, i *Idea, photo io.Reader) error {
	if photo == nil {
		return nil
	}
	blob, err := s.Files.Put(ctx, t, name, photo, maxPhotoBytes, files.Pictures...)
	if err != nil {
		return onPhoto(err)
	}
	i.Photo = blob
	return nil
}

// mayWrite refuses what abuse is made of: links of unknown accounts, the same
// idea again. It keeps other requests of the author waiting.
func (s *service) mayWrite(ctx context.Context, tx bun.Tx, t tenant.ID, v citizen.Viewer, i *Idea) (discussion.Writer, error) {
	w, err := s.Discussion.Writer(ctx, tx, t, v)
	if err != nil {
		return w, err
	}
	if err := w.CheckLinks(i.Title+"\n"+i.Body+"\n"+i.Place, "body"); err != nil {
		return w, err
	}
	again, err := s.store.resembles(ctx, tx, t, i)
	if err != nil {
		return w, err
	}
	if again {
		return w, ErrSame.On("title")
	}
	return w, nil
}

func (s *service) publishNow(ctx context.Context, tx bun.Tx, t tenant.ID, w discussion.Writer, i *Idea) error {
	n, err := s.store.depositedToday(ctx, tx, t, w.ID, w.Now)
	if err != nil {
		return err
	}
	most := perDay
	if w.New {
		most = perDayNew
	}
	if n >= most {
		return ErrTooMany.With(fault.Args{"Count": most})
	}
	if err := s.store.publish(ctx, tx, t, i.ID); err != nil {
		return err
	}
	return step(ctx, tx, t, i.ID, Deposited, w.Now)
}

// Target is an idea as somebody saw it.
type Target struct {
	ID      uuid.UUID
	Version int64 // 0: whatever it has become
}

// locked runs fn on a locked idea that is still as it was seen.
func (s *service) locked(ctx context.Context, t tenant.ID, target Target, fn func(ctx context.Context, tx bun.Tx, i *Idea) error) error {
	return s.DB.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		i, err := s.store.lock(ctx, tx, t, target.ID)
		if err != nil {
			return err
		}
		if target.Version != 0 && target.Version != i.Version {
			return ErrStale
		}
		return fn(ctx, tx, i)
	})
}

// edit replaces what an idea says, by its author, while nobody else has
// answered to it.
func (s *service) edit(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, text Text, photo io.Reader, without bool) error {
	next := &Idea{Text: text.trimmed()}
	if err := check(next, t); err != nil {
		return err
	}
	if err := s.keepPhoto(ctx, t.ID, next, photo); err != nil {
		return err
	}
	return s.locked(ctx, t.ID, target, func(ctx context.Context, tx bun.Tx, i *Idea) error {
		if err := i.editableBy(v); err != nil {
			return err
		}
		i.Text = next.Text
		switch {
		case next.Photo.SHA256 != "":
			i.Photo = next.Photo
		case without:
			i.Photo = files.Blob{}
		}
		if _, err := s.mayWrite(ctx, tx, t.ID, v, i); err != nil {
			return err
		}
		return s.store.save(ctx, tx, t.ID, i)
	})
}

// publish shows a draft to everybody.
func (s *service) publish(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID) error {
	return s.locked(ctx, t, Target{ID: id}, func(ctx context.Context, tx bun.Tx, i *Idea) error {
		switch {
		case !i.by(v):
			return ErrNotFound
		case i.Seen != draft:
			return ErrNotADraft
		}
		w, err := s.mayWrite(ctx, tx, t, v, i)
		if err != nil {
			return err
		}
		return s.publishNow(ctx, tx, t, w, i)
	})
}

// withdraw takes an idea back: a draft is gone, what was public is no more.
func (s *service) withdraw(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID) error {
	return s.locked(ctx, t, Target{ID: id}, func(ctx context.Context, tx bun.Tx, i *Idea) error {
		if err := i.withdrawableBy(v); err != nil {
			return err
		}
		if i.Seen == draft {
			return s.store.delete(ctx, tx, t, id)
		}
		return s.store.show(ctx, tx, t, id, discussion.Withdrawn)
	})
}

// support adds v's support. Twice is once.
func (s *service) support(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID) error {
	return s.supporting(ctx, t, v, id, func(ctx context.Context, tx bun.Tx) error {
		added, err := s.Discussion.Support(ctx, tx, t, subject(id), v.ID)
		if err != nil || !added {
			return err
		}
		return s.store.countSupport(ctx, tx, t, id, 1)
	})
}

// unsupport takes it back.
func (s *service) unsupport(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID) error {
	return s.supporting(ctx, t, v, id, func(ctx context.Context, tx bun.Tx) error {
		removed, err := s.Discussion.Unsupport(ctx, tx, t, subject(id), v.ID)
		if err != nil || !removed {
			return err
		}
		return s.store.countSupport(ctx, tx, t, id, -1)
	})
}

func (s *service) supporting(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID, do func(context.Context, bun.Tx) error) error {
	return s.DB.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		i, err := s.store.find(ctx, tx, t, id)
		if err != nil {
			return err
		}
		switch {
		case !i.readableBy(v):
			return ErrNotFound
		case !i.open():
			return ErrNoSupport
		}
		return do(ctx, tx)
	})
}

// follow says whether v, who supports an idea, wants news of it by mail.
func (s *service) follow(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID, told bool) error {
	return s.DB.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return s.Discussion.Follow(ctx, tx, t, subject(id), v.ID, told)
	})
}

// claimed stands for the project's page while it is being written: where drafts
// are found again.
const claimed = "/moi"

// offer sends an idea to the budget that takes projects now, as a draft of its
// author's, who alone may ask for it. The idea is claimed first: asked for twice
// at once, it becomes one project.
func (s *service) offer(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) (href string, err error) {
	i, err := s.read(ctx, t.ID, id)
	if err != nil {
		return "", err
	}
	if !i.by(v) || i.Seen != discussion.Visible {
		return "", ErrNotFound
	}
	takes, err := s.budgetOpen(ctx, t)
	if err != nil {
		return "", err
	}
	if !takes {
		return "", ErrNoBudget
	}
	if err := s.claim(ctx, t.ID, id); err != nil {
		return "", err
	}
	href, refused := s.Budgets.OfferProject(ctx, t, v, i.Title, i.Body, i.Zone, i.Point, i.Place)
	if refused != nil {
		href = ""
	}
	err = s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error { return s.store.setProject(ctx, tx, t.ID, id, href) })
	return href, errors.Join(refused, err)
}

func (s *service) claim(ctx context.Context, t tenant.ID, id uuid.UUID) error {
	return s.locked(ctx, t, Target{ID: id}, func(ctx context.Context, tx bun.Tx, i *Idea) error {
		switch {
		case i.ProjectHref != "":
			return ErrOffered
		case i.State == Merged || i.State == Done:
			return ErrSettled
		}
		return s.store.setProject(ctx, tx, t, id, claimed)
	})
}

// budgetOpen reports whether a budget takes projects now.
func (s *service) budgetOpen(ctx context.Context, t *tenant.Tenant) (bool, error) {
	if s.Budgets == nil {
		return false, nil
	}
	return s.Budgets.TakesProjects(ctx, t)
}
