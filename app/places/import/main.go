// Command import makes app/places/communes.tsv.gz from an unpacked copy of
// the npm package @etalab/decoupage-administratif.
//
//	npm pack @etalab/decoupage-administratif@6.0.0 && tar xzf etalab-*.tgz
//	go run ./app/places/import package/data
package main

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./app/places/import package/data")
		os.Exit(2)
	}
	if err := run(os.Args[1], "app/places/communes.tsv.gz"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir, out string) error {
	var departments []struct{ Code, Nom string }
	if err := read(filepath.Join(dir, "departements.json"), &departments); err != nil {
		return err
	}
	var communes []struct {
		Code, Nom, Type, Departement string
		CodesPostaux                 []string
		Population                   int
	}
	if err := read(filepath.Join(dir, "communes.json"), &communes); err != nil {
		return err
	}
	names := map[string]string{}
	for _, d := range departments {
		names[d.Code] = d.Nom
	}
	var lines []string
	for _, c := range communes {
		if c.Type == "commune-actuelle" {
			lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%s\n", c.Code, c.Nom, c.Departement, names[c.Departement], c.Population, strings.Join(c.CodesPostaux, " ")))
		}
	}
	slices.Sort(lines)
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write([]byte(strings.Join(lines, ""))); err != nil {
		return err
	}
	return z.Close()
}

func read(path string, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}
