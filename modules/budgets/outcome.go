package budgets

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/writing"
)

const maxOutcome = 10_000

// deliberate publishes what the council decided of the vote: the act, and the
// projects it chose, in order. Published again, it corrects what was said; a
// winner whose realisation has begun stays one.
func (s *service) deliberate(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, o Outcome, winners []uuid.UUID, reason string) error {
	o.Act, o.Text, reason = o.Act.trimmed(), writing.Tidy(o.Text), writing.Tidy(reason)
	return s.act(ctx, t, v, target, actDeliberate, func(ctx context.Context, tx bun.Tx, e *Edition) error {
		again := !e.OutcomeAt.IsZero()
		projects, err := s.store.votable(ctx, tx, t.ID, e.ID)
		if err != nil {
			return err
		}
		var wrong fault.Complaints
		o.check(&wrong, e.Now)
		wrong.When(o.On.IsZero(), "on", "budgets.outcome.day_missing")
		wrong.When(o.Number == "", "number", "budgets.outcome.number_missing")
		wrong.Bound(o.Text, "outcome", maxOutcome)
		wrong.When(len(winners) == 0, "winners", "budgets.outcome.winners_missing")
		s.reason(&wrong, again, reason)
		overspent(&wrong, e, projects, winners)
		for _, p := range projects {
			begun := p.Percent > 0 || p.Stage != "" && p.Stage != Planned
			wrong.When(begun && !slices.Contains(winners, p.ID), "winners", "budgets.outcome.begun", fault.Args{"Title": p.Title})
		}
		if err := wrong.Err(); err != nil {
			return err
		}
		if e.Outcome = o; !again {
			e.OutcomeAt = e.Now
		}
		if err := s.crown(ctx, tx, t, e, projects, winners); err != nil {
			return err
		}
		change := Change{Kind: WasDeliberated}
		if again {
			change = Change{Kind: WasCorrected, Reason: reason}
		}
		return s.store.insertChange(ctx, tx, t.ID, e.ID, change)
	})
}

// overspent refuses winners that were not voted on, and more money than there is.
func overspent(wrong *fault.Complaints, e *Edition, projects []*Project, winners []uuid.UUID) {
	left := map[uuid.UUID]int64{}
	for _, envelope := range e.Envelopes {
		left[envelope.Zone] = int64(envelope.Amount)
	}
	for _, id := range winners {
		i := slices.IndexFunc(projects, func(p *Project) bool { return p.ID == id })
		if i < 0 {
			wrong.When(true, "winners", "budgets.outcome.unknown")
			return
		}
		p := projects[i]
		zone := p.Zone
		if cost := int64(p.Cost); left[zone] < cost {
			zone = uuid.Nil
		}
		left[zone] -= int64(p.Cost)
		if left[zone] < 0 {
			wrong.When(true, "winners", "budgets.outcome.overspent", fault.Args{"Title": p.Title})
			return
		}
	}
}

// crown makes the projects of the list winners, in order, and no others, and
// tells the authors of the new ones.
func (s *service) crown(ctx context.Context, tx bun.Tx, t *tenant.Tenant, e *Edition, projects []*Project, winners []uuid.UUID) error {
	for _, p := range projects {
		place, was := slices.Index(winners, p.ID)+1, p.Rank
		if place == was {
			continue
		}
		switch p.Rank = place; {
		case place == 0:
			p.WonAt, p.Progress = time.Time{}, Progress{}
		case was == 0:
			p.WonAt, p.Stage = e.Now, Planned
		}
		if err := s.store.saveProject(ctx, tx, t.ID, p); err != nil {
			return err
		}
		if place == 0 || was > 0 {
			continue
		}
		err := s.tell(ctx, tx, t, p, func(ctx context.Context) []string {
			return []string{i18n.T(ctx, "budgets.letter.won", "Title", p.Title), i18n.T(ctx, "budgets.letter.follow")}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
