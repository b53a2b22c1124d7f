// Package browser drives Chromium in tests: one browser for the whole
// process, one private tab (its own cookies) for each test. It sees what a
// visitor sees, and notices what they would not: errors in the console,
// requests to others' hosts, accessibility faults, sideways scrolling.
//
// It hides chromedp: no other package of the project knows it.
package browser

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long one step may take before the test fails.
const patience = 30 * time.Second

// Page is a tab. Its methods fail the test when the browser cannot obey.
type Page struct {
	t   testing.TB
	ctx context.Context

	width, height int64
	zoom          float64
	media         string
	features      map[string]string

	mu      sync.Mutex
	origin  string
	console []string
	foreign []string
	dialogs []string
	weights map[network.RequestID]*Resource
}

// Resource is something the page fetched.
type Resource struct {
	URL   string
	Bytes int64 // as sent over the wire, headers included
}

// Open returns a new tab, 1280 by 800, light, that shares nothing with the
// others. It closes with the test.
func Open(t testing.TB) *Page {
	t.Helper()
	root, err := chromium()
	if err != nil {
		t.Fatalf("browser: %v", err)
	}
	p := &Page{t: t, width: 1280, height: 800, zoom: 1, features: map[string]string{"prefers-color-scheme": "light"}, weights: map[network.RequestID]*Resource{}}
	ctx, cancel := chromedp.NewContext(root, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.notice))
	t.Cleanup(cancel)
	p.ctx = ctx
	// The tab lives as long as the context that first uses it.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("browser: open a tab: %v", err)
	}
	p.call("open", func(ctx context.Context) error {
		if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		_, err := chromedp.Call(ctx, log.Enable, cdp.Empty{})
		return err
	})
	p.emulate()
	return p
}

// chromium starts the browser, once.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path, err := executable()
	if err != nil {
		return nil, err
	}
	sweep()
	allocator, _ := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path),
		chromedp.UserDataDir(profile(os.Getpid())),
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless,
		chromedp.NoSandbox,                       // tests may run as root, and load only our own pages
		chromedp.Flag("accept-lang", "fr-FR,fr"), // as most who come
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("hide-scrollbars", false),
	)
	root, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(root); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return root, nil
})

// executable finds Chromium or Chrome; PARVIS_TEST_BROWSER names another.
func executable() (string, error) {
	if path := os.Getenv("PARVIS_TEST_BROWSER"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Chromium here: install the package chromium, or set PARVIS_TEST_BROWSER")
}

const profilePrefix = "parvis-browser-"

func profile(pid int) string {
	return filepath.Join(os.TempDir(), profilePrefix+strconv.Itoa(pid))
}

// sweep removes the profiles of test processes that are gone: a browser dies
// with its process, but leaves its folder.
func sweep() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), profilePrefix+"*"))
	for _, folder := range folders {
		pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(folder), profilePrefix))
		if err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			os.RemoveAll(folder)
		}
	}
}

// notice keeps what the page does in the background.
func (p *Page) notice(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		p.console = append(p.console, "exception: "+text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "assert" {
			p.console = append(p.console, fmt.Sprintf("console.%s: %s", e.Type, arguments(e.Args)))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" {
			p.console = append(p.console, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *page.EventJavascriptDialogOpening:
		p.dialogs = append(p.dialogs, string(e.Type)+": "+e.Message)
		go p.accept()
	case *network.EventRequestWillBeSent:
		p.requested(e.RequestID, e.Request.URL)
	case *network.EventWebSocketCreated:
		p.requested(e.RequestID, e.URL)
	case *network.EventLoadingFinished:
		if r := p.weights[e.RequestID]; r != nil {
			r.Bytes = int64(e.EncodedDataLength)
		}
	}
}

// accept says yes to a dialog of the browser, such as "leave this page?". It
// runs outside the listener, which must not send commands.
func (p *Page) accept() {
	_, _ = chromedp.Call(p.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
}

func arguments(args []*runtime.RemoteObject) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = a.Description
		if words[i] == "" {
			words[i] = string(a.Value)
		}
	}
	return strings.Join(words, " ")
}

func (p *Page) requested(id network.RequestID, address string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "data" || u.Scheme == "blob" || u.Scheme == "about" {
		return
	}
	if p.origin != "" && u.Host != p.origin {
		p.foreign = append(p.foreign, address)
	}
	p.weights[id] = &Resource{URL: address}
}

// call runs a step, with patience.
func (p *Page) call(what string, step func(context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := step(ctx); err != nil {
		p.t.Fatalf("browser: %s: %v", what, err)
	}
}

func (p *Page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.call(what, func(ctx context.Context) error { return chromedp.Do(ctx, steps...) })
}

// emulate applies the size, the zoom and the reader's preferences.
func (p *Page) emulate() {
	p.t.Helper()
	var features []*emulation.MediaFeature
	for name, value := range p.features {
		features = append(features, &emulation.MediaFeature{Name: name, Value: value})
	}
	p.call("emulate", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: p.media, Features: features})
		if err != nil {
			return err
		}
		_, err = chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(float64(p.width) / p.zoom), Height: int64(float64(p.height) / p.zoom), DeviceScaleFactor: p.zoom,
		})
		return err
	})
}

// Size makes the window width by height CSS pixels.
func (p *Page) Size(width, height int) *Page {
	p.t.Helper()
	p.width, p.height = int64(width), int64(height)
	p.emulate()
	return p
}

// Phone is the narrowest window that must work: 320 by 640.
func (p *Page) Phone() *Page { p.t.Helper(); return p.Size(320, 640) }

// Zoom enlarges the page as the browser's zoom does: 2 is 200 %.
func (p *Page) Zoom(factor float64) *Page {
	p.t.Helper()
	p.zoom = factor
	p.emulate()
	return p
}

// Dark asks for the dark colours, or for the light ones.
func (p *Page) Dark(yes bool) *Page {
	p.t.Helper()
	p.features["prefers-color-scheme"] = map[bool]string{true: "dark", false: "light"}[yes]
	p.emulate()
	return p
}

// ReducedMotion asks for no movement.
func (p *Page) ReducedMotion() *Page {
	p.t.Helper()
	p.features["prefers-reduced-motion"] = "reduce"
	p.emulate()
	return p
}

// ForcedColors asks for the reader's own colours, as Windows' high contrast does.
func (p *Page) ForcedColors() *Page {
	p.t.Helper()
	p.features["forced-colors"] = "active"
	p.emulate()
	return p
}

// Print shows the page as it is printed.
func (p *Page) Print() *Page {
	p.t.Helper()
	p.media = "print"
	p.emulate()
	return p
}

// NoScript switches JavaScript off for the pages to come. Steps that look
// into the page still work.
func (p *Page) NoScript() *Page {
	p.t.Helper()
	p.call("switch scripts off", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
	return p
}

// Offline cuts the network, or gives it back. Open sockets stay as they are:
// stop the server to cut those.
func (p *Page) Offline(yes bool) *Page {
	p.t.Helper()
	rule := &network.Conditions{DownloadThroughput: -1, UploadThroughput: -1, Offline: yes}
	p.call("cut the network", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule,
			network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{rule}})
		return err
	})
	return p
}
