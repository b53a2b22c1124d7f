package paper_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"parvis/app/paper"
	"parvis/app/voting"
)

// todos says what waits for somebody: what, how many, where, in short.
func (h *hall) todos(name string) string {
	h.Helper()
	list, err := h.Todos(context.Background(), h.town, h.staff[name])
	h.must(err)
	var text []string
	for _, todo := range list {
		if todo.Since.IsZero() || todo.Args["Question"] == "" {
			h.Errorf("%s says neither since when nor of what", todo.Key)
		}
		_, where, _ := strings.Cut(todo.Href, "/papier")
		text = append(text, fmt.Sprintf("%s %d%s", strings.TrimPrefix(todo.Key, "paper.todo."), todo.Count, where))
	}
	return strings.Join(text, ", ")
}

func (h *hall) waits(waiting map[string]string) {
	h.Helper()
	for name, want := range waiting {
		if got := h.todos(name); got != want {
			h.Errorf("for %s waits %q, want %q", name, got, want)
		}
	}
}

// The first page of the office says to each person what they can do for the
// paper ballots, and nothing to those who can do nothing.
func TestTheOfficeSaysWhatPaperWaits(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	ctx := context.Background()
	id := h.open()
	first, second := h.batch(id, 1), h.batch(id, 1)
	h.waits(map[string]string{"Anne": "type 2", "Serge": "type 2", "Mona": ""})

	h.must(h.types("Anne", id, first, 1, "a=1"))
	h.waits(map[string]string{"Anne": "type 1/lots/2", "Bruno": "type 2"})
	h.must(h.types("Bruno", id, first, 1, "b=1"))
	h.waits(map[string]string{"Anne": "type 1/lots/2", "Chloé": "arbitrate 1/lots/1, type 1/lots/2"})
	h.must(h.types("Chloé", id, first, 1, "b=1"))
	for _, name := range []string{"Anne", "Bruno"} {
		h.must(h.types(name, id, second, 1, "c=1"))
	}
	h.waits(map[string]string{"Anne": "seal 2", "Serge": ""})

	h.close(id)
	h.must(h.seal(id, first))
	h.must(h.seal(id, second))
	h.waits(map[string]string{"Anne": "", "Olga": "finish 1"})
	h.must(h.Propose(ctx, h.town, h.staff["Anne"], id, paper.Correction{Batch: first, Sheet: 1, Said: "b=1;c=1", Reason: "Relecture"}))
	h.waits(map[string]string{"Anne": "", "Bruno": "sign 1", "Olga": "sign 1"})
	h.must(h.Confirm(ctx, h.town, h.staff["Bruno"], id, 1))
	h.must(h.Finish(ctx, h.town, h.staff["Olga"], id, "Personne n’a été émargé."))
	h.waits(map[string]string{"Anne": "", "Olga": ""})
}

// Where one person types, what is drawn waits for somebody else.
func TestTheOfficeSaysWhatToReadAgain(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.open(simple, func(terms *voting.Terms) { terms.Question = "Quel banc ?" })
	n := h.batch(id, 1)
	h.must(h.types("Anne", id, n, 1, "a=1"))
	h.must(h.seal(id, n))
	h.waits(map[string]string{"Anne": "", "Bruno": "reread 1/lots/1"})
	off := *h.town
	off.Modules = nil
	if list, err := h.Todos(context.Background(), &off, h.staff["Bruno"]); err != nil || len(list) > 0 {
		t.Errorf("a module that is off: %v, %v", list, err)
	}
}
