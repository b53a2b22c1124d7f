package associations

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/fault"
)

func TestAnAssociationIsInvisibleUntilItIsChecked(t *testing.T) {
	s := newSquare(t)
	louise := s.citizen(s.town, "Louise")
	id, err := s.service.found(t.Context(), s.town, louise, sheet(), "president", "Élue en juin.")
	s.must(err)
	if _, err := s.service.open(t.Context(), s.town.ID, citizen.Viewer{}, id); !errors.Is(err, ErrNotFound) {
		t.Errorf("a visitor sees it: %v", err)
	}
	if f, err := s.service.open(t.Context(), s.town.ID, louise, id); err != nil || f.RNA != "W521001234" || f.Website != "https://www.jardins.example" {
		t.Errorf("its author: %+v, %v", f, err)
	}
	if hits, err := s.Search(t.Context(), s.town, citizen.Viewer{}, "jardin", 5); err != nil || len(hits) != 0 {
		t.Errorf("it is found: %v %v", hits, err)
	}
	if s.answers(id, louise) {
		t.Error("somebody answers for it whom nobody has checked")
	}
	s.must(s.service.verify(t.Context(), s.town, s.staff, Target{ID: id, Version: 1}, false))
	s.state(id, Verified)
	if !s.answers(id, louise) {
		t.Error("its author does not answer for it")
	}
	if kept := s.letters(); len(kept) != 1 || !strings.Contains(kept[0].Text, "https://exemple.fr"+deskHref(id)) || !strings.Contains(kept[0].To, louise.ID.String()) {
		t.Errorf("its author is told %+v", kept)
	}
	if hits, err := s.Search(t.Context(), s.town, citizen.Viewer{}, "jardin", 5); err != nil || len(hits) != 1 {
		t.Errorf("it is not found: %v %v", hits, err)
	}
}

func TestSomebodyAnswersOnlyOnceAccepted(t *testing.T) {
	s := newSquare(t)
	id := s.listed()
	adam, eve := s.citizen(s.town, "Adam"), s.citizen(s.town, "Ève")
	s.must(s.service.claim(t.Context(), s.town.ID, adam, id, "treasurer", "Bonjour"))
	if err := s.service.claim(t.Context(), s.town.ID, adam, id, "treasurer", ""); !errors.Is(err, ErrAlreadyAsked) {
		t.Errorf("asked twice: %v", err)
	}
	s.must(s.service.claim(t.Context(), s.town.ID, eve, id, "secretary", ""))
	claims := s.folder(id).Claims
	if len(claims) != 2 {
		t.Fatalf("%d claims wait", len(claims))
	}
	if err := s.service.answer(t.Context(), s.town, adam, id, claims[0].ID, Answer{Accept: true}, true); !errors.Is(err, access.ErrNotAllowed) {
		t.Errorf("a citizen decides for the town hall: %v", err)
	}
	if err := s.service.answer(t.Context(), s.town, adam, id, claims[1].ID, Answer{Accept: true}, false); !errors.Is(err, ErrNotResponsible) {
		t.Errorf("somebody who does not answer for it decides: %v", err)
	}
	s.must(s.service.answer(t.Context(), s.town, s.staff, id, claims[0].ID, Answer{Accept: true}, true))
	if !s.answers(id, adam) || s.answers(id, eve) {
		t.Error("the wrong people answer for it")
	}
	if err := s.service.answer(t.Context(), s.town, s.staff, id, claims[0].ID, Answer{Reason: "trop tard"}, true); !errors.Is(err, ErrClaimAnswered) {
		t.Errorf("answered twice: %v", err)
	}
	if err := s.service.answer(t.Context(), s.town, adam, id, claims[1].ID, Answer{}, false); !slices.Equal(fields(err), []string{"reason"}) {
		t.Errorf("refused without a reason: %v", err)
	}
	s.must(s.service.answer(t.Context(), s.town, adam, id, claims[1].ID, Answer{Reason: "Nous ne vous connaissons pas."}, false))
	if kept := s.letters(); len(kept) != 2 || !strings.Contains(kept[0].Text, "Nous ne vous connaissons pas.") {
		t.Errorf("they are told %+v", kept)
	}
	if err := s.service.claim(t.Context(), s.town.ID, adam, id, "member", ""); !errors.Is(err, ErrAlreadyAnswers) {
		t.Errorf("asks for what they have: %v", err)
	}
}

func TestNobodyDecidesOnTheirOwnClaim(t *testing.T) {
	s := newSquare(t)
	id := s.listed()
	s.must(s.service.claim(t.Context(), s.town.ID, s.staff, id, "member", ""))
	claim := s.folder(id).Claims[0]
	if err := s.service.answer(t.Context(), s.town, s.staff, id, claim.ID, Answer{Accept: true}, true); !errors.Is(err, ErrOwnClaim) {
		t.Errorf("an agent lets themselves in: %v", err)
	}
	mine, err := s.service.found(t.Context(), s.town, s.staff, sheet(called("La mienne")), "president", "")
	s.must(err)
	s.must(s.service.verify(t.Context(), s.town, s.staff, Target{ID: mine}, true))
	if s.answers(mine, s.staff) {
		t.Error("an agent checked themselves")
	}
}

func TestOneClaimUnderTwentyAtOnce(t *testing.T) {
	s := newSquare(t)
	id, adam := s.listed(), s.citizen(s.town, "Adam")
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for range 20 {
		wg.Go(func() {
			err := s.service.claim(t.Context(), s.town.ID, adam, id, "member", "")
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				taken++
			} else if !errors.Is(err, ErrAlreadyAsked) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(s.folder(id).Claims); taken != 1 || n != 1 {
		t.Errorf("%d claims taken, %d kept", taken, n)
	}
}

func TestOnePageForEachNumber(t *testing.T) {
	s := newSquare(t)
	s.listed()
	_, err := s.service.add(t.Context(), s.town, s.staff, sheet(func(x *Sheet) { x.Name, x.RNA = "La même", "W 521 00 12 34" }))
	if !errors.Is(err, ErrSameRNA) || !slices.Equal(fields(err), []string{"rna"}) {
		t.Errorf("the same number twice: %v", err)
	}
	other, _ := s.newTown()
	was := s.town
	s.town = other
	s.staff.Grants = []citizen.Grant{{Role: citizen.Administrator}}
	s.listed() // another town has its own directory
	s.town = was
}

func TestAPersonWhoAnswersKeepsWhatTheTownHallChecked(t *testing.T) {
	s := newSquare(t)
	id, louise := s.run()
	s.must(s.service.edit(t.Context(), s.town, louise, Target{ID: id}, sheet(func(x *Sheet) {
		x.Name, x.RNA, x.Purpose = "Autre nom", "W999999999", "Autre objet."
	})))
	if f := s.folder(id); f.Name != "Les Jardins du Vert-Bois" || f.RNA != "W521001234" || f.Purpose != "Autre objet." {
		t.Errorf("became %+v", f.Sheet)
	}
	version := s.folder(id).Version
	s.must(s.service.rewrite(t.Context(), s.town, s.staff, Target{ID: id, Version: version}, sheet(called("Corrigé"))))
	if err := s.service.edit(t.Context(), s.town, louise, Target{ID: id, Version: version}, sheet()); !errors.Is(err, ErrStale) {
		t.Errorf("an old version overwrites a new one: %v", err)
	}
}

func TestOnlyThoseWhoAnswerWrite(t *testing.T) {
	s := newSquare(t)
	id, louise := s.run()
	stranger := s.citizen(s.town, "Paul")
	for who, v := range map[string]citizen.Viewer{"a visitor": {}, "a stranger": stranger} {
		for what, err := range map[string]error{
			"edits": s.service.edit(t.Context(), s.town, v, Target{ID: id}, sheet()), "publishes": s.service.publish(t.Context(), s.town.ID, v, id, Post{Title: "T", Body: "B"}),
			"leaves": s.service.leave(t.Context(), s.town.ID, v, id), "takes the logo away": s.service.setLogo(t.Context(), s.town.ID, v, id, nil),
		} {
			if k := fault.KindOf(err); k != fault.Forbidden && k != fault.SignInRequired {
				t.Errorf("%s %s: %v", who, what, err)
			}
		}
	}
	s.must(s.service.publish(t.Context(), s.town.ID, louise, id, Post{Title: "Fête des récoltes", Body: "Samedi."}))
	if posts := s.folder(id).Posts; len(posts) != 1 || posts[0].Title != "Fête des récoltes" {
		t.Errorf("news %+v", posts)
	}
	s.must(s.service.dismiss(t.Context(), s.town, s.staff, id, louise.ID, "Bureau renouvelé."))
	if err := s.service.publish(t.Context(), s.town.ID, louise, id, Post{Title: "T", Body: "B"}); !errors.Is(err, ErrNotResponsible) {
		t.Errorf("somebody dismissed still writes: %v", err)
	}
}

func TestAClosedAssociationActsNoMore(t *testing.T) {
	s := newSquare(t)
	id, louise := s.run()
	s.must(s.service.shut(t.Context(), s.town, s.staff, Target{ID: id}, "Dissoute en assemblée."))
	if s.answers(id, louise) {
		t.Error("somebody answers for an association that is no more")
	}
	if err := s.service.edit(t.Context(), s.town, louise, Target{ID: id}, sheet()); !errors.Is(err, ErrClosed) {
		t.Errorf("edited: %v", err)
	}
	if _, err := s.service.open(t.Context(), s.town.ID, citizen.Viewer{}, id); !errors.Is(err, ErrNotFound) {
		t.Errorf("a visitor sees it: %v", err)
	}
	s.must(s.service.reopen(t.Context(), s.town, s.staff, Target{ID: id}))
	s.state(id, Listed)
}

func TestBadSheetsAreRefusedFieldByField(t *testing.T) {
	s := newSquare(t)
	for field, change := range map[string]func(*Sheet){
		"name": func(x *Sheet) { x.Name = " … " }, "purpose": func(x *Sheet) { x.Purpose = "" }, "theme": func(x *Sheet) { x.Theme = "chasse" },
		"zone": func(x *Sheet) { x.Zone = uuid.New() }, "email": func(x *Sheet) { x.Email = "contact" }, "phone": func(x *Sheet) { x.Phone = "appelez Louise" },
		"website": func(x *Sheet) { x.Website = "javascript:alert(1)" }, "rna": func(x *Sheet) { x.RNA = "W12" }, "siret": func(x *Sheet) { x.SIRET = "73282932000079" },
		"body": func(x *Sheet) { x.Body = strings.Repeat("é", maxBody+1) }, "acronym": func(x *Sheet) { x.Acronym = strings.Repeat("A", 31) },
	} {
		_, err := s.service.add(t.Context(), s.town, s.staff, sheet(change))
		if !slices.Equal(fields(err), []string{field}) {
			t.Errorf("%s: %v, about %v", field, err, fields(err))
		}
	}
	if _, err := s.service.found(t.Context(), s.town, s.staff, Sheet{}, "roi", ""); !slices.Equal(fields(err), []string{"name", "purpose", "theme", "position"}) {
		t.Errorf("an empty sheet: %v", fields(err))
	}
}

func TestAnAssociationWithoutANumberIsCheckedKnowingly(t *testing.T) {
	s := newSquare(t)
	id := s.listed(called("Amicale sans numéro"))
	if err := s.service.verify(t.Context(), s.town, s.staff, Target{ID: id}, false); !slices.Equal(fields(err), []string{"numberless"}) {
		t.Errorf("checked by mistake: %v", err)
	}
	s.must(s.service.verify(t.Context(), s.town, s.staff, Target{ID: id}, true))
	s.state(id, Verified)
}

func TestAGrantForAZoneReachesThatZoneOnly(t *testing.T) {
	s := newSquare(t)
	here, there := s.town.Zones[0].ID, s.town.Zones[1].ID
	id := s.listed(func(x *Sheet) { x.Zone = there })
	s.staff.Grants = []citizen.Grant{{Role: citizen.Agent, Zone: here}}
	for what, err := range map[string]error{
		"closes": s.service.shut(t.Context(), s.town, s.staff, Target{ID: id}, "x"), "rewrites": s.service.rewrite(t.Context(), s.town, s.staff, Target{ID: id}, sheet()),
		"verifies": s.service.verify(t.Context(), s.town, s.staff, Target{ID: id}, true),
	} {
		if !errors.Is(err, access.ErrNotAllowed) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestSearchForgivesFrench(t *testing.T) {
	s := newSquare(t)
	s.listed(func(x *Sheet) {
		x.Name, x.RNA, x.Purpose, x.Body = "Étoile sportive bragarde", "", "Football et athlétisme pour les écoles.", ""
	})
	s.listed(called("Chorale du lac"))
	for words, want := range map[string]int{"etoile": 1, "ÉTOILES": 1, "école": 1, "athletisme": 1, "etoil": 1, "sporrtive": 1, "rugby": 0, "chorale lac": 1, "": 0, "':*&|!": 0} {
		hits, err := s.Search(t.Context(), s.town, citizen.Viewer{}, words, 10)
		if err != nil || len(hits) != want {
			t.Errorf("%q finds %v, %v", words, hits, err)
		}
	}
}

func TestErasingSomebodyLeavesTheAssociation(t *testing.T) {
	s := newSquare(t)
	id, louise := s.run()
	listed := s.listed(called("Autre"))
	s.must(s.service.claim(t.Context(), s.town.ID, louise, listed, "member", "Mon téléphone est "+canaryPhone))
	s.must(s.service.publish(t.Context(), s.town.ID, louise, id, Post{Title: "Fête", Body: "Samedi."}))
	s.must(s.db.InTenant(t.Context(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		known, err := s.Export(ctx, tx, s.town.ID, louise.ID)
		if err != nil || len(known["answers_for"].([]exported)) != 1 || len(known["asked"].([]exported)) != 2 {
			t.Errorf("exported %v, %v", known, err)
		}
		return s.Erase(ctx, tx, s.town.ID, louise.ID)
	}))
	f := s.folder(id)
	if len(f.Responsibles) != 0 || len(f.Posts) != 1 || f.State != Verified {
		t.Errorf("left %+v", f)
	}
	var traces int
	s.must(s.db.Superuser(t).QueryRow(t.Context(), `SELECT count(*) FROM associations.claims WHERE citizen_id IS NOT NULL OR message <> ''`).Scan(&traces))
	if traces != 0 || len(s.folder(listed).Claims) != 0 {
		t.Errorf("%d traces of somebody erased", traces)
	}
}

func TestPowersAreInTheJournal(t *testing.T) {
	s := newSquare(t)
	id := s.listed()
	s.must(s.service.verify(t.Context(), s.town, s.staff, Target{ID: id}, false))
	s.must(s.service.shut(t.Context(), s.town, s.staff, Target{ID: id}, "Dissoute."))
	var acts []string
	s.must(s.db.ReadTenant(t.Context(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT action FROM core.audit_entries WHERE subject = ? ORDER BY id`, "association/"+id.String()).Scan(ctx, &acts)
	}))
	if got := strings.Join(acts, " "); got != "associations.add associations.verify associations.close" {
		t.Errorf("the journal has %q", got)
	}
}

func TestOtherModulesLearnWhatIsPublicOnly(t *testing.T) {
	s := newSquare(t)
	id, louise := s.run()
	s.must(s.db.ReadTenant(t.Context(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		o, err := s.Organisation(ctx, tx, s.town.ID, id)
		if err != nil || o.Name != "Les Jardins du Vert-Bois" || !o.Verified || o.Href != href(id) || o.Desk != deskHref(id) {
			t.Errorf("%+v %v", o, err)
		}
		mine, err := s.OrganisationsOf(ctx, tx, s.town.ID, louise.ID)
		if err != nil || len(mine) != 1 || mine[0].ID != id {
			t.Errorf("hers: %v %v", mine, err)
		}
		people, err := s.Responsibles(ctx, tx, s.town.ID, id)
		if err != nil || len(people) != 1 || people[0] != louise.ID {
			t.Errorf("people: %v %v", people, err)
		}
		some, err := s.Organisations(ctx, tx, s.town.ID, id, uuid.New())
		if err != nil || len(some) != 1 {
			t.Errorf("some: %v %v", some, err)
		}
		return nil
	}))
}
