//go:build !race && unix

// The race detector keeps shadow memory for every byte: what a socket costs
// can only be measured without it.

package realtime

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parvis/realtime/livetest"
)

// crowdVariable makes the test binary a crowd of idle screens instead: their
// memory must not be counted with the server's.
const crowdVariable = "PARVIS_TEST_CROWD"

func TestMain(m *testing.M) {
	if crowd := os.Getenv(crowdVariable); crowd != "" {
		if err := idleCrowd(crowd); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// idleCrowd connects "number address" screens, says so, and stays until its input ends.
func idleCrowd(crowd string) error {
	var number int
	var address string
	if _, err := fmt.Sscan(crowd, &number, &address); err != nil {
		return err
	}
	follows := []livetest.Follow{{Topic: "voting/1", Audience: "screen"}}
	screens, err := livetest.Gather(context.Background(), number, livetest.Options{URL: address, Follows: follows})
	if err != nil {
		return err
	}
	defer screens.Close()
	if err := screens.Wait(context.Background(), 1); err != nil {
		return err
	}
	fmt.Println("here")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startCrowd has another process connect n idle screens.
func startCrowd(t testing.TB, address string, n int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	crowd := exec.Command(self)
	crowd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", crowdVariable, n, address))
	crowd.Stderr = os.Stderr
	in, err := crowd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := crowd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := crowd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		crowd.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "here\n" {
		t.Fatalf("the crowd did not come: %q %v", line, err)
	}
}

// resident is the memory that the process keeps after collecting its rubbish.
func resident(t testing.TB) int {
	t.Helper()
	for range 4 { // each halves the stacks that have grown
		runtime.GC()
	}
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		// No such file here: what the runtime has in use is close.
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		return int(memory.HeapInuse + memory.StackInuse)
	}
	pages, err := strconv.Atoi(strings.Fields(string(status))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// idleCost returns the bytes that each of n idle sockets costs, after two heartbeats.
func idleCost(t testing.TB, n int) int {
	h := open(t, Options{Heartbeat: 2 * time.Second}, nil)
	const warm = 200 // what the first sockets alone need is not counted
	startCrowd(t, h.url, warm)
	before := resident(t)
	startCrowd(t, h.url, n)
	if present := h.hub.Present(poll, Screen); present != warm+n {
		t.Fatalf("%d present, want %d", present, warm+n)
	}
	beaten := h.hub.Stats().Sent + 4*int64(n)
	eventually(t, "two heartbeats", func() bool { return h.hub.Stats().Sent >= beaten })
	return (resident(t) - before) / n
}

func TestAnIdleSocketCostsAtMostSixKilobytes(t *testing.T) {
	if cost := idleCost(t, 3000); cost > 6<<10 {
		t.Errorf("an idle socket costs %d bytes, want at most 6 144", cost)
	}
}

func BenchmarkIdleSocket(b *testing.B) {
	cost := idleCost(b, 8000)
	for b.Loop() {
	}
	b.ReportMetric(float64(cost)/1024, "kB/socket")
}

// BenchmarkFanOut sends one state after the other to 5 000 sockets, each as
// soon as the last has arrived everywhere. Compare with BenchmarkBareWrite of
// the same run: the limit of the machine.
func BenchmarkFanOut(b *testing.B) {
	h := open(b, Options{Heartbeat: time.Hour}, nil) // the drain answers none
	var drained livetest.Drain
	defer drained.Close()
	for range fanOut {
		client := h.come(b)
		next(b, client)
		drained.Add(client.Conn().NetConn())
	}
	key := feedKey{poll, Screen}
	h.hub.mu.RLock()
	f := h.hub.feeds[key]
	h.hub.mu.RUnlock()
	body := []byte(`{"pad":"` + strings.Repeat("x", 280) + `"}`)
	var rev int64 = 1 << 40 // every revision is as long, and newer than the source's
	var expected int64
	began := processorTime(b)
	for b.Loop() {
		rev++
		fr, err := newFrame(poll, State{Rev: rev, Body: body})
		if err != nil {
			b.Fatal(err)
		}
		f.publish(fr, nil)
		expected += fanOut * int64(4+len(`{"t":"voting/1","rev":,"s":}`)+len(fmt.Sprint(rev))+len(body))
		if err := drained.Wait(b.Context(), expected); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*fanOut)/b.Elapsed().Seconds(), "msg/s")
	b.ReportMetric((processorTime(b)-began).Seconds()*1e6/float64(b.N*fanOut), "cpu-µs/msg")
}

const fanOut = 5000

func BenchmarkBareWrite(b *testing.B) {
	began := processorTime(b)
	rate, err := livetest.BareWrite(b.Context(), fanOut, 330, max(b.N, 1))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(rate.PerSecond(), "msg/s")
	b.ReportMetric((processorTime(b)-began).Seconds()*1e6/float64(b.N*fanOut), "cpu-µs/msg") // with the connecting
}

// processorTime is what this process has used: on a busy machine it tells more than the clock.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
