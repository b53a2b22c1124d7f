package booth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parvis/app/citizen"
	"parvis/app/voting"
)

func TestAVoteGoesFromTheBallotToTheReceipt(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms(between(-time.Hour, 72*time.Hour)))
	alice := s.as("Alice")
	alice.get(path(id)).want(t, 200, "Que faire de la place du Marché ?", `type="radio"`, "Vote blanc", "Clôture dans 3 jours, jeudi à 12 h, heure de Paris",
		"Une personne, un bulletin", "vis-à-vis de qui administre la base").without(t, "<nav").ticked(t, "")
	review := alice.post(path(id)+"/verification", "choix", "b").want(t, 200, "Une halle couverte", "Votre vote n'est pas encore enregistré").without(t, "Un jardin partagé")
	if s.ballots(id) != 0 {
		t.Error("the review alone puts a ballot in the box")
	}
	if review.Header.Get("Cache-Control") != "no-store" {
		t.Error("the review may be kept by the browser")
	}
	receipt := alice.post(path(id) + "/bulletin").leads(t)
	if s.ballots(id) != 1 {
		t.Fatalf("%d ballots", s.ballots(id))
	}
	got := alice.get(receipt).want(t, 200, "Votre vote est enregistré", "Une halle couverte", "la seule personne à voir ce choix", "Modifier mon vote", "Retour à la consultation", "lundi 23 novembre 2026 à 12 h")
	if got.Header.Get("Cache-Control") != "no-store" {
		t.Error("the receipt may be kept by the browser")
	}
}

func TestAReceiptLeadsToItsProofAndSaysWhatItTells(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	alice := s.as("Alice")
	for visibility, hidden := range map[voting.Visibility]bool{voting.Turnout: false, voting.Hidden: true} {
		receipt := alice.vote(s.open(terms(func(t *voting.Terms) { t.Visibility = visibility })), "choix", "b")
		page := alice.get(receipt).want(t, 200, `href="`+receipt+`/fichier"`, `href="/verifier"`, "Télécharger la preuve", "<svg")
		if told := strings.Contains(page.body, "Gardez-le pour vous"); told != hidden {
			t.Errorf("%s: the page says what the number in the log reveals: %v", visibility, told)
		}
	}
}

func TestAReceiptTellsNobodyElseTheChoice(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	s.citizen("Basile")
	id := s.open(terms())
	receipt := s.as("Alice").vote(id, "choix", "b")
	for _, name := range []string{"Basile", ""} {
		s.as(name).get(receipt).want(t, 200, "Ce vote est enregistré").without(t, "Une halle couverte", "Modifier mon vote", "Alice")
	}
	s.as("Alice").get(path(id)+"/recepisse/"+strings.Repeat("0", 32)).want(t, http.StatusNotFound)
	s.as("Alice").get(path(id)+"/recepisse/nimporte").want(t, http.StatusNotFound)
	other := s.open(terms())
	s.as("Alice").get(strings.Replace(receipt, id.String(), other.String(), 1)).want(t, http.StatusNotFound)
}

func TestChangingOnesMindStartsFromTheLastVote(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms())
	alice := s.as("Alice")
	first := alice.vote(id, "choix", "b")
	alice.get(path(id)).want(t, 200, "Vous avez déjà voté").ticked(t, "b")
	second := alice.vote(id, "choix", "a")
	alice.get(first).want(t, 200, "Ce vote a été remplacé").without(t, "Une halle couverte", "Un jardin partagé")
	alice.get(second).want(t, 200, "Un jardin partagé")
	if s.ballots(id) != 1 {
		t.Errorf("%d ballots of one voter", s.ballots(id))
	}
}

func TestAFinalVoteIsNotTakenTwice(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms(final))
	alice, twin := s.as("Alice"), s.as("Alice")
	twin.get(path(id))
	twin.post(path(id)+"/verification", "choix", "a").want(t, 200, "Ce vote est définitif")
	alice.vote(id, "choix", "b")
	twin.post(path(id)+"/bulletin").want(t, http.StatusConflict, "Votre vote est déjà dans l'urne")
	alice.get(path(id)).want(t, 200, "Votre vote est déjà dans l'urne").without(t, "<form", "Une halle couverte")
	if s.ballots(id) != 1 {
		t.Errorf("%d ballots", s.ballots(id))
	}
}

func TestSendingTwiceIsOneVote(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms())
	alice := s.as("Alice")
	alice.get(path(id))
	alice.post(path(id)+"/verification", "choix", "b")
	first, again := alice.post(path(id)+"/bulletin").leads(t), alice.post(path(id)+"/bulletin").leads(t)
	if first != again || s.ballots(id) != 1 {
		t.Errorf("%s then %s, %d ballots", first, again, s.ballots(id))
	}
	form := alice.last.fields()
	form.Set("choix", "a")
	alice.send(http.MethodPost, path(id)+"/bulletin", form.Encode()).want(t, http.StatusConflict, "déjà été envoyé").ticked(t, "a")
	alice.get(first).want(t, 200, "Une halle couverte")
}

func TestABallotPreparedForSomebodyElseIsRefused(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	s.citizen("Basile")
	id := s.open(terms())
	alice, basile := s.as("Alice"), s.as("Basile")
	alice.get(path(id))
	alice.post(path(id)+"/verification", "choix", "b")
	basile.get(path(id))
	for _, number := range []string{alice.last.fields().Get("bulletin"), strings.Repeat("0", 32), strings.Repeat("0", 32) + "." + strings.Repeat("0", 32), "x"} {
		form := url.Values{"_csrf": {basile.last.fields().Get("_csrf")}, "choix": {"b"}, "bulletin": {number}}
		basile.send(http.MethodPost, path(id)+"/bulletin", form.Encode()).want(t, http.StatusConflict, "n'a pas été préparé pour vous").ticked(t, "b")
	}
	if s.ballots(id) != 0 {
		t.Errorf("%d ballots", s.ballots(id))
	}
}

func TestAWrongBallotComesBackAsItWas(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	one, two, each := s.open(terms()), s.open(terms(upToTwo)), s.open(terms(answers))
	for _, wrong := range []struct {
		poll   voting.PollID
		fields []string
		says   []string
		ticked string
	}{
		{one, nil, []string{"Choisissez une réponse, ou votez blanc.", `href="#f-choix"`}, ""},
		{one, []string{"choix", "z"}, []string{"un choix qui n'est pas proposé"}, ""},
		{one, []string{"choix", "a\xff"}, []string{"un choix qui n'est pas proposé"}, ""},
		{one, []string{"choix", "a", "choix", "b"}, []string{"Choisissez 1 proposition au plus."}, "a b"},
		{two, []string{"choix", "a", "choix", "b", "choix", "c"}, []string{"Choisissez 2 propositions au plus."}, "a b c"},
		{two, []string{"choix", "a", "choix", "blanc"}, []string{"Un vote blanc ne va pas avec une autre réponse"}, "a blanc"},
		{each, []string{"reponse-a", "oui", "reponse-c", "non"}, []string{"Choisissez pour, contre ou abstention.", `href="#f-reponse-b"`}, "oui non"},
		{each, []string{"reponse-a", "oui", "reponse-b", "peut-être", "reponse-c", "non"}, []string{"Choisissez pour, contre ou abstention."}, "oui non"},
		{each, []string{"reponse-a", "oui", "reponse-b", "oui", "reponse-c", "oui", "reponse-z", "oui"}, []string{"un choix qui n'est pas proposé"}, "oui oui oui"},
	} {
		for _, step := range []string{"/verification", "/bulletin"} {
			alice := s.as("Alice")
			alice.get(path(wrong.poll))
			alice.post(path(wrong.poll)+step, wrong.fields...).want(t, http.StatusUnprocessableEntity, wrong.says...).ticked(t, wrong.ticked)
		}
		if n := s.ballots(wrong.poll); n != 0 {
			t.Errorf("%v: %d ballots", wrong.fields, n)
		}
	}
}

func TestEveryKindOfBallotIsCast(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	two, each, blank := s.open(terms(upToTwo)), s.open(terms(answers)), s.open(terms())
	alice := s.as("Alice")
	alice.get(alice.vote(two, "choix", "a", "choix", "c")).want(t, 200, "Un jardin partagé", "Une place sans voitures").without(t, "Une halle couverte")
	alice.get(alice.vote(each, "reponse-a", "oui", "reponse-b", "non", "reponse-c", "abstention")).want(t, 200, "Pour", "Contre", "Abstention")
	alice.get(path(each)).ticked(t, "oui non abstention")
	alice.get(alice.vote(blank, "choix", "blanc")).want(t, 200, "Vote blanc")
	alice.get(path(blank)).ticked(t, "blanc")
}

func TestTheReviewLeadsBackToTheBallotAsItWas(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms(upToTwo))
	alice := s.as("Alice")
	alice.get(path(id))
	alice.post(path(id)+"/verification", "choix", "a", "choix", "c").want(t, 200, `formaction="`+path(id)+`"`)
	alice.post(path(id)).want(t, 200).ticked(t, "a c")
	if got := s.as("Alice").get(path(id) + "/verification").leads(t); got != path(id) {
		t.Errorf("reloading the review leads to %s", got)
	}
}

func TestTheBoothSaysWhyItIsShut(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.scheduled(terms(between(24*time.Hour, 48*time.Hour)))
	alice := s.as("Alice")
	alice.get(path(id)).want(t, 200, "Ce vote n'est pas encore ouvert", "Il ouvrira mardi 24 novembre 2026 à 12 h, heure de Paris", "Une halle couverte").without(t, "<form")
	s.at(noon.Add(24 * time.Hour))
	alice.get(path(id)).want(t, 200, "<form")
	alice.post(path(id)+"/verification", "choix", "b").want(t, 200)
	s.at(noon.Add(48 * time.Hour))
	alice.post(path(id)+"/bulletin").want(t, http.StatusGone, "Ce vote est clos", "Voir les résultats")
	alice.get(path(id)).want(t, 200, "Ce vote est clos").without(t, "<form")
	s.at(noon)
	alice.post(path(id)+"/verification", "choix", "b").want(t, http.StatusGone, "Ce vote n'est pas encore ouvert")
	if s.ballots(id) != 0 {
		t.Errorf("%d ballots", s.ballots(id))
	}
	gone := s.open(terms())
	s.must(s.box.Cancel(t.Context(), s.town.ID, gone, voting.Act{Reason: "La salle est inondée."}))
	alice.get(path(gone)).want(t, 200, "Ce vote a été annulé", "La salle est inondée.").without(t, "<form")
}

func TestWhoMayNotVoteIsToldWhyAndWhatToDo(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	s.citizen("Basile", func(v *citizen.Viewer) {
		v.Zone, v.BornOn, v.Residence = s.town.Zones[0].ID, "2015-01-01", citizen.ResidenceDeclared
	})
	id := s.open(terms(func(v *voting.Terms) {
		v.Electorate.AgeFrom, v.Electorate.Residence = 16, citizen.ResidenceDeclared
	}))
	back := url.QueryEscape(path(id))
	s.as("").get(path(id)).want(t, 200, "Me connecter pour voter", "/connexion?retour="+back, "Une halle couverte").without(t, "<form")
	s.as("Alice").get(path(id)).want(t, 200, "/moi/profil?retour="+back, "Pour voter, il vous manque encore").without(t, "<form")
	basile := s.as("Basile")
	basile.get(path(id)).want(t, 200, "16 ans").without(t, "<form")
	anyone := s.open(terms())
	basile.get(path(anyone))
	for _, step := range []string{"/verification", "/bulletin"} {
		basile.post(path(id)+step, "choix", "b")
	}
	if s.ballots(id) != 0 {
		t.Errorf("%d ballots of somebody too young", s.ballots(id))
	}
	basile.post(path(id)+"/verification", "choix", "b").want(t, http.StatusForbidden, "16 ans")
}

func TestWhatIsNotForTheViewerDoesNotExist(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	s.citizen("Olga", official)
	id, draft := s.open(terms(openToRoom)), s.draft(terms())
	pages := []string{"", "/verification", "/bulletin", "/recepisse/" + strings.Repeat("0", 32), "/resultats", "/resultats.csv", "/resultats.json", "/bulletins.csv"}
	check := func(why string, who *person, poll voting.PollID) {
		t.Helper()
		for _, page := range pages {
			if got := who.get(path(poll) + page); got.StatusCode != 404 || strings.Contains(got.body, "halle couverte") {
				t.Errorf("%s: %s answers %d", why, page, got.StatusCode)
			}
		}
		for _, page := range []string{"/ecran/" + poll.String(), desk(poll), "/office/votes/" + poll.String() + "/affiche"} {
			who.get(page).want(t, 404).without(t, "halle couverte")
		}
	}
	neighbour := s.as("")
	neighbour.host = s.other.Hosts[0]
	check("a poll of another town", neighbour, id)
	check("a draft", s.as("Alice"), draft)
	check("nonsense", s.as("Alice"), voting.NewPollID())
	s.as("Alice").get("/votes/%7B"+id.String()+"%7D").want(t, 404)
	s.consult.hide(true)
	check("a hidden subject", s.as("Alice"), id)
	s.as("").get("/v/"+s.poll(id).Room.Code).want(t, 404)
	s.as("Olga").get(path(id)).want(t, 200)
	s.consult.hide(false)
	s.as("Alice").get(path(id)).want(t, 200)
	s.town.Modules = nil
	check("a module that is off", s.as("Olga"), id)
}

// TestAFailingDatabaseLosesNoChoice stops the database between two ballots:
// the second comes back, to be sent again under the same number.
func TestAFailingDatabaseLosesNoChoice(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	s.citizen("Basile")
	id := s.open(terms())
	alice, basile := s.as("Alice"), s.as("Basile")
	basile.get(path(id))
	basile.post(path(id)+"/verification", "choix", "b")
	number := basile.last.fields().Get("bulletin")
	alice.vote(id, "choix", "a") // the poll is now known for a second
	s.cutDatabase()
	got := basile.post(path(id)+"/bulletin").want(t, http.StatusServiceUnavailable, "Votre vote n'est pas confirmé", "Une halle couverte", "Réessayer")
	if got.fields().Get("bulletin") != number || got.Header.Get("Retry-After") == "" {
		t.Error("the ballot cannot be sent again as it was")
	}
}

// cutDatabase ends every connection and lets no other in.
func (s *square) cutDatabase() {
	s.Helper()
	server, err := pgx.Connect(s.Context(), strings.Replace(s.db.SuperuserURL, s.db.Name, "postgres", 1))
	s.must(err)
	defer server.Close(s.Context())
	_, err = server.Exec(s.Context(), "ALTER DATABASE "+s.db.Name+" ALLOW_CONNECTIONS false")
	s.must(err)
	_, err = server.Exec(s.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", s.db.Name)
	s.must(err)
}
