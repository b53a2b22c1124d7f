package budgets

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"

	"parvis/app/citizen"
	"parvis/app/money"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/counting"
)

// What projects of a big town are made of.
var (
	fillThings = []string{"Un jardin partagé", "Des bancs à l’ombre", "Une aire de jeux", "Un abri à vélos", "Une boîte à livres", "Un parcours sportif", "Des nichoirs", "Une fontaine à boire", "Un verger", "Un atelier de réparation"}
	fillPlaces = []string{"place du Marché", "rue des Écoles", "au bord du canal", "près de la gare", "square des Tilleuls", "devant la médiathèque", "au stade", "avenue de la République", "aux Coteaux", "quai Neuf"}
)

const (
	fillEnvelope = money.Cents(1_000_000_00)
	fillAtOnce   = 2_000 // ballots on their way into the box
	fillBasket   = 5     // projects of a ballot, at most
)

// Fill adds an edition in its vote, with so many projects, and so many ballots
// of those people, cast as every ballot is: from the second time on, somebody
// changes their basket. Twice, it makes the same projects and the same baskets.
func (m *Module) Fill(ctx context.Context, t *tenant.Tenant, people []citizen.ID, projects, ballots int, progress func(done int)) error {
	if len(people) == 0 {
		return errors.New("fill a budget: nobody to vote")
	}
	projects = min(projects, voting.MaxOptions)
	poll, costs, err := m.service.fillEdition(ctx, t, projects)
	if err != nil {
		return fmt.Errorf("fill a budget: %w", err)
	}
	progress(projects)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(fillAtOnce)
	random := rand.New(rand.NewPCG(2026, 11))
	for i := range ballots {
		marks := fillMarks(random, costs)
		group.Go(func() error {
			who := voting.ByAccount(citizen.Viewer{ID: people[i%len(people)], SignedIn: true})
			_, err := m.service.Box.Cast(ctx, t.ID, voting.Submission{Poll: poll, Voter: who, Nonce: voting.NewNonce(), Marks: marks, Channel: voting.Web})
			return err
		})
		if i%1_000 == 0 {
			progress(projects + i)
		}
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("fill a ballot box: %w", err)
	}
	progress(projects + ballots)
	return nil
}

// fillMarks is a basket that fits the envelope.
func fillMarks(random *rand.Rand, costs []money.Cents) []voting.Mark {
	var marks []voting.Mark
	chosen, left := map[int]bool{}, fillEnvelope
	for range fillBasket {
		// The first projects are the most liked: a result has a shape.
		i := min(random.IntN(len(costs)), random.IntN(len(costs)))
		if chosen[i] || costs[i] > left {
			continue
		}
		chosen[i] = true
		left -= costs[i]
		marks = append(marks, voting.Mark{Option: fmt.Sprint(i + 1), Value: voting.Chosen})
	}
	return marks
}

// fillEdition writes the edition, its projects and its poll, open.
func (s *service) fillEdition(ctx context.Context, t *tenant.Tenant, n int) (id voting.PollID, costs []money.Cents, err error) {
	random := rand.New(rand.NewPCG(2026, 5))
	center := places.Center(t)
	err = s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		now, err := s.store.now(ctx, tx)
		if err != nil {
			return err
		}
		e := &Edition{
			ID: uuid.New(), Version: 1, Published: true, PublishedAt: now.AddDate(0, 0, -90), DecidedAt: now.AddDate(0, 0, -10), Now: now,
			Text: Text{
				Title: "Budget participatif de la ville", Summary: "Un million d’euros pour les projets des habitants.", Body: "Les habitants proposent, les services étudient, tout le monde vote.",
				Rules: "Chaque bulletin tient dans l’enveloppe. Les projets les plus choisis sont financés.", Adopted: Act{On: now.AddDate(0, 0, -100), Number: "2026-101"},
			},
			Terms: Terms{Method: counting.Greedy, MinVotes: 10, Envelopes: []Envelope{{Amount: fillEnvelope}}},
			Calendar: Calendar{
				InformationAt: now.AddDate(0, 0, -90), DepositAt: now.AddDate(0, 0, -80), StudyAt: now.AddDate(0, 0, -40), VoteAt: now.AddDate(0, 0, -1),
				ResultAt: now.AddDate(0, 0, 20), DeliberationAt: now.AddDate(0, 0, 25), WinnersAt: now.AddDate(0, 0, 40), DeliveryAt: now.AddDate(0, 0, 50),
			},
		}
		if err := s.store.insert(ctx, tx, t.ID, citizen.ID{}, e); err != nil {
			return err
		}
		list := make([]*Project, n)
		for i := range list {
			p := fillProject(random, t, e, i, center)
			list[i], costs = p, append(costs, p.Cost)
			if err := s.store.insertProject(ctx, tx, t.ID, p); err != nil {
				return err
			}
			if err := s.store.saveProject(ctx, tx, t.ID, p); err != nil {
				return err
			}
		}
		terms := pollTerms(ctx, t, e, firstTerms(ctx), list)
		terms.Question, terms.Electorate.Person = "Quels projets voulez-vous financer ?", citizen.PersonNone
		if id, err = s.Box.Create(ctx, tx, t.ID, subject(e.ID), terms); err != nil {
			return err
		}
		return s.Box.Schedule(ctx, tx, t.ID, id)
	})
	return id, costs, err
}

func fillProject(random *rand.Rand, t *tenant.Tenant, e *Edition, i int, center places.Point) *Project {
	place := fillPlaces[random.IntN(len(fillPlaces))]
	p := &Project{
		ID: uuid.New(), Edition: e.ID, Version: 1, Number: i + 1, DepositedAt: e.DepositAt, DecidedAt: e.DecidedAt,
		Proposal: Proposal{
			Title: fmt.Sprintf("%s %s", fillThings[random.IntN(len(fillThings))], place), Text: "Les habitants du quartier le demandent depuis longtemps. Le terrain appartient à la ville.",
			Theme: Themes[random.IntN(len(Themes))], Place: place,
			Point: places.Point{Lat: center.Lat + random.IntN(60_000) - 30_000, Lon: center.Lon + random.IntN(60_000) - 30_000},
		},
		Decision: Decision{Verdict: Accepted, Cost: money.Cents(5_000+random.IntN(145_000)) * 100},
	}
	if len(t.Zones) > 0 {
		p.Zone = t.Zones[random.IntN(len(t.Zones))].ID
	}
	return p
}
