package associations

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/markdown"
	"parvis/app/places"
	"parvis/app/search"
	"parvis/app/tenant"
)

// store holds the module's SQL and nothing else. Every method takes the
// transaction and the tenant: there is no query without them.
type store struct{}

// row is an association as it is stored.
type row struct {
	ID          uuid.UUID
	Version     int64
	Name        string
	NameKey     string
	Acronym     string
	Purpose     string
	Body        string
	Theme       string
	ZoneID      uuid.NullUUID
	Address     string
	Lat, Lon    sql.NullInt64
	Email       string
	Phone       string
	Website     string
	RNA         string `bun:"rna"`
	SIRET       string `bun:"siret"`
	Logo        string
	State       State
	StateReason string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	VerifiedAt  bun.NullTime
}

const columns = `id, version, name, name_key, acronym, purpose, body, theme, zone_id, address, lat, lon, email, phone, website, rna, siret,
	logo, state, state_reason, created_at, updated_at, verified_at`

func (r *row) association() *Association {
	return &Association{
		ID: r.ID, Version: r.Version,
		Sheet: Sheet{
			Name: r.Name, Acronym: r.Acronym, Purpose: r.Purpose, Body: r.Body, Theme: r.Theme, Zone: r.ZoneID.UUID, Address: r.Address,
			At: places.Point{Lat: int(r.Lat.Int64), Lon: int(r.Lon.Int64)}, Email: r.Email, Phone: r.Phone, Website: r.Website, RNA: r.RNA, SIRET: r.SIRET,
		},
		Logo: r.Logo, State: r.State, Reason: r.StateReason, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, VerifiedAt: r.VerifiedAt.Time,
	}
}

// find returns an association, public or not.
func (store) find(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Association, error) {
	return one(ctx, tx, `SELECT `+columns+` FROM associations.associations WHERE tenant_id = ? AND id = ?`, t, id)
}

// lock is find, and keeps others from changing it until tx ends.
func (store) lock(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Association, error) {
	return one(ctx, tx, `SELECT `+columns+` FROM associations.associations WHERE tenant_id = ? AND id = ? FOR UPDATE`, t, id)
}

func one(ctx context.Context, tx bun.IDB, query string, t tenant.ID, id uuid.UUID) (*Association, error) {
	var r row
	err := database.Fault(tx.NewRaw(query, t, id).Scan(ctx, &r))
	if isNotFound(err) {
		return nil, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return nil, fmt.Errorf("find an association: %w", err)
	}
	return r.association(), nil
}

// byID returns those of the IDs that exist.
func (store) byID(ctx context.Context, tx bun.IDB, t tenant.ID, ids []uuid.UUID) ([]*Association, error) {
	var rows []row
	err := tx.NewRaw(`SELECT `+columns+` FROM associations.associations WHERE tenant_id = ? AND id = ANY (?::uuid[])`, t, pgdialect.Array(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("find associations: %w", err)
	}
	return associationsOf(rows), nil
}

func associationsOf(rows []row) []*Association {
	list := make([]*Association, len(rows))
	for i := range rows {
		list[i] = rows[i].association()
	}
	return list
}

// wordsSQL is the text that searches look into: names, purpose, presentation.
var wordsSQL = search.Vector("ABC")

// foundBy are the texts of wordsSQL.
func (s *Sheet) foundBy() [3]string {
	return [3]string{search.Fold(s.Name + " " + s.Acronym), search.Fold(s.Purpose), search.Fold(markdown.Text(s.Body, maxBody))}
}

// insert writes a new association.
func (store) insert(ctx context.Context, tx bun.IDB, t tenant.ID, author citizen.ID, a *Association) error {
	words := a.foundBy()
	_, err := tx.NewRaw(`
		INSERT INTO associations.associations (tenant_id, id, name, name_key, acronym, purpose, body, theme, zone_id, address, lat, lon, email, phone,
			website, rna, siret, state, words, created_by, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, `+wordsSQL+`, ?, core.now(), core.now())`,
		t, a.ID, a.Name, search.Words(a.Name), a.Acronym, a.Purpose, a.Body, a.Theme, database.NullID(a.Zone), a.Address, nullPin(a.At, a.At.Lat), nullPin(a.At, a.At.Lon),
		a.Email, a.Phone, a.Website, a.RNA, a.SIRET, a.State, words[0], words[1], words[2], database.NullID(uuid.UUID(author))).Exec(ctx)
	return refused(err, "insert an association")
}

// save writes a locked association back, as its next version.
func (store) save(ctx context.Context, tx bun.IDB, t tenant.ID, a *Association) error {
	words := a.foundBy()
	res, err := tx.NewRaw(`
		UPDATE associations.associations SET version = version + 1, name = ?, name_key = ?, acronym = ?, purpose = ?, body = ?, theme = ?, zone_id = ?,
			address = ?, lat = ?, lon = ?, email = ?, phone = ?, website = ?, rna = ?, siret = ?, logo = ?, state = ?, state_reason = ?,
			verified_at = CASE WHEN ? = 'verified' THEN coalesce(verified_at, core.now()) END, words = `+wordsSQL+`, updated_at = core.now()
		WHERE tenant_id = ? AND id = ? AND version = ?`,
		a.Name, search.Words(a.Name), a.Acronym, a.Purpose, a.Body, a.Theme, database.NullID(a.Zone), a.Address, nullPin(a.At, a.At.Lat), nullPin(a.At, a.At.Lon),
		a.Email, a.Phone, a.Website, a.RNA, a.SIRET, a.Logo, a.State, a.Reason, a.State, words[0], words[1], words[2], t, a.ID, a.Version).Exec(ctx)
	if err != nil {
		return refused(err, "save an association")
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return ErrStale.Wrap(err)
	}
	a.Version++
	return nil
}

// refused says in words what a constraint forbade.
func refused(err error, doing string) error {
	switch {
	case err == nil:
		return nil
	case database.Constraint(err) == "one_page_per_rna":
		return ErrSameRNA.Wrap(err).On("rna")
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// logos lists the files that the tenant's associations show.
func (store) logos(ctx context.Context, tx bun.IDB, t tenant.ID) ([]string, error) {
	var hashes []string
	if err := tx.NewRaw(`SELECT DISTINCT logo FROM associations.associations WHERE tenant_id = ? AND logo <> ''`, t).Scan(ctx, &hashes); err != nil {
		return nil, fmt.Errorf("list the logos in use: %w", err)
	}
	return hashes, nil
}

// posts lists the news of an association, newest first.
func (store) posts(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, limit int) ([]Post, error) {
	var list []Post
	err := tx.NewRaw(`
		SELECT id, published_at AS at, title, body FROM associations.posts
		WHERE tenant_id = ? AND association_id = ? ORDER BY published_at DESC, id LIMIT ?`, t, id, limit).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("list the news: %w", err)
	}
	return list, nil
}

// newsRow is a piece of news with whose it is.
type newsRow struct {
	AssociationID uuid.UUID
	Name, Title   string
	At            time.Time
}

// latestNews lists the newest news of public associations, one of each. It
// reads from the newest on and stops at the limit.
func (store) latestNews(ctx context.Context, tx bun.IDB, t tenant.ID, within time.Duration, limit int) ([]newsRow, error) {
	var rows []newsRow
	err := tx.NewRaw(`
		SELECT p.association_id, a.name, p.title, p.published_at AS at
		FROM associations.posts p JOIN associations.associations a ON a.tenant_id = p.tenant_id AND a.id = p.association_id
		WHERE p.tenant_id = ? AND a.state IN ('listed', 'verified') AND p.published_at > core.now() - make_interval(secs => ?)
			AND NOT EXISTS (SELECT FROM associations.posts n
				WHERE n.tenant_id = p.tenant_id AND n.association_id = p.association_id AND (n.published_at, n.id) > (p.published_at, p.id))
		ORDER BY p.published_at DESC LIMIT ?`, t, within.Seconds(), limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the latest news: %w", err)
	}
	return rows, nil
}

func (store) insertPost(ctx context.Context, tx bun.IDB, t tenant.ID, association uuid.UUID, author citizen.ID, p Post) error {
	_, err := tx.NewRaw(`
		INSERT INTO associations.posts (tenant_id, id, association_id, title, body, published_at, created_by)
		VALUES (?, ?, ?, ?, ?, core.now(), ?)`, t, p.ID, association, p.Title, p.Body, database.NullID(uuid.UUID(author))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert a piece of news: %w", err)
	}
	return nil
}

func (store) deletePost(ctx context.Context, tx bun.IDB, t tenant.ID, association, id uuid.UUID) error {
	res, err := tx.NewRaw(`DELETE FROM associations.posts WHERE tenant_id = ? AND association_id = ? AND id = ?`, t, association, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete a piece of news: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return ErrNotFound.Wrap(err)
	}
	return nil
}

// isNotFound reports whether the database had no such row.
func isNotFound(err error) bool { return err != nil && fault.KindOf(err) == fault.NotFound }

func nullPin(p places.Point, coordinate int) sql.NullInt64 {
	return sql.NullInt64{Int64: int64(coordinate), Valid: !p.IsZero()}
}
