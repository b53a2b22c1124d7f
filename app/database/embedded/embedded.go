// Package embedded runs a private PostgreSQL with the server that is already
// on the machine, so that a town needs no database administrator to begin.
//
// It listens on a Unix socket only, never runs as root, keeps one owner per
// folder (a second process attaches to the first's server), starts PostgreSQL
// again when it dies, and stops it when the program ends, however it ends. It
// never deletes data: with a cluster it cannot open, it says why and stops.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"parvis/app/database"
)

// Superuser is the role that initdb makes. The program uses it at start, for
// what the owner may not do, and never afterwards.
const Superuser = "postgres"

// Config says where and how. Only Dir is required.
type Config struct {
	Dir            string // holds data/, sock/ and lock
	Database       string // "parvis" by default; created when missing
	Log            *slog.Logger
	Timeout        time.Duration // to be ready, 90 s by default
	MaxConnections int           // 100 by default
	User           string        // account to run as when the program is root; by default the data's owner, else postgres
	// Unsafe answers before the disk has written. It exists for the control
	// of the durability tests, which must see votes lost with it.
	Unsafe bool

	pace pace
}

// Server is a running PostgreSQL, ours or that of the process that owns the folder.
type Server struct {
	cfg     Config
	dir     string // where the data really is, see locate
	socket  string
	bin     string
	account *syscall.Credential
	lock    *os.File // nil while another process holds it

	mu      sync.Mutex
	current *process
	closing bool
	stop    chan struct{} // closed by Stop
	failed  chan struct{} // closed when the server is given up
	loops   sync.WaitGroup

	answered atomic.Bool // it has been ready once
}

// Start starts the server of a folder, making the folder's cluster, roles and
// database the first time, or attaches to the one that runs there. It returns
// when the server answers.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	s, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	for {
		owner, err := s.tryLock()
		if err != nil {
			return nil, err
		}
		if owner {
			if err := s.boot(ctx); err != nil {
				return nil, errors.Join(err, s.Stop())
			}
			return s, nil
		}
		// Another process has the folder: its server answers soon, or it ends
		// and leaves us the lock.
		err = s.attach(ctx)
		if err == nil || ctx.Err() != nil {
			return s, err
		}
	}
}

func (s *Server) attach(ctx context.Context) error {
	soon, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := s.waitReady(soon); err != nil {
		return err
	}
	s.cfg.Log.Info("base de données déjà ouverte par un autre processus : rattachement", "dir", s.dir)
	s.loops.Go(s.inherit)
	return nil
}

func prepare(cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 90 * time.Second
	}
	if cfg.Database == "" {
		cfg.Database = "parvis"
	}
	if cfg.MaxConnections == 0 {
		cfg.MaxConnections = 100
	}
	if cfg.pace.lives == 0 {
		cfg.pace = usualPace
	}
	s := &Server{cfg: cfg, stop: make(chan struct{}), failed: make(chan struct{})}
	if err := s.locate(); err != nil {
		return nil, err
	}
	return s, nil
}

// boot brings the cluster up, holding the lock.
func (s *Server) boot(ctx context.Context) error {
	version, err := clusterVersion(s.data())
	if err != nil {
		return err
	}
	if s.bin, err = findBinaries(version); err != nil {
		return err
	}
	if err := s.own(s.socket); err != nil {
		return err
	}
	if version == "" {
		if err := s.initialise(ctx); err != nil {
			return err
		}
	}
	if err := s.stopStray(ctx); err != nil {
		return err
	}
	first, err := s.launch()
	if err != nil {
		return err
	}
	s.loops.Go(func() { s.supervise(first) })
	if err := s.waitReady(ctx); err != nil {
		return err
	}
	return s.furnish(ctx)
}

// furnish makes the roles and the database.
func (s *Server) furnish(ctx context.Context) error {
	if err := database.PrepareServer(ctx, s.url(Superuser, "postgres")); err != nil {
		return err
	}
	if err := s.CreateDatabase(ctx, s.cfg.Database, ""); err != nil {
		return err
	}
	return database.PrepareDatabase(ctx, s.url(Superuser, s.cfg.Database))
}

// CreateDatabase makes a database of the owner role unless it is there. With
// a template it is a copy of that database's files.
func (s *Server) CreateDatabase(ctx context.Context, name, template string) error {
	conn, err := pgx.Connect(ctx, s.url(Superuser, "postgres"))
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	defer conn.Close(ctx)
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&exists); err != nil || exists {
		return err
	}
	statement := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize() + " OWNER " + database.Owner
	if template != "" {
		statement += " TEMPLATE " + pgx.Identifier{template}.Sanitize() + " STRATEGY file_copy"
	}
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// URL is the address of the database for a role: database.Owner,
// database.App, database.Custodian or Superuser.
func (s *Server) URL(role string) string { return s.url(role, s.cfg.Database) }

// URLOf is the address of another database of the server.
func (s *Server) URLOf(role, name string) string { return s.url(role, name) }

func (s *Server) url(role, name string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + name}
	u.RawQuery = "host=" + strings.ReplaceAll(url.QueryEscape(s.socket), "+", "%20") + "&sslmode=disable"
	return u.String()
}

// Dir is where the data is: Config.Dir, or the folder that replaced it.
func (s *Server) Dir() string { return s.dir }

// Abandoned reports whether a folder has no owner and no living PostgreSQL, so
// that it may be removed by whoever made it.
func Abandoned(dir string) bool {
	s := &Server{dir: dir}
	held, err := s.tryLock()
	if err != nil || !held {
		return false
	}
	defer s.lock.Close()
	return s.strayPID() == 0
}

// Failed is closed when PostgreSQL could not be kept alive and nobody tries any more.
func (s *Server) Failed() <-chan struct{} { return s.failed }

// PID is the process number of the server we supervise, 0 while there is none.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		return 0
	}
	return s.current.cmd.Process.Pid
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// waitReady returns when the server accepts connections to the database
// "postgres", or with the reason why it will not.
func (s *Server) waitReady(ctx context.Context) error {
	for {
		conn, err := pgx.Connect(ctx, s.url(Superuser, "postgres"))
		if err == nil {
			s.answered.Store(true)
			return conn.Close(ctx)
		}
		select {
		case <-s.stop:
			return errStopping
		case <-s.failed:
			return fmt.Errorf("PostgreSQL n’a pas démarré : %w", s.lastWords(err))
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL ne répond pas : %w", s.lastWords(err))
		case <-time.After(15 * time.Millisecond):
		}
	}
}

var errStopping = errors.New("arrêt demandé")

// Stop stops the server if it is ours: fast, then at once after 20 seconds.
func (s *Server) Stop() error {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return nil
	}
	s.closing = true
	close(s.stop)
	p := s.current
	s.mu.Unlock()
	var err error
	if p != nil {
		err = p.stop(20 * time.Second)
	}
	s.loops.Wait()
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}
