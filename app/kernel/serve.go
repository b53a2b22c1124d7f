package kernel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/urfave/cli/v3"

	"parvis/app/web"
)

var (
	errNotDemo        = errors.New("--lan et --crowd ne servent qu’aux démonstrations : mettez PARVIS_DEMO=1")
	errDatabaseFailed = errors.New("la base de données privée ne redémarre plus : voir le journal ci-dessus")
)

func (p *Program) serveCommand() *cli.Command {
	return &cli.Command{
		Name: "serve", Usage: "sert les sites (commande par défaut)",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "lan", Usage: "démonstration : écoute sur le réseau local, où la première ville répond aussi à l’adresse de la machine"},
			&cli.IntFlag{Name: "crowd", Usage: "démonstration : votantes et votants simulés dans la salle"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			if word := c.Args().First(); word != "" { // as the default command, it is given what no command is called
				return fmt.Errorf("commande inconnue : « %s » (« parvis help » les montre)", word)
			}
			return p.serve(ctx, c.Bool("lan"), c.Int("crowd"))
		},
	}
}

// serve runs until ctx is done, then stops gracefully.
func (p *Program) serve(ctx context.Context, lan bool, crowd int) error {
	start := time.Now()
	cfg, log, err := p.load()
	if err != nil {
		return err
	}
	if (lan || crowd > 0) && !cfg.Demo {
		return errNotDemo
	}
	p.say("» base de données")
	s, err := openStore(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer s.Close()
	app, err := New(Options{Config: cfg, DB: s.DB, Modules: p.Modules, CustodianURL: s.CustodianURL, OwnerURL: s.OwnerURL, Log: log})
	if err != nil {
		return err
	}
	if cfg.Demo {
		p.say("» villes de démonstration")
		if err := p.seed(ctx, app.seeding(s)); err != nil {
			return fmt.Errorf("load the demonstration towns: %w", err)
		}
	}
	address := cfg.Addr
	if lan {
		if address, err = app.openToLocalNetwork(ctx); err != nil {
			return err
		}
	}
	listener, err := web.Listen(address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if err := app.Start(ctx); err != nil {
		return err
	}
	p.welcome(ctx, app, listener.Addr(), time.Since(start))
	if crowd > 0 {
		app.work.start(ctx, log, "crowd", func(ctx context.Context) error { return p.Crowd(ctx, app, crowd) })
	}
	return p.runUntilDone(ctx, app, s, listener)
}

// runUntilDone serves until ctx is done or something that cannot be mended happens.
func (p *Program) runUntilDone(ctx context.Context, app *App, s *store, listener net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- app.Fiber.Listener(listener) }()
	var failure error
	select {
	case <-ctx.Done():
	case failure = <-served:
	case <-s.failed():
		failure = errDatabaseFailed
	}
	app.Log.Info("stopping")
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	app.Stop(last)
	return failure
}

func (p *Program) say(line string) { fmt.Fprintln(p.Stdout, line) }
