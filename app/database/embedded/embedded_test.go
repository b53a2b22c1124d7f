package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parvis/app/database"
)

// childVariable makes the test binary a program that starts the server of a
// folder, writes a row and waits to be killed.
const childVariable = "PARVIS_EMBEDDED_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		beKilled(dir)
	}
	os.Exit(m.Run())
}

func beKilled(dir string) {
	s, err := Start(context.Background(), Config{Dir: dir})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	conn, err := pgx.Connect(context.Background(), s.URL(database.Owner))
	if err == nil {
		_, err = conn.Exec(context.Background(), `CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1)`)
	}
	fmt.Println("ready", s.PID(), err)
	select {}
}

// folder is one that PostgreSQL's account can reach, in memory when possible.
func folder(t *testing.T) string {
	t.Helper()
	parent := "/dev/shm"
	if _, err := os.Stat(parent); err != nil {
		parent = ""
	}
	dir, err := os.MkdirTemp(parent, "parvis-embedded-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return s
}

func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	results, err := conn.PgConn().Exec(context.Background(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var words []string
	for _, row := range results[len(results)-1].Rows {
		words = append(words, string(bytes.Join(row, []byte(" "))))
	}
	return strings.Join(words, "\n")
}

// eventually polls until ok, for at most ten seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("still not: %s", what)
}

func TestDataSurvivesAStopAndAStart(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, Config{Dir: dir})
	query(t, s.URL(database.Owner), `CREATE TABLE kept AS SELECT 'À bientôt' AS word`)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the server did not stop cleanly: postmaster.pid: %v", err)
	}
	again := start(t, Config{Dir: dir})
	if got := query(t, again.URL(database.Owner), `SELECT lower(word) FROM kept`); got != "à bientôt" {
		t.Errorf("after a second start: %q", got)
	}
}

func TestTheServerIsPrivateDurableAndNeverRoot(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: folder(t)})
	for setting, want := range map[string]string{
		"listen_addresses": "", "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on",
		"data_checksums": "on", "server_encoding": "UTF8", "unix_socket_permissions": "0700",
	} {
		if got := query(t, s.URL(database.App), "SHOW "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	info, err := os.Stat(fmt.Sprintf("/proc/%d", s.PID()))
	if err == nil && info.Sys().(*syscall.Stat_t).Uid == 0 {
		t.Error("PostgreSQL runs as root")
	}
	socket, err := os.Stat(s.socket)
	if err != nil || socket.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder: %v, %v, want 0700", socket.Mode(), err)
	}
}

// A parallel worker reads the settings more strictly than the server does: one
// that is wrong makes every query on a big table fail, and no other.
func TestBigQueriesWorkWithTheSettingsOfTheFolder(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, Config{Dir: dir})
	const parallel = `SET force_parallel_mode = on; SELECT count(*) > 0 FROM pg_class`
	if got := query(t, s.URL(database.App), parallel); got != "t" {
		t.Error(got)
	}
	if got := query(t, s.URL(database.App), `SELECT to_tsvector('chevaux')::text`); got != "'cheval':1" {
		t.Errorf("words are read as %s", got)
	}
	conf, err := os.ReadFile(filepath.Join(dir, "data", "postgresql.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(conf), "default_text_search_config = 'pg_catalog.french'") {
		t.Error("the folder's own settings are wrong")
	}
}

func TestNoRoleOfTheProgramIsPowerful(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: folder(t)})
	got := query(t, s.URL(database.App), `SELECT rolname FROM pg_roles WHERE rolname LIKE 'parvis%'
		AND NOT rolsuper AND NOT rolbypassrls AND NOT rolcreaterole AND NOT rolcreatedb ORDER BY 1`)
	if got != "parvis_app\nparvis_custodian\nparvis_owner" {
		t.Errorf("plain roles: %q", got)
	}
	if got := query(t, s.URL(database.App), `SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()`); got != database.Owner {
		t.Errorf("the database belongs to %s", got)
	}
	if got := query(t, s.URL(database.App), `SELECT extname FROM pg_extension WHERE extname IN ('unaccent','pg_trgm') ORDER BY 1`); got != "pg_trgm\nunaccent" {
		t.Errorf("extensions: %q", got)
	}
	if got := query(t, s.URL(database.App), `SELECT bool_and(proleakproof) FROM pg_proc
		WHERE oid IN ('ts_match_vq'::regproc, 'texticlike'::regproc, 'similarity_op'::regproc)`); got != "t" {
		t.Error("search functions are not leakproof: no index would serve them under row level security")
	}
}

func TestAKilledPostgresComesBackWithItsData(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: folder(t)})
	query(t, s.URL(database.Owner), `CREATE TABLE kept (n int)`)
	for round := range 3 {
		query(t, s.URL(database.Owner), `INSERT INTO kept VALUES (1)`)
		killed := s.PID()
		if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "another PostgreSQL answers", func() bool {
			conn, err := pgx.Connect(context.Background(), s.URL(database.Owner))
			if err != nil || s.PID() == killed {
				return false
			}
			return conn.Close(context.Background()) == nil
		})
		if got := query(t, s.URL(database.Owner), `SELECT count(*) FROM kept`); got != fmt.Sprint(round+1) {
			t.Errorf("after %d kills %s rows are left", round+1, got)
		}
	}
}

func TestAKilledProgramLeavesItsDataAndNoPostgres(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	for range 3 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childVariable+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var word, trouble string
		var pid int
		if _, err := fmt.Fscan(out, &word, &pid, &trouble); word != "ready" || trouble != "<nil>" {
			t.Fatalf("child said %q %d %q, %v", word, pid, trouble, err)
		}
		child.Process.Kill()
		child.Wait()
		// On Linux the kernel stops PostgreSQL; elsewhere the next start does.
		s, err := Start(t.Context(), Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if pid != s.PID() && worksIn(pid, s.data()) {
			t.Errorf("PostgreSQL %d outlived its program and the next start", pid)
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, Config{Dir: dir})
	if got := query(t, s.URL(database.Owner), `SELECT count(*) FROM kept`); got != "3" {
		t.Errorf("%s rows of 3 survived", got)
	}
}

func TestAStrayPostgresIsStoppedBeforeOurs(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	first := start(t, Config{Dir: dir})
	query(t, first.URL(database.Owner), `CREATE TABLE kept AS SELECT 1`)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	// pg_ctl starts a PostgreSQL that no parent's death reaches, as on a
	// system where the kernel does not tell.
	control := first.command(filepath.Join(first.bin, "pg_ctl"), "start", "-w", "-D", first.data(), "-l", "/dev/null",
		"-o", "-c listen_addresses= -c unix_socket_directories="+first.socket)
	if out, err := control.CombinedOutput(); err != nil {
		t.Fatalf("pg_ctl: %v %s", err, out)
	}
	stray := first.strayPID()
	if stray == 0 {
		t.Fatal("the stray PostgreSQL is not seen")
	}
	s := start(t, Config{Dir: dir})
	if worksIn(stray, s.data()) || s.PID() == stray {
		t.Errorf("the stray PostgreSQL %d is still there, ours is %d", stray, s.PID())
	}
	query(t, s.URL(database.Owner), `SELECT * FROM kept`)
}

func TestAnOldPidOfSomeoneElseIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := &Server{dir: dir}
	if err := os.MkdirAll(s.data(), 0o700); err != nil {
		t.Fatal(err)
	}
	pid := fmt.Sprintf("%d\n%s\n", os.Getpid(), s.data()) // lives, and is no postmaster
	if err := os.WriteFile(filepath.Join(s.data(), "postmaster.pid"), []byte(pid), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := s.strayPID(); got != 0 {
		t.Errorf("strayPID = %d, would have stopped an innocent process", got)
	}
}

// After a power cut the number of the dead PostgreSQL may be that of another
// process of its account; after a kill, that of a process not yet reaped.
func TestAnOldPidOfTheSameAccountKeepsNobodyFromStarting(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	first := start(t, Config{Dir: dir})
	query(t, first.URL(database.Owner), `CREATE TABLE kept AS SELECT 1`)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	innocent := first.command("sleep", "600")
	if err := innocent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = innocent.Process.Kill()
		_ = innocent.Wait()
	})
	pid := fmt.Sprintf("%d\n%s\n", innocent.Process.Pid, first.data())
	if err := os.WriteFile(filepath.Join(first.data(), "postmaster.pid"), []byte(pid), 0o644); err != nil {
		t.Fatal(err)
	}
	s := start(t, Config{Dir: dir, Timeout: 20 * time.Second})
	query(t, s.URL(database.Owner), `SELECT * FROM kept`)
	if !alive(innocent.Process.Pid) {
		t.Error("an innocent process was stopped")
	}
}

func TestASecondProcessAttachesThenTakesOver(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	first := start(t, Config{Dir: dir})
	second := start(t, Config{Dir: dir})
	if second.PID() != 0 {
		t.Fatal("two servers on one folder")
	}
	query(t, second.URL(database.Owner), `CREATE TABLE kept AS SELECT 1`)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the second process has the server", func() bool { return second.PID() != 0 })
	eventually(t, "it answers", func() bool {
		conn, err := pgx.Connect(context.Background(), second.URL(database.Owner))
		return err == nil && conn.Close(context.Background()) == nil
	})
	query(t, second.URL(database.Owner), `SELECT * FROM kept`)
}

func TestAHeirThatIsStoppedWhileTakingOverStopsAtOnce(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	first := start(t, Config{Dir: dir})
	for range 3 {
		heir, err := Start(t.Context(), Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if err := first.Stop(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the heir has the lock", func() bool { return !Abandoned(dir) })
		begun := time.Now()
		if err := heir.Stop(); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > 15*time.Second {
			t.Errorf("stopping took %v", took)
		}
		first = start(t, Config{Dir: dir})
	}
}

func TestTwoFirstStartsAtOnceMakeOneCluster(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	var wg sync.WaitGroup
	servers := make([]*Server, 3)
	for i := range servers {
		wg.Go(func() {
			s, err := Start(t.Context(), Config{Dir: dir})
			if err != nil {
				t.Error(err)
				return
			}
			servers[i] = s
		})
	}
	wg.Wait()
	owners := 0
	for _, s := range servers {
		if s != nil && s.PID() != 0 {
			owners++
		}
	}
	if owners != 1 {
		t.Errorf("%d processes own the folder", owners)
	}
	for _, s := range servers {
		if s != nil {
			defer s.Stop()
		}
	}
}

func TestAnInterruptedCreationStartsAfresh(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	half := filepath.Join(dir, "data.init")
	if err := os.MkdirAll(filepath.Join(half, "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, Config{Dir: dir})
	query(t, s.URL(database.App), `SELECT 1`)
}

func TestAnotherMajorIsRefusedAndTouchesNothing(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, Config{Dir: dir})
	query(t, s.URL(database.Owner), `CREATE TABLE kept AS SELECT 1`)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	version := filepath.Join(dir, "data", "PG_VERSION")
	real, err := os.ReadFile(version)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(version, []byte("11\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := listing(t, dir)
	_, err = Start(t.Context(), Config{Dir: dir})
	if !errors.Is(err, ErrOtherMajor) || !strings.Contains(err.Error(), "PostgreSQL 11") {
		t.Errorf("Start = %v, want to be told of the version", err)
	}
	if after := listing(t, dir); after != before {
		t.Error("the folder was changed")
	}
	if err := os.WriteFile(version, real, 0o600); err != nil {
		t.Fatal(err)
	}
	again := start(t, Config{Dir: dir})
	query(t, again.URL(database.Owner), `SELECT * FROM kept`)
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	var files strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		fmt.Fprintln(&files, path, info.Size(), info.ModTime())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files.String()
}

func TestAFolderThatIsNoClusterIsRefused(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	photo := filepath.Join(dir, "data", "photo.jpg")
	if err := os.MkdirAll(filepath.Dir(photo), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(photo, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "n’est pas une base PostgreSQL") {
		t.Errorf("Start = %v", err)
	}
	if kept, err := os.ReadFile(photo); err != nil || string(kept) != "precious" {
		t.Errorf("the file: %q, %v", kept, err)
	}
}

func TestMissingBinariesAreToldPlainly(t *testing.T) {
	t.Parallel()
	if _, err := findAmong(nil, ""); !errors.Is(err, ErrNoBinaries) || !strings.Contains(err.Error(), "apt install postgresql") {
		t.Errorf("without PostgreSQL: %v", err)
	}
	if _, err := findAmong(candidates(), "9"); !errors.Is(err, ErrOtherMajor) {
		t.Errorf("with another major: %v", err)
	}
}

func TestAWrongSettingIsToldAtOnce(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := start(t, Config{Dir: dir}).Stop(); err != nil {
		t.Fatal(err)
	}
	spoil(t, dir)
	begun := time.Now()
	_, err := Start(t.Context(), Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "postgresql.conf") {
		t.Errorf("Start = %v, want PostgreSQL's own reason", err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %v to say so", took)
	}
}

const nonsense = "\nthis is no setting\n"

func spoil(t *testing.T, dir string) {
	t.Helper()
	conf, err := os.OpenFile(filepath.Join(dir, "data", "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer conf.Close()
	if _, err := conf.WriteString(nonsense); err != nil {
		t.Fatal(err)
	}
}

// A full disk lasts longer than any count of tries.
func TestAServerThatLivedIsTriedUntilItLivesAgain(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	quick := pace{first: time.Millisecond, longest: 4 * time.Millisecond, life: time.Minute, lives: 2}
	var said lockedBuffer
	s := start(t, Config{Dir: dir, pace: quick, Log: slog.New(slog.NewTextHandler(&said, nil))})
	query(t, s.URL(database.Owner), `CREATE TABLE kept AS SELECT 1`)
	spoil(t, dir)
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is tried many times", func() bool { return strings.Count(said.String(), "redémarrage") > 20 })
	select {
	case <-s.Failed():
		t.Fatal("given up")
	default:
	}
	mend(t, dir)
	eventually(t, "it lives again", func() bool {
		conn, err := pgx.Connect(context.Background(), s.URL(database.Owner))
		return err == nil && conn.Close(context.Background()) == nil
	})
	query(t, s.URL(database.Owner), `SELECT * FROM kept`)
}

func TestAServerThatNeverLivedIsGivenUp(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := start(t, Config{Dir: dir}).Stop(); err != nil {
		t.Fatal(err)
	}
	spoil(t, dir)
	var said lockedBuffer
	quick := pace{first: time.Millisecond, longest: 4 * time.Millisecond, life: time.Minute, lives: 5}
	if _, err := Start(t.Context(), Config{Dir: dir, pace: quick, Log: slog.New(slog.NewTextHandler(&said, nil))}); err == nil {
		t.Fatal("it started")
	}
	if tries := strings.Count(said.String(), "redémarrage"); tries != quick.lives {
		t.Errorf("%d restarts, want %d", tries, quick.lives)
	}
}

func mend(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, "data", "postgresql.conf")
	conf, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(conf, []byte(nonsense), nil, 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

func TestAPrivateParentMovesTheDataAndSaysSo(t *testing.T) {
	t.Parallel()
	private := filepath.Join(t.TempDir(), "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(private, "var", "pg")
	var said lockedBuffer
	s := start(t, Config{Dir: dir, Log: slog.New(slog.NewTextHandler(&said, nil))})
	if os.Geteuid() != 0 { // our own account goes where we go
		if s.Dir() != dir {
			t.Errorf("the data is in %s, want %s", s.Dir(), dir)
		}
		return
	}
	t.Cleanup(func() { os.RemoveAll(s.Dir()); os.Remove(filepath.Dir(s.Dir())) })
	if s.Dir() == dir || !strings.Contains(said.String(), s.Dir()) {
		t.Errorf("the data is in %s and the log says %q", s.Dir(), said.String())
	}
	query(t, s.URL(database.Owner), `CREATE TABLE kept AS SELECT 1`)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	// Even once the parent is open, the data is where it was put.
	if err := os.Chmod(private, 0o755); err != nil {
		t.Fatal(err)
	}
	again := start(t, Config{Dir: dir})
	query(t, again.URL(database.Owner), `SELECT * FROM kept`)
	if err := again.Stop(); err != nil {
		t.Fatal(err)
	}
	// Should that place be emptied, an empty base does not take over.
	if err := os.Rename(s.data(), s.data()+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), movedNote) {
		t.Errorf("with the data gone: %v", err)
	}
}

func TestDataBehindAPrivateParentIsNotReplacedByAnEmptyBase(t *testing.T) {
	t.Parallel()
	parent := folder(t)
	dir := filepath.Join(parent, "pg")
	s := start(t, Config{Dir: dir})
	query(t, s.URL(database.Owner), `CREATE TABLE kept AS SELECT 1`)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	again, err := Start(t.Context(), Config{Dir: dir})
	if err == nil {
		defer again.Stop()
		query(t, again.URL(database.Owner), `SELECT * FROM kept`) // our own account may pass
		return
	}
	if os.Geteuid() != 0 || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("Start = %v", err)
	}
}

func TestADeepFolderStillHasASocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), strings.Repeat("d", 60), strings.Repeat("e", 60))
	s := start(t, Config{Dir: dir})
	t.Cleanup(func() { os.RemoveAll(s.socket) })
	query(t, s.URL(database.App), `SELECT 1`)
	if strings.HasPrefix(s.socket, dir) || s.Dir() != dir {
		t.Errorf("socket in %s, data in %s", s.socket, s.Dir())
	}
}

func TestAFolderThatSomeoneElsePlantedIsRefused(t *testing.T) {
	t.Parallel()
	planted := filepath.Join(folder(t), "planted")
	if err := os.Symlink("/etc", planted); err != nil {
		t.Fatal(err)
	}
	if err := (&Server{}).checkFolder(planted); err == nil {
		t.Error("a link planted in our place was followed")
	}
}

func TestTheAddressSurvivesOddPaths(t *testing.T) {
	t.Parallel()
	s := &Server{socket: "/srv/ville d’Été/50 % & +1/sock", cfg: Config{Database: "parvis"}}
	config, err := pgx.ParseConfig(s.URL(database.App))
	if err != nil || config.Host != s.socket || config.User != database.App {
		t.Errorf("host %q, user %q, %v", config.Host, config.User, err)
	}
}

func TestTheUnsafeControlIsRefusedForVotes(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: folder(t), Unsafe: true})
	db, err := database.Open(t.Context(), database.Options{URL: s.URL(database.App)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.CheckDurability(t.Context()); err == nil {
		t.Error("a server that does not write before it answers passes for durable")
	}
}

// "Only PostgreSQL 15, 15 is installed", said a machine that has it twice.
func TestAVersionInTwoFoldersIsSaidOnce(t *testing.T) {
	t.Parallel()
	folders := candidates()
	_, err := findAmong(append(folders, folders...), "9")
	if !errors.Is(err, ErrOtherMajor) {
		t.Fatal(err)
	}
	major, _ := majorOf(folders[0])
	if strings.Contains(err.Error(), major+", "+major) {
		t.Error(err)
	}
}
