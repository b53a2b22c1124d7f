package consultations

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/markdown"
	"parvis/app/search"
	"parvis/app/tenant"
)

// store holds the module's SQL and nothing else. Every method takes the
// transaction and the tenant: there is no query without them.
type store struct{}

// row is a consultation as it is stored.
type row struct {
	ID                 uuid.UUID
	Version            int64
	Title              string
	Summary            string
	Easy               string
	Body               string
	Promise            string
	ZoneID             uuid.NullUUID
	OpensAt            bun.NullTime
	ClosesAt           bun.NullTime
	PublishedAt        bun.NullTime
	CancelledAt        bun.NullTime
	CancelReason       string
	Outcome            string
	OutcomeAt          bun.NullTime
	DeliberatedOn      bun.NullTime
	DeliberationNumber string
	DeliberationURL    string `bun:"deliberation_url"`
	UpdatedAt          time.Time
	Now                time.Time
	Key                string // lists: what the row is sorted by
}

const columns = `id, version, title, summary, easy, body, promise, zone_id, opens_at, closes_at, published_at, cancelled_at,
	cancel_reason, outcome, outcome_at, deliberated_on, deliberation_number, deliberation_url, updated_at`

func (r *row) consultation() *Consultation {
	return &Consultation{
		ID: r.ID, Version: r.Version,
		Text:      Text{Title: r.Title, Summary: r.Summary, Easy: r.Easy, Body: r.Body, Promise: r.Promise, Zone: r.ZoneID.UUID},
		Schedule:  Schedule{OpensAt: r.OpensAt.Time, ClosesAt: r.ClosesAt.Time},
		Published: !r.PublishedAt.IsZero(), PublishedAt: r.PublishedAt.Time,
		CancelledAt: r.CancelledAt.Time, CancelReason: r.CancelReason,
		Outcome:   Outcome{Text: r.Outcome, On: r.DeliberatedOn.Time, Number: r.DeliberationNumber, URL: r.DeliberationURL},
		OutcomeAt: r.OutcomeAt.Time, UpdatedAt: r.UpdatedAt, Now: r.Now,
	}
}

// now is the time by which polls and consultations open and close.
func (store) now(ctx context.Context, tx bun.IDB) (time.Time, error) {
	var now time.Time
	if err := tx.NewRaw(`SELECT core.now()`).Scan(ctx, &now); err != nil {
		return now, fmt.Errorf("read the clock: %w", err)
	}
	return now, nil
}

// find returns a consultation, draft or not.
func (store) find(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Consultation, error) {
	return one(ctx, tx, `SELECT `+columns+`, core.now() AS now FROM consultations.consultations WHERE tenant_id = ? AND id = ?`, t, id)
}

// lock is find, and keeps others from changing it until tx ends.
func (store) lock(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Consultation, error) {
	// The clock is read after the lock is held: what waited may be over.
	c, err := one(ctx, tx, `SELECT `+columns+` FROM consultations.consultations WHERE tenant_id = ? AND id = ? FOR UPDATE`, t, id)
	if err != nil {
		return nil, err
	}
	c.Now, err = store{}.now(ctx, tx)
	return c, err
}

func one(ctx context.Context, tx bun.IDB, query string, t tenant.ID, id uuid.UUID) (*Consultation, error) {
	var r row
	err := database.Fault(tx.NewRaw(query, t, id).Scan(ctx, &r))
	if isNotFound(err) {
		return nil, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return nil, fmt.Errorf("find a consultation: %w", err)
	}
	return r.consultation(), nil
}

// insert writes a new draft.
func (store) insert(ctx context.Context, tx bun.IDB, t tenant.ID, author citizen.ID, c *Consultation) error {
	_, err := tx.NewRaw(`
		INSERT INTO consultations.consultations (tenant_id, id, title, summary, easy, body, promise, zone_id, opens_at, closes_at,
			words, created_by, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, `+wordsSQL+`, ?, core.now(), core.now())`,
		t, c.ID, c.Title, c.Summary, c.Easy, c.Body, c.Promise, database.NullID(c.Zone), database.NullTime(c.OpensAt), database.NullTime(c.ClosesAt),
		search.Fold(c.Title), search.Fold(c.Summary+" "+c.Easy), search.Fold(markdown.Text(c.Body, maxBody)), database.NullID(uuid.UUID(author))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert a consultation: %w", err)
	}
	return nil
}

// save writes a locked consultation back, as its next version.
func (store) save(ctx context.Context, tx bun.IDB, t tenant.ID, c *Consultation) error {
	res, err := tx.NewRaw(`
		UPDATE consultations.consultations SET version = version + 1, title = ?, summary = ?, easy = ?, body = ?, promise = ?, zone_id = ?,
			opens_at = ?, closes_at = ?, published_at = ?, cancelled_at = ?, cancel_reason = ?, outcome = ?, outcome_at = ?,
			deliberated_on = ?, deliberation_number = ?, deliberation_url = ?, words = `+wordsSQL+`, updated_at = core.now()
		WHERE tenant_id = ? AND id = ? AND version = ?`,
		c.Title, c.Summary, c.Easy, c.Body, c.Promise, database.NullID(c.Zone), database.NullTime(c.OpensAt), database.NullTime(c.ClosesAt), database.NullTime(c.PublishedAt),
		database.NullTime(c.CancelledAt), c.CancelReason, c.Outcome.Text, database.NullTime(c.OutcomeAt), database.NullDay(c.Outcome.On), c.Outcome.Number, c.Outcome.URL,
		search.Fold(c.Title), search.Fold(c.Summary+" "+c.Easy), search.Fold(markdown.Text(c.Body, maxBody)), t, c.ID, c.Version).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save a consultation: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return ErrStale.Wrap(err)
	}
	c.Version++
	return nil
}

func (store) delete(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) error {
	_, err := tx.NewRaw(`DELETE FROM consultations.consultations WHERE tenant_id = ? AND id = ? AND published_at IS NULL`, t, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete a draft consultation: %w", err)
	}
	return nil
}

// wordsSQL is the text that searches look into: title, summaries, body.
var wordsSQL = search.Vector("ABC")

// documents lists the pieces of a dossier in order.
func (store) documents(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) ([]Document, error) {
	var list []Document
	err := tx.NewRaw(`
		SELECT id, title, media_type, size, sha256, added_at
		FROM consultations.documents
		WHERE tenant_id = ? AND consultation_id = ?
		ORDER BY position, id`, t, id).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("list the documents: %w", err)
	}
	return list, nil
}

func (store) document(ctx context.Context, tx bun.IDB, t tenant.ID, consultation, id uuid.UUID) (Document, error) {
	var d Document
	err := database.Fault(tx.NewRaw(`
		SELECT id, title, media_type, size, sha256, added_at
		FROM consultations.documents
		WHERE tenant_id = ? AND consultation_id = ? AND id = ?`, t, consultation, id).Scan(ctx, &d))
	if isNotFound(err) {
		return d, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return d, fmt.Errorf("find a document: %w", err)
	}
	return d, nil
}

// insertDocument adds d at the end of the dossier.
func (store) insertDocument(ctx context.Context, tx bun.IDB, t tenant.ID, consultation uuid.UUID, d Document) error {
	_, err := tx.NewRaw(`
		INSERT INTO consultations.documents (tenant_id, id, consultation_id, position, title, media_type, size, sha256, added_at)
		SELECT ?0, ?1, ?2, coalesce(max(position), 0) + 1, ?3, ?4, ?5, ?6, core.now()
		FROM consultations.documents
		WHERE tenant_id = ?0 AND consultation_id = ?2`,
		t, d.ID, consultation, d.Title, d.MediaType, d.Size, d.SHA256).Exec(ctx)
	if database.Constraint(err) == "same_document_once" {
		return ErrSameDocument.Wrap(err).On("document")
	}
	if err != nil {
		return fmt.Errorf("insert a document: %w", err)
	}
	return nil
}

func (store) deleteDocument(ctx context.Context, tx bun.IDB, t tenant.ID, consultation, id uuid.UUID) error {
	_, err := tx.NewRaw(`DELETE FROM consultations.documents WHERE tenant_id = ? AND consultation_id = ? AND id = ?`, t, consultation, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete a document: %w", err)
	}
	return nil
}

// contents lists the files that documents of the tenant are made of.
func (store) contents(ctx context.Context, tx bun.IDB, t tenant.ID) ([]string, error) {
	var hashes []string
	if err := tx.NewRaw(`SELECT DISTINCT sha256 FROM consultations.documents WHERE tenant_id = ?`, t).Scan(ctx, &hashes); err != nil {
		return nil, fmt.Errorf("list the files in use: %w", err)
	}
	return hashes, nil
}

// changes lists the public register, oldest first.
func (store) changes(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) ([]Change, error) {
	var rows []struct {
		At           time.Time
		Kind         ChangeKind
		Reason       string
		Was, Becomes bun.NullTime
	}
	err := tx.NewRaw(`
		SELECT at, kind, reason, was, becomes
		FROM consultations.changes
		WHERE tenant_id = ? AND consultation_id = ?
		ORDER BY id`, t, id).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the changes: %w", err)
	}
	list := make([]Change, len(rows))
	for i, r := range rows {
		list[i] = Change{At: r.At, Kind: r.Kind, Reason: r.Reason, Was: r.Was.Time, Becomes: r.Becomes.Time}
	}
	return list, nil
}

func (store) insertChange(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, c Change) error {
	_, err := tx.NewRaw(`
		INSERT INTO consultations.changes (tenant_id, consultation_id, at, kind, reason, was, becomes)
		VALUES (?, ?, core.now(), ?, ?, ?, ?)`,
		t, id, string(c.Kind), c.Reason, database.NullTime(c.Was), database.NullTime(c.Becomes)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("register a change: %w", err)
	}
	return nil
}

func (store) followUps(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) ([]FollowUp, error) {
	var list []FollowUp
	err := tx.NewRaw(`
		SELECT id, at, text
		FROM consultations.follow_ups
		WHERE tenant_id = ? AND consultation_id = ?
		ORDER BY at, id`, t, id).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("list the follow-ups: %w", err)
	}
	return list, nil
}

func (store) insertFollowUp(ctx context.Context, tx bun.IDB, t tenant.ID, consultation uuid.UUID, f FollowUp) error {
	_, err := tx.NewRaw(`
		INSERT INTO consultations.follow_ups (tenant_id, id, consultation_id, at, text)
		VALUES (?, ?, ?, core.now(), ?)`, t, f.ID, consultation, f.Text).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert a follow-up: %w", err)
	}
	return nil
}

func (store) deleteFollowUp(ctx context.Context, tx bun.IDB, t tenant.ID, consultation, id uuid.UUID) error {
	res, err := tx.NewRaw(`DELETE FROM consultations.follow_ups WHERE tenant_id = ? AND consultation_id = ? AND id = ?`, t, consultation, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete a follow-up: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return ErrNotFound.Wrap(err)
	}
	return nil
}

// authored lists the consultations that a citizen wrote, for export.
func (store) authored(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) ([]authored, error) {
	var list []authored
	err := tx.NewRaw(`
		SELECT title, created_at
		FROM consultations.consultations
		WHERE tenant_id = ? AND created_by = ?
		ORDER BY created_at`, t, c).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("list what an account wrote: %w", err)
	}
	return list, nil
}

type authored struct {
	Title     string    `json:"title"`
	CreatedAt time.Time `json:"created_at"`
}

func (store) forgetAuthor(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) error {
	_, err := tx.NewRaw(`UPDATE consultations.consultations SET created_by = NULL WHERE tenant_id = ? AND created_by = ?`, t, c).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget an author: %w", err)
	}
	return nil
}
