package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// client is a browser without scripts: it keeps cookies, and sends the forms
// that pages hold, with what they hold.
type client struct {
	testing.TB
	*server
	host    string
	foreign string // what no answer may say
	http    *http.Client
}

// transport reaches the server under any name.
func (s *server) transport() *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+s.port)
		},
		MaxIdleConnsPerHost: 8,
	}
}

// visitor is a new browser on a host.
func (s *server) visitor(t testing.TB, host string) *client {
	jar, _ := cookiejar.New(nil) // fails never
	transport := s.transport()
	t.Cleanup(transport.CloseIdleConnections)
	return &client{TB: t, server: s, host: host, http: &http.Client{
		Jar: jar, Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// signedIn is a new browser, signed in with one click as a demonstration account.
func (s *server) signedIn(t testing.TB, host, name string) *client {
	t.Helper()
	c := s.visitor(t, host)
	page := c.get("/connexion").is(http.StatusOK)
	for _, f := range page.forms() {
		if f.action == "/connexion/demonstration" && strings.Contains(f.words, name) {
			c.send(f).is(http.StatusSeeOther)
			return c
		}
	}
	t.Fatalf("nobody called %s is offered on %s", name, host)
	return nil
}

// answer is what came back.
type answer struct {
	t      testing.TB
	method string
	path   string
	status int
	header http.Header
	body   string
}

func (c *client) request(method, path, kind, body string, headers ...string) *http.Request {
	c.Helper()
	address, err := url.Parse(c.url(c.host, "/"))
	if err != nil {
		c.Fatal(err)
	}
	raw, query, _ := strings.Cut(path, "?")
	address.Opaque, address.RawQuery = "//"+address.Host+raw, query // as it is, even what no browser would send
	request := &http.Request{
		Method: method, URL: address, Host: address.Host, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
	if body == "" {
		request.Body = http.NoBody
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	// The jar knows hosts by their address, which an opaque one lacks.
	if cookie := c.cookie(); cookie != "" && request.Header.Get("Cookie") == "" {
		request.Header.Set("Cookie", cookie)
	}
	return request
}

// cookie is the header that the browser sends.
func (c *client) cookie() string {
	var pairs []string
	for _, cookie := range c.http.Jar.Cookies(&url.URL{Scheme: "http", Host: c.host, Path: "/"}) {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	return strings.Join(pairs, "; ")
}

// ask sends a request; the answer is read whole.
func (c *client) ask(method, path, kind, body string, headers ...string) answer {
	c.Helper()
	request := c.request(method, path, kind, body, headers...)
	bare := *c.http
	bare.Jar = nil
	response, err := bare.Do(request)
	if err != nil {
		c.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		c.Fatalf("%s %s: %v", method, path, err)
	}
	c.http.Jar.SetCookies(&url.URL{Scheme: "http", Host: c.host, Path: "/"}, response.Cookies())
	got := answer{c, method, path, response.StatusCode, response.Header, string(content)}
	if c.foreign != "" {
		c.overheard(got)
	}
	return got
}

// overheard fails the test when an answer says what is another town's.
func (c *client) overheard(a answer) {
	c.Helper()
	all := a.body
	for name, values := range a.header {
		all += "\n" + name + ": " + strings.Join(values, ", ")
	}
	if strings.Contains(strings.ToLower(all), c.foreign) {
		c.Errorf("%s %s on %s says %s, which is another town's:\n%s", a.method, a.path, c.host, c.foreign, a.text(300))
	}
}

func (c *client) get(path string, headers ...string) answer {
	c.Helper()
	return c.ask(http.MethodGet, path, "", "", headers...)
}

const urlencoded = "application/x-www-form-urlencoded"

func (c *client) post(path string, fields url.Values) answer {
	c.Helper()
	return c.ask(http.MethodPost, path, urlencoded, fields.Encode(), "Sec-Fetch-Site", "same-origin")
}

// token is one for the forms of this browser: any page has it in its head.
func (c *client) token() string {
	c.Helper()
	page := c.get("/connexion/mot-de-passe") // shows a form to everybody
	found := tokenRE.FindStringSubmatch(page.body)
	if found == nil {
		c.Fatalf("no token on %s (%d)", page.path, page.status)
	}
	return found[1]
}

var tokenRE = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// submit sends the form of a page that has this action, changed by pairs of
// names and values; an empty value leaves a field out.
func (c *client) submit(page answer, action string, pairs ...string) answer {
	c.Helper()
	f, ok := page.form(action)
	if !ok {
		c.Fatalf("%s has no form for %s", page.path, action)
	}
	return c.send(f.with(pairs...))
}

func (c *client) send(f form) answer {
	c.Helper()
	if f.method == "get" {
		return c.get(f.action + "?" + f.fields.Encode())
	}
	return c.post(f.action, f.fields)
}

// is fails the test when the status is another.
func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s %s: status %d, want %d\n%s", a.method, a.path, a.status, status, a.text(600))
	}
	return a
}

// says fails the test when the page lacks one of the words.
func (a answer) says(words ...string) answer {
	a.t.Helper()
	text := a.text(1 << 20)
	for _, w := range words {
		if !strings.Contains(text, plainSpaces(w)) {
			a.t.Errorf("%s %s does not say %q:\n%s", a.method, a.path, w, a.text(1500))
		}
	}
	return a
}

// silent fails the test when the page has one of the words.
func (a answer) silent(words ...string) answer {
	a.t.Helper()
	for _, w := range words {
		if strings.Contains(a.body, w) {
			a.t.Errorf("%s %s says %q", a.method, a.path, w)
		}
	}
	return a
}

// text is the beginning of what the page says.
func (a answer) text(limit int) string {
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		return a.body[:min(limit, len(a.body))]
	}
	var words []string
	tokens := html.NewTokenizer(strings.NewReader(a.body))
	for skip := ""; ; {
		switch tokens.Next() {
		case html.ErrorToken:
			text := plainSpaces(strings.Join(words, " "))
			return text[:min(limit, len(text))]
		case html.StartTagToken:
			if name, _ := tokens.TagName(); string(name) == "script" || string(name) == "style" {
				skip = string(name)
			}
		case html.EndTagToken:
			skip = ""
		case html.TextToken:
			if skip == "" {
				words = append(words, strings.Fields(string(tokens.Text()))...)
			}
		}
	}
}

// plainSpaces makes words comparable: every space alike, entities undone.
func plainSpaces(text string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(html.UnescapeString(text))), " ")
}

// form is a form of a page, as it would be sent untouched.
type form struct {
	action string
	method string
	fields url.Values
	names  []string // of every field, also those not sent untouched
	words  string   // around it: of the row or section it stands in
}

// with changes fields: pairs of names and values, an empty value leaves out.
func (f form) with(pairs ...string) form {
	fields := url.Values{}
	for name, values := range f.fields {
		fields[name] = slices.Clone(values)
	}
	for i := 0; i < len(pairs); i += 2 {
		fields.Del(pairs[i])
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fields.Add(pairs[i], pairs[i+1])
		}
	}
	f.fields = fields
	return f
}

func (a answer) form(action string) (form, bool) {
	for _, f := range a.forms() {
		if f.action == action {
			return f, true
		}
	}
	return form{}, false
}

// forms are the forms of a page, one more for each button that sends
// elsewhere.
func (a answer) forms() []form {
	a.t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		a.t.Fatalf("%s: %v", a.path, err)
	}
	var found []form
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && node.Data == "form" {
			found = append(found, a.readForm(node)...)
		}
	}
	return found
}

func (a answer) readForm(node *html.Node) []form {
	f := form{action: attr(node, "action"), method: strings.ToLower(attr(node, "method")), fields: url.Values{}}
	if f.action == "" {
		f.action, _, _ = strings.Cut(a.path, "?")
	}
	if node.Parent != nil && node.Parent.Parent != nil {
		f.words = textOf(node.Parent.Parent)
	}
	var elsewhere []string
	for field := range node.Descendants() {
		if field.Type != html.ElementNode {
			continue
		}
		if to := attr(field, "formaction"); to != "" {
			elsewhere = append(elsewhere, to)
		}
		f.take(field)
	}
	forms := []form{f}
	for _, to := range elsewhere {
		other := f
		other.action = to
		forms = append(forms, other)
	}
	return forms
}

// take adds a field as a browser would send it.
func (f *form) take(field *html.Node) {
	name := attr(field, "name")
	if name == "" {
		return
	}
	kind, val := attr(field, "type"), attr(field, "value")
	switch field.Data {
	case "input":
		f.names = append(f.names, name)
		if (kind == "checkbox" || kind == "radio") && !has(field, "checked") || kind == "file" {
			return
		}
		f.fields.Add(name, val)
	case "textarea":
		f.names = append(f.names, name)
		f.fields.Add(name, strings.TrimPrefix(textOf(field), "\n"))
	case "select":
		f.names = append(f.names, name)
		for option := range field.Descendants() {
			if option.Data == "option" && (has(option, "selected") || !f.fields.Has(name)) {
				f.fields.Set(name, attr(option, "value"))
			}
		}
	case "button":
		f.names = append(f.names, name)
	}
}

func attr(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(node *html.Node, name string) bool {
	return slices.ContainsFunc(node.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func textOf(node *html.Node) string {
	var b strings.Builder
	for child := range node.Descendants() {
		if child.Type == html.TextNode {
			b.WriteString(child.Data)
		}
	}
	return b.String()
}
