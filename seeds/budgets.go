package seeds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"

	"parvis/app/citizen"
	"parvis/app/kernel"
	"parvis/app/money"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/modules/budgets"
	"parvis/realtime"
)

// edition is a participatory budget, in towns/<slug>/budgets.toml.
type edition struct {
	Title, Summary, Easy, Body, Rules, Method string
	AdoptedOn                                 string `toml:"adopted_on"`
	AdoptedNumber                             string `toml:"adopted_number"`
	AdoptedURL                                string `toml:"adopted_url"`
	MinVotes                                  int64  `toml:"min_votes"`
	Voters                                    int    // how many take part in the vote
	Information, Deposit, Study, Vote         string
	Result, Deliberation, Winners, Delivery   string
	Outcome                                   string
	OutcomeOn                                 string     `toml:"outcome_on"`
	OutcomeNumber                             string     `toml:"outcome_number"`
	OutcomeURL                                string     `toml:"outcome_url"`
	Envelopes                                 []envelope `toml:"envelope"`
	Projects                                  []project  `toml:"project"`
}

type envelope struct{ Zone, Amount string }

type project struct {
	Title, Text, Theme, Zone, Place, Pin, Estimate string
	Verdict, Reason, Cost                          string
	Photo                                          string // what the drawing of the project shows; none without
	Votes                                          int
	Winner                                         int        // its rank among the winners
	Steps                                          []realStep `toml:"step"`
}

type realStep struct {
	On, Title, Text, Stage, Promised, Moved string
	Percent                                 int
}

// budget reads the participatory budgets of a town; none when it has no file.
func budget(slug string) (list []edition, err error) {
	var file struct {
		Editions []edition `toml:"edition"`
	}
	meta, err := toml.DecodeFS(towns, "towns/"+slug+"/budgets.toml", &file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("unknown key %s", meta.Undecoded()[0])
	}
	if err != nil {
		return nil, fmt.Errorf("read the budgets of %s: %w", slug, err)
	}
	return file.Editions, nil
}

// voters is how many people the editions need.
func voters(list []edition) (most int) {
	for _, e := range list {
		most = max(most, e.Voters, len(e.Projects))
	}
	return most
}

// treasurer loads the budgets of one town.
type treasurer struct {
	loader
	budgets *budgets.Module
}

// edition leads an edition to where it stands today, as its people would have.
func (l treasurer) edition(ctx context.Context, e edition) error {
	plan, err := l.plan(e)
	if err != nil {
		return err
	}
	now, cal := l.Clock.Now(), plan.Calendar
	var id uuid.UUID
	ids := make([]uuid.UUID, len(e.Projects))
	steps := []struct {
		at time.Time
		do func(context.Context) error
	}{
		{cal.InformationAt.Add(-time.Hour), func(ctx context.Context) (err error) {
			id, err = l.budgets.Open(ctx, l.tenant, founder, plan)
			return err
		}},
		{cal.DepositAt.Add(time.Hour), func(ctx context.Context) error { return l.collect(ctx, id, e, ids) }},
		{cal.StudyAt.Add(24 * time.Hour), func(ctx context.Context) error { return l.study(ctx, id, e, ids) }},
		{cal.VoteAt.Add(time.Hour), func(ctx context.Context) error { return l.vote(ctx, id, e) }},
		{cal.ResultAt.Add(time.Second), func(ctx context.Context) error { return l.count(ctx, id) }},
		{l.moment(e.OutcomeOn).Add(20 * time.Hour), func(ctx context.Context) error { return l.deliberate(ctx, id, e, ids) }},
		{cal.DeliveryAt, func(ctx context.Context) error { return l.deliver(ctx, id, e, ids) }},
	}
	for _, s := range steps {
		if s.at.After(now) || s.at.Year() < 2000 {
			return nil // what has not come yet
		}
		if err := l.At(ctx, l.tenant.ID, s.at, s.do); err != nil {
			return err
		}
	}
	return nil
}

func (l treasurer) plan(e edition) (budgets.Plan, error) {
	p := budgets.Plan{
		Text: budgets.Text{
			Title: e.Title, Summary: e.Summary, Easy: e.Easy, Body: e.Body, Rules: e.Rules,
			Adopted: budgets.Act{On: l.moment(e.AdoptedOn), Number: e.AdoptedNumber, URL: e.AdoptedURL},
		},
		Terms: budgets.Terms{Method: counting.Method(e.Method), MinVotes: e.MinVotes},
		Calendar: budgets.Calendar{
			InformationAt: l.moment(e.Information), DepositAt: l.moment(e.Deposit), StudyAt: l.moment(e.Study), VoteAt: l.moment(e.Vote),
			ResultAt: l.moment(e.Result), DeliberationAt: l.moment(e.Deliberation), WinnersAt: l.moment(e.Winners), DeliveryAt: l.moment(e.Delivery),
		},
	}
	for _, one := range e.Envelopes {
		amount, err := money.Parse(one.Amount)
		if err != nil {
			return p, fmt.Errorf("envelope %q: %w", one.Amount, err)
		}
		p.Envelopes = append(p.Envelopes, budgets.Envelope{Zone: l.zone(one.Zone), Amount: amount})
	}
	return p, nil
}

// zone is the part of the town of a name, the zero value for the whole town.
func (l loader) zone(name string) uuid.UUID {
	i := slices.IndexFunc(l.tenant.Zones, func(z tenant.Zone) bool { return z.Name == name })
	if i < 0 {
		return uuid.Nil
	}
	return l.tenant.Zones[i].ID
}

// author is who deposited the i-th project.
func (l loader) author(i int) citizen.Viewer {
	return citizen.Viewer{
		ID: l.people[i%len(l.people)], SignedIn: true, Person: citizen.PersonEmail,
		Name: nameOf(i),
	}
}

// collect deposits the projects, each by another person.
func (l treasurer) collect(ctx context.Context, id uuid.UUID, e edition, ids []uuid.UUID) error {
	for i, p := range e.Projects {
		proposal := budgets.Proposal{Title: p.Title, Text: p.Text, Theme: budgets.Theme(p.Theme), Zone: l.zone(p.Zone), Place: p.Place}
		if p.Estimate != "" {
			cents, err := money.Parse(p.Estimate)
			if err != nil {
				return fmt.Errorf("estimate %q: %w", p.Estimate, err)
			}
			proposal.Estimate = &cents
		}
		var photo io.Reader
		if p.Photo != "" {
			drawn, err := drawing(p.Theme, i)
			if err != nil {
				return err
			}
			photo, proposal.Photo.Alt = drawn, p.Photo
		}
		var err error
		if ids[i], err = l.budgets.Submit(ctx, l.tenant, l.author(i), id, proposal, p.Pin, photo); err != nil {
			return fmt.Errorf("project %q: %w", p.Title, err)
		}
	}
	return nil
}

// study prepares every decision, then publishes them together.
func (l treasurer) study(ctx context.Context, id uuid.UUID, e edition, ids []uuid.UUID) error {
	for i, p := range e.Projects {
		if p.Verdict == "" {
			return nil // still under study
		}
		var cost money.Cents
		if p.Cost != "" {
			var err error
			if cost, err = money.Parse(p.Cost); err != nil {
				return fmt.Errorf("cost %q: %w", p.Cost, err)
			}
		}
		if err := l.budgets.Prepare(ctx, l.tenant, founder, id, ids[i], budgets.Verdict(p.Verdict), p.Reason, cost); err != nil {
			return fmt.Errorf("study of %q: %w", p.Title, err)
		}
	}
	return l.budgets.PublishDecisions(ctx, l.tenant, founder, id)
}

// poll is the vote of an edition.
func (l treasurer) poll(ctx context.Context, id uuid.UUID) (poll voting.PollID, err error) {
	err = l.DB.ReadTenant(ctx, l.tenant.ID, func(ctx context.Context, tx bun.Tx) error {
		polls, err := l.Box.PollsOf(ctx, tx, l.tenant.ID, voting.Subject{Module: "budgets", ID: id})
		if err == nil && len(polls) == 0 {
			return errors.New("the edition has no vote")
		}
		if err == nil {
			poll = polls[0].ID
		}
		return err
	})
	return poll, err
}

// vote fills the voters' baskets with the votes of the projects, none beyond
// the envelope.
func (l treasurer) vote(ctx context.Context, id uuid.UUID, e edition) error {
	poll, err := l.poll(ctx, id)
	if err != nil {
		return err
	}
	if err := l.Box.Settle(ctx, l.tenant.ID, poll); err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(64)
	for i, marks := range baskets(e) {
		voter := voting.ByAccount(citizen.Viewer{ID: l.people[i], SignedIn: true, Person: citizen.PersonEmail})
		group.Go(func() error {
			_, err := l.Box.Cast(ctx, l.tenant.ID, voting.Submission{Poll: poll, Voter: voter, Nonce: voting.NewNonce(), Marks: marks, Channel: voting.Web})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("vote in %q: %w", e.Title, err)
	}
	return nil
}

// baskets spreads the votes of the projects over the voters: each takes what
// still has votes to give and fits.
func baskets(e edition) (list [][]voting.Mark) {
	left, cost := make([]int, len(e.Projects)), make([]money.Cents, len(e.Projects))
	for i, p := range e.Projects {
		left[i] = p.Votes
		cost[i], _ = money.Parse(p.Cost)
	}
	var envelope money.Cents
	for _, one := range e.Envelopes {
		amount, _ := money.Parse(one.Amount)
		envelope += amount
	}
	for v := range e.Voters {
		var marks []voting.Mark
		for rest, k := envelope, 0; k < len(left); k++ {
			i := (v*5 + k) % len(left)
			if left[i] > 0 && cost[i] <= rest && len(marks) < 8 {
				left[i], rest = left[i]-1, rest-cost[i]
				marks = append(marks, voting.Mark{Option: strconv.Itoa(i + 1), Value: voting.Chosen})
			}
		}
		if len(marks) > 0 {
			list = append(list, marks)
		}
	}
	return list
}

// count counts the vote in the moment it closed, as a program that runs does.
func (l treasurer) count(ctx context.Context, id uuid.UUID) error {
	poll, err := l.poll(ctx, id)
	if err != nil {
		return err
	}
	_, err = l.Box.Results(ctx, l.tenant.ID, poll, realtime.Host)
	return err
}

func (l treasurer) deliberate(ctx context.Context, id uuid.UUID, e edition, ids []uuid.UUID) error {
	winners := make([]uuid.UUID, len(ids))
	for i, p := range e.Projects {
		if p.Winner > 0 {
			winners[p.Winner-1] = ids[i]
		}
	}
	winners = slices.DeleteFunc(winners, func(id uuid.UUID) bool { return id == uuid.Nil })
	return l.budgets.Deliberate(ctx, l.tenant, founder, id, budgets.Outcome{
		Act: budgets.Act{On: l.moment(e.OutcomeOn), Number: e.OutcomeNumber, URL: e.OutcomeURL}, Text: e.Outcome,
	}, winners)
}

// deliver tells the steps of the winners, each in its day.
func (l treasurer) deliver(ctx context.Context, id uuid.UUID, e edition, ids []uuid.UUID) error {
	for i, p := range e.Projects {
		for _, s := range p.Steps {
			on := l.moment(s.On)
			err := l.At(ctx, l.tenant.ID, on.Add(12*time.Hour), func(ctx context.Context) error {
				return l.budgets.Tell(ctx, l.tenant, founder, id, ids[i], budgets.RealStep{
					Title: s.Title, Text: s.Text, HappenedOn: on, Stage: budgets.Stage(s.Stage), Percent: s.Percent, PromisedOn: l.moment(s.Promised), MovedWhy: s.Moved,
				}, nil)
			})
			if err != nil {
				return fmt.Errorf("step %q: %w", s.Title, err)
			}
		}
	}
	return nil
}

// loadBudgets loads the participatory budgets of a town, if it has the module.
func loadBudgets(ctx context.Context, s kernel.Seeding, l loader, list []edition) error {
	for _, m := range s.Modules {
		m, ok := m.(*budgets.Module)
		if !ok || !l.tenant.Enabled(m.Manifest().Name) {
			continue
		}
		for _, e := range list {
			if err := (treasurer{l, m}).edition(ctx, e); err != nil {
				return fmt.Errorf("budget %q: %w", e.Title, err)
			}
		}
	}
	return nil
}
