package budgets

import (
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/files"
	"parvis/app/places"
	"parvis/app/testkit/edge"
	"parvis/app/voting"
)

// site is the module behind the edge.
type site struct {
	*townHall
	*edge.Site
}

func newSite(t *testing.T) *site {
	hall := newTownHall(t)
	return &site{hall, edge.New(t, hall.Module, hall.town, "", voting.Catalogue, files.Catalogue, booth.Catalogue, places.Catalogue, catalogue)}
}

// upload sends a project with a picture.
func (s *site) upload(path string, form url.Values, picture io.Reader) edge.Answer {
	s.Helper()
	return s.Upload(path, path, form, "photo", "vacances.png", picture)
}

func written() url.Values {
	return url.Values{
		"title": {"Des bancs à l’ombre"}, "text": {"Huit bancs sous les **tilleuls**."}, "theme": {"nature"}, "place": {"Promenade"},
		"pin": {"48.6300, 4.9500"}, "estimate": {"12 345,67 €"}, "named": {"1"}, "do": {"deposit"},
	}
}

func TestACitizenDepositsAProject(t *testing.T) {
	s := newSite(t)
	edition := s.opened()
	form := href(edition) + "/deposer"
	s.Get(form).Want(303)
	author := s.citizen(s.town)
	s.As(author).Get(form).Want(200, "Déposer le projet", "Garder en brouillon")
	sent := s.upload(form, written(), picture()).Want(422, "Dites en une phrase ce que montre l’image")
	if !strings.Contains(sent.Body, "Huit bancs sous les **tilleuls**.") || !strings.Contains(sent.Body, `value="12 345,67 €"`) {
		t.Errorf("what was typed is lost:\n%.4000s", sent.Body)
	}
	complete := written()
	complete.Set("photo_alt", "Un banc")
	page := s.upload(form, complete, picture()).Want(303).Header.Get("Location")
	shown := s.As(citizen.Viewer{}).Get(page).Want(200, "Des bancs à l’ombre", "<strong>tilleuls</strong>", "Camille", "Projet n° 1", "12\u202f345,67\u00a0€", `alt="Un banc"`)
	photo := regexp.MustCompile(`src="(/budgets-participatifs/[^"]+/photo[^"]*)"`).FindStringSubmatch(shown.Body)
	if photo == nil {
		t.Fatalf("no picture:\n%.3000s", shown.Body)
	}
	if got := s.Get(strings.ReplaceAll(photo[1], "&amp;", "&")).Want(200); got.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture is %s", got.Header.Get("Content-Type"))
	}
	s.Get(href(edition) + "/projets?q=tilleul&etat=nimporte&apres=zz").Want(302)
	s.Get(href(edition)+"/projets?q=tilleul").Want(200, "Des bancs à l’ombre", `noindex`)
	s.Get(href(edition)+"/projets?vue=carte").Want(200, `<svg class="map"`, "Des bancs à l’ombre")
	s.As(s.citizen(s.town)).Get(page + "/modifier").Want(403)
}

func TestACostIsReadAsTheFrenchWriteIt(t *testing.T) {
	s := newSite(t)
	form := href(s.opened()) + "/deposer"
	s.As(s.citizen(s.town))
	for _, wrong := range []string{"-1", "1e9", "beaucoup", "12,345,67", "99999999999999999999"} {
		v := written()
		v.Set("estimate", wrong)
		if got := s.PostFrom(form, form, v).Want(422); !strings.Contains(got.Body, `value="`+wrong+`"`) {
			t.Errorf("%q is lost", wrong)
		}
	}
	for _, right := range []string{"12 345,67 €", "12345.67", "12\u202f345", ""} {
		v := written()
		v.Set("estimate", right)
		s.PostFrom(form, form, v).Want(303)
	}
	v := written()
	v.Set("pin", "48.7433, -3.4616")
	s.PostFrom(form, form, v).Want(422, "48.7433, -3.4616")
}

func TestAnOfficialOpensAnEdition(t *testing.T) {
	s := newSite(t)
	s.As(s.staff).Get(officePath).Want(200, "Votre première édition")
	s.PostFrom(officePath+"/nouvelle", officePath+"/nouvelle", url.Values{"title": {" "}}).Want(422, "Donnez un titre")
	made := s.PostFrom(officePath+"/nouvelle", officePath+"/nouvelle", url.Values{
		"title": {"Budget 2027"}, "summary": {"Résumé"}, "body": {"Présentation"}, "rules": {"Règlement"}, "on": {"2026-11-02"}, "number": {"2026-11-03"},
	}).Want(303)
	base := strings.TrimSuffix(made.Header.Get("Location"), "/"+stepDates)
	dates := url.Values{
		"version": {"2"}, "information": {"2026-11-23T12:30"}, "deposit": {"2026-11-24T09:00"}, "study": {"2026-12-24T20:00"}, "vote": {"2027-01-24T09:00"},
		"result": {"2027-02-24T20:00"}, "deliberation": {"2027-03-10T18:00"}, "winners": {"2027-03-15T09:00"}, "delivery": {"2027-04-01T09:00"},
	}
	backwards := url.Values{"version": {"2"}, "deposit": {"2026-12-24T20:00"}, "study": {"2026-11-24T09:00"}}
	s.PostFrom(base+"/calendrier", base+"/calendrier", backwards).Want(422, "Cette phase doit commencer après la précédente")
	s.PostFrom(base+"/calendrier", base+"/calendrier", dates).Want(303)
	s.PostFrom(base+"/calendrier", base+"/calendrier", dates).Want(409, "Rien de ce que vous avez écrit n’est perdu")
	s.PostFrom(base+"/enveloppes", base+"/enveloppes", url.Values{"version": {"3"}, "method": {"greedy"}, "amount": {"-1"}}).Want(422, `value="-1"`)
	s.PostFrom(base+"/enveloppes", base+"/enveloppes", url.Values{"version": {"3"}, "method": {"greedy"}, "amount": {"150 000 €"}, "min_votes": {"10"}}).Want(303)
	public := strings.TrimPrefix(base, "/office")
	s.Get(public).Want(404)
	s.Get(base+"/apercu").Want(200, "150\u202f000\u00a0€", "Aperçu")
	s.Get(base).Want(200, "Il ne manque rien", "Publier l’édition")
	s.PostFrom(base, base+"/publier", url.Values{"version": {"4"}}).Want(303)
	s.As(citizen.Viewer{}).Get(public).Want(200, "Budget 2027", "150\u202f000\u00a0€", "10 votes pour être lauréat")
	s.Get(public+"/reglement").Want(200, "2026-11-03")
	s.Get(public+"/deposer").Want(409, "n’a pas commencé")
}

func TestDecisionsArePublishedFromTheOffice(t *testing.T) {
	s := newSite(t)
	edition := s.opened()
	id, _ := s.deposited(edition, "Une statue")
	s.at(day(studyDay))
	s.As(s.staff)
	file, decisions := officeProjectHref(edition, id), officeHref(edition)+"/decisions"
	s.Get(officeHref(edition)+"/projets").Want(200, "N° 1 · Une statue")
	s.PostFrom(file, file, url.Values{"admissible": {"no"}}).Want(422, "Donnez le motif")
	s.PostFrom(file, decisions, url.Values{"version": {"0"}}).Want(409, "1 projet sans décision")
	s.PostFrom(file, file, url.Values{"version": {"0"}, "admissible": {"no"}, "admissible_reason": {"Terrain privé."}}).Want(303)
	if body := s.As(citizen.Viewer{}).Get(projectHref(edition, id)).Want(200).Body; strings.Contains(body, "Terrain privé") {
		t.Error("the reason is public before its time")
	}
	s.As(s.staff).Get(decisions).Want(200, "Publier toutes les décisions", "Terrain privé.")
	s.PostFrom(decisions, decisions, url.Values{}).Want(303)
	s.As(citizen.Viewer{}).Get(projectHref(edition, id)).Want(200, "Projet non recevable", "Terrain privé.")
	s.at(day(voteDay).Add(1))
	s.As(s.staff).Get(officeHref(edition)+"/enveloppes").Want(200, "sont fixés depuis l’ouverture du vote")
}
