package associations

import (
	"bytes"
	"context"
	"io"
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
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/mail"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
)

// site is the module mounted behind the edge, as the kernel does it, with two
// towns; the cookie of a session is its viewer's ID.
type site struct {
	*square
	app     *fiber.App
	towns   map[string]*tenant.Tenant
	viewers map[string]citizen.Viewer
	host    string
	session string
	jar     map[string]string
}

func (s *site) ByHost(_ context.Context, host string) (*tenant.Tenant, error) {
	if town, ok := s.towns[host]; ok {
		return town, nil
	}
	return nil, fault.New(fault.NotFound, "site.no_host")
}

func (s *site) Viewer(_ context.Context, t tenant.ID, token string) (citizen.Viewer, error) {
	if v, ok := s.viewers[t.String()+token]; ok {
		return v, nil
	}
	return citizen.Viewer{}, fault.New(fault.NotFound, "identity.no_session")
}

func newSite(t *testing.T) *site {
	s := &site{square: newSquare(t), towns: map[string]*tenant.Tenant{}, viewers: map[string]citizen.Viewer{}, jar: map[string]string{}}
	messages, err := i18n.Load(web.Catalogue, ui.Catalogue, access.Catalogue, database.Catalogue, files.Catalogue, identity.Catalogue, mail.Catalogue, places.Catalogue, catalogue)
	s.must(err)
	s.app, err = web.New(web.Options{
		Tenants: s, Sessions: s, Messages: messages, Secret: bytes.Repeat([]byte("s"), 32), Uploads: s.Uploads(),
		Log: slog.New(slog.DiscardHandler),
	})
	s.must(err)
	manifest := s.Manifest()
	s.Mount(s.app.Group("/"+manifest.Path),
		s.app.Group("/office/"+manifest.Path, web.Require(manifest.Name, manifest.Office...)), s.app.Group("/api/v1/"+manifest.Path))
	s.towns[s.town.Hosts[0]] = s.town
	s.host = s.town.Hosts[0]
	return s
}

// as makes the next requests those of v; a visitor without an ID.
func (s *site) as(v citizen.Viewer) *site {
	s.session = ""
	if v.SignedIn {
		s.session = v.ID.String()
		s.viewers[s.town.ID.String()+s.session] = v
	}
	s.jar = map[string]string{}
	return s
}

type answer struct {
	*http.Response
	t    testing.TB
	body string
}

func (s *site) send(method, path, kind string, body io.Reader, headers ...string) answer {
	s.Helper()
	request := httptest.NewRequest(method, path, body)
	request.Host = s.host
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	if s.session != "" {
		request.AddCookie(&http.Cookie{Name: "parvis", Value: s.session})
	}
	for name, value := range s.jar {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := s.app.Test(request, -1)
	s.must(err)
	for _, cookie := range response.Cookies() {
		s.jar[cookie.Name] = cookie.Value
	}
	content, err := io.ReadAll(response.Body)
	s.must(err)
	return answer{response, s, string(content)}
}

func (s *site) get(path string, headers ...string) answer {
	s.Helper()
	return s.send(http.MethodGet, path, "", nil, headers...)
}

var tokenRE = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// token is one for the forms of this session.
func (s *site) token() string {
	s.Helper()
	found := tokenRE.FindStringSubmatch(s.get("/associations/nouvelle").body)
	if found == nil {
		s.Fatal("no form to take a token from")
	}
	return found[1]
}

func (s *site) post(path string, form url.Values, headers ...string) answer {
	s.Helper()
	if form == nil {
		form = url.Values{}
	}
	form.Set("_csrf", s.token())
	return s.send(http.MethodPost, path, fiber.MIMEApplicationForm, strings.NewReader(form.Encode()), headers...)
}

// upload sends a picture.
func (s *site) upload(path, file string, content []byte) answer {
	s.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	s.must(w.WriteField("_csrf", s.token()))
	part, err := w.CreateFormFile("logo", file)
	s.must(err)
	_, err = part.Write(content)
	s.must(err)
	s.must(w.Close())
	return s.send(http.MethodPost, path, w.FormDataContentType(), &body)
}

// want checks the status, and that the answer says each of the words.
func (a answer) want(status int, words ...string) answer {
	a.t.Helper()
	if a.StatusCode != status {
		a.t.Errorf("%s %s: status %d, want %d\n%.3000s", a.Request.Method, a.Request.URL, a.StatusCode, status, a.body)
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			a.t.Errorf("%s %s does not say %q:\n%.6000s", a.Request.Method, a.Request.URL, w, a.body)
		}
	}
	return a
}

// without checks that the answer says none of the words.
func (a answer) without(words ...string) answer {
	a.t.Helper()
	for _, w := range words {
		if strings.Contains(a.body, w) {
			a.t.Errorf("%s %s says %q", a.Request.Method, a.Request.URL, w)
		}
	}
	return a
}

func (a answer) location() string { return a.Header.Get("Location") }
