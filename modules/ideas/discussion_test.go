package ideas

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/discussion"
)

// say posts a comment below an idea.
func (s *square) say(by citizen.Viewer, id uuid.UUID, body string) (uuid.UUID, error) {
	comment, _, err := s.said.Post(s.ctx(), s.town, by, subject(id), discussion.Said{Body: body})
	return comment, err
}

// flag flags a comment, or an idea itself.
func (s *square) flag(by citizen.Viewer, id, comment uuid.UUID) error {
	_, err := s.said.Flag(s.ctx(), s.town, by, subject(id), comment, discussion.Flag{Kind: "spam"})
	return err
}

// openCase is the case that waits for a decision.
func (s *square) openCase() (id uuid.UUID) {
	s.Helper()
	s.must(s.db.InTenant(s.ctx(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT id FROM discussion.cases WHERE decided_at IS NULL`).Scan(ctx, &id)
	}))
	return id
}

func (s *square) stateOfComment(id uuid.UUID) (state string) {
	s.Helper()
	s.must(s.db.InTenant(s.ctx(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT state FROM discussion.comments WHERE id = ?`, id).Scan(ctx, &state)
	}))
	return state
}

func TestCommentsSaySomethingNew(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	id, author, fresh := s.idea(s.citizen(), "Une aire de pique-nique au lac"), s.citizen(), s.newcomer()
	long := "Une aire de pique-nique manque vraiment de ce côté du lac, surtout pour les familles."
	_, err := s.say(author, id, long)
	s.must(err)
	for _, c := range []struct {
		name string
		by   citizen.Viewer
		body string
		want error
	}{
		{"a hundred links", author, strings.Repeat("https://exemple.fr/promo ", 80), discussion.ErrManyLinks},
		{"a link of a new account", fresh, "Regardez www.exemple.fr", discussion.ErrNewLinks},
		{"the same again", author, long, discussion.ErrSaid},
		{"nearly the same again", author, strings.ToUpper(long) + " !", discussion.ErrSaid},
		{"what somebody else has said", fresh, long, discussion.ErrSaidHere},
		{"a visitor's", citizen.Viewer{}, "Bonjour à tous", access.ErrSignInRequired},
	} {
		if _, err := s.say(c.by, id, c.body); c.want == access.ErrSignInRequired {
			if err == nil {
				t.Error("a visitor has commented")
			}
		} else {
			s.refused(c.name, err, c.want)
		}
	}
	for _, body := range []string{"", " \n ", strings.Repeat("é", 2001)} {
		if _, err := s.say(author, id, body); fields(err) != "body" {
			t.Errorf("%d characters: %v", len(body), err)
		}
	}
	if _, err := s.say(author, id, "Trois liens utiles : https://a.fr https://b.fr https://c.fr"); err != nil {
		t.Errorf("three links of somebody known: %v", err)
	}
	if got := s.read(id).Comments; got != 2 {
		t.Errorf("%d comments are counted, want 2", got)
	}
}

func TestNobodyCommentsFasterThanPeopleThink(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	id, author := s.idea(s.citizen(), "Un kiosque à musique au parc"), s.citizen()
	words := strings.Fields("allée bassin clôture dalle escalier fontaine gazon haie îlot jardin kiosque lampadaire")
	var group sync.WaitGroup
	var mu sync.Mutex
	posted := 0
	for n, word := range words {
		group.Go(func() {
			_, err := s.say(author, id, fmt.Sprintf("%s %s %d", word, strings.Repeat(word[:2], n+3), n*n*n))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				posted++
			}
		})
	}
	group.Wait()
	if posted != 10 {
		t.Errorf("%d comments at once, want 10", posted)
	}
	s.db.SetClock(t, s.town.ID, noon.Add(11*time.Minute))
	if _, err := s.say(author, id, "Après une pause, encore une remarque"); err != nil {
		t.Error(err)
	}
}

func TestAnswersGoOneLevelDeep(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	id, other := s.idea(s.citizen(), "Des jeux d'eau en été place"), s.idea(s.citizen(), "Une patinoire mobile en hiver")
	first, err := s.say(s.citizen(), id, "Bonne idée pour les enfants")
	s.must(err)
	answer := func(below, parent uuid.UUID, body string) (uuid.UUID, error) {
		comment, _, err := s.said.Post(s.ctx(), s.town, s.citizen(), subject(below), discussion.Said{Body: body, Parent: parent})
		return comment, err
	}
	second, err := answer(id, first, "Et pour les parents aussi")
	s.must(err)
	_, err = answer(id, second, "Une réponse à une réponse")
	s.refused("an answer to an answer", err, discussion.ErrNotFound)
	_, err = answer(other, first, "Une réponse dans un autre fil")
	s.refused("an answer in another thread", err, discussion.ErrNotFound)
}

// TestThreeProvenResidentsHide: three residents proven beyond e-mail, and
// neither two, nor three of whom one is not.
func TestThreeProvenResidentsHide(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	author := s.citizen()
	id := s.idea(author, "Une idée qui ne plaît pas")
	for range 4 {
		s.must(s.flag(s.citizen(), id, uuid.Nil)) // known by an address of mail only
	}
	a, b := s.citizen(resident), s.citizen(resident)
	s.must(s.flag(a, id, uuid.Nil))
	s.must(s.flag(b, id, uuid.Nil))
	s.refused("twice", s.flag(a, id, uuid.Nil), discussion.ErrFlagged)
	s.refused("one's own", s.flag(author, id, uuid.Nil), discussion.ErrOwnFlag)
	if i := s.read(id); i.Seen != discussion.Visible {
		t.Fatalf("hidden by two: %s", i.Seen)
	}
	var group sync.WaitGroup
	for range 5 { // at once
		v := s.citizen(resident)
		group.Go(func() { _ = s.flag(v, id, uuid.Nil) })
	}
	group.Wait()
	if i := s.read(id); i.Seen != discussion.Pending {
		t.Fatalf("still seen: %s", i.Seen)
	}
	_, err := s.service.page(s.ctx(), s.town, s.citizen(), id, "")
	s.refused("somebody reads it", err, ErrNotFound)
	s.refused("somebody supports it", s.service.support(s.ctx(), s.town.ID, s.citizen(), id), ErrNotFound)
	if _, err := s.service.page(s.ctx(), s.town, author, id, ""); err != nil {
		t.Errorf("its author reads it: %v", err)
	}
	if s.count(Query{}) != 0 {
		t.Error("it is in the list")
	}
	if n := s.letters(author); n != 1 {
		t.Errorf("its author got %d letters", n)
	}
}

// TestWhatStaffApprovedIsNotHiddenByFlags, however many come later.
func TestWhatStaffApprovedIsNotHiddenByFlags(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	author := s.citizen()
	id := s.idea(author, "Une idée que certains combattent")
	comment, err := s.say(author, id, "Je maintiens ce que je dis")
	s.must(err)
	for _, of := range []uuid.UUID{uuid.Nil, comment} {
		for range 3 {
			s.must(s.flag(s.citizen(resident), id, of))
		}
		if of != uuid.Nil && s.read(id).Comments != 0 {
			t.Error("a pending comment is counted")
		}
		k := s.openCase()
		s.refused("a citizen decides", s.said.Decide(s.ctx(), s.town, author, k, false, "Non"), access.ErrNotAllowed)
		if err := s.said.Decide(s.ctx(), s.town, s.staff, k, false, ""); fields(err) != "reason" {
			t.Errorf("decided without a reason: %v", err)
		}
		s.must(s.said.Decide(s.ctx(), s.town, s.staff, k, false, "Le propos est vif et permis par la charte."))
		s.refused("decided twice", s.said.Decide(s.ctx(), s.town, s.staff, k, true, "Trop tard"), discussion.ErrDecided)
		for range 4 {
			s.must(s.flag(s.citizen(resident), id, of))
		}
		if of == uuid.Nil && s.read(id).Seen != discussion.Visible {
			t.Error("flags have hidden an approved idea")
		}
		if of != uuid.Nil && s.stateOfComment(of) != "visible" {
			t.Error("flags have hidden an approved comment")
		}
		s.must(s.said.Decide(s.ctx(), s.town, s.staff, s.openCase(), false, "Déjà examiné."))
	}
	if s.read(id).Comments != 1 {
		t.Errorf("%d comments are counted", s.read(id).Comments)
	}
}

// TestAHiddenContentCanBeAppealedAgainst once, by its author, and comes back
// when the appeal is granted.
func TestAHiddenContentCanBeAppealedAgainst(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	author := s.citizen()
	id := s.idea(author, "Une idée mal comprise par tous")
	s.must(s.flag(s.citizen(), id, uuid.Nil))
	k := s.openCase()
	s.refused("before a decision", s.said.Appeal(s.ctx(), s.town, author, k, "Pourquoi ?"), discussion.ErrNoAppeal)
	s.must(s.said.Decide(s.ctx(), s.town, s.staff, k, true, "Cela ressemble à une publicité."))
	if s.read(id).Seen != discussion.Hidden || s.letters(author) != 1 {
		t.Fatalf("%s, %d letters", s.read(id).Seen, s.letters(author))
	}
	s.refused("somebody else's appeal", s.said.Appeal(s.ctx(), s.town, s.citizen(), k, "Moi aussi"), discussion.ErrNotFound)
	s.refused("a ruling without an appeal", s.said.Rule(s.ctx(), s.town, s.staff, k, true, "Rien"), discussion.ErrUndecided)
	s.must(s.said.Appeal(s.ctx(), s.town, author, k, "Je ne vends rien."))
	s.refused("a second one", s.said.Appeal(s.ctx(), s.town, author, k, "Je ne vends rien."), discussion.ErrAppealed)
	s.must(s.said.Rule(s.ctx(), s.town, s.staff, k, true, "En effet, nous avions mal lu."))
	if s.read(id).Seen != discussion.Visible || s.letters(author) != 2 {
		t.Errorf("%s, %d letters", s.read(id).Seen, s.letters(author))
	}
	late := s.idea(author, "Une autre idée, masquée longtemps")
	s.must(s.flag(s.citizen(), late, uuid.Nil))
	k = s.openCase()
	s.must(s.said.Decide(s.ctx(), s.town, s.staff, k, true, "Hors sujet."))
	s.db.SetClock(t, s.town.ID, noon.Add(61*24*time.Hour))
	s.refused("two months later", s.said.Appeal(s.ctx(), s.town, author, k, "Je découvre."), discussion.ErrAppealLate)
}

// TestNobodyJudgesTheirOwnDecision, nor what they wrote, as long as somebody
// else can; alone, they do, for an appeal must have an answer.
func TestNobodyJudgesTheirOwnDecision(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	author := s.citizen()
	hide := func(title string, by citizen.Viewer) uuid.UUID {
		id := s.idea(author, title)
		s.must(s.flag(s.citizen(), id, uuid.Nil))
		k := s.openCase()
		s.must(s.said.Decide(s.ctx(), s.town, by, k, true, "Hors sujet."))
		s.must(s.said.Appeal(s.ctx(), s.town, author, k, "Relisez, s'il vous plaît."))
		return k
	}
	waits := func(v citizen.Viewer) (n int) {
		s.must(s.db.ReadTenant(s.ctx(), s.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
			n, _, err = s.said.Waiting(ctx, tx, s.town.ID, name, v)
			return err
		}))
		return n
	}
	first := s.moderator()
	s.must(s.said.Rule(s.ctx(), s.town, first, hide("Un marché de nuit en été", first), true, "Personne d'autre ne modère."))

	k := hide("Des bancs sous les platanes", first)
	second := s.moderator()
	s.refused("an appeal against one's own decision", s.said.Rule(s.ctx(), s.town, first, k, false, "J'avais raison."), discussion.ErrOwnCase)
	if a, b := waits(first), waits(second); a != 0 || b != 1 {
		t.Errorf("%d waits for who decided, %d for the other", a, b)
	}
	s.must(s.said.Rule(s.ctx(), s.town, second, k, false, "La décision est juste."))

	own := s.idea(first, "Une rampe devant la gare")
	s.must(s.flag(s.citizen(), own, uuid.Nil))
	s.refused("one's own content", s.said.Decide(s.ctx(), s.town, first, s.openCase(), false, "Elle est bien."), discussion.ErrOwnCase)
	s.must(s.said.Decide(s.ctx(), s.town, s.staff, s.openCase(), false, "Elle respecte la charte."))
}

// TestATakenBackCommentStaysSo whatever moderators do.
func TestATakenBackCommentStaysSo(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	author := s.citizen()
	id := s.idea(s.citizen(), "Un abribus devant le collège")
	comment, err := s.say(author, id, "Je regrette déjà ces mots")
	s.must(err)
	s.must(s.flag(s.citizen(), id, comment))
	_, err = s.said.Withdraw(s.ctx(), s.town, s.citizen(), comment)
	s.refused("somebody else takes it back", err, discussion.ErrNotFound)
	_, err = s.said.Withdraw(s.ctx(), s.town, author, comment)
	s.must(err)
	s.must(s.said.Decide(s.ctx(), s.town, s.staff, s.openCase(), false, "Rien à redire."))
	if got := s.stateOfComment(comment); got != "withdrawn" || s.read(id).Comments != 0 {
		t.Errorf("%s, %d comments", got, s.read(id).Comments)
	}
}
