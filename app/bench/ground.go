package bench

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"parvis/app/config"
	"parvis/app/database"
	"parvis/app/database/embedded"
	"parvis/app/site"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/migrations"
)

// ground is where a measure takes place: a database, a town, its ballot box.
type ground struct {
	dir    string           // removed at the end
	server *embedded.Server // nil with a database of the operator's own
	url    string
	owner  string
	db     *database.DB
	box    *voting.Box
	town   *tenant.Tenant
}

func prepare(ctx context.Context) (g *ground, err error) {
	cfg, err := config.Load()
	if err != nil {
		return nil, err
	}
	g = &ground{url: cfg.DatabaseURL, owner: cfg.OwnerURL}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.close())
		}
	}()
	if g.dir, err = workFolder(cfg.Data); err != nil {
		return g, err
	}
	if g.url == "" {
		if err := g.startPostgres(ctx); err != nil {
			return g, err
		}
	}
	if g.db, err = database.Open(ctx, database.Options{URL: g.url, Name: "parvis bench"}); err != nil {
		return g, err
	}
	g.box = voting.New(voting.Deps{DB: g.db})
	slug := "mesure-" + strings.ToLower(rand.Text()[:8])
	g.town, err = site.Add(ctx, g.db, site.NewTenant{
		Slug: slug, Name: "Ville de Mesure", SiteName: "Mesure", Hosts: []string{slug + ".localhost"}, Modules: []string{moduleName},
	})
	return g, err
}

// workFolder is on the same disk as the program's data, so that a durable
// vote costs here what it costs there.
func workFolder(data string) (string, error) {
	if err := os.MkdirAll(data, 0o755); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(data, "bench-")
	if err != nil {
		return "", err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return dir, err
	}
	return dir, os.Chmod(dir, 0o755) // PostgreSQL's account passes through
}

func (g *ground) startPostgres(ctx context.Context) (err error) {
	if g.server, err = embedded.Start(ctx, embedded.Config{Dir: filepath.Join(g.dir, "postgres")}); err != nil {
		return err
	}
	g.url, g.owner = g.server.URL(database.App), g.server.URL(database.Owner)
	_, err = database.Migrate(ctx, g.owner, migrations.FS, slog.New(slog.DiscardHandler))
	return err
}

func (g *ground) close() error {
	var err error
	if g.db != nil {
		g.db.Close()
	}
	if g.server != nil {
		err = g.server.Stop()
		err = errors.Join(err, os.RemoveAll(g.server.Dir()))
	}
	if g.dir != "" {
		err = errors.Join(err, os.RemoveAll(g.dir))
	}
	return err
}

// openPoll opens a question to everybody who has an account.
func (g *ground) openPoll(ctx context.Context, v voting.Visibility) (id voting.PollID, err error) {
	err = g.db.InTenant(ctx, g.town.ID, func(ctx context.Context, tx bun.Tx) error {
		id, err = g.box.Create(ctx, tx, g.town.ID, voting.Subject{Module: moduleName, ID: uuid.New()}, voting.Terms{
			Question: "Quel projet en premier ?", Method: voting.Plurality, Visibility: v,
			Options: []voting.Option{{Label: "La halle"}, {Label: "Le jardin"}, {Label: "Le gymnase"}},
		})
		return err
	})
	if err != nil {
		return id, err
	}
	return id, g.box.Open(ctx, g.town.ID, id, voting.Act{})
}

// voter is a browser that is signed in.
type voter struct {
	token  string     // of the session
	csrf   string     // of a page of the booth
	ballot url.Values // reviewed, to be confirmed
}

// signIn adds n accounts, each with an open session.
func (g *ground) signIn(ctx context.Context, n int) ([]voter, error) {
	voters, accounts, sessions, hashes := make([]voter, n), make([]uuid.UUID, n), make([]uuid.UUID, n), make([][]byte, n)
	for i := range voters {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw) // never fails
		voters[i].token = base64.RawURLEncoding.EncodeToString(raw)
		hash := sha256.Sum256([]byte(voters[i].token))
		accounts[i], sessions[i], hashes[i] = uuid.New(), uuid.New(), hash[:]
	}
	ctx = database.Patiently(ctx, 5*time.Minute)
	err := g.db.InTenant(ctx, g.town.ID, func(ctx context.Context, _ bun.Tx) error {
		tx := database.Tx(ctx)
		_, err := tx.Exec(ctx, `INSERT INTO core.citizens (tenant_id, id, name, name_key, name_key_reversed, person_proof, created_at, seen_on)
			SELECT $1, id, 'Mesure', 'mesure', 'mesure', 1, now(), current_date FROM unnest($2::uuid[]) AS id`, g.town.ID.String(), accounts)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO core.sessions (tenant_id, id, token_hash, citizen_id, device, method, created_at, seen_at, expires_at)
			SELECT $1, s.id, s.hash, s.citizen, 'mesure', 'link', now(), now(), now() + interval '1 day'
			FROM unnest($2::uuid[], $3::bytea[], $4::uuid[]) AS s (id, hash, citizen)`, g.town.ID.String(), sessions, hashes, accounts)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("add the voters: %w", err)
	}
	return voters, g.analyze(ctx)
}

// analyze tells the planner about the voters, as autovacuum would in a minute.
func (g *ground) analyze(ctx context.Context) error {
	if g.owner == "" {
		return nil
	}
	conn, err := pgx.Connect(ctx, g.owner)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `ANALYZE core.citizens; ANALYZE core.sessions`)
	return err
}

// participants is how many ballots are in the box, by the box itself.
func (g *ground) participants(ctx context.Context, id voting.PollID) (int64, error) {
	head, err := g.box.Head(ctx, g.town.ID, id)
	return head.Participants, err
}
