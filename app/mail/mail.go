// Package mail sends letters in the name of a town. A letter is written in the
// transaction of the act it tells about and sent by a job once that has
// committed; there is no other way to send one, and nothing in it tracks the
// reader. Without an SMTP server, in development, letters are kept for the
// outbox page instead.
package mail

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/database"
	"parvis/app/jobs"
	"parvis/app/tenant"
)

// Message is a mail to one person.
type Message struct {
	To      string
	Subject string
	Text    string    // the letter itself: complete without the HTML
	HTML    string    // the same, for those who prefer it
	Until   time.Time // not worth sending later than this; zero: always
}

// Options says how letters leave.
type Options struct {
	DB   *database.DB
	Jobs *jobs.Runner
	SMTP string // smtp://user:password@host:587, smtps://host:465, smtp+plain://127.0.0.1:25; "" for no server
	From string // address of the sender: its name is the town's
	Keep bool   // without a server, keep letters for the outbox page
	Demo bool   // that page is for the demonstration sites only: it opens every account
	Log  *slog.Logger
}

// Sender writes letters, and has them sent.
type Sender struct {
	db        *database.DB
	jobs      *jobs.Runner
	transport *transport // nil without a server
	keep      bool
	demo      bool
	log       *slog.Logger
}

// New returns a sender and registers its job. Call it before the jobs start.
func New(o Options) (*Sender, error) {
	s := &Sender{db: o.DB, jobs: o.Jobs, keep: o.Keep && o.SMTP == "", demo: o.Demo, log: o.Log}
	if o.SMTP != "" {
		t, err := newTransport(o.SMTP, o.From)
		if err != nil {
			return nil, err
		}
		s.transport = t
	} else if !s.keep {
		o.Log.Warn("no SMTP server is configured: mails wait (set PARVIS_SMTP)")
	}
	jobs.Register(o.Jobs, &deliverer{sender: s})
	return s, nil
}

// Keeps reports whether the letters of t are on the outbox page.
func (s *Sender) Keeps(t *tenant.Tenant) bool { return s.keep && (t.Demo || !s.demo) }

// Enqueue writes m in the transaction tx that ctx was given in, in the name of t.
func (s *Sender) Enqueue(ctx context.Context, tx bun.Tx, t *tenant.Tenant, m Message) error {
	id := uuid.New()
	until := sql.NullTime{Time: m.Until, Valid: !m.Until.IsZero()}
	_, err := tx.NewRaw(`
		INSERT INTO core.mails (tenant_id, id, recipient, sender, subject, text_body, html_body, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, id, m.To, t.Name, m.Subject, m.Text, m.HTML, until).Exec(ctx)
	if err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	return s.jobs.Insert(ctx, delivery{Tenant: t.ID.String(), Mail: id})
}

// EnqueueAll writes the same letter to many people, each their own, in the
// transaction tx that ctx was given in.
func (s *Sender) EnqueueAll(ctx context.Context, tx bun.Tx, t *tenant.Tenant, to []string, letter Letter) error {
	m, err := letter.To(ctx, t, "")
	if err != nil || len(to) == 0 {
		return err
	}
	ids, jobArgs := make([]uuid.UUID, len(to)), make([]delivery, len(to))
	for i := range to {
		ids[i] = uuid.New()
		jobArgs[i] = delivery{Tenant: t.ID.String(), Mail: ids[i]}
	}
	until := sql.NullTime{Time: m.Until, Valid: !m.Until.IsZero()}
	_, err = tx.NewRaw(`
		INSERT INTO core.mails (tenant_id, id, recipient, sender, subject, text_body, html_body, expires_at)
		SELECT ?, l.id, l.recipient, ?, ?, ?, ?, ?::timestamptz
		FROM unnest(?::uuid[], ?::text[]) AS l (id, recipient)`,
		t.ID, t.Name, m.Subject, m.Text, m.HTML, until, pgdialect.Array(ids), pgdialect.Array(to)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("write mails: %w", err)
	}
	return jobs.InsertAll(ctx, s.jobs, jobArgs)
}

// delivery is the job of sending one letter.
type delivery struct {
	Tenant string    `json:"tenant"`
	Mail   uuid.UUID `json:"mail"`
}

func (delivery) Kind() string { return "mail_delivery" }

type deliverer struct {
	river.WorkerDefaults[delivery]
	sender *Sender
}

func (d *deliverer) Work(ctx context.Context, job *river.Job[delivery]) error {
	id, err := tenant.ParseID(job.Args.Tenant)
	if err != nil {
		return river.JobCancel(fmt.Errorf("read the tenant of a mail: %w", err))
	}
	return d.sender.deliver(ctx, id, job.Args.Mail)
}

// letter is a row of core.mails.
type letter struct {
	Recipient, Sender, Subject, TextBody, HTMLBody string
	ExpiresAt                                      sql.NullTime
}

// deliver sends a letter, outside any transaction, then forgets it. A crash
// between the two sends it twice: rather that than never.
func (s *Sender) deliver(ctx context.Context, t tenant.ID, id uuid.UUID) error {
	if s.keep {
		return s.inTenant(ctx, t, `UPDATE core.mails SET kept_at = clock_timestamp() WHERE tenant_id = ? AND id = ?`, t, id)
	}
	var l letter
	err := s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`
			SELECT recipient, sender, subject, text_body, html_body, expires_at
			FROM core.mails WHERE tenant_id = ? AND id = ? AND (expires_at IS NULL OR expires_at > clock_timestamp())`,
			t, id).Scan(ctx, &l.Recipient, &l.Sender, &l.Subject, &l.TextBody, &l.HTMLBody, &l.ExpiresAt)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows): // sent before, or too late
	case err != nil:
		return fmt.Errorf("read a mail: %w", err)
	case s.transport == nil:
		return errors.New("no SMTP server is configured (PARVIS_SMTP)")
	default:
		if err := s.transport.send(ctx, l); err != nil {
			return err
		}
	}
	return s.inTenant(ctx, t, `DELETE FROM core.mails WHERE tenant_id = ? AND id = ?`, t, id)
}

func (s *Sender) inTenant(ctx context.Context, t tenant.ID, query string, args ...any) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(query, args...).Exec(ctx)
		return err
	})
}

// Kept is a letter of the outbox.
type Kept struct {
	ID        uuid.UUID
	To        string
	Subject   string
	Text      string
	CreatedAt time.Time
}

// Outbox returns the newest letters kept for t.
func (s *Sender) Outbox(ctx context.Context, t tenant.ID, limit int) ([]Kept, error) {
	var kept []Kept
	err := s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`
			SELECT id, recipient AS "to", subject, text_body AS text, created_at
			FROM core.mails WHERE tenant_id = ? AND kept_at IS NOT NULL
			ORDER BY created_at DESC, id LIMIT ?`, t, limit).Scan(ctx, &kept)
	})
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return kept, nil
}

// Forget removes what is left of letters older than a day: kept ones, and
// those that could not be sent in time.
func (s *Sender) Forget(ctx context.Context, tx bun.IDB, t tenant.ID) error {
	_, err := tx.NewRaw(`
		DELETE FROM core.mails
		WHERE tenant_id = ? AND created_at < clock_timestamp() - interval '1 day'
		AND (kept_at IS NOT NULL OR expires_at < clock_timestamp())`, t).Exec(ctx)
	return err
}

// ForgetOf removes the letters waiting for, or kept for, one address.
func (s *Sender) ForgetOf(ctx context.Context, tx bun.IDB, t tenant.ID, address string) error {
	_, err := tx.NewRaw(`DELETE FROM core.mails WHERE tenant_id = ? AND recipient = ?`, t, address).Exec(ctx)
	return err
}
