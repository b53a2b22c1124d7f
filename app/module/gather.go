package module

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"

	"golang.org/x/sync/errgroup"

	"parvis/app/tenant"
)

// abreast is how many modules are asked at the same time for one page: most of
// an answer is waiting for the database, of whose connections there are few.
const abreast = 4

// Gather asks each of the modules that is switched on for t and has the
// capability C, several at a time, and returns all they answer, in the order
// of the modules. ask must use nothing of the request but ctx.
func Gather[C, R any](ctx context.Context, modules []Module, t *tenant.Tenant, ask func(context.Context, Manifest, C) ([]R, error)) ([]R, error) {
	answers := make([][]R, len(modules))
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(abreast)
	for i, m := range modules {
		c, ok := m.(C)
		manifest := m.Manifest()
		if !ok || !t.Enabled(manifest.Name) {
			continue
		}
		asking.Go(func() (err error) {
			defer func() { // the edge catches what panics in the request's own goroutine only
				if reason := recover(); reason != nil {
					err = fmt.Errorf("module %s panicked: %v\n%s", manifest.Name, reason, debug.Stack())
				}
			}()
			answers[i], err = ask(ctx, manifest, c)
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(answers...), nil
}
