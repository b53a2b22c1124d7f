package booth_test

import (
	"context"
	"testing"
	"time"

	"parvis/app/testkit/browser"
	"parvis/app/voting"
)

func TestThePagesOfABallotThatWaitsInABrowser(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	address := s.listen()
	id := s.open(terms(proveLast, between(-time.Hour, 74*time.Hour), func(t *voting.Terms) { t.Visibility = voting.Hidden }))
	p := browser.Open(t)
	sign(p, address, "Alice")
	p.Go(address + path(id))
	look(p, "later")
	p.Click(`[value="b"]`).ClickTo(`.booth-main form button`)
	look(p, "later-review")
	p.ClickTo(`.booth-main form button`).UntilText("h1", "Votre bulletin attend")
	look(p, "pending")
	v := s.viewers["Alice"]
	s.prove(v)
	_, err := s.box.Tend(context.Background(), s.town.ID)
	s.must(err)
	number := s.waiting(id, v)
	p.Go(address + path(id) + "/recepisse/" + number)
	look(p, "receipt-hidden")
}
