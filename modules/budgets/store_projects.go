package budgets

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/markdown"
	"parvis/app/money"
	"parvis/app/places"
	"parvis/app/search"
	"parvis/app/tenant"
)

// projectRow is a project as it is stored.
type projectRow struct {
	ID            uuid.UUID
	EditionID     uuid.UUID
	Version       int64
	Number        *int
	AuthorID      uuid.NullUUID
	AuthorName    string
	Title         string
	Text          string
	Theme         string
	ZoneID        uuid.NullUUID
	Place         string
	Lat           *int
	Lon           *int
	PhotoSHA256   string `bun:"photo_sha256"`
	PhotoType     string
	PhotoSize     int64
	PhotoAlt      string
	Estimate      *money.Cents
	DepositedAt   bun.NullTime
	WithdrawnAt   bun.NullTime
	WithdrawnWhy  string
	Verdict       string
	VerdictReason string
	Cost          *money.Cents
	DecidedAt     bun.NullTime
	Rank          *int
	WonAt         bun.NullTime
	Stage         string
	Percent       int
	PromisedOn    bun.NullTime
	FirstOn       bun.NullTime
	CreatedAt     time.Time
	UpdatedAt     time.Time
	Key           string // lists: what the row is sorted by
}

const projectColumns = `id, edition_id, version, number, author_id, author_name, title, text, theme, zone_id, place, lat, lon,
	photo_sha256, photo_type, photo_size, photo_alt, estimate, deposited_at, withdrawn_at, withdrawn_why,
	verdict, verdict_reason, cost, decided_at, rank, won_at, stage, percent, promised_on, first_on, created_at, updated_at`

// projectColumnsOf is projectColumns in a query where the table has a name.
func projectColumnsOf(table string) string {
	return table + "." + strings.Join(strings.Fields(projectColumns), " "+table+".")
}

func (r *projectRow) project() *Project {
	p := &Project{
		ID: r.ID, Edition: r.EditionID, Version: r.Version, Number: value(r.Number),
		Proposal: Proposal{
			Title: r.Title, Text: r.Text, Theme: Theme(r.Theme), Zone: r.ZoneID.UUID, Place: r.Place,
			Photo:    Photo{SHA256: r.PhotoSHA256, MediaType: r.PhotoType, Size: r.PhotoSize, Alt: r.PhotoAlt},
			Estimate: r.Estimate,
		},
		Author: citizen.ID(r.AuthorID.UUID), AuthorName: r.AuthorName,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, DepositedAt: r.DepositedAt.Time,
		WithdrawnAt: r.WithdrawnAt.Time, WithdrawnWhy: r.WithdrawnWhy,
		Decision:  Decision{Verdict: Verdict(r.Verdict), Reason: r.VerdictReason, Cost: value(r.Cost)},
		DecidedAt: r.DecidedAt.Time, Rank: value(r.Rank), WonAt: r.WonAt.Time,
		Progress: Progress{Stage: Stage(r.Stage), Percent: r.Percent, PromisedOn: r.PromisedOn.Time, FirstOn: r.FirstOn.Time},
	}
	if r.Lat != nil && r.Lon != nil {
		p.Point = places.Point{Lat: *r.Lat, Lon: *r.Lon}
	}
	return p
}

// value is what p points at, or nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// project returns a project of an edition, draft or not.
func (s store) project(ctx context.Context, tx bun.IDB, t tenant.ID, edition, id uuid.UUID) (*Project, error) {
	return s.oneProject(ctx, tx, ``, t, edition, id)
}

// lockProject is project, and keeps others from changing it until tx ends.
func (s store) lockProject(ctx context.Context, tx bun.IDB, t tenant.ID, edition, id uuid.UUID) (*Project, error) {
	return s.oneProject(ctx, tx, ` FOR UPDATE`, t, edition, id)
}

func (store) oneProject(ctx context.Context, tx bun.IDB, lock string, t tenant.ID, edition, id uuid.UUID) (*Project, error) {
	var r projectRow
	err := database.Fault(tx.NewRaw(`SELECT `+projectColumns+` FROM budgets.projects WHERE tenant_id = ? AND edition_id = ? AND id = ?`+lock, t, edition, id).Scan(ctx, &r))
	if isNotFound(err) {
		return nil, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return nil, fmt.Errorf("find a project: %w", err)
	}
	return r.project(), nil
}

// votable lists the projects that are put to the vote, by number.
func (store) votable(ctx context.Context, tx bun.IDB, t tenant.ID, edition uuid.UUID) ([]*Project, error) {
	var rows []projectRow
	err := tx.NewRaw(`
		SELECT `+projectColumns+`
		FROM budgets.projects
		WHERE tenant_id = ? AND edition_id = ? AND deposited_at IS NOT NULL AND withdrawn_at IS NULL AND verdict = 'accepted'
		ORDER BY number`, t, edition).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the projects to vote on: %w", err)
	}
	return projectsOf(rows), nil
}

func projectsOf(rows []projectRow) []*Project {
	list := make([]*Project, len(rows))
	for i := range rows {
		list[i] = rows[i].project()
	}
	return list
}

// insertProject writes a new draft.
func (s store) insertProject(ctx context.Context, tx bun.IDB, t tenant.ID, p *Project) error {
	_, err := tx.NewRaw(`
		INSERT INTO budgets.projects (tenant_id, id, edition_id, author_id, title, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, core.now(), core.now())`, t, p.ID, p.Edition, database.NullID(uuid.UUID(p.Author)), p.Title).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert a project: %w", err)
	}
	return s.saveProject(ctx, tx, t, p)
}

// saveProject writes a locked project back, as its next version.
func (store) saveProject(ctx context.Context, tx bun.IDB, t tenant.ID, p *Project) error {
	var lat, lon, number, place *int
	if !p.Point.IsZero() {
		lat, lon = &p.Point.Lat, &p.Point.Lon
	}
	if p.Number > 0 {
		number = &p.Number
	}
	if p.Rank > 0 {
		place = &p.Rank
	}
	var cost *money.Cents
	if p.Cost > 0 {
		cost = &p.Cost
	}
	res, err := tx.NewRaw(`
		UPDATE budgets.projects SET version = version + 1, number = ?, author_name = ?, title = ?, text = ?, theme = ?, zone_id = ?, place = ?,
			lat = ?, lon = ?, photo_sha256 = ?, photo_type = ?, photo_size = ?, photo_alt = ?, estimate = ?,
			deposited_at = ?, withdrawn_at = ?, withdrawn_why = ?, verdict = ?, verdict_reason = ?, cost = ?, decided_at = ?,
			rank = ?, won_at = ?, stage = ?, percent = ?, promised_on = ?, first_on = ?,
			words = `+wordsSQL+`, folded = ?, updated_at = core.now()
		WHERE tenant_id = ? AND id = ? AND version = ?`,
		number, p.AuthorName, p.Title, p.Text, string(p.Theme), database.NullID(p.Zone), p.Place,
		lat, lon, p.Photo.SHA256, p.Photo.MediaType, p.Photo.Size, p.Photo.Alt, p.Estimate,
		database.NullTime(p.DepositedAt), database.NullTime(p.WithdrawnAt), p.WithdrawnWhy, string(p.Verdict), p.Reason, cost, database.NullTime(p.DecidedAt),
		place, database.NullTime(p.WonAt), string(p.Stage), p.Percent, database.NullDay(p.PromisedOn), database.NullDay(p.FirstOn),
		search.Fold(p.Title), search.Fold(p.Place), search.Fold(markdown.Text(p.Text, maxProjectText)), search.Words(p.Title+" "+p.Place), t, p.ID, p.Version).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save a project: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return ErrStale.Wrap(err)
	}
	p.Version++
	return nil
}

// mine lists the projects of somebody in an edition, drafts first.
func (store) mine(ctx context.Context, tx bun.IDB, t tenant.ID, edition uuid.UUID, c citizen.ID) ([]*Project, error) {
	var rows []projectRow
	err := tx.NewRaw(`
		SELECT `+projectColumns+`
		FROM budgets.projects
		WHERE tenant_id = ? AND author_id = ? AND edition_id = ?
		ORDER BY deposited_at NULLS FIRST, created_at, id`, t, c, edition).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the projects of somebody: %w", err)
	}
	return projectsOf(rows), nil
}
