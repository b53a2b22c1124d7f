package consultations

import (
	"github.com/google/uuid"
	"net/url"
	"parvis/app/citizen"
	"strings"
	"testing"
)

// drafted is the address of the questions of a new draft.
func (s *site) drafted() string {
	s.Helper()
	s.as(s.staff)
	return strings.TrimSuffix(s.post("/office/consultations/nouvelle", filled()).want(303).location(), "/votes") + "/votes"
}

func pollWith(pairs ...string) url.Values {
	form := pollFilled()
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func TestARoomAsksForWhatItsRulesSay(t *testing.T) {
	s := newSite(t)
	polls := s.drafted()
	for voter, words := range map[string]string{
		"device": "un bulletin par appareil", "ticket": "un bulletin par billet", "account": "ayant fait vérifier leur identité",
	} {
		s.post(polls+"/nouveau", pollWith("question", "Avec "+voter, "room", voter, "person", "4", "quorum", "50", "quorum_of", "present")).want(303)
		s.get(polls).want(200, "Avec "+voter, words)
	}
	s.post(polls+"/nouveau", pollWith("room", "trumpet")).want(422)
}

func TestAQuorumIsOfSomebody(t *testing.T) {
	s := newSite(t)
	polls := s.drafted()
	s.post(polls+"/nouveau", pollWith("quorum", "50", "quorum_of", "present")).want(422, "n’a de sens que pour un vote dans la salle", `value="50"`)
	s.post(polls+"/nouveau", pollWith("quorum", "50", "quorum_of", "entitled")).want(422, "indiquez combien de personnes peuvent voter")
	for field, wrong := range map[string]string{"quorum": "101", "entitled": "-8", "max_choices": "beaucoup"} {
		s.post(polls+"/nouveau", pollWith(field, wrong)).want(422, `value="`+wrong+`"`, `href="#f-`+field+`"`)
	}
	s.post(polls+"/nouveau", pollWith("quorum", "25", "quorum_of", "entitled", "entitled", "300")).want(303)
	_, after, _ := strings.Cut(s.get(polls).body, polls+"/")
	edit := polls + "/" + after[:36]
	s.get(edit).want(200, `value="25"`, `value="300"`)
}

// A number of choices that is none was said to be more than there are.
func TestANumberOfChoicesIsAtLeastOne(t *testing.T) {
	s := newSite(t)
	polls := s.drafted()
	for _, none := range []string{"-5", "0"} {
		s.post(polls+"/nouveau", pollWith("method", "approval", "max_choices", none)).want(422, "Indiquez au moins un choix", `value="`+none+`"`).
			without("ne peut pas dépasser")
	}
	s.post(polls+"/nouveau", pollWith("method", "approval", "max_choices", "9")).want(422, "ne peut pas dépasser")
}

// Somebody whose role is limited to a quarter read the drafts of the others.
func TestADraftIsReadOnlyByWhoseZoneItIs(t *testing.T) {
	s := newSite(t)
	noue, bois := s.town.Zones[0].ID, s.town.Zones[1].ID
	local := citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Grants: []citizen.Grant{{Role: citizen.Agent, Zone: noue}}}
	drafts := map[string]string{}
	s.as(s.staff)
	for title, zone := range map[string]string{"Le parc de La Noue": noue.String(), "La rue du Bois": bois.String(), "Toute la ville": uuid.Nil.String()} {
		form := filled()
		form.Set("title", title)
		form.Set("zone", zone)
		drafts[title] = strings.TrimSuffix(s.post("/office/consultations/nouvelle", form).want(303).location(), "/votes")
	}
	for title, page := range drafts {
		s.as(local)
		own := title == "Le parc de La Noue"
		for _, part := range []string{"", "/texte", "/votes", "/documents", "/apercu"} {
			status := 404
			if own {
				status = 200
			}
			s.get(page + part).want(status)
		}
		list := s.get("/office/consultations").want(200)
		csv := s.get("/office/consultations/export.csv").want(200)
		if strings.Contains(list.body, title) != own || strings.Contains(csv.body, title) != own {
			t.Errorf("%q: listed %v", title, !own)
		}
		s.as(s.staff).get(page).want(200)
		s.get("/office/consultations").want(200, title)
	}
}
