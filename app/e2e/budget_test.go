package e2e

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"parvis/app/testkit/browser"
)

// What an ordinary public page may cost.
const (
	maxFirstView = 120 << 10 // bytes sent, fonts included
	maxScripts   = 30 << 10  // of which scripts, compressed
	maxServer    = 20 * time.Millisecond
)

// TestFirstViewIsLight weighs what a browser that knows nothing yet fetches
// for each public page.
func TestFirstViewIsLight(t *testing.T) {
	t.Parallel()
	s := shared(t)
	for _, address := range publicPages(t, s) {
		tab := browser.Open(t).Phone().Go(s.url(saintDizier, address))
		tab.Until(`document.readyState === "complete"`)
		var scripts int64
		for _, r := range tab.Resources() {
			if strings.HasSuffix(r.URL, ".js") {
				scripts += r.Bytes
			}
		}
		t.Logf("%-60s %6d bytes, scripts %5d", address, tab.Weight(), scripts)
		if tab.Weight() > maxFirstView || scripts > maxScripts {
			t.Errorf("%s weighs %d bytes, of which scripts %d: %v", address, tab.Weight(), scripts, tab.Resources())
		}
		if tab.Weight() < 20<<10 || scripts == 0 {
			t.Errorf("%s weighs %d bytes, of which scripts %d: not everything was weighed", address, tab.Weight(), scripts)
		}
	}
}

// TestScriptsAreSentCompressed weighs each script as the server sends it.
func TestScriptsAreSentCompressed(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c := s.visitor(t, saintDizier)
	page := c.get(s.pollOf(t, squareQuestion) + "/resultats").is(http.StatusOK)
	total := 0
	for _, address := range scriptRE.FindAllString(page.body, -1) {
		sent := c.get(address, "Accept-Encoding", "gzip").is(http.StatusOK)
		if sent.header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s is sent as %q", address, sent.header.Get("Content-Encoding"))
			continue
		}
		r, err := gzip.NewReader(bytes.NewReader([]byte(sent.body)))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(r); err != nil || len(text) <= len(sent.body) {
			t.Errorf("%s: %d bytes make %d: %v", address, len(sent.body), len(text), err)
		}
		total += len(sent.body)
	}
	t.Logf("scripts: %d bytes compressed", total)
	if total == 0 || total > maxScripts {
		t.Errorf("the scripts of a page weigh %d bytes compressed, at most %d", total, maxScripts)
	}
}

// TestServerTimeOfPublicPages takes the 95th percentile of 200 requests, one
// after the other, on the demonstration's data. It runs before the tests that
// are parallel.
func TestServerTimeOfPublicPages(t *testing.T) {
	s := shared(t)
	c := s.visitor(t, saintDizier)
	for _, address := range publicPages(t, s) {
		c.get(address).is(http.StatusOK)
		best := time.Hour
		for round := 0; round < 5 && best > maxServer*slack; round++ { // another program may have been in the way
			half, most := percentiles(c, address)
			t.Logf("%-60s median %8v, 95 %% %8v", address, half, most)
			best = min(best, most)
		}
		if best > maxServer*slack {
			t.Errorf("%s: 95 %% of the requests take %v or less, wanted %v", address, best, maxServer*slack)
		}
	}
}

// percentiles times 200 requests.
func percentiles(c *client, address string) (half, most time.Duration) {
	times := make([]time.Duration, 200)
	for i := range times {
		start := time.Now()
		c.get(address)
		times[i] = time.Since(start).Round(10 * time.Microsecond)
	}
	slices.Sort(times)
	return times[len(times)/2], times[len(times)*95/100]
}

var scriptRE = regexp.MustCompile(`/static/[\w.-]+\.js`)

func publicPages(t testing.TB, s *server) []string {
	t.Helper()
	square, school := s.pollOf(t, squareQuestion), s.pollOf(t, schoolQuestion)
	subject := value[string](t, s, `SELECT subject_id::text FROM voting.polls WHERE id = $1`, strings.TrimPrefix(square, "/votes/"))
	return []string{"/", "/consultations", "/consultations/" + subject, school + "/resultats"}
}
