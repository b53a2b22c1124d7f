// Package count is the command `parvis count`: it counts a file of ballots by any method, with no database and no
// network, so that anyone can check a result that a town publishes.
package count

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"parvis/app/voting/counting"
	"parvis/app/voting/counting/formats"
	"parvis/app/voting/explain"
)

// Command is `parvis count FILE --rule R`.
func Command() *cli.Command {
	return &cli.Command{
		Name:      "count",
		Usage:     "dépouille un fichier de bulletins",
		ArgsUsage: "FICHIER",
		Description: "Lit Pabulib (.pb), PrefLib (.soc .soi .toc .toi .cat), .blt, .csv (kind, budget, seats, grades, id, name, cost, zone,\n" +
			"puis une ligne par bulletin distinct : nombre, marques), civic-ballots/1 (.json) et les archives de Parvis ;\n" +
			"« - » lit l’entrée standard. Sans --ties, les égalités sont départagées comme dans les données publiées :\n" +
			"budgets, coût puis voix puis identifiant ; irv et stv, tour précédent puis ordre du bulletin ; sinon elles restent.",
		Flags:  flags(),
		Action: run,
	}
}

func run(_ context.Context, c *cli.Command) error {
	if c.Args().Len() != 1 {
		return fmt.Errorf("indiquez un fichier de bulletins : parvis count FICHIER --rule MÉTHODE")
	}
	file, err := open(c, c.Args().First())
	if err != nil {
		return err
	}
	rule, err := ruleFrom(c, file)
	if err != nil {
		return err
	}
	for _, w := range file.Warnings {
		fmt.Fprintln(c.Root().ErrWriter, warning(file.Name, w))
	}
	bar := newBar(c.Root().ErrWriter)
	outcome, err := counting.CountWatched(file.Profile, rule, bar.watch)
	bar.clear()
	if err != nil {
		return fmt.Errorf("%s: %w", file.Name, err)
	}
	return write(c, file, outcome)
}

func open(c *cli.Command, path string) (*formats.File, error) {
	if path == "-" {
		return formats.Read("-", c.Root().Reader)
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return formats.Read(filepath.Base(path), in)
}

func warning(name string, w formats.Warning) string {
	if w.Line == 0 {
		return fmt.Sprintf("%s: %s", name, w.Reason)
	}
	return fmt.Sprintf("%s: line %d: %s", name, w.Line, w.Reason)
}

// result is the machine-readable outcome.
type result struct {
	Rule    string              `json:"rule"`
	Winners []string            `json:"winners"`
	Ranking [][]string          `json:"ranking"`
	Totals  map[string]*big.Rat `json:"totals"`
	Ties    []counting.Tie      `json:"ties"`
	Steps   counting.Steps      `json:"steps,omitempty"`
}

func write(c *cli.Command, file *formats.File, o counting.Outcome) error {
	out := c.Root().Writer
	if c.Bool("json") {
		r := result{Rule: string(o.Method), Winners: o.Winners, Ranking: o.Ranking, Totals: o.Totals, Ties: o.Ties}
		if c.Bool("explain") {
			r.Steps = o.Steps
		}
		text, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("write the outcome: %w", err)
		}
		_, err = fmt.Fprintln(out, string(text))
		return err
	}
	w := explain.New(explain.Language(c.String("lang")), file.Profile, c.String("currency"))
	return writeText(out, w, o, c.Bool("explain"))
}

func writeText(out io.Writer, w *explain.Writer, o counting.Outcome, whole bool) error {
	text := w.Summary(o) + "\n"
	if whole {
		text += "\n"
		for _, sentence := range w.Sentences(o) {
			text += sentence + "\n"
		}
	}
	for _, table := range w.Tables(o) {
		text += "\n" + table.Text()
	}
	_, err := io.WriteString(out, text)
	return err
}
