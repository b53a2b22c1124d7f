package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is one life of PostgreSQL.
type process struct {
	cmd   *exec.Cmd
	done  chan struct{} // closed when it has exited
	words *tail
}

// initialise makes the cluster beside its place and then renames it: an
// initdb that was interrupted never looks like a cluster.
func (s *Server) initialise(ctx context.Context) error {
	s.cfg.Log.Info("création de la base de données (une seule fois, quelques secondes)", "dir", s.dir)
	draft := filepath.Join(s.dir, "data.init")
	if err := os.RemoveAll(draft); err != nil { // what an interrupted initdb left: no data yet
		return err
	}
	if err := s.own(draft); err != nil {
		return err
	}
	initdb := s.command(filepath.Join(s.bin, "initdb"), "-D", draft, "-U", Superuser, "-A", "trust", "-E", "UTF8",
		"--locale="+locale(), "--data-checksums", "--text-search-config=french")
	if out, err := runUntil(ctx, initdb); err != nil {
		return fmt.Errorf("créer la base de données (initdb) : %w\n%s", err, out)
	}
	if err := os.Rename(draft, s.data()); err != nil {
		return err
	}
	return s.noteMove()
}

// runUntil runs a program to its end, or to that of ctx, and returns what it said.
func runUntil(ctx context.Context, c *exec.Cmd) (out []byte, err error) {
	var words tail
	c.Stdout, c.Stderr = &words, &words
	ended := make(chan error, 1)
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // see attributes
		defer runtime.UnlockOSThread()
		started <- c.Start()
		ended <- c.Wait()
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = c.Process.Kill() })()
	err = <-ended
	return []byte(words.String()), errors.Join(err, ctx.Err())
}

// launch runs PostgreSQL as our child.
func (s *Server) launch() (*process, error) {
	p := &process{done: make(chan struct{}), words: &tail{}}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // see Pdeathsig in attributes
		defer runtime.UnlockOSThread()
		defer close(p.done)
		p.cmd = s.command(filepath.Join(s.bin, "postgres"), s.arguments()...)
		p.cmd.Env = append(p.cmd.Env, s.disown()...)
		output, write := io.Pipe()
		p.cmd.Stdout, p.cmd.Stderr = write, write
		p.cmd.WaitDelay = 2 * time.Second // its children may hold the pipe a moment longer
		go relay(output, p.words, s.cfg.Log)
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait()
		}
		_ = write.Close()
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("lancer PostgreSQL : %w", err)
	}
	s.mu.Lock()
	s.current = p
	closing := s.closing
	s.mu.Unlock()
	if closing {
		return nil, errors.Join(errStopping, p.stop(20*time.Second))
	}
	return p, nil
}

// arguments are PostgreSQL's settings. Those given here win over its files, so
// nothing left in them can make it less durable.
func (s *Server) arguments() []string {
	durable := "on"
	if s.cfg.Unsafe {
		durable = "off"
	}
	memory := memoryMB()
	settings := []string{
		"listen_addresses=", "unix_socket_directories=" + s.socket, "unix_socket_permissions=0700",
		"max_connections=" + strconv.Itoa(s.cfg.MaxConnections),
		"fsync=" + durable, "full_page_writes=" + durable, "synchronous_commit=" + durable,
		fmt.Sprintf("shared_buffers=%dMB", min(max(memory/8, 32), 1024)),
		fmt.Sprintf("effective_cache_size=%dMB", max(memory/2, 128)),
		fmt.Sprintf("maintenance_work_mem=%dMB", min(max(memory/32, 16), 256)),
		"work_mem=8MB", "wal_compression=on", "max_wal_size=1GB", "random_page_cost=1.1", "jit=off",
		"default_text_search_config=pg_catalog.french", // some clusters have it wrong in their file
		"timezone=UTC", "log_timezone=UTC", "lc_messages=C", "logging_collector=off", "log_destination=stderr",
		"log_line_prefix=", "log_checkpoints=off",
		// Neither statements nor the values in them go to the log: they are people's.
		"log_min_error_statement=panic", "log_error_verbosity=terse", "log_min_messages=fatal",
	}
	args := []string{"-D", s.data()}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

// pace is how hard PostgreSQL is kept alive.
type pace struct {
	first, longest time.Duration // pauses before a new life, doubling
	life           time.Duration // a life longer than this was a good one
	lives          int           // short lives in a row before giving up, until it has answered once
}

// usualPace tells a wrong setting at once. A server that has answered before
// is tried again for as long as it takes: a full disk gets room one day, and
// the site must come back then by itself.
var usualPace = pace{first: 100 * time.Millisecond, longest: 10 * time.Second, life: time.Minute, lives: 3}

// supervise starts PostgreSQL again each time it ends unasked.
func (s *Server) supervise(p *process) {
	pause, short := s.cfg.pace.first, 0
	born := time.Now()
	for {
		<-p.done
		if s.stopping() {
			return
		}
		if time.Since(born) > s.cfg.pace.life {
			pause, short = s.cfg.pace.first, 0
		}
		if short++; short > s.cfg.pace.lives && !s.answered.Load() {
			s.cfg.Log.Error("PostgreSQL s’arrête sans cesse : abandon", "tries", short, "last", p.words.String())
			s.giveUp()
			return
		}
		s.cfg.Log.Warn("PostgreSQL s’est arrêté : redémarrage", "pause", pause, "last", p.words.String())
		select {
		case <-s.stop:
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, s.cfg.pace.longest)
		born = time.Now()
		if next, err := s.launch(); err != nil {
			s.cfg.Log.Error("redémarrer PostgreSQL", "err", err)
		} else {
			p = next
		}
	}
}

func (s *Server) stopping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// takeOver boots the server whose lock was just inherited.
func (s *Server) takeOver() {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Timeout)
	defer cancel()
	s.cfg.Log.Info("l’autre processus s’est arrêté : reprise de la base de données", "dir", s.dir)
	if err := s.boot(ctx); err != nil && !s.stopping() {
		s.cfg.Log.Error("reprendre la base de données", "err", err)
		s.giveUp()
	}
}

func (s *Server) giveUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.failed:
	default:
		close(s.failed)
	}
}

// stop asks for a fast shutdown (transactions are rolled back, data is
// flushed) and, when it does not come, for an immediate one, which loses
// nothing committed either.
func (p *process) stop(patience time.Duration) error {
	_ = p.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-p.done:
		return nil
	case <-time.After(patience):
	}
	_ = p.cmd.Process.Signal(syscall.SIGQUIT)
	<-p.done
	return errors.New("PostgreSQL ne s’arrêtait pas : arrêt immédiat")
}

// stopStray stops a PostgreSQL that outlived the program which started it, as
// happens where the kernel does not tell children of their parent's death. We
// hold the folder's lock, so nobody owns it.
func (s *Server) stopStray(ctx context.Context) error {
	pid := s.strayPID()
	if pid == 0 {
		return nil
	}
	s.cfg.Log.Info("un PostgreSQL d’une exécution précédente est encore là : arrêt", "pid", pid)
	for signal := syscall.SIGINT; ; signal = syscall.SIGQUIT {
		_ = syscall.Kill(pid, signal)
		for range 400 { // of 50 ms: 20 seconds
			if s.strayPID() != pid {
				return nil
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("arrêter le PostgreSQL précédent (n° %d) : %w", pid, ctx.Err())
			case <-time.After(50 * time.Millisecond):
			}
		}
		if signal == syscall.SIGQUIT {
			return fmt.Errorf("le PostgreSQL précédent (n° %d) ne s’arrête pas", pid)
		}
	}
}

// strayPID reads postmaster.pid: 0 unless that process lives and works in our
// data folder. (A number found in an old file may be anyone's by now.)
func (s *Server) strayPID() int {
	if pid := s.notedPID(); pid > 1 && alive(pid) && worksIn(pid, s.data()) {
		return pid
	}
	return 0
}

// notedPID is the number in postmaster.pid, 0 when there is none.
func (s *Server) notedPID() int {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(first)) // 0 for nonsense, which PostgreSQL reports
	return pid
}

// disown tells PostgreSQL that the number in an old postmaster.pid is nobody
// it should fear. It would refuse to start when that number is any process of
// its account: one not yet reaped after a kill, or, after a power cut, one to
// which the number was given anew. We hold the folder's lock and see that it
// does not work here. PostgreSQL still looks for what a dead server left in
// memory. (The variable is how pg_ctl says the same of its own parent.)
func (s *Server) disown() []string {
	pid := s.notedPID()
	if pid <= 1 || s.strayPID() == pid {
		return nil
	}
	return []string{"PG_GRANDPARENT_PID=" + strconv.Itoa(pid)}
}

func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// relay passes PostgreSQL's own messages to the log.
func relay(output io.Reader, words *tail, log *slog.Logger) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		line := lines.Text()
		_, _ = io.WriteString(words, line+"\n")
		log.Log(context.Background(), severity(line), line, "from", "postgres")
	}
	_, _ = io.Copy(io.Discard, output)
}

// severity is the level at which a line of PostgreSQL's is worth reading. What
// it answers to whoever knocks while it starts or stops is expected: we do.
func severity(line string) slog.Level {
	if strings.HasPrefix(line, "FATAL:  the database system is ") {
		return slog.LevelDebug
	}
	if strings.HasPrefix(line, "FATAL:") || strings.HasPrefix(line, "PANIC:") {
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if extra := len(t.text) - 2000; extra > 0 {
		t.text = t.text[extra:]
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}

// lastWords adds what PostgreSQL said to why it could not be reached.
func (s *Server) lastWords(err error) error {
	s.mu.Lock()
	p := s.current
	s.mu.Unlock()
	if p == nil {
		return err
	}
	return fmt.Errorf("%w\n%s", err, p.words.String())
}
