package consultations

import (
	"context"
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
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/writing"
)

// Bounds of a dossier.
const (
	maxDocuments     = 30
	maxDocumentBytes = 20 << 20
	maxPolls         = 12
)

// service holds the use cases, one verb each, and their transactions.
type service struct {
	db    *database.DB
	store store
	box   *voting.Box
	files *files.Store
	live  voting.Announcer
	log   *slog.Logger
}

// Target is a consultation as somebody saw it: acting on another version of it
// is refused, so that nobody overwrites what they have not read.
type Target struct {
	ID      uuid.UUID
	Version int64 // 0: whatever it has become
}

// create writes a new draft and returns its ID.
func (s *service) create(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, text Text, when Schedule) (uuid.UUID, error) {
	c := &Consultation{ID: uuid.New(), Version: 1, Text: text.trimmed(), Schedule: when}
	err := s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		now, err := s.store.now(ctx, tx)
		if err != nil {
			return err
		}
		if err := may(v, actWrite, c); err != nil {
			return err
		}
		var wrong fault.Complaints
		c.Text.check(&wrong, t)
		c.Schedule.check(&wrong, now)
		if err := wrong.Err(); err != nil {
			return err
		}
		if err := s.store.insert(ctx, tx, t.ID, v.ID, c); err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, "consultations.create", c.ID, nil)
	})
	return c.ID, err
}

// act runs fn on a locked consultation when v may do action to it as it stands,
// then saves it and writes the act in the journal, in one transaction.
func (s *service) act(ctx context.Context, t tenant.ID, v citizen.Viewer, target Target, action access.Action, details map[string]any,
	fn func(ctx context.Context, tx bun.Tx, c *Consultation) error,
) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		c, err := s.store.lock(ctx, tx, t, target.ID)
		if err != nil {
			return err
		}
		if target.Version != 0 && target.Version != c.Version {
			return ErrStale
		}
		if err := may(v, action, c); err != nil {
			return err
		}
		if err := fn(ctx, tx, c); err != nil {
			return err
		}
		if err := s.store.save(ctx, tx, t, c); err != nil {
			return err
		}
		return record(ctx, tx, t, v, action, c.ID, details)
	})
}

// record writes a use of power in the journal.
func record(ctx context.Context, tx bun.IDB, t tenant.ID, v citizen.Viewer, action access.Action, id uuid.UUID, details map[string]any) error {
	return audit.Record(ctx, tx, audit.Entry{
		Tenant: t, Actor: v.ID, Action: string(action), Subject: "consultation/" + id.String(), Details: details,
	})
}

// edit replaces the text and the dates. Once open, the dates and the question
// stay as they are, and the reason of the correction is public.
func (s *service) edit(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, text Text, when Schedule, reason string) error {
	text, reason = text.trimmed(), writing.Tidy(reason)
	return s.act(ctx, t.ID, v, target, actWrite, nil, func(ctx context.Context, tx bun.Tx, c *Consultation) error {
		was := *c
		if c.Phase() == Open {
			text.Title, text.Zone, when = c.Title, c.Zone, c.Schedule
		}
		if err := checkEdit(c, t, text, when, reason); err != nil {
			return err
		}
		c.Text, c.Schedule = text, when
		// Moving it to a zone that v has no power over would lose it to v.
		if err := may(v, actWrite, &Consultation{Text: text}); err != nil {
			return err
		}
		switch {
		case was.Phase() == Draft:
			return nil
		case was.Schedule != when:
			if err := s.movePolls(ctx, tx, t.ID, v, c, ""); err != nil {
				return err
			}
			return s.store.insertChange(ctx, tx, t.ID, c.ID, Change{Kind: WasRescheduled, Reason: reason, Was: was.ClosesAt, Becomes: c.ClosesAt})
		case was.Phase() == Open && was.Text != text:
			return s.store.insertChange(ctx, tx, t.ID, c.ID, Change{Kind: WasEdited, Reason: reason})
		}
		return nil
	})
}

// checkEdit says what is wrong with the new text and dates of c.
func checkEdit(c *Consultation, t *tenant.Tenant, text Text, when Schedule, reason string) error {
	var wrong fault.Complaints
	text.check(&wrong, t)
	if c.Phase() != Open {
		when.check(&wrong, c.Now)
	}
	if c.Phase() == Upcoming {
		wrong.When(when.OpensAt.IsZero(), "opens", "consultations.lack.opens")
		wrong.When(when.ClosesAt.IsZero(), "closes", "consultations.lack.closes")
		wrong.When(!when.ClosesAt.IsZero() && !when.ClosesAt.After(c.Now), "closes", "consultations.dates.past")
		for field, value := range map[string]string{"summary": text.Summary, "body": text.Body, "promise": text.Promise} {
			wrong.When(value == "", field, "consultations.lack."+field)
		}
	}
	wrong.When(c.Phase() == Open && reason == "", "reason", "consultations.reason.missing")
	wrong.Bound(reason, "reason", maxReason)
	return wrong.Err()
}

// delete throws a draft away, with its polls and documents.
func (s *service) delete(ctx context.Context, t tenant.ID, v citizen.Viewer, target Target) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		c, err := s.store.lock(ctx, tx, t, target.ID)
		if err != nil {
			return err
		}
		if target.Version != 0 && target.Version != c.Version {
			return ErrStale
		}
		if err := may(v, actDelete, c); err != nil {
			return err
		}
		if err := s.dropPolls(ctx, tx, t, c.ID); err != nil {
			return err
		}
		if err := s.store.delete(ctx, tx, t, c.ID); err != nil {
			return err
		}
		return record(ctx, tx, t, v, actDelete, c.ID, map[string]any{"title": c.Title})
	})
}

// addDocument stores a file and adds it to the dossier. The content is written
// first: a file that no row names is swept later, the contrary would be a hole.
func (s *service) addDocument(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID, title string, content io.Reader) error {
	title = writing.Line(title)
	var wrong fault.Complaints
	wrong.When(title == "", "title", "consultations.document.title_missing")
	wrong.Bound(title, "title", maxTitle)
	if err := wrong.Err(); err != nil {
		return err
	}
	if err := s.mayAddDocument(ctx, t, v, id); err != nil {
		return err
	}
	blob, err := s.files.Put(ctx, t, name, content, maxDocumentBytes, files.Documents...)
	if err != nil {
		if f, ok := asInvalid(err); ok {
			return f.On("document")
		}
		return err
	}
	d := Document{ID: uuid.New(), Title: title, MediaType: blob.MediaType, Size: blob.Size, SHA256: blob.SHA256}
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		c, err := s.documentsOpen(ctx, tx, t, v, id)
		if err != nil {
			return err
		}
		if err := s.store.insertDocument(ctx, tx, t, id, d); err != nil {
			return err
		}
		if p := c.Phase(); p != Draft && p != Upcoming {
			if err := s.store.insertChange(ctx, tx, t, id, Change{Kind: GotDocument, Reason: title}); err != nil {
				return err
			}
		}
		return record(ctx, tx, t, v, actDocument, id, map[string]any{"document": title})
	})
}

// mayAddDocument refuses before a large file is written rather than after.
func (s *service) mayAddDocument(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		_, err := s.documentsOpen(ctx, tx, t, v, id)
		return err
	})
}

func (s *service) documentsOpen(ctx context.Context, tx bun.Tx, t tenant.ID, v citizen.Viewer, id uuid.UUID) (*Consultation, error) {
	c, err := s.store.lock(ctx, tx, t, id)
	if err != nil {
		return nil, err
	}
	if err := may(v, actDocument, c); err != nil {
		return nil, err
	}
	documents, err := s.store.documents(ctx, tx, t, id)
	if err != nil {
		return nil, err
	}
	if len(documents) >= maxDocuments {
		return nil, ErrTooManyFiles.With(fault.Args{"Limit": maxDocuments}).On("document")
	}
	return c, nil
}

// removeDocument takes a document out of the dossier, before anyone answered.
func (s *service) removeDocument(ctx context.Context, t tenant.ID, v citizen.Viewer, id, document uuid.UUID) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		c, err := s.store.lock(ctx, tx, t, id)
		if err != nil {
			return err
		}
		if err := may(v, actWithdraw, c); err != nil {
			return err
		}
		d, err := s.store.document(ctx, tx, t, id, document)
		if err != nil {
			return err
		}
		if err := s.store.deleteDocument(ctx, tx, t, id, document); err != nil {
			return err
		}
		return record(ctx, tx, t, v, actWithdraw, id, map[string]any{"document": d.Title})
	})
}

// decide publishes what was decided, or corrects what was published.
func (s *service) decide(ctx context.Context, t tenant.ID, v citizen.Viewer, target Target, o Outcome) error {
	o = o.trimmed()
	return s.act(ctx, t, v, target, actDecide, nil, func(ctx context.Context, tx bun.Tx, c *Consultation) error {
		var wrong fault.Complaints
		o.check(&wrong, c.Now)
		if err := wrong.Err(); err != nil {
			return err
		}
		kind := WasCorrected
		if c.OutcomeAt.IsZero() {
			kind, c.OutcomeAt = WasDecided, c.Now
		}
		c.Outcome = o
		return s.store.insertChange(ctx, tx, t, c.ID, Change{Kind: kind})
	})
}

// addFollowUp says in public what became of the decision.
func (s *service) addFollowUp(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID, text string) error {
	text = writing.Tidy(text)
	return s.act(ctx, t, v, Target{ID: id}, actFollowUp, nil, func(ctx context.Context, tx bun.Tx, c *Consultation) error {
		var wrong fault.Complaints
		wrong.When(text == "", "note", "consultations.note.missing")
		wrong.Bound(text, "note", maxNote)
		if err := wrong.Err(); err != nil {
			return err
		}
		return s.store.insertFollowUp(ctx, tx, t, c.ID, FollowUp{ID: uuid.New(), Text: text})
	})
}

// removeFollowUp takes a note away. The journal keeps what it said.
func (s *service) removeFollowUp(ctx context.Context, t tenant.ID, v citizen.Viewer, id, note uuid.UUID) error {
	return s.act(ctx, t, v, Target{ID: id}, actUnfollowUp, map[string]any{"note": note.String()}, func(ctx context.Context, tx bun.Tx, c *Consultation) error {
		return s.store.deleteFollowUp(ctx, tx, t, c.ID, note)
	})
}
