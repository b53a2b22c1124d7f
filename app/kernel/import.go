package kernel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/voting/counting/formats"
)

// electionImporter is a module that makes something to browse out of a
// published election.
type electionImporter interface {
	// Import returns the address of what it made. told hears how many ballots
	// have been taken, of how many.
	Import(ctx context.Context, t *tenant.Tenant, file *formats.File, sha256 string, told func(done, total int64)) (string, error)
}

var errNoImporter = errors.New("aucune rubrique ouverte sur ce site ne reprend d’élection publiée")

func (p *Program) importCommand() *cli.Command {
	return &cli.Command{
		Name: "import-pb", Usage: "fait d’une élection publiée (Pabulib) une édition close du budget participatif", ArgsUsage: "FICHIER",
		Description: "Les projets, les bulletins et l’enveloppe sont ceux du fichier ; les bulletins sont recomptés, et les lauréats publiés\n" +
			"montrés à côté. Un fichier n’est repris qu’une fois ; interrompue, la reprise continue où elle en était.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "host", Usage: "nom d’hôte du site ; le premier par défaut"},
		},
		Action: p.importElection,
	}
}

func (p *Program) importElection(ctx context.Context, c *cli.Command) error {
	if c.NArg() != 1 {
		return errors.New("indiquez le fichier à reprendre : parvis import-pb FICHIER.pb")
	}
	file, sum, err := readElection(c.Args().First())
	if err != nil {
		return err
	}
	return p.withStore(ctx, func(ctx context.Context, app *App, s *store) error {
		t, err := p.townFor(ctx, app, s, c.String("host"))
		if err != nil {
			return app.explain(err)
		}
		progress := newProgress(p.Stderr)
		for _, m := range app.Modules {
			importer, ok := m.(electionImporter)
			if !ok || !t.Enabled(m.Manifest().Name) {
				continue
			}
			p.say(fmt.Sprintf("» %s : %d projets, %d bulletins", file.Name, len(file.Profile.Options), file.Profile.Total()))
			path, err := importer.Import(ctx, t, file, sum, progress.draw)
			progress.clear()
			if err != nil && fault.KindOf(err) == fault.Conflict {
				p.say(app.explain(err).Error()) // it is there: what was asked for is so
				return nil
			}
			if err != nil {
				return app.explain(err)
			}
			p.say("Résultat : " + app.URL(t, path))
			return nil
		}
		return errNoImporter
	})
}

// readElection reads a whole file, with its fingerprint.
func readElection(path string) (*formats.File, string, error) {
	in, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, "", fmt.Errorf("le fichier « %s » n’existe pas : vérifiez son nom", path)
	}
	if err != nil {
		return nil, "", fmt.Errorf("lire le fichier : %w", err)
	}
	defer in.Close()
	hash := sha256.New()
	file, err := formats.Read(filepath.Base(path), io.TeeReader(in, hash))
	if bad, ok := errors.AsType[*formats.Error](err); ok {
		return nil, "", unreadable(bad)
	}
	if err != nil {
		return nil, "", err
	}
	if _, err := io.Copy(hash, in); err != nil {
		return nil, "", fmt.Errorf("lire le fichier : %w", err)
	}
	return file, hex.EncodeToString(hash.Sum(nil)), nil
}

// unreadable says what to do with a file that is no election, or is damaged.
func unreadable(bad *formats.Error) error {
	where := ""
	if bad.Line > 0 {
		where = fmt.Sprintf(", ligne %d", bad.Line)
	}
	return fmt.Errorf("« %s »%s ne se lit pas comme une élection publiée : reprenez un fichier Pabulib entier (.pb, avec ses parties META, PROJECTS et VOTES). Détail : %s",
		bad.File, where, bad.Reason)
}

// townFor returns the site asked for, or the first one; in a demonstration its
// towns are loaded before.
func (p *Program) townFor(ctx context.Context, app *App, s *store, host string) (*tenant.Tenant, error) {
	if app.Config.Demo {
		if err := p.Seed(ctx, app.seeding(s)); err != nil {
			return nil, fmt.Errorf("load the demonstration towns: %w", err)
		}
	}
	if host != "" {
		return app.Directory.ByHost(ctx, host)
	}
	towns, err := app.Directory.All(ctx)
	if err != nil {
		return nil, err
	}
	if len(towns) == 0 {
		return nil, errors.New("aucun site : ajoutez-en un par « parvis tenant add »")
	}
	return towns[0], nil
}

// progress is a bar on a terminal; elsewhere it says nothing.
type progress struct {
	out   io.Writer
	shown time.Time
}

func newProgress(out io.Writer) *progress {
	if f, ok := out.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &progress{out: out}
		}
	}
	return &progress{out: io.Discard}
}

func (b *progress) draw(done, total int64) {
	const width = 30
	if now := time.Now(); total > 0 && (now.Sub(b.shown) > 100*time.Millisecond || done == total) {
		b.shown = now
		full := int(width * done / total)
		fmt.Fprintf(b.out, "\r[%s%s] %d / %d\x1b[K", strings.Repeat("█", full), strings.Repeat("·", width-full), done, total)
	}
}

func (b *progress) clear() { fmt.Fprint(b.out, "\r\x1b[K") }
