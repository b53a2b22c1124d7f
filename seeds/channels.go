package seeds

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"

	"parvis/app/citizen"
	"parvis/app/identity"
	"parvis/app/paper"
	"parvis/app/voting"
	"parvis/app/voting/counting"
)

// channels are the ways to vote beside one's own account on the web: on paper,
// in a room with tickets, on a list, before proving who one is.
type channels struct {
	List   string   // kind of the list of voters; "" where there is none
	Listed int      // how many inhabitants are on it
	Also   []string // and which accounts

	Later   bool // one may vote first and prove later
	Waiting []waiting

	Voter   string // in a room: "ticket", or "" for a device
	Tickets int    // how many are printed
	Present int64  // how many people the host counted
	Quorum  int64  // of those present, in per cent

	Paper   string   // how sheets are typed; "" where there are none
	Handed  int      // how many sheets were handed in
	Typists []string // the accounts that type them, the first and the second
	PaperAt string   `toml:"paper_at"`
	Batches []batch  `toml:"batch"`
}

// waiting is a ballot filled in by somebody who has not proven everything.
type waiting struct {
	Account, At string
	Option      int // counted from 0
}

// batch is a batch of sheets, one letter a sheet: that of an option, "." for a
// blank one, "!" for one with too many choices on it.
type batch struct {
	First, Second string // what each typist read
	Seal          bool
	Correct       correction
}

// correction is another reading of a sheet, proposed once the batch is sealed.
type correction struct {
	Sheet        int
	Said, Reason string
}

// readConsultations adds the consultations of towns/<slug>/consultations.toml.
func (w *town) readConsultations() error {
	var file struct {
		Consultations []consultation `toml:"consultation"`
	}
	meta, err := toml.DecodeFS(towns, "towns/"+w.Slug+"/consultations.toml", &file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("unknown key %s", meta.Undecoded()[0])
	}
	if err != nil {
		return fmt.Errorf("read the consultations of %s: %w", w.Slug, err)
	}
	w.Consultations = append(w.Consultations, file.Consultations...)
	return nil
}

func (c channels) quorum() (q counting.Quorum) {
	if c.Quorum > 0 {
		q = counting.Quorum{Share: counting.Fraction{Num: c.Quorum, Den: 100}, Of: counting.Attending}
	}
	return q
}

// enlist imports the lists of voters, as the office does before it publishes.
func (l loader) enlist(ctx context.Context, ids []voting.PollID, polls []poll) error {
	for i, p := range polls {
		if p.List == "" {
			continue
		}
		marks, err := l.marks(p.channels)
		if err != nil {
			return err
		}
		err = l.DB.InTenant(ctx, l.tenant.ID, func(ctx context.Context, tx bun.Tx) error {
			_, err := l.Box.Enlist(ctx, tx, l.tenant.ID, ids[i], marks, true, voting.Act{})
			return err
		})
		if err != nil {
			return fmt.Errorf("list of %q: %w", p.Question, err)
		}
	}
	return nil
}

// marks stand for the people of a list, by what they show at the desk.
func (l loader) marks(c channels) ([][]byte, error) {
	people := make([]identity.Civil, c.Listed)
	for n := range people {
		people[n] = identity.Civil{FamilyName: lastName(n), FirstName: firstNames[n%len(firstNames)], BornOn: bornOn(n)}
	}
	for _, address := range c.Also {
		who := l.accounts[address]
		first, family, _ := strings.Cut(who.Name, " ")
		people = append(people, identity.Civil{FamilyName: family, FirstName: first, BornOn: who.BornOn})
	}
	marks := make([][]byte, len(people))
	for n, one := range people {
		var err error
		if marks[n], err = l.Identity.Mark(l.tenant.ID, one); err != nil {
			return nil, fmt.Errorf("%s %s: %w", one.FirstName, one.FamilyName, err)
		}
	}
	return marks, nil
}

// voters returns who casts the nth ballot of a poll. A room is opened by
// whoever runs the meeting, once its tickets are printed and its people counted.
func (l loader) voters(ctx context.Context, id voting.PollID, p poll) (func(int) voting.Voter, error) {
	if !p.Room {
		return func(n int) voting.Voter { return voting.ByAccount(citizen.Viewer{ID: l.people[n], SignedIn: true}) }, nil
	}
	voter := func(int) voting.Voter { return voting.ByDevice(uuid.New()) }
	if p.Tickets > 0 {
		_, seed, err := l.Box.PrintTickets(ctx, l.tenant.ID, id, p.Tickets, voting.Act{})
		if err != nil {
			return nil, err
		}
		voter = func(n int) voting.Voter { return voting.ByTicket(id, seed.Code(n)) }
	}
	if p.Present > 0 {
		if err := l.Box.SetPresent(ctx, l.tenant.ID, id, p.Present, voting.Act{}); err != nil {
			return nil, err
		}
	}
	return voter, l.Box.Open(ctx, l.tenant.ID, id, voting.Act{})
}

// otherwise has people vote otherwise than with an account that may: on paper,
// and before they have proven who they are.
func (l loader) otherwise(ctx context.Context, ids []voting.PollID, polls []poll) error {
	for i, p := range polls {
		for _, w := range p.Waiting {
			err := l.At(ctx, l.tenant.ID, l.moment(w.At), func(ctx context.Context) error {
				return l.Box.File(ctx, l.tenant.ID, voting.Submission{
					Poll: ids[i], Voter: voting.ByAccount(l.accounts[w.Account]), Nonce: voting.NewNonce(),
					Marks: []voting.Mark{{Option: optionID(w.Option), Value: voting.Chosen}}, Channel: voting.Web,
				}, l.tenant.TimeZone)
			})
			if err != nil {
				return fmt.Errorf("ballot of %s that waits: %w", w.Account, err)
			}
		}
		if p.Paper == "" {
			continue
		}
		err := l.At(ctx, l.tenant.ID, l.moment(p.PaperAt), func(ctx context.Context) error { return l.onPaper(ctx, ids[i], p) })
		if err != nil {
			return fmt.Errorf("paper ballots of %q: %w", p.Question, err)
		}
	}
	return nil
}

// onPaper hands in the sheets, by people who have not voted, then has the
// batches typed, each on its own.
func (l loader) onPaper(ctx context.Context, id voting.PollID, p poll) error {
	after := len(p.cast())
	err := l.DB.InTenant(ctx, l.tenant.ID, func(ctx context.Context, tx bun.Tx) error {
		for n := range p.Handed {
			if err := l.Box.HandIn(ctx, tx, l.tenant.ID, id, l.people[after+n]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	office := paper.New(paper.Deps{DB: l.DB, Box: l.Box, Polls: l.Booth, Desk: l.Identity})
	var group errgroup.Group
	for _, b := range p.Batches {
		number, err := office.Prepare(ctx, l.tenant, l.accounts[p.Typists[0]], id)
		if err != nil {
			return err
		}
		group.Go(func() error { return l.batch(ctx, office, id, p, number, b) })
	}
	return group.Wait()
}

// batch has two people type a batch, and seals it if they agree and the file
// says so.
func (l loader) batch(ctx context.Context, office *paper.Service, id voting.PollID, p poll, number int, b batch) error {
	if err := office.CountSheets(ctx, l.tenant, l.accounts[p.Typists[0]], id, number, len(b.First)); err != nil {
		return err
	}
	for pass, read := range []string{b.First, b.Second} {
		typist := l.accounts[p.Typists[pass]]
		for i, letter := range read {
			if err := office.TypeSheet(ctx, l.tenant, typist, id, number, i+1, sheet(string(letter))); err != nil {
				return fmt.Errorf("batch %d, sheet %d: %w", number, i+1, err)
			}
		}
	}
	if !b.Seal {
		return nil
	}
	if err := office.Seal(ctx, l.tenant, l.accounts[p.Typists[0]], id, number); err != nil || b.Correct.Sheet == 0 {
		return err
	}
	return office.Propose(ctx, l.tenant, l.accounts[p.Typists[0]], id, paper.Correction{
		Batch: number, Sheet: b.Correct.Sheet, Said: sheet(b.Correct.Said), Reason: b.Correct.Reason,
	})
}

// sheet is what a letter of a batch says.
func sheet(letter string) voting.Sheet {
	var marks []voting.Mark
	switch letter {
	case "!":
		return voting.NullSheet("too_many")
	case ".":
	default:
		marks = []voting.Mark{{Option: letter, Value: voting.Chosen}}
	}
	said, err := voting.MarkedSheet(marks)
	if err != nil {
		panic(fmt.Sprintf("seeds: %q is no sheet", letter)) // a mistake in our own files
	}
	return said
}
