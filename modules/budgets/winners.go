package budgets

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/database"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/realtime"
)

// Counted is the result of an edition's vote, with what its page shows beside it.
type Counted struct {
	*Dossier
	Poll     *voting.Poll
	Result   *voting.Result
	Projects map[voting.OptionID]*Project
	Others   []Other // the same ballots by other rules; those that are counted
	Pending  bool    // others are being counted
	Source   *Source // the file that the edition was imported from, if it was
}

// Other is what another rule would have funded.
type Other struct {
	Method  counting.Method
	Winners []voting.OptionID
	Spent   int64
}

// counted reads the result of an edition's vote; ErrNotFound while it is not
// to be seen.
func (s *service) counted(ctx context.Context, t tenant.ID, d *Dossier) (*Counted, error) {
	c := &Counted{Dossier: d, Projects: map[voting.OptionID]*Project{}}
	err := s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) (err error) {
		if c.Poll, err = s.pollOf(ctx, tx, t, d.ID); err != nil || c.Poll == nil {
			return err
		}
		if c.Source, err = s.store.source(ctx, tx, t, d.ID); err != nil {
			return err
		}
		projects, err := s.store.onBallot(ctx, tx, t, d.ID)
		for _, p := range projects {
			c.Projects[strconv.Itoa(p.Number)] = p
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if c.Poll == nil {
		return nil, ErrNotFound
	}
	c.Result, err = s.Box.Results(ctx, t, c.Poll.ID, realtime.Public)
	if notSeen(err) {
		return nil, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return nil, err
	}
	c.Others, c.Pending, err = s.others(ctx, t, c.Poll, c.Result)
	return c, err
}

// onBallot lists the projects that were put to the vote, those withdrawn
// during it included.
func (store) onBallot(ctx context.Context, tx bun.IDB, t tenant.ID, edition any) ([]*Project, error) {
	var rows []projectRow
	err := tx.NewRaw(`SELECT `+projectColumns+` FROM budgets.projects
		WHERE tenant_id = ? AND edition_id = ? AND deposited_at IS NOT NULL AND verdict = 'accepted' ORDER BY number`, t, edition).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the projects of a vote: %w", err)
	}
	return projectsOf(rows), nil
}

// recounts remembers which polls are being counted by other rules.
type recounts struct {
	mu   sync.Mutex
	busy map[voting.PollID]chan struct{}
}

// patience is how long a page waits for a count before it is shown without.
const patience = 250 * time.Millisecond

// others returns what the other rules give, from the store; what is not there
// is counted beside the request, once, and kept.
func (s *service) others(ctx context.Context, t tenant.ID, poll *voting.Poll, result *voting.Result) ([]Other, bool, error) {
	list, err := s.storedOthers(ctx, t, poll.ID)
	if err != nil || len(list) >= len(otherRules(result.Rule)) {
		return list, false, err
	}
	select {
	case <-s.countOthers(ctx, t, poll.ID, result.Rule):
	case <-time.After(patience):
		return list, true, nil
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	list, err = s.storedOthers(ctx, t, poll.ID)
	return list, len(list) < len(otherRules(result.Rule)), err
}

// otherRules are the rules that a result is compared with: the same envelopes,
// the same minimum, another count.
func otherRules(rule counting.Rule) []counting.Rule {
	var rules []counting.Rule
	for _, m := range methods {
		if m == rule.Method {
			continue
		}
		other := rule
		other.Method, other.Completion = m, ""
		if m == counting.EqualShares {
			other.Completion = counting.CompletionAdd1U
		}
		rules = append(rules, other)
	}
	return rules
}

func (s *service) storedOthers(ctx context.Context, t tenant.ID, poll voting.PollID) (list []Other, err error) {
	var rows []struct {
		Method  string
		Outcome string
	}
	err = s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT method, outcome FROM budgets.recounts WHERE tenant_id = ? AND poll_id = ? ORDER BY method`, t, poll).Scan(ctx, &rows)
	})
	for _, r := range rows {
		other := Other{Method: counting.Method(r.Method)}
		if err := json.Unmarshal([]byte(r.Outcome), &other); err != nil {
			return nil, fmt.Errorf("read another count: %w", err)
		}
		list = append(list, other)
	}
	return list, err
}

// countOthers counts the ballots by the other rules and keeps what they give;
// the channel is closed when that is done. It outlives the request.
func (s *service) countOthers(ctx context.Context, t tenant.ID, poll voting.PollID, rule counting.Rule) <-chan struct{} {
	s.recounts.mu.Lock()
	defer s.recounts.mu.Unlock()
	if done, busy := s.recounts.busy[poll]; busy {
		return done
	}
	if s.recounts.busy == nil {
		s.recounts.busy = map[voting.PollID]chan struct{}{}
	}
	done := make(chan struct{})
	s.recounts.busy[poll] = done
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Minute)
		defer cancel()
		defer close(done)
		defer func() {
			s.recounts.mu.Lock()
			defer s.recounts.mu.Unlock()
			delete(s.recounts.busy, poll)
		}()
		if err := s.keepOthers(ctx, t, poll, rule); err != nil {
			s.Log.WarnContext(ctx, "count by another rule", "poll", poll, "error", err)
		}
	}()
	return done
}

// keepOthers counts by each of the other rules and stores the outcomes.
func (s *service) keepOthers(ctx context.Context, t tenant.ID, poll voting.PollID, rule counting.Rule) error {
	for _, other := range otherRules(rule) {
		outcome, err := s.Box.Recount(database.Patiently(ctx, 5*time.Minute), t, poll, realtime.Public, other)
		if err != nil {
			return err
		}
		kept := Other{Method: other.Method, Winners: outcome.Winners}
		for _, spending := range outcome.Spending {
			kept.Spent += spending.Spent
		}
		body, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		err = s.DB.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(`INSERT INTO budgets.recounts (tenant_id, poll_id, method, outcome) VALUES (?, ?, ?, ?)
				ON CONFLICT DO NOTHING`, t, poll, string(other.Method), string(body)).Exec(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("keep another count: %w", err)
		}
	}
	return nil
}

// apart returns what is in a and not in b.
func apart(a, b []voting.OptionID) []voting.OptionID {
	var out []voting.OptionID
	for _, id := range a {
		if !slices.Contains(b, id) {
			out = append(out, id)
		}
	}
	return out
}
