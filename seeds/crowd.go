package seeds

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/kernel"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// Crowd has simulated voters take part in the demonstration's room until ctx
// is done: they arrive over a few minutes, and some change their mind, so that
// the screen lives. It does nothing where no room is open.
func Crowd(ctx context.Context, app *kernel.App, voters int) error {
	t, poll, err := openRoom(ctx, app)
	if err != nil || poll == nil {
		return err
	}
	devices := make([]uuid.UUID, voters)
	for i := range devices {
		devices[i] = uuid.New()
	}
	for arrived := 1; ; arrived++ {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Duration(200+rand.IntN(1600)) * time.Millisecond):
		}
		device := devices[min(arrived, voters)-1]
		if arrived > voters { // everybody is there: now and then somebody thinks again
			device = devices[rand.IntN(voters)]
		}
		option := poll.Options[min(rand.IntN(len(poll.Options)), rand.IntN(len(poll.Options)))] // the first ones please more
		_, err := app.Box.Cast(ctx, t, voting.Submission{
			Poll: poll.ID, Voter: voting.ByDevice(device), Nonce: voting.NewNonce(), Channel: voting.Meeting,
			Marks: []voting.Mark{{Option: option.ID, Value: voting.Chosen}},
		})
		if err != nil {
			return err // closed by the host: the meeting is over
		}
	}
}

// openRoom finds a poll that is open to a room, in the demonstration towns.
func openRoom(ctx context.Context, app *kernel.App) (tenant.ID, *voting.Poll, error) {
	towns, err := app.Directory.All(ctx)
	if err != nil {
		return tenant.ID{}, nil, err
	}
	for _, t := range towns {
		var polls []*voting.Poll
		err := app.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
			polls, err = app.Box.Rooms(ctx, tx, t.ID)
			return err
		})
		if err != nil {
			return t.ID, nil, err
		}
		if t.Demo && len(polls) > 0 {
			return t.ID, polls[0], nil
		}
	}
	return tenant.ID{}, nil, nil
}
