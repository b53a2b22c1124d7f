package e2e

import (
	"context"
	"net/http"
	"testing"

	"parvis/app/citizen"
	"parvis/app/testkit"
	"parvis/app/voting"
	"parvis/modules"
)

// TestABallotThatExpiresIsWrittenAbout: the program itself, with its own
// directory of towns, writes to whoever left a ballot that never counted.
func TestABallotThatExpiresIsWrittenAbout(t *testing.T) {
	t.Parallel()
	s := start(t, testkit.Database(t), modules.All)
	p := s.plant(t, "attente", "#0b5d57")
	ctx := context.Background()
	booth := "/votes/" + p.unsure.String()
	c := p.as(t, unproven)
	review := c.submit(c.get(booth), booth+"/verification", "choix", "a").is(http.StatusOK)
	c.submit(review, booth+"/attente").is(http.StatusSeeOther)
	p.must(t, p.app.Box.Close(ctx, p.town.ID, p.unsure, voting.Act{Actor: p.person[string(citizen.Official)], Reason: "Essai"}))
	if _, err := p.app.Box.Tend(ctx, p.town.ID); err != nil {
		t.Fatal(err)
	}
	const written = `SELECT count(*) FROM core.mails WHERE tenant_id = $1 AND text_body LIKE '%' || $2 || '%'`
	if n := value[int64](t, s, written, p.town.ID.String(), booth); n != 1 {
		t.Errorf("%d letters about the ballot that expired", n)
	}
}
