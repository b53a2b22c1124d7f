package proof_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"parvis/app/voting/counting"
	"parvis/app/voting/proof"
	"parvis/app/voting/proof/prooftest"
	"parvis/app/voting/proof/sample"
)

var methods = []counting.Method{counting.Plurality, counting.Approval, counting.YesNoAbstain, counting.Greedy, counting.EqualShares}

// anyOptions makes each poll unlike the others.
func anyOptions(r *rand.Rand) sample.Options {
	o := sample.Options{Method: methods[r.IntN(5)], Voters: 4 + r.IntN(20), Again: r.IntN(2) == 0, Extended: r.IntN(5) == 0, Paper: r.IntN(3) == 0}
	if r.IntN(2) == 0 {
		o.Keys = [][]counting.TieKey{{counting.TieCost, counting.TieVotes, counting.TieID}, {counting.TieVotes, counting.TieID}, {counting.TieID}}[r.IntN(3)]
	}
	if r.IntN(3) == 0 {
		o.Points = 10
	}
	return o
}

func verify(t *testing.T, archive []byte, o proof.Options) *proof.Report {
	t.Helper()
	report, err := proof.Verify(bytes.NewReader(archive), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// file is an archive to put before both verifiers.
type file struct {
	name    string
	archive []byte
	forged  bool
}

// forgeries returns n forged archives, and a sound one for each ten.
func forgeries(t *testing.T, seed uint64, n int) (files []file) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	all := sample.Forgeries()
	for made, tried := 0, 0; made < n; tried++ {
		log := sample.New(r, anyOptions(r))
		sound := log.Archive()
		if tried%10 == 0 {
			files = append(files, file{fmt.Sprintf("%d: sound", tried), sound, false})
		}
		f := all[tried%len(all)]
		archive := f.Forge(r, log)
		if archive == nil {
			continue // this log does not lend itself to it
		}
		if bytes.Equal(archive, sound) {
			t.Fatalf("%d: %s: nothing was forged", tried, f.Name)
		}
		files = append(files, file{fmt.Sprintf("%d: %s", tried, f.Name), archive, true})
		made++
	}
	return files
}

func archives(files []file) (list [][]byte) {
	for _, f := range files {
		list = append(list, f.archive)
	}
	return list
}

// long asks for the volumes of the long run.
func long() bool { return os.Getenv("PARVIS_LONG") != "" }

// rounds is how many batches of a thousand forgeries are tried.
func rounds() int {
	if long() {
		return 100
	}
	return 1
}

// TestNoForgedArchiveIsAccepted puts every forgery before both verifiers: none
// is accepted, none of the sound archives is refused, and both name the same
// fault at the same place.
func TestNoForgedArchiveIsAccepted(t *testing.T) {
	t.Parallel()
	second := prooftest.New(t)
	for round := range rounds() {
		files := forgeries(t, uint64(round), 1000)
		others := second.Archives(sample.Key(), archives(files)...)
		for i, f := range files {
			report := verify(t, f.archive, proof.Options{Key: sample.Key()})
			if report.OK == f.forged {
				keep(t, f, report.Fault)
			}
			if got, want := prooftest.Line(&others[i]), prooftest.Line(report); got != want {
				t.Errorf("%s: the verifiers disagree:\n  Go:         %s\n  JavaScript: %s", f.name, want, got)
			}
		}
	}
}

// keep leaves the archive where it can be looked at.
func keep(t *testing.T, f file, fault *proof.Fault) {
	t.Helper()
	path := t.TempDir() + "/archive"
	if out, err := os.CreateTemp("", "parvis-forged-"); err == nil {
		path = out.Name()
		_, _ = out.Write(f.archive)
		out.Close()
	}
	t.Errorf("%s: forged %v, fault %v (%s)", f.name, f.forged, fault, path)
}

// TestTheBrowserVerifiesToo: what a citizen's browser says of an archive is
// what Node and Go say.
func TestTheBrowserVerifiesToo(t *testing.T) {
	t.Parallel()
	files := forgeries(t, 77, 60)
	for i, other := range prooftest.InBrowser(t).Archives(sample.Key(), archives(files)...) {
		if want := prooftest.Line(verify(t, files[i].archive, proof.Options{Key: sample.Key()})); prooftest.Line(&other) != want {
			t.Errorf("%s:\n  Go:      %s\n  browser: %s", files[i].name, want, prooftest.Line(&other))
		}
	}
}

// TestEveryForgeryIsTried: none of them only ever gives up.
func TestEveryForgeryIsTried(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	for _, f := range sample.Forgeries() {
		found := ""
		for range 20 {
			archive := f.Forge(r, sample.New(r, anyOptions(r)))
			if archive == nil {
				continue
			}
			report := verify(t, archive, proof.Options{Key: sample.Key()})
			if report.OK {
				t.Fatalf("%s is accepted", f.Name)
			}
			found = report.Fault.Code
		}
		if found == "" {
			t.Errorf("%s was never done", f.Name)
		}
	}
}

// TestEveryFaultIsFound: each thing that the verifier can say against an
// archive is said of some forgery, so that no check is for nothing.
func TestEveryFaultIsFound(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, f := range forgeries(t, 99, 1000) {
		if report := verify(t, f.archive, proof.Options{Key: sample.Key()}); report.Fault != nil {
			said[report.Fault.Code] = true
		}
	}
	var source []byte
	for _, file := range []string{"verify.go", "recount.go", "paper.go"} {
		part, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, part...)
	}
	for _, part := range strings.Split(string(source), `"`) {
		code, word, ok := strings.Cut(part, ".")
		known := ok && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz_") == "" && strings.Contains("|format|key|signature|log|rules|ballots|closing|seed|count|result|", "|"+code+"|")
		if known && !said[part] && !hardToForge[part] {
			t.Errorf("no forgery makes the verifier say %s", part)
		}
	}
}

// hardToForge are faults of logs that only a mistake of the program could make.
var hardToForge = map[string]bool{
	"signature.text": true, // a signed text that is no checkpoint of this poll
}

// TestASoundArchiveSaysWhatItHolds
func TestASoundArchiveSaysWhatItHolds(t *testing.T) {
	t.Parallel()
	log := sample.New(rand.New(rand.NewPCG(1, 1)), sample.Options{Method: counting.Plurality, Voters: 30, Again: true, Extended: true})
	report := verify(t, log.Archive(), proof.Options{Key: sample.Key()})
	if !report.OK || !report.Pinned {
		t.Fatalf("%+v", report.Fault)
	}
	if report.Ballots != 30 || report.Replaced == 0 || report.Rulesets != 2 || report.Leaves != int64(len(log.Entries)) {
		t.Errorf("%+v", report)
	}
	if report.Question != "Quel arbre planter sur la place ?" || len(report.Options) != 3 || len(report.Winners) != 1 {
		t.Errorf("%q, %v, %v", report.Question, report.Options, report.Winners)
	}
	if unknown := verify(t, log.Archive(), proof.Options{}); !unknown.OK || unknown.Pinned {
		t.Errorf("without a known key: %+v", unknown)
	}
}

// TestExamplesTurnRedWhereTheyWereForged
func TestExamplesTurnRedWhereTheyWereForged(t *testing.T) {
	t.Parallel()
	want := map[string]string{"juste": "", "bulletin": "ballots.inner", "ecarte": "ballots.dropped", "compte": "log.root"}
	for _, e := range sample.Examples() {
		report := verify(t, e.Archive, proof.Options{Key: sample.Key()})
		code := ""
		if report.Fault != nil {
			code = report.Fault.Code
		}
		if code != want[e.Name] {
			t.Errorf("%s: %q, want %q", e.Name, code, want[e.Name])
		}
	}
}

func FuzzVerify(f *testing.F) {
	for _, e := range sample.Examples() {
		f.Add(e.Archive)
	}
	sound := sample.Examples()[0].Archive
	f.Fuzz(func(t *testing.T, archive []byte) {
		report, err := proof.Verify(bytes.NewReader(archive), proof.Options{Key: sample.Key()})
		if err != nil {
			t.Fatal(err)
		}
		if report.OK && !bytes.Equal(archive, sound) {
			t.Error("accepted")
		}
	})
}
