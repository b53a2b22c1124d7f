package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"parvis/app/testkit/axe"
)

// Violation is an accessibility fault found by axe-core.
type Violation struct {
	ID     string
	Impact string
	Help   string
	Nodes  []struct {
		HTML    string
		Target  []any
		Summary string `json:"failureSummary"`
	}
}

func (v Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s", v.ID, v.Impact, v.Help)
	for i, n := range v.Nodes {
		if i == 5 {
			fmt.Fprintf(&b, "\n    … and %d more", len(v.Nodes)-i)
			break
		}
		fmt.Fprintf(&b, "\n    %v %s\n      %s", n.Target, n.HTML, strings.ReplaceAll(n.Summary, "\n", " "))
	}
	return b.String()
}

// rules are WCAG 2.2 AA and the French RGAA, with axe's own good practices.
const rules = `["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","RGAAv4","best-practice"]`

// Axe returns the accessibility faults of the page as it stands.
func (p *Page) Axe() []Violation {
	p.t.Helper()
	if !Eval[bool](p, `"axe" in window`) {
		p.do("inject axe", chromedp.Evaluate[chromedp.Void](axe.Source))
	}
	// Moving colours would be measured half way.
	p.Until(`document.getAnimations().every(a => a.playState !== "running")`)
	text := Eval[string](p, `axe.run(document, {runOnly: {type: "tag", values: `+rules+`}, resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations))`)
	var found []Violation
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		p.t.Fatalf("browser: axe: %v", err)
	}
	return found
}

// Accessible fails the test for each accessibility fault of the page.
func (p *Page) Accessible() *Page {
	p.t.Helper()
	for _, v := range p.Axe() {
		p.t.Errorf("%s, %s: %s", p.URL(), p.view(), v)
	}
	return p
}

// view says how the page is looked at.
func (p *Page) view() string {
	return fmt.Sprintf("%d px at %.0f %%, %s", p.width, p.zoom*100, p.features["prefers-color-scheme"])
}

// Clean fails the test when the console shows errors, when the page asked
// other hosts for something, or when it must be scrolled sideways.
func (p *Page) Clean() *Page {
	p.t.Helper()
	for _, line := range p.Console() {
		p.t.Errorf("%s: console: %s", p.URL(), line)
	}
	for _, address := range p.Foreign() {
		p.t.Errorf("%s asks another host for %s", p.URL(), address)
	}
	if wide := p.Overflow(); wide != "" {
		p.t.Errorf("%s, %s: scrolls sideways because of %s", p.URL(), p.view(), wide)
	}
	return p
}

// Overflow names the elements that make the page scroll sideways, "" when it does not.
func (p *Page) Overflow() string {
	p.t.Helper()
	return Eval[string](p, `(() => {
		const root = document.documentElement;
		if (root.scrollWidth <= root.clientWidth) return "";
		const scrolls = e => { for (; e; e = e.parentElement) if (e !== document.body && e !== root && getComputedStyle(e).overflowX !== "visible") return true; };
		const wide = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > root.clientWidth + 0.5 && !scrolls(e.parentElement));
		return (wide.slice(0, 3).map(e => e.tagName.toLowerCase() + "." + e.getAttribute("class")).join(", ") || "something") + " (" + root.scrollWidth + " > " + root.clientWidth + " px)";
	})()`)
}

// SmallTargets names what can be touched but is less than 24 px high or wide,
// which WCAG 2.2 forbids outside running text. Ours aim at 44.
func (p *Page) SmallTargets(least int) []string {
	p.t.Helper()
	return Eval[[]string](p, fmt.Sprintf(`[...document.querySelectorAll("a[href], button, summary, select, input:not([type=hidden])")]
		.filter(e => e.checkVisibility() && !e.closest(".sr-only, .skip, p:not([class]), li:not([class]) p, .prose"))
		.filter(e => { const t = e.closest("label") ?? e, r = t.getBoundingClientRect(), a = getComputedStyle(e, "::after");
			return r.height > 0 && r.height < %d && a.position !== "absolute"; })
		.map(e => e.tagName.toLowerCase() + "." + e.className + " " + (e.innerText || e.name || "").slice(0, 30) + " " + Math.round(e.getBoundingClientRect().height))`, least))
}

// Screenshot keeps a picture of the whole page in var/screenshots/<name>.png,
// at the root of the project, and returns its path.
func (p *Page) Screenshot(name string) string {
	p.t.Helper()
	return p.picture(name, true)
}

// Window is Screenshot of what fits in the window.
func (p *Page) Window(name string) string {
	p.t.Helper()
	return p.picture(name, false)
}

func (p *Page) picture(name string, whole bool) string {
	p.t.Helper()
	var png []byte
	p.call("take a picture", func(ctx context.Context) error {
		params := page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng}
		if whole {
			metrics, err := chromedp.Call(ctx, page.GetLayoutMetrics, cdp.Empty{})
			if err != nil {
				return err
			}
			beyond := true
			params.CaptureBeyondViewport = &beyond
			params.Clip = &page.Viewport{Width: float64(p.width) / p.zoom, Height: metrics.CSSContentSize.Height, Scale: 1}
		}
		result, err := chromedp.Call(ctx, page.CaptureScreenshot, params)
		png = result.Data
		return err
	})
	path := filepath.Join(screenshots(), filepath.FromSlash(name)+".png")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatalf("browser: %v", err)
	}
	if err := os.WriteFile(path, png, 0o644); err != nil {
		p.t.Fatalf("browser: %v", err)
	}
	return path
}

// screenshots is var/screenshots beside go.mod, wherever the test runs.
func screenshots() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return filepath.Join(dir, "var", "screenshots")
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	return filepath.Join(os.TempDir(), "screenshots")
}

// quote writes text as a JavaScript string.
func quote(text string) string {
	out, _ := json.Marshal(text) // a string always can
	return string(out)
}
