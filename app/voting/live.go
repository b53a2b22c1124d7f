package voting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/tenant"
	"parvis/realtime"
)

// Snapshot returns how the poll of a live topic stands, as an audience may see it.
func (b *Box) Snapshot(ctx context.Context, topic realtime.Topic, as realtime.Audience) (realtime.State, error) {
	t, err := tenant.ParseID(topic.Tenant)
	if err != nil {
		return realtime.State{}, realtime.ErrGone
	}
	id, err := ParsePollID(topic.Name)
	if err != nil {
		return realtime.State{}, realtime.ErrGone
	}
	view, err := b.View(ctx, t, id, as)
	if errors.Is(err, ErrNotFound) {
		return realtime.State{}, realtime.ErrGone
	}
	if err != nil {
		return realtime.State{}, err
	}
	body, err := json.Marshal(view)
	if err != nil {
		return realtime.State{}, fmt.Errorf("encode how a poll stands: %w", err)
	}
	return realtime.State{Rev: view.Rev, Body: body}, nil
}

// View returns how a poll stands, as an audience may see it.
func (b *Box) View(ctx context.Context, t tenant.ID, id PollID, as realtime.Audience) (view View, err error) {
	err = b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		view, err = b.ViewIn(ctx, tx, t, id, as)
		return err
	})
	return view, err
}

// ViewIn is View within the caller's transaction.
func (b *Box) ViewIn(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, as realtime.Audience) (View, error) {
	polls, err := selectRows(ctx, tx, t, "poll.id = ?", id)
	if err != nil {
		return View{}, err
	}
	if len(polls) == 0 {
		return View{}, ErrNotFound
	}
	head, err := selectHead(ctx, tx, t, id, "")
	if err != nil {
		return View{}, err
	}
	return Visible(polls[0], head, as, polls[0].Now), nil
}

// Work logs openings and closings and counts what has closed, each at its
// moment, until ctx is done. Polls open and close without it: ballots obey the
// clock. Several nodes may work at once.
func (b *Box) Work(ctx context.Context) error {
	const often = time.Minute
	for {
		wait := min(b.settleAll(ctx), often)
		timer := time.NewTimer(max(wait, 10*time.Millisecond))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-b.stirred:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// stir wakes Work: a poll has a new moment.
func (b *Box) stir() {
	select {
	case b.stirred <- struct{}{}:
	default:
	}
}

// settleAll settles what is due in every town, and returns how long it is
// until the next moment of any poll.
func (b *Box) settleAll(ctx context.Context) time.Duration {
	var towns []tenant.ID
	err := b.db.Platform(ctx, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT id FROM core.tenants`).Scan(ctx, &towns)
	})
	if err != nil {
		b.log.WarnContext(ctx, "look for polls to open and close", "error", err)
		return time.Second
	}
	next := time.Hour
	for _, t := range towns {
		wait, err := b.settleTown(ctx, t)
		if err != nil && ctx.Err() == nil {
			b.log.WarnContext(ctx, "open and close polls", "tenant", t, "error", err)
			wait = 5 * time.Second
		}
		next = min(next, wait)
	}
	return next
}

func (b *Box) settleTown(ctx context.Context, t tenant.ID) (time.Duration, error) {
	var polls []*Poll
	err := b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) (err error) {
		polls, err = selectRows(ctx, tx, t, "poll.scheduled_at IS NOT NULL AND poll.counted_at IS NULL AND poll.cancelled_at IS NULL")
		return err
	})
	if err != nil {
		return 0, err
	}
	next := time.Hour
	for _, p := range polls {
		wait, err := b.settleDue(ctx, p)
		if err != nil {
			return 0, err
		}
		next = min(next, wait)
	}
	wait, err := b.Tend(ctx, t)
	return min(next, wait), err
}

// settleDue does what is due for one poll, and returns how long it is until
// its next moment.
func (b *Box) settleDue(ctx context.Context, p *Poll) (time.Duration, error) {
	switch {
	case p.State == Closed && p.PaperPending():
		if p.ClosedAt.IsZero() {
			return 0, b.Settle(ctx, p.Tenant, p.ID)
		}
		return time.Hour, nil
	case p.State == Closed:
		_, err := b.result(ctx, p.Tenant, p.ID)
		return time.Hour, err
	case p.State == Open && p.OpenedAt.IsZero():
		return 0, b.Settle(ctx, p.Tenant, p.ID)
	case p.State == Open && !p.Closes.IsZero():
		return p.Closes.Sub(p.Now), nil
	case p.State == Scheduled && !p.Opens.IsZero():
		return p.Opens.Sub(p.Now), nil
	}
	return time.Hour, nil
}
