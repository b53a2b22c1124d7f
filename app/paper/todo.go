package paper

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// waiting is what waits for somebody in the paper ballots of one poll, by the
// key of its message.
type waiting struct {
	poll    *voting.Poll
	batches map[string][]int // their numbers
	since   map[string]time.Time
	todos   []module.Todo // those that are not of one batch
}

// The messages of what waits in batches, in the order they are shown.
var batchTodos = []string{"paper.todo.arbitrate", "paper.todo.type", "paper.todo.reread", "paper.todo.seal"}

// maxTodoBatches bounds what is read of one poll to say what waits in it.
const maxTodoBatches = 40

// Todos says what waits for v in the votes on paper of a town: batches to type,
// to arbitrate, to read again, to put into the box, corrections to sign, polls
// whose every sheet is in. It implements module.Todoer.
//
// i18n: paper.todo.*
func (s *Service) Todos(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) (todos []module.Todo, err error) {
	if !v.Staff() {
		return nil, nil
	}
	err = s.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		polls, err := s.Box.PaperPolls(ctx, tx, t.ID)
		if err != nil {
			return err
		}
		for _, p := range polls {
			if !t.Enabled(p.Subject.Module) || !may(v, See, p) {
				continue
			}
			list, err := s.todosOf(ctx, tx, v, p)
			if err != nil {
				return err
			}
			todos = append(todos, list...)
		}
		return nil
	})
	return todos, err
}

func (s *Service) todosOf(ctx context.Context, tx bun.Tx, v citizen.Viewer, p *voting.Poll) ([]module.Todo, error) {
	w := &waiting{poll: p, batches: map[string][]int{}, since: map[string]time.Time{}}
	if p.TakesSheets() == nil {
		if err := w.addBatches(ctx, tx, v); err != nil {
			return nil, err
		}
	}
	if may(v, Confirm, p) {
		if err := w.addSignatures(ctx, tx, v); err != nil {
			return nil, err
		}
	}
	if p.State.Over() && p.PaperPending() && may(v, Finish, p) {
		st, err := s.standing(ctx, tx, p)
		if err != nil {
			return nil, err
		}
		if len(st.Obstacles()) == 0 {
			w.add("paper.todo.finish", 1, p.Closes)
		}
	}
	return w.list(), nil
}

// addBatches looks at the batches that are being typed, or read again.
func (w *waiting) addBatches(ctx context.Context, tx bun.Tx, v citizen.Viewer) error {
	batches, err := selectBatches(ctx, tx, w.poll, "AND counted IS NOT NULL AND (sealed_at IS NULL OR cardinality(sample) > 0) ORDER BY number LIMIT ?", maxTodoBatches)
	if err != nil {
		return err
	}
	for _, b := range batches {
		bySheet, err := allTypings(ctx, tx, w.poll, b.Number)
		if err != nil {
			return err
		}
		if key := b.todo(w.poll, bySheet, v); key != "" {
			w.batches[key] = append(w.batches[key], b.Number)
			if since := w.since[key]; since.IsZero() || b.CountedAt.Before(since) {
				w.since[key] = b.CountedAt
			}
		}
	}
	return nil
}

// todo is the key of what v could do for a batch now, "" when there is nothing.
func (b *Batch) todo(p *voting.Poll, bySheet map[int][]typing, v citizen.Viewer) string {
	settled, key := true, ""
	for sheet := 1; sheet <= b.Counted; sheet++ {
		typed := bySheet[sheet]
		if b.settled(p, sheet, typed) {
			continue
		}
		settled = false
		switch mine := slices.ContainsFunc(typed, func(o typing) bool { return o.Agent == v.ID }); {
		case mine || !may(v, Type, p):
		case b.Sealed():
			return "paper.todo.reread"
		case len(typed) > 1:
			return "paper.todo.arbitrate"
		default:
			key = "paper.todo.type"
		}
	}
	if settled && !b.Sealed() && may(v, Seal, p) {
		return "paper.todo.seal"
	}
	return key
}

// addSignatures counts what another person has proposed and v may sign.
func (w *waiting) addSignatures(ctx context.Context, tx bun.Tx, v citizen.Viewer) error {
	list, err := selectCorrections(ctx, tx, w.poll, "AND confirmed_at IS NULL AND dropped_at IS NULL AND proposed_by <> ? ORDER BY number", v.ID)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		w.add("paper.todo.sign", len(list), list[0].ProposedAt)
	}
	marks, err := selectUnmarkings(ctx, tx, w.poll, "AND citizen_id IS NOT NULL AND asked_by <> ? ORDER BY number", v.ID)
	if err == nil && len(marks) > 0 {
		w.add("paper.todo.unmark", len(marks), marks[0].AskedAt)
	}
	return err
}

func (w *waiting) add(key string, count int, since time.Time) {
	w.todos = append(w.todos, module.Todo{Key: key, Args: w.args(), Count: count, Href: Href(w.poll.ID), Since: since})
}

func (w *waiting) args() map[string]any { return map[string]any{"Question": w.poll.Question} }

// list returns what waits; a batch alone of its kind is led to at once.
func (w *waiting) list() []module.Todo {
	var list []module.Todo
	for _, key := range batchTodos {
		numbers := w.batches[key]
		if len(numbers) == 0 {
			continue
		}
		todo := module.Todo{Key: key, Args: w.args(), Count: len(numbers), Href: Href(w.poll.ID), Since: w.since[key]}
		if len(numbers) == 1 {
			todo.Href = batchHref(w.poll.ID, numbers[0])
		}
		list = append(list, todo)
	}
	return append(list, w.todos...)
}
