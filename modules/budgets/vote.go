package budgets

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/realtime"
)

var (
	_ booth.Subjects    = (*Module)(nil)
	_ booth.Illustrated = (*Module)(nil)
)

// The vote of an edition is a poll of the ballot box, whose options are the
// projects that may be chosen, by their number, with what they cost.

func subject(edition uuid.UUID) voting.Subject { return voting.Subject{Module: name, ID: edition} }

// pollOf returns the poll of an edition, nil while there is none.
func (s *service) pollOf(ctx context.Context, tx bun.IDB, t tenant.ID, edition uuid.UUID) (*voting.Poll, error) {
	polls, err := s.Box.PollsOf(ctx, tx, t, subject(edition))
	if err != nil || len(polls) == 0 {
		return nil, err
	}
	return polls[0], nil
}

// prepareVote makes the poll of an edition what the edition says: it is called
// when the decisions are published, when dates or money change before the vote,
// and when a project is taken away. Once the vote is open, taking projects away
// is all that is left to do.
func (s *service) prepareVote(ctx context.Context, tx bun.Tx, t *tenant.Tenant, v citizen.Viewer, e *Edition) error {
	projects, err := s.store.votable(ctx, tx, t.ID, e.ID)
	if err != nil {
		return err
	}
	poll, err := s.pollOf(ctx, tx, t.ID, e.ID)
	if err != nil {
		return err
	}
	act := voting.Act{Actor: v.ID}
	switch {
	case poll == nil && len(projects) == 0:
		return nil
	case poll == nil:
		id, err := s.Box.Create(ctx, tx, t.ID, subject(e.ID), pollTerms(ctx, t, e, firstTerms(inTown(ctx, t)), projects))
		if err != nil {
			return err
		}
		return s.Box.Schedule(ctx, tx, t.ID, id)
	case poll.State == voting.Draft, poll.State == voting.Scheduled:
		if len(projects) == 0 {
			return s.Box.Delete(ctx, tx, t.ID, poll.ID)
		}
		return s.Box.Update(ctx, tx, t.ID, poll.ID, pollTerms(ctx, t, e, poll.Terms, projects), act)
	case poll.State == voting.Open:
		return s.takeOffBallot(ctx, tx, t.ID, act, e, poll, projects)
	}
	return nil
}

// inTown speaks the language of the town: what everybody reads is not written
// in that of whoever publishes it.
func inTown(ctx context.Context, t *tenant.Tenant) context.Context {
	return i18n.In(ctx, t.Locale, t.TimeZone)
}

// firstTerms are those that the edition does not say: any account votes, may
// change until the closing, and the turnout shows.
func firstTerms(ctx context.Context) voting.Terms {
	t := voting.Terms{
		Question: i18n.T(ctx, "budgets.vote.question"), Visibility: voting.Turnout, Release: voting.AtClosing, AllowChange: true,
		Rule: counting.Rule{WithinEnvelope: true},
	}
	t.Electorate.Person = citizen.PersonEmail
	return t
}

// pollTerms completes the terms of the poll with what the edition says: dates,
// count, money, projects.
func pollTerms(ctx context.Context, t *tenant.Tenant, e *Edition, terms voting.Terms, projects []*Project) voting.Terms {
	ctx = inTown(ctx, t)
	terms.Opens, terms.Closes, terms.Method = e.VoteAt, e.ResultAt, e.Method
	terms.Rules = i18n.T(ctx, "budgets.vote.rules", "Number", e.Adopted.Number, "Date", civilDay(ctx, e.Adopted.On))
	terms.Rule.MinVotes, terms.Rule.Envelopes, terms.Options = e.MinVotes, nil, nil
	terms.Rule.Completion = ""
	if e.Method == counting.EqualShares {
		terms.Rule.Completion = counting.CompletionAdd1U // what is left raises the shares, then goes by votes
	}
	funded := map[uuid.UUID]string{}
	for _, envelope := range e.Envelopes {
		zone := zoneKey(t, envelope.Zone)
		funded[envelope.Zone] = zone
		terms.Rule.Envelopes = append(terms.Rule.Envelopes, counting.Envelope{Zone: zone, Cents: int64(envelope.Amount)})
	}
	titles := map[string]int{}
	for _, p := range projects {
		titles[strings.TrimSpace(p.Title)]++
	}
	for _, p := range projects {
		o := voting.Option{
			ID: strconv.Itoa(p.Number), Label: p.Title, Description: markdown.Text(p.Text, 160),
			Cost: int64(p.Cost), Zone: funded[p.Zone], // a zone without money of its own is paid by the town
		}
		if titles[strings.TrimSpace(p.Title)] > 1 {
			o.Label += " (n° " + o.ID + ")"
		}
		terms.Options = append(terms.Options, o)
	}
	terms.MaxChoices = min(terms.MaxChoices, len(terms.Options))
	return terms
}

// zoneKey names a zone in the rules of the vote, which anyone can recount: by
// its name, not by a number.
func zoneKey(t *tenant.Tenant, id uuid.UUID) string {
	for _, z := range t.Zones {
		if z.ID == id {
			return z.Name
		}
	}
	return ""
}

// takeOffBallot withdraws from a vote under way the projects that were taken
// away, for the reason that was made public then.
func (s *service) takeOffBallot(ctx context.Context, tx bun.Tx, t tenant.ID, act voting.Act, e *Edition, poll *voting.Poll, projects []*Project) error {
	standing := map[voting.OptionID]bool{}
	for _, p := range projects {
		standing[strconv.Itoa(p.Number)] = true
	}
	terms := poll.Terms
	terms.Options = slices.Clone(poll.Options)
	var gone []voting.OptionID
	for i, o := range terms.Options {
		if !o.Withdrawn && !standing[o.ID] {
			terms.Options[i].Withdrawn = true
			gone = append(gone, o.ID)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	var reasons []string
	err := tx.NewRaw(`SELECT title || ' : ' || withdrawn_why FROM budgets.projects
		WHERE tenant_id = ? AND edition_id = ? AND number::text IN (?) ORDER BY number`, t, e.ID, bun.List(gone)).Scan(ctx, &reasons)
	if err != nil {
		return fmt.Errorf("read why projects were taken away: %w", err)
	}
	act.Reason = i18n.Typeset(strings.Join(reasons, " ; "))
	return s.Box.Update(ctx, tx, t, poll.ID, terms, act)
}

// elected returns the projects that the count funds, in order; none while it
// has not been made.
func (s *service) elected(ctx context.Context, tx bun.Tx, t tenant.ID, e *Edition) ([]uuid.UUID, error) {
	poll, err := s.pollOf(ctx, tx, t, e.ID)
	if err != nil || poll == nil || !poll.State.Over() {
		return nil, err
	}
	result, err := s.Box.Counted(ctx, tx, t, poll.ID)
	if err != nil || result == nil {
		return nil, err
	}
	projects, err := s.store.votable(ctx, tx, t, e.ID)
	if err != nil {
		return nil, err
	}
	var winners []uuid.UUID
	for _, id := range result.Outcome.Winners {
		for _, p := range projects {
			if strconv.Itoa(p.Number) == id {
				winners = append(winners, p.ID)
			}
		}
	}
	return winners, nil
}

// Subject tells the pages of polls which edition a poll belongs to.
func (m *Module) Subject(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, s voting.Subject) (booth.SubjectInfo, error) {
	d, err := m.service.inOffice(ctx, t.ID, s.ID)
	if err != nil {
		return booth.SubjectInfo{}, err
	}
	manage := may(v, actSchedule, d.Edition, uuid.Nil) == nil
	info := booth.SubjectInfo{
		Title: d.Title, Href: href(d.ID), Back: i18n.T(ctx, "budgets.vote.back"), Visible: d.Published || manage, Manage: manage,
	}
	if len(d.Envelopes) == 1 {
		info.Zone = d.Envelopes[0].Zone // the edition of one quartier
	}
	return info, nil
}

// Pages tells the booth where each project is presented.
func (m *Module) Pages(ctx context.Context, t *tenant.Tenant, s voting.Subject) (map[voting.OptionID]string, error) {
	pages := map[voting.OptionID]string{}
	err := m.service.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		projects, err := m.service.store.votable(ctx, tx, t.ID, s.ID)
		for _, p := range projects {
			pages[strconv.Itoa(p.Number)] = projectHref(s.ID, p.ID)
		}
		return err
	})
	return pages, err
}

// view returns the poll of an edition and what may be seen of it; nil while
// there is none.
func (s *service) view(ctx context.Context, t tenant.ID, v citizen.Viewer, edition uuid.UUID) (poll *voting.Poll, seen voting.View, voted bool, err error) {
	err = s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		if poll, err = s.pollOf(ctx, tx, t, edition); err != nil || poll == nil {
			return err
		}
		if seen, err = s.Box.ViewIn(ctx, tx, t, poll.ID, realtime.Public); err != nil || !v.SignedIn {
			return err
		}
		mine, err := s.Box.Voted(ctx, tx, t, voting.ByAccount(v), poll.ID)
		voted = mine[poll.ID]
		return err
	})
	return poll, seen, voted, err
}

// setVote changes who votes and how, until the vote opens.
func (s *service) setVote(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, set func(*voting.Terms)) error {
	return s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		e, err := s.locked(ctx, tx, t.ID, v, target, actTerms)
		if err != nil {
			return err
		}
		poll, err := s.pollOf(ctx, tx, t.ID, e.ID)
		if err != nil {
			return err
		}
		if poll == nil {
			return ErrTooEarly
		}
		projects, err := s.store.votable(ctx, tx, t.ID, e.ID)
		if err != nil {
			return err
		}
		terms := poll.Terms
		set(&terms)
		if terms.MaxChoices > len(projects) {
			return fault.OnFields(fault.Field{Name: "max_choices", Key: "voting.terms.max_choices"})
		}
		err = s.Box.Update(ctx, tx, t.ID, poll.ID, pollTerms(ctx, t, e, terms, projects), voting.Act{Actor: v.ID})
		if err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, actTerms, e.ID, map[string]any{"vote": poll.ID.String()})
	})
}

// notSeen reports whether a result is not to be seen yet.
func notSeen(err error) bool {
	return errors.Is(err, voting.ErrNotReleased) || errors.Is(err, voting.ErrNotClosedYet) || errors.Is(err, voting.ErrPollCancelled)
}
