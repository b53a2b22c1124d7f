package watch_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"parvis/app/voting"
	"parvis/app/watch"
)

func TestAScrutineerSeesHowTheBoxDoes(t *testing.T) {
	h := newHall(t)
	h.vote(3, "192.0.2.0/24")
	h.must(h.logs.Flush(context.Background()))
	sam := h.as("Sam")
	sam.get("/office/scrutin").want(t, 200, "Que faire de la place du Marché ?", watch.Href(h.poll), "Vote ouvert")
	key, err := h.logs.PollKey(context.Background(), h.town.ID, h.poll)
	h.must(err)
	sam.get(watch.Href(h.poll)).want(t, 200, "3", "votants", "5 entrées.", "Aucune pour le moment", key.Fingerprint(),
		"La moitié des envois en moins de", "3 envois depuis le démarrage", "Rien à signaler", "Aucun incident", `data-live="voting/`).
		without(t, "192.0.2", "Un jardin partagé", "Prolonger le vote")
}

func TestAFullHallIsASignalAndNotAVerdict(t *testing.T) {
	h := newHall(t)
	h.vote(19, "192.0.2.0/24")
	h.as("Sam").get(watch.Href(h.poll)).want(t, 200, "Rien à signaler")
	h.vote(1, "192.0.2.0/24")
	h.must(h.box.SetPresent(context.Background(), h.town.ID, h.poll, 12, voting.Act{}))
	h.as("Sam").get(watch.Href(h.poll)).want(t, 200, "1 réseau a servi à 20 personnes ou appareils au moins : jusqu'à 20", "Une école, une mairie",
		"20 bulletins pour 12 personnes présentes", "Un signal n'est pas une preuve").without(t, "192.0.2", "fraude")
}

func TestWhoWatchesIsLimitedToTheirScope(t *testing.T) {
	h := newHall(t)
	for who, status := range map[string]int{"Sam": 200, "Anne": 200, "Noue": 200, "Bois": 403, "Ideas": 403, "Olga": 403, "": 303} {
		h.as(who).get(watch.Href(h.poll)).want(t, status)
		h.as(who).post(watch.Href(h.poll)+"/incidents", "summary", "x").want(t, map[int]int{200: 403, 403: 403, 303: 403}[status]) // no token yet
	}
	for _, who := range []string{"Bois", "Ideas"} {
		h.as(who).get("/office/scrutin").want(t, 200, "Aucun vote à surveiller").without(t, "place du Marché")
	}
	h.as("Olga").get("/office/scrutin").want(t, 403)
	elsewhere := h.in(h.other, "Sam")
	elsewhere.get("/office/scrutin").want(t, 200).without(t, "place du Marché")
	elsewhere.get(watch.Href(h.poll)).want(t, 404)
	h.as("Sam").get("/office/votes/nothing/scrutin").want(t, 404)
}

func TestAnIncidentIsWrittenFollowedAndClosedInPublic(t *testing.T) {
	h := newHall(t)
	sam, page, results := h.as("Sam"), watch.Href(h.poll), "/votes/"+h.poll.String()+"/resultats"
	sam.get(page)
	sam.post(page+"/incidents", "summary", " ", "detail", "Vu à 20 h").want(t, http.StatusUnprocessableEntity, "en une phrase ce qui s'est passé", "Vu à 20 h")
	sam.post(page+"/incidents", "summary", strings.Repeat("é", 301)).want(t, http.StatusUnprocessableEntity, "300 signes au plus")
	sam.post(page+"/incidents", "summary", "Le Wi-Fi de la salle est tombé.", "detail", "La borne du fond").want(t, http.StatusSeeOther)
	sam.get(page).want(t, 200, "Le Wi-Fi de la salle est tombé.", "La borne du fond", "Clore l'incident")
	h.as("").get(results).want(t, 200, "Le Wi-Fi de la salle est tombé.").without(t, "La borne du fond")
	sam.post(page+"/incidents", "incident", "1", "suite", "followed", "summary", "Rétabli.").want(t, http.StatusSeeOther)
	sam.post(page+"/incidents", "incident", "7", "summary", "Rien.").want(t, http.StatusNotFound)
	sam.post(page+"/incidents", "incident", "1", "suite", "rewrite", "summary", "x").want(t, http.StatusUnprocessableEntity)
	sam.post(page+"/incidents", "incident", "1", "suite", "closed", "summary", "Aucun bulletin perdu.").want(t, http.StatusSeeOther)
	sam.post(page+"/incidents", "incident", "1", "suite", "followed", "summary", "Trop tard.").want(t, http.StatusConflict, "Cet incident est clos")
	h.as("").get(results).want(t, 200, "Incident 1 : clos", "Aucun bulletin perdu.").without(t, "Trop tard.")
	var lines int
	h.must(h.db.Superuser(t).QueryRow(context.Background(), `SELECT count(*) FROM core.audit_entries WHERE action LIKE 'voting.incident%'`).Scan(&lines))
	if lines != 3 {
		t.Errorf("%d lines of the journal for three entries", lines)
	}
}

func TestWhoRunsThePollExtendsItFromThere(t *testing.T) {
	h := newHall(t)
	page := watch.Href(h.poll)
	sam := h.as("Sam")
	sam.get(page)
	later := time.Now().Add(3 * time.Hour).In(h.town.TimeZone).Format("2006-01-02T15:04")
	sam.post(page+"/prolonger", "until", later, "reason", "Panne de Wi-Fi.").want(t, http.StatusForbidden)
	anne := h.as("Anne") // an administrator holds every role
	anne.get(page).want(t, 200, "Prolonger le vote")
	anne.post(page+"/prolonger", "until", later).want(t, http.StatusUnprocessableEntity, "Indiquez la raison", `value="`+later+`"`)
	anne.post(page+"/prolonger", "until", "2020-01-01T10:00", "reason", "Panne de Wi-Fi.").want(t, http.StatusUnprocessableEntity, "Panne de Wi-Fi.")
	anne.post(page+"/prolonger", "until", later, "reason", "Panne de Wi-Fi.").want(t, http.StatusSeeOther)
	h.as("").get("/votes/"+h.poll.String()+"/resultats").want(t, 200, "Prolongation", "Panne de Wi-Fi.")
	h.must(h.box.Close(context.Background(), h.town.ID, h.poll, voting.Act{Reason: "Fin."}))
	anne.get(page).want(t, 200, "Vote clos").without(t, "Prolonger le vote")
	anne.post(page+"/prolonger", "until", later, "reason", "Encore.").want(t, http.StatusConflict)
}
