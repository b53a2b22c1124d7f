//go:build !linux

package embedded

import (
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// attributes: these systems do not tell a child of its parent's death; the
// next start stops the PostgreSQL that was left (see stopStray).
func attributes(account *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: account, Setpgid: true}
}

// worksIn reports whether the process is a PostgreSQL that was given dir.
func worksIn(pid int, dir string) bool {
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), "postgres") && strings.Contains(string(out), dir)
}

// memoryMB is what a small machine has; these systems are for development.
func memoryMB() int { return 2048 }

func locale() string {
	if runtime.GOOS == "darwin" {
		return "en_US.UTF-8"
	}
	return "C.UTF-8"
}
