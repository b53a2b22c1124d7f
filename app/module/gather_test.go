package module_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"parvis/app/module"
	"parvis/app/tenant"
)

// teller is a module whose counters are what a function says.
type teller struct {
	name string
	ask  func(context.Context) ([]module.Counter, error)
}

func (c teller) Manifest() module.Manifest  { return module.Manifest{Name: c.name} }
func (c teller) Mount(_, _, _ fiber.Router) {}
func (c teller) Counters(ctx context.Context, _ *tenant.Tenant) ([]module.Counter, error) {
	return c.ask(ctx)
}

func counted(t *testing.T, modules ...module.Module) ([]module.Counter, error) {
	t.Helper()
	town := &tenant.Tenant{}
	for _, m := range modules[:len(modules)-1] { // the last one is switched off
		town.Modules = append(town.Modules, m.Manifest().Name)
	}
	return module.Gather(t.Context(), modules, town, func(ctx context.Context, _ module.Manifest, m module.Counters) ([]module.Counter, error) {
		return m.Counters(ctx, town)
	})
}

func says(name string) teller {
	return teller{name, func(context.Context) ([]module.Counter, error) { return []module.Counter{{Key: name}}, nil }}
}

func TestModulesAnswerInTheirOrder(t *testing.T) {
	t.Parallel()
	second := make(chan struct{})
	waiting := teller{"first", func(context.Context) ([]module.Counter, error) { // would wait for ever if asked alone
		<-second
		return []module.Counter{{Key: "first"}}, nil
	}}
	telling := teller{"second", func(context.Context) ([]module.Counter, error) {
		close(second)
		return []module.Counter{{Key: "second"}}, nil
	}}
	got, err := counted(t, waiting, telling, says("off"))
	if err != nil || !slices.Equal(got, []module.Counter{{Key: "first"}, {Key: "second"}}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestAModuleThatFailsOrPanicsFailsThePageOnly(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	failing := teller{"failing", func(context.Context) ([]module.Counter, error) { return nil, broken }}
	if _, err := counted(t, says("well"), failing, says("off")); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	panicking := teller{"panicking", func(context.Context) ([]module.Counter, error) { panic("out of its mind") }}
	if _, err := counted(t, panicking, says("off")); err == nil || !strings.Contains(err.Error(), "out of its mind") {
		t.Errorf("got %v", err)
	}
}
