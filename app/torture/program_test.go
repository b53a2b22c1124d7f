package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parvis/app/database"
	"parvis/app/database/embedded"
	"parvis/app/voting"
)

// program is the program itself, in a process of its own, on data of its own.
type program struct {
	testing.TB
	dir  string // PARVIS_DATA
	addr string
	env  []string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// newProgram prepares one that keeps its data in dir, its database too unless
// env says where there is another.
func newProgram(t testing.TB, dir string, env ...string) *program {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close()
	p := &program{TB: t, dir: dir, addr: free.Addr().String()}
	p.env = append(os.Environ(), "PARVIS_ADDR="+p.addr, "PARVIS_DATA="+dir, "PARVIS_SECRET="+strings.Repeat("torture ", 5),
		"PARVIS_DEVELOPMENT=1", "PARVIS_DEMO=0", "PARVIS_SCHEME=http", "PARVIS_LOG_LEVEL=WARN")
	p.env = append(p.env, env...)
	t.Cleanup(func() {
		if p.cmd != nil {
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
			<-p.done
		}
		if t.Failed() {
			t.Logf("the program said:\n%s", p.words())
		}
	})
	return p
}

// start starts it and returns when it is ready, and how long that took.
func (p *program) start() time.Duration {
	p.Helper()
	begun := time.Now()
	said, err := os.OpenFile(filepath.Join(p.dir, "program.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		p.Fatal(err)
	}
	defer said.Close()
	self, err := os.Executable()
	if err != nil {
		p.Fatal(err)
	}
	p.cmd = exec.Command(self, "serve")
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = p.env, said, said
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // it does not outlive the test
	p.done = make(chan struct{})
	started := make(chan error, 1)
	go func(cmd *exec.Cmd, done chan struct{}) {
		runtime.LockOSThread() // the kernel takes the end of this thread for ours
		defer runtime.UnlockOSThread()
		started <- cmd.Start()
		_ = cmd.Wait()
		close(done)
	}(p.cmd, p.done)
	if err := <-started; err != nil {
		p.Fatal(err)
	}
	p.waitReady()
	return time.Since(begun)
}

func (p *program) waitReady() {
	p.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		response, err := http.Get("http://" + p.addr + "/readyz")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.done:
			p.Fatalf("the program does not start:\n%s", p.words())
		default:
		}
		if time.Now().After(deadline) {
			p.Fatalf("the program is not ready:\n%s", p.words())
		}
	}
}

// kill ends it as nothing can prepare for.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// postmaster is the number of its PostgreSQL's process.
func (p *program) postmaster() int {
	p.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, "postgres", "data", "postmaster.pid"))
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err2 := strconv.Atoi(first)
	if err != nil || err2 != nil {
		p.Fatalf("no PostgreSQL: %v %v", err, err2)
	}
	return pid
}

// database is the address of its private database for a role.
func (p *program) database(role string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/parvis"}
	u.RawQuery = url.Values{"host": {filepath.Join(p.dir, "postgres", "sock")}, "sslmode": {"disable"}}.Encode()
	return u.String()
}

func (p *program) words() string {
	text, err := os.ReadFile(filepath.Join(p.dir, "program.log"))
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-6000):])
}

// reconnect lets go of connections that a kill has ended.
func (h *hall) reconnect() {
	h.super.Reset()
	h.db.Pool.Reset()
}

// TestAKilledProgramLosesNoVoteAndStartsAgainByItself kills the program while
// people vote: most often between a batch's lock and its commit, sometimes
// together with its PostgreSQL.
func TestAKilledProgramLosesNoVoteAndStartsAgainByItself(t *testing.T) {
	t.Parallel()
	report := begin(t, "R2", "le programme tué pendant les votes, en HTTP")
	p := newProgram(t, folder(t))
	p.start()
	h := hallAt(t, p.database(database.App), p.database(embedded.Superuser), false)
	c := h.newCrowd(p.addr, 1500, report)
	c.patient = true // answers wait for the dead to come back
	for n := range times(10, 500) {
		id := h.open(terms())
		stop := c.rush(id, 24, c.prepare(id, 100)...)
		c.until(30 + rand.Int64N(100))
		dead := time.Now()
		if n%3 == 2 {
			server := p.postmaster()
			kill(server)
			p.kill()
			report.measure("dont avec PostgreSQL", "", float64(n/3+1))
		} else {
			h.betweenLockAndCommit(id)
			p.kill()
		}
		report.longest("redémarrage le plus long", p.start())
		h.reconnect()
		c.until(1)
		report.longest("interruption la plus longue", time.Since(dead))
		c.until(20)
		votes := stop()
		report.add(inspect(t, h.super, id, votes))
		c.receipts(id, votes, 10)
	}
	report.Retried += int(c.unavailable.Load())
	report.mustHold(t)
}

// betweenLockAndCommit returns at a moment when a batch of ballots has just
// been given the poll's lock, for which it had to wait.
func (h *hall) betweenLockAndCommit(id voting.PollID) {
	h.Helper()
	ctx := context.Background()
	tx, err := h.super.Begin(ctx)
	if err == nil {
		_, err = tx.Exec(ctx, `SELECT FROM voting.heads WHERE poll_id = $1 FOR UPDATE`, id.String())
	}
	if err != nil {
		h.Fatal(err)
	}
	h.insist("see ballots wait for the lock", func(ctx context.Context) error {
		var waiting int
		err := h.super.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'parvis'`).Scan(&waiting)
		if err == nil && waiting == 0 {
			err = fmt.Errorf("none waits")
		}
		return err
	})
	if err := tx.Rollback(ctx); err != nil {
		h.Fatal(err)
	}
	time.Sleep(rand.N(4 * time.Millisecond))
}
