package booth_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// proveLast asks for a checked identity, and lets the ballot be filled in first.
func proveLast(t *voting.Terms) {
	t.Electorate.Person, t.Electorate.Later = citizen.PersonDesk, true
}

// prove records that somebody has shown who they are.
func (s *square) prove(v citizen.Viewer) {
	s.Helper()
	person := uuid.New()
	for _, query := range []string{
		`INSERT INTO core.persons (tenant_id, id, hash) SELECT tenant_id, $2::uuid, sha256($2::uuid::text::bytea) FROM core.citizens WHERE id = $1::uuid`,
		`UPDATE core.citizens SET person_proof = 4, person_id = $2::uuid WHERE id = $1::uuid`,
	} {
		_, err := s.db.Superuser(s).Exec(context.Background(), query, v.ID.String(), person.String())
		s.must(err)
	}
}

func TestSomebodyVotesFirstAndProvesLater(t *testing.T) {
	s := newSquare(t)
	v := s.citizen("Alice")
	s.citizen("Basile")
	id := s.open(terms(proveLast, between(-time.Hour, 72*time.Hour)))
	alice := s.as("Alice")
	alice.get(path(id)).want(t, 200, "Avant que votre vote compte", "accueil", "Il attendra, sans être compté", `type="radio"`)
	alice.post(path(id)+"/verification").want(t, http.StatusUnprocessableEntity)
	alice.get(path(id))
	alice.post(path(id)+"/verification", "choix", "b").want(t, 200, "Ce bulletin ne sera pas encore compté", "Mettre mon bulletin en attente", "heure de Paris")
	alice.post(path(id)+"/attente").want(t, http.StatusSeeOther)
	alice.get(path(id)).want(t, 200, "Votre bulletin attend", "Il n'est pas compté", "Une halle couverte", "jeudi").without(t, "Un jardin partagé")
	if s.ballots(id) != 0 {
		t.Fatal("a ballot that waits is in the box")
	}
	s.as("Basile").get(path(id)).want(t, 200).without(t, "Votre bulletin attend")
	alice.get(path(id)+"?modifier=1").want(t, 200).ticked(t, "b")
	alice.post(path(id)+"/verification", "choix", "a").want(t, 200)
	alice.post(path(id)+"/attente").want(t, http.StatusSeeOther)
	alice.get(path(id)).want(t, 200, "Un jardin partagé").without(t, "Une halle couverte")

	var told []voting.News
	s.box.Tell(func(_ context.Context, _ bun.Tx, _ tenant.ID, n voting.News) error {
		told = append(told, n)
		return nil
	})
	s.prove(v)
	_, err := s.box.Tend(context.Background(), s.town.ID)
	s.must(err)
	if s.ballots(id) != 1 || len(told) != 1 {
		t.Fatalf("once proven: %d ballots, %d told", s.ballots(id), len(told))
	}
	messages, err := i18n.Load(booth.Catalogue, access.Catalogue, voting.Catalogue)
	s.must(err)
	letter := booth.WaitingLetter(messages.NewContext(context.Background(), "fr", s.town.TimeZone), "https://participer.exemple.fr", told[0])
	alice.get(letter.Button.Href[len("https://participer.exemple.fr"):]).want(t, 200, "Votre vote est enregistré", "Un jardin partagé")
}

func TestAWaitingBallotIsWithdrawn(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms(proveLast))
	alice := s.as("Alice")
	alice.get(path(id))
	alice.post(path(id)+"/verification", "choix", "b")
	alice.post(path(id)+"/attente").want(t, http.StatusSeeOther)
	alice.get(path(id))
	alice.post(path(id)+"/attente/retirer").want(t, http.StatusSeeOther)
	alice.get(path(id)).want(t, 200, "rien n'attend plus", `type="radio"`).ticked(t, "")
}

func TestABallotThatExpiredSaysWhy(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms(proveLast, between(-time.Hour, time.Hour)))
	alice := s.as("Alice")
	alice.get(path(id))
	alice.post(path(id)+"/verification", "choix", "b")
	alice.post(path(id)+"/attente").want(t, http.StatusSeeOther)
	s.db.SetClock(t, s.town.ID, noon.Add(2*time.Hour))
	s.must(s.box.Settle(context.Background(), s.town.ID, id))
	alice.get(path(id)).want(t, 200, "n'a pas été compté", "Ce qui manquait à la clôture", "accueil")
}

func TestWhereItIsNotAllowedNobodyFillsInABallot(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms(func(t *voting.Terms) { t.Electorate.Person = citizen.PersonDesk }))
	s.as("Alice").get(path(id)).want(t, 200, "accueil").without(t, `type="radio"`)
}

// waiting is the number of the ballot that somebody left waiting.
func (s *square) waiting(id voting.PollID, v citizen.Viewer) string {
	s.Helper()
	w, err := s.box.WaitingOf(context.Background(), s.town.ID, id, voting.ByAccount(v))
	s.must(err)
	return w.Nonce.String()
}
