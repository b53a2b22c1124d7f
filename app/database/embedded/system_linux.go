package embedded

import (
	"fmt"
	"os"
	"syscall"
)

// attributes: should we be killed, the kernel sends PostgreSQL SIGINT, a fast
// and clean shutdown. Its own group keeps a terminal's Ctrl-C for us.
func attributes(account *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: account, Pdeathsig: syscall.SIGINT, Setpgid: true}
}

// worksIn reports whether the process's current folder is dir, where a
// postmaster always stands.
func worksIn(pid int, dir string) bool {
	there, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	here, err := os.Stat(dir)
	return err == nil && os.SameFile(there, here)
}

// memoryMB is the machine's memory.
func memoryMB() int {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) != nil {
		return 1024
	}
	return int(uint64(info.Totalram) * uint64(info.Unit) >> 20)
}

func locale() string { return "C.UTF-8" }
