package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc: 10 ms on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpu is the processor time used so far by the servers and, when it is ours, by
// PostgreSQL with all its processes. It is zero where there is no /proc.
func (g *ground) cpu(nodes fleet) (total time.Duration) {
	for _, s := range nodes {
		total += usedBy(s.cmd.Process.Pid, false)
	}
	if g.server == nil {
		return total
	}
	pid := g.server.PID()
	total += usedBy(pid, true)
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return total
	}
	for child := range strings.FieldsSeq(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			total += usedBy(n, false)
		}
	}
	return total
}

// usedBy reads utime and stime of a process, with those of the children that
// have ended if asked.
func usedBy(pid int, ended bool) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The second field, the name, may hold spaces; the third follows its last ")".
	fields := strings.Fields(string(stat)[strings.LastIndexByte(string(stat), ')')+1:])
	last := 13
	if ended {
		last = 15
	}
	var ticks int64
	for i := 11; i < last && i < len(fields); i++ { // utime is the 14th field of all
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}
