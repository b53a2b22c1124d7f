// Command parvis serves the public squares of municipalities.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/urfave/cli/v3"

	"parvis/app/bench"
	"parvis/app/count"
	"parvis/app/kernel"
	"parvis/app/verify"
	"parvis/modules"
	"parvis/seeds"
)

// version is set by the linker: see the Makefile.
var version = "dev"

func main() {
	if err := run(context.Background(), os.Args); err != nil {
		fmt.Fprintln(os.Stderr, "parvis :", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	program := kernel.Program{
		Version:  version,
		Modules:  modules.All,
		Seed:     seeds.Load,
		SeedBig:  seeds.BigTown.Load,
		Crowd:    seeds.Crowd,
		Commands: []*cli.Command{count.Command(), bench.Command(modules.All), verify.Command()},
		Stdout:   os.Stdout,
		Stderr:   os.Stderr,
	}
	return program.Run(ctx, args)
}
