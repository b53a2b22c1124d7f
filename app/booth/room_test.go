package booth_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/voting"
	"parvis/realtime"
)

func TestTheRoomVotesWithoutAccount(t *testing.T) {
	s := newSquare(t)
	id := s.open(terms(openToRoom))
	code := s.poll(id).Room.Code
	phone, tablet := s.as(""), s.as("")
	for _, typed := range []string{code, strings.ToLower(code), code[:3] + "%20" + code[3:], code[:3] + "-" + code[3:]} {
		if got := phone.get("/v/" + typed).leads(t); got != path(id) {
			t.Errorf("%q leads to %s", typed, got)
		}
		if got := phone.get("/v?code=" + typed).leads(t); got != "/v/"+code {
			t.Errorf("%q typed leads to %s", typed, got)
		}
	}
	phone.get(path(id)).want(t, 200, "Un appareil compte pour un bulletin", "Contre une personne qui vote avec plusieurs appareils").without(t, "connexion?retour")
	first := phone.post(path(id)+"/bulletin", "choix", "a").leads(t)
	phone.get(first).want(t, 200, "Votre vote est enregistré", "Un jardin partagé")
	tablet.get(path(id)).ticked(t, "")
	tablet.post(path(id)+"/bulletin", "choix", "b").leads(t)
	if s.ballots(id) != 2 {
		t.Errorf("%d ballots of two devices", s.ballots(id))
	}
	phone.get(path(id)).want(t, 200, "Vous avez déjà voté").ticked(t, "a")
	phone.post(path(id)+"/bulletin", "choix", "c").leads(t)
	phone.get(first).want(t, 200, "Ce vote a été remplacé")
	if s.ballots(id) != 2 {
		t.Errorf("a device that changes its mind makes %d ballots", s.ballots(id))
	}
	if n := s.count(`SELECT count(*) FROM voting.roll WHERE channel <> 'meeting'`); n != 0 {
		t.Errorf("%d ballots of the room came another way", n)
	}
}

func (s *square) count(query string, args ...any) (n int64) {
	s.Helper()
	s.must(s.db.Superuser(s).QueryRow(context.Background(), query, args...).Scan(&n))
	return n
}

func TestADeviceVotesOnceWhereTheVoteIsFinal(t *testing.T) {
	s := newSquare(t)
	id := s.open(terms(openToRoom, final))
	phone := s.as("")
	phone.get(path(id)).want(t, 200, "Ce vote est définitif")
	stale := phone.last
	phone.post(path(id)+"/bulletin", "choix", "a").leads(t)
	phone.get(path(id)).want(t, 200, "Votre vote est déjà dans l'urne")
	phone.last = stale
	phone.post(path(id)+"/bulletin", "choix", "b").want(t, http.StatusConflict)
	if s.ballots(id) != 1 {
		t.Errorf("%d ballots of one device", s.ballots(id))
	}
}

func TestADeviceIsNotForged(t *testing.T) {
	s := newSquare(t)
	id := s.open(terms(openToRoom))
	phone, thief := s.as(""), s.as("")
	phone.get(path(id))
	phone.post(path(id)+"/bulletin", "choix", "a").leads(t)
	cookie := phone.jar["parvis-appareil"]
	if cookie == "" {
		t.Fatalf("cookies %v", phone.jar)
	}
	thief.jar["parvis-appareil"] = cookie[:len(cookie)-2] + "xx"
	thief.get(path(id)).ticked(t, "")
	neighbour := s.as("")
	neighbour.host = s.other.Hosts[0]
	neighbour.jar["parvis-appareil"] = cookie
	neighbour.get(path(id)).want(t, http.StatusNotFound)
}

func TestAnUnknownCodeIsKindlyRefused(t *testing.T) {
	s := newSquare(t)
	id := s.scheduled(terms(openToRoom))
	s.open(terms()) // no room
	s.as("").get("/v").want(t, 200, "Code affiché à l'écran")
	for _, code := range []string{"/v/ZZZZZZ", "/v/ACDEFG", "/v/%3Cb%3E", "/v?code=%3Cscript%3E", "/v?code=12", "/v/" + strings.Repeat("A", 3000)} {
		got := s.as("").get(code).want(t, http.StatusNotFound, "Aucun vote n'a ce code", `name="code"`)
		if strings.Contains(got.body, "<script>") || strings.Contains(got.body, "<b>") {
			t.Errorf("%s is written as it was typed", code)
		}
	}
	s.as("").get("/v?code=acdefh").leads(t)
	neighbour := s.as("")
	neighbour.host = s.other.Hosts[0]
	neighbour.get("/v/"+s.poll(id).Room.Code).want(t, http.StatusNotFound)
	s.as("").get("/v/" + s.poll(id).Room.Code).leads(t)
}

// TestAHallEntersThroughOneNetwork has five hundred phones scan the code
// within a minute, all behind the hall's router.
func TestAHallEntersThroughOneNetwork(t *testing.T) {
	s := newSquare(t)
	code := s.poll(s.open(terms(openToRoom))).Room.Code
	for range 500 {
		s.as("").get("/v/" + code).leads(t)
	}
}

func TestTheScreenShowsEachState(t *testing.T) {
	s := newSquare(t)
	id := s.scheduled(terms(openToRoom, shownLive, between(time.Hour, 2*time.Hour)))
	screen := "/ecran/" + id.String()
	code := s.poll(id).Room.Code
	show := func() answer { t.Helper(); return s.as("").get(screen) }
	show().want(t, 200, `data-state="join"`, "Le vote va ouvrir", code, `<noscript><meta http-equiv="refresh"`, s.town.Hosts[0]+"/v/"+code)
	s.at(noon.Add(time.Hour))
	s.fill(id, "aaab")
	show().want(t, 200, `data-state="open"`, code, "votants", "Temps restant", "à partir de 10 bulletins").without(t, "data-live-percent")
	s.fill(id, "aaaaac")
	show().want(t, 200, "data-live-percent", "80 %").without(t, "à partir de 10 bulletins")
	s.must(s.box.Show(t.Context(), s.town.ID, id, false, voting.Act{}))
	show().want(t, 200, `data-state="open"`, "masqués pour le moment").without(t, "data-live-percent", "80 %")
	s.at(noon.Add(3 * time.Hour))
	show().want(t, 200, `data-state="pause"`, "Vote clos").without(t, "data-live-percent", code, "80 %")
	s.must(s.box.Show(t.Context(), s.town.ID, id, true, voting.Act{}))
	show().want(t, 200, `data-state="counting"`, "Dépouillement en cours").without(t, code, "80 %")
	if _, err := s.box.Results(t.Context(), s.town.ID, id, realtime.Public); err != nil {
		t.Fatal(err)
	}
	show().want(t, 200, `data-state="result"`, "80 %", "En tête").without(t, code)
	s.as("").get(screen+"?theme=sombre").want(t, 200, `data-theme="dark"`, `data-live-swap="`+screen+`?theme=sombre"`)
	cancelled := s.open(terms())
	s.must(s.box.Cancel(t.Context(), s.town.ID, cancelled, voting.Act{Reason: "La salle est inondée."}))
	s.as("").get("/ecran/"+cancelled.String()).want(t, 200, `data-state="pause"`, "La salle est inondée.")
}

func TestTheConsoleIsForWhoRunsTheVote(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	s.citizen("Olga", official)
	s.citizen("Igor", func(v *citizen.Viewer) { v.Grants = []citizen.Grant{{Role: citizen.Official, Module: "ideas"}} })
	id := s.open(terms())
	poster := "/office/votes/" + id.String() + "/affiche"
	for _, page := range []string{desk(id), poster} {
		if got := s.as("").get(page).leads(t); !strings.HasPrefix(got, "/connexion") {
			t.Errorf("a visitor of %s is led to %s", page, got)
		}
		s.as("Alice").get(page).want(t, http.StatusForbidden)
		s.as("Igor").get(page).want(t, http.StatusForbidden)
		s.as("Olga").get(page).want(t, http.StatusOK)
	}
	for _, name := range []string{"", "Alice", "Igor"} {
		who := s.as(name)
		who.get("/v") // a token does not make a host
		who.send(http.MethodPost, desk(id), "acte=clore&sur=oui")
		who.post(desk(id), "acte", "clore", "sur", "oui")
	}
	if s.poll(id).State != voting.Open || s.count(`SELECT count(*) FROM core.audit_entries`) != 0 {
		t.Error("somebody else closed the vote")
	}
}

func TestTheConsoleRunsAVote(t *testing.T) {
	s := newSquare(t)
	olga := s.citizen("Olga", official)
	id := s.scheduled(terms(openToRoom, shownLive))
	host := s.as("Olga")
	act := func(act string, more ...string) answer {
		t.Helper()
		host.get(desk(id)).want(t, 200)
		form := host.last.fields()
		form.Set("acte", act)
		for i := 0; i+1 < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return host.send(http.MethodPost, desk(id), form.Encode())
	}
	act("raser").want(t, http.StatusUnprocessableEntity)
	act("presents", "present", "").want(t, http.StatusUnprocessableEntity, "Indiquez le nombre")
	act("presents", "present", "-4").want(t, http.StatusUnprocessableEntity, "Indiquez le nombre")
	act("presents", "present", "230").leads(t)
	act("ouvrir").leads(t)
	host.get(desk(id)).want(t, 200, "Le vote est ouvert.", "230", s.poll(id).Room.Code, `data-live-audience="host"`)
	act("ouvrir").leads(t) // pressed twice: the vote is open, as was asked
	act("masquer").leads(t)
	if s.poll(id).Shown {
		t.Error("the results are still shown in the room")
	}
	act("montrer").leads(t)
	act("clore").want(t, 200, "Clore maintenant ?", "Ne pas clore")
	if s.poll(id).State != voting.Open {
		t.Fatal("closed at the first press, without a script to hold the button")
	}
	act("clore", "sur", "oui").leads(t)
	if !s.poll(id).State.Over() {
		t.Error("the vote is not closed")
	}
	act("presents", "present", "3").want(t, http.StatusConflict)
	rows, err := s.db.Superuser(t).Query(t.Context(), `SELECT action, subject, actor::text FROM core.audit_entries ORDER BY id`)
	s.must(err)
	var journal []string
	for rows.Next() {
		var action, subject, actor string
		s.must(rows.Scan(&action, &subject, &actor))
		journal = append(journal, action)
		if subject != "poll/"+id.String() || actor != olga.ID.String() {
			t.Errorf("%s on %s by %s", action, subject, actor)
		}
	}
	want := "voting.count_present voting.open voting.open voting.hide voting.show voting.close"
	if got := strings.Join(journal, " "); got != want {
		t.Errorf("journal: %s\nwant:    %s", got, want)
	}
}

func TestClosingEarlyAndExtendingSayWhy(t *testing.T) {
	s := newSquare(t)
	s.citizen("Olga", official)
	id := s.open(terms(between(-time.Hour, 2*time.Hour)))
	host := s.as("Olga")
	send := func(fields ...string) answer {
		t.Helper()
		host.get(desk(id))
		form := host.last.fields()
		for i := 0; i+1 < len(fields); i += 2 {
			form.Set(fields[i], fields[i+1])
		}
		return host.send(http.MethodPost, desk(id), form.Encode())
	}
	send("acte", "clore", "sur", "oui").want(t, http.StatusUnprocessableEntity, "Indiquez la raison", `href="#f-motif_cloture"`)
	send("acte", "prolonger", "until", "2026-11-23T16:00", "motif_prolongation", "").want(t, http.StatusUnprocessableEntity, `href="#f-motif_prolongation"`, `value="2026-11-23T16:00"`)
	send("acte", "prolonger", "until", "2026-11-23T12:30", "motif_prolongation", "Panne").want(t, http.StatusUnprocessableEntity, "doit être après", "Panne</textarea>")
	send("acte", "prolonger", "until", "demain", "motif_prolongation", "Panne").want(t, http.StatusUnprocessableEntity)
	send("acte", "prolonger", "until", "2026-11-23T16:00", "motif_prolongation", "Une panne de courant.").leads(t)
	if want := noon.Add(4 * time.Hour); !s.poll(id).Closes.Equal(want) {
		t.Errorf("closes at %v, want %v", s.poll(id).Closes, want)
	}
	send("acte", "clore", "motif_cloture", "Tout le monde a voté.").want(t, 200, "Clore maintenant ?", "Tout le monde a voté.</textarea>")
	send("acte", "clore", "sur", "oui", "motif_cloture", "Tout le monde a voté.").leads(t)
	s.as("").get(path(id)+"/resultats").want(t, 200, "Registre du vote", "Prolongation", "Une panne de courant.", "Tout le monde a voté.")
}

func TestThePosterLeadsTheRoomToTheVote(t *testing.T) {
	s := newSquare(t)
	s.citizen("Olga", official)
	id := s.scheduled(terms(openToRoom))
	s.as("Olga").get("/office/votes/"+id.String()+"/affiche").want(t, 200, "Que faire de la place du Marché ?",
		s.town.Hosts[0]+"/v", s.poll(id).Room.Code, "data-print", `class="qr-code"`)
}

func TestOnlyTheHostFollowsAsTheHost(t *testing.T) {
	s := newSquare(t)
	alice, olga := s.citizen("Alice"), s.citizen("Olga", official)
	id, draft := s.open(terms(hidden)), s.draft(terms())
	ask := func(v citizen.Viewer, poll voting.PollID, as realtime.Audience) (realtime.Audience, error) {
		return s.booth.Audience(t.Context(), s.town, v, voting.Topic(s.town.ID, poll), as)
	}
	for _, c := range []struct {
		who     citizen.Viewer
		as, got realtime.Audience
	}{
		{citizen.Viewer{}, realtime.Public, realtime.Public}, {citizen.Viewer{}, realtime.Screen, realtime.Screen},
		{alice, realtime.Voter, realtime.Public}, {olga, realtime.Host, realtime.Host},
	} {
		if got, err := ask(c.who, id, c.as); err != nil || got != c.got {
			t.Errorf("%s as %s: %q, %v", c.who.Name, c.as, got, err)
		}
	}
	s.consult.hide(true)
	for _, who := range []citizen.Viewer{{}, alice} {
		if got, err := ask(who, id, realtime.Public); fault.KindOf(err) != fault.NotFound || err == nil {
			t.Errorf("a hidden poll is followed by %q as %q: %v", who.Name, got, err)
		}
	}
	s.consult.hide(false)
	for _, who := range []citizen.Viewer{{}, alice} {
		if got, err := ask(who, id, realtime.Host); err == nil {
			t.Errorf("%q follows as %s", who.Name, got)
		}
		if got, err := ask(who, draft, realtime.Public); err == nil {
			t.Errorf("%q follows a draft as %s", who.Name, got)
		}
	}
	topic := voting.Topic(s.town.ID, id)
	topic.Name = "nonsense"
	if _, err := s.booth.Audience(t.Context(), s.town, olga, topic, realtime.Host); err == nil {
		t.Error("nonsense is followed")
	}
}
