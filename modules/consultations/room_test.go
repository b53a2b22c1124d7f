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
	s.As(s.staff)
	return strings.TrimSuffix(s.Post("/office/consultations/nouvelle", filled()).Want(303).Location(), "/votes") + "/votes"
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
		s.Post(polls+"/nouveau", pollWith("question", "Avec "+voter, "room", voter, "person", "4", "quorum", "50", "quorum_of", "present")).Want(303)
		s.Get(polls).Want(200, "Avec "+voter, words)
	}
	s.Post(polls+"/nouveau", pollWith("room", "trumpet")).Want(422)
}

func TestAQuorumIsOfSomebody(t *testing.T) {
	s := newSite(t)
	polls := s.drafted()
	s.Post(polls+"/nouveau", pollWith("quorum", "50", "quorum_of", "present")).Want(422, "n’a de sens que pour un vote dans la salle", `value="50"`)
	s.Post(polls+"/nouveau", pollWith("quorum", "50", "quorum_of", "entitled")).Want(422, "indiquez combien de personnes peuvent voter")
	for field, wrong := range map[string]string{"quorum": "101", "entitled": "-8", "max_choices": "beaucoup"} {
		s.Post(polls+"/nouveau", pollWith(field, wrong)).Want(422, `value="`+wrong+`"`, `href="#f-`+field+`"`)
	}
	s.Post(polls+"/nouveau", pollWith("quorum", "25", "quorum_of", "entitled", "entitled", "300")).Want(303)
	_, after, _ := strings.Cut(s.Get(polls).Body, polls+"/")
	edit := polls + "/" + after[:36]
	s.Get(edit).Want(200, `value="25"`, `value="300"`)
}

// A number of choices that is none was said to be more than there are.
func TestANumberOfChoicesIsAtLeastOne(t *testing.T) {
	s := newSite(t)
	polls := s.drafted()
	for _, none := range []string{"-5", "0"} {
		s.Post(polls+"/nouveau", pollWith("method", "approval", "max_choices", none)).Want(422, "Indiquez au moins un choix", `value="`+none+`"`).
			Without("ne peut pas dépasser")
	}
	s.Post(polls+"/nouveau", pollWith("method", "approval", "max_choices", "9")).Want(422, "ne peut pas dépasser")
}

// Somebody whose role is limited to a quarter read the drafts of the others.
func TestADraftIsReadOnlyByWhoseZoneItIs(t *testing.T) {
	s := newSite(t)
	noue, bois := s.town.Zones[0].ID, s.town.Zones[1].ID
	local := citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Grants: []citizen.Grant{{Role: citizen.Agent, Zone: noue}}}
	drafts := map[string]string{}
	s.As(s.staff)
	for title, zone := range map[string]string{"Le parc de La Noue": noue.String(), "La rue du Bois": bois.String(), "Toute la ville": uuid.Nil.String()} {
		form := filled()
		form.Set("title", title)
		form.Set("zone", zone)
		drafts[title] = strings.TrimSuffix(s.Post("/office/consultations/nouvelle", form).Want(303).Location(), "/votes")
	}
	for title, page := range drafts {
		s.As(local)
		own := title == "Le parc de La Noue"
		for _, part := range []string{"", "/texte", "/votes", "/documents", "/apercu"} {
			status := 404
			if own {
				status = 200
			}
			s.Get(page + part).Want(status)
		}
		list := s.Get("/office/consultations").Want(200)
		csv := s.Get("/office/consultations/export.csv").Want(200)
		if strings.Contains(list.Body, title) != own || strings.Contains(csv.Body, title) != own {
			t.Errorf("%q: listed %v", title, !own)
		}
		s.As(s.staff).Get(page).Want(200)
		s.Get("/office/consultations").Want(200, title)
	}
}
