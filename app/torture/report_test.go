package torture

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// long is whether the faults last as long as before a release.
var long = os.Getenv("PARVIS_LONG") != ""

// times chooses how often a fault comes.
func times(short, whenLong int) int {
	if long {
		return whenLong
	}
	return short
}

// Report is what a fault did to the votes. It is written as JSON and as text.
type Report struct {
	Fault        string    `json:"fault"` // "R1"
	Title        string    `json:"title"`
	Long         bool      `json:"long"`
	At           time.Time `json:"at"`
	Seconds      float64   `json:"seconds"`
	Cycles       int       `json:"cycles"`
	Acknowledged int       `json:"acknowledged"` // votes whose voter was told that they count
	Refused      int       `json:"refused"`      // votes whose voter was told that they do not
	Retried      int       `json:"retried"`      // answers "not now", after which the voter sent the page again
	Lost         int       `json:"lost"`
	Doubled      int       `json:"doubled"`
	LogVerified  bool      `json:"log_verified"` // of every cycle
	Measures     []Measure `json:"measures,omitempty"`
	Problems     []string  `json:"problems,omitempty"`
	Passed       bool      `json:"passed"`

	mu    sync.Mutex
	begun time.Time
}

// Measure is a figure of one fault only.
type Measure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
}

// begin starts the report of a fault. It is written when the test ends.
func begin(t *testing.T, fault, title string) *Report {
	t.Helper()
	r := &Report{Fault: fault, Title: title, Long: long, LogVerified: true, begun: time.Now()}
	t.Cleanup(func() {
		r.Passed = !t.Failed()
		r.Seconds = time.Since(r.begun).Round(100 * time.Millisecond).Seconds()
		r.At = time.Now().UTC().Truncate(time.Second)
		if err := r.write(reports); err != nil {
			t.Error(err)
		}
		t.Log(r.text())
	})
	return r
}

// reports is where reports go, from this package's folder.
const reports = "../../var/torture"

func (r *Report) write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	object, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(folder, strings.ToLower(r.Fault))
	if err := os.WriteFile(path+".json", append(object, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(path+".txt", []byte(r.text()), 0o644)
}

// text is the report for people.
func (r *Report) text() string {
	var s strings.Builder
	verdict, log := "tenu", "vérifié à chaque cycle"
	if !r.Passed {
		verdict = "NON TENU"
	}
	if !r.LogVerified {
		log = "FAUX"
	}
	fmt.Fprintf(&s, "%s — %s : %s\n", r.Fault, r.Title, verdict)
	line := func(name string, value any) { fmt.Fprintf(&s, "  %-34s %v\n", name, value) }
	line("cycles", r.Cycles)
	line("votes confirmés", r.Acknowledged)
	line("votes refusés", r.Refused)
	line("réponses « réessayez »", r.Retried)
	line("votes perdus", r.Lost)
	line("votes comptés deux fois", r.Doubled)
	line("registre", log)
	for _, m := range r.Measures {
		line(m.Name, strings.TrimSpace(fmt.Sprintf("%.6g %s", m.Value, m.Unit)))
	}
	line("durée", fmt.Sprintf("%.1f s", r.Seconds))
	for _, p := range r.Problems {
		fmt.Fprintf(&s, "  ! %s\n", p)
	}
	return s.String()
}

// problem notes what ought not to be.
func (r *Report) problem(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if text := fmt.Sprintf(format, args...); len(r.Problems) < 50 && !slices.Contains(r.Problems, text) {
		r.Problems = append(r.Problems, text)
	}
}

// measure keeps a figure; the greatest of those of one name.
func (r *Report) measure(name, unit string, value float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.Measures {
		if r.Measures[i].Name == name {
			r.Measures[i].Value = max(r.Measures[i].Value, value)
			return
		}
	}
	r.Measures = append(r.Measures, Measure{Name: name, Value: value, Unit: unit})
}

func (r *Report) longest(name string, d time.Duration) {
	r.measure(name, "s", d.Round(10*time.Millisecond).Seconds())
}

// add counts what was found in the box after a cycle.
func (r *Report) add(e *evidence) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Cycles++
	r.Acknowledged += e.acknowledged
	r.Refused += e.refused
	r.Lost += e.lost
	r.Doubled += e.doubled
	r.LogVerified = r.LogVerified && e.logVerified
	if room := 50 - len(r.Problems); room > 0 {
		r.Problems = append(r.Problems, e.problems[:min(room, len(e.problems))]...)
	}
}

// mustHold fails the test unless nothing at all went wrong.
func (r *Report) mustHold(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Lost != 0 || r.Doubled != 0 || !r.LogVerified || len(r.Problems) > 0 {
		t.Errorf("%s: %d lost, %d doubled, log verified: %v\n%s", r.Fault, r.Lost, r.Doubled, r.LogVerified, strings.Join(r.Problems, "\n"))
	}
	if r.Acknowledged == 0 {
		t.Errorf("%s: no vote at all", r.Fault)
	}
}

func TestAReportSaysWhatHappened(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r := &Report{Fault: "R9", Title: "essai", LogVerified: true}
	r.add(&evidence{acknowledged: 40, logVerified: true})
	r.add(&evidence{acknowledged: 2, lost: 1, doubled: 3, problems: []string{"un vote manque"}})
	r.measure("coupure la plus longue", "s", 1.5)
	r.measure("coupure la plus longue", "s", 0.5)
	if err := r.write(folder); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(folder, "r9.json"))
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(raw, &object); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]any{"fault": "R9", "cycles": 2.0, "acknowledged": 42.0, "lost": 1.0, "doubled": 3.0, "log_verified": false, "passed": false} {
		if object[field] != want {
			t.Errorf("%s is %v, want %v", field, object[field], want)
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, "r9.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"R9 — essai : NON TENU", "42", "FAUX", "1.5 s", "! un vote manque"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the text does not say %q:\n%s", want, text)
		}
	}
}
