package identity_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/audit"
	"parvis/app/identity"
	"parvis/app/tenant"
)

// Nobody reads an identifier, nor a word of the program, in the journal.
func TestTheJournalSpeaksToPeople(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	boss := p.administrator(t)
	poll, gone := uuid.New(), uuid.New()
	p.Name(func(_ context.Context, _ bun.Tx, _ tenant.ID, kinds map[uuid.UUID]string, names identity.Names) error {
		if kinds[poll] != "poll" {
			t.Errorf("the namer is asked of %v", kinds)
		}
		names[poll] = identity.Named{Name: "Que faire de la place ?", Href: "/votes/" + poll.String() + "/resultats"}
		return nil
	})
	record := func(subject string, details map[string]any) {
		t.Helper()
		err := p.db.InTenant(t.Context(), p.town.ID, func(ctx context.Context, tx bun.Tx) error {
			return audit.Record(ctx, tx, audit.Entry{Tenant: p.town.ID, Actor: boss.ID, Action: "roles.grant", Subject: subject, Details: details})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	record("poll/"+poll.String(), map[string]any{"zone": p.town.Zones[0].ID, "person": 4, "open": true, "add": poll.String()})
	record("consultation/"+gone.String(), map[string]any{"edit": gone.String(), "a_word_of_the_program": "une valeur", "modules": []string{"inconnu"}})
	record("poll/"+poll.String(), map[string]any{"until": "2026-12-01T19:00:00Z", "amount_cents": 800_00, "state": "granted"})
	page := p.browser(t).signIn("maire@exemple.fr").get("/office/journal").want(200,
		"Que faire de la place ?", "quartier : Le Vert-Bois", "Identité vérifiée à l'accueil", "ouvert : oui", "question ajoutée : Que faire",
		"Une consultation", "détail : une valeur",
		"montant : 800 €", "état : accordée", "jusqu'au : mardi 1er décembre 2026 à 20 h")
	page.lacks(gone.String(), "a_word_of_the_program", "consultation/")
}
