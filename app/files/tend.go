package files

import (
	"context"
	"log/slog"
	"time"

	"parvis/app/tenant"
)

// How often a space is swept, and how old a content that nothing names has to
// be: the record of an upload under way is not written yet.
const (
	sweepEvery = time.Hour
	sweepAge   = 24 * time.Hour
)

// Tend takes off the disk, every hour until ctx ends, what has been in a space
// for a day and is not among what used lists of the tenant. A sweep that fails
// is logged, and the next one tries again.
func (s *Store) Tend(ctx context.Context, log *slog.Logger, space string, used func(context.Context, tenant.ID) ([]string, error)) error {
	return s.tend(ctx, log, space, used, sweepEvery)
}

func (s *Store) tend(ctx context.Context, log *slog.Logger, space string, used func(context.Context, tenant.ID) ([]string, error), every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			removed, err := s.Sweep(ctx, space, time.Now().Add(-sweepAge), used)
			if removed > 0 {
				log.InfoContext(ctx, "removed files that nothing names", "space", space, "count", removed)
			}
			if err != nil {
				log.WarnContext(ctx, "sweep the files that nothing names", "space", space, "error", err)
			}
		}
	}
}
