package kernel

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// background runs what works by itself, starts it again when it fails, and
// waits for its end.
type background struct {
	cancel []context.CancelFunc
	wg     sync.WaitGroup
}

const restartAfter = 5 * time.Second

func (b *background) start(ctx context.Context, log *slog.Logger, name string, work func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b.cancel = append(b.cancel, cancel)
	b.wg.Go(func() {
		for ctx.Err() == nil {
			if err := guarded(ctx, work); err != nil && ctx.Err() == nil {
				log.Error("background work failed, starting it again", "work", name, "error", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(restartAfter):
			}
		}
	})
}

// guarded turns a panic of the work into an error.
func guarded(ctx context.Context, work func(context.Context) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return work(ctx)
}

// stop ends the work and waits for it, until ctx is done.
func (b *background) stop(ctx context.Context) error {
	for _, cancel := range b.cancel {
		cancel()
	}
	done := make(chan struct{})
	go func() { b.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
