package voting_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"parvis/app/database"
	"parvis/app/database/embedded"
	"parvis/app/testkit"
	"parvis/app/voting"
	"parvis/migrations"
	"parvis/realtime"
)

// careless is a hall on a PostgreSQL that answers before the disk has written.
func careless(t *testing.T) *hall {
	t.Helper()
	server, err := embedded.Start(t.Context(), embedded.Config{Dir: testkit.Folder(t), Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	if _, err := database.Migrate(t.Context(), server.URL(database.Owner), migrations.FS, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	db, err := database.Open(t.Context(), database.Options{URL: server.URL(database.App)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	super, err := pgxpool.New(t.Context(), server.URL(embedded.Superuser))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(super.Close)
	h := &hall{TB: t, db: &testkit.DB{DB: db}, super: super, live: &ear{topics: map[realtime.Topic]int{}}}
	h.town = h.db.Tenant(t)
	h.box = voting.New(voting.Deps{DB: db, Live: h.live})
	return h
}

func TestNoPollOpensOnADatabaseThatCouldLoseVotes(t *testing.T) {
	t.Parallel()
	h := careless(t)
	id := h.draft(terms())
	if err := h.box.Open(context.Background(), h.town.ID, id, voting.Act{}); err == nil {
		t.Error("a poll opened")
	}
	now := time.Now()
	planned := h.scheduled(terms(openToRoom, between(now.Add(-time.Hour), now.Add(time.Hour))))
	s := ballot(planned, voting.ByDevice(uuid.New()), "a")
	s.Channel = voting.Meeting
	h.refused(s, voting.ErrUnsafe)
}
