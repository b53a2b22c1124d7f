package electors_test

import (
	"bytes"
	"context"
	"html"
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
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/clock"
	"parvis/app/database"
	"parvis/app/electors"
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/mail"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

// hall is a town with one poll that asks for a list, and its office.
type hall struct {
	testing.TB
	db     *testkit.DB
	box    *voting.Box
	town   *tenant.Tenant
	app    *fiber.App
	poll   voting.PollID
	viewer citizen.Viewer
}

func (h *hall) ByHost(context.Context, string) (*tenant.Tenant, error) { return h.town, nil }
func (h *hall) Viewer(_ context.Context, _ tenant.ID, token string) (citizen.Viewer, error) {
	if token == "official" {
		return h.viewer, nil
	}
	return citizen.Viewer{}, nil
}

func (h *hall) Subject(_ context.Context, _ *tenant.Tenant, v citizen.Viewer, _ voting.Subject) (booth.SubjectInfo, error) {
	return booth.SubjectInfo{Title: "La place", Href: "/", Visible: true, Manage: v.Has("consultations", citizen.Official)}, nil
}

func newHall(t *testing.T) *hall {
	t.Parallel()
	db := testkit.Database(t)
	h := &hall{TB: t, db: db, viewer: citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Name: "Olga", Grants: []citizen.Grant{{Role: citizen.Official}}}}
	h.town = db.Tenant(t, testkit.WithModules("consultations"))
	h.box = voting.New(voting.Deps{DB: db.DB})
	t.Cleanup(func() { h.must(h.box.Drain(context.Background())) })
	secret := bytes.Repeat([]byte("k"), 32)
	messages, err := i18n.Load(web.Catalogue, ui.Catalogue, access.Catalogue, identity.Catalogue, mail.Catalogue, database.Catalogue, voting.Catalogue, booth.Catalogue, electors.Catalogue)
	h.must(err)
	people := identity.New(identity.Deps{DB: db.DB, Clock: clock.System{}, Secret: secret, Log: slog.New(slog.DiscardHandler)})
	door := booth.New(booth.Deps{DB: db.DB, Box: h.box, Secret: secret, Subjects: func(string) (booth.Subjects, bool) { return h, true }})
	pages := electors.New(electors.Deps{DB: db.DB, Box: h.box, Identity: people, Polls: door})
	h.app, err = web.New(web.Options{Tenants: h, Sessions: h, Messages: messages, Secret: secret, Log: slog.New(slog.DiscardHandler), Uploads: pages.Uploads()})
	h.must(err)
	pages.MountOffice(h.app.Group("/office"))
	h.must(db.InTenant(context.Background(), h.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		h.poll, err = h.box.Create(ctx, tx, h.town.ID, voting.Subject{Module: "consultations", ID: uuid.New()}, voting.Terms{
			Question: "Que faire de la place ?", Method: voting.Plurality, Visibility: voting.Turnout,
			Options:    []voting.Option{{Label: "Un jardin"}, {Label: "Une halle"}},
			Electorate: voting.Electorate{Requirements: access.Requirements{Person: citizen.PersonDesk}, List: voting.CivilList},
		})
		return err
	}))
	return h
}

func (h *hall) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

var token = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// do sends a request with the session of the official, or of nobody.
func (h *hall) do(method, session string, kind string, body []byte, cookies ...*http.Cookie) (int, string, []*http.Cookie) {
	h.Helper()
	r := httptest.NewRequest(method, "http://"+h.town.Hosts[0]+electors.Href(h.poll), bytes.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if session != "" {
		r.AddCookie(&http.Cookie{Name: "parvis", Value: session})
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	answer, err := h.app.Test(r, -1)
	h.must(err)
	page, err := io.ReadAll(answer.Body)
	h.must(err)
	return answer.StatusCode, string(page), answer.Cookies()
}

// send imports a file from the page's form.
func (h *hall) send(file string, fields url.Values) (int, string) {
	h.Helper()
	status, page, cookies := h.do(http.MethodGet, "official", "", nil)
	if status != http.StatusOK {
		h.Fatalf("the page: %d", status)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("list", "liste.csv")
	h.must(err)
	_, err = io.WriteString(part, file)
	h.must(err)
	if found := token.FindStringSubmatch(page); found != nil {
		h.must(form.WriteField("_csrf", html.UnescapeString(found[1])))
	}
	for name := range fields {
		h.must(form.WriteField(name, fields.Get(name)))
	}
	h.must(form.Close())
	status, page, _ = h.do(http.MethodPost, "official", form.FormDataContentType(), body.Bytes(), cookies...)
	return status, page
}

func (h *hall) listed() (n int) {
	h.Helper()
	h.must(h.db.Superuser(h).QueryRow(context.Background(), `SELECT count(*) FROM voting.list_entries`).Scan(&n))
	return n
}

func TestAFileIsTakenWholeOrNotAtAll(t *testing.T) {
	h := newHall(t)
	const good = "nom;prénom;date de naissance\nMartin;Jeanne;30/04/1962\n"
	status, page := h.send(good+"Petit;;1980-01-01\nRoux;Paul;31/02/1980\n", nil)
	if status != http.StatusUnprocessableEntity || h.listed() != 0 {
		t.Errorf("two bad lines: %d, %d on the list", status, h.listed())
	}
	for _, want := range []string{"Ligne 3", "premier prénom", "Ligne 4", "pas possible", "Rien n’a été importé"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if status, _ = h.send(good, nil); status != http.StatusSeeOther || h.listed() != 1 {
		t.Errorf("a good file: %d, %d on the list", status, h.listed())
	}
	if status, _ = h.send(good+"Petit;Paul;1980-01-01\n", nil); status != http.StatusSeeOther || h.listed() != 2 {
		t.Errorf("one more: %d, %d on the list", status, h.listed())
	}
	if status, page = h.send("", nil); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Choisissez le fichier") {
		t.Errorf("no file: %d", status)
	}
	var acts int
	h.must(h.db.Superuser(t).QueryRow(context.Background(), `SELECT count(*) FROM core.audit_entries WHERE action = 'voting.list'`).Scan(&acts))
	if acts != 2 {
		t.Errorf("%d imports are in the journal", acts)
	}
}

func TestTheListIsTheOfficesAlone(t *testing.T) {
	h := newHall(t)
	if status, page, _ := h.do(http.MethodGet, "", "", nil); status != http.StatusForbidden || strings.Contains(page, "Que faire") {
		t.Errorf("a visitor: %d", status)
	}
}
