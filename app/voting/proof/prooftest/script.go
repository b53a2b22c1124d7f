// Package prooftest runs the second verifier of archives and receipts, the one
// in plain JavaScript, for the tests that compare it with the first.
package prooftest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"parvis/app/testkit/browser"
	"parvis/app/voting/proof"
)

// Script is the second verifier.
type Script struct {
	t   testing.TB
	run func(kind string, key proof.Key, files [][]byte) []byte
}

// New returns the verifier as Node runs it where there is one, and as the
// browser does otherwise.
func New(t testing.TB) *Script {
	if node, ok := nodeHere(); ok {
		return &Script{t, func(kind string, key proof.Key, files [][]byte) []byte { return runInNode(t, node, kind, key, files) }}
	}
	return InBrowser(t)
}

// source is the script beside go.mod, wherever the test runs.
func source(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(filepath.Dir(strings.TrimSpace(string(out))), "app", "ui", "static", "src", "verifier.js")
}

// nodeHere finds a Node that knows Ed25519.
func nodeHere() (string, bool) {
	path, err := exec.LookPath("node")
	if err != nil {
		return "", false
	}
	out, err := exec.Command(path, "--version").Output()
	major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), ".")
	n, _ := strconv.Atoi(major)
	return path, err == nil && n >= 20
}

// harness verifies files in order; load is how the platform reads the n-th.
const harness = `
const town = parseKey(key);
const verify = async (bytes) => {
	if (kind === "archive") return verifyArchive(bytes, { key: town });
	const receipt = decodeReceipt(bytes);
	return receipt ? verifyReceipt(receipt, { key: town }) : { ok: false, fault: { code: "receipt.unreadable" } };
};
const reports = [];
for (let n = 0; n < count; n++) reports.push(await verify(await load(n)));
`

func runInNode(t testing.TB, node, kind string, key proof.Key, files [][]byte) []byte {
	t.Helper()
	dir, err := os.MkdirTemp("", "parvis-script-") // a long run would fill the test's own folder
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	code, err := os.ReadFile(source(t))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, body []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("verifier.mjs", code)
	for i, f := range files {
		write(strconv.Itoa(i), f)
	}
	write("run.mjs", []byte(fmt.Sprintf(`
import { readFile } from "node:fs/promises";
import { verifyArchive, verifyReceipt, decodeReceipt, parseKey } from "./verifier.mjs";
const [kind, key, count] = [%q, %q, %d];
const load = async (n) => new Uint8Array(await readFile(new URL("./" + n, import.meta.url)));
%s
console.log(JSON.stringify(reports));`, kind, key.String(), len(files), harness)))
	cmd := exec.Command(node, "--no-warnings", filepath.Join(dir, "run.mjs"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	return out
}

// InBrowser returns the verifier as a citizen's browser runs it.
func InBrowser(t testing.TB) *Script {
	t.Helper()
	var files [][]byte
	path := source(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<!doctype html><title>verifier</title>")
		case "/verifier.js":
			w.Header().Set("Content-Type", "text/javascript")
			http.ServeFile(w, r, path)
		default:
			n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
			if err != nil || n >= len(files) {
				http.NotFound(w, r)
				return
			}
			_, _ = w.Write(files[n])
		}
	}))
	t.Cleanup(server.Close)
	tab := browser.Open(t).Go(server.URL)
	return &Script{t, func(kind string, key proof.Key, list [][]byte) []byte {
		files = list
		var out []byte
		const some = 100 // a step of the browser has its patience
		for at := 0; at < len(list); at += some {
			part := browser.Eval[string](tab, fmt.Sprintf(`(async () => {
const { verifyArchive, verifyReceipt, decodeReceipt, parseKey } = await import("/verifier.js");
const [kind, key, first, count] = [%q, %q, %d, %d];
const load = async (n) => new Uint8Array(await (await fetch("/" + (first + n))).arrayBuffer());
%s
return JSON.stringify(reports);
})()`, kind, key.String(), at, min(some, len(list)-at), harness))
			out = append(append(out, ','), strings.Trim(part, "[]")...)
		}
		return append(append([]byte{'['}, out[1:]...), ']')
	}}
}

// Archives verifies archives, signed by the town whose key is given.
func (s *Script) Archives(key proof.Key, files ...[]byte) []proof.Report {
	s.t.Helper()
	return reports[proof.Report](s, "archive", key, files)
}

// Receipts verifies receipts, each alone.
func (s *Script) Receipts(key proof.Key, files ...[]byte) []proof.ReceiptReport {
	s.t.Helper()
	return reports[proof.ReceiptReport](s, "receipt", key, files)
}

func reports[R any](s *Script, kind string, key proof.Key, files [][]byte) (list []R) {
	s.t.Helper()
	if err := json.Unmarshal(s.run(kind, key, files), &list); err != nil || len(list) != len(files) {
		s.t.Fatalf("%d files, %d reports: %v", len(files), len(list), err)
	}
	return list
}

// Line says a report in one line, to compare both verifiers: what was found,
// and where.
func Line(r *proof.Report) string {
	if r.Fault == nil {
		return fmt.Sprintf("ok %d %d %d %d %v %s", r.Leaves, r.Checkpoints, r.Ballots, r.Replaced, r.Winners, r.SHA256)
	}
	return fmt.Sprintf("%s %s line %d leaf %d from %d after %v", r.Fault.Check, r.Fault.Code, r.Fault.Line, r.Fault.Leaf, r.Fault.From, r.Done)
}
