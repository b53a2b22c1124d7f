package web_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"mime"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"

	"parvis/app/fault"
	"parvis/app/web"
)

func TestSpreadsheetsComputeNothing(t *testing.T) {
	t.Parallel()
	rows := [][]string{
		{"=1+1", "+33 6", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", "-"},
		{"-12,5", "-3", "texte", "", "a=b", "l\"eau; fraîche", "-1e9"},
	}
	want := [][]string{
		{"'=1+1", "'+33 6", "'-2+3", "'@SUM(A1)", "'\t=1", "'＝1+1", "'-"},
		{"-12,5", "-3", "texte", "", "a=b", "l\"eau; fraîche", "'-1e9"},
	}
	s := newSite(t, nil)
	s.Get("/donnees", func(c *fiber.Ctx) error { return web.CSV(c, "résultats 2026.csv", rows) })
	s.Get("/tableur", func(c *fiber.Ctx) error { return web.SpreadsheetCSV(c, "a.csv", rows) })
	for path, comma := range map[string]rune{"/donnees": ',', "/tableur": ';'} {
		got := s.get(path).want(t, 200)
		body, marked := strings.CutPrefix(got.body, "\uFEFF")
		if marked != (path == "/tableur") {
			t.Errorf("%s: byte order mark %v", path, marked)
		}
		r := csv.NewReader(strings.NewReader(body))
		r.Comma = comma
		read, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, read); diff != "" {
			t.Error(diff)
		}
		if kind := got.Header.Get("Content-Type"); kind != "text/csv; charset=utf-8" {
			t.Error(kind)
		}
	}
}

func TestFileNamesCannotBreakOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	names := map[string]string{
		"/1": "résultats 2026.csv", "/2": `a"; filename=evil.exe`, "/3": "../../etc/passwd", "/4": "a\r\nSet-Cookie: x=y", "/5": "simple.csv",
	}
	for path, name := range names {
		s.Get(path, func(c *fiber.Ctx) error {
			web.Attachment(c, name)
			return web.JSON(c, "x")
		})
		got := s.get(path)
		kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Disposition"))
		if err != nil || kind != "attachment" || strings.ContainsAny(params["filename"], "/\\\r\n\"") || len(got.Cookies()) > 0 {
			t.Errorf("%q: %q %v", name, got.Header.Get("Content-Disposition"), err)
		}
	}
	if got := s.get("/1").Header.Get("Content-Disposition"); !strings.Contains(got, "filename*=UTF-8''r%C3%A9sultats%202026.csv") {
		t.Error(got)
	}
}

// TestALargeFileIsNotHeldInMemory sends sixty megabytes over the network while
// the program holds a few.
func TestALargeFileIsNotHeldInMemory(t *testing.T) {
	s := newSite(t, nil)
	const size, block = 60 << 20, 64 << 10
	s.Get("/export", func(c *fiber.Ctx) error {
		return web.Spool(c, "export.csv", "text/csv; charset=utf-8", func(w io.Writer) error {
			line := bytes.Repeat([]byte("a"), block)
			for range size / block {
				if _, err := w.Write(line); err != nil {
					return err
				}
			}
			return nil
		})
	})
	s.Get("/manque", func(c *fiber.Ctx) error {
		return web.Spool(c, "export.csv", "text/csv", func(w io.Writer) error {
			_, _ = io.WriteString(w, "half of it")
			return fault.New(fault.NotFound, "web.not_found")
		})
	})
	s.listen()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	request, err := http.NewRequest(http.MethodGet, "http://"+s.address+"/export", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = s.host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	n, err := io.Copy(io.Discard, response.Body)
	runtime.ReadMemStats(&after)
	if err != nil || n != size {
		t.Errorf("%d bytes, %v", n, err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > size/4 {
		t.Errorf("%d bytes were allocated to send %d", grown, size)
	}
	s.get("/manque").want(t, 404).without(t, "half of it")
}
