package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parvis/app/config"
	"parvis/app/database"
	"parvis/app/kernel"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/web"
	"parvis/modules"
	"parvis/seeds"
)

// The hosts of the demonstration towns.
const (
	saintDizier = "saint-dizier.localhost"
	lannion     = "lannion.localhost"
)

// long asks for everything, where an ordinary run takes samples.
var long = os.Getenv("PARVIS_LONG") != ""

func TestMain(m *testing.M) {
	code := m.Run()
	process.end()
	os.Exit(code)
}

// server is the whole program, running.
type server struct {
	app  *kernel.App
	db   *testkit.DB
	way  *database.DB // the program's own way to it
	port string
	data string
	log  *logbook
	stop func()
}

// seeded is a server with the demonstration towns, of the test's own.
func seeded(t testing.TB) *server {
	t.Helper()
	s := start(t, testkit.Database(t), modules.All)
	if err := seeds.Load(context.Background(), s.app.Seeding(s.db.CustodianURL)); err != nil {
		t.Fatalf("load the demonstration towns: %v", err)
	}
	return s
}

// shared is the seeded server of the whole process, for tests that only read.
func shared(t testing.TB) *server {
	t.Helper()
	if s := sharedServer(); s != nil {
		return s
	}
	t.Fatal("the shared server did not start")
	return nil
}

var sharedServer = sync.OnceValue(func() *server { return seeded(&process) })

// start runs the program on a database, as kernel does for "parvis serve", on
// a port of its own, until the test ends.
func start(t testing.TB, db *testkit.DB, all func(*kernel.Platform) []module.Module) *server {
	t.Helper()
	return startOn(t, db, db.DB, all)
}

// startOn is start with another way to the database.
func startOn(t testing.TB, db *testkit.DB, by *database.DB, all func(*kernel.Platform) []module.Module) *server {
	t.Helper()
	s := &server{db: db, way: by, data: t.TempDir(), log: &logbook{}}
	s.listen(t, "127.0.0.1:0", all)
	return s
}

// listen builds the program and serves it on an address. It may be called
// again once stopped.
func (s *server) listen(t testing.TB, address string, all func(*kernel.Platform) []module.Module) {
	t.Helper()
	listener, err := web.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	_, s.port, _ = net.SplitHostPort(listener.Addr().String())
	cfg, err := config.LoadFrom(map[string]string{
		"PARVIS_ADDR": "127.0.0.1:" + s.port, "PARVIS_DATA": s.data, "PARVIS_DEMO": "1", "PARVIS_DEVELOPMENT": "1",
		"PARVIS_SECRET": strings.Repeat("secret of the tests ", 2),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.app, err = kernel.New(kernel.Options{Config: cfg, DB: s.way, Modules: all, CustodianURL: s.db.CustodianURL, OwnerURL: s.db.OwnerURL, Log: slog.New(s.log)})
	if err != nil {
		t.Fatalf("build the program: %v", err)
	}
	if err := s.app.Start(context.Background()); err != nil {
		t.Fatalf("start the program: %v", err)
	}
	app, served := s.app, make(chan error, 1)
	go func() { served <- app.Fiber.Listener(listener) }()
	s.stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		app.Stop(ctx)
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(s.stop)
}

// url is the address of a path of a host.
func (s *server) url(host, path string) string { return "http://" + host + ":" + s.port + path }

// town is the tenant of a host.
func (s *server) town(t testing.TB, host string) *tenant.Tenant {
	t.Helper()
	town, err := s.app.Directory.ByHost(context.Background(), host)
	if err != nil {
		t.Fatalf("find the town of %s: %v", host, err)
	}
	return town
}

// exec changes what no role of the program may: a clock, the end of a session.
func (s *server) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := s.db.Superuser(t).Exec(context.Background(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// value reads one value from behind row level security.
func value[T any](t testing.TB, s *server, query string, args ...any) (v T) {
	t.Helper()
	if err := s.db.Superuser(t).QueryRow(context.Background(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// logbook keeps the errors that the program logs.
type logbook struct {
	mu     sync.Mutex
	errors []string
}

func (l *logbook) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }
func (l *logbook) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l *logbook) WithGroup(string) slog.Handler                    { return l }

// Handle implements slog.Handler.
func (l *logbook) Handle(_ context.Context, r slog.Record) error {
	var line strings.Builder
	line.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		fmt.Fprintf(&line, " %s=%s", a.Key, strconv.Quote(a.Value.String()))
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errors = append(l.errors, line.String())
	return nil
}

// quiet fails the test for each error that was logged since the last look.
func (l *logbook) quiet(t testing.TB) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.errors {
		t.Errorf("the program logged an error: %s", line)
	}
	l.errors = nil
}

// process is a testing.TB for what lives as long as the process.
var process processTB

type processTB struct {
	testing.TB
	cleanups []func()
}

func (p *processTB) Helper()           {}
func (p *processTB) Cleanup(do func()) { p.cleanups = append(p.cleanups, do) }
func (p *processTB) Errorf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}
func (p *processTB) Fatal(args ...any) { panic(fmt.Sprint(args...)) }
func (p *processTB) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}

func (p *processTB) TempDir() string {
	dir, err := os.MkdirTemp("", "parvis-e2e-")
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (p *processTB) end() {
	for len(p.cleanups) > 0 {
		last := len(p.cleanups) - 1
		do := p.cleanups[last]
		p.cleanups = p.cleanups[:last]
		do()
	}
}
