package booth_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"parvis/app/voting"
	"parvis/app/voting/counting"
)

func byTicket(t *voting.Terms)  { t.Room = voting.Room{Open: true, Voter: voting.TicketVoter} }
func byAccount(t *voting.Terms) { t.Room = voting.Room{Open: true, Voter: voting.AccountVoter} }
func halfOfTheRoom(t *voting.Terms) {
	t.Rule.Quorum = counting.Quorum{Share: counting.Fraction{Num: 1, Den: 2}, Of: counting.Attending}
}

func tickets(id voting.PollID) string { return "/office/votes/" + id.String() + "/billets" }

var ticketRE = regexp.MustCompile(`/v/[A-Z0-9]{6}-[A-Z0-9]{10}`)

// printed has an official print n tickets, and returns their addresses.
func (s *square) printed(id voting.PollID, n string) []string {
	s.Helper()
	olga := s.as("Olga")
	olga.get(tickets(id)).want(s, 200, "Un billet, un bulletin")
	sheet := olga.post(tickets(id), "size", n).leads(s)
	return ticketAddresses(olga.get(sheet).want(s, 200, "Imprimez maintenant", "Que faire de la place du Marché ?"))
}

// ticketAddresses reads the codes of a sheet, as they are written under each QR code.
func ticketAddresses(sheet answer) (list []string) {
	for _, code := range regexp.MustCompile(`[A-Z0-9]{6}-[A-Z0-9]{5}-[A-Z0-9]{5}`).FindAllString(sheet.body, -1) {
		list = append(list, "/v/"+code)
	}
	return list
}

func TestATicketVotesOnceFromPaperToReceipt(t *testing.T) {
	s := newSquare(t)
	s.citizen("Olga", official)
	id := s.open(terms(byTicket, final))
	sheet := s.printed(id, "3")
	if len(sheet) != 3 || sheet[0] == sheet[1] {
		t.Fatalf("tickets %v", sheet)
	}
	phone := s.as("")
	phone.get(path(id)).want(t, 200, "un billet, un bulletin", "Saisir le code de mon billet", `href="/v?retour=`)
	if got := phone.get(sheet[0]).leads(t); got != path(id) {
		t.Errorf("the ticket leads to %s", got)
	}
	phone.get(path(id)).want(t, 200, "Un billet compte pour un bulletin", "Un jardin partagé", "un bulletin par billet")
	receipt := phone.post(path(id)+"/bulletin", "choix", "a").leads(t)
	phone.get(receipt).want(t, 200, "Votre vote est enregistré", "Un jardin partagé")
	thief := s.as("")
	thief.get(strings.ToLower(sheet[0])).leads(t)
	thief.get(path(id)).want(t, 200, "Votre vote est déjà dans l'urne")
	thief.get(receipt).want(t, 200)
	other := s.as("")
	if got := other.get("/v?code=" + strings.TrimPrefix(sheet[1], "/v/")).leads(t); got != ticketRE.FindString(got) {
		t.Errorf("a ticket that is typed leads to %s", got)
	}
	other.get(sheet[1]).leads(t)
	other.get(path(id)).want(t, 200)
	other.post(path(id)+"/bulletin", "choix", "b").leads(t)
	if s.ballots(id) != 2 {
		t.Errorf("%d ballots", s.ballots(id))
	}
	if n := s.count(`SELECT count(*) FROM core.audit_entries WHERE action = 'voting.print_tickets' AND (details ->> 'tickets')::int = 3`); n != 1 {
		t.Errorf("%d lines of the journal", n)
	}
	s.close(id)
	s.as("").get(path(id)+"/resultats").want(t, 200, "Un billet compte pour un bulletin")
}

func TestATicketThatNobodyPrintedOpensNothing(t *testing.T) {
	s := newSquare(t)
	s.citizen("Olga", official)
	id, device := s.open(terms(byTicket)), s.open(terms(openToRoom))
	code, good := s.poll(id).Room.Code, s.printed(id, "1")[0]
	for _, bad := range []string{"/v/" + code + "-ACDEFGHJKM", "/v/" + s.poll(device).Room.Code + strings.TrimPrefix(good, "/v/"+code), good + "A", "/v/" + code + "-%3Cb%3E"} {
		s.as("").get(bad).want(t, http.StatusNotFound, "Aucun vote n'a ce code")
	}
	phone := s.as("")
	phone.get(good).leads(t)
	for name := range phone.jar {
		if strings.HasPrefix(name, "parvis-billet") {
			phone.jar[name] += "x"
		}
	}
	phone.get(path(id)).want(t, 200, "un billet, un bulletin").without(t, `name="bulletin"`)
}

func TestTheCodesOfTicketsAreShownOnceToWhoPrints(t *testing.T) {
	s := newSquare(t)
	s.citizen("Olga", official)
	s.citizen("Omar", official)
	s.citizen("Alice")
	id := s.open(terms(byTicket))
	s.printed(id, "2")
	sheet := tickets(id) + "/1"
	for _, who := range []string{"Olga", "Omar"} { // a browser that did not order them
		got := s.as(who).get(sheet).want(t, 200, "ne peut plus être imprimée")
		if len(ticketAddresses(got)) > 0 {
			t.Errorf("%s sees tickets", who)
		}
	}
	s.as("Alice").get(tickets(id)).want(t, http.StatusForbidden)
	s.as("Olga").get(tickets(id)+"/2").want(t, http.StatusNotFound)
	s.as("Olga").get(tickets(id)+"/x").want(t, http.StatusNotFound)
	s.as("Olga").get(tickets(s.open(terms(openToRoom)))).want(t, http.StatusNotFound)
	olga := s.as("Olga")
	for _, wrong := range []string{"0", "-3", "301", "9999999999999999999999", "douze", ""} {
		olga.get(tickets(id))
		olga.post(tickets(id), "size", wrong).want(t, http.StatusUnprocessableEntity, `value="`+wrong+`"`)
	}
}

func TestALostSheetIsCancelledWithItsReason(t *testing.T) {
	s := newSquare(t)
	s.citizen("Olga", official)
	id := s.open(terms(byTicket))
	ticket := s.printed(id, "1")[0]
	olga, cancel := s.as("Olga"), tickets(id)+"/1/annuler"
	olga.get(tickets(id))
	olga.post(cancel).want(t, http.StatusUnprocessableEntity, "Indiquez la raison")
	olga.post(cancel, "reason", "Oubliée dans le hall").leads(t)
	olga.get(tickets(id)).want(t, 200, "Oubliée dans le hall", "Annulée")
	olga.post(cancel, "reason", "Encore").want(t, http.StatusNotFound)
	s.as("").get(ticket).want(t, http.StatusNotFound, "Aucun vote n'a ce code")
	if n := s.count(`SELECT count(*) FROM core.audit_entries WHERE action = 'voting.void_tickets'`); n != 1 {
		t.Errorf("%d lines of the journal", n)
	}
}

func TestARoomMayAskForAccounts(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms(byAccount))
	code := s.poll(id).Room.Code
	phone := s.as("")
	if got := phone.get("/v/" + code).leads(t); got != path(id) {
		t.Errorf("the code leads to %s", got)
	}
	phone.get(path(id)).want(t, 200, "Me connecter pour voter")
	alice := s.as("Alice")
	alice.get(path(id)).want(t, 200, "Un compte compte pour un bulletin")
	alice.post(path(id)+"/bulletin", "choix", "a").leads(t)
	if n := s.count(`SELECT count(*) FROM voting.roll WHERE channel = 'meeting'`); n != 1 {
		t.Errorf("%d ballots of the room", n)
	}
}

func TestTheRoomCountsItselfUntilTheHostDoes(t *testing.T) {
	s := newSquare(t)
	s.citizen("Olga", official)
	id := s.scheduled(terms(openToRoom, halfOfTheRoom, between(time.Hour, 2*time.Hour)))
	presence := path(id) + "/presence"
	phones := []*person{s.as(""), s.as(""), s.as("")}
	for _, phone := range phones {
		phone.get(path(id)).want(t, 200, "Je suis dans la salle", presence)
		if got := phone.post(presence).leads(t); got != path(id) {
			t.Errorf("leads to %s", got)
		}
		phone.get(path(id)).want(t, 200, "Votre présence est comptée").without(t, presence)
	}
	phones[0].post(presence).leads(t)
	screen := "/ecran/" + id.String()
	s.at(noon.Add(time.Hour))
	s.as("").get(screen).want(t, 200, `data-live-bind="present"`, "personnes présentes", "bulletins nécessaires au quorum")
	olga := s.as("Olga")
	olga.get(desk(id)).want(t, 200, "se comptent elles-mêmes", "3")
	olga.post(desk(id), "acte", "presents", "present", "8").leads(t)
	olga.get(desk(id)).want(t, 200, "c'est votre compte qui vaut", `value="8"`)
	s.fill(id, "aab")
	s.as("").get(screen).want(t, 200, "bulletins nécessaires au quorum").without(t, "quorum : atteint")
	s.fill(id, "a")
	s.as("").get(screen).want(t, 200, "quorum : atteint")
	olga.get(desk(id)).want(t, 200, "quorum : atteint")
	olga.post(desk(id), "acte", "presents", "present", "2").leads(t)
	olga.get(desk(id)).want(t, 200, "recomptez la salle")
	olga.post(desk(id), "acte", "pointage").leads(t)
	olga.get(desk(id)).want(t, 200, "se comptent elles-mêmes")
	for action, want := range map[string]int64{"voting.count_present": 2, "voting.count_themselves": 1} {
		if n := s.count(`SELECT count(*) FROM core.audit_entries WHERE action = $1`, action); n != want {
			t.Errorf("%d lines of the journal for %s", n, action)
		}
	}
	visitor := s.as("")
	visitor.get(path(s.open(terms())))
	visitor.post(path(s.open(terms()))+"/presence").want(t, http.StatusForbidden)
}

func TestAResultWithoutItsQuorumSaysSo(t *testing.T) {
	s := newSquare(t)
	id := s.open(terms(openToRoom, halfOfTheRoom))
	s.must(s.box.SetPresent(t.Context(), s.town.ID, id, 9, voting.Act{}))
	s.fill(id, "aab")
	s.close(id)
	s.as("").get(path(id)+"/resultats").want(t, 200, "Quorum non atteint", "3 bulletins ont été déposés ; il en fallait 5.", "à titre indicatif", "au moins 50 % des personnes présentes")
	s.as("").get("/ecran/"+id.String()).want(t, 200, "quorum : non atteint")
	decided := s.open(terms(openToRoom, halfOfTheRoom, answers))
	s.must(s.box.SetPresent(t.Context(), s.town.ID, decided, 9, voting.Act{}))
	s.fill(decided, "yyy")
	s.close(decided)
	s.as("").get(path(decided)+"/resultats").want(t, 200, "Quorum non atteint", "Rien n'est adopté").without(t, "à titre indicatif")
	enough := s.open(terms(openToRoom, halfOfTheRoom))
	s.must(s.box.SetPresent(t.Context(), s.town.ID, enough, 6, voting.Act{}))
	s.fill(enough, "aab")
	s.close(enough)
	s.as("").get(path(enough)+"/resultats").want(t, 200, "quorum : atteint").without(t, "Quorum non atteint")
}

// An act of the console was done, and its line of the journal missing, when
// the journal could not be written: they are one transaction.
func TestAnActThatCannotBeWrittenIsNotDone(t *testing.T) {
	s := newSquare(t)
	s.citizen("Olga", official)
	id := s.open(terms(openToRoom))
	_, err := s.db.Superuser(s).Exec(t.Context(), `CREATE FUNCTION core.refuse_entries() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'full'; END $$;
		CREATE TRIGGER refuse_entries BEFORE INSERT ON core.audit_entries FOR EACH ROW EXECUTE FUNCTION core.refuse_entries()`)
	s.must(err)
	olga := s.as("Olga")
	olga.get(desk(id))
	olga.post(desk(id), "acte", "clore", "sur", "oui").want(t, http.StatusInternalServerError)
	if state := s.poll(id).State; state != voting.Open {
		t.Errorf("the vote is %s, and nobody knows who did it", state)
	}
}
