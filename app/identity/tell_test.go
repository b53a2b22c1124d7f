package identity_test

import (
	"context"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/mail"
)

// TestEachReadsALetterInTheirLanguage: one letter for all, in the language of
// each; nothing for accounts without an address, nor for another town's.
func TestEachReadsALetterInTheirLanguage(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	reader, john := p.resident(t, "Jeanne", jeanne), p.resident(t, "John", "john@exemple.fr")
	nobody := p.account(t, p.town, identity.DemoAccount{Name: "Sans adresse"})
	stranger := p.account(t, p.other, identity.DemoAccount{Name: "Ailleurs", Email: "ailleurs@exemple.fr"})
	query[int](t, p, `WITH u AS (UPDATE core.citizens SET locale = 'en' WHERE id = ? RETURNING 1) SELECT count(*) FROM u`, john.ID)
	err := p.db.InTenant(p.french(t), p.town.ID, func(ctx context.Context, tx bun.Tx) error {
		to := []citizen.ID{reader.ID, john.ID, nobody.ID, stranger.ID}
		return p.Tell(ctx, tx, p.town, to, func(ctx context.Context) mail.Letter {
			return mail.Letter{Subject: "En " + i18n.Lang(ctx), Paragraphs: []string{"Bonjour"}}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for address, language := range map[string]string{"john@exemple.fr": "En en", jeanne: "En fr"} {
		if m := p.sink.Await(t, address, 1); !strings.Contains(m.Subject, language) {
			t.Errorf("%s reads %q, want %q", address, m.Subject, language)
		}
	}
	if got := p.sink.Letters("ailleurs@exemple.fr"); len(got) != 0 {
		t.Errorf("another town's account got %v", got)
	}
}
