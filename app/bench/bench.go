// Package bench measures the program as it is served: it starts a real server
// in a process of its own, on a town made for the occasion, drives it over
// HTTP and WebSocket, and compares each figure with a baseline taken in the
// same run. It serves nobody else, and no part of the program imports it but
// main.
package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/urfave/cli/v3"

	"parvis/app/kernel"
	"parvis/app/module"
)

// Modules makes the program's modules.
type Modules func(*kernel.Platform) []module.Module

// Command returns `parvis bench`.
func Command(modules Modules) *cli.Command {
	asJSON := &cli.BoolFlag{Name: "json", Usage: "écrit du JSON au lieu d’un tableau"}
	return &cli.Command{
		Name: "bench", Usage: "mesure le programme, et ce à quoi le comparer",
		Description: "Sans DATABASE_URL, une base privée est lancée pour la mesure, puis supprimée.\n" +
			"Avec, une commune de mesure y est ajoutée, et y reste.",
		Commands: []*cli.Command{
			{
				Name: "vote", Usage: "votes durables par seconde, de bout en bout en HTTP, et avec une transaction par vote",
				Flags: []cli.Flag{
					asJSON,
					&cli.IntFlag{Name: "clients", Value: 64, Usage: "personnes qui votent en même temps"},
					&cli.IntFlag{Name: "voters", Value: 20_000, Usage: "bulletins"},
					&cli.IntFlag{Name: "polls", Value: 1, Usage: "votes entre lesquels ils se répartissent"},
					&cli.IntFlag{Name: "nodes", Value: 1, Usage: "serveurs sur la même base"},
					&cli.IntFlag{Name: "already", Usage: "bulletins que l’urne contient déjà"},
					&cli.BoolFlag{Name: "basket", Usage: "un budget : des paniers de cinq projets sur cent"},
					&cli.IntFlag{Name: "towns", Usage: "autres communes, que personne ne visite"},
				},
				Action: func(ctx context.Context, c *cli.Command) error {
					report, err := Vote(ctx, VoteOptions{
						Clients: c.Int("clients"), Voters: c.Int("voters"), Polls: c.Int("polls"), Nodes: c.Int("nodes"),
						Already: c.Int("already"), Towns: c.Int("towns"), Basket: c.Bool("basket"),
					}, c.Root().ErrWriter)
					if err != nil {
						return err
					}
					return show(c, report)
				},
			},
			{
				Name: "live", Usage: "mémoire, débit et délai des écrans, et la limite de la machine",
				Flags: []cli.Flag{asJSON, &cli.IntFlag{Name: "screens", Value: 2_000, Usage: "écrans connectés"}},
				Action: func(ctx context.Context, c *cli.Command) error {
					report, err := Live(ctx, c.Int("screens"), c.Root().ErrWriter)
					if err != nil {
						return err
					}
					return show(c, report)
				},
			},
			{
				Name: "server", Hidden: true, Usage: "le serveur que les mesures interrogent",
				Action: func(ctx context.Context, c *cli.Command) error {
					return runServer(ctx, modules, os.Stdin, c.Root().Writer)
				},
			},
		},
	}
}

// Report is what a measure found, as a table or as JSON.
type Report interface{ Table(w io.Writer) }

func show(c *cli.Command, r Report) error {
	if !c.Bool("json") {
		r.Table(c.Root().Writer)
		return nil
	}
	enc := json.NewEncoder(c.Root().Writer)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// machine names what the measure was made on: figures of two machines do not
// compare, ratios nearly do.
func machine() string {
	model := runtime.GOARCH
	info, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cœurs, %s, %s", model, runtime.NumCPU(), runtime.GOOS, runtime.Version())
}
