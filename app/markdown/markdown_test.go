package markdown

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

func TestHostileTextIsHarmless(t *testing.T) {
	hostile := []string{
		`<script>alert(1)</script>`,
		`<img src=x onerror=alert(1)>`,
		`[clic](javascript:alert(1))`,
		`[clic](JaVaScRiPt&colon;alert(1))`,
		`[clic](data:text/html;base64,PHNjcmlwdD4=)`,
		`[clic](vbscript:msgbox)`,
		`![x](https://espion.example/pixel.png)`,
		`![x](//espion.example/pixel.png)`,
		`![x](/\espion.example/pixel.png)`,
		`<a href="#" onclick="alert(1)">x</a>`,
		`<svg/onload=alert(1)>`,
		`<iframe src="https://espion.example"></iframe>`,
		"<style>body{display:none}</style>",
		`<p style="position:fixed">x</p>`,
		"`<script>`",
		"```\n<script>alert(1)</script>\n```",
		`[x]: javascript:alert(1)` + "\n\n[x]",
		"\xff\xfe<script>",
		strings.Repeat("[", 5000),
		strings.Repeat("> ", 500) + "x",
		strings.Repeat("*a", 5000),
	}
	for _, source := range hostile {
		assertHarmless(t, source)
	}
}

func TestAnyTextIsHarmless(t *testing.T) {
	pieces := []string{"<", ">", "script", "img", " src=", "onerror=", "\"", "'", "(", ")", "[", "]", "!", "javascript:",
		"#", "\n", "\n\n", "|", "-", "`", "\\", "&#106;", "http://a.example", "*", "_", "é", "\x00", "style", "=", "/", " "}
	rapid.Check(t, func(rt *rapid.T) {
		source := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 60).Draw(rt, "pieces"), "")
		assertHarmless(rt, source)
	})
}

type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

// assertHarmless reads the output as a browser would and looks at what is in it.
func assertHarmless(t failer, source string) {
	t.Helper()
	allowed := map[string]bool{"html": true, "head": true, "body": true, "p": true, "br": true, "hr": true, "h2": true, "h3": true, "h4": true,
		"h5": true, "h6": true, "ul": true, "ol": true, "li": true, "strong": true, "em": true, "del": true, "blockquote": true, "pre": true, "code": true,
		"table": true, "thead": true, "tbody": true, "tr": true, "th": true, "td": true, "a": true, "img": true}
	out := HTML(source, 3)
	doc, err := html.Parse(strings.NewReader(out))
	if err != nil {
		t.Errorf("%q renders unreadable HTML: %v", source, err)
		return
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if !allowed[n.Data] {
			t.Errorf("%q renders <%s>: %s", source, n.Data, out)
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on") || a.Key == "style":
				t.Errorf("%q renders the attribute %s: %s", source, a.Key, out)
			case a.Key == "href" && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:") || strings.HasPrefix(value, "vbscript:")):
				t.Errorf("%q renders the address %s", source, a.Val)
			case a.Key == "src" && (!strings.HasPrefix(value, "/") || strings.HasPrefix(value, "//") || strings.HasPrefix(value, `/\`)):
				t.Errorf("%q fetches %s from another host", source, a.Val)
			}
		}
	}
}

func TestHeadingsContinueThePage(t *testing.T) {
	got := HTML("# Un\n\n### Deux\n\n## Trois\n\n# Quatre\n\n###### Cinq", 3)
	for _, want := range []string{"<h3>Un</h3>", "<h4>Deux</h4>", "<h4>Trois</h4>", "<h3>Quatre</h3>", "<h4>Cinq</h4>"} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %s in %s", want, got)
		}
	}
}

func TestOrdinaryWritingComesThrough(t *testing.T) {
	tests := []struct{ source, want string }{
		{"**gras** et *italique*", "<strong>gras</strong> et <em>italique</em>"},
		{"1. un\n2. deux", "<ol>"},
		{"3. trois", `<ol start="3">`},
		{"[site](https://exemple.fr)", `<a href="https://exemple.fr" rel="nofollow noreferrer">site</a>`},
		{"[ici](/consultations)", `<a href="/consultations">ici</a>`},
		{"[](https://exemple.fr)", `>https://exemple.fr</a>`},
		{"| a | b |\n|---|---|\n| 1 | 2 |", `<th scope="col">a</th>`},
		{"![plan](/fichiers/plan.png)", `<img src="/fichiers/plan.png" alt="plan"`},
		{"<script>x</script> **fort** <b>gras</b>", "&lt;script&gt;x&lt;/script&gt; <strong>fort</strong> &lt;b&gt;gras&lt;/b&gt;"},
		{"<https://exemple.fr>", `>https://exemple.fr</a>`},
		{"l’été « chaud » & doux", "l’été « chaud » &amp; doux"},
	}
	for _, tt := range tests {
		if got := HTML(tt.source, 3); !strings.Contains(got, tt.want) {
			t.Errorf("HTML(%q) = %s, want %s in it", tt.source, got, tt.want)
		}
	}
}

func TestTextIsCutAtAWord(t *testing.T) {
	got := Text("# Titre\n\nUn **long** texte\nsur [deux](https://exemple.fr) lignes, <b>vraiment</b> long.", 30)
	if got != "Titre Un long texte sur deux…" {
		t.Errorf("got %q", got)
	}
	if got := Text("court", 30); got != "court" {
		t.Errorf("got %q", got)
	}
}
