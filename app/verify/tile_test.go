package verify

import (
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// FuzzTilePath: an address names one tile, and a tile has one address.
func FuzzTilePath(f *testing.F) {
	for _, path := range []string{"0/000", "0/000.p/3", "1/x001/234", "entries/x001/x234/067.p/255", "7/000.p/1", "0/x000/000", "0/-1", "data/000", "0/99999999999999999999"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		tile, ok := parseTile(path)
		if !ok {
			return
		}
		if tile.H != 8 || tile.L < -1 || tile.L > 7 || tile.N < 0 || tile.W < 1 || tile.W > 256 {
			t.Errorf("%q is %+v", path, tile)
		}
		again := strings.TrimPrefix(tile.Path(), "tile/8/")
		if strings.Replace(again, "data/", "entries/", 1) != path {
			t.Errorf("%q is %+v, whose address is %q", path, tile, again)
		}
	})
}

func TestTilesHaveTheAddressesOfPublicTools(t *testing.T) {
	for path, want := range map[string]tlog.Tile{
		"0/000.p/3": {H: 8, L: 0, N: 0, W: 3}, "1/x001/234": {H: 8, L: 1, N: 1234, W: 256}, "entries/067": {H: 8, L: -1, N: 67, W: 256},
	} {
		if got, ok := parseTile(path); !ok || got != want {
			t.Errorf("%s is %+v, %v", path, got, ok)
		}
	}
}
