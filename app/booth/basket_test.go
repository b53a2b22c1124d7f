package booth_test

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/testkit/browser"
	"parvis/app/voting"
	"parvis/app/voting/counting"
)

// budget is a vote on projects: two of the centre, which has 10 000 €, three of
// the whole town, which has 20 000 €.
func budget(t *voting.Terms) {
	t.Question, t.Method = "Quels projets financer ?", voting.Greedy
	t.Options = []voting.Option{
		{ID: "1", Label: "Des bancs à l'ombre", Description: "Douze bancs sous les tilleuls.", Cost: 6_000_00, Zone: "Centre"},
		{ID: "2", Label: "Une fontaine à boire", Cost: 7_000_50, Zone: "Centre"},
		{ID: "3", Label: "Un verger public", Cost: 15_000_00},
		{ID: "4", Label: "Des nichoirs", Cost: 5_000_00},
		{ID: "5", Label: "Un four à pain", Cost: 12_000_00},
	}
	t.Rule = counting.Rule{Envelopes: []counting.Envelope{{Zone: "Centre", Cents: 10_000_00}, {Cents: 20_000_00}}, WithinEnvelope: true}
}

func TestABasketGoesFromTheShelvesToTheReceipt(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms(budget, between(-time.Hour, 72*time.Hour)))
	alice := s.as("Alice")
	alice.get(path(id)).want(t, 200, "Quels projets financer ?", `type="checkbox"`, "Enveloppe : 10 000 €", "7 000,50 €", "Il reste 20 000 €", "Projets choisis : 0").ticked(t, "")
	// Without a script, counting again shows the basket as it stands, and writes nothing.
	alice.post(path(id), "choix", "1", "choix", "3").want(t, 200, "Il reste 4 000 €", "Il reste 5 000 €", "Projets choisis : 2")
	review := alice.post(path(id)+"/verification", "choix", "1", "choix", "3", "choix", "4").want(t, 200, "Votre panier", "15 000 €", "Il reste 0 € sur 20 000 €", "Il reste 4 000 € sur 10 000 €").without(t, "fontaine")
	if s.ballots(id) != 0 || review.Header.Get("Cache-Control") != "no-store" {
		t.Error("the review puts a ballot in the box, or may be kept")
	}
	receipt := alice.post(path(id) + "/bulletin").leads(t)
	alice.get(receipt).want(t, 200, "Votre vote est enregistré", "Un verger public", "Modifier mon vote")
	alice.get(path(id)).want(t, 200, "Il reste 0 €")
	alice.post(path(id)+"/verification", "choix", "5").want(t, 200)
	alice.post(path(id) + "/bulletin").leads(t)
	if s.ballots(id) != 1 {
		t.Errorf("%d ballots of one voter", s.ballots(id))
	}
	alice.get(receipt).want(t, 200, "Ce vote a été remplacé")
}

func TestABasketOverTheEnvelopeSaysWhatToTakeOut(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms(budget))
	alice := s.as("Alice")
	alice.get(path(id))
	over := alice.post(path(id), "choix", "1", "choix", "2").want(t, 200, "Dépassement de 3 000,50 €").without(t, "Retirez par exemple")
	if got := chosen(over); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("chosen: %v", got)
	}
	refused := alice.post(path(id)+"/verification", "choix", "1", "choix", "2", "choix", "3", "choix", "5").want(t, http.StatusUnprocessableEntity,
		"dépasse l'enveloppe « Centre » de 3 000,50 €. Retirez par exemple « Des bancs à l'ombre »", "dépasse l'enveloppe de 7 000 €. Retirez par exemple « Un four à pain »")
	if got := chosen(refused); !slices.Equal(got, []string{"1", "2", "3", "5"}) {
		t.Errorf("kept: %v", got)
	}
	// Whoever skips the review meets the same refusal.
	alice.get(path(id))
	alice.post(path(id)+"/verification", "choix", "1").want(t, 200)
	alice.post(path(id)+"/bulletin", "choix", "2").want(t, http.StatusUnprocessableEntity, "dépasse l'enveloppe « Centre »")
	if s.ballots(id) != 0 {
		t.Error("a basket over the envelope is in the box")
	}
	alice.get(path(id))
	alice.post(path(id)+"/verification").want(t, http.StatusUnprocessableEntity)
	alice.post(path(id)+"/verification", "choix", "blanc").want(t, 200, "Vote blanc")
	alice.post(path(id)+"/verification", "choix", "zzz").want(t, http.StatusUnprocessableEntity)
}

func TestAProjectWithdrawnAMomentAgoLosesNothingElse(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	s.citizen("Basile")
	id := s.open(terms(budget))
	basile := s.as("Basile")
	basile.vote(id, "choix", "3", "choix", "4")
	alice := s.as("Alice")
	alice.get(path(id))
	alice.post(path(id)+"/verification", "choix", "1", "choix", "3").want(t, 200)
	changed := s.poll(id).Terms
	changed.Options = slices.Clone(changed.Options)
	changed.Options[2].Withdrawn = true
	s.must(s.db.InTenant(context.Background(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return s.box.Update(ctx, tx, s.town.ID, id, changed, voting.Act{Reason: "Le terrain est vendu."})
	}))
	refused := alice.post(path(id)+"/bulletin").want(t, http.StatusUnprocessableEntity, "« Un verger public » vient d'être retiré du vote", "Le reste de votre choix est conservé", "Il reste 4 000 €")
	if got := chosen(refused); !slices.Equal(got, []string{"1"}) {
		t.Errorf("kept: %v", got)
	}
	alice.post(path(id)+"/verification", "choix", "1").want(t, 200)
	alice.post(path(id) + "/bulletin").leads(t)
	basile.get(path(id)).want(t, 200, "« Un verger public » a été retiré du vote", "Vous avez déjà voté")
	if got := chosen(basile.last); !slices.Equal(got, []string{"4"}) {
		t.Errorf("Basile's basket: %v", got)
	}
}

func TestTheOrderOfProjectsIsOnesOwnAndStays(t *testing.T) {
	s := newSquare(t)
	id := s.open(terms(budget, func(t *voting.Terms) {
		t.Options = nil
		for i := range 26 {
			t.Options = append(t.Options, voting.Option{ID: string(rune('a' + i)), Label: "Projet " + string(rune('A'+i)), Cost: 1_00})
		}
	}))
	s.citizen("Alice")
	s.citizen("Basile")
	alice := s.as("Alice")
	first, again := shelves(alice.get(path(id))), shelves(alice.get(path(id)))
	if len(first) != 26 || !slices.Equal(first, again) {
		t.Errorf("%v, then %v", first, again)
	}
	if other := shelves(s.as("Basile").get(path(id))); slices.Equal(first, other) {
		t.Error("two voters see one order")
	}
	visitor := s.as("")
	seen, seenAgain := proposed(visitor.get(path(id))), proposed(visitor.get(path(id)))
	if len(seen) != 26 || !slices.Equal(seen, seenAgain) {
		t.Errorf("a visitor: %v, then %v", seen, seenAgain)
	}
	if other := proposed(s.as("").get(path(id))); slices.Equal(seen, other) {
		t.Error("two visitors see one order")
	}
}

var (
	projectRE  = regexp.MustCompile(`<input class="choice-control"[^>]*data-cost[^>]*>`)
	valueRE    = regexp.MustCompile(`value="([a-z0-9]+)"`)
	proposedRE = regexp.MustCompile(`<li>(Projet [A-Z])`)
)

// shelves is the projects of a page, in its order.
func shelves(a answer) (ids []string) {
	for _, input := range projectRE.FindAllString(a.body, -1) {
		ids = append(ids, valueRE.FindStringSubmatch(input)[1])
	}
	return ids
}

func proposed(a answer) (names []string) {
	for _, m := range proposedRE.FindAllStringSubmatch(a.body, -1) {
		names = append(names, m[1])
	}
	return names
}

// chosen is the projects in the basket of a page, by id.
func chosen(a answer) (ids []string) {
	for _, input := range projectRE.FindAllString(a.body, -1) {
		if strings.Contains(input, " checked") {
			ids = append(ids, valueRE.FindStringSubmatch(input)[1])
		}
	}
	slices.Sort(ids)
	return ids
}

func TestTheBasketInABrowser(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms(budget, between(-time.Hour, 74*time.Hour)))
	address := s.listen()
	p := browser.Open(t)
	p.Go(address + path(id))
	look(p, "basket-sign-in")
	sign(p, address, "Alice")
	p.Go(address + path(id))
	look(p, "basket-empty")
	p.Click(`[value="1"]`).Click(`[value="2"]`)
	if left := browser.Eval[string](p, `document.querySelector("[data-purse=Centre] [data-purse-text]").textContent.replace(/\s/g, " ")`); left != "Dépassement de 3 000,50 €" {
		t.Errorf("the bar says %q", left)
	}
	p.Until(`document.querySelector("[data-basket-say]").textContent.includes("Dépassement")`)
	look(p, "basket-over")
	p.ClickTo(`.booth-main .action-bar button`)
	look(p, "basket-refused")
	p.Click(`[value="2"]`).ClickTo(`.booth-main .action-bar button`)
	look(p, "basket-review")
	p.ClickTo(`.booth-main form button`)
	look(p, "basket-receipt")
	if s.ballots(id) != 1 {
		t.Errorf("%d ballots", s.ballots(id))
	}
}
