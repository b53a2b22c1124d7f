// Package places knows the communes of France: their code, name, département,
// population and postcodes, so that a new site starts filled in.
//
// The list is made from the npm package @etalab/decoupage-administratif 6.0.0
// (data of INSEE and La Poste, Licence Ouverte 2.0, code MIT), by
// `go run ./app/places/import DIR`.
package places

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
	"unicode"
)

// Source is the credit that the licence asks for, shown where the data is.
const Source = "Base officielle des codes communes (INSEE, La Poste), Licence Ouverte 2.0, par @etalab/decoupage-administratif 6.0.0"

//go:embed communes.tsv.gz
var compressed []byte

// Commune is a commune as it stands today.
type Commune struct {
	INSEE          string // "52448", "2A004": text, never a number
	Name           string
	DepartmentCode string // "52"
	Department     string // "Haute-Marne"
	Population     int    // municipal population, 0 when unknown
	Postcodes      []string
}

var load = sync.OnceValues(func() (map[string]Commune, error) {
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, fmt.Errorf("open list of communes: %w", err)
	}
	communes := make(map[string]Commune, 36_000)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		c, err := parse(lines.Text())
		if err != nil {
			return nil, err
		}
		communes[c.INSEE] = c
	}
	return communes, lines.Err()
})

func parse(line string) (Commune, error) {
	f := strings.Split(line, "\t")
	if len(f) != 6 {
		return Commune{}, fmt.Errorf("list of communes: %d columns in %q", len(f), line)
	}
	population, err := strconv.Atoi(f[4])
	if err != nil {
		return Commune{}, fmt.Errorf("list of communes: population of %s: %w", f[0], err)
	}
	return Commune{
		INSEE: f[0], Name: f[1], DepartmentCode: f[2], Department: f[3],
		Population: population, Postcodes: strings.Fields(f[5]),
	}, nil
}

// ByINSEE returns the commune of a code, and whether there is one.
func ByINSEE(code string) (Commune, bool, error) {
	communes, err := load()
	if err != nil {
		return Commune{}, false, err
	}
	c, ok := communes[strings.ToUpper(strings.TrimSpace(code))]
	return c, ok, nil
}

// Slug returns a name as a host label: "Saint-Dizier" becomes "saint-dizier".
func Slug(name string) string {
	name = strings.NewReplacer("œ", "oe", "Œ", "oe", "æ", "ae", "Æ", "ae").Replace(name)
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn))), name)
	if err != nil {
		plain = name
	}
	words := strings.FieldsFunc(strings.ToLower(plain), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
	})
	return strings.Join(words, "-")
}
