// Package edge drives one module behind the web edge, mounted as the program
// mounts it: real routes, forms, tokens and cookies, without a network.
package edge

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/i18n"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
)

// Site is a module behind the edge, and the browser of whoever it was told to
// be. The cookie of a session is its viewer's ID.
type Site struct {
	App     *fiber.App
	Host    string // that the next requests go to
	Session string // of the next requests, "" for a visitor

	t       testing.TB
	form    string // a page with a form that everybody may open
	towns   map[string]*tenant.Tenant
	viewers map[string]citizen.Viewer
	jar     map[string]string
}

// New mounts m for a town. form is the address of a page with a form, of which
// tokens are taken; catalogues are m's own and those of what it shows beside
// the edge's.
func New(t testing.TB, m module.Module, town *tenant.Tenant, form string, catalogues ...fs.FS) *Site {
	t.Helper()
	s := &Site{t: t, form: form, Host: town.Hosts[0], towns: map[string]*tenant.Tenant{}, viewers: map[string]citizen.Viewer{}, jar: map[string]string{}}
	s.Add(town)
	messages, err := i18n.Load(append([]fs.FS{web.Catalogue, ui.Catalogue, access.Catalogue, database.Catalogue}, catalogues...)...)
	s.must(err)
	options := web.Options{
		Tenants: s, Sessions: s, Messages: messages, Secret: bytes.Repeat([]byte("s"), 32), Log: slog.New(slog.DiscardHandler),
	}
	if m, ok := m.(interface{ Uploads() []web.Upload }); ok {
		options.Uploads = m.Uploads()
	}
	s.App, err = web.New(options)
	s.must(err)
	manifest := m.Manifest()
	m.Mount(s.App.Group("/"+manifest.Path),
		s.App.Group("/office/"+manifest.Path, web.Require(manifest.Name, manifest.Office...)), s.App.Group("/api/v1/"+manifest.Path))
	return s
}

// Add serves one more town.
func (s *Site) Add(town *tenant.Tenant) { s.towns[town.Hosts[0]] = town }

// ByHost implements web.Tenants.
func (s *Site) ByHost(_ context.Context, host string) (*tenant.Tenant, error) {
	if town, ok := s.towns[host]; ok {
		return town, nil
	}
	return nil, web.ErrUnknownHost
}

// Viewer implements web.Sessions.
func (s *Site) Viewer(_ context.Context, t tenant.ID, token string) (citizen.Viewer, error) {
	if v, ok := s.viewers[t.String()+token]; ok {
		return v, nil
	}
	return citizen.Viewer{}, web.ErrNotFound
}

// As makes the next requests those of v, from a browser of its own; a visitor
// is not signed in.
func (s *Site) As(v citizen.Viewer) *Site {
	s.Session, s.jar = "", map[string]string{}
	if v.SignedIn {
		s.Session = v.ID.String()
		s.viewers[s.towns[s.Host].ID.String()+s.Session] = v
	}
	return s
}

// Answer is what came back.
type Answer struct {
	*http.Response
	Body string

	t testing.TB
}

// Send sends a body of a kind, "" for none, with headers by name and value.
func (s *Site) Send(method, path, kind string, body io.Reader, headers ...string) Answer {
	s.t.Helper()
	request := httptest.NewRequest(method, path, body)
	request.Host = s.Host
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	if s.Session != "" {
		request.AddCookie(&http.Cookie{Name: "parvis", Value: s.Session})
	}
	for name, value := range s.jar {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := s.App.Test(request, -1)
	s.must(err)
	for _, cookie := range response.Cookies() {
		s.jar[cookie.Name] = cookie.Value
	}
	content, err := io.ReadAll(response.Body)
	s.must(err)
	return Answer{Response: response, Body: string(content), t: s.t}
}

// Get asks for a page.
func (s *Site) Get(path string, headers ...string) Answer {
	s.t.Helper()
	return s.Send(http.MethodGet, path, "", nil, headers...)
}

// Post sends a form, nil for one without fields, with a token of this session.
func (s *Site) Post(path string, form url.Values, headers ...string) Answer {
	s.t.Helper()
	return s.PostFrom(s.form, path, form, headers...)
}

// PostFrom is Post with the token of a page.
func (s *Site) PostFrom(page, path string, form url.Values, headers ...string) Answer {
	s.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	form.Set("_csrf", s.Token(page))
	return s.Send(http.MethodPost, path, fiber.MIMEApplicationForm, strings.NewReader(form.Encode()), headers...)
}

// Upload sends a form with a file in one of its fields, with the token of a page.
func (s *Site) Upload(page, path string, form url.Values, field, name string, file io.Reader) Answer {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	s.must(w.WriteField("_csrf", s.Token(page)))
	for field, values := range form {
		s.must(w.WriteField(field, values[0]))
	}
	part, err := w.CreateFormFile(field, name)
	s.must(err)
	_, err = io.Copy(part, file)
	s.must(err)
	s.must(w.Close())
	return s.Send(http.MethodPost, path, w.FormDataContentType(), &body)
}

var tokenRE = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// Token is one for the forms of this session, taken from a page.
func (s *Site) Token(page string) string {
	s.t.Helper()
	found := tokenRE.FindStringSubmatch(s.Get(page).Body)
	if found == nil {
		s.t.Fatalf("no form on %s to take a token from", page)
	}
	return found[1]
}

func (s *Site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// Want checks the status, and that the answer says each of the words.
func (a Answer) Want(status int, words ...string) Answer {
	a.t.Helper()
	if a.StatusCode != status {
		a.t.Errorf("%s %s: status %d, want %d\n%.3000s", a.Request.Method, a.Request.URL, a.StatusCode, status, a.Body)
	}
	for _, w := range words {
		if !strings.Contains(a.Body, w) {
			a.t.Errorf("%s %s does not say %q:\n%.9000s", a.Request.Method, a.Request.URL, w, a.Body)
		}
	}
	return a
}

// Without checks that the answer says none of the words.
func (a Answer) Without(words ...string) Answer {
	a.t.Helper()
	for _, w := range words {
		if strings.Contains(a.Body, w) {
			a.t.Errorf("%s %s says %q", a.Request.Method, a.Request.URL, w)
		}
	}
	return a
}

// Location is where the answer leads.
func (a Answer) Location() string { return a.Header.Get("Location") }
