package budgets

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/clock"
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/jobs"
	"parvis/app/mail"
	"parvis/app/tenant"
)

// posted is a town whose letters are kept, and the context of somebody who
// works there in English.
func posted(t *testing.T) (*townHall, context.Context) {
	h := newTownHall(t)
	quiet := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(h.db.Pool, quiet)
	h.must(err)
	post, err := mail.New(mail.Options{DB: h.db.DB, Jobs: runner, From: "ne-pas-repondre@parvis.test", Keep: true, Log: quiet})
	h.must(err)
	h.service.Identity = identity.New(identity.Deps{DB: h.db.DB, Mail: post, Clock: clock.NewFake(noon), Secret: bytes.Repeat([]byte("s"), 32), Log: quiet})
	h.service.URL = func(t *tenant.Tenant, path string) string { return "https://" + t.Hosts[0] + path }
	words, err := i18n.Load(mail.Catalogue, catalogue)
	h.must(err)
	return h, words.NewContext(tenant.NewContext(t.Context(), h.town), "en", h.town.TimeZone)
}

// addressed gives the author of a project an address.
func (h *townHall) addressed(edition, project uuid.UUID, address string) {
	h.Helper()
	_, p := h.project(edition, project)
	_, err := h.db.Superuser(h).Exec(context.Background(), `UPDATE core.citizens SET email = $1 WHERE id = $2`, address, uuid.UUID(p.Author))
	h.must(err)
}

// letter is the newest letter to an address.
func (h *townHall) letter(to string) mail.Kept {
	h.Helper()
	var kept []mail.Kept
	h.must(h.db.ReadTenant(context.Background(), h.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT subject, text_body AS text FROM core.mails WHERE recipient = ? ORDER BY created_at DESC LIMIT 1`, to).Scan(ctx, &kept)
	}))
	if len(kept) == 0 {
		h.Fatalf("no letter to %s", to)
	}
	return kept[0]
}

// TestAuthorsAreToldWhatBecomesOfTheirProject: each by a letter with the reason,
// in the language of the town, whoever publishes; and nobody twice.
func TestAuthorsAreToldWhatBecomesOfTheirProject(t *testing.T) {
	h, english := posted(t)
	edition := h.opened()
	addresses := []string{"bancs@exemple.fr", "statue@exemple.fr", "tour@exemple.fr"}
	ids := make([]uuid.UUID, len(addresses))
	for i, title := range []string{"Bancs publics", "Statue privée", "Téléphérique"} {
		ids[i], _ = h.deposited(edition, title)
		h.addressed(edition, ids[i], addresses[i])
	}
	h.at(day(studyDay).Add(1))
	h.must(h.Prepare(english, h.town, h.staff, edition, ids[0], Accepted, "", 40_000_00))
	h.must(h.Prepare(english, h.town, h.staff, edition, ids[1], Inadmissible, "Un terrain privé.", 0))
	h.must(h.Prepare(english, h.town, h.staff, edition, ids[2], Unfavourable, "Trop cher à entretenir.", 0))
	h.must(h.PublishDecisions(english, h.town, h.staff, edition))

	for i, want := range []string{"Bonne nouvelle", "Un terrain privé.", "Trop cher à entretenir."} {
		l := h.letter(addresses[i])
		if !strings.Contains(l.Text, want) || !strings.Contains(l.Text, "https://"+h.town.Hosts[0]+projectHref(edition, ids[i])) {
			t.Errorf("to %s: %q\n%s", addresses[i], l.Subject, l.Text)
		}
	}
	h.at(day(resultDay).Add(1))
	h.must(h.Deliberate(english, h.town, h.staff, edition, Outcome{Act: Act{On: day(resultDay - 1), Number: "7"}}, ids[:1]))
	if l := h.letter(addresses[0]); !strings.Contains(l.Text, "lauréat") {
		t.Errorf("the winner is told %q", l.Text)
	}
	var letters int
	h.must(h.db.ReadTenant(t.Context(), h.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT count(*) FROM core.mails WHERE tenant_id = ?`, h.town.ID).Scan(ctx, &letters)
	}))
	if letters != 4 {
		t.Errorf("%d letters, want one for each decision and one for the winner", letters)
	}
}

// TestTheQuestionIsInTheTownsLanguage: not in that of whoever publishes.
func TestTheQuestionIsInTheTownsLanguage(t *testing.T) {
	h, english := posted(t)
	edition := h.opened()
	id, _ := h.deposited(edition, "Bancs publics")
	h.at(day(studyDay).Add(1))
	h.must(h.Prepare(english, h.town, h.staff, edition, id, Accepted, "", 40_000_00))
	h.must(h.PublishDecisions(english, h.town, h.staff, edition))
	poll, _, _, err := h.service.view(t.Context(), h.town.ID, citizen.Viewer{}, edition)
	h.must(err)
	if !strings.HasPrefix(poll.Question, "Quels projets") || !strings.HasPrefix(poll.Rules, "Le règlement") {
		t.Errorf("the vote asks %q, by %q", poll.Question, poll.Rules)
	}
}
