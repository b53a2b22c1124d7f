package testkit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parvis/app/database"
	"parvis/app/database/embedded"
	"parvis/migrations"
)

// ServerVariable is the environment variable that names the run's PostgreSQL:
// the superuser's address. testpg sets it.
const ServerVariable = "PARVIS_TEST_SERVER"

// Server is the PostgreSQL of a test run.
type Server struct {
	superuser string // address of the superuser on the database "postgres"
	dir       string // where its data is, when this process started it
	stop      func() error
	once      sync.Mutex
	ready     map[string]bool // templates this process has seen complete
}

// StartServer starts a private PostgreSQL for a run.
// Writes are as durable as in production: only the memory they go to is not.
func StartServer(ctx context.Context) (*Server, error) {
	parent := runFolders()
	sweep(parent)
	dir, err := os.MkdirTemp(parent, runPrefix)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL's account passes through
		return nil, err
	}
	pg, err := embedded.Start(ctx, embedded.Config{Dir: dir, MaxConnections: 500})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := &Server{superuser: pg.URLOf(embedded.Superuser, "postgres"), dir: pg.Dir(), ready: map[string]bool{}}
	s.stop = func() error { return errors.Join(pg.Stop(), os.RemoveAll(pg.Dir()), os.RemoveAll(dir)) }
	return s, nil
}

// Stop stops the server and removes what it held.
func (s *Server) Stop() error { return s.stop() }

// Dir is where the server's data is.
func (s *Server) Dir() string { return s.dir }

// URL is the value for ServerVariable.
func (s *Server) URL() string { return s.superuser }

var processServer = sync.OnceValues(func() (*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if address := os.Getenv(ServerVariable); address != "" {
		return &Server{superuser: address, ready: map[string]bool{}, stop: func() error { return nil }}, nil
	}
	return StartServer(ctx)
})

// Prepare makes the templates now rather than for the first test.
func (s *Server) Prepare() error {
	_, err := s.migrated()
	return err
}

// bare names the template that holds what every database has: extensions.
func (s *Server) bare() (string, error) {
	const name = "template_bare"
	return name, s.template(name, "template0", func(ctx context.Context, draft string) error {
		return database.PrepareDatabase(ctx, s.url(embedded.Superuser, draft))
	})
}

// migrated names the template to which the migrations have been applied.
func (s *Server) migrated() (string, error) {
	bare, err := s.bare()
	if err != nil {
		return "", err
	}
	name := "template_" + fingerprint(migrations.FS)
	return name, s.template(name, bare, func(ctx context.Context, draft string) error {
		_, err := database.Migrate(ctx, s.url(database.Owner, draft), migrations.FS, slog.New(slog.DiscardHandler))
		return err
	})
}

// template makes a template once on the server: the test processes that come
// meanwhile wait for the first.
func (s *Server) template(name, from string, fill func(ctx context.Context, draft string) error) error {
	s.once.Lock()
	defer s.once.Unlock()
	if s.ready[name] {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.superuser)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var exists bool
	if _, err = conn.Exec(ctx, `SELECT pg_advisory_lock(hashtext($1))`, name); err == nil {
		err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&exists)
	}
	if err == nil && !exists {
		err = makeTemplate(ctx, conn, name, from, fill)
	}
	if err == nil {
		s.ready[name] = true
	}
	return err
}

// makeTemplate works on a draft, so that one that was interrupted is not taken
// for the template.
func makeTemplate(ctx context.Context, conn *pgx.Conn, name, from string, fill func(ctx context.Context, draft string) error) error {
	draft := name + "_draft"
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)",
		"CREATE DATABASE " + draft + " OWNER " + database.Owner + " TEMPLATE " + from + " STRATEGY file_copy",
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	if err := fill(ctx, draft); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "ALTER DATABASE "+draft+" RENAME TO "+name)
	return err
}

// fingerprint changes when a migration does.
func fingerprint(files fs.FS) string {
	hash := sha256.New()
	names, _ := fs.Glob(files, "*.sql") // the pattern is valid
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err) // embedded in this very program
		}
		fmt.Fprintf(hash, "%s %d %s", name, len(text), text)
	}
	return hex.EncodeToString(hash.Sum(nil))[:16]
}

// url is the address of a database of the server for a role.
func (s *Server) url(role, name string) string {
	u, err := url.Parse(s.superuser)
	if err != nil {
		panic(err) // we wrote it
	}
	u.User, u.Path = url.User(role), "/"+name
	return u.String()
}

const runPrefix = "parvis-test-"

// runFolders is where runs keep their data: memory when there is enough.
func runFolders() string {
	var shm syscall.Statfs_t
	if syscall.Statfs("/dev/shm", &shm) == nil && shm.Bavail*uint64(shm.Bsize) >= 1<<30 {
		return "/dev/shm"
	}
	return os.TempDir()
}

// sweep removes what killed runs have left: folders that nobody has locked and
// where no PostgreSQL lives any more.
func sweep(parent string) {
	found, _ := filepath.Glob(filepath.Join(parent, runPrefix+"*"))
	for _, dir := range found {
		if abandoned(dir) {
			_ = os.RemoveAll(dir) // another run may be sweeping it too
		}
	}
}

func abandoned(dir string) bool {
	info, err := os.Stat(dir)
	young := err != nil || time.Since(info.ModTime()) < 10*time.Second // just made, not locked yet
	return !young && embedded.Abandoned(dir)
}

// Folder returns a folder of the test's own, in memory when possible, that
// PostgreSQL's account can reach. (T.TempDir's parent is private.)
func Folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp(runFolders(), runPrefix)
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatalf("testkit: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
