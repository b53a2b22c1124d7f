package kernel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v3"

	"parvis/app/config"
	"parvis/app/module"
)

// Program is the command `parvis`: what main passes in is what the kernel may
// not know, the modules and the demonstration towns.
type Program struct {
	Version  string
	Modules  func(*Platform) []module.Module
	Seed     func(context.Context, Seeding) error                                                    // loads the demonstration towns, unless they are there
	SeedBig  func(ctx context.Context, s Seeding, progress func(step string, done, total int)) error // adds a big town, to try the lists on
	Crowd    func(ctx context.Context, app *App, voters int) error                                   // simulated voters of a demonstration
	Commands []*cli.Command                                                                          // further commands: count, bench
	Stdout   io.Writer
	Stderr   io.Writer
}

// Run executes the command line until it is done or a signal asks to stop.
func (p *Program) Run(ctx context.Context, args []string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cli.Command{
		Name:           "parvis",
		Usage:          "la place publique d’une commune",
		Version:        p.Version,
		DefaultCommand: "serve",
		HideVersion:    true,
		Writer:         p.Stdout,
		ErrWriter:      p.Stderr,
		ExitErrHandler: func(context.Context, *cli.Command, error) {}, // main says it once
		Commands: append([]*cli.Command{
			p.serveCommand(), p.prepareCommand(), p.migrateCommand(), p.seedCommand(), p.tenantCommand(), p.exportPollCommand(), p.importCommand(), p.configCommand(), p.versionCommand(),
		}, p.Commands...),
	}
	err := root.Run(ctx, args)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil // asked to stop while starting
	}
	return err
}

func (p *Program) versionCommand() *cli.Command {
	return &cli.Command{Name: "version", Usage: "dit quelle version c’est", Action: func(context.Context, *cli.Command) error {
		_, err := fmt.Fprintln(p.Stdout, "parvis", p.Version)
		return err
	}}
}

func (p *Program) configCommand() *cli.Command {
	return &cli.Command{Name: "config", Usage: "montre la configuration, secrets masqués, et ce que fait chaque variable", Action: func(context.Context, *cli.Command) error {
		cfg, err := config.Load()
		if err != nil {
			return err
		}
		return config.Print(p.Stdout, cfg)
	}}
}

func (p *Program) load() (config.Config, *slog.Logger, error) {
	cfg, err := config.Load()
	if err != nil {
		return cfg, nil, err
	}
	return cfg, p.logger(cfg), nil
}

// logger writes for people in development and for machines otherwise.
func (p *Program) logger(cfg config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.Development {
		return slog.New(slog.NewTextHandler(p.Stderr, options))
	}
	return slog.New(slog.NewJSONHandler(p.Stderr, options))
}
