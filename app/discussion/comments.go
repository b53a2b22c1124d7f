package discussion

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// How much of a thread a page shows.
const (
	perPage    = 20
	maxAnswers = 400 // below the comments of one page
)

// Comment is what somebody said.
type Comment struct {
	ID        uuid.UUID
	Module    string
	SubjectID uuid.UUID
	ParentID  uuid.NullUUID
	AuthorID  uuid.NullUUID
	Official  bool
	Body      string
	State     Seen
	CreatedAt time.Time
}

const commentColumns = `id, module, subject_id, parent_id, author_id, official, body, state, created_at`

// Said is a comment about to be posted.
type Said struct {
	Body     string
	Parent   uuid.UUID // the comment it answers; zero: none
	Official bool      // in the name of the town hall: staff only
}

// Post adds a comment below a thing.
func (s *Service) Post(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, of Subject, said Said) (id uuid.UUID, topic Topic, err error) {
	said.Body = writing.Tidy(said.Body)
	id = uuid.New()
	err = s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		var host Host
		if topic, host, err = s.topic(ctx, tx, t, v, of); err != nil {
			return err
		}
		if err := mayPost(v, topic); err != nil {
			return err
		}
		if err := demand("body", said.Body, "discussion.comment.missing", maxComment); err != nil {
			return err
		}
		w, err := s.Writer(ctx, tx, t.ID, v)
		if err != nil {
			return err
		}
		if err := w.CheckLinks(said.Body, "body"); err != nil {
			return err
		}
		if err := checkFresh(ctx, tx, t.ID, w, of, said.Body); err != nil {
			return err
		}
		if err := checkPace(ctx, tx, t.ID, w); err != nil {
			return err
		}
		official := said.Official && mayAnswerFor(v, of.Module, topic.Zone)
		if err := insert(ctx, tx, t.ID, of, id, v.ID, said, official, w.Now); err != nil {
			return err
		}
		return host.Commented(ctx, tx, t.ID, of.ID, 1, w.Now)
	})
	return id, topic, err
}

func mayPost(v citizen.Viewer, topic Topic) error {
	switch {
	case !v.SignedIn:
		return errSignIn
	case topic.Closed != "":
		return fault.New(fault.Conflict, topic.Closed)
	case topic.Seen != Visible:
		return ErrClosed
	}
	return nil
}

func insert(ctx context.Context, tx bun.IDB, t tenant.ID, of Subject, id uuid.UUID, by citizen.ID, said Said, official bool, at time.Time) error {
	_, err := tx.NewRaw(`
		INSERT INTO discussion.comments (tenant_id, id, module, subject_id, parent_id, author_id, official, body, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, t, id, of.Module, of.ID, database.NullID(said.Parent), by, official, said.Body, at).Exec(ctx)
	if database.Constraint(err) == "answers_go_one_level_deep" {
		return ErrNotFound.Wrap(err) // an answer to an answer, or to another thread's comment, which no page offers
	}
	if err != nil {
		return fmt.Errorf("insert a comment: %w", err)
	}
	return nil
}

// Withdraw takes a comment back. Only its author does, and answers stay.
func (s *Service) Withdraw(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) (topic Topic, err error) {
	err = s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		c, err := lockComment(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		var host Host
		if topic, host, err = s.topic(ctx, tx, t, v, Subject{c.Module, c.SubjectID}); err != nil {
			return err
		}
		if !c.by(v) {
			return ErrNotFound
		}
		return setComment(ctx, tx, t.ID, host, c, Withdrawn)
	})
	return topic, err
}

func (c Comment) by(v citizen.Viewer) bool {
	return v.SignedIn && c.AuthorID.Valid && citizen.ID(c.AuthorID.UUID) == v.ID
}

// setComment changes whether a locked comment is seen, and tells its host when
// that changes what everybody counts. What its author took back stays so.
func setComment(ctx context.Context, tx bun.IDB, t tenant.ID, host Host, c *Comment, seen Seen) error {
	if c.State == seen || c.State == Withdrawn {
		return nil
	}
	if _, err := tx.NewRaw(`UPDATE discussion.comments SET state = ? WHERE tenant_id = ? AND id = ?`, string(seen), t, c.ID).Exec(ctx); err != nil {
		return fmt.Errorf("change whether a comment is seen: %w", err)
	}
	more := 0
	switch {
	case seen == Visible:
		more = 1
	case c.State == Visible:
		more = -1
	}
	c.State = seen
	if more == 0 {
		return nil
	}
	return host.Commented(ctx, tx, t, c.SubjectID, more, time.Time{})
}

func lockComment(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Comment, error) {
	return oneComment(ctx, tx, `SELECT `+commentColumns+` FROM discussion.comments WHERE tenant_id = ? AND id = ? FOR NO KEY UPDATE`, t, id)
}

func findComment(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Comment, error) {
	return oneComment(ctx, tx, `SELECT `+commentColumns+` FROM discussion.comments WHERE tenant_id = ? AND id = ?`, t, id)
}

func oneComment(ctx context.Context, tx bun.IDB, query string, t tenant.ID, id uuid.UUID) (*Comment, error) {
	var c Comment
	err := tx.NewRaw(query, t, id).Scan(ctx, &c)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("find a comment: %w", err)
	}
	return &c, nil
}

// thread is a page of what was said below a thing: newest first, each with its
// answers in the order they came.
type thread struct {
	Comments []Comment
	Answers  map[uuid.UUID][]Comment
	Next     string // where the next page begins
	Now      time.Time
}

func readThread(ctx context.Context, tx bun.IDB, t tenant.ID, of Subject, from string) (thread, error) {
	th := thread{Answers: map[uuid.UUID][]Comment{}}
	var err error
	if th.Now, err = now(ctx, tx); err != nil {
		return th, err
	}
	at, id, ok := parsePlace(from)
	if !ok {
		at, id = th.Now.Add(24*time.Hour), uuid.Max
	}
	err = tx.NewRaw(`
		SELECT `+commentColumns+` FROM discussion.comments
		WHERE tenant_id = ? AND module = ? AND subject_id = ? AND parent_id IS NULL AND (created_at, id) < (?, ?)
		ORDER BY created_at DESC, id DESC LIMIT ?`, t, of.Module, of.ID, at, id, perPage+1).Scan(ctx, &th.Comments)
	if err != nil {
		return th, fmt.Errorf("read the comments: %w", err)
	}
	if len(th.Comments) > perPage {
		th.Comments = th.Comments[:perPage]
		last := th.Comments[perPage-1]
		th.Next = place(last.CreatedAt, last.ID)
	}
	ids := make([]uuid.UUID, len(th.Comments))
	for i := range th.Comments {
		ids[i] = th.Comments[i].ID
	}
	var answers []Comment
	err = tx.NewRaw(`
		SELECT `+commentColumns+` FROM discussion.comments
		WHERE tenant_id = ? AND parent_id = ANY (?::uuid[]) ORDER BY created_at, id LIMIT ?`, t, pgdialect.Array(ids), maxAnswers).Scan(ctx, &answers)
	if err != nil {
		return th, fmt.Errorf("read the answers: %w", err)
	}
	for _, c := range answers {
		th.Answers[c.ParentID.UUID] = append(th.Answers[c.ParentID.UUID], c)
	}
	return th, nil
}

// place writes a place in a thread for an address; parsePlace reads it back.
func place(at time.Time, id uuid.UUID) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at.UnixMicro(), 36) + "." + id.String()))
}

func parsePlace(text string) (at time.Time, id uuid.UUID, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return at, id, false
	}
	when, who, _ := strings.Cut(string(raw), ".")
	micro, err := strconv.ParseInt(when, 36, 64)
	if err != nil || micro < 0 || micro > 1<<52 {
		return at, id, false
	}
	id, err = uuid.Parse(who)
	return time.UnixMicro(micro), id, err == nil
}
