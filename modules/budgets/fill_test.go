package budgets

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/voting"
	"parvis/realtime"
)

func TestABigTownHasProjectsAndBaskets(t *testing.T) {
	h := newUrn(t)
	people := []citizen.ID{citizen.ID(h.account()), citizen.ID(h.account()), citizen.ID(h.account())}
	var told int
	if err := h.Fill(t.Context(), h.town, people, 40, 10, func(done int) { told = max(told, done) }); err != nil {
		t.Fatal(err)
	}
	if told != 50 {
		t.Errorf("told %d", told)
	}
	var turnout *int64
	h.in(func(ctx context.Context, tx bun.Tx) error {
		list, err := h.service.store.editions(ctx, tx, h.town.ID, false)
		if err != nil {
			return err
		}
		for _, e := range list {
			poll, err := h.service.pollOf(ctx, tx, h.town.ID, e.ID)
			if err != nil {
				return err
			}
			if poll != nil && poll.State == voting.Open && len(poll.Options) == 40 {
				view, err := h.service.Box.ViewIn(ctx, tx, h.town.ID, poll.ID, realtime.Public)
				turnout = view.Turnout
				return err
			}
		}
		return nil
	})
	if turnout == nil || *turnout != 3 {
		t.Errorf("turnout %v of three people who voted ten times", turnout)
	}
}
