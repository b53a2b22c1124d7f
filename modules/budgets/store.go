package budgets

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/markdown"
	"parvis/app/money"
	"parvis/app/search"
	"parvis/app/tenant"
	"parvis/app/voting/counting"
)

// store holds the module's SQL and nothing else. Every method takes the
// transaction and the tenant: there is no query without them.
type store struct{}

// editionRow is an edition as it is stored.
type editionRow struct {
	ID                 uuid.UUID
	Version            int64
	Title              string
	Summary            string
	Easy               string
	Body               string
	Rules              string
	AdoptedOn          bun.NullTime
	AdoptedNumber      string
	AdoptedURL         string `bun:"adopted_url"`
	Method             string
	MinVotes           int64
	InformationAt      bun.NullTime
	DepositAt          bun.NullTime
	StudyAt            bun.NullTime
	VoteAt             bun.NullTime
	ResultAt           bun.NullTime
	DeliberationAt     bun.NullTime
	WinnersAt          bun.NullTime
	DeliveryAt         bun.NullTime
	PublishedAt        bun.NullTime
	DecidedAt          bun.NullTime
	Outcome            string
	OutcomeAt          bun.NullTime
	DeliberatedOn      bun.NullTime
	DeliberationNumber string
	DeliberationURL    string `bun:"deliberation_url"`
	UpdatedAt          time.Time
	Now                time.Time
	Key                string // lists: what the row is sorted by
}

const editionColumns = `id, version, title, summary, easy, body, rules, adopted_on, adopted_number, adopted_url, method, min_votes,
	information_at, deposit_at, study_at, vote_at, result_at, deliberation_at, winners_at, delivery_at,
	published_at, decided_at, outcome, outcome_at, deliberated_on, deliberation_number, deliberation_url, updated_at`

func (r *editionRow) edition() *Edition {
	return &Edition{
		ID: r.ID, Version: r.Version,
		Text: Text{
			Title: r.Title, Summary: r.Summary, Easy: r.Easy, Body: r.Body, Rules: r.Rules,
			Adopted: Act{On: r.AdoptedOn.Time, Number: r.AdoptedNumber, URL: r.AdoptedURL},
		},
		Terms: Terms{Method: counting.Method(r.Method), MinVotes: r.MinVotes},
		Calendar: Calendar{
			InformationAt: r.InformationAt.Time, DepositAt: r.DepositAt.Time, StudyAt: r.StudyAt.Time, VoteAt: r.VoteAt.Time,
			ResultAt: r.ResultAt.Time, DeliberationAt: r.DeliberationAt.Time, WinnersAt: r.WinnersAt.Time, DeliveryAt: r.DeliveryAt.Time,
		},
		Published: !r.PublishedAt.IsZero(), PublishedAt: r.PublishedAt.Time, DecidedAt: r.DecidedAt.Time,
		Outcome:   Outcome{Text: r.Outcome, Act: Act{On: r.DeliberatedOn.Time, Number: r.DeliberationNumber, URL: r.DeliberationURL}},
		OutcomeAt: r.OutcomeAt.Time, UpdatedAt: r.UpdatedAt, Now: r.Now,
	}
}

// now is the time by which phases begin and end.
func (store) now(ctx context.Context, tx bun.IDB) (time.Time, error) {
	var now time.Time
	if err := tx.NewRaw(`SELECT core.now()`).Scan(ctx, &now); err != nil {
		return now, fmt.Errorf("read the clock: %w", err)
	}
	return now, nil
}

// find returns an edition with its envelopes, draft or not.
func (s store) find(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Edition, error) {
	return s.one(ctx, tx, `SELECT `+editionColumns+`, core.now() AS now FROM budgets.editions WHERE tenant_id = ? AND id = ?`, t, id)
}

// lock is find, and keeps others from changing it until tx ends.
func (s store) lock(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Edition, error) {
	// The clock is read after the lock is held: what waited may be over.
	e, err := s.one(ctx, tx, `SELECT `+editionColumns+` FROM budgets.editions WHERE tenant_id = ? AND id = ? FOR UPDATE`, t, id)
	if err != nil {
		return nil, err
	}
	e.Now, err = s.now(ctx, tx)
	return e, err
}

func (s store) one(ctx context.Context, tx bun.IDB, query string, t tenant.ID, id uuid.UUID) (*Edition, error) {
	var r editionRow
	err := database.Fault(tx.NewRaw(query, t, id).Scan(ctx, &r))
	if isNotFound(err) {
		return nil, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return nil, fmt.Errorf("find an edition: %w", err)
	}
	e := r.edition()
	e.Envelopes, err = s.envelopes(ctx, tx, t, id)
	return e, err
}

// envelopes lists the money of an edition: the whole town first, then the
// zones in their order.
func (store) envelopes(ctx context.Context, tx bun.IDB, t tenant.ID, edition uuid.UUID) ([]Envelope, error) {
	var rows []struct {
		ZoneID uuid.NullUUID
		Amount money.Cents
	}
	err := tx.NewRaw(`
		SELECT e.zone_id, e.amount
		FROM budgets.envelopes e LEFT JOIN core.zones z ON z.tenant_id = e.tenant_id AND z.id = e.zone_id
		WHERE e.tenant_id = ? AND e.edition_id = ?
		ORDER BY e.zone_id IS NOT NULL, z.position, z.id`, t, edition).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the envelopes: %w", err)
	}
	list := make([]Envelope, len(rows))
	for i, r := range rows {
		list[i] = Envelope{Zone: r.ZoneID.UUID, Amount: r.Amount}
	}
	return list, nil
}

// insert writes a new draft.
func (s store) insert(ctx context.Context, tx bun.IDB, t tenant.ID, author citizen.ID, e *Edition) error {
	_, err := tx.NewRaw(`
		INSERT INTO budgets.editions (tenant_id, id, title, method, min_votes, created_by, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, core.now(), core.now())`,
		t, e.ID, e.Title, string(e.Method), e.MinVotes, database.NullID(uuid.UUID(author))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert an edition: %w", err)
	}
	if err := s.replaceEnvelopes(ctx, tx, t, e.ID, e.Envelopes); err != nil {
		return err
	}
	return s.save(ctx, tx, t, e)
}

// save writes a locked edition back, as its next version. Its envelopes are
// written apart.
func (store) save(ctx context.Context, tx bun.IDB, t tenant.ID, e *Edition) error {
	res, err := tx.NewRaw(`
		UPDATE budgets.editions SET version = version + 1, title = ?, summary = ?, easy = ?, body = ?, rules = ?,
			adopted_on = ?, adopted_number = ?, adopted_url = ?, method = ?, min_votes = ?,
			information_at = ?, deposit_at = ?, study_at = ?, vote_at = ?, result_at = ?, deliberation_at = ?, winners_at = ?, delivery_at = ?,
			published_at = ?, decided_at = ?, outcome = ?, outcome_at = ?, deliberated_on = ?, deliberation_number = ?, deliberation_url = ?,
			words = `+wordsSQL+`, updated_at = core.now()
		WHERE tenant_id = ? AND id = ? AND version = ?`,
		e.Title, e.Summary, e.Easy, e.Body, e.Rules, database.NullDay(e.Adopted.On), e.Adopted.Number, e.Adopted.URL, string(e.Method), e.MinVotes,
		database.NullTime(e.InformationAt), database.NullTime(e.DepositAt), database.NullTime(e.StudyAt), database.NullTime(e.VoteAt), database.NullTime(e.ResultAt),
		database.NullTime(e.DeliberationAt), database.NullTime(e.WinnersAt), database.NullTime(e.DeliveryAt),
		database.NullTime(e.PublishedAt), database.NullTime(e.DecidedAt), e.Outcome.Text, database.NullTime(e.OutcomeAt), database.NullDay(e.Outcome.On), e.Outcome.Number, e.Outcome.URL,
		search.Fold(e.Title), search.Fold(e.Summary+" "+e.Easy), search.Fold(markdown.Text(e.Body, maxBody)), t, e.ID, e.Version).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save an edition: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return ErrStale.Wrap(err)
	}
	e.Version++
	return nil
}

// replaceEnvelopes writes the money of an edition anew.
func (store) replaceEnvelopes(ctx context.Context, tx bun.IDB, t tenant.ID, edition uuid.UUID, list []Envelope) error {
	if _, err := tx.NewRaw(`DELETE FROM budgets.envelopes WHERE tenant_id = ? AND edition_id = ?`, t, edition).Exec(ctx); err != nil {
		return fmt.Errorf("remove the envelopes: %w", err)
	}
	for _, e := range list {
		_, err := tx.NewRaw(`INSERT INTO budgets.envelopes (tenant_id, edition_id, zone_id, amount) VALUES (?, ?, ?, ?)`,
			t, edition, database.NullID(e.Zone), e.Amount).Exec(ctx)
		if err != nil {
			return fmt.Errorf("write an envelope: %w", err)
		}
	}
	return nil
}

// delete throws a draft away.
func (store) delete(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) error {
	_, err := tx.NewRaw(`DELETE FROM budgets.editions WHERE tenant_id = ? AND id = ? AND published_at IS NULL`, t, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete a draft edition: %w", err)
	}
	return nil
}

// wordsSQL is the text that searches look into, by weight.
var wordsSQL = search.Vector("ABC")
