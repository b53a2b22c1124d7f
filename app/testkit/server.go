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
	template  string // name of the migrated database that tests copy
	stop      func() error
}

// StartServer starts a private PostgreSQL for a run and migrates its template.
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
	s := &Server{superuser: pg.URLOf(embedded.Superuser, "postgres")}
	s.stop = func() error { return errors.Join(pg.Stop(), os.RemoveAll(pg.Dir()), os.RemoveAll(dir)) }
	if err := s.prepareTemplate(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// Stop stops the server and removes what it held.
func (s *Server) Stop() error { return s.stop() }

// URL is the value for ServerVariable.
func (s *Server) URL() string { return s.superuser }

var processServer = sync.OnceValues(func() (*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if address := os.Getenv(ServerVariable); address != "" {
		s := &Server{superuser: address, stop: func() error { return nil }}
		return s, s.prepareTemplate(ctx)
	}
	return StartServer(ctx)
})

// prepareTemplate migrates, once for a given set of migrations, the database
// that every test copies. Test processes that start together wait for one.
func (s *Server) prepareTemplate(ctx context.Context) error {
	s.template = "template_" + fingerprint(migrations.FS)
	conn, err := pgx.Connect(ctx, s.superuser)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtext($1))`, s.template); err != nil {
		return err
	}
	var ready bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, s.template).Scan(&ready); err != nil || ready {
		return err
	}
	draft := s.template + "_draft"
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)",
		"CREATE DATABASE " + draft + " OWNER " + database.Owner,
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	if err := database.PrepareDatabase(ctx, s.url(embedded.Superuser, draft)); err != nil {
		return err
	}
	if _, err := database.Migrate(ctx, s.url(database.Owner, draft), migrations.FS, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+draft+" RENAME TO "+s.template)
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
