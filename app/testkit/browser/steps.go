package browser

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Keys that have no letter, for Press.
const (
	Tab    = kb.Tab
	Enter  = kb.Enter
	Escape = kb.Escape
	Space  = " "
	Down   = kb.ArrowDown
	Up     = kb.ArrowUp
)

// Go opens an address and waits until the page, its fonts included, is there.
// Requests to other hosts than this one count as foreign from now on.
func (p *Page) Go(address string) *Page {
	p.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatalf("browser: %v", err)
	}
	p.mu.Lock()
	p.origin = u.Host
	p.weights = map[network.RequestID]*Resource{}
	p.mu.Unlock()
	p.do("open "+address, chromedp.Navigate(address))
	p.ready()
	return p
}

// Reload loads the page again.
func (p *Page) Reload() *Page {
	p.t.Helper()
	p.do("reload", chromedp.Reload())
	p.ready()
	return p
}

func (p *Page) ready() {
	p.t.Helper()
	p.call("wait for the fonts", func(ctx context.Context) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.fonts.ready.then(() => true)`, chromedp.EvalAwaitPromise))
		return err
	})
}

// Eval is the value of a JavaScript expression in the page; promises are awaited.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	var value T
	p.call(expression, func(ctx context.Context) (err error) {
		value, err = chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
		return err
	})
	return value
}

// Wait waits until an element that matches the CSS selector can be seen.
func (p *Page) Wait(selector string) *Page {
	p.t.Helper()
	p.do("wait for "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
	return p
}

// WaitGone waits until no element matches the CSS selector.
func (p *Page) WaitGone(selector string) *Page {
	p.t.Helper()
	p.do("wait until gone: "+selector, chromedp.WaitNotPresent(chromedp.CSS(selector)))
	return p
}

// Until waits until a JavaScript expression is true, on this page or on one
// that it leads to by itself.
func (p *Page) Until(expression string) *Page {
	p.t.Helper()
	p.poll("wait until "+expression, chromedp.Poll[chromedp.Void](expression,
		chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(patience)))
	return p
}

// pageGone is how Chromium says that it left the page it was asked about.
var pageGone = regexp.MustCompile(`navigated or closed|Cannot find context|context was destroyed`)

// poll waits, and goes on waiting on the next page when the page goes away.
func (p *Page) poll(what string, step chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.call(what, func(ctx context.Context) error {
		for {
			err := chromedp.Do(ctx, step)
			if err == nil || ctx.Err() != nil || !pageGone.MatchString(err.Error()) {
				return err
			}
		}
	})
}

// UntilText waits until the element that matches the selector contains text.
func (p *Page) UntilText(selector, text string) *Page {
	p.t.Helper()
	p.poll("wait for "+text, chromedp.PollFunction[chromedp.Void](
		`(selector, text) => document.querySelector(selector)?.textContent.includes(text)`,
		chromedp.WithPollingArgs(selector, text),
		chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(patience)))
	return p
}

// Click clicks the first element that matches the CSS selector.
func (p *Page) Click(selector string) *Page {
	p.t.Helper()
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
	return p
}

// ClickTo clicks, and waits until the next page is there.
func (p *Page) ClickTo(selector string) *Page {
	p.t.Helper()
	p.call("click to another page: "+selector, func(ctx context.Context) error {
		_, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector)))
		return err
	})
	p.ready()
	return p
}

// Type types text into the field that matches the CSS selector.
func (p *Page) Type(selector, text string) *Page {
	p.t.Helper()
	p.do("type into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
	return p
}

// Fill replaces what the field holds.
func (p *Page) Fill(selector, text string) *Page {
	p.t.Helper()
	p.do("fill "+selector, chromedp.Clear(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), text))
	return p
}

// Press presses keys, one after the other, wherever the focus is.
func (p *Page) Press(keys ...string) *Page {
	p.t.Helper()
	for _, key := range keys {
		p.do("press a key", chromedp.KeyEvent(key))
	}
	return p
}

// PressTo presses a key that leads to another page, and waits for it.
func (p *Page) PressTo(key string) *Page {
	p.t.Helper()
	p.call("press a key to another page", func(ctx context.Context) error {
		_, err := chromedp.RunResponse(ctx, chromedp.KeyEvent(key))
		return err
	})
	p.ready()
	return p
}

// TabTo presses Tab until the focus is on an element that matches the CSS
// selector, at most limit times: what a keyboard reaches, and nothing else.
func (p *Page) TabTo(selector string, limit int) *Page {
	p.t.Helper()
	for range limit {
		p.Press(Tab)
		if Eval[bool](p, "!!document.activeElement?.matches("+quote(selector)+")") {
			return p
		}
	}
	p.t.Fatalf("browser: %d times Tab does not reach %s", limit, selector)
	return p
}

// Focused describes the element that has the focus: its tag and its words.
func (p *Page) Focused() string {
	p.t.Helper()
	return Eval[string](p, `(e => e ? (e.tagName.toLowerCase() + " " + (e.innerText || e.name || e.id || "")).trim() : "")(document.activeElement)`)
}

// Text is the text of the first element that matches the CSS selector, as shown.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	p.Wait(selector)
	return Eval[string](p, "document.querySelector("+quote(selector)+").innerText")
}

// Count is how many elements match the CSS selector.
func (p *Page) Count(selector string) int {
	p.t.Helper()
	return Eval[int](p, "document.querySelectorAll("+quote(selector)+").length")
}

// URL is the address of the page.
func (p *Page) URL() string {
	p.t.Helper()
	return Eval[string](p, "location.href")
}

// Title is the title of the window.
func (p *Page) Title() string {
	p.t.Helper()
	return Eval[string](p, "document.title")
}

// Console returns the errors of the console so far, and forgets them. An
// answer 422 to a form is not an error.
func (p *Page) Console() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := slices.DeleteFunc(p.console, func(line string) bool {
		return strings.Contains(line, "status of 422")
	})
	p.console = nil
	return lines
}

// Foreign returns the addresses of other hosts that pages asked for.
func (p *Page) Foreign() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.foreign)
}

// Dialogs returns the questions the browser asked, such as "beforeunload: ".
// They are all answered yes.
func (p *Page) Dialogs() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.dialogs)
}

// Resources are what the page fetched since Go, with their weights.
func (p *Page) Resources() []Resource {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []Resource
	for _, r := range p.weights {
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b Resource) int { return strings.Compare(a.URL, b.URL) })
	return list
}

// Weight is how many bytes the page fetched since Go.
func (p *Page) Weight() int64 {
	var total int64
	for _, r := range p.Resources() {
		total += r.Bytes
	}
	return total
}
