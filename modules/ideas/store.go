package ideas

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/discussion"
	"parvis/app/files"
	"parvis/app/markdown"
	"parvis/app/places"
	"parvis/app/search"
	"parvis/app/tenant"
)

// store holds the module's SQL and nothing else.
type store struct{}

// row is an idea as it is stored.
type row struct {
	ID          uuid.UUID
	Version     int64
	Title       string
	Body        string
	Theme       string
	ZoneID      uuid.NullUUID
	Place       string
	Lat, Lon    int
	Photo       string
	PhotoType   string
	PhotoSize   int64
	PhotoAlt    string
	State       State
	Visibility  discussion.Seen
	MergedInto  uuid.NullUUID
	Answer      string
	AnsweredAt  bun.NullTime
	ProjectHref string
	Supports    int
	Comments    int
	StirredAt   time.Time
	AuthorID    uuid.NullUUID
	CreatedAt   time.Time
	PublishedAt bun.NullTime
	Now         time.Time
	Key         string // lists: what the row is sorted by
}

const columns = `id, version, title, body, theme, zone_id, place, lat, lon, photo, photo_type, photo_size, photo_alt, state, visibility,
	merged_into, answer, answered_at, project_href, supports, comments, stirred_at, author_id, created_at, published_at`

func (r *row) idea() *Idea {
	return &Idea{
		ID: r.ID, Version: r.Version,
		Text: Text{
			Title: r.Title, Body: r.Body, Theme: r.Theme, Zone: r.ZoneID.UUID, Place: r.Place,
			Point: places.Point{Lat: r.Lat, Lon: r.Lon}, PhotoAlt: r.PhotoAlt,
		},
		Photo: files.Blob{SHA256: r.Photo, MediaType: r.PhotoType, Size: r.PhotoSize},
		State: r.State, Seen: r.Visibility, MergedInto: r.MergedInto.UUID, Answer: r.Answer, AnsweredAt: r.AnsweredAt.Time, ProjectHref: r.ProjectHref,
		Supports: r.Supports, Comments: r.Comments, StirredAt: r.StirredAt, CreatedAt: r.CreatedAt, PublishedAt: r.PublishedAt.Time,
		Author: citizen.ID(r.AuthorID.UUID), Now: r.Now,
	}
}

// find returns an idea, whoever may see it.
func (store) find(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Idea, error) {
	return one(ctx, tx, `SELECT `+columns+`, core.now() AS now FROM ideas.ideas WHERE tenant_id = ? AND id = ?`, t, id)
}

// lock is find, and keeps others from changing it until tx ends.
func (store) lock(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Idea, error) {
	i, err := one(ctx, tx, `SELECT `+columns+` FROM ideas.ideas WHERE tenant_id = ? AND id = ? FOR NO KEY UPDATE`, t, id)
	if err != nil {
		return nil, err
	}
	return i, tx.NewRaw(`SELECT core.now()`).Scan(ctx, &i.Now) // after the lock is held
}

func one(ctx context.Context, tx bun.IDB, query string, args ...any) (*Idea, error) {
	var r row
	err := tx.NewRaw(query, args...).Scan(ctx, &r)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("find an idea: %w", err)
	}
	return r.idea(), nil
}

// wordsSQL is the text that searches look into: title, then body and place.
var wordsSQL = search.Vector("AB")

func (i *Idea) title() string { return search.Fold(i.Title) }

func (i *Idea) rest() string { return search.Fold(markdown.Text(i.Body, maxBody) + " " + i.Place) }

// insert writes a new draft.
func (store) insert(ctx context.Context, tx bun.IDB, t tenant.ID, i *Idea) error {
	_, err := tx.NewRaw(`
		INSERT INTO ideas.ideas (tenant_id, id, title, body, theme, zone_id, place, lat, lon, photo, photo_type, photo_size, photo_alt,
			words, folded, author_id, created_at, stirred_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, `+wordsSQL+`, ?, ?, core.now(), core.now())`,
		t, i.ID, i.Title, i.Body, i.Theme, database.NullID(i.Zone), i.Place, i.Point.Lat, i.Point.Lon, i.Photo.SHA256, i.Photo.MediaType, i.Photo.Size, i.PhotoAlt,
		i.title(), i.rest(), i.title(), database.NullID(uuid.UUID(i.Author))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert an idea: %w", err)
	}
	return nil
}

// save writes what a locked idea says, as its next version.
func (store) save(ctx context.Context, tx bun.IDB, t tenant.ID, i *Idea) error {
	_, err := tx.NewRaw(`
		UPDATE ideas.ideas SET version = version + 1, title = ?, body = ?, theme = ?, zone_id = ?, place = ?, lat = ?, lon = ?,
			photo = ?, photo_type = ?, photo_size = ?, photo_alt = ?, words = `+wordsSQL+`, folded = ?
		WHERE tenant_id = ? AND id = ?`,
		i.Title, i.Body, i.Theme, database.NullID(i.Zone), i.Place, i.Point.Lat, i.Point.Lon, i.Photo.SHA256, i.Photo.MediaType, i.Photo.Size, i.PhotoAlt,
		i.title(), i.rest(), i.title(), t, i.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save an idea: %w", err)
	}
	return nil
}

func (store) publish(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) error {
	return exec(ctx, tx, "publish an idea", `
		UPDATE ideas.ideas SET visibility = 'visible', published_at = clock.now, stirred_at = clock.now
		FROM (SELECT core.now() AS now) AS clock WHERE tenant_id = ? AND id = ?`, t, id)
}

func (store) show(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, seen discussion.Seen) error {
	return exec(ctx, tx, "change whether an idea is seen", `UPDATE ideas.ideas SET visibility = ? WHERE tenant_id = ? AND id = ?`, string(seen), t, id)
}

func (store) delete(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) error {
	return exec(ctx, tx, "delete a draft idea", `DELETE FROM ideas.ideas WHERE tenant_id = ? AND id = ? AND visibility = 'draft'`, t, id)
}

// answer sets the state and the answer of a locked idea, and adds a step.
func (store) answer(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, r Reply, by citizen.ID, at time.Time) error {
	err := exec(ctx, tx, "answer an idea", `
		UPDATE ideas.ideas SET version = version + 1, state = ?, answer = ?, answered_at = CASE WHEN ? = '' THEN NULL ELSE ?::timestamptz END, answered_by = ?
		WHERE tenant_id = ? AND id = ?`, string(r.State), r.Text, r.Text, at, database.NullID(uuid.UUID(by)), t, id)
	if err != nil {
		return err
	}
	return step(ctx, tx, t, id, r.State, at)
}

func step(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, state State, at time.Time) error {
	return exec(ctx, tx, "add a step", `INSERT INTO ideas.steps (tenant_id, idea_id, at, state) VALUES (?, ?, ?, ?)`, t, id, at, string(state))
}

// Step is a state that an idea reached.
type Step struct {
	At    time.Time
	State State
}

func (store) steps(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (list []Step, err error) {
	err = tx.NewRaw(`SELECT at, state FROM ideas.steps WHERE tenant_id = ? AND idea_id = ? ORDER BY id`, t, id).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("list the steps of an idea: %w", err)
	}
	return list, nil
}

// merge points a locked idea to another one, which wins so many supports.
func (store) merge(ctx context.Context, tx bun.IDB, t tenant.ID, from, into uuid.UUID, won int, at time.Time) error {
	err := exec(ctx, tx, "merge an idea", `
		UPDATE ideas.ideas SET version = version + 1, state = 'merged', merged_into = ?, supports = 0 WHERE tenant_id = ? AND id = ?`, into, t, from)
	if err != nil {
		return err
	}
	// What was merged into the one that goes now leads to where it went.
	err = exec(ctx, tx, "lead merged ideas on", `UPDATE ideas.ideas SET merged_into = ? WHERE tenant_id = ? AND merged_into = ?`, into, t, from)
	if err != nil {
		return err
	}
	if err := exec(ctx, tx, "count united supports", `UPDATE ideas.ideas SET supports = supports + ? WHERE tenant_id = ? AND id = ?`, won, t, into); err != nil {
		return err
	}
	return step(ctx, tx, t, from, Merged, at)
}

// mergedInto lists what was merged into an idea.
func (store) mergedInto(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) ([]*Idea, error) {
	var rows []row
	err := tx.NewRaw(`
		SELECT `+columns+` FROM ideas.ideas WHERE tenant_id = ? AND merged_into = ? AND visibility = 'visible'
		ORDER BY published_at LIMIT 50`, t, id).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list merged ideas: %w", err)
	}
	return ideasOf(rows), nil
}

// countSupport adds one support, or takes one off, if the idea takes supports
// at that moment: merged or settled meanwhile, it does not.
func (store) countSupport(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, more int) error {
	res, err := tx.NewRaw(`
		UPDATE ideas.ideas SET supports = supports + ? WHERE tenant_id = ? AND id = ? AND visibility = 'visible' AND state IN ('deposited', 'studied')`,
		more, t, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("count a support: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return ErrNoSupport.Wrap(err)
	}
	return nil
}

func (store) countComments(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, more int, at time.Time) error {
	return exec(ctx, tx, "count comments", `
		UPDATE ideas.ideas SET comments = comments + ?, stirred_at = greatest(stirred_at, coalesce(?::timestamptz, stirred_at))
		WHERE tenant_id = ? AND id = ?`, more, bun.NullTime{Time: at}, t, id)
}

func (store) setProject(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, href string) error {
	return exec(ctx, tx, "note the project of an idea", `UPDATE ideas.ideas SET project_href = ? WHERE tenant_id = ? AND id = ?`, href, t, id)
}

// depositedToday counts what an account published within a day.
func (store) depositedToday(ctx context.Context, tx bun.IDB, t tenant.ID, by citizen.ID, now time.Time) (n int, err error) {
	err = tx.NewRaw(`SELECT count(*) FROM ideas.ideas WHERE tenant_id = ? AND author_id = ? AND published_at > ?`,
		t, by, now.Add(-24*time.Hour)).Scan(ctx, &n)
	return n, err
}

// draftsOf counts the drafts of an account.
func (store) draftsOf(ctx context.Context, tx bun.IDB, t tenant.ID, by citizen.ID) (n int, err error) {
	err = tx.NewRaw(`SELECT count(*) FROM ideas.ideas WHERE tenant_id = ? AND author_id = ? AND visibility = 'draft'`, t, by).Scan(ctx, &n)
	return n, err
}

// resembles reports whether the author already has an idea of nearly this title.
func (store) resembles(ctx context.Context, tx bun.IDB, t tenant.ID, i *Idea) (again bool, err error) {
	err = tx.NewRaw(`
		SELECT coalesce(max(similarity(folded, ?)), 0) >= 0.9 FROM
			(SELECT folded FROM ideas.ideas WHERE tenant_id = ? AND author_id = ? AND id <> ? AND visibility IN ('visible', 'pending', 'hidden')
			 ORDER BY created_at DESC LIMIT 30) AS own`, i.title(), t, database.NullID(uuid.UUID(i.Author)), i.ID).Scan(ctx, &again)
	return again, err
}

// photos lists the files that ideas of the tenant show.
func (store) photos(ctx context.Context, tx bun.IDB, t tenant.ID) (hashes []string, err error) {
	err = tx.NewRaw(`SELECT DISTINCT photo FROM ideas.ideas WHERE tenant_id = ? AND photo <> ''`, t).Scan(ctx, &hashes)
	return hashes, err
}

func exec(ctx context.Context, tx bun.IDB, what, statement string, args ...any) error {
	if _, err := tx.NewRaw(statement, args...).Exec(ctx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func ideasOf(rows []row) []*Idea {
	list := make([]*Idea, len(rows))
	for n := range rows {
		list[n] = rows[n].idea()
	}
	return list
}
