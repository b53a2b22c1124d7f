package torture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/database"
	"parvis/app/database/embedded"
)

// The disks that fill are small file systems in memory. Mounting them takes a
// mount namespace, which the test starts itself again in: nothing of it is
// seen outside, and nothing stays when it ends. An ordinary user takes a user
// namespace with it.

const smallDisks = "PARVIS_TORTURE_SMALL_DISKS"

func TestAFullDiskIsSaidClearlyAndForgottenOnceFreed(t *testing.T) {
	t.Parallel()
	if os.Getenv(smallDisks) == "" {
		inNamespace(t)
		return
	}
	report := begin(t, "R3", "disque plein : base de données, puis journal de la base, puis fichiers déposés")
	dir := folder(t)
	data, deposits := mount(t, filepath.Join(dir, "postgres"), 192), mount(t, filepath.Join(dir, "files"), 2)
	p := newProgram(t, dir)
	p.start()
	h := hallAt(t, p.database(database.App), p.database(embedded.Superuser), false)
	c := h.newCrowd(p.addr, 4000, report)
	h.uploads(c, deposits)
	for range times(1, 2) {
		h.tablesFull(c, data, report)
		h.journalFull(c, data, report)
	}
	report.Retried = int(c.unavailable.Load())
	report.longest("attente la plus longue", time.Duration(c.slowest.Load()))
	report.mustHold(t)
}

// inNamespace runs this very test again where it may mount.
func inNamespace(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, attributes := range []*syscall.SysProcAttr{
		{Unshareflags: syscall.CLONE_NEWNS},
		{
			Cloneflags: syscall.CLONE_NEWUSER, Unshareflags: syscall.CLONE_NEWNS, AmbientCaps: []uintptr{capSysAdmin},
			UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
		},
	} {
		again := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=1h")
		again.Env = append(os.Environ(), smallDisks+"=1")
		again.SysProcAttr = attributes
		out, err = again.CombinedOutput()
		if again.Process != nil { // it began
			break
		}
	}
	if out == nil {
		t.Fatalf("this test mounts small disks in a namespace of its own, which this system refuses (see user.max_user_namespaces, kernel.unprivileged_userns_clone, or the container's seccomp profile): %v", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

const capSysAdmin = 21 // CAP_SYS_ADMIN

// disk is a small file system.
type disk struct {
	testing.TB
	dir string
}

func mount(t *testing.T, dir string, megabytes int) disk {
	t.Helper()
	options := fmt.Sprintf("size=%dm,mode=0755,uid=%d,gid=%d", megabytes, os.Geteuid(), os.Getegid())
	err := os.Mkdir(dir, 0o755)
	if err == nil {
		err = syscall.Mount("tmpfs", dir, "tmpfs", 0, options)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return disk{t, dir}
}

func (d disk) ballast() string { return filepath.Join(d.dir, "ballast") }

// fill leaves not one byte.
func (d disk) fill() {
	d.Helper()
	f, err := os.OpenFile(d.ballast(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		d.Fatal(err)
	}
	defer f.Close()
	for _, piece := range []int{1 << 20, 4 << 10} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, piece))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			d.Fatal(err)
		}
	}
}

func (d disk) free() {
	d.Helper()
	if err := os.Remove(d.ballast()); err != nil {
		d.Fatal(err)
	}
}

// tablesFull lets people vote until no table can grow.
func (h *hall) tablesFull(c *crowd, d disk, report *Report) {
	h.Helper()
	h.full(c, d, report, "tables pleines", func() {})
}

// journalFull takes away what PostgreSQL writes first: without it, it ends.
func (h *hall) journalFull(c *crowd, d disk, report *Report) {
	h.Helper()
	h.full(c, d, report, "journal plein", func() {
		for range 200 { // until no segment is left
			_, err := h.super.Exec(context.Background(), `SELECT pg_logical_emit_message(false, 'torture', 'x'); SELECT pg_switch_wal()`)
			if err != nil {
				break
			}
			d.fill() // whatever was freed meanwhile
		}
	})
}

func (h *hall) full(c *crowd, d disk, report *Report, name string, worse func()) {
	h.Helper()
	id := h.open(terms())
	stop := c.rush(id, 24, c.prepare(id, 300)...)
	c.until(30)
	refused := c.unavailable.Load()
	d.fill()
	worse()
	c.wait("a full disk is never told", func() bool { return c.unavailable.Load() >= refused+24 })
	if long {
		time.Sleep(2 * time.Minute)
	}
	if a := c.get("/", ""); a.err != nil || a.status != http.StatusOK && a.status != http.StatusServiceUnavailable {
		report.problem("%s : l’accueil répond %d %v", name, a.status, a.err)
	}
	d.free()
	freed, before := time.Now(), c.acknowledged.Load()
	c.wait("votes do not come back once there is room", func() bool { return c.acknowledged.Load() > before })
	report.longest("reprise après « "+name+" »", time.Since(freed))
	c.until(20)
	votes := stop()
	h.reconnect()
	report.add(inspect(h, h.super, id, votes))
	c.receipts(id, votes, 10)
}

// uploads sends documents to a consultation before, while and after the disk
// for them is full.
func (h *hall) uploads(c *crowd, d disk) {
	h.Helper()
	staff := c.voters[0]
	h.exec(context.Background(), `INSERT INTO core.role_grants (tenant_id, id, citizen_id, role, granted_at) VALUES ($1, $2, $3, 'administrator', now())`,
		h.town.ID.String(), uuid.New(), staff.ID)
	documents := h.consultation(c) + "/documents"
	send := func(title string, size, want int, words string) {
		h.Helper()
		a := c.upload(documents, title, size)
		if a.err != nil || a.status != want || !strings.Contains(a.body, words) {
			h.Errorf("a document of %d bytes: %d %v, want %d: %.500s", size, a.status, a.err, want, a.body)
		}
		if want == http.StatusServiceUnavailable && a.header.Get("Retry-After") == "" {
			h.Error("a full disk does not say when to come back")
		}
	}
	send("Avant", 1000, http.StatusSeeOther, "")
	d.fill()
	send("Pendant", 300_000, http.StatusServiceUnavailable, "ne peut plus enregistrer de fichier")
	h.kept(1)
	d.free()
	send("Après", 300_000, http.StatusSeeOther, "")
	h.kept(2)
	if left, _ := filepath.Glob(filepath.Join(d.dir, "*", "*", ".upload-*")); len(left) > 0 {
		h.Errorf("left on the disk: %v", left)
	}
}

// kept checks how many documents there are: one whose content is not on the
// disk must not be announced.
func (h *hall) kept(want int) {
	h.Helper()
	var n int
	if err := h.super.QueryRow(context.Background(), `SELECT count(*) FROM consultations.documents`).Scan(&n); err != nil || n != want {
		h.Errorf("%d documents are announced, want %d: %v", n, want, err)
	}
}

// consultation writes one and returns its address in the back office.
func (h *hall) consultation(c *crowd) string {
	h.Helper()
	const form = "/office/consultations/nouvelle"
	next := time.Now().AddDate(0, 1, 0)
	a := c.post(form, c.tokens[0], url.Values{
		"_csrf": {field(csrfRE, c.get(form, c.tokens[0]).body)}, "version": {"1"}, "do": {"save"},
		"title": {"Quel avenir pour la place du Marché ?"}, "summary": {"La place sera refaite."},
		"body": {"Les pavés sont usés."}, "promise": {"Le conseil suivra."},
		"opens": {next.Format("2006-01-02T15:04")}, "closes": {next.AddDate(0, 0, 14).Format("2006-01-02T15:04")},
	})
	if a.err != nil || a.status != http.StatusSeeOther {
		h.Fatalf("write a consultation: %d %v %.2000s", a.status, a.err, a.body)
	}
	path := strings.TrimPrefix(a.header.Get("Location"), c.origin)
	return path[:len("/office/consultations/")+36]
}

// upload sends a document of some size.
func (c *crowd) upload(path, title string, size int) answer {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	content := append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte(title), size/len(title))...)
	err := errors.Join(
		form.WriteField("_csrf", field(csrfRE, c.get(path, c.tokens[0]).body)),
		form.WriteField("title", title),
	)
	part, err2 := form.CreateFormFile("document", "plan.pdf")
	if err2 == nil {
		_, err2 = io.Copy(part, bytes.NewReader(content))
	}
	if err := errors.Join(err, err2, form.Close()); err != nil {
		return answer{err: err}
	}
	return c.send(http.MethodPost, path, c.tokens[0], form.FormDataContentType(), &body)
}
