package torture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/paper"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/realtime"
)

// slip is how often somebody mistypes a sheet: 2 %.
const slip = 0.02

// TestNoTypingErrorGoesUndetected has people who slip on 2 % of the sheets type
// a thousand paper ballots, each without seeing the others' typing.
//
// Two people who slip on the same sheet in the same way cannot be told from two
// who read it right: with independent slips among W other ways to fill a ballot,
// all as likely, that is slip²/W for each sheet: with the 175 of this poll, 2.3
// millionths, or one sheet in 437 500.
// The test counts those sheets as it draws them, and wants no other one wrong.
func TestNoTypingErrorGoesUndetected(t *testing.T) {
	t.Parallel()
	report := begin(t, "B6", "double saisie, 2 % d’erreurs")
	o := newOffice(t)
	sheets := times(1_000, 10_000)
	truth := make([]voting.Sheet, sheets)
	dice := rand.New(rand.NewPCG(6, 2026))
	for i := range truth {
		truth[i] = anySheet(dice)
	}
	const each = 100
	var undetected, slips, disputed, coincidences int
	for first := 0; first < sheets; first += each {
		b := o.typed(dice, truth[first:min(first+each, sheets)])
		undetected, slips, disputed, coincidences = undetected+b.wrong-b.coincidences, slips+b.slips, disputed+b.disputed, coincidences+b.coincidences
		report.Cycles++
	}
	report.Acknowledged = sheets
	report.measure("erreurs de saisie commises", "", float64(slips))
	report.measure("bulletins passés par une troisième personne", "", float64(disputed))
	report.measure("mêmes erreurs de deux personnes (indétectables)", "", float64(coincidences))
	if undetected != 0 || slips < sheets/50 || disputed == 0 {
		report.problem("%d erreurs non détectées ; %d commises, %d contestées", undetected, slips, disputed)
	}
	if coincidences > 1 { // two in a run of 10 000: less than once in a thousand
		report.problem("%d erreurs identiques : plus que le hasard ne l’explique", coincidences)
	}
	if len(everySheet) != 176 {
		t.Errorf("%d ways to fill a ballot", len(everySheet))
	}
	o.confrontTotals(truth, coincidences, report)
	report.mustHold(t)
}

// office is a town hall whose people type.
type office struct {
	*hall
	poll    voting.PollID
	service *paper.Service
	people  []citizen.Viewer
}

// Subject implements booth.Subjects.
func (o *office) Subject(context.Context, *tenant.Tenant, citizen.Viewer, voting.Subject) (booth.SubjectInfo, error) {
	return booth.SubjectInfo{Title: "La place du Marché", Href: "/", Visible: true}, nil
}

func newOffice(t *testing.T) *office {
	o := &office{hall: newHall(t)}
	polls := booth.New(booth.Deps{DB: o.db.DB, Box: o.box, Secret: bytes.Repeat([]byte("k"), 32), Subjects: func(string) (booth.Subjects, bool) { return o, true }})
	o.service = paper.New(paper.Deps{DB: o.db.DB, Box: o.box, Polls: polls})
	for range 6 {
		o.people = append(o.people, citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Grants: []citizen.Grant{{Role: citizen.Administrator}}})
	}
	terms := voting.Terms{Question: "Quels arbres planter ?", Method: voting.Approval, MaxChoices: 3, Visibility: voting.Turnout, Paper: voting.DoubleTyping}
	terms.Electorate.Person = citizen.PersonDesk
	for i := range 10 {
		terms.Options = append(terms.Options, voting.Option{Label: fmt.Sprintf("Arbre %d", i)})
	}
	err := o.db.InTenant(context.Background(), o.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		o.poll, err = o.box.Create(ctx, tx, o.town.ID, voting.Subject{Module: "consultations", ID: uuid.New()}, terms)
		return err
	})
	if err == nil {
		err = o.box.Open(context.Background(), o.town.ID, o.poll, voting.Act{})
	}
	o.must(err)
	return o
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// everySheet is every way to fill a ballot: up to three of ten options.
var everySheet = func() (list []voting.Sheet) {
	for bits := range 1 << 10 {
		var said []string
		for i := range 10 {
			if bits>>i&1 == 1 {
				said = append(said, string(rune('a'+i))+"=1")
			}
		}
		if len(said) <= 3 {
			list = append(list, voting.Sheet(strings.Join(said, ";")))
		}
	}
	return list
}()

func anySheet(dice *rand.Rand) voting.Sheet { return everySheet[dice.IntN(len(everySheet))] }

// readAs is what somebody types who is to read a sheet.
func readAs(dice *rand.Rand, truth voting.Sheet) voting.Sheet {
	if dice.Float64() >= slip {
		return truth
	}
	for {
		if other := anySheet(dice); other != truth {
			return other
		}
	}
}

// typedBatch is what became of a batch.
type typedBatch struct{ wrong, slips, disputed, coincidences int }

// typed has everybody type a batch, and seals it.
func (o *office) typed(dice *rand.Rand, truth []voting.Sheet) (b typedBatch) {
	o.Helper()
	ctx := context.Background()
	number, err := o.service.Prepare(ctx, o.town, o.people[0], o.poll)
	o.must(err)
	o.must(o.service.CountSheets(ctx, o.town, o.people[0], o.poll, number, len(truth)))
	readings := make([][]voting.Sheet, len(o.people)) // of everybody, drawn beforehand
	for i := range o.people {
		for _, sheet := range truth {
			readings[i] = append(readings[i], readAs(dice, sheet))
		}
	}
	o.typeAll(number, readings[:2], 0) // two at once
	for i := 2; i < len(o.people); i++ {
		o.typeAll(number, readings[i:i+1], i) // who comes next reads what is left
	}
	for sheet := range truth {
		b.add(truth[sheet], readings, sheet)
	}
	o.must(o.service.Seal(ctx, o.town, o.people[0], o.poll, number))
	o.must(o.db.ReadTenant(ctx, o.town.ID, func(ctx context.Context, tx bun.Tx) error {
		poll, err := o.box.Poll(ctx, tx, o.town.ID, o.poll)
		if err != nil {
			return err
		}
		logged, err := o.box.PaperSheets(ctx, tx, poll, number)
		for i := range logged {
			if logged[i] != truth[i] {
				b.wrong++
			}
		}
		if len(logged) != len(truth) {
			o.Errorf("%d sheets of %d are in the box", len(logged), len(truth))
		}
		return err
	}))
	return b
}

// add tells what happened to a sheet by what people read: who slipped, whether
// the two first differed, and whether the first two to agree were both wrong.
func (b *typedBatch) add(truth voting.Sheet, readings [][]voting.Sheet, sheet int) {
	seen := map[voting.Sheet]int{}
	for i := range readings {
		said := readings[i][sheet]
		if said != truth {
			b.slips++
		}
		if seen[said]++; seen[said] == 2 {
			if said != truth {
				b.coincidences++
			}
			return
		}
		if i == 1 {
			b.disputed++
		}
	}
}

// typeAll has people type what waits for them, at the same time.
func (o *office) typeAll(number int, readings [][]voting.Sheet, first int) {
	o.Helper()
	var wait sync.WaitGroup
	for i, mine := range readings {
		wait.Go(func() {
			who := o.people[first+i]
			for {
				turn, _, _, err := o.service.Turn(context.Background(), o.town, who, o.poll, number)
				if err != nil {
					o.Error(err)
					return
				}
				if turn.Sheet == 0 {
					return
				}
				err = o.service.TypeSheet(context.Background(), o.town, who, o.poll, number, turn.Sheet, mine[turn.Sheet-1])
				if err != nil && !errors.Is(err, paper.ErrSettled) {
					o.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
}

// confrontTotals closes and counts the poll: its totals are those of the sheets.
func (o *office) confrontTotals(truth []voting.Sheet, coincidences int, report *Report) {
	o.Helper()
	ctx := context.Background()
	o.must(o.box.Close(ctx, o.town.ID, o.poll, voting.Act{}))
	o.must(o.service.Finish(ctx, o.town, o.people[0], o.poll, "Essai : personne n’a émargé."))
	result, err := o.box.Results(ctx, o.town.ID, o.poll, realtime.Public)
	o.must(err)
	want := map[string]int64{}
	for _, sheet := range truth {
		for _, mark := range strings.FieldsFunc(string(sheet), func(r rune) bool { return r == ';' }) {
			want[strings.TrimSuffix(mark, "=1")]++
		}
	}
	if result.Ballots != int64(len(truth)) {
		report.problem("%d bulletins comptés sur %d", result.Ballots, len(truth))
	}
	for _, cell := range result.Counts {
		if off := cell.Votes - want[cell.Option]; coincidences == 0 && off != 0 {
			report.problem("%s : %d voix, %d bulletins", cell.Option, cell.Votes, want[cell.Option])
		}
	}
}
