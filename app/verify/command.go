package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v3"

	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/verify/views"
	"parvis/app/voting/proof"
)

var (
	errRefused = errors.New("refusé : ce n’est pas ce qui a été signé")
	errNothing = errors.New("indiquez une archive, un récépissé (--receipt), ou les deux : parvis verify ARCHIVE")
)

// Command is `parvis verify ARCHIVE`: it opens no database and no connection.
func Command() *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "vérifie l’archive d’un scrutin, hors connexion",
		ArgsUsage: "ARCHIVE",
		Description: "Vérifie les signatures, le journal, le règlement, chaque bulletin, le dépouillement et le résultat, et dit où est\n" +
			"la première chose fausse. « - » lit l’entrée standard. Le code de retour est 1 si l’archive est refusée.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "receipt", Usage: "récépissé à retrouver dans l’archive, ou à vérifier seul"},
			&cli.StringFlag{Name: "key", Usage: "clé que publie la commune (page /verifier), ou fichier qui la contient"},
			&cli.StringFlag{Name: "lang", Usage: "langue du rapport : fr ou en", Value: "fr"},
			&cli.BoolFlag{Name: "json", Usage: "rapport en JSON"},
		},
		Action: run,
	}
}

func run(_ context.Context, c *cli.Command) error {
	bundle, err := i18n.Load(Catalogue)
	if err != nil {
		return err
	}
	ctx := bundle.NewContext(context.Background(), c.String("lang"), nil)
	o, err := optionsOf(c)
	if err != nil {
		return err
	}
	if c.Args().Len() == 0 && o.Receipt != nil {
		return tellReceipt(ctx, c, o.Receipt.Verify(o.Key))
	}
	if c.Args().Len() != 1 {
		return errNothing
	}
	in, err := open(c, c.Args().First())
	if err != nil {
		return err
	}
	defer in.Close()
	report, err := proof.Verify(in, o)
	if err != nil {
		return err
	}
	return tellArchive(ctx, c, report)
}

func optionsOf(c *cli.Command) (o proof.Options, err error) {
	if text := c.String("key"); text != "" {
		if content, err := os.ReadFile(text); err == nil {
			text = string(content)
		}
		if o.Key, err = proof.ParseKey(strings.TrimSpace(text)); err != nil {
			return o, fmt.Errorf("--key : ce n’est pas une clé comme celles que publie /verifier")
		}
	}
	path := c.String("receipt")
	if path == "" {
		return o, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return o, err
	}
	r, err := proof.DecodeReceipt(content)
	if err != nil {
		return o, fmt.Errorf("%s : ce n’est pas un récépissé entier", path)
	}
	o.Receipt = &r
	return o, nil
}

func open(c *cli.Command, path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(c.Root().Reader), nil
	}
	return os.Open(path)
}

func tellArchive(ctx context.Context, c *cli.Command, r *proof.Report) error {
	if c.Bool("json") {
		return tellJSON(c, r, r.OK)
	}
	return tell(c, archiveReport(ctx, r), r.OK)
}

func tellReceipt(ctx context.Context, c *cli.Command, r *proof.ReceiptReport) error {
	if c.Bool("json") {
		return tellJSON(c, r, r.OK)
	}
	return tell(c, receiptReport(ctx, r, ""), r.OK)
}

func tellJSON(c *cli.Command, report any, ok bool) error {
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(c.Root().Writer, string(text)); err != nil {
		return err
	}
	return verdict(ok)
}

func verdict(ok bool) error {
	if !ok {
		return errRefused
	}
	return nil
}

// tell writes the report line by line.
func tell(c *cli.Command, r *views.Report, ok bool) error {
	var out strings.Builder
	for _, fact := range r.Facts {
		fmt.Fprintf(&out, "%s : %s\n", fact.Term, fact.Text)
	}
	out.WriteString("\n")
	for _, row := range r.Rows {
		fmt.Fprintf(&out, "%s %s : %s\n", mark(row.State.Tone), row.Title, row.Words())
	}
	fmt.Fprintf(&out, "\n%s. %s\n", r.Title, strings.TrimSpace(r.Text+" "+r.Place))
	if _, err := io.WriteString(c.Root().Writer, out.String()); err != nil {
		return err
	}
	return verdict(ok)
}

// mark is what a state looks like in a terminal.
func mark(tone ui.Tone) string {
	switch tone {
	case ui.Success:
		return "✓"
	case ui.Danger:
		return "✗"
	}
	return "·"
}
