package budgets

import (
	"context"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// maxPhotoBytes is what a phone's picture weighs at most.
const maxPhotoBytes = 12 << 20

// maxDrafts bounds how many projects one person writes in an edition.
const maxDrafts = 20

// Upload is a picture as it was sent, and what it shows.
type Upload struct {
	Content io.Reader // nil: none was sent
	Alt     string
	Drop    bool // take the kept one away
}

// Entry is what an author sends.
type Entry struct {
	Proposal
	Pin     string // where on the plan, as typed
	Photo   Upload
	Named   bool // show the author's name
	Deposit bool // deposit it, rather than keep a draft
}

// mayDeposit asks for an account whose address answers: somebody must be told
// what becomes of the project.
var mayDeposit = access.Requirements{Person: citizen.PersonEmail}

// depositOpen returns nil while e takes projects.
func (e *Edition) depositOpen(ctx context.Context) error {
	switch {
	case !e.Published:
		return ErrNotFound
	case e.Phase() == Deposit:
		return nil
	case e.Reached(Study):
		return ErrDepositOver.With(fault.Args{"When": i18n.DateTime(ctx, e.StudyAt)})
	}
	return ErrDepositNotOpen.With(fault.Args{"When": i18n.DateTime(ctx, e.DepositAt)})
}

// write keeps a new project of v, as a draft or deposited, and returns its ID.
func (s *service) write(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, edition uuid.UUID, entry Entry) (uuid.UUID, error) {
	id := uuid.New()
	return id, s.keep(ctx, t, v, edition, entry, func(ctx context.Context, tx bun.Tx) (*Project, error) {
		n, err := s.store.countOf(ctx, tx, t.ID, edition, v.ID)
		if err != nil {
			return nil, err
		}
		if n >= maxDrafts {
			return nil, ErrTooManyProjects.With(fault.Args{"Limit": maxDrafts})
		}
		p := &Project{ID: id, Edition: edition, Version: 1, Author: v.ID, Proposal: Proposal{Title: cut(writing.Line(entry.Title), maxTitle)}}
		if p.Title == "" {
			var wrong fault.Complaints
			p.check(&wrong, t)
			return nil, wrong.Err()
		}
		return p, s.store.insertProject(ctx, tx, t.ID, p)
	})
}

// rewrite replaces what v wrote, until the deposit closes.
func (s *service) rewrite(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, edition, id uuid.UUID, version int64, entry Entry) error {
	return s.keep(ctx, t, v, edition, entry, func(ctx context.Context, tx bun.Tx) (*Project, error) {
		p, err := s.own(ctx, tx, t.ID, v, edition, id)
		if err != nil {
			return nil, err
		}
		if version != 0 && p.Version != version {
			return nil, ErrStale
		}
		return p, nil
	})
}

// own returns a project of v, locked.
func (s *service) own(ctx context.Context, tx bun.Tx, t tenant.ID, v citizen.Viewer, edition, id uuid.UUID) (*Project, error) {
	p, err := s.store.lockProject(ctx, tx, t, edition, id)
	switch {
	case err != nil:
		return nil, err
	case !p.by(v) && p.DepositedAt.IsZero():
		return nil, ErrNotFound // somebody else's draft does not exist
	case !p.by(v):
		return nil, ErrNotYours
	case !p.WithdrawnAt.IsZero():
		return nil, ErrWithdrawn
	}
	return p, nil
}

// keep writes an entry on the project that find returns. The picture is on the
// disk before: a file that no row names is swept later.
func (s *service) keep(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, edition uuid.UUID, entry Entry,
	find func(context.Context, bun.Tx) (*Project, error),
) error {
	if missing := mayDeposit.Missing(v, ""); len(missing) > 0 {
		if !v.SignedIn {
			return access.ErrSignInRequired
		}
		return access.ErrNotAllowed
	}
	point, misplaced := places.Place(t, entry.Pin)
	photo, unseen := s.keepPhoto(ctx, t.ID, entry.Photo, Photo{})
	if _, invalid := asInvalid(unseen); unseen != nil && !invalid {
		return unseen
	}
	return s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		e, err := s.store.lock(ctx, tx, t.ID, edition)
		if err != nil {
			return err
		}
		if err := e.depositOpen(ctx); err != nil {
			return err
		}
		p, err := find(ctx, tx)
		if err != nil {
			return err
		}
		kept := p.Photo
		p.Proposal = entry.Proposal.trimmed()
		p.Point = point
		p.Photo = entry.Photo.over(kept, photo)
		if p.AuthorName = ""; entry.Named {
			p.AuthorName = v.Name
		}
		if err := s.checkEntry(t, e, p, entry.Deposit, misplaced, unseen); err != nil {
			return err
		}
		if entry.Deposit && p.DepositedAt.IsZero() {
			if p.Number, err = s.store.nextNumber(ctx, tx, t.ID, e.ID); err != nil {
				return err
			}
			p.DepositedAt = e.Now
		}
		return s.store.saveProject(ctx, tx, t.ID, p)
	})
}

// over is the picture that stays: the new one, none, or the one that was kept.
func (u Upload) over(kept, sent Photo) Photo {
	switch {
	case sent.SHA256 != "":
		return sent
	case u.Drop:
		return Photo{}
	}
	if kept.SHA256 != "" {
		kept.Alt = writing.Line(u.Alt)
	}
	return kept
}

// checkEntry says all that is wrong at once. What is deposited stays complete.
func (*service) checkEntry(t *tenant.Tenant, e *Edition, p *Project, deposit bool, misplaced, unseen error) error {
	var wrong fault.Complaints
	p.check(&wrong, t)
	if deposit || !p.DepositedAt.IsZero() {
		p.complete(&wrong, e)
	}
	if f, ok := asInvalid(misplaced); ok {
		wrong.When(true, "pin", f.Key, f.Args)
	}
	if f, ok := asInvalid(unseen); ok {
		wrong.When(true, "photo", f.Key, f.Args)
	}
	return wrong.Err()
}

// trimmed returns a proposal as it is kept.
func (p Proposal) trimmed() Proposal {
	p.Title, p.Text, p.Place = writing.Line(p.Title), writing.Tidy(p.Text), writing.Line(p.Place)
	return p
}

// keepPhoto stores a picture, drawn again without what the camera wrote in it,
// and returns it; was when none was sent.
func (s *service) keepPhoto(ctx context.Context, t tenant.ID, u Upload, was Photo) (Photo, error) {
	if u.Content == nil {
		return was, nil
	}
	blob, err := s.Files.Put(ctx, t, name, u.Content, maxPhotoBytes, files.Pictures...)
	if f, ok := asInvalid(err); ok {
		return was, f.On("photo")
	}
	if err != nil {
		return was, err
	}
	return Photo{SHA256: blob.SHA256, MediaType: blob.MediaType, Size: blob.Size, Alt: writing.Line(u.Alt)}, nil
}

// withdraw takes back a project of v: a draft is thrown away, a deposited one
// stays to be read, and says so. Once people vote on it, only staff can.
func (s *service) withdraw(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, edition, id uuid.UUID) error {
	return s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		e, err := s.store.lock(ctx, tx, t.ID, edition)
		if err != nil {
			return err
		}
		p, err := s.own(ctx, tx, t.ID, v, edition, id)
		if err != nil {
			return err
		}
		if p.DepositedAt.IsZero() {
			return s.store.deleteDraft(ctx, tx, t.ID, p.ID)
		}
		if e.Reached(Vote) {
			return ErrVoteIsOn
		}
		p.WithdrawnAt = e.Now
		if err := s.store.saveProject(ctx, tx, t.ID, p); err != nil {
			return err
		}
		return s.followVote(ctx, tx, t, v, e)
	})
}

// remove takes a project away for a public reason, as staff may.
func (s *service) remove(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, edition, id uuid.UUID, reason string) error {
	reason = writing.Tidy(reason)
	return s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		e, err := s.store.lock(ctx, tx, t.ID, edition)
		if err != nil {
			return err
		}
		p, err := s.store.lockProject(ctx, tx, t.ID, edition, id)
		if err != nil {
			return err
		}
		if p.DepositedAt.IsZero() {
			return ErrNotFound
		}
		if err := may(v, actRemove, e, p.Zone); err != nil {
			return err
		}
		if !p.WithdrawnAt.IsZero() {
			return ErrWithdrawn
		}
		var wrong fault.Complaints
		s.reason(&wrong, true, reason)
		if err := wrong.Err(); err != nil {
			return err
		}
		p.WithdrawnAt, p.WithdrawnWhy = e.Now, reason
		if err := s.store.saveProject(ctx, tx, t.ID, p); err != nil {
			return err
		}
		if err := s.followVote(ctx, tx, t, v, e); err != nil {
			return err
		}
		change := Change{Kind: LostProject, Reason: i18n.T(ctx, "budgets.change.project", "Title", p.Title, "Reason", reason)}
		if err := s.store.insertChange(ctx, tx, t.ID, e.ID, change); err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, actRemove, e.ID, map[string]any{"project": p.Title})
	})
}

// nextNumber numbers a deposit. The edition must be locked.
func (store) nextNumber(ctx context.Context, tx bun.IDB, t tenant.ID, edition uuid.UUID) (n int, err error) {
	err = tx.NewRaw(`UPDATE budgets.editions SET last_number = last_number + 1 WHERE tenant_id = ? AND id = ? RETURNING last_number`, t, edition).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("number a project: %w", err)
	}
	return n, nil
}

// countOf says how many projects somebody has in an edition.
func (store) countOf(ctx context.Context, tx bun.IDB, t tenant.ID, edition uuid.UUID, c citizen.ID) (n int, err error) {
	err = tx.NewRaw(`SELECT count(*) FROM budgets.projects WHERE tenant_id = ? AND author_id = ? AND edition_id = ?`, t, c, edition).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("count the projects of somebody: %w", err)
	}
	return n, nil
}

func (store) deleteDraft(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) error {
	_, err := tx.NewRaw(`DELETE FROM budgets.projects WHERE tenant_id = ? AND id = ? AND deposited_at IS NULL`, t, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete a draft project: %w", err)
	}
	return nil
}
