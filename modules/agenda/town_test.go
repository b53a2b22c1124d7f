package agenda

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/ui"
	"parvis/app/web"
)

// noon is when the tests' towns live: Monday 23 November 2026 in Paris.
var noon = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

// square is a town with the module behind the edge, an agent, and two
// associations with somebody who answers for them: one is verified.
type square struct {
	testing.TB
	*Module
	db                   *testkit.DB
	town                 *tenant.Tenant
	agent, louise        citizen.Viewer
	verified, unverified module.Organisation
	app                  *fiber.App
	viewer               citizen.Viewer
	jar                  map[string]string
}

// The square is its own directory of associations.

func (s *square) Organisation(_ context.Context, _ bun.IDB, _ tenant.ID, id uuid.UUID) (module.Organisation, error) {
	for _, o := range []module.Organisation{s.verified, s.unverified} {
		if o.ID == id {
			return o, nil
		}
	}
	return module.Organisation{}, fault.New(fault.NotFound, "associations.not_found")
}

func (s *square) Organisations(ctx context.Context, tx bun.IDB, t tenant.ID, ids ...uuid.UUID) (map[uuid.UUID]module.Organisation, error) {
	found := map[uuid.UUID]module.Organisation{}
	for _, id := range ids {
		if o, err := s.Organisation(ctx, tx, t, id); err == nil {
			found[id] = o
		}
	}
	return found, nil
}

func (s *square) OrganisationsOf(_ context.Context, _ bun.IDB, _ tenant.ID, c citizen.ID) ([]module.Organisation, error) {
	if c == s.louise.ID {
		return []module.Organisation{s.verified, s.unverified}, nil
	}
	return nil, nil
}

func (s *square) AnswersFor(_ context.Context, _ bun.IDB, _ tenant.ID, id uuid.UUID, c citizen.ID) (bool, error) {
	return c == s.louise.ID && (id == s.verified.ID || id == s.unverified.ID), nil
}

func (s *square) ByHost(context.Context, string) (*tenant.Tenant, error) { return s.town, nil }

func (s *square) Viewer(context.Context, tenant.ID, string) (citizen.Viewer, error) {
	return s.viewer, nil
}

func newSquare(t *testing.T) *square {
	t.Parallel()
	s := &square{TB: t, db: testkit.Database(t), jar: map[string]string{}}
	s.town = s.db.Tenant(t, testkit.WithModules(name, "associations"), testkit.WithZones("La Noue", "Le Vert-Bois"))
	s.db.SetClock(t, s.town.ID, noon)
	s.agent = citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Grants: []citizen.Grant{{Role: citizen.Agent}}}
	s.louise = citizen.Viewer{ID: citizen.NewID(), SignedIn: true}
	s.verified = module.Organisation{ID: uuid.New(), Name: "Chorale du lac", Href: "/associations/1", Verified: true, Listed: true}
	s.unverified = module.Organisation{ID: uuid.New(), Name: "Club en attente"}
	s.Module = New(Deps{
		DB: s.db.DB, Organisations: s, Diarists: func(*tenant.Tenant) []module.Manifest {
			return []module.Manifest{s.Manifest(), {Name: "missions", Path: "missions"}}
		}, URL: func(_ *tenant.Tenant, path string) string { return "https://ville.example" + path },
		Agenda: func(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, q module.CalendarQuery, after *module.CalendarEntry) ([]module.CalendarEntry, error) {
			if q.Module != "" && q.Module != name {
				return nil, nil
			}
			if after != nil {
				q.From, q.After = after.Starts, after.ID
			}
			return s.Calendar(ctx, t, v, q)
		},
	})
	messages, err := i18n.Load(web.Catalogue, ui.Catalogue, access.Catalogue, database.Catalogue, places.Catalogue, catalogue)
	s.must(err)
	s.app, err = web.New(web.Options{Tenants: s, Sessions: s, Messages: messages, Secret: bytes.Repeat([]byte("s"), 32), Uploads: s.Uploads(), Log: slog.New(slog.DiscardHandler)})
	s.must(err)
	s.Mount(s.app.Group("/agenda"), s.app.Group("/office/agenda", web.Require(name, staff...)), s.app.Group("/api"))
	return s
}

func (s *square) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// details are those of an event that lacks nothing: tomorrow at six.
func details(change ...func(*Details)) Details {
	d := Details{Title: "Concert d’hiver", Body: "Des **chants** de marins.", Place: "Salle des fêtes", Starts: noon.Add(30 * time.Hour)}
	for _, c := range change {
		c(&d)
	}
	return d
}

func (s *square) as(v citizen.Viewer) *square {
	s.viewer, s.jar = v, map[string]string{}
	return s
}

type answer struct {
	*http.Response
	s    *square
	body string
}

func (s *square) send(method, path string, form url.Values, headers ...string) answer {
	s.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	request := httptest.NewRequest(method, path, body)
	request.Host = s.town.Hosts[0]
	if form != nil {
		request.Header.Set("Content-Type", fiber.MIMEApplicationForm)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	if s.viewer.SignedIn {
		request.AddCookie(&http.Cookie{Name: "parvis", Value: s.viewer.ID.String()})
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

func (s *square) get(path string, headers ...string) answer {
	s.Helper()
	return s.send(http.MethodGet, path, nil, headers...)
}

var tokenRE = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

func (s *square) post(path string, form url.Values) answer {
	s.Helper()
	token := tokenRE.FindStringSubmatch(s.get("/agenda/nouveau").body)
	if token == nil {
		s.Fatal("no form to take a token from")
	}
	form.Set("_csrf", token[1])
	return s.send(http.MethodPost, path, form)
}

func (a answer) want(status int, words ...string) answer {
	a.s.Helper()
	if a.StatusCode != status {
		a.s.Errorf("%s %s: status %d, want %d\n%.2000s", a.Request.Method, a.Request.URL, a.StatusCode, status, a.body)
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			a.s.Errorf("%s %s does not say %q:\n%.4000s", a.Request.Method, a.Request.URL, w, a.body)
		}
	}
	return a
}

func (a answer) without(words ...string) answer {
	a.s.Helper()
	for _, w := range words {
		if strings.Contains(a.body, w) {
			a.s.Errorf("%s %s says %q", a.Request.Method, a.Request.URL, w)
		}
	}
	return a
}

// fields are the names of the fields that err complains about.
func fields(err error) []string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return nil
	}
	var names []string
	for _, field := range f.Fields {
		names = append(names, field.Name)
	}
	return names
}

func TestOnlyTheTownHallAndVerifiedAssociationsPublish(t *testing.T) {
	s := newSquare(t)
	stranger := citizen.Viewer{ID: citizen.NewID(), SignedIn: true}
	for _, tt := range []struct {
		who  string
		v    citizen.Viewer
		of   uuid.UUID
		want error
	}{
		{"a visitor", citizen.Viewer{}, uuid.Nil, access.ErrSignInRequired}, {"a stranger for the town", stranger, uuid.Nil, ErrNotAllowed},
		{"a stranger for an association", stranger, s.verified.ID, ErrNotAllowed}, {"Louise for the town", s.louise, uuid.Nil, ErrNotAllowed},
		{"Louise for one not verified", s.louise, s.unverified.ID, ErrUnverified}, {"Louise for hers", s.louise, s.verified.ID, nil}, {"an agent", s.agent, uuid.Nil, nil},
	} {
		if _, err := s.service.publish(t.Context(), s.town, tt.v, details(func(d *Details) { d.Association = tt.of })); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.who, err, tt.want)
		}
	}
	var powers int
	s.must(s.db.Superuser(t).QueryRow(t.Context(), `SELECT count(*) FROM core.audit_entries WHERE action = 'agenda.publish'`).Scan(&powers))
	if powers != 1 {
		t.Errorf("%d lines in the journal, want that of the agent alone", powers)
	}
}

func TestBadEventsAreRefusedFieldByField(t *testing.T) {
	s := newSquare(t)
	for field, change := range map[string]func(*Details){
		"title": func(d *Details) { d.Title = " " }, "starts": func(d *Details) { d.Starts = noon.Add(-48 * time.Hour) }, "ends": func(d *Details) { d.Ends = d.Starts },
		"zone": func(d *Details) { d.Zone = uuid.New() }, "place": func(d *Details) { d.Place = strings.Repeat("é", maxPlace+1) }, "body": func(d *Details) { d.Body = strings.Repeat("é", maxBody+1) },
	} {
		if _, err := s.service.publish(t.Context(), s.town, s.agent, details(change)); !slices.Equal(fields(err), []string{field}) {
			t.Errorf("%s: %v, about %v", field, err, fields(err))
		}
	}
	for name, change := range map[string]func(*Details){
		"a year ahead of all": func(d *Details) { d.Starts = noon.Add(3 * 366 * 24 * time.Hour) }, "never ends": func(d *Details) { d.Ends = d.Starts.Add(100 * 24 * time.Hour) },
		"no date": func(d *Details) { d.Starts = time.Time{} },
	} {
		if _, err := s.service.publish(t.Context(), s.town, s.agent, details(change)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWholeDaysAreDaysOfTheTown(t *testing.T) {
	s := newSquare(t)
	id, err := s.service.publish(t.Context(), s.town, s.agent, details(func(d *Details) {
		d.AllDay, d.Starts, d.Ends = true, time.Date(2027, 3, 27, 15, 0, 0, 0, s.town.TimeZone), time.Date(2027, 3, 28, 9, 0, 0, 0, s.town.TimeZone)
	}))
	s.must(err)
	shown, err := s.service.show(t.Context(), s.town, citizen.Viewer{}, id)
	s.must(err)
	if got := shown.Ends.Sub(shown.Starts); got != 47*time.Hour { // the hour changes on the 28th
		t.Errorf("two days last %s", got)
	}
	s.get("/agenda/"+id.String()).want(200, "27", "28 mars 2027").without("à 0\u00a0h")
}

func TestACancelledEventSaysWhyAndStays(t *testing.T) {
	s := newSquare(t)
	id, err := s.service.publish(t.Context(), s.town, s.louise, details(func(d *Details) { d.Association = s.verified.ID }))
	s.must(err)
	page := "/agenda/" + id.String()
	s.as(s.louise).get(page).want(200, "Modifier", "Chorale du lac", `href="/associations/1"`)
	s.post(page+"/annuler", url.Values{"reason": {""}}).want(422, "Dites pourquoi")
	s.post(page+"/annuler", url.Values{"reason": {"Chauffage en panne"}}).want(303)
	s.as(citizen.Viewer{}).get(page).want(200, "Événement annulé", "Chauffage en panne").without("/modifier")
	s.get("/agenda").want(200, "Concert d’hiver", "Annulé")
	s.get("/agenda/agenda.ics").want(200, "STATUS:CANCELLED", "SEQUENCE:1")
	if err := s.service.edit(t.Context(), s.town, s.louise, id, 0, details()); !errors.Is(err, ErrCancelled) {
		t.Errorf("edited: %v", err)
	}
}

func TestTheFormComesBackAsItWasTyped(t *testing.T) {
	s := newSquare(t)
	s.as(s.louise)
	form := url.Values{"association": {s.verified.ID.String()}, "title": {"Répétition"}, "starts": {"2026-11-24T18:00"}, "ends": {"2026-11-24T17:00"}}
	s.post("/agenda/nouveau", form).want(422, "Répétition", "2026-11-24T18:00", "La fin doit venir après", `href="#f-ends"`)
	form.Set("starts", "2027-03-28T02:30") // an hour that does not exist
	s.post("/agenda/nouveau", form).want(422, "2027-03-28T02:30", `href="#f-starts"`)
	form.Set("starts", "2026-11-24T18:00")
	form.Del("ends")
	page := s.post("/agenda/nouveau", form).want(303).Header.Get("Location")
	s.get(page).want(200, "de 18\u00a0h à 20\u00a0h", "heure de Paris", "Chorale du lac")
	s.get(page+"/evenement.ics").want(200, "DTSTART:20261124T170000Z", "DTEND:20261124T190000Z")
	s.as(citizen.Viewer{ID: citizen.NewID(), SignedIn: true}).get("/agenda/nouveau").want(403, "associations vérifiées")
	s.as(citizen.Viewer{}).get("/agenda/nouveau").want(303)
}

func TestTheListGoesOnWhereItStopped(t *testing.T) {
	s := newSquare(t)
	want := perPage + 7
	for i := range want {
		_, err := s.service.publish(t.Context(), s.town, s.agent, details(func(d *Details) { d.Title, d.Starts = "Séance", noon.Add(time.Duration(48+i/5)*time.Hour) }))
		s.must(err)
	}
	seen := map[string]bool{}
	last := ""
	for address := "/agenda"; address != ""; {
		body := s.get(address).want(200).body
		for _, m := range regexp.MustCompile(`<a href="(/agenda/[0-9a-f-]{36})"`).FindAllStringSubmatch(body, -1) {
			seen[m[1]] = true
		}
		last, address = address, ""
		if m := regexp.MustCompile(`href="(/agenda\?apres=[^"&]+)"[^>]*rel="next|rel="next"[^>]*href="(/agenda\?apres=[^"&]+)"`).FindStringSubmatch(body); m != nil && m[1]+m[2] != last {
			address = m[1] + m[2]
		}
	}
	if len(seen) != want {
		t.Errorf("%d of %d events in the pages", len(seen), want)
	}
	for _, odd := range []string{"?apres=x", "?apres=" + strings.Repeat("A", 400), "?quartier=" + uuid.NewString(), "?utm=1"} {
		if a := s.get("/agenda" + odd); a.StatusCode != 302 || a.Header.Get("Location") != "/agenda" {
			t.Errorf("%s leads to %d %s", odd, a.StatusCode, a.Header.Get("Location"))
		}
	}
	s.get("/agenda/semaine?du=2026-12-02").want(302)
	s.get("/agenda/mois?du=n").want(302)
}

func TestEveryViewShowsWhatHappensAndOnlyThere(t *testing.T) {
	s := newSquare(t)
	zone := s.town.Zones[0].ID
	for title, d := range map[string]func(*Details){
		"Demain ici": func(d *Details) { d.Zone = zone }, "Demain partout": func(*Details) {}, "En décembre": func(d *Details) { d.Starts = noon.Add(20 * 24 * time.Hour) },
	} {
		_, err := s.service.publish(t.Context(), s.town, s.agent, details(d, func(d *Details) { d.Title = title }))
		s.must(err)
	}
	other := "?quartier=" + s.town.Zones[1].ID.String()
	s.get("/agenda").want(200, "Demain ici", "Demain partout", "En décembre", "/agenda/agenda.ics")
	s.get("/agenda"+other).want(200, "Demain partout").without("Demain ici")
	s.get("/agenda/mois").want(200, "novembre 2026", "Demain ici", `href="#jour-2026-11-24"`, `id="jour-2026-11-24"`).without("En décembre")
	s.get("/agenda/mois?du=2026-12").want(200, "En décembre").without("Demain ici")
	s.get("/agenda/semaine").want(200, "Demain ici", "Rien d’annoncé").without("En décembre")
	s.get("/agenda/agenda.ics").want(200, "Demain ici", "En décembre", "BEGIN:VCALENDAR")
	s.as(s.agent).get("/office/agenda").want(200, "Demain ici", "À venir")
	s.as(s.louise).get("/office/agenda").want(403)
	hits, err := s.Search(t.Context(), s.town, citizen.Viewer{}, "decembre", 5)
	if err != nil || len(hits) != 1 {
		t.Errorf("found %v, %v", hits, err)
	}
	if cards, err := s.Cards(t.Context(), s.town, citizen.Viewer{}); err != nil || len(cards) != 2 {
		t.Errorf("%d cards for this week, %v", len(cards), err)
	}
}

func TestPagesShowNoKey(t *testing.T) {
	s := newSquare(t)
	id, err := s.service.publish(t.Context(), s.town, s.louise, details(func(d *Details) { d.Association, d.At = s.verified.ID, places.Point{Lat: 48_600_000, Lon: 4_900_000} }))
	s.must(err)
	page := "/agenda/" + id.String()
	for _, v := range []citizen.Viewer{s.louise, s.agent} {
		s.as(v)
		for _, path := range []string{"/agenda", "/agenda/mois", "/agenda/semaine", "/agenda/nouveau", page, page + "/modifier", "/agenda/nouveau?copie=" + id.String()} {
			for _, lang := range []string{"fr", "en"} {
				body := s.get(path, "Cookie", "parvis-lang="+lang+"; parvis="+v.ID.String()).want(200).body
				if key := regexp.MustCompile(`\b(agenda|places|access|ui|web|i18n)\.[a-z_]+[a-z_.]*\b`).FindString(strings.ReplaceAll(body, "agenda.ics", "")); key != "" {
					t.Errorf("%s in %s: shows the key %s", path, lang, key)
				}
			}
		}
	}
}

func TestErasingSomebodyLeavesTheirEvents(t *testing.T) {
	s := newSquare(t)
	id, err := s.service.publish(t.Context(), s.town, s.louise, details(func(d *Details) { d.Association = s.verified.ID }))
	s.must(err)
	s.must(s.db.InTenant(t.Context(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		known, err := s.Export(ctx, tx, s.town.ID, s.louise.ID)
		if err != nil || len(known) != 1 {
			t.Errorf("exported %v, %v", known, err)
		}
		return s.Erase(ctx, tx, s.town.ID, s.louise.ID)
	}))
	var traces int
	s.must(s.db.Superuser(t).QueryRow(t.Context(), `SELECT count(*) FROM agenda.events WHERE created_by IS NOT NULL`).Scan(&traces))
	if traces != 0 {
		t.Errorf("%d traces", traces)
	}
	s.get("/agenda/"+id.String()).want(200, "Concert")
}

// TestTheAgendaIsNarrowedToAKind: by the module whose entries they are, in
// every view and in the subscription; what is no kind is left out of the address.
func TestTheAgendaIsNarrowedToAKind(t *testing.T) {
	s := newSquare(t)
	s.must(s.Publish(t.Context(), s.town, s.agent, details()))
	for _, path := range []string{"/agenda", "/agenda/mois", "/agenda/semaine", "/agenda/agenda.ics"} {
		s.get(path+"?type=agenda").want(200, "Concert d’hiver")
		if strings.Contains(s.get(path+"?type=missions").want(200).body, "Concert d’hiver") {
			t.Errorf("%s: an event among the missions", path)
		}
		if to := s.get(path + "?type=rien").want(302).Header.Get("Location"); to != path {
			t.Errorf("%s leads to %q", path, to)
		}
	}
	s.get("/agenda?type=missions").want(200, `<option value="missions" selected`, "/agenda/mois?type=missions", "/agenda/agenda.ics?type=missions")
}
