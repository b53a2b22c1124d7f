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
	"golang.org/x/sync/errgroup"

	"parvis/app/citizen"
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
	secret string      // of all its servers
	crowd  []uuid.UUID // accounts that nobody uses
}

func prepare(ctx context.Context) (g *ground, err error) {
	cfg, err := config.Load()
	if err != nil {
		return nil, err
	}
	g = &ground{url: cfg.DatabaseURL, owner: cfg.OwnerURL, secret: rand.Text() + rand.Text()}
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

// openPoll opens a vote to everybody who has an account.
func (g *ground) openPoll(ctx context.Context, terms voting.Terms) (id voting.PollID, err error) {
	err = g.db.InTenant(ctx, g.town.ID, func(ctx context.Context, tx bun.Tx) error {
		id, err = g.box.Create(ctx, tx, g.town.ID, voting.Subject{Module: moduleName, ID: uuid.New()}, terms)
		return err
	})
	if err != nil {
		return id, err
	}
	return id, g.box.Open(ctx, g.town.ID, id, voting.Act{})
}

// openPolls opens n votes whose boxes hold so many ballots already, in all.
func (g *ground) openPolls(ctx context.Context, n, already int, terms voting.Terms) ([]voting.PollID, error) {
	polls := make([]voting.PollID, n)
	for i := range polls {
		var err error
		if polls[i], err = g.openPoll(ctx, terms); err != nil {
			return nil, err
		}
	}
	return polls, g.cast(ctx, polls, already, terms.Options[0].ID)
}

// cast puts ballots of accounts that nobody uses into the boxes, by the way
// that every ballot takes.
func (g *ground) cast(ctx context.Context, polls []voting.PollID, ballots int, option voting.OptionID) error {
	const atOnce = 2_000
	for len(g.crowd) < ballots {
		more, err := g.addAccounts(ctx, min(100_000, ballots-len(g.crowd)))
		if err != nil {
			return err
		}
		g.crowd = append(g.crowd, more...)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, id := range g.crowd[:ballots] {
		group.Go(func() error {
			_, err := g.box.Cast(ctx, g.town.ID, voting.Submission{
				Poll: polls[i%len(polls)], Nonce: voting.NewNonce(), Channel: voting.Web, Marks: []voting.Mark{{Option: option, Value: voting.Chosen}},
				Voter: voting.ByAccount(citizen.Viewer{ID: citizen.ID(id), SignedIn: true, Person: citizen.PersonEmail}),
			})
			return err
		})
	}
	return group.Wait()
}

// addTowns adds towns that have nothing but a name.
func (g *ground) addTowns(ctx context.Context, n int) error {
	for range n {
		slug := "voisine-" + strings.ToLower(rand.Text()[:10])
		if _, err := site.Add(ctx, g.db, site.NewTenant{Slug: slug, Name: "Ville voisine", Hosts: []string{slug + ".localhost"}}); err != nil {
			return err
		}
	}
	return nil
}

// addAccounts adds n accounts.
func (g *ground) addAccounts(ctx context.Context, n int) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, n)
	for i := range ids {
		ids[i] = uuid.New()
	}
	ctx = database.Patiently(ctx, 5*time.Minute)
	err := g.db.InTenant(ctx, g.town.ID, func(ctx context.Context, _ bun.Tx) error {
		_, err := database.Tx(ctx).Exec(ctx, `INSERT INTO core.citizens (tenant_id, id, name, name_key, name_key_reversed, person_proof, created_at, seen_on)
			SELECT $1, id, 'Mesure', 'mesure', 'mesure', 1, now(), current_date FROM unnest($2::uuid[]) AS id`, g.town.ID.String(), ids)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("add accounts: %w", err)
	}
	return ids, nil
}

// voter is a browser that is signed in.
type voter struct {
	token  string     // of the session
	csrf   string     // of a page of the booth
	ballot url.Values // reviewed, to be confirmed
}

// signIn adds n accounts, each with an open session.
func (g *ground) signIn(ctx context.Context, n int) ([]voter, error) {
	accounts, err := g.addAccounts(ctx, n)
	if err != nil {
		return nil, err
	}
	voters, sessions, hashes := make([]voter, n), make([]uuid.UUID, n), make([][]byte, n)
	for i := range voters {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw) // never fails
		voters[i].token = base64.RawURLEncoding.EncodeToString(raw)
		hash := sha256.Sum256([]byte(voters[i].token))
		sessions[i], hashes[i] = uuid.New(), hash[:]
	}
	ctx = database.Patiently(ctx, 5*time.Minute)
	err = g.db.InTenant(ctx, g.town.ID, func(ctx context.Context, _ bun.Tx) error {
		_, err := database.Tx(ctx).Exec(ctx, `INSERT INTO core.sessions (tenant_id, id, token_hash, citizen_id, device, method, created_at, seen_at, expires_at)
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

// participants is how many ballots are in the boxes, by the boxes themselves.
func (g *ground) participants(ctx context.Context, polls []voting.PollID) (n int64, err error) {
	for _, id := range polls {
		head, err := g.box.Head(ctx, g.town.ID, id)
		if err != nil {
			return 0, err
		}
		n += head.Participants
	}
	return n, nil
}
