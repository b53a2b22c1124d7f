package bench

import (
	"bufio"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/config"
	"parvis/app/database"
	"parvis/app/kernel"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// The server that is measured runs in a process of its own, so that what it
// costs is not mixed with what measuring costs. It is the program as it is
// served, and obeys a few words on its standard input.
const (
	sayTogether = "together"   // commit ballots together
	sayOneByOne = "one by one" // a transaction for each ballot
	sayMemory   = "memory"     // tell the resident bytes, rubbish collected
	sayBare     = "bare"       // listen for connections to write to, and tell where
	sayAccept   = "accept"     // so many of them
	sayWrite    = "write"      // so many bytes to each
)

const moduleName = "bench"

// hall is a module whose polls anybody may see.
type hall struct{}

var (
	_ module.Module  = hall{}
	_ booth.Subjects = hall{}
)

// i18n: bench.title
//
//go:embed i18n/*.json
var catalogue embed.FS

func (hall) Manifest() module.Manifest {
	return module.Manifest{Name: moduleName, Path: "mesures", Catalogue: fs.FS(catalogue)}
}

func (hall) Mount(_, _, _ fiber.Router) {}

func (hall) Subject(context.Context, *tenant.Tenant, citizen.Viewer, voting.Subject) (booth.SubjectInfo, error) {
	return booth.SubjectInfo{Title: "Mesure", Href: "/", Visible: true}, nil
}

// runServer serves on a free port, which it tells, until in is closed.
func runServer(ctx context.Context, modules Modules, in io.Reader, out io.Writer) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	db, err := database.Open(ctx, database.Options{URL: cfg.DatabaseURL})
	if err != nil {
		return err
	}
	defer db.Close()
	app, err := kernel.New(kernel.Options{
		Config: cfg, DB: db, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Modules: func(p *kernel.Platform) []module.Module { return append(modules(p), hall{}) },
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := app.Start(ctx); err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- app.Fiber.Listener(listener) }()
	fmt.Fprintln(out, listener.Addr())
	obey(app, in, out)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	app.Stop(last)
	return <-served
}

func obey(app *kernel.App, in io.Reader, out io.Writer) {
	var limit *bare
	defer func() {
		if limit != nil {
			limit.close()
		}
	}()
	words := bufio.NewScanner(in)
	for words.Scan() {
		answer, err := "ok", error(nil)
		order, number, _ := strings.Cut(words.Text(), ":")
		n, _ := strconv.Atoi(number)
		switch order {
		case sayTogether:
			app.Box.OneByOne(false)
		case sayOneByOne:
			app.Box.OneByOne(true)
		case sayMemory:
			answer = strconv.Itoa(resident())
		case sayBare:
			if limit, err = newBare(); err == nil {
				answer = limit.listener.Addr().String()
			}
		case sayAccept:
			err = limit.accept(n)
		case sayWrite:
			err = limit.write(n)
		default:
			err = errors.New("unknown word")
		}
		if err != nil {
			answer = "error: " + err.Error()
		}
		fmt.Fprintln(out, answer)
	}
}

// resident is the memory that the process keeps after collecting its rubbish.
func resident() int {
	for range 4 { // each halves the stacks that have grown
		runtime.GC()
	}
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(statm))
	if err != nil || len(fields) < 3 {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		return int(memory.HeapInuse + memory.StackInuse)
	}
	pages, _ := strconv.Atoi(fields[1])
	shared, _ := strconv.Atoi(fields[2]) // of the program's file, as it comes to be used
	return (pages - shared) * os.Getpagesize()
}

// served is the server's process, as seen from the measure.
type served struct {
	addr string // "127.0.0.1:40123"
	host string // what its town answers to, with the port
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
}

// serve starts the server of a ground.
func (g *ground) serve(ctx context.Context) (*served, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "bench", "server")
	cmd.Env = append(os.Environ(),
		"DATABASE_URL="+g.url, "PARVIS_DATA="+g.dir, "PARVIS_SECRET="+g.secret,
		"PARVIS_DEVELOPMENT=1", "PARVIS_DEMO=0", "PARVIS_SCHEME=http")
	cmd.Stderr = os.Stderr
	s := &served{cmd: cmd}
	if s.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	line, err := s.out.ReadString('\n')
	if err != nil {
		return nil, errors.Join(errors.New("the server did not start"), s.stop())
	}
	s.addr = strings.TrimSpace(line)
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.host = net.JoinHostPort(g.town.Hosts[0], port)
	return s, nil
}

// say gives the server a word and returns its answer.
func (s *served) say(word string) (string, error) {
	if _, err := fmt.Fprintln(s.in, word); err != nil {
		return "", err
	}
	answer, err := s.out.ReadString('\n')
	if err == nil && strings.HasPrefix(answer, "error:") {
		err = errors.New("the server answers " + answer)
	}
	return strings.TrimSpace(answer), err
}

func (s *served) memory() (int, error) {
	answer, err := s.say(sayMemory)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(answer)
}

func (s *served) stop() error {
	_ = s.in.Close()
	return s.cmd.Wait()
}
