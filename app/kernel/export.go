package kernel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"parvis/app/voting"
	"parvis/realtime"
)

func (p *Program) exportPollCommand() *cli.Command {
	return &cli.Command{
		Name: "export-poll", Usage: "écrit l’archive d’un scrutin clos, que chacun peut vérifier",
		Description: "L’archive contient le règlement, tout le journal, les bulletins sans aucun nom, les signatures et le résultat.\n" +
			"Elle se vérifie hors connexion par « parvis verify », ou sur la page /verifier de n’importe quel site.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "host", Usage: "nom d’hôte du site", Required: true},
			&cli.StringFlag{Name: "poll", Usage: "identifiant du scrutin, à la fin de l’adresse /votes/…", Required: true},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "fichier à écrire ; « - » : la sortie standard", Required: true},
		},
		Action: p.exportPoll,
	}
}

// exportPoll writes the archive as the host of the poll may have it: of a
// result that waits to be published too.
func (p *Program) exportPoll(ctx context.Context, c *cli.Command) error {
	id, err := voting.ParsePollID(c.String("poll"))
	if err != nil {
		return fmt.Errorf("« %s » n’est pas l’identifiant d’un scrutin", c.String("poll"))
	}
	return p.withStore(ctx, func(ctx context.Context, app *App, _ *store) error {
		t, err := app.Directory.ByHost(ctx, c.String("host"))
		if err != nil {
			return app.explain(err)
		}
		write := func(w io.Writer) error { return app.Journal.Export(ctx, w, t.ID, id, realtime.Host) }
		if c.String("output") == "-" {
			return app.explain(write(p.Stdout))
		}
		if err := writeWhole(c.String("output"), write); err != nil {
			return app.explain(err)
		}
		p.say("Archive écrite dans " + c.String("output") + ".")
		return nil
	})
}

// writeWhole makes a file, or leaves what was there.
func writeWhole(path string, write func(io.Writer) error) error {
	draft, err := os.CreateTemp(filepath.Dir(path), ".parvis-*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	err = write(draft)
	if err = errors.Join(err, draft.Chmod(0o644), draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), path)
}
