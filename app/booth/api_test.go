package booth_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"parvis/app/citizen"
	"parvis/app/voting"
)

type told struct {
	State string `json:"state"`
	Who   string `json:"who_may_vote"`
	Voter string `json:"voter"`
	You   struct {
		MayVote bool `json:"may_vote"`
		MayWait bool `json:"may_fill_in_and_prove_later"`
		Reasons []struct{ Key, Text, Remedy, Href string }
	}
}

func TestTheAPISaysWhyAndWhatToDo(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms(proveLast, func(t *voting.Terms) { t.Electorate.AgeFrom = 16 }))
	ask := func(name string) (got told) {
		t.Helper()
		answer := s.as(name).get("/api/v1"+path(id)).want(t, 200)
		if err := json.Unmarshal([]byte(answer.body), &got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := ask("Alice")
	if got.State != "open" || got.Voter != "identity" || !strings.Contains(got.Who, "16 ans") || got.You.MayVote || !got.You.MayWait || len(got.You.Reasons) != 2 {
		t.Fatalf("%+v", got)
	}
	for _, r := range got.You.Reasons {
		if r.Key == "" || r.Text == "" || r.Remedy == "" || r.Href == "" || strings.Contains(r.Text, r.Key) {
			t.Errorf("a reason that helps nobody: %+v", r)
		}
	}
	if got = ask(""); len(got.You.Reasons) != 1 || got.You.Reasons[0].Href != "/connexion" || got.You.MayWait {
		t.Errorf("a visitor: %+v", got)
	}
	s.as("Alice").get("/api/v1/votes/"+voting.NewPollID().String()).want(t, http.StatusNotFound)
	s.as("Alice").get("/api/v1"+path(s.draft(terms()))).want(t, http.StatusNotFound)
	everybody := s.open(terms())
	answer := s.as("Alice").get("/api/v1" + path(everybody))
	if err := json.Unmarshal([]byte(answer.body), &got); err != nil || !got.You.MayVote || len(got.You.Reasons) != 0 {
		t.Errorf("who may vote: %s", answer.body)
	}
}

func TestTheRegisterSaysWhatChanges(t *testing.T) {
	s := newSquare(t)
	v := s.citizen("Alice", func(v *citizen.Viewer) { v.Name = "Alice" })
	id := s.open(terms(between(-time.Hour, 24*time.Hour)))
	s.must(s.box.Extend(context.Background(), s.town.ID, id, noon.Add(48*time.Hour), voting.Act{Actor: v.ID, Reason: "Panne du site"}))
	s.as("").get(path(id)+"/resultats").want(t, 200, "Nouvelle version du règlement", "Ce qui change : la clôture", "Motif : Panne du site").without(t, `"closes"`)
}
