package kernel

import (
	"context"

	"github.com/uptrace/bun"

	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/mail"
	"parvis/app/site"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// tellWaiting writes to somebody about their ballot that waits for a proof.
func (a *App) tellWaiting(ctx context.Context, tx bun.Tx, id tenant.ID, n voting.News) error {
	t, err := site.ReadIn(ctx, tx, id)
	if err != nil {
		return err
	}
	ctx = a.bundle.NewContext(tenant.NewContext(ctx, t), t.Locale, t.TimeZone)
	return a.Identity.Tell(ctx, tx, t, []citizen.ID{n.Citizen}, func(ctx context.Context) mail.Letter {
		letter := booth.WaitingLetter(ctx, a.Config.URL(t.Hosts[0], ""), n)
		letter.Module = n.Poll.Subject.Module
		return letter
	})
}
