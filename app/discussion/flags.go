package discussion

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/mail"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// enough is how many residents, proven beyond an address of mail, hide a
// content by flagging it, until a moderator has looked.
const enough = 3

// Kinds are the reasons to flag a content, in the order shown.
var Kinds = []string{"insult", "spam", "personal", "illegal", "off_topic", "other"}

// Flag is what somebody says of a content that has no place there.
type Flag struct {
	Kind string
	Note string
}

// Flag flags a comment, or the thing itself when comment is zero.
func (s *Service) Flag(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, of Subject, comment uuid.UUID, f Flag) (topic Topic, err error) {
	f.Note = writing.Tidy(f.Note)
	err = s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		var c content
		if c, err = s.content(ctx, tx, t, v, of, comment); err != nil {
			return err
		}
		topic = c.topic
		if err := c.mayFlag(v, f); err != nil {
			return err
		}
		k, err := openCase(ctx, tx, t.ID, c)
		if err != nil {
			return err
		}
		added, err := changed(ctx, tx, "flag", `
			INSERT INTO discussion.flags (tenant_id, case_id, citizen_id, kind, note, proven, created_at)
			VALUES (?, ?, ?, ?, ?, ?, core.now()) ON CONFLICT ON CONSTRAINT one_flag_per_citizen DO NOTHING`,
			t.ID, k.ID, v.ID, f.Kind, f.Note, Resident(v))
		if err != nil {
			return err
		}
		if !added {
			return ErrFlagged
		}
		return s.hideIfEnough(ctx, tx, t, c, k)
	})
	return topic, err
}

// content is what a case is about: a thing, or a comment below it.
type content struct {
	subject Subject
	comment *Comment // nil: the thing itself
	topic   Topic
	host    Host
}

func (s *Service) content(ctx context.Context, tx bun.IDB, t *tenant.Tenant, v citizen.Viewer, of Subject, comment uuid.UUID) (c content, err error) {
	c.subject = of
	if c.topic, c.host, err = s.topic(ctx, tx, t, v, of); err != nil || comment == uuid.Nil {
		return c, err
	}
	if c.comment, err = lockComment(ctx, tx, t.ID, comment); err != nil {
		return c, err
	}
	if c.comment.Module != of.Module || c.comment.SubjectID != of.ID {
		return c, ErrNotFound
	}
	return c, nil
}

func (c content) author() citizen.ID {
	if c.comment != nil {
		return citizen.ID(c.comment.AuthorID.UUID)
	}
	return c.topic.Author
}

func (c content) seen() Seen {
	if c.comment != nil {
		return c.comment.State
	}
	return c.topic.Seen
}

func (c content) text() string {
	if c.comment != nil {
		return c.comment.Body
	}
	return c.topic.Text
}

func (c content) commentID() uuid.UUID {
	if c.comment != nil {
		return c.comment.ID
	}
	return uuid.Nil
}

// show changes whether the content is seen.
func (c content) show(ctx context.Context, tx bun.IDB, t tenant.ID, seen Seen) error {
	if c.comment != nil {
		return setComment(ctx, tx, t, c.host, c.comment, seen)
	}
	return c.host.Moderated(ctx, tx, t, c.subject.ID, seen)
}

func (c content) mayFlag(v citizen.Viewer, f Flag) error {
	switch {
	case !v.SignedIn:
		return errSignIn
	case c.author() == v.ID:
		return ErrOwnFlag
	case c.seen() == Hidden || c.seen() == Withdrawn:
		return ErrNotFound
	}
	var wrong fault.Complaints
	wrong.When(!slices.Contains(Kinds, f.Kind), "kind", "discussion.flag.kind_missing")
	wrong.When(f.Kind == "other" && f.Note == "", "note", "discussion.flag.note_missing")
	wrong.Bound(f.Note, "note", maxNote)
	return wrong.Err()
}

// hideIfEnough hides a content that enough residents have flagged, unless staff
// has approved it once: people do not overrule what was decided with a reason.
// The row of the case is locked, so that of flags at once one is the last.
func (s *Service) hideIfEnough(ctx context.Context, tx bun.Tx, t *tenant.Tenant, c content, k *Case) error {
	if !k.HiddenAt.IsZero() || c.seen() != Visible {
		return nil
	}
	var r struct {
		Flags    int
		Approved bool
	}
	err := tx.NewRaw(`
		SELECT (SELECT count(*) FROM discussion.flags WHERE tenant_id = ?0 AND case_id = ?1 AND proven) AS flags,
			EXISTS (SELECT FROM discussion.cases WHERE tenant_id = ?0 AND module = ?2 AND subject_id = ?3 AND comment_id IS NOT DISTINCT FROM ?4
				AND (decision = 'keep' OR ruling = 'restored')) AS approved`,
		t.ID, k.ID, c.subject.Module, c.subject.ID, database.NullID(c.commentID())).Scan(ctx, &r)
	if err != nil {
		return fmt.Errorf("count the flags: %w", err)
	}
	if r.Flags < enough || r.Approved {
		return nil
	}
	if _, err := tx.NewRaw(`UPDATE discussion.cases SET hidden_at = core.now() WHERE tenant_id = ? AND id = ?`, t.ID, k.ID).Exec(ctx); err != nil {
		return fmt.Errorf("note that flags hid a content: %w", err)
	}
	if err := c.show(ctx, tx, t.ID, Pending); err != nil {
		return err
	}
	return s.tellAuthor(ctx, tx, t, c, k.ID, func(ctx context.Context) mail.Letter {
		return mail.Letter{
			Subject:    i18n.T(ctx, "discussion.letter.pending.subject", "Title", c.topic.Title),
			Paragraphs: []string{i18n.T(ctx, "discussion.letter.pending.text", "Title", c.topic.Title), i18n.T(ctx, "discussion.letter.pending.next")},
		}
	})
}
