package kernel

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"parvis/app/tenant"
)

// welcome prints, for whoever started a demonstration, where to go and with
// which accounts. Elsewhere one line of the log is enough.
func (p *Program) welcome(ctx context.Context, app *App, addr net.Addr, took time.Duration) {
	app.Log.Info("ready", "address", addr.String(), "seconds", took.Seconds())
	if !app.Config.Demo {
		return
	}
	tenants, err := app.Directory.All(ctx)
	if err != nil {
		app.Log.Error("list the tenants", "error", err)
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nParvis est prêt (%.1f s).\n", took.Seconds())
	for _, t := range tenants {
		if t.Demo {
			app.describe(ctx, &b, t)
		}
	}
	if app.lanTown != "" {
		fmt.Fprintf(&b, "\n  Sur le réseau local, pour les téléphones et l’écran de la salle :\n    %s\n", app.Config.URL(app.lanAddress.String(), "/"))
	}
	b.WriteString("\n  Un clic suffit pour prendre un de ces comptes : page « Se connecter ».\n  Courriers envoyés : /courrier, sur chaque site. Arrêt : Ctrl+C.\n")
	p.say(b.String())
}

func (a *App) describe(ctx context.Context, b *strings.Builder, t *tenant.Tenant) {
	fmt.Fprintf(b, "\n  %s\n    %s\n", t.SiteName, a.Config.URL(t.Hosts[0], "/"))
	accounts, err := a.Identity.DemoAccounts(ctx, t)
	if err != nil {
		a.Log.Error("list the demonstration accounts", "error", err)
		return
	}
	for _, account := range accounts {
		fmt.Fprintf(b, "      %-18s %s\n", account.Name, account.Note)
	}
}
