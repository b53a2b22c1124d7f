package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/urfave/cli/v3"

	"parvis/app/kernel"
	"parvis/app/module"
	"parvis/app/testkit"
)

// TestMain is also the program: a measure starts itself again to serve.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || os.Args[1] != "bench" {
		os.Exit(m.Run())
	}
	none := func(*kernel.Platform) []module.Module { return nil }
	root := &cli.Command{Commands: []*cli.Command{Command(none)}}
	if err := root.Run(context.Background(), os.Args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func onTestDatabase(t *testing.T) {
	t.Helper()
	db := testkit.Database(t)
	t.Setenv("DATABASE_URL", db.URL)
	t.Setenv("DATABASE_OWNER_URL", db.OwnerURL)
	t.Setenv("PARVIS_DATA", t.TempDir())
}

// holds checks the fields that others read, and that each has been measured.
func holds(t *testing.T, object map[string]any, fields ...string) {
	t.Helper()
	for _, field := range fields {
		if n, ok := object[field].(float64); !ok || n <= 0 {
			t.Errorf("%q is %v", field, object[field])
		}
	}
}

func decoded(t *testing.T, report any) map[string]any {
	t.Helper()
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestVotesAreMeasuredAgainstTheirBaseline(t *testing.T) {
	onTestDatabase(t)
	report, err := Vote(t.Context(), VoteOptions{Clients: 16, Voters: 600, Polls: 3, Nodes: 2, Already: 500, Towns: 2}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	object := decoded(t, report)
	holds(t, object, "ratio")
	for _, way := range []string{"parvis", "naive"} {
		holds(t, object[way].(map[string]any), "votes_per_s", "p50_ms", "p99_ms", "cpu_us_per_vote")
	}
	if report.Parvis.Voters != 600 || report.Parvis.P50 > report.Parvis.P99 {
		t.Errorf("%+v", report.Parvis)
	}
}

func TestBasketsAreMeasured(t *testing.T) {
	onTestDatabase(t)
	report, err := Vote(t.Context(), VoteOptions{Clients: 8, Voters: 200, Basket: true}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if report.Parvis.Voters != 200 || !report.Basket {
		t.Errorf("%+v", report)
	}
}

func TestScreensAreMeasuredAgainstTheLimit(t *testing.T) {
	onTestDatabase(t)
	report, err := Live(t.Context(), 40, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	object := decoded(t, report)
	holds(t, object, "messages_per_s", "write_limit_per_s", "ratio", "commit_to_screen_p99_ms")
	if _, ok := object["kb_per_socket"].(float64); !ok {
		t.Error("no memory per socket")
	}
	if report.CommitToScreen > 2000 {
		t.Errorf("a vote takes %v ms to 40 screens", report.CommitToScreen)
	}
}

func TestAMeasureThatMakesNoSenseIsRefused(t *testing.T) {
	if _, err := Vote(t.Context(), VoteOptions{Voters: 10}, io.Discard); err == nil {
		t.Error("votes of no client")
	}
	if _, err := Vote(t.Context(), VoteOptions{Clients: 20, Voters: 10}, io.Discard); err == nil {
		t.Error("more clients than ballots")
	}
	if _, err := Live(t.Context(), 0, io.Discard); err == nil {
		t.Error("no screen")
	}
}

func TestCommandsAreThere(t *testing.T) {
	var names []string
	for _, c := range Command(nil).Commands {
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	if !slices.Equal(names, []string{"vote", "live"}) {
		t.Errorf("%v", names)
	}
}
