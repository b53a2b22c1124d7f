package site

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"

	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/clock"
	"parvis/app/database"
	"parvis/app/i18n"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/testkit/faultproxy"
)

var mayor = citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Grants: []citizen.Grant{{Role: citizen.Administrator}}}

func TestTenantIsFilledInFromItsCode(t *testing.T) {
	db := testkit.Database(t)
	town, err := Add(t.Context(), db.DB, NewTenant{INSEE: "52448", Hosts: []string{"participer.saint-dizier.example"}})
	if err != nil {
		t.Fatal(err)
	}
	if town.Slug != "saint-dizier" || town.Name != "Saint-Dizier" || town.TimeZone.String() != "Europe/Paris" || town.Theme == "" {
		t.Errorf("%+v", town)
	}
	var department string
	var population int
	err = db.ReadTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT department, population FROM core.tenants WHERE id = ? AND postcodes = '{52100}' AND insee = '{52448}'`, town.ID).
			Scan(ctx, &department, &population)
	})
	if err != nil || department != "52" || population != 22858 {
		t.Errorf("department %q, population %d, %v", department, population, err)
	}
}

func TestTenantRefused(t *testing.T) {
	db := testkit.Database(t)
	other := db.Tenant(t, testkit.Named("lannion", "Ville de Lannion"))
	for name, tt := range map[string]struct {
		tenant NewTenant
		want   error
	}{
		"unknown commune": {NewTenant{INSEE: "99999", Hosts: []string{"a.example"}}, ErrUnknownCommune},
		"no host":         {NewTenant{INSEE: "52448"}, ErrNoHost},
		"host with port":  {NewTenant{INSEE: "52448", Hosts: []string{"a.example:8080"}}, ErrNoHost},
		"taken host":      {NewTenant{INSEE: "52448", Hosts: other.Hosts}, ErrTaken},
		"taken slug":      {NewTenant{INSEE: "22113", Hosts: []string{"b.example"}}, ErrTaken},
		"no name":         {NewTenant{Hosts: []string{"c.example"}}, ErrIncomplete},
		"no colour":       {NewTenant{INSEE: "52448", Hosts: []string{"d.example"}, Color: "teal"}, ErrIncomplete},
		"no time zone":    {NewTenant{INSEE: "52448", Hosts: []string{"e.example"}, TimeZone: "Mars/Olympus"}, ErrIncomplete},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Add(t.Context(), db.DB, tt.tenant); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	if all, err := NewDirectory(db.DB, clock.System{}).All(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%d tenants, %v: a refused one was left behind", len(all), err)
	}
}

func TestKnownHostIsServedWhileTheDatabaseIsAway(t *testing.T) {
	db := testkit.Database(t)
	town := db.Tenant(t)
	now := testkit.Clock()
	d := NewDirectory(db.DB, now)
	if got, err := d.ByHost(t.Context(), town.Hosts[0]); err != nil || got.ID != town.ID {
		t.Fatal(got, err)
	}
	db.DB.Pool.Close()
	now.Advance(time.Hour)
	if got, err := d.ByHost(t.Context(), town.Hosts[0]); err != nil || got.ID != town.ID {
		t.Errorf("known host: %v, %v", got, err)
	}
	if _, err := d.ByHost(t.Context(), "never.seen.example"); err == nil || errors.Is(err, ErrUnknownHost) {
		t.Errorf("a host never seen was said to be nobody's while the database was away: %v", err)
	}
}

func TestASilentDatabaseHoldsNobodyBackFromAKnownHost(t *testing.T) {
	db := testkit.Database(t)
	town := db.Tenant(t)
	config, err := pgx.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	network, err := faultproxy.New(pgconn.NetworkAddress(config.Host, config.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	through, err := database.Open(t.Context(), database.Options{URL: "postgres://" + database.App + "@" + network.Addr() + "/" + db.Name + "?sslmode=disable"})
	if err != nil {
		t.Fatal(err)
	}
	defer through.Close()
	now := testkit.Clock()
	d := NewDirectory(through, now)
	if _, err := d.ByHost(t.Context(), town.Hosts[0]); err != nil {
		t.Fatal(err)
	}
	network.Set(faultproxy.Silence)
	defer network.Heal()
	now.Advance(time.Hour)
	begun := time.Now()
	for range 20 {
		if got, err := d.ByHost(t.Context(), town.Hosts[0]); err != nil || got.ID != town.ID {
			t.Errorf("known host: %v, %v", got, err)
		}
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("twenty visitors waited %v for a town that is known", took)
	}
}

func TestHostIsExact(t *testing.T) {
	db := testkit.Database(t)
	town := db.Tenant(t)
	d := NewDirectory(db.DB, clock.System{})
	for _, host := range []string{"", "x" + town.Hosts[0], town.Hosts[0] + ".evil.example", strings.ToUpper(town.Hosts[0]), "localhost"} {
		if _, err := d.ByHost(t.Context(), host); !errors.Is(err, ErrUnknownHost) {
			t.Errorf("%q: %v", host, err)
		}
	}
}

func newTestSite(t *testing.T) (*Site, *testkit.DB, *tenant.Tenant) {
	db := testkit.Database(t)
	town := db.Tenant(t, testkit.WithZones("Centre", "Gigny"))
	return New(Deps{DB: db.DB, Clock: clock.System{}, Directory: NewDirectory(db.DB, clock.System{})}), db, town
}

func TestSettingsDoNotOverwriteSomebodyElses(t *testing.T) {
	s, db, town := newTestSite(t)
	form, err := s.readSettings(t.Context(), town.ID)
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := form, form
	mine.SiteName, theirs.SiteName = "À moi", "À eux"
	if err := s.changeSettings(t.Context(), town, mayor, theirs); err != nil {
		t.Fatal(err)
	}
	if err := s.changeSettings(t.Context(), town, mayor, mine); !errors.Is(err, errStaleSettings) {
		t.Errorf("got %v", err)
	}
	now, err := Read(t.Context(), db.DB, town.ID)
	if err != nil || now.SiteName != "À eux" {
		t.Errorf("%q, %v", now.SiteName, err)
	}
	var journal []audit.Line
	err = db.ReadTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		journal, err = audit.Read(ctx, tx, town.ID, audit.Query{Limit: 10})
		return err
	})
	if err != nil || len(journal) != 1 || journal[0].Action != "site.settings" || journal[0].Actor != mayor.ID {
		t.Errorf("journal %+v, %v", journal, err)
	}
}

func TestUnknownModuleIsRefused(t *testing.T) {
	s, _, town := newTestSite(t)
	form, err := s.readSettings(t.Context(), town.ID)
	if err != nil {
		t.Fatal(err)
	}
	form.Modules = []string{"casino"}
	if err := s.changeSettings(t.Context(), town, mayor, form); !errors.Is(err, errUnknownModule) {
		t.Errorf("got %v", err)
	}
}

func TestRenamedZoneStaysTheSame(t *testing.T) {
	s, db, town := newTestSite(t)
	save := func(zones string) error {
		form, err := s.readSettings(t.Context(), town.ID)
		if err != nil {
			t.Fatal(err)
		}
		form.Zones = zones
		return s.changeSettings(t.Context(), town, mayor, form)
	}
	if err := save("Gigny\nCentre-ville\n"); err != nil {
		t.Fatal(err)
	}
	now, err := Read(t.Context(), db.DB, town.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := []tenant.Zone{{ID: town.Zones[1].ID, Name: "Gigny"}, {ID: town.Zones[0].ID, Name: "Centre-ville"}}
	if diff := cmp.Diff(want, now.Zones); diff != "" {
		t.Error(diff)
	}
	_, err = db.Superuser(t).Exec(t.Context(), `INSERT INTO core.citizens (tenant_id, id, name, name_key, name_key_reversed, zone_id, created_at, seen_on)
		VALUES ($1, gen_random_uuid(), 'Ana', 'ana', 'ana', $2, now(), now())`, town.ID.String(), town.Zones[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := save("Gigny"); !errors.Is(err, errZoneInUse) {
		t.Errorf("a zone somebody lives in was removed: %v", err)
	}
	if err := save(strings.Repeat("z", 101)); !errors.Is(err, errTooManyZones) {
		t.Errorf("a name of 101 characters: %v", err)
	}
}

func TestLegalPagesAreFilledIn(t *testing.T) {
	bundle, err := i18n.Load(Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	s, _, town := newTestSite(t)
	for _, lang := range i18n.Languages() {
		ctx := bundle.NewContext(t.Context(), lang, nil)
		for _, p := range legalPages {
			data, _, err := s.legalData(ctx, town, strings.TrimPrefix(p.path, "/"))
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := legalTemplates.ExecuteTemplate(&b, lang+p.path, data); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.String(), town.Name) || strings.Contains(b.String(), "<no value>") {
				t.Errorf("%s%s is not filled in:\n%s", lang, p.path, b.String())
			}
		}
	}
}

func TestConformityIsNeverFlattered(t *testing.T) {
	for percent, want := range map[int]string{0: "site.legal.access.no", 49: "site.legal.access.no", 50: "site.legal.access.partly", 99: "site.legal.access.partly", 100: "site.legal.access.fully"} {
		if got := (&Audit{Percent: percent}).Conformity(); got != want {
			t.Errorf("%d %%: %s", percent, got)
		}
	}
	if got := (*Audit)(nil).Conformity(); got != "site.legal.access.no" {
		t.Errorf("without an audit: %s", got)
	}
}

func TestLongestWaitComesFirst(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC) }
	todos := []module.Todo{{Href: "b", Since: at(3)}, {Href: "c", Since: at(1)}, {Href: "a", Since: at(3)}}
	slices.SortStableFunc(todos, byAge)
	if todos[0].Href != "c" || todos[1].Href != "a" || todos[2].Href != "b" {
		t.Errorf("%v", todos)
	}
}
