package ui

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"parvis/app/i18n"
	"parvis/app/i18n/i18ntest"
)

// render is a component's HTML, in French.
func render(t *testing.T, c templ.Component) string {
	t.Helper()
	bundle, err := i18n.Load(Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	ctx := NewContext(bundle.NewContext(context.Background(), "fr", time.UTC), sampleChrome(""))
	if err := c.Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// elements are all the elements of a page.
func elements(t *testing.T, text string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var list []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			list = append(list, n)
		}
	}
	return list
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// TestPagesAreSound: ids are unique, every reference leads somewhere, every
// control has a name, there is one h1, headings do not skip a level.
func TestPagesAreSound(t *testing.T) {
	t.Parallel()
	for path, page := range samplePages() {
		list := elements(t, render(t, page))
		ids := map[string]bool{}
		labelled := map[string]bool{}
		for _, n := range list {
			if id, ok := attr(n, "id"); ok {
				if ids[id] {
					t.Errorf("%s: id %q twice", path, id)
				}
				ids[id] = true
			}
			if id, ok := attr(n, "for"); ok {
				labelled[id] = true
			}
		}
		var titles, depth int
		for _, n := range list {
			for _, name := range []string{"for", "aria-describedby", "aria-labelledby"} {
				value, _ := attr(n, name)
				for id := range strings.FieldsSeq(value) {
					if !ids[id] {
						t.Errorf("%s: %s=%q leads nowhere", path, name, id)
					}
				}
			}
			if href, ok := attr(n, "href"); ok && strings.HasPrefix(href, "#f-") && !ids[href[1:]] {
				t.Errorf("%s: link %s leads to no field", path, href)
			}
			if level := headingLevel(n); level > 0 {
				if level == 1 {
					titles++
				}
				if level > depth+1 && depth > 0 {
					t.Errorf("%s: h%d after h%d", path, level, depth)
				}
				depth = level
			}
			if isControl(n) {
				id, _ := attr(n, "id")
				if !labelled[id] && n.Parent.Data != "label" {
					t.Errorf("%s: control without label: %v", path, n.Attr)
				}
			}
		}
		if titles != 1 && path != "/screen/wait" {
			t.Errorf("%s: %d h1", path, titles)
		}
	}
}

func headingLevel(n *html.Node) int {
	if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
		return int(n.Data[1] - '0')
	}
	return 0
}

func isControl(n *html.Node) bool {
	kind, _ := attr(n, "type")
	switch n.Data {
	case "select", "textarea":
		return true
	case "input":
		return kind != "hidden"
	}
	return false
}

// TestNothingRunsInline: a strict Content-Security-Policy lets no style and
// no script in the page itself.
func TestNothingRunsInline(t *testing.T) {
	t.Parallel()
	for path, page := range samplePages() {
		for _, n := range elements(t, render(t, page)) {
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Val, "javascript:") {
					t.Errorf("%s: <%s %s=%q>", path, n.Data, a.Key, a.Val)
				}
				if n.Data != "a" && (a.Key == "src" || a.Key == "href") && (strings.HasPrefix(a.Val, "http") || strings.HasPrefix(a.Val, "//")) {
					t.Errorf("%s: <%s> asks another host for %s", path, n.Data, a.Val)
				}
			}
			if n.Data == "style" || n.Data == "script" && n.FirstChild != nil {
				t.Errorf("%s: inline <%s>", path, n.Data)
			}
		}
	}
}

func TestFormsCarryTheToken(t *testing.T) {
	t.Parallel()
	post := render(t, Form(FormProps{Action: "/x"}))
	if !strings.Contains(post, `name="_csrf" value="jeton"`) || !strings.Contains(post, `method="post"`) {
		t.Errorf("form without its token: %s", post)
	}
	if get := render(t, Form(FormProps{Method: "get"})); strings.Contains(get, "jeton") {
		t.Errorf("a search puts the token in the address: %s", get)
	}
}

func TestAWrongFieldSaysWhyToEveryone(t *testing.T) {
	t.Parallel()
	out := render(t, Field(FieldProps{Name: "courriel", Label: "Adresse", Hint: "Pour répondre.", Error: "Il manque le @.", Value: `"><script>`, Required: true}))
	for _, want := range []string{`for="f-courriel"`, `id="f-courriel"`, `aria-describedby="f-courriel-hint f-courriel-error"`, `aria-invalid="true"`, `id="f-courriel-error"`, "Il manque le @.", " required"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s not in %s", want, out)
		}
	}
	if strings.Contains(out, "<script>") {
		t.Errorf("a value was not escaped: %s", out)
	}
}

func TestTwoFormsOfAPageMayShareAName(t *testing.T) {
	t.Parallel()
	out := render(t, templ.Join(
		TextArea(TextAreaProps{Name: "reason", Label: "Motif", Hint: "Publié.", MaxLength: 500}),
		TextArea(TextAreaProps{ID: "reason-2", Name: "reason", Label: "Motif", Hint: "Publié.", MaxLength: 500, Error: "Il manque."}),
	))
	for _, want := range []string{`for="reason-2"`, `id="reason-2"`, `id="reason-2-error"`, `aria-describedby="reason-2-hint reason-2-error"`, `data-left-of="reason-2"`} {
		if strings.Count(out, want) != 1 {
			t.Errorf("%s: %d times in %s", want, strings.Count(out, want), out)
		}
	}
}

func TestTheSummaryLeadsToTheFirstChoiceOfAGroup(t *testing.T) {
	t.Parallel()
	group := render(t, ChoiceGroup(ChoiceGroupProps{Name: "choix", Legend: "Quoi ?", Options: []ChoiceProps{{Value: "a", Label: "A"}, {Value: "b", Label: "B"}}, Values: []string{"b"}}))
	summary := render(t, ErrorSummary(Errors{{Name: "choix", Message: "Choisissez."}}))
	if !strings.Contains(summary, `href="#f-choix"`) || strings.Count(group, `id="f-choix"`) != 1 {
		t.Errorf("%s does not lead into %s", summary, group)
	}
	if !regexp.MustCompile(`value="b"[^>]*checked|checked[^>]*value="b"`).MatchString(group) {
		t.Errorf("what was chosen is lost: %s", group)
	}
	if render(t, ErrorSummary(nil)) != "" {
		t.Error("a summary of nothing")
	}
}

// TestAResultIsInTheTable: what the bars draw is written beside them.
func TestAResultIsInTheTable(t *testing.T) {
	t.Parallel()
	var cells []string
	for _, n := range elements(t, render(t, TallyBars(sampleTally()))) {
		if n.Data == "th" || n.Data == "td" {
			if hidden, _ := attr(n, "aria-hidden"); hidden != "true" {
				cells = append(cells, strings.Join(strings.Fields(textOf(n)), " "))
			}
		}
	}
	all := strings.Join(cells, "|")
	for _, want := range []string{"Planter un verger partagé En tête|81 voix|44 %", "Installer une fontaine retiré en cours de vote|12 voix|7 %"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q not in the table: %s", want, all)
		}
	}
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := range n.ChildNodes() {
		b.WriteString(textOf(c))
	}
	return b.String()
}

func TestBarsAreAsLongAsTheirNumbers(t *testing.T) {
	t.Parallel()
	out := render(t, TallyBars(TallyProps{ID: "x", Scale: 200, Rows: []TallyRow{{ID: "a", Count: 100}, {ID: "b", Count: 0}, {ID: "c", Count: 300}}}))
	for id, width := range map[string]string{"a": "500", "b": "0", "c": "1000"} {
		if !strings.Contains(out, fmt.Sprintf(`id="x-%s-bar" width="%s"`, id, width)) {
			t.Errorf("bar %s is not %s wide: %s", id, width, out)
		}
	}
}

func TestAPageOfNoTownNeedsNothing(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := Plain(PlainProps{Title: "Site inconnu", Refresh: 10}).Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "theme.css") || strings.Contains(b.String(), "<script") || !strings.Contains(b.String(), `http-equiv="refresh" content="10"`) {
		t.Errorf("a page of no town asks for more: %s", b.String())
	}
}

func TestEveryIconNamedExists(t *testing.T) {
	t.Parallel()
	for _, tone := range []Tone{Neutral, Info, Success, Warning, Danger, Accent} {
		if !HasIcon(tone.icon()) {
			t.Errorf("tone %s has no icon %s", tone, tone.icon())
		}
	}
	for path, page := range samplePages() {
		if strings.Contains(render(t, page), `focusable="false"></svg>`) {
			t.Errorf("%s: an icon is empty", path)
		}
	}
	if HasIcon("no-such-icon") {
		t.Error("an icon that does not exist is said to")
	}
}

// TestEveryIconOfTheProgramExists reads all the templates and sources.
func TestEveryIconOfTheProgramExists(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`(?:Icon(?:After)?: *|\bIcon\(|Meta\{)"([a-z0-9-]+)"`)
	for _, root := range []string{"..", "../../modules"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".templ" && filepath.Ext(path) != ".go" {
				return err
			}
			source, err := os.ReadFile(path)
			for _, match := range named.FindAllSubmatch(source, -1) {
				if !HasIcon(string(match[1])) && string(match[1]) != "no-such-icon" {
					t.Errorf("%s: no icon %s", path, match[1])
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestTheCodeToScanHasItsMargin(t *testing.T) {
	t.Parallel()
	code, ok := encodeQR("https://saint-dizier.example.fr/v/7F3K92")
	if !ok || !strings.HasPrefix(code.path, "M4 4h7v1h-7z") || code.viewBox != "0 0 37 37" {
		t.Errorf("version 3 code with 4 modules around: %+v", code.viewBox)
	}
	if _, ok := encodeQR(strings.Repeat("x", 5000)); ok {
		t.Error("a text too long for a code was drawn")
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Amina Diallo": "AD", "Jean-Baptiste de La Roche": "JR", "élodie": "É", "": "?", "  ": "?"} {
		if got := initials(name); got != want {
			t.Errorf("initials of %q = %q, want %q", name, got, want)
		}
	}
}

func TestGradesCoverTheirBar(t *testing.T) {
	t.Parallel()
	for _, counts := range [][]int64{{1, 1, 1}, {0, 7, 0, 13, 2}, {3}, {0, 0}} {
		var end int64
		for _, s := range spans(counts) {
			if s.from != end || s.width < 0 {
				t.Errorf("%v: gap before %d", counts, s.from)
			}
			end = s.from + s.width
		}
		if end != 1000 && end != 0 {
			t.Errorf("%v covers %d of 1000", counts, end)
		}
	}
}

func TestSharedColoursAreThoseOfTheProgram(t *testing.T) {
	t.Parallel()
	file, _ := library().byName["app.css"]
	for _, ground := range []ground{lightGround(), darkGround()} {
		for _, declaration := range strings.Split(strings.TrimSuffix(ground.declarations(), ";"), ";") {
			name, _, _ := strings.Cut(declaration, ":")
			if !strings.Contains(string(file.Body), name+":") {
				t.Errorf("app.css is out of date: no %s; run make assets", declaration)
			}
		}
	}
}

func TestScriptsAreLight(t *testing.T) {
	t.Parallel()
	total := 0
	for _, name := range []string{"app.js", "live.js"} {
		file, ok := library().byName[name]
		if !ok {
			t.Fatalf("no %s", name)
		}
		total += len(file.Gzip)
	}
	if total > 30_000 {
		t.Errorf("scripts weigh %d bytes in gzip", total)
	}
	t.Logf("scripts: %d bytes in gzip", total)
}

func TestFilesAreNamedByTheirContent(t *testing.T) {
	t.Parallel()
	address := Asset("app.css")
	if !regexp.MustCompile(`^/static/app\.[0-9a-f]{10}\.css$`).MatchString(address) {
		t.Errorf("address %s", address)
	}
	file, ok := Static(strings.TrimPrefix(address, "/static/"))
	if !ok || file.Type != "text/css; charset=utf-8" || file.Gzip == nil {
		t.Errorf("%s: %v %s", address, ok, file.Type)
	}
	if !strings.Contains(string(file.Body), "url("+Asset("bricolage.woff2")+")") {
		t.Error("the styles name fonts that are not there")
	}
	if _, ok := Static("app.css"); ok {
		t.Error("a file answers without its hash: it would be cached for ever")
	}
}

func TestTheCatalogueIsComplete(t *testing.T) {
	t.Parallel()
	faults, err := i18ntest.Check(os.DirFS("."))
	if err != nil || len(faults) > 0 {
		t.Errorf("%v\n%s", err, strings.Join(faults, "\n"))
	}
}

func TestNoActionLeavesNoLine(t *testing.T) {
	nothing := templ.ComponentFunc(func(context.Context, io.Writer) error { return nil })
	within := func(children templ.Component) templ.Component {
		return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			return Actions().Render(templ.WithChildren(ctx, children), w)
		})
	}
	if got := render(t, within(nothing)); got != "" {
		t.Errorf("no action is %q", got)
	}
	if got := render(t, within(Button(ButtonProps{Label: "Voter"}))); !strings.HasPrefix(got, `<div class="actions">`) || !strings.Contains(got, "Voter") {
		t.Errorf("an action is %q", got)
	}
}

func TestAThemeIsNamedInTheReadersLanguage(t *testing.T) {
	bundle, err := i18n.Load(Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	for lang, words := range map[string][]string{"fr": {"Clair", "Sombre"}, "en": {"Light", "Dark"}} {
		var b strings.Builder
		if err := ThemePairs(sampleTheme("#ffd400")).Render(bundle.NewContext(context.Background(), lang, time.UTC), &b); err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if !strings.Contains(b.String(), w) {
				t.Errorf("in %s: %q is missing", lang, w)
			}
		}
	}
}
