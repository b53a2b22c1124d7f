package ideas

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/discussion"
	"parvis/app/fault"
)

func TestAnIdeaSaysSomethingOrIsRefused(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	author := s.citizen()
	for _, c := range []struct {
		name   string
		change func(*Text)
		want   string
	}{
		{"nothing", func(x *Text) { *x = Text{} }, "title body theme"},
		{"too short", func(x *Text) { x.Title = "Bancs" }, "title"},
		{"huge", func(x *Text) { x.Title, x.Body = strings.Repeat("é", 121), strings.Repeat("é", 5001) }, "title body"},
		{"a theme that is none", func(x *Text) { x.Theme = "'; DROP" }, "theme"},
		{"a zone of elsewhere", func(x *Text) { x.Zone = uuid.New() }, "zone"},
		{"a hundred links", func(x *Text) { x.Body = strings.Repeat("https://exemple.fr ", 100) }, "body"},
	} {
		x := text("Des bancs à l'ombre du square")
		c.change(&x)
		_, err := s.service.deposit(s.ctx(), s.town, author, x, nil, false)
		if fields(err) != c.want {
			t.Errorf("%s: complaints about %q, want %q (%v)", c.name, fields(err), c.want, err)
		}
	}
	if n := s.count(Query{}); n != 0 {
		t.Errorf("%d ideas were kept", n)
	}
}

func (s *square) count(q Query) (n int) {
	s.Helper()
	s.must(s.db.ReadTenant(s.ctx(), s.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		n, err = s.service.store.count(ctx, tx, s.town.ID, q)
		return err
	}))
	return n
}

// TestOneSupportPerCitizen: fifty requests at once, of one person, are one support.
func TestOneSupportPerCitizen(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	id, fan := s.idea(s.citizen(), "Des bancs à l'ombre du square"), s.citizen()
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if err := s.service.support(s.ctx(), s.town.ID, fan, id); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := s.read(id).Supports; got != 1 {
		t.Errorf("%d supports", got)
	}
	s.must(s.service.unsupport(s.ctx(), s.town.ID, fan, id))
	s.must(s.service.unsupport(s.ctx(), s.town.ID, fan, id))
	if got := s.read(id).Supports; got != 0 {
		t.Errorf("%d supports once taken back", got)
	}
	s.refused("a visitor answers", s.service.answer(s.ctx(), s.town, citizen.Viewer{}, Target{ID: id}, Reply{State: Studied}), access.ErrSignInRequired)
}

func TestDepositsAreFewADay(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	author, fresh := s.citizen(), s.newcomer()
	titles := []string{"Des bancs au square", "Une fontaine devant l'école", "Des arceaux pour les vélos", "Un composteur de quartier", "Un terrain de pétanque couvert", "Des nichoirs à mésanges"}
	deposit := func(by citizen.Viewer, title string) error {
		_, err := s.service.deposit(s.ctx(), s.town, by, text(title+" de "+by.Name), nil, false)
		return err
	}
	for _, title := range titles[:perDay] {
		s.must(deposit(author, title))
	}
	s.refused("one more", deposit(author, titles[perDay]), ErrTooMany)
	s.must(deposit(fresh, titles[0]))
	s.must(deposit(fresh, titles[1]))
	s.refused("a new account's third", deposit(fresh, titles[2]), ErrTooMany)
	s.db.SetClock(t, s.town.ID, noon.Add(25*time.Hour))
	s.must(deposit(author, titles[perDay]))
	_, err := s.service.deposit(s.ctx(), s.town, author, text(strings.ToUpper(titles[0]+" de "+author.Name)), nil, false)
	s.refused("the same again", err, ErrSame)
}

func TestADraftIsItsAuthorsAlone(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	author := s.citizen()
	id, err := s.service.deposit(s.ctx(), s.town, author, text("Une fontaine devant la mairie"), nil, true)
	s.must(err)
	_, err = s.service.page(s.ctx(), s.town, s.staff, id, "")
	s.refused("staff reads it", err, ErrNotFound)
	s.refused("somebody supports it", s.service.support(s.ctx(), s.town.ID, s.citizen(), id), ErrNotFound)
	s.refused("somebody publishes it", s.service.publish(s.ctx(), s.town.ID, s.citizen(), id), ErrNotFound)
	s.refused("staff answers it", s.service.answer(s.ctx(), s.town, s.staff, Target{ID: id}, Reply{State: Studied}), ErrNotFound)
	if n := s.count(Query{}); n != 0 {
		t.Errorf("%d ideas in the list", n)
	}
	s.must(s.service.publish(s.ctx(), s.town.ID, author, id))
	s.refused("published twice", s.service.publish(s.ctx(), s.town.ID, author, id), ErrNotADraft)
	if n := s.count(Query{}); n != 1 {
		t.Errorf("%d ideas in the list once published", n)
	}
}

func TestWhatOthersSupportDoesNotChangeUnderThem(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	author := s.citizen()
	id := s.idea(author, "Des arceaux devant la gare")
	edit := func(v citizen.Viewer) error {
		return s.service.edit(s.ctx(), s.town, v, Target{ID: id}, text("Des arceaux couverts devant la gare"), nil, false)
	}
	s.must(edit(author))
	s.refused("somebody else edits", edit(s.citizen()), ErrNotFound)
	err := s.service.edit(s.ctx(), s.town, author, Target{id, 1}, text("Une autre version du texte"), nil, false)
	s.refused("an old version", err, ErrStale)
	s.must(s.service.support(s.ctx(), s.town.ID, s.citizen(), id))
	s.refused("once supported", edit(author), ErrShared)
	s.must(s.service.support(s.ctx(), s.town.ID, s.citizen(), id))
	s.refused("taken back", s.service.withdraw(s.ctx(), s.town.ID, author, id), ErrShared)
	late := s.idea(author, "Un marché du soir en été")
	s.db.SetClock(t, s.town.ID, noon.Add(2*time.Hour))
	err = s.service.edit(s.ctx(), s.town, author, Target{ID: late}, text("Un marché du soir en été, le jeudi"), nil, false)
	s.refused("an hour later", err, ErrEditLate)
}

// TestAnAnswerIsToldToThoseWhoSupport: the author and the supporters, but not
// those who asked for no mail, once for each change.
func TestAnAnswerIsToldToThoseWhoSupport(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	author, fan, quiet, stranger := s.citizen(), s.citizen(), s.citizen(), s.citizen()
	id := s.idea(author, "Des arbres sur le parking")
	s.must(s.service.support(s.ctx(), s.town.ID, fan, id))
	s.must(s.service.support(s.ctx(), s.town.ID, quiet, id))
	s.must(s.service.follow(s.ctx(), s.town.ID, quiet, id, false))
	err := s.service.answer(s.ctx(), s.town, s.staff, Target{ID: id}, Reply{State: Refused})
	if fields(err) != "answer" {
		t.Errorf("refused without a word: %v", err)
	}
	yes := Reply{State: Kept, Text: "Six tilleuls seront plantés."}
	s.must(s.service.answer(s.ctx(), s.town, s.staff, Target{ID: id}, yes))
	s.must(s.service.answer(s.ctx(), s.town, s.staff, Target{ID: id}, yes)) // sent twice
	for _, c := range []struct {
		who  string
		v    citizen.Viewer
		want int
	}{{"author", author, 1}, {"supporter", fan, 1}, {"supporter who wants none", quiet, 0}, {"stranger", stranger, 0}} {
		if got := s.letters(c.v); got != c.want {
			t.Errorf("%s got %d letters, want %d", c.who, got, c.want)
		}
	}
	s.refused("support of what is settled", s.service.support(s.ctx(), s.town.ID, stranger, id), ErrNoSupport)
	s.refused("a citizen answers", s.service.answer(s.ctx(), s.town, stranger, Target{ID: id}, yes), access.ErrNotAllowed)
	if i := s.read(id); i.State != Kept || i.Answer != yes.Text {
		t.Errorf("state %s, answer %q", i.State, i.Answer)
	}
}

// TestMergedSupportsCountOnce: who supported both supports one; while others
// support at the same time, nothing is lost nor counted twice.
func TestMergedSupportsCountOnce(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	a, b := s.idea(s.citizen(), "Des bancs dans le parc du Jard"), s.idea(s.citizen(), "Plus de bancs au parc du Jard")
	both, only := s.citizen(), s.citizen()
	for _, x := range []struct {
		v  citizen.Viewer
		id uuid.UUID
	}{{both, a}, {both, b}, {only, a}} {
		s.must(s.service.support(s.ctx(), s.town.ID, x.v, x.id))
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	accepted := 0
	for range 20 {
		late := s.citizen()
		group.Go(func() {
			err := s.service.support(s.ctx(), s.town.ID, late, a)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				accepted++
			} else if fault.KindOf(err) != fault.Conflict {
				t.Error(err)
			}
		})
	}
	group.Go(func() {
		if err := s.service.merge(s.ctx(), s.town, s.staff, a, b); err != nil {
			t.Error(err)
		}
	})
	group.Wait()
	from, to := s.read(a), s.read(b)
	if from.State != Merged || from.MergedInto != b || from.Supports != 0 || to.Supports != 2+accepted {
		t.Errorf("from: %s into %s with %d; to: %d supports, want %d", from.State, from.MergedInto, from.Supports, to.Supports, 2+accepted)
	}
	var rows int
	s.must(s.db.InTenant(s.ctx(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT count(*) FROM discussion.supports WHERE subject_id = ?`, b).Scan(ctx, &rows)
	}))
	if rows != to.Supports {
		t.Errorf("%d rows for %d supports", rows, to.Supports)
	}
	s.refused("merged again", s.service.merge(s.ctx(), s.town, s.staff, a, b), ErrMerged)
	s.refused("into itself", s.service.merge(s.ctx(), s.town, s.staff, b, b), ErrMergeSelf)
	s.refused("into a merged one", s.service.merge(s.ctx(), s.town, s.staff, b, a), ErrMergeInto)
	if got := s.letters(only); got != 1 {
		t.Errorf("who supported the merged one got %d letters", got)
	}
}

func TestOnlyItsAuthorSendsAnIdeaToTheBudget(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	author := s.citizen()
	id := s.idea(author, "Un terrain de jeux pour petits")
	_, err := s.service.offer(s.ctx(), s.town, author, id)
	s.refused("no budget takes projects", err, ErrNoBudget)
	s.budgets.open = true
	for _, other := range []citizen.Viewer{s.staff, s.citizen()} {
		_, err = s.service.offer(s.ctx(), s.town, other, id)
		s.refused("somebody else's consent", err, ErrNotFound)
	}
	project, err := s.service.offer(s.ctx(), s.town, author, id)
	s.must(err)
	_, err = s.service.offer(s.ctx(), s.town, author, id)
	s.refused("twice", err, ErrOffered)
	if len(s.budgets.offered) != 1 || s.read(id).ProjectHref != project {
		t.Errorf("offered %v, kept %q", s.budgets.offered, s.read(id).ProjectHref)
	}
}

func TestErasedAuthorsLeaveIdeasWithoutAName(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	author, fan := s.citizen(), s.citizen()
	id := s.idea(author, "Des toilettes publiques au marché")
	draftID, err := s.service.deposit(s.ctx(), s.town, author, text("Un brouillon que personne ne verra"), nil, true)
	s.must(err)
	s.must(s.service.support(s.ctx(), s.town.ID, fan, id))
	_, _, err = s.said.Post(s.ctx(), s.town, author, subject(id), discussion.Said{Body: "J'ajoute une précision sur l'emplacement."})
	s.must(err)
	s.must(s.db.InTenant(s.ctx(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		data, err := s.Export(ctx, tx, s.town.ID, author.ID)
		if err != nil || data["ideas"] == nil {
			t.Errorf("export: %v, %v", data, err)
		}
		if err := s.Erase(ctx, tx, s.town.ID, author.ID); err != nil {
			return err
		}
		return s.said.Erase(ctx, tx, s.town.ID, author.ID)
	}))
	if i := s.read(id); !i.Author.IsZero() || i.Supports != 1 || i.Comments != 1 {
		t.Errorf("author %s, %d supports, %d comments", i.Author, i.Supports, i.Comments)
	}
	_, err = s.service.read(s.ctx(), s.town.ID, draftID)
	s.refused("the draft", err, ErrNotFound)
	var left int
	s.must(s.db.InTenant(s.ctx(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT (SELECT count(*) FROM discussion.comments WHERE author_id = ?0) + (SELECT count(*) FROM ideas.ideas WHERE author_id = ?0)`, author.ID).Scan(ctx, &left)
	}))
	if left != 0 {
		t.Errorf("%d rows name the erased account", left)
	}
}

// TestTheJournalNamesWhatCanBeSeen, and nothing that its author took back.
func TestTheJournalNamesWhatCanBeSeen(t *testing.T) {
	t.Parallel()
	s := newSquare(t)
	author := s.citizen()
	shown, gone := s.idea(author, "Un verger au bord du canal"), s.idea(author, "Une fresque sous le pont")
	s.must(s.service.withdraw(s.ctx(), s.town.ID, author, gone))
	for _, c := range []struct {
		kind       string
		id         uuid.UUID
		name, href string
	}{
		{"idea", shown, "Un verger au bord du canal", officeHref(shown)},
		{"idea", gone, "", ""}, {"idea", uuid.New(), "", ""}, {"poll", shown, "", ""},
	} {
		s.must(s.db.ReadTenant(s.ctx(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
			name, href, err := s.NameOf(ctx, tx, s.town.ID, c.kind, c.id)
			if name != c.name || href != c.href {
				t.Errorf("%s %s: %q at %q", c.kind, c.id, name, href)
			}
			return err
		}))
	}
}
