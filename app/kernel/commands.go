package kernel

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v3"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/site"
)

func (p *Program) migrateCommand() *cli.Command {
	return &cli.Command{Name: "migrate", Usage: "met le schéma de la base à jour", Action: func(ctx context.Context, _ *cli.Command) error {
		cfg, log, err := p.load()
		if err != nil {
			return err
		}
		s, _, err := address(ctx, cfg, log)
		if err != nil {
			return err
		}
		defer s.Close()
		if s.OwnerURL == "" {
			return fmt.Errorf("indiquez le rôle propriétaire de la base dans DATABASE_OWNER_URL")
		}
		if err := s.migrate(ctx); err != nil {
			return err
		}
		p.say("Le schéma est à jour.")
		return nil
	}}
}

// prepareCommand does, once, what only a superuser may: a private server is
// prepared by itself.
func (p *Program) prepareCommand() *cli.Command {
	return &cli.Command{
		Name: "prepare", Usage: "prépare une base PostgreSQL à vous : rôles, extensions (une fois)",
		Flags: []cli.Flag{&cli.StringFlag{Name: "superuser", Usage: "adresse de la base avec un rôle superutilisateur", Required: true}},
		Action: func(ctx context.Context, c *cli.Command) error {
			if err := database.PrepareServer(ctx, c.String("superuser")); err != nil {
				return err
			}
			if err := database.PrepareDatabase(ctx, c.String("superuser")); err != nil {
				return err
			}
			p.say("Rôles " + database.Owner + ", " + database.App + " et " + database.Custodian + " prêts : donnez-leur un mot de passe (ALTER ROLE … PASSWORD …), puis « parvis migrate ».")
			return nil
		},
	}
}

func (p *Program) seedCommand() *cli.Command {
	return &cli.Command{
		Name: "seed", Usage: "charge les villes de démonstration",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "big", Usage: "ajoute une grande ville, pour essayer les listes : 100 000 habitants, 50 000 idées, 30 000 missions…"}},
		Action: func(ctx context.Context, c *cli.Command) error {
			return p.withStore(ctx, func(ctx context.Context, app *App, s *store) error {
				if c.Bool("big") {
					return p.seedBig(ctx, app.seeding(s))
				}
				return p.seed(ctx, app.seeding(s))
			})
		},
	}
}

func (p *Program) seedBig(ctx context.Context, s Seeding) error {
	bar, was := newProgress(p.Stderr), ""
	begun := time.Now()
	err := p.SeedBig(ctx, s, func(step string, done, total int) {
		if step != was {
			bar.clear()
			fmt.Fprintf(p.Stdout, "» %s : %d\n", step, total)
			was = step
		}
		bar.draw(int64(done), int64(total))
	})
	bar.clear()
	if err == nil {
		fmt.Fprintf(p.Stdout, "» en %s\n", time.Since(begun).Round(time.Second))
	}
	return err
}

func (p *Program) tenantCommand() *cli.Command {
	return &cli.Command{Name: "tenant", Usage: "ajoute ou liste les collectivités", Action: unknownAct, Commands: []*cli.Command{
		{
			Name: "add", Usage: "ajoute une collectivité",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "insee", Usage: "code INSEE de la commune : remplit nom, département, population, codes postaux"},
				&cli.StringFlag{Name: "name", Usage: "nom affiché"},
				&cli.StringFlag{Name: "slug", Usage: "nom court, sans accent"},
				&cli.StringSliceFlag{Name: "host", Usage: "nom d’hôte exact ; le premier est le principal (répétable)"},
				&cli.StringFlag{Name: "color", Usage: "couleur, par exemple #0b5d57"},
				&cli.StringFlag{Name: "email", Usage: "courriel de contact"},
				&cli.StringFlag{Name: "time-zone", Usage: "fuseau horaire", Value: "Europe/Paris"},
				&cli.StringSliceFlag{Name: "module", Usage: "rubriques ouvertes ; toutes par défaut (répétable)"},
			},
			Action: p.addTenant,
		},
		{Name: "list", Usage: "liste les collectivités", Action: p.listTenants},
		{
			Name: "admin", Usage: "donne l’administration d’un site au compte d’une adresse",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "host", Usage: "nom d’hôte du site", Required: true},
				&cli.StringFlag{Name: "email", Usage: "adresse de la personne ; son compte est créé s’il n’existe pas", Required: true},
			},
			Action: p.promote,
		},
	}}
}

// unknownAct is what a command that only holds others does: it says which.
func unknownAct(_ context.Context, c *cli.Command) error {
	var names []string
	for _, one := range c.Commands {
		if !one.Hidden && one.Name != "help" {
			names = append(names, "« parvis "+c.Name+" "+one.Name+" »")
		}
	}
	known := "il y a " + strings.Join(names, ", ")
	if word := c.Args().First(); word != "" {
		return fmt.Errorf("commande inconnue : « parvis %s %s » ; %s", c.Name, word, known)
	}
	return fmt.Errorf("il manque une commande après « parvis %s » : %s", c.Name, known)
}

func (p *Program) addTenant(ctx context.Context, c *cli.Command) error {
	return p.withStore(ctx, func(ctx context.Context, app *App, _ *store) error {
		n := site.NewTenant{
			INSEE: c.String("insee"), Name: c.String("name"), Slug: c.String("slug"), Hosts: c.StringSlice("host"),
			Color: c.String("color"), Email: c.String("email"), TimeZone: c.String("time-zone"), Modules: c.StringSlice("module"),
		}
		if len(n.Modules) == 0 {
			for _, m := range app.Modules {
				n.Modules = append(n.Modules, m.Manifest().Name)
			}
		}
		t, err := site.Add(ctx, app.DB, n)
		if err != nil {
			return app.explain(err)
		}
		_, err = fmt.Fprintf(p.Stdout, "%s (%s) répond sur %s.\n", t.Name, t.Slug, strings.Join(t.Hosts, ", "))
		return err
	})
}

func (p *Program) listTenants(ctx context.Context, _ *cli.Command) error {
	return p.withStore(ctx, func(ctx context.Context, app *App, _ *store) error {
		tenants, err := app.Directory.All(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(p.Stdout, 0, 4, 2, ' ', 0)
		for _, t := range tenants {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.Slug, t.Name, strings.Join(t.Hosts, ","), strings.Join(t.Modules, ","))
		}
		return w.Flush()
	})
}

// promote makes the first administrator of a site, who has nobody to ask.
func (p *Program) promote(ctx context.Context, c *cli.Command) error {
	return p.withStore(ctx, func(ctx context.Context, app *App, _ *store) error {
		t, err := app.Directory.ByHost(ctx, c.String("host"))
		if err != nil {
			return app.explain(err)
		}
		if err := app.Identity.Promote(ctx, t, c.String("email"), citizen.Administrator); err != nil {
			return app.explain(err)
		}
		_, err = fmt.Fprintf(p.Stdout, "%s administre désormais %s.\n", c.String("email"), cmp.Or(t.SiteName, t.Name))
		return err
	})
}

// withStore opens the database, builds the program, and closes both after do.
func (p *Program) withStore(ctx context.Context, do func(context.Context, *App, *store) error) error {
	cfg, log, err := p.load()
	if err != nil {
		return err
	}
	s, err := openStore(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer s.Close()
	app, err := New(Options{Config: cfg, DB: s.DB, Modules: p.Modules, CustodianURL: s.CustodianURL, OwnerURL: s.OwnerURL, Log: log})
	if err != nil {
		return err
	}
	return do(ctx, app, s)
}
