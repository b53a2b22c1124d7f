package proof_test

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
	"parvis/app/voting/proof/sample"
)

const source = "../../ui/static/src/verifier.js"

// script is the second verifier, in plain JavaScript: run by Node where there
// is one, in the browser otherwise.
type script struct {
	t   *testing.T
	run func(kind string, files []file) []byte
}

func newScript(t *testing.T) *script {
	if node, ok := nodeHere(); ok {
		return &script{t, func(kind string, files []file) []byte { return runInNode(t, node, kind, files) }}
	}
	return scriptInBrowser(t)
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

func runInNode(t *testing.T, node, kind string, files []file) []byte {
	t.Helper()
	dir := t.TempDir()
	code, err := os.ReadFile(source)
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
		write(strconv.Itoa(i), f.archive)
	}
	write("run.mjs", []byte(fmt.Sprintf(`
import { readFile } from "node:fs/promises";
import { verifyArchive, verifyReceipt, decodeReceipt, parseKey } from "./verifier.mjs";
const [kind, key, count] = [%q, %q, %d];
const load = async (n) => new Uint8Array(await readFile(new URL("./" + n, import.meta.url)));
%s
console.log(JSON.stringify(reports));`, kind, sample.Key().String(), len(files), harness)))
	cmd := exec.Command(node, "--no-warnings", filepath.Join(dir, "run.mjs"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	return out
}

// scriptInBrowser serves the verifier and the files to a page.
func scriptInBrowser(t *testing.T) *script {
	t.Helper()
	var files []file
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<!doctype html><title>verifier</title>")
		case "/verifier.js":
			w.Header().Set("Content-Type", "text/javascript")
			http.ServeFile(w, r, source)
		default:
			n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
			if err != nil || n >= len(files) {
				http.NotFound(w, r)
				return
			}
			_, _ = w.Write(files[n].archive)
		}
	}))
	t.Cleanup(server.Close)
	tab := browser.Open(t).Go(server.URL)
	return &script{t, func(kind string, list []file) []byte {
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
})()`, kind, sample.Key().String(), at, min(some, len(list)-at), harness))
			out = append(append(out, ','), strings.Trim(part, "[]")...)
		}
		return append(append([]byte{'['}, out[1:]...), ']')
	}}
}

// found is what the second verifier says of an archive.
type found struct{ proof.Report }

func (f found) line() string { return lineOf(&f.Report) }

func (s *script) verify(files []file) []found {
	s.t.Helper()
	return reports[found](s, "archive", files)
}

func (s *script) receipts(files []file) []proof.ReceiptReport {
	s.t.Helper()
	return reports[proof.ReceiptReport](s, "receipt", files)
}

func reports[R any](s *script, kind string, files []file) (list []R) {
	s.t.Helper()
	if err := json.Unmarshal(s.run(kind, files), &list); err != nil || len(list) != len(files) {
		s.t.Fatalf("%d files, %d reports: %v", len(files), len(list), err)
	}
	return list
}

// TestTheBrowserVerifiesToo: what a citizen's browser says of an archive is
// what Node and Go say.
func TestTheBrowserVerifiesToo(t *testing.T) {
	t.Parallel()
	files := forgeries(t, 77, 60)
	for i, other := range scriptInBrowser(t).verify(files) {
		if want := lineOf(verify(t, files[i].archive, proof.Options{Key: sample.Key()})); other.line() != want {
			t.Errorf("%s:\n  Go:      %s\n  browser: %s", files[i].name, want, other.line())
		}
	}
}
