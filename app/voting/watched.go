package voting

import (
	"cmp"
	"context"
	"slices"

	"github.com/uptrace/bun"

	"parvis/app/tenant"
)

// Watchable returns the polls of a town that there is something to watch of:
// those that are open or planned, and those of the last month; at most limit,
// the open ones first.
func (b *Box) Watchable(ctx context.Context, tx bun.IDB, t tenant.ID, limit int) ([]*Poll, error) {
	polls, err := selectRows(ctx, tx, t, `poll.scheduled_at IS NOT NULL AND poll.id IN (
		SELECT recent.id FROM voting.polls recent WHERE recent.tenant_id = ? AND recent.scheduled_at IS NOT NULL
		AND (recent.closed_at IS NULL OR recent.closes_at > core.now() - interval '30 days') ORDER BY recent.closes_at DESC NULLS FIRST LIMIT ?)`, t, limit)
	slices.SortStableFunc(polls, func(a, b *Poll) int {
		open := func(p *Poll) int {
			if p.State == Open {
				return 0
			}
			return 1 + p.State.order()
		}
		return cmp.Or(cmp.Compare(open(a), open(b)), b.Opens.Compare(a.Opens))
	})
	return polls, err
}
