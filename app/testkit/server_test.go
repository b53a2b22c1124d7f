package testkit_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parvis/app/testkit"
)

// oldFolder is one that a run might have left an hour ago.
func oldFolder(t *testing.T) string {
	t.Helper()
	dir := testkit.Folder(t)
	for name, text := range map[string]string{"lock": "", "data/PG_VERSION": "15\n", "data/postmaster.pid": "999999999\n"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	hourAgo := time.Now().Add(-time.Hour)
	if err := os.Chtimes(dir, hourAgo, hourAgo); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestARunSweepsWhatKilledRunsLeftAndNothingElse(t *testing.T) {
	t.Parallel()
	dead, living := oldFolder(t), testkit.Database(t)
	server, err := testkit.StartServer(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Errorf("a dead run's folder is still there: %v", err)
	}
	if err := living.CheckDurability(t.Context()); err != nil {
		t.Errorf("the server of a living run: %v", err)
	}
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(server.Dir() + "*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTestpgGivesOneServerToItsCommandAndItsExitCode(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "testpg")
	if out, err := exec.Command("go", "build", "-o", binary, "./testpg").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(binary, "--", "sh", "-c", `echo "$`+testkit.ServerVariable+`"; exit 7`).Output()
	exit, _ := err.(*exec.ExitError)
	if exit == nil || exit.ExitCode() != 7 {
		t.Errorf("testpg ended with %v, want its command's 7", err)
	}
	if !strings.HasPrefix(string(out), "postgres://postgres@") {
		t.Errorf("the command was given %q", out)
	}
	if err := exec.Command(binary).Run(); err == nil {
		t.Error("testpg without a command succeeded")
	}
}
