package browser

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// show serves pages by path.
func show(t *testing.T, pages map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(pages[r.URL.Path]))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

const opening = `<!doctype html><html lang="fr"><title>Page</title><link rel="icon" href="data:,"><main><h1>Titre</h1>`

func TestFaultsAreSeen(t *testing.T) {
	t.Parallel()
	other := show(t, map[string]string{"/x.png": ""})
	base := show(t, map[string]string{"/": opening + `<input><img src="` + other + `/x.png" alt=""><p style="width:2000px">large</p><script>console.error("faute")</script></main>`})
	tab := Open(t).Phone().Go(base + "/")
	var found []string
	for _, v := range tab.Axe() {
		found = append(found, v.ID)
	}
	if !strings.Contains(strings.Join(found, " "), "label") {
		t.Errorf("axe found %q, and not the field without label", found)
	}
	if lines := tab.Console(); len(lines) == 0 || !strings.Contains(strings.Join(lines, " "), "faute") {
		t.Errorf("console: %q", lines)
	}
	if foreign := tab.Foreign(); len(foreign) != 1 || !strings.HasPrefix(foreign[0], other) {
		t.Errorf("other hosts: %q", foreign)
	}
	if wide := tab.Overflow(); !strings.HasPrefix(wide, "p.") {
		t.Errorf("too wide: %q", wide)
	}
}

func TestTabsShareNothing(t *testing.T) {
	t.Parallel()
	base := show(t, map[string]string{"/": opening})
	first, second := Open(t).Go(base+"/"), Open(t).Go(base+"/")
	Eval[string](first, `document.cookie = "nom=Amina"`)
	if got := Eval[string](second, `document.cookie`); got != "" {
		t.Errorf("a cookie went from one tab to the other: %q", got)
	}
}

func TestTheWindowIsAsAsked(t *testing.T) {
	t.Parallel()
	base := show(t, map[string]string{"/": opening})
	tab := Open(t).Size(1280, 800).Zoom(2).Dark(true).Go(base + "/")
	if got := Eval[[]int](tab, `[innerWidth, devicePixelRatio, matchMedia("(prefers-color-scheme: dark)").matches ? 1 : 0]`); got[0] != 640 || got[1] != 2 || got[2] != 1 {
		t.Errorf("width, ratio, dark: %v", got)
	}
}

func TestKeysAndPictures(t *testing.T) {
	t.Parallel()
	base := show(t, map[string]string{"/": opening + `<a href="/b">Suite</a>`, "/b": opening + `<p>arrivée</p>`})
	tab := Open(t).Go(base+"/").TabTo("a", 3).PressTo(Enter)
	if tab.URL() != base+"/b" || tab.Text("p") != "arrivée" {
		t.Errorf("Enter on the link led to %s", tab.URL())
	}
	if info, err := os.Stat(tab.Screenshot("browser/keys")); err != nil || info.Size() < 500 {
		t.Errorf("picture: %v, %v", info, err)
	}
}
