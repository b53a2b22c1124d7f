package discussion

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/i18n"
	"parvis/app/mail"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// appealWithin is how long an author may ask for a second look.
const appealWithin = 60 * 24 * time.Hour

// Case is a content that was flagged, and what became of it.
type Case struct {
	ID           uuid.UUID
	Module       string
	SubjectID    uuid.UUID
	CommentID    uuid.NullUUID
	AuthorID     uuid.NullUUID
	OpenedAt     time.Time
	HiddenAt     bun.NullTime // by flags alone
	Decision     string       // "keep", "hide"; "" until decided
	Reason       string
	DecidedAt    bun.NullTime
	DecidedBy    uuid.NullUUID
	Appeal       string
	AppealedAt   bun.NullTime
	Ruling       string // "restored", "confirmed"
	RulingReason string
	RuledAt      bun.NullTime
}

const caseColumns = `id, module, subject_id, comment_id, author_id, opened_at, hidden_at, decision, reason, decided_at, decided_by,
	appeal, appealed_at, ruling, ruling_reason, ruled_at`

// waits reports whether a moderator has something to do with k.
func (k *Case) waits() bool {
	return k.DecidedAt.IsZero() || (!k.AppealedAt.IsZero() && k.RuledAt.IsZero())
}

func (k *Case) subject() Subject { return Subject{k.Module, k.SubjectID} }

// openCase returns the open case about a content, locked, and opens it when
// there is none.
func openCase(ctx context.Context, tx bun.IDB, t tenant.ID, c content) (*Case, error) {
	_, err := tx.NewRaw(`
		INSERT INTO discussion.cases (tenant_id, id, module, subject_id, comment_id, author_id, opened_at)
		VALUES (?, ?, ?, ?, ?, ?, core.now()) ON CONFLICT DO NOTHING`,
		t, uuid.New(), c.subject.Module, c.subject.ID, database.NullID(c.commentID()), database.NullID(uuid.UUID(c.author()))).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("open a case: %w", err)
	}
	return oneCase(ctx, tx, `
		SELECT `+caseColumns+` FROM discussion.cases
		WHERE tenant_id = ? AND module = ? AND subject_id = ? AND comment_id IS NOT DISTINCT FROM ? AND decided_at IS NULL FOR UPDATE`,
		t, c.subject.Module, c.subject.ID, database.NullID(c.commentID()))
}

func lockCase(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Case, error) {
	return oneCase(ctx, tx, `SELECT `+caseColumns+` FROM discussion.cases WHERE tenant_id = ? AND id = ? FOR UPDATE`, t, id)
}

func findCase(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Case, error) {
	return oneCase(ctx, tx, `SELECT `+caseColumns+` FROM discussion.cases WHERE tenant_id = ? AND id = ?`, t, id)
}

func oneCase(ctx context.Context, tx bun.IDB, query string, args ...any) (*Case, error) {
	var k Case
	err := tx.NewRaw(query, args...).Scan(ctx, &k)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("find a case: %w", err)
	}
	return &k, nil
}

// caseContent finds what a case is about, for a moderator or the author.
func (s *Service) caseContent(ctx context.Context, tx bun.IDB, t *tenant.Tenant, v citizen.Viewer, k *Case) (content, error) {
	c := content{subject: k.subject()}
	host, ok := s.host(t, k.Module)
	if !ok {
		return c, ErrNotFound
	}
	c.host = host
	var err error
	if c.topic, err = host.Topic(ctx, tx, t, v, k.SubjectID); err != nil {
		return c, err
	}
	if k.CommentID.Valid {
		c.comment, err = lockComment(ctx, tx, t.ID, k.CommentID.UUID)
	}
	return c, err
}

//i18n: audit.action.discussion.*

// judged runs an act of a moderator on a locked case, and writes what it was in
// the journal.
func (s *Service) judged(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, act access.Action, what string,
	do func(ctx context.Context, tx bun.Tx, k *Case, c content) error,
) error {
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		k, err := lockCase(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		c, err := s.caseContent(ctx, tx, t, v, k)
		if err != nil {
			return err
		}
		if err := powers.Decide(v, act, access.Scope{Module: k.Module, Zone: c.topic.Zone}).Err(); err != nil {
			return err
		}
		if barred, _, err := s.barred(ctx, tx, t.ID, v, k, c); err != nil {
			return err
		} else if barred {
			return ErrOwnCase
		}
		if err := do(ctx, tx, k, c); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Tenant: t.ID, Actor: v.ID, Action: "discussion." + what, Subject: "case/" + id.String()})
	})
}

// Decide keeps or hides a flagged content, for a reason that its author reads.
func (s *Service) Decide(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, hide bool, reason string) error {
	reason = writing.Tidy(reason)
	if err := demand("reason", reason, "discussion.case.reason_missing", maxReason); err != nil {
		return err
	}
	decision, seen := "keep", Visible
	if hide {
		decision, seen = "hide", Hidden
	}
	return s.judged(ctx, t, v, id, actDecide, decision, func(ctx context.Context, tx bun.Tx, k *Case, c content) error {
		if !k.DecidedAt.IsZero() {
			return ErrDecided
		}
		_, err := tx.NewRaw(`UPDATE discussion.cases SET decision = ?, reason = ?, decided_at = core.now(), decided_by = ? WHERE tenant_id = ? AND id = ?`,
			decision, reason, database.NullID(uuid.UUID(v.ID)), t.ID, id).Exec(ctx)
		if err != nil {
			return fmt.Errorf("decide a case: %w", err)
		}
		if err := c.show(ctx, tx, t.ID, seen); err != nil {
			return err
		}
		if !hide && k.HiddenAt.IsZero() {
			return nil // nothing has changed for its author
		}
		return s.tellAuthor(ctx, tx, t, c, id, func(ctx context.Context) mail.Letter { return decisionLetter(ctx, c, hide, reason) })
	})
}

// decisionLetter tells an author what was decided about their content, and why.
func decisionLetter(ctx context.Context, c content, hide bool, reason string) mail.Letter {
	l := mail.Letter{
		Subject:    i18n.T(ctx, "discussion.letter.kept.subject", "Title", c.topic.Title),
		Paragraphs: []string{i18n.T(ctx, "discussion.letter.kept.text", "Title", c.topic.Title), i18n.T(ctx, "discussion.letter.reason", "Reason", reason)},
	}
	if hide {
		l.Subject = i18n.T(ctx, "discussion.letter.hidden.subject", "Title", c.topic.Title)
		l.Paragraphs[0] = i18n.T(ctx, "discussion.letter.hidden.text", "Title", c.topic.Title)
		l.Paragraphs = append(l.Paragraphs, i18n.T(ctx, "discussion.letter.hidden.appeal", "Count", int(appealWithin/(24*time.Hour))))
	}
	return l
}

// Appeal asks for a second look, by the author, once.
func (s *Service) Appeal(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, text string) error {
	text = writing.Tidy(text)
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		k, err := lockCase(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		if !k.by(v) {
			return ErrNotFound
		}
		at, err := now(ctx, tx)
		switch {
		case err != nil:
			return err
		case k.Decision != "hide":
			return ErrNoAppeal
		case !k.AppealedAt.IsZero():
			return ErrAppealed
		case at.Sub(k.DecidedAt.Time) > appealWithin:
			return ErrAppealLate
		}
		if err := demand("appeal", text, "discussion.appeal.missing", maxReason); err != nil {
			return err
		}
		_, err = tx.NewRaw(`UPDATE discussion.cases SET appeal = ?, appealed_at = ? WHERE tenant_id = ? AND id = ?`, text, at, t.ID, id).Exec(ctx)
		return err
	})
}

func (k *Case) by(v citizen.Viewer) bool {
	return v.SignedIn && k.AuthorID.Valid && citizen.ID(k.AuthorID.UUID) == v.ID
}

// Rule answers an appeal, for a reason that the author reads.
func (s *Service) Rule(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, restore bool, reason string) error {
	reason = writing.Tidy(reason)
	if err := demand("reason", reason, "discussion.case.reason_missing", maxReason); err != nil {
		return err
	}
	ruling := "confirmed"
	if restore {
		ruling = "restored"
	}
	return s.judged(ctx, t, v, id, actRule, ruling, func(ctx context.Context, tx bun.Tx, k *Case, c content) error {
		if k.AppealedAt.IsZero() {
			return ErrUndecided
		}
		if !k.RuledAt.IsZero() {
			return ErrDecided
		}
		_, err := tx.NewRaw(`UPDATE discussion.cases SET ruling = ?, ruling_reason = ?, ruled_at = core.now() WHERE tenant_id = ? AND id = ?`,
			ruling, reason, t.ID, id).Exec(ctx)
		if err != nil {
			return fmt.Errorf("rule on an appeal: %w", err)
		}
		if restore {
			if err := c.show(ctx, tx, t.ID, Visible); err != nil {
				return err
			}
		}
		return s.tellAuthor(ctx, tx, t, c, id, func(ctx context.Context) mail.Letter {
			text := i18n.T(ctx, "discussion.letter.confirmed.text", "Title", c.topic.Title)
			if restore {
				text = i18n.T(ctx, "discussion.letter.restored.text", "Title", c.topic.Title)
			}
			return mail.Letter{
				Subject:    i18n.T(ctx, "discussion.letter.ruled.subject", "Title", c.topic.Title),
				Paragraphs: []string{text, i18n.T(ctx, "discussion.letter.reason", "Reason", reason)},
			}
		})
	})
}

// tellAuthor writes to whoever wrote a content, with a link to the case's page.
func (s *Service) tellAuthor(ctx context.Context, tx bun.Tx, t *tenant.Tenant, c content, id uuid.UUID, write func(context.Context) mail.Letter) error {
	if c.author().IsZero() {
		return nil
	}
	return s.identity.Tell(ctx, tx, t, []citizen.ID{c.author()}, func(ctx context.Context) mail.Letter {
		l := write(ctx)
		l.Button, l.Module = mail.Button{Label: i18n.T(ctx, "discussion.letter.button"), Href: s.url(t, caseHref(id))}, c.subject.Module
		return l
	})
}

func caseHref(id uuid.UUID) string { return "/discussion/moderation/" + id.String() }

// barred reports whether a case is not v's to judge: nobody judges what they
// wrote, nor an appeal against their own decision, as long as somebody else
// can. alone says that v is a party and that nobody else can.
func (s *Service) barred(ctx context.Context, tx bun.IDB, t tenant.ID, v citizen.Viewer, k *Case, c content) (barred, alone bool, err error) {
	parties := []citizen.ID{c.author(), citizen.ID(k.DecidedBy.UUID)}
	if !k.waits() || v.ID.IsZero() || !slices.Contains(parties, v.ID) {
		return false, false, nil
	}
	scope := access.Scope{Module: k.Module, Zone: c.topic.Zone}
	barred, err = s.identity.Held(ctx, tx, t, scope, moderators, parties...)
	return barred, !barred, err
}

// Waiting counts what waits for v, who moderates a module, and since when. What
// v wrote or decided waits for somebody else, where there is one.
func (s *Service) Waiting(ctx context.Context, tx bun.IDB, t tenant.ID, module string, v citizen.Viewer) (count int, since time.Time, err error) {
	others, err := s.identity.Held(ctx, tx, t, access.Scope{Module: module}, moderators, v.ID)
	if err != nil {
		return 0, since, err
	}
	var r struct {
		Count int
		Since bun.NullTime
	}
	err = tx.NewRaw(`
		SELECT count(*) AS count, min(coalesce(appealed_at, opened_at)) AS since FROM discussion.cases
		WHERE tenant_id = ?0 AND module = ?1 AND (decided_at IS NULL OR (appealed_at IS NOT NULL AND ruled_at IS NULL))
			AND (NOT ?2 OR (author_id IS DISTINCT FROM ?3 AND decided_by IS DISTINCT FROM ?3))`, t, module, others, v.ID).Scan(ctx, &r)
	if err != nil {
		return 0, since, fmt.Errorf("count the cases that wait: %w", err)
	}
	return r.Count, r.Since.Time, nil
}

// CaseOf returns the newest case about a thing, for its author to know why it
// cannot be seen; uuid.Nil when there is none.
func (s *Service) CaseOf(ctx context.Context, tx bun.IDB, t tenant.ID, of Subject) (href string, err error) {
	var id uuid.UUID
	err = tx.NewRaw(`
		SELECT id FROM discussion.cases WHERE tenant_id = ? AND module = ? AND subject_id = ? AND comment_id IS NULL
		ORDER BY opened_at DESC LIMIT 1`, t, of.Module, of.ID).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("find the case of a thing: %w", err)
	}
	return caseHref(id), nil
}
