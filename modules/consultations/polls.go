package consultations

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/writing"
)

// Bounds of a question, in characters.
const (
	maxOptions           = 30
	maxOptionLabel       = 200
	maxOptionDescription = 500
	maxPollDescription   = 2_000
)

// A poll of a consultation opens and closes with it, except a poll open to the
// room: that one is opened by hand, from the host's console, and closes at the
// latest with the consultation.
func follow(c *Consultation, terms voting.Terms) voting.Terms {
	terms.Opens, terms.Closes = c.OpensAt, c.ClosesAt
	if terms.Room.Open {
		terms.Opens = time.Time{}
	}
	if terms.Room.Anonymous() {
		terms.Electorate = voting.Electorate{} // there is no account to ask anything of
	}
	return terms
}

// addPoll adds a question to a consultation that has not opened.
func (s *service) addPoll(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID, terms voting.Terms) (poll voting.PollID, err error) {
	err = s.onPolls(ctx, t, v, id, func(ctx context.Context, tx bun.Tx, c *Consultation, polls []*voting.Poll) (map[string]any, error) {
		if len(polls) >= maxPolls {
			return nil, ErrTooManyPolls.With(fault.Args{"Limit": maxPolls})
		}
		terms, err := checkedTerms(c, terms)
		if err != nil {
			return nil, err
		}
		if len(polls) > 0 {
			terms.Position = polls[len(polls)-1].Position + 1
		}
		if poll, err = s.box.Create(ctx, tx, t, subject(id), terms); err != nil {
			return nil, err
		}
		if c.Published {
			err = s.box.Schedule(ctx, tx, t, poll)
		}
		return map[string]any{"add": poll.String()}, err
	})
	return poll, err
}

// editPoll replaces a question, seen at one of its revisions.
func (s *service) editPoll(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID, poll voting.PollID, revision int64, terms voting.Terms) error {
	return s.onPolls(ctx, t, v, id, func(ctx context.Context, tx bun.Tx, c *Consultation, polls []*voting.Poll) (map[string]any, error) {
		was, _, err := among(polls, poll)
		if err != nil {
			return nil, err
		}
		if revision != was.Revision {
			return nil, ErrStale
		}
		terms, err := checkedTerms(c, terms)
		if err != nil {
			return nil, err
		}
		terms.Position = was.Position
		return map[string]any{"edit": poll.String()}, s.box.Update(ctx, tx, t, poll, terms, voting.Act{Actor: v.ID})
	})
}

// removePoll takes a question away before anyone can answer it.
func (s *service) removePoll(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID, poll voting.PollID) error {
	return s.onPolls(ctx, t, v, id, func(ctx context.Context, tx bun.Tx, c *Consultation, polls []*voting.Poll) (map[string]any, error) {
		was, _, err := among(polls, poll)
		if err != nil {
			return nil, err
		}
		if c.Published && len(polls) == 1 {
			return nil, ErrLastPoll
		}
		return map[string]any{"remove": was.Question}, s.box.Delete(ctx, tx, t, poll)
	})
}

// movePoll exchanges a question with its neighbour: by is -1 or 1.
func (s *service) movePoll(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID, poll voting.PollID, by int) error {
	return s.onPolls(ctx, t, v, id, func(ctx context.Context, tx bun.Tx, _ *Consultation, polls []*voting.Poll) (map[string]any, error) {
		_, i, err := among(polls, poll)
		if err != nil {
			return nil, err
		}
		if i+by < 0 || i+by >= len(polls) {
			return nil, nil // the page was old: there is nothing beyond
		}
		polls[i], polls[i+by] = polls[i+by], polls[i]
		for place, p := range polls {
			if p.Position == place {
				continue
			}
			terms := p.Terms
			terms.Position = place
			if err := s.box.Update(ctx, tx, t, p.ID, terms, voting.Act{Actor: v.ID}); err != nil {
				return nil, err
			}
		}
		return map[string]any{"move": poll.String()}, nil
	})
}

// onPolls runs fn on a locked consultation and its polls when v may change them,
// and writes what it did in the journal.
func (s *service) onPolls(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID,
	fn func(ctx context.Context, tx bun.Tx, c *Consultation, polls []*voting.Poll) (map[string]any, error),
) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		c, err := s.store.lock(ctx, tx, t, id)
		if err != nil {
			return err
		}
		if err := may(v, actPolls, c); err != nil {
			return err
		}
		polls, err := s.box.PollsOf(ctx, tx, t, subject(id))
		if err != nil {
			return err
		}
		details, err := fn(ctx, tx, c, polls)
		if err != nil || details == nil {
			return err
		}
		return record(ctx, tx, t, v, actPolls, id, details)
	})
}

// among finds a poll among those of a consultation: the ID comes from an
// address, which anyone may type.
func among(polls []*voting.Poll, id voting.PollID) (*voting.Poll, int, error) {
	for i, p := range polls {
		if p.ID == id {
			return p, i, nil
		}
	}
	return nil, 0, ErrNotFound
}

// checkedTerms completes the terms of a poll and says what is wrong with them,
// in the words of the form.
func checkedTerms(c *Consultation, terms voting.Terms) (voting.Terms, error) {
	terms.Question = writing.Line(terms.Question)
	terms.Description = writing.Tidy(terms.Description)
	if terms.Method != voting.Approval {
		terms.MaxChoices = 0
	}
	terms = follow(c, terms)
	var wrong fault.Complaints
	if err := terms.Check(); err != nil {
		f, ok := asInvalid(err)
		if !ok {
			return terms, err
		}
		wrong = append(wrong, f.Fields...)
	}
	wrong.Bound(terms.Description, "description", maxPollDescription)
	wrong.When(len(terms.Options) > maxOptions, "options", "consultations.options.many", fault.Args{"Limit": maxOptions})
	for _, o := range terms.Options {
		wrong.Bound(o.Label, "options", maxOptionLabel)
		wrong.Bound(o.Description, "options", maxOptionDescription)
	}
	e := terms.Electorate
	wrong.When(e.AgeFrom < 0 || e.AgeFrom > 120, "age_from", "consultations.age.range")
	wrong.When(e.AgeTo < 0 || e.AgeTo > 120, "age_to", "consultations.age.range")
	wrong.When(e.AgeTo > 0 && e.AgeTo < e.AgeFrom, "age_to", "consultations.age.reversed")
	if e.AgeOn != "" {
		_, err := time.Parse(time.DateOnly, e.AgeOn)
		wrong.When(err != nil, "age_on", "consultations.age.day")
	}
	wrong.When(slices.ContainsFunc(e.Roles, func(r citizen.Role) bool { return !slices.Contains(citizen.Roles, r) }), "roles", "consultations.roles.unknown")
	return terms, wrong.Err()
}

// movePolls gives the polls of c its dates.
func (s *service) movePolls(ctx context.Context, tx bun.Tx, t tenant.ID, v citizen.Viewer, c *Consultation, reason string) error {
	polls, err := s.box.PollsOf(ctx, tx, t, subject(c.ID))
	if err != nil {
		return err
	}
	for _, p := range polls {
		if p.State != voting.Draft && p.State != voting.Scheduled {
			continue // opened by hand in the room: it has its own life
		}
		if err := s.box.Update(ctx, tx, t, p.ID, follow(c, p.Terms), voting.Act{Actor: v.ID, Reason: reason}); err != nil {
			return err
		}
	}
	return nil
}

// schedulePolls makes the dates of every poll of c hold.
func (s *service) schedulePolls(ctx context.Context, tx bun.Tx, t tenant.ID, c *Consultation) error {
	polls, err := s.box.PollsOf(ctx, tx, t, subject(c.ID))
	if err != nil {
		return err
	}
	for _, p := range polls {
		if err := s.box.Schedule(ctx, tx, t, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// dropPolls deletes the polls of a draft.
func (s *service) dropPolls(ctx context.Context, tx bun.Tx, t tenant.ID, id uuid.UUID) error {
	polls, err := s.box.PollsOf(ctx, tx, t, subject(id))
	if err != nil {
		return err
	}
	for _, p := range polls {
		if err := s.box.Delete(ctx, tx, t, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// asInvalid returns the fault about what was typed that err is, if it is one.
func asInvalid(err error) (*fault.Error, bool) {
	f, ok := errors.AsType[*fault.Error](err)
	return f, ok && f.Kind == fault.Invalid
}
