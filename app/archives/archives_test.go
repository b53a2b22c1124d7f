package archives_test

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/archives"
	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/testkit/browser"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/voting/journal"
	"parvis/app/web"
)

// noon is when the poll of these tests closes: Monday 23 November 2026 in Paris.
var noon = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

// hall is a town with a poll that was voted on, and another town beside it.
type hall struct {
	testing.TB
	db          *testkit.DB
	town, other *tenant.Tenant
	box         *voting.Box
	booth       *booth.Booth
	app         *fiber.App
	poll        voting.PollID
	receipt     voting.Receipt
	viewers     map[string]citizen.Viewer
}

// Subject implements booth.Subjects: there is one subject, for all to see.
func (h *hall) Subject(_ context.Context, _ *tenant.Tenant, v citizen.Viewer, s voting.Subject) (booth.SubjectInfo, error) {
	return booth.SubjectInfo{Title: "La place du Marché", Href: "/consultations/place", Back: "Retour", Visible: true, Manage: v.Has(s.Module, citizen.Official)}, nil
}

// ByHost implements web.Tenants.
func (h *hall) ByHost(_ context.Context, host string) (*tenant.Tenant, error) {
	for _, t := range []*tenant.Tenant{h.town, h.other} {
		if name, _, _ := strings.Cut(host, ":"); name == t.Hosts[0] {
			return t, nil
		}
	}
	return nil, fault.New(fault.NotFound, "web.not_found")
}

// Viewer implements web.Sessions: the token is the name, in every town.
func (h *hall) Viewer(_ context.Context, _ tenant.ID, token string) (citizen.Viewer, error) {
	if v, ok := h.viewers[token]; ok {
		return v, nil
	}
	return citizen.Viewer{}, fault.New(fault.NotFound, "web.not_found")
}

func staff(name string, role citizen.Role) citizen.Viewer {
	return citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Name: name, Grants: []citizen.Grant{{Role: role}}}
}

func newHall(t *testing.T, change ...func(*voting.CustodyDeps)) *hall {
	t.Parallel()
	db := testkit.Database(t)
	h := &hall{TB: t, db: db, viewers: map[string]citizen.Viewer{
		"Anne": staff("Anne Archiviste", citizen.Administrator), "Olga": staff("Olga", citizen.Official),
	}}
	h.town = db.Tenant(t, testkit.Named("saint-dizier", "Ville de Saint-Dizier"), testkit.WithModules("consultations"))
	h.other = db.Tenant(t, testkit.WithModules("consultations"))
	db.SetClock(t, h.town.ID, noon)
	h.box = voting.New(voting.Deps{DB: db.DB})
	t.Cleanup(func() { h.must(h.box.Drain(context.Background())) })
	secret, shelf := bytes.Repeat([]byte("k"), 32), files.New(t.TempDir())
	logs := journal.New(journal.Deps{DB: db.DB, Box: h.box, Secret: secret, Kept: shelf})
	deps := voting.CustodyDeps{Box: h.box, Evidence: logs, Shelf: shelf, CustodianURL: db.CustodianURL, OwnerURL: db.OwnerURL}
	for _, c := range change {
		c(&deps)
	}
	h.booth = booth.New(booth.Deps{DB: db.DB, Box: h.box, Secret: secret, Subjects: func(string) (booth.Subjects, bool) { return h, true }})
	h.serve(secret, archives.New(archives.Deps{Custody: voting.NewCustody(deps), Polls: h.booth}))
	h.vote("aabbbc")
	return h
}

func (h *hall) serve(secret []byte, pages *archives.Pages) {
	messages, err := i18n.Load(web.Catalogue, ui.Catalogue, access.Catalogue, identity.Catalogue, database.Catalogue, voting.Catalogue, booth.Catalogue, archives.Catalogue)
	h.must(err)
	h.app, err = web.New(web.Options{Tenants: h, Sessions: h, Messages: messages, Secret: secret, Log: slog.New(slog.DiscardHandler)})
	h.must(err)
	h.booth.Mount(h.app)
	office := h.app.Group("/office")
	h.booth.MountOffice(office)
	pages.MountOffice(office)
}

func (h *hall) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// vote holds the poll: one ballot from a device for each letter.
func (h *hall) vote(choices string) {
	h.Helper()
	ctx := context.Background()
	h.must(h.db.InTenant(ctx, h.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		h.poll, err = h.box.Create(ctx, tx, h.town.ID, voting.Subject{Module: "consultations", ID: uuid.New()}, voting.Terms{
			Question: "Que faire de la place du Marché ?", Method: voting.Plurality, Visibility: voting.Turnout, Room: voting.Room{Open: true},
			Options: []voting.Option{{Label: "Un jardin partagé"}, {Label: "Une halle couverte"}, {Label: "Une place sans voitures"}},
		})
		return err
	}))
	h.must(h.box.Open(ctx, h.town.ID, h.poll, voting.Act{}))
	for _, c := range choices {
		var err error
		h.receipt, err = h.box.Cast(ctx, h.town.ID, voting.Submission{
			Poll: h.poll, Voter: voting.ByDevice(uuid.New()), Nonce: voting.NewNonce(), Channel: voting.Meeting,
			Marks: []voting.Mark{{Option: string(c), Value: voting.Chosen}},
		})
		h.must(err)
	}
	h.must(h.box.Close(ctx, h.town.ID, h.poll, voting.Act{}))
}

func (h *hall) at(day int, month time.Month, year int) {
	h.db.SetClock(h, h.town.ID, time.Date(year, month, day, 11, 0, 0, 0, time.UTC))
}

// person is a browser without scripts.
type person struct {
	*hall
	host string
	jar  map[string]string
	csrf string
}

func (h *hall) as(name string) *person { return h.in(h.town, name) }

func (h *hall) in(t *tenant.Tenant, name string) *person {
	p := &person{hall: h, host: t.Hosts[0], jar: map[string]string{}}
	if name != "" {
		p.jar["parvis"] = name
	}
	return p
}

// answer is what came back: its status, and its text with ordinary apostrophes
// and spaces.
type answer struct {
	status int
	header http.Header
	text   string
}

var csrfRE = regexp.MustCompile(`name="_csrf" value="([^"]*)"`)

func (p *person) ask(method, path, body string) answer {
	p.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Host = p.host
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range p.jar {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := p.app.Test(req, -1)
	p.must(err)
	raw, err := io.ReadAll(response.Body)
	p.must(err)
	for _, cookie := range response.Cookies() {
		p.jar[cookie.Name] = cookie.Value
	}
	if token := csrfRE.FindStringSubmatch(string(raw)); token != nil {
		p.csrf = html.UnescapeString(token[1])
	}
	text := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'").Replace(html.UnescapeString(string(raw)))
	return answer{response.StatusCode, response.Header, text}
}

func (p *person) get(path string) answer { return p.ask(http.MethodGet, path, "") }

func (p *person) post(path string, pairs ...string) answer {
	form := url.Values{"_csrf": {p.csrf}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return p.ask(http.MethodPost, path, form.Encode())
}

func (a answer) want(t testing.TB, status int, words ...string) answer {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d: %.300s", a.status, status, a.text)
	}
	for _, w := range words {
		if !strings.Contains(a.text, w) {
			_, main, _ := strings.Cut(a.text, "<main")
			t.Errorf("does not say %q: %s", w, main)
		}
	}
	return a
}

func (a answer) without(t testing.TB, words ...string) answer {
	t.Helper()
	for _, w := range words {
		if strings.Contains(a.text, w) {
			t.Errorf("says %q", w)
		}
	}
	return a
}

func (h *hall) page() string { return archives.Href(h.poll) }

var appealRE = regexp.MustCompile(`name="recours" value="([^"]+)"`)

const theAct = "Détruire le lien pour toujours"

func TestAnAdministratorClosesTheMatterOfAPoll(t *testing.T) {
	h := newHall(t)
	anne, page := h.as("Anne"), h.page()
	anne.get("/office/votes/"+h.poll.String()+"/pupitre").want(t, http.StatusOK, page)
	anne.get(page).want(t, http.StatusOK, "Pas encore possible", "La délibération n'est pas enregistrée").without(t, theAct)
	anne.get(page+"/proces-verbal").want(t, http.StatusNotFound)

	anne.post(page+"/deliberation", "on", "2026-11-22", "reference", "2026-112", "months", "2").
		want(t, http.StatusUnprocessableEntity, "antérieure à la clôture", `value="2026-11-22"`, `value="2026-112"`)
	anne.post(page+"/deliberation", "on", "2026-11-23", "reference", "2026-112", "months", "1").want(t, http.StatusUnprocessableEntity, "De 2 à 120 mois")
	anne.post(page+"/deliberation", "on", "2026-11-23", "reference", "2026-112", "months", "0").want(t, http.StatusUnprocessableEntity, "De 2 à 120 mois")
	anne.post(page+"/deliberation", "on", "2026-11-23", "reference", "2026-112", "months", "2").want(t, http.StatusSeeOther)
	anne.get(page).want(t, http.StatusOK, "à partir du lundi 25 janvier 2027", "2 mois francs").without(t, theAct)
	sever := []string{"visa", "AD52 2027/014", "word", voting.ConfirmationWord(h.poll)}
	anne.post(page+"/detruire", sever...).want(t, http.StatusConflict, "court encore")

	h.at(25, time.January, 2027)
	anne.get(page).want(t, http.StatusOK, "Le lien peut être détruit", theAct, voting.ConfirmationWord(h.poll), "L. 214-3")
	anne.post(page+"/recours", "filed_on", "2027-01-20", "appeal", "TA 2700001").want(t, http.StatusSeeOther)
	blocked := anne.get(page).want(t, http.StatusOK, "Un recours est en cours", "TA 2700001").without(t, theAct)
	anne.post(page+"/detruire", sever...).want(t, http.StatusConflict, "recours est en cours")
	appeal := appealRE.FindStringSubmatch(blocked.text)[1]
	anne.post(page+"/recours/lever", "recours", appeal, "lifted_on", "2027-01-01", "outcome", "Désistement").
		want(t, http.StatusUnprocessableEntity, "avant d'avoir été formé", `value="Désistement"`)
	anne.post(page+"/recours/lever", "recours", uuid.NewString(), "lifted_on", "2027-01-25", "outcome", "x").want(t, http.StatusNotFound)
	anne.post(page+"/recours/lever", "recours", appeal, "lifted_on", "2027-01-25", "outcome", "Désistement").want(t, http.StatusSeeOther)

	anne.get(page)
	anne.post(page+"/detruire", "visa", "AD52 2027/014", "word", "AAAAAA").want(t, http.StatusUnprocessableEntity, "pas le mot affiché", `value="AD52 2027/014"`)
	anne.post(page+"/detruire", "visa", " ", "word", voting.ConfirmationWord(h.poll)).want(t, http.StatusUnprocessableEntity)
	anne.post(page+"/detruire", sever[0], sever[1], "word", strings.ToLower(" "+voting.ConfirmationWord(h.poll))).want(t, http.StatusSeeOther)
	anne.get(page).want(t, http.StatusOK, "Procès-verbal", "AD52 2027/014", "Anne Archiviste", "TA 2700001", "Désistement", "2026-112", "parvis-minute/1").
		without(t, theAct, "<form method=\"post\" action=\""+page)
	anne.get(page+"/proces-verbal").want(t, http.StatusOK, `"visa":"AD52 2027/014"`, "\n— saint-dizier.localhost/votes/"+h.poll.String()+"/proces-verbal ")
	anne.post(page+"/detruire", sever...).want(t, http.StatusConflict)
	anne.post(page+"/recours", "filed_on", "2027-01-20", "appeal", "TA 2700002").want(t, http.StatusConflict)
}

func TestAfterwardsEveryPageSaysThatTheLinkIsGone(t *testing.T) {
	h := newHall(t)
	anyone, receipt := h.as(""), "/votes/"+h.poll.String()+"/recepisse/"+h.receipt.Nonce.String()
	anyone.get(receipt).want(t, http.StatusOK)
	before := anyone.get("/votes/"+h.poll.String()+"/bulletins.csv").want(t, http.StatusOK, h.receipt.Nonce.String())
	h.severed()
	anyone.get(receipt).want(t, http.StatusGone, "personne ne peut plus dire quel bulletin était le vôtre")
	anyone.get("/votes/"+h.poll.String()).want(t, http.StatusOK, "le lien entre les bulletins et les personnes a été détruit")
	anyone.get("/votes/"+h.poll.String()+"/resultats").want(t, http.StatusOK, "Une halle couverte", "Lien entre les bulletins et les personnes détruit", "AD52 2027/014")
	after := anyone.get("/votes/"+h.poll.String()+"/bulletins.csv").want(t, http.StatusOK).without(t, h.receipt.Nonce.String())
	if len(strings.Fields(before.text)) != len(strings.Fields(after.text)) {
		t.Errorf("the published ballots are not as many: %q, %q", before.text, after.text)
	}
}

// severed closes the matter and severs, as Anne.
func (h *hall) severed() {
	h.Helper()
	anne, page := h.as("Anne"), h.page()
	anne.get(page)
	anne.post(page+"/deliberation", "on", "2026-11-23", "reference", "2026-112", "months", "2").want(h, http.StatusSeeOther)
	h.at(25, time.January, 2027)
	anne.post(page+"/detruire", "visa", "AD52 2027/014", "word", voting.ConfirmationWord(h.poll)).want(h, http.StatusSeeOther)
}

func TestOnlyAnAdministratorOfTheTownMayEnter(t *testing.T) {
	h := newHall(t)
	ways := []string{"/deliberation", "/recours", "/recours/lever", "/detruire"}
	h.as("").get(h.page()).want(t, http.StatusSeeOther)
	olga := h.as("Olga")
	olga.get("/office/votes/"+h.poll.String()+"/pupitre").want(t, http.StatusOK).without(t, h.page())
	olga.get(h.page()).want(t, http.StatusForbidden)
	elsewhere := h.in(h.other, "Anne")
	elsewhere.get(h.page()).want(t, http.StatusNotFound)
	for _, way := range ways {
		olga.post(h.page()+way).want(t, http.StatusForbidden)
		elsewhere.post(h.page()+way).want(t, http.StatusNotFound)
	}
	var decided int
	h.must(h.db.Superuser(t).QueryRow(context.Background(), `SELECT (SELECT count(*) FROM voting.matters) + (SELECT count(*) FROM voting.appeals)`).Scan(&decided))
	if decided != 0 {
		t.Errorf("%d things were decided", decided)
	}
}

func TestWithoutACustodianThePageSaysWhatIsMissing(t *testing.T) {
	h := newHall(t, func(d *voting.CustodyDeps) { d.CustodianURL = "" })
	anne, page := h.as("Anne"), h.page()
	anne.get(page)
	anne.post(page+"/deliberation", "on", "2026-11-23", "reference", "2026-112", "months", "2").want(t, http.StatusSeeOther)
	h.at(25, time.January, 2027)
	anne.get(page).want(t, http.StatusOK, "DATABASE_CUSTODIAN_URL").without(t, theAct)
	anne.post(page+"/detruire", "visa", "AD52 2027/014", "word", voting.ConfirmationWord(h.poll)).want(t, http.StatusServiceUnavailable, "Rien n'a été détruit")
}

func TestThePagesOfArchivesInABrowser(t *testing.T) {
	h := newHall(t)
	listener, err := web.Listen("127.0.0.1:0")
	h.must(err)
	done := make(chan error)
	go func() { done <- h.app.Listener(listener) }()
	t.Cleanup(func() {
		h.must(h.app.ShutdownWithTimeout(5 * time.Second))
		h.must(<-done)
	})
	_, port, _ := strings.Cut(listener.Addr().String(), ":")
	address := "http://" + h.town.Hosts[0] + ":" + port
	p := browser.Open(t)
	look := func(name string) {
		for _, width := range []int{320, 1280} {
			for _, dark := range []bool{true, false} {
				p.Dark(dark).Size(width, 800)
				p.Accessible().Clean()
			}
			p.Screenshot(fmt.Sprintf("archives/%s-%d", name, width))
		}
	}
	date := func(name, day string) { // typing in a date field depends on the browser's language
		browser.Eval[string](p, fmt.Sprintf(`document.querySelector('[name=%q]').value = %q`, name, day))
	}
	p.Go(address + "/v")
	browser.Eval[string](p, `document.cookie = "parvis=Anne; path=/"`)
	p.Go(address + h.page())
	look("nothing-yet")
	date("on", "2026-11-23")
	p.Fill(`[name="reference"]`, "2026-112").ClickTo(`form[action$="/deliberation"] button`)
	p.Click(`details:has(form[action$="/recours"]) summary`)
	date("filed_on", "2026-11-23")
	p.Fill(`[name="appeal"]`, "TA 2600001").ClickTo(`form[action$="/recours"] button`)
	look("blocked")
	date("lifted_on", "2026-11-23")
	p.Fill(`[name="outcome"]`, "Désistement, ordonnance du 23 novembre").ClickTo(`form[action$="/lever"] button`)
	h.at(25, time.January, 2027)
	p.Reload()
	look("possible")
	p.Fill(`[name="visa"]`, "AD52 2027/014").Fill(`[name="word"]`, "AAAAAA").ClickTo(`form[action$="/detruire"] button`)
	look("wrong-word")
	p.Fill(`[name="word"]`, voting.ConfirmationWord(h.poll)).ClickTo(`form[action$="/detruire"] button`)
	p.UntilText("h1", "Procès-verbal")
	look("minute")
	p.Size(1280, 800).Print()
	p.Screenshot("archives/minute-print")
}
