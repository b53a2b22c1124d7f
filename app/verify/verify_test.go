package verify_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/urfave/cli/v3"
	"github.com/valyala/fasthttp"

	"parvis/app/access"
	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/testkit"
	chrome "parvis/app/testkit/browser"
	"parvis/app/ui"
	"parvis/app/verify"
	"parvis/app/voting"
	"parvis/app/voting/journal"
	"parvis/app/voting/proof"
	"parvis/app/voting/proof/sample"
	"parvis/app/web"
)

var secret = []byte("a secret of thirty-two bytes or so")

// place is a running site with a poll about something that everybody, or
// nobody, may see.
type place struct {
	testing.TB
	db      *testkit.DB
	town    *tenant.Tenant
	other   *tenant.Tenant
	box     *voting.Box
	journal *journal.Journal
	app     *fiber.App
	secret  map[uuid.UUID]bool // subjects that visitors may not see
}

// Subject implements booth.Subjects.
func (p *place) Subject(_ context.Context, _ *tenant.Tenant, v citizen.Viewer, s voting.Subject) (booth.SubjectInfo, error) {
	return booth.SubjectInfo{Title: "La place", Href: "/", Back: "Retour", Visible: v.SignedIn || !p.secret[s.ID]}, nil
}

// ByHost implements web.Tenants.
func (p *place) ByHost(_ context.Context, host string) (*tenant.Tenant, error) {
	for _, t := range []*tenant.Tenant{p.town, p.other} {
		if t.Hosts[0] == host {
			return t, nil
		}
	}
	return nil, fault.New(fault.NotFound, "web.unknown_host")
}

// Viewer implements web.Sessions: whoever has a session is somebody.
func (p *place) Viewer(context.Context, tenant.ID, string) (citizen.Viewer, error) {
	return citizen.Viewer{ID: citizen.ID(uuid.New()), SignedIn: true, Person: citizen.PersonEmail}, nil
}

func newPlace(t *testing.T) *place {
	t.Helper()
	db := testkit.Database(t)
	p := &place{TB: t, db: db, secret: map[uuid.UUID]bool{}}
	p.town = db.Tenant(t, testkit.Named("saint-dizier", "Ville de Saint-Dizier"), testkit.WithModules("consultations"))
	p.other = db.Tenant(t, testkit.Named("chaumont", "Ville de Chaumont"), testkit.WithModules("consultations"))
	watch := journal.NewWatch(nil)
	p.box = voting.New(voting.Deps{DB: db.DB, Live: watch})
	p.journal = journal.New(journal.Deps{DB: db.DB, Box: p.box, Watch: watch, Secret: secret})
	bundle, err := i18n.Load(web.Catalogue, ui.Catalogue, access.Catalogue, database.Catalogue, files.Catalogue, voting.Catalogue, booth.Catalogue, verify.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	p.app, err = web.New(web.Options{Tenants: p, Sessions: p, Messages: bundle, Secret: secret, Log: quiet, Timeout: 30 * time.Second, Uploads: verify.Uploads()})
	if err != nil {
		t.Fatal(err)
	}
	hall := booth.New(booth.Deps{DB: db.DB, Box: p.box, Subjects: func(string) (booth.Subjects, bool) { return p, true }, Secret: secret, Log: quiet})
	hall.Mount(p.app)
	verify.New(verify.Deps{Journal: p.journal, Box: p.box, Polls: hall}).Mount(p.app)
	return p
}

func (p *place) open(change ...func(*voting.Terms)) voting.PollID {
	p.Helper()
	id, _ := p.openAbout(change...)
	return id
}

func (p *place) openAbout(change ...func(*voting.Terms)) (id voting.PollID, subject uuid.UUID) {
	p.Helper()
	terms := voting.Terms{
		Question: "Quel nom pour la médiathèque ?", Method: voting.Plurality, AllowChange: true,
		Options:    []voting.Option{{Label: "Simone-Veil"}, {Label: "Aimé-Césaire"}, {Label: "Colette"}},
		Visibility: voting.Turnout, Room: voting.Room{Open: true},
	}
	for _, c := range change {
		c(&terms)
	}
	subject = uuid.New()
	err := p.db.InTenant(p.Context(), p.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		id, err = p.box.Create(ctx, tx, p.town.ID, voting.Subject{Module: "consultations", ID: subject}, terms)
		return err
	})
	if err == nil {
		err = p.box.Open(p.Context(), p.town.ID, id, voting.Act{})
	}
	if err != nil {
		p.Fatal(err)
	}
	return id, subject
}

func (p *place) vote(id voting.PollID, choice string, device uuid.UUID) voting.Receipt {
	p.Helper()
	r, err := p.box.Cast(p.Context(), p.town.ID, voting.Submission{
		Poll: id, Voter: voting.ByDevice(device), Nonce: voting.NewNonce(), Channel: voting.Meeting, Marks: []voting.Mark{{Option: choice, Value: voting.Chosen}},
	})
	if err != nil {
		p.Fatal(err)
	}
	return r
}

func (p *place) close(id voting.PollID) {
	p.Helper()
	if err := p.box.Close(p.Context(), p.town.ID, id, voting.Act{Reason: "La réunion est finie."}); err != nil {
		p.Fatal(err)
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (p *place) do(request *http.Request) answer {
	p.Helper()
	request.Host = p.town.Hosts[0]
	response, err := p.app.Test(request, 60_000)
	if err != nil {
		p.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

func (p *place) get(path string, cookies ...string) answer {
	p.Helper()
	request := httptest.NewRequest(http.MethodGet, path, nil)
	for _, c := range cookies {
		request.Header.Add("Cookie", c)
	}
	return p.do(request)
}

func (p *place) found(path string) answer {
	p.Helper()
	a := p.get(path)
	if a.status != http.StatusOK {
		p.Fatalf("%s: status %d", path, a.status)
	}
	return a
}

var tokenRE = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// send fills in the form of the page.
func (p *place) send(receipt []byte, text string, archive []byte) answer {
	p.Helper()
	page := p.found("/verifier")
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	write := func(name, filename string, content []byte) {
		part, err := w.CreateFormFile(name, filename)
		if err == nil {
			_, err = part.Write(content)
		}
		if err != nil {
			p.Fatal(err)
		}
	}
	_ = w.WriteField("_csrf", tokenRE.FindStringSubmatch(page.body)[1])
	_ = w.WriteField("texte", text)
	write("recepisse", "r.parvis-receipt", receipt)
	write("archive", "a.parvis-archive", archive)
	w.Close()
	request := httptest.NewRequest(http.MethodPost, "/verifier", &body)
	request.Header.Set("Content-Type", w.FormDataContentType())
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	cookie, _, _ := strings.Cut(page.header.Get("Set-Cookie"), ";")
	request.Header.Set("Cookie", cookie)
	return p.do(request)
}

func (a answer) says(t testing.TB, words ...string) {
	t.Helper()
	text := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "&#39;", "’", "&#34;", `"`).Replace(a.body)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("status %d, does not say %q", a.status, w)
		}
	}
}

// proven returns the receipt's file once it holds its proof.
func (p *place) proven(id voting.PollID, r voting.Receipt) proof.Receipt {
	p.Helper()
	for {
		file := p.found("/votes/" + id.String() + "/recepisse/" + r.Nonce.String() + "/fichier")
		read, err := proof.DecodeReceipt([]byte(file.body))
		if err != nil {
			p.Fatalf("%v: %s", err, file.body)
		}
		if read.Checkpoint != "" {
			return read
		}
		time.Sleep(100 * time.Millisecond) // a second of the database's clock at most
	}
}

// TestAVoterChecksAReceipt: by its file, by its content, by its square code;
// before the closing against the log of the site, after it in the archive.
func TestAVoterChecksAReceipt(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	id, me := p.open(), uuid.New()
	p.vote(id, "a", me)
	cast := p.vote(id, "b", me)
	receipt := p.proven(id, cast)
	const here = "Le journal de ce site contient ce bulletin, à cette place."
	p.send(receipt.Encode(), "", nil).says(t, "Récépissé juste", "que publie la commune", "Un point de contrôle signé", here, "Vérifié sur le serveur")
	p.send(nil, "  "+string(receipt.Encode())+"\n", nil).says(t, "Récépissé juste", here)
	code := "http://" + p.town.Hosts[0] + "/verifier?r=" + receipt.Compact()
	p.send(nil, code, nil).says(t, "Récépissé juste", here)
	page := p.found("/verifier?r=" + receipt.Compact())
	page.says(t, "Récépissé juste", here, code, `href="/votes/`+id.String()+"/recepisse/"+cast.Nonce.String()+`"`)
	if got := page.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a page with a receipt is kept: %s", got)
	}
	p.close(id)
	archive := p.found("/votes/" + id.String() + "/archive").body
	p.send(receipt.Encode(), "", []byte(archive)).says(t, "Archive juste", "Il est compté, et dit : Aimé-Césaire.", "Quel nom pour la médiathèque ?")
	first := p.proven(id, cast)
	first.Stamp = strings.Replace(first.Stamp, "leaf 3", "leaf 2", 1)
	refused := p.send(first.Encode(), "", []byte(archive))
	refused.says(t, "Archive refusée", "La signature du récépissé ne correspond pas")
	wrong := p.send(nil, "{}", nil)
	wrong.says(t, "Ce n’est pas un récépissé")
	if wrong.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", wrong.status)
	}
	if empty := p.send(nil, "", nil); empty.status != http.StatusUnprocessableEntity {
		t.Errorf("an empty form: status %d", empty.status)
	}
	if bad := p.get("/verifier?r=nothing"); bad.status != http.StatusUnprocessableEntity {
		t.Errorf("a bad square code: status %d", bad.status)
	}
}

// TestAForgedArchiveTurnsRed: the page says what is wrong and where; one of
// this site with another key is refused, one of another site is to be compared.
func TestAForgedArchiveTurnsRed(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	id := p.open()
	for range 12 {
		p.vote(id, "a", uuid.New())
	}
	p.close(id)
	archive := []byte(p.found("/votes/" + id.String() + "/archive").body)
	p.send(nil, "", archive).says(t, "Archive juste", "Comptés : 12", "Simone-Veil")
	forged := bytes.Replace(archive, []byte(`"marks":"a=1"`), []byte(`"marks":"b=1"`), 1)
	p.send(nil, "", forged).says(t, "Archive refusée", "n’est pas celui que son auteur a déposé", "Entrée n° 2 du journal.", "Non vérifié")
	key, err := p.journal.Key(t.Context(), p.town.ID)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := bytes.ReplaceAll(sample.Examples()[0].Archive, []byte(sample.Host), []byte(key.Name))
	p.send(nil, "", elsewhere).says(t, "Archive refusée")
	p.send(nil, "", sample.Examples()[0].Archive).says(t, "Archive juste, clé à comparer", sample.Host)
	for name, words := range map[string]string{
		"juste": "Archive juste", "bulletin": "n’est pas celui que son auteur a déposé",
		"ecarte": "Ce bulletin a été écarté du dépouillement", "compte": "une entrée a été changée",
	} {
		p.found("/verifier?exemple="+name).says(t, words)
		if got := p.found("/verifier/exemples/" + name); got.header.Get("Content-Disposition") == "" {
			t.Errorf("%s is not a file", name)
		}
	}
	if a := p.get("/verifier?exemple=other"); a.status != http.StatusNotFound {
		t.Errorf("no such example: status %d", a.status)
	}
}

// TestPublicToolsFollowTheLog over HTTP, with what caches may keep.
func TestPublicToolsFollowTheLog(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	id, subject := p.openAbout()
	base := "/votes/" + id.String() + "/journal/"
	p.vote(id, "a", uuid.New())
	for i := 0; !strings.Contains(p.found(base+"checkpoint").body, "\n3\n"); i++ {
		if i > 20 {
			t.Fatal("no checkpoint of three leaves")
		}
		time.Sleep(100 * time.Millisecond) // a second of the database's clock at most
	}
	for path, want := range map[string]string{
		"checkpoint": "public, max-age=1", "cle": "public, max-age=3600", "tile/0/000.p/3": "public, max-age=31536000, immutable",
		"tile/entries/000.p/3": "public, max-age=31536000, immutable",
	} {
		if got := p.found(base + path).header.Get("Cache-Control"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if size := len(p.found(base + "tile/0/000.p/2").body); size != 64 {
		t.Errorf("two hashes in %d bytes", size)
	}
	for _, path := range []string{
		"tile/0/000", "tile/0/000.p/4", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/0.p/1", "tile/0/x000/000.p/1", "tile/1/000.p/1", "tile/8/000.p/1",
		"tile/00/000.p/1", "tile/-1/000.p/1", "tile/data/000.p/1", "tile/entries/001.p/1", "tile/entries", "tile/", "tile/0/../../cle", "other",
	} {
		if a := p.get(base + path); a.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, a.status)
		}
	}
	p.secret[subject] = true
	for _, path := range []string{"journal/checkpoint", "journal/cle", "journal/tile/0/000.p/1", "archive", "recepisse/00000000000000000000000000000000/fichier"} {
		if a := p.get("/votes/" + id.String() + "/" + path); a.status != http.StatusNotFound {
			t.Errorf("%s of a poll that visitors may not see: status %d", path, a.status)
		}
	}
	if got := p.get(base+"checkpoint", "parvis=session").header.Get("Cache-Control"); got != "private, max-age=1" {
		t.Errorf("shared caches may keep what visitors may not see: %s", got)
	}
	for _, unknown := range []string{uuid.NewString(), strings.ToUpper(id.String()), "x"} {
		if a := p.get("/votes/" + unknown + "/journal/checkpoint"); unknown != strings.ToUpper(id.String()) && a.status != http.StatusNotFound {
			t.Errorf("%s: status %d", unknown, a.status)
		}
	}
}

// TestHiddenTurnoutHidesTheLog over HTTP too.
func TestHiddenTurnoutHidesTheLog(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	id := p.open(func(terms *voting.Terms) { terms.Visibility = voting.Hidden })
	cast := p.vote(id, "a", uuid.New())
	for _, path := range []string{"journal/checkpoint", "journal/tile/0/000.p/1", "journal/tile/entries/000.p/1"} {
		if a := p.get("/votes/" + id.String() + "/" + path); a.status != http.StatusForbidden {
			t.Errorf("%s: status %d", path, a.status)
		}
	}
	if a := p.get("/votes/" + id.String() + "/archive"); a.status != http.StatusGone {
		t.Errorf("the archive of an open poll: status %d", a.status)
	}
	file := p.found("/votes/" + id.String() + "/recepisse/" + cast.Nonce.String() + "/fichier").body
	r, err := proof.DecodeReceipt([]byte(file))
	if err != nil || r.Checkpoint != "" {
		t.Errorf("%v: the receipt tells the turnout: %s", err, file)
	}
	p.send([]byte(file), "", nil).says(t, "Récépissé juste")
	p.close(id)
	if got := p.proven(id, cast); got.Checkpoint == "" {
		t.Error("no proof after the closing")
	}
	p.found("/votes/" + id.String() + "/archive")
}

// TestTheArchiveComesFromTheDisk: however large it is, the program never holds it
// whole; and no cache keeps the refusal of one that cannot be had.
func TestTheArchiveComesFromTheDisk(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	id := p.open()
	p.vote(id, "a", uuid.New())
	ask := func() *fasthttp.Response {
		var c fasthttp.RequestCtx
		c.Request.SetRequestURI("/votes/" + id.String() + "/archive")
		c.Request.Header.SetHost(p.town.Hosts[0])
		p.app.Handler()(&c)
		return &c.Response
	}
	if r := ask(); r.StatusCode() != http.StatusGone || strings.Contains(string(r.Header.Peek("Cache-Control")), "public") {
		t.Errorf("an open poll: status %d, %s", r.StatusCode(), r.Header.Peek("Cache-Control"))
	}
	p.close(id)
	r := ask()
	if r.StatusCode() != http.StatusOK || !r.IsBodyStream() || r.Header.ContentLength() < 1000 {
		t.Errorf("status %d, a stream: %t, of %d bytes", r.StatusCode(), r.IsBodyStream(), r.Header.ContentLength())
	}
	if got := string(r.Header.Peek("Cache-Control")); got != "public, no-cache" {
		t.Errorf("kept as %q", got)
	}
	if report, err := proof.Verify(r.BodyStream(), proof.Options{}); err != nil || !report.OK {
		t.Errorf("%v: %+v", err, report)
	}
}

// TestABigFileIsRefusedWithAPage: visitors send less than those who are known.
func TestABigFileIsRefusedWithAPage(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	huge := bytes.Repeat([]byte("x"), 2<<20)
	base := strings.Replace(p.serve(t), p.town.Hosts[0], "127.0.0.1", 1)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, _ := w.CreateFormFile("archive", "a")
	_, _ = part.Write(huge)
	w.Close()
	if page := p.found("/verifier"); !strings.Contains(page.body, `action="/verifier"`) {
		t.Error("visitors are shown another form")
	}
	if page := p.get("/verifier", "parvis=session"); !strings.Contains(page.body, `action="/verifier/archive"`) {
		t.Error("those who are signed in may not send more")
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/verifier", &body)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = p.town.Hosts[0]
	request.Header.Set("Content-Type", w.FormDataContentType())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", response.StatusCode)
	}
}

// serve puts the place on a port of this machine and returns the town's address.
func (p *place) serve(t *testing.T) string {
	t.Helper()
	listener, err := web.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.app.Listener(listener) }()
	t.Cleanup(func() { _ = p.app.Shutdown() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + p.town.Hosts[0] + ":" + port
}

// TestTheCommandVerifiesOffline: the report in French, the code of return, the
// key that is known, the receipt that is looked for.
func TestTheCommandVerifiesOffline(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	run := func(args ...string) (string, error) {
		var out bytes.Buffer
		root := &cli.Command{Name: "parvis", Writer: &out, ErrWriter: &out, Commands: []*cli.Command{verify.Command()}, ExitErrHandler: func(context.Context, *cli.Command, error) {}}
		err := root.Run(t.Context(), append([]string{"parvis", "verify"}, args...))
		return strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(out.String()), err
	}
	archives := map[string]string{}
	for _, e := range sample.Examples() {
		archives[e.Name] = file(e.Name, e.Archive)
	}
	key := file("cle", []byte(sample.Key().String()+"\n"))
	said, err := run("--key", key, archives["juste"])
	for _, words := range []string{"✓ Journal : Entrées : ", "✓ Dépouillement : Recompter", "sa clé est celle que publie la commune", "Archive juste."} {
		if err != nil || !strings.Contains(said, words) {
			t.Errorf("%v: does not say %q:\n%s", err, words, said)
		}
	}
	if said, err = run(archives["juste"]); err != nil || !strings.Contains(said, "clé à comparer") {
		t.Errorf("%v\n%s", err, said)
	}
	if said, err = run("--key", sample.Key().String(), archives["ecarte"]); err == nil || !strings.Contains(said, "✗ Bulletins : Ce bulletin a été écarté") || !strings.Contains(said, "Ligne ") {
		t.Errorf("%v\n%s", err, said)
	}
	if said, err = run("--json", archives["bulletin"]); err == nil || !strings.Contains(said, `"code": "ballots.inner"`) {
		t.Errorf("%v\n%s", err, said)
	}
	if _, err = run(filepath.Join(dir, "missing")); err == nil {
		t.Error("a missing file is accepted")
	}
	if _, err = run(); err == nil {
		t.Error("nothing is accepted")
	}
	if _, err = run("--key", "nonsense", archives["juste"]); err == nil {
		t.Error("a key that is none is accepted")
	}
	if said, err = run("--lang", "en", archives["juste"]); err != nil || !strings.Contains(said, "Sound archive") {
		t.Errorf("%v\n%s", err, said)
	}
	if _, err = run("--receipt", archives["juste"], archives["juste"]); err == nil {
		t.Error("a receipt that is none is accepted")
	}
}

// TestTheBrowserChecksAndSendsNothing: an example, a forged one, a receipt
// with its archive; the same words as the server's.
func TestTheBrowserChecksAndSendsNothing(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	id := p.open()
	cast := p.vote(id, "c", uuid.New())
	p.close(id)
	receipt := p.proven(id, cast)
	tab := chrome.Open(t).Go(p.serve(t) + "/verifier")
	paste := func(text string) {
		t.Helper()
		chrome.Eval[string](tab, fmt.Sprintf("document.querySelector('[name=texte]').value = %q", text))
	}
	check := func(what, button string, words ...string) {
		t.Helper()
		tab.Click(button).Until(`!document.querySelector("#rapport").hasAttribute("aria-busy") && document.querySelector("#rapport .badge, #rapport .notice-warning, #rapport .notice-danger") !== null`)
		text := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(tab.Text("#rapport"))
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%s: does not say %q: %s", what, w, text)
			}
		}
		if focused := chrome.Eval[string](tab, "document.activeElement.id"); focused != "rapport" {
			t.Errorf("%s: the focus is on %q", what, focused)
		}
	}
	check("the sound example", `[data-verify-file$="/juste"]`, "Archive juste", "Vérifié dans ce navigateur", "Comptés : 24")
	check("a forged example", `[data-verify-file$="/ecarte"]`, "Archive refusée", "Ce bulletin a été écarté du dépouillement", "Entrée n°")
	paste(string(bytes.TrimSpace(receipt.Encode())))
	check("a receipt", "[data-verify-form]", "Récépissé juste", "que publie la commune", "Un point de contrôle signé")
	paste("https://" + p.town.Hosts[0] + "/verifier?r=" + receipt.Compact())
	check("a square code", "[data-verify-form]", "Récépissé juste", "que publie la commune")
	paste("{}")
	check("nonsense", "[data-verify-form]", "Ce n’est pas un récépissé")
	chrome.Eval[bool](tab, fmt.Sprintf(`(async () => {
		const archive = await (await fetch("/votes/%s/archive")).blob();
		const files = new DataTransfer();
		files.items.add(new File([archive], "a.parvis-archive"));
		document.querySelector("[name=archive]").files = files.files;
		return true;
	})()`, id))
	paste(string(bytes.TrimSpace(receipt.Encode())))
	check("a receipt and its archive", "[data-verify-form]", "Archive juste", "Il est compté, et dit : Colette.", "sa clé est celle que publie la commune")
	tab.Clean()
	asked := 0
	for _, r := range tab.Resources() {
		if strings.HasSuffix(r.URL, "/verifier") {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("the page was asked for %d times: something was sent", asked)
	}
}

// TestTheVerifierIsAccessible: on a phone and on a desk, in both themes, with
// a sound report, a forged one, and none.
func TestTheVerifierIsAccessible(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	base := p.serve(t)
	tab := chrome.Open(t)
	for path, name := range map[string]string{"": "empty", "?exemple=juste": "sound", "?exemple=ecarte": "forged", "?r=x": "wrong"} {
		for _, width := range []int{320, 1280} {
			for _, dark := range []bool{false, true} {
				tab.Size(width, 800).Dark(dark).Go(base + "/verifier" + path).Accessible()
				if path != "?r=x" { // which the console tells as a failed request
					tab.Clean()
				} else if wide := tab.Overflow(); wide != "" {
					t.Errorf("%d px: scrolls sideways because of %s", width, wide)
				}
				tab.Screenshot(fmt.Sprintf("verify/%s-%d-%s", name, width, map[bool]string{true: "dark", false: "light"}[dark]))
			}
		}
	}
	tab.Size(320, 800).Dark(false).Go(base + "/verifier").Click(`[data-verify-file$="/compte"]`).Until(`document.querySelector("#rapport .badge") !== null`).Accessible().Clean()
	tab.Screenshot("verify/browser-320-light")
	if small := tab.SmallTargets(24); len(small) > 0 {
		t.Errorf("too small for a finger: %v", small)
	}
}
