package kernel

import (
	"context"

	"github.com/uptrace/bun"

	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/mail"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// tellWaiting writes to somebody about their ballot that waits for a proof.
func (a *App) tellWaiting(ctx context.Context, tx bun.Tx, id tenant.ID, n voting.News) error {
	all, err := a.Directory.All(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.ID != id {
			continue
		}
		ctx := a.bundle.NewContext(tenant.NewContext(ctx, t), t.Locale, t.TimeZone)
		return a.Identity.Tell(ctx, tx, t, []citizen.ID{n.Citizen}, func(ctx context.Context) mail.Letter {
			letter := booth.WaitingLetter(ctx, a.Config.URL(t.Hosts[0], ""), n)
			letter.Module = n.Poll.Subject.Module
			return letter
		})
	}
	return nil // a town that is gone has nobody to write to
}
