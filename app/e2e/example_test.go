package e2e

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"io/fs"
	"log/slog"

	"parvis/app/database"
	"parvis/app/kernel"
	"parvis/app/module"
	"parvis/app/testkit"
	"parvis/migrations"
	"parvis/modules"
)

// TestAModuleIsAFolderALineAndItsMigrations adds a module to the program: its
// folder, a line in the list, its migration. The rest of the house takes it in
// without a change: menu, page, form, search, register, copy and erasure of
// one's data, and the switch.
func TestAModuleIsAFolderALineAndItsMigrations(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	migrate(t, db)
	s := start(t, db, func(p *kernel.Platform) []module.Module {
		return append(modules.All(p), &guestbook{db: p.DB}) // the line
	})
	on, off := s.plant(t, "golf", "#1d5c99"), s.db.Tenant(t, testkit.WithModules("consultations"))

	c := on.as(t, resident)
	c.get("/").says("Livre d’or")
	page := c.get("/livre-d-or").is(http.StatusOK)
	c.submit(page, "/livre-d-or", "body", strings.Repeat("trop ", 200)).is(http.StatusUnprocessableEntity).says("trop trop")
	c.submit(page, "/livre-d-or", "body", "Merci pour le marché <b>").is(http.StatusSeeOther)
	on.as(t, visitor).get("/livre-d-or").says("Merci pour le marché &lt;b&gt;")
	on.as(t, visitor).get("/recherche?q=Merci").says("Merci pour le marché")
	on.as(t, visitor).get("/donnees-personnelles").says("Livre d’or")
	c.get("/moi/donnees/copie.json").says("Merci pour le marché")

	elsewhere := s.visitor(t, off.Hosts[0])
	elsewhere.get("/livre-d-or").is(http.StatusNotFound)
	elsewhere.get("/").silent("livre-d-or")
	elsewhere.get("/recherche?q=Merci").silent("Merci pour le marché")
	if n := value[int](t, s, `SELECT count(*) FROM guestbook.words`); n != 1 {
		t.Errorf("%d words were kept", n)
	}
	s.log.quiet(t)
}

// migrate adds the example's migration to those of the house.
func migrate(t *testing.T, db *testkit.DB) {
	t.Helper()
	all := fstest.MapFS{}
	for _, folder := range []fs.FS{migrations.FS, (*guestbook)(nil).Manifest().Catalogue} {
		names, err := fs.Glob(folder, "*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			body, err := fs.ReadFile(folder, name)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = &fstest.MapFile{Data: body}
		}
	}
	applied, err := database.Migrate(t.Context(), db.OwnerURL, all, slog.New(slog.DiscardHandler))
	if err != nil || len(applied) != 1 {
		t.Fatalf("%v were applied (%v)", applied, err)
	}
}
