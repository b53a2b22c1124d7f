package voting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/tenant"
)

// Growth is how the log of a poll grew, as its signed checkpoints tell, which
// everybody may keep: no ballot is looked at.
type Growth struct {
	Now       time.Time // the machine's: what checkpoints are dated by
	Size      int64     // of the last checkpoint; zero when there is none
	SignedAt  time.Time
	PerMinute []Grown // the last hour's, of those in which it grew, the newest first
	Bursts    []Grown // minutes unlike the others, in the last day
}

// Grown is how many entries a log grew by in a minute.
type Grown struct {
	At      time.Time
	Entries int64
}

// A burst is a minute with many entries, and many more than most others.
const (
	burstFloor   = 30
	burstFactor  = 5
	burstMinutes = 5 // needed before any is unlike the others
)

// Growth returns how the log of a poll grew in the last day.
func (b *Box) Growth(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) (g Growth, err error) {
	var second int64
	err = tx.QueryRowContext(ctx, `SELECT clock_timestamp(), coalesce(c.size, 0), coalesce(c.second, 0) FROM (SELECT 1) AS one
		LEFT JOIN LATERAL (SELECT size, second FROM voting.checkpoints WHERE tenant_id = ? AND poll_id = ? ORDER BY size DESC LIMIT 1) AS c ON true`,
		t, id).Scan(&g.Now, &g.Size, &second)
	if err != nil {
		return g, fmt.Errorf("read the last checkpoint: %w", err)
	}
	if second <= 0 { // none, or severed
		return g, nil
	}
	g.SignedAt = time.Unix(second, 0).UTC()
	minutes, err := selectMinutes(ctx, tx, t, id, g.Now.Add(-24*time.Hour))
	if err != nil {
		return g, err
	}
	g.Bursts = burstsIn(minutes)
	for _, m := range slices.Backward(minutes) {
		if m.At.After(g.Now.Add(-time.Hour)) {
			g.PerMinute = append(g.PerMinute, m)
		}
	}
	return g, nil
}

// selectMinutes returns the minutes in which the log grew, the oldest first.
func selectMinutes(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, since time.Time) (list []Grown, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT minute, size - coalesce(lag(size) OVER (ORDER BY minute),
			(SELECT max(before.size) FROM voting.checkpoints before WHERE before.tenant_id = ?0 AND before.poll_id = ?1 AND before.second < ?2), 0)
		FROM (SELECT second / 60 AS minute, max(size) AS size FROM voting.checkpoints
			WHERE tenant_id = ?0 AND poll_id = ?1 AND second >= ?2 GROUP BY 1) AS grown ORDER BY minute`, t, id, since.Unix())
	if err != nil {
		return nil, fmt.Errorf("read how a log grew: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var minute int64
		var m Grown
		if err := rows.Scan(&minute, &m.Entries); err != nil {
			return nil, fmt.Errorf("read how a log grew: %w", err)
		}
		m.At = time.Unix(minute*60, 0).UTC()
		list = append(list, m)
	}
	return list, rows.Err()
}

// burstsIn returns the minutes unlike the others.
func burstsIn(minutes []Grown) (bursts []Grown) {
	if len(minutes) < burstMinutes {
		return nil
	}
	sizes := make([]int64, len(minutes))
	for i, m := range minutes {
		sizes[i] = m.Entries
	}
	slices.Sort(sizes)
	typical := max(sizes[len(sizes)/2], 1)
	for _, m := range minutes {
		if m.Entries >= burstFloor && m.Entries >= burstFactor*typical {
			bursts = append(bursts, m)
		}
	}
	return bursts
}
