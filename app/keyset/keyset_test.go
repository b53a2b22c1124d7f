package keyset

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestAddressesNamePlaces(t *testing.T) {
	id := uuid.New()
	for _, c := range []Cursor{{}, {Key: "12", ID: id}, {Key: "Été à Briançon", ID: id, Before: true}} {
		v := url.Values{}
		c.Write(v)
		if got := Read(v.Get(After), v.Get(Before)); got != c || c.IsZero() != (len(v) == 0) {
			t.Errorf("%v written as %v reads %v", c, v, got)
		}
	}
}

func TestOtherTextsAreTheBeginning(t *testing.T) {
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	id := strings.Repeat("a", 16)
	for _, text := range []string{"", "é", encode(id), encode(id + "\xff"), encode(id + "a\x00b"), encode(id + strings.Repeat("a", longest+1))} {
		if got := Parse(text, true); got != (Cursor{}) {
			t.Errorf("%q reads %v", text, got)
		}
	}
}

func TestPagesMeet(t *testing.T) {
	type row struct{ n int }
	places := map[int]uuid.UUID{}
	for n := range 8 {
		places[n] = uuid.New()
	}
	place := func(r *row) Cursor { return Cursor{Key: string(rune('0' + r.n)), ID: places[r.n]} }
	// read answers as a store of rows 0 to 6 does.
	read := func(at Cursor) []row {
		var rows []row
		for n := range 7 {
			key := string(rune('0' + n))
			if at.IsZero() || (at.Before && key < at.Key) || (!at.Before && key > at.Key) {
				rows = append(rows, row{n})
			}
		}
		if at.Before {
			slices.Reverse(rows)
		}
		return rows[:min(len(rows), 4)]
	}
	var walked []int
	var at, back Cursor
	for {
		kept, next, prev := Cut(read(at), 3, at, place)
		for _, r := range kept {
			walked = append(walked, r.n)
		}
		back = prev
		if at = next; at.IsZero() {
			break
		}
	}
	if !slices.Equal(walked, []int{0, 1, 2, 3, 4, 5, 6}) {
		t.Errorf("forward: %v", walked)
	}
	kept, next, prev := Cut(read(back), 3, back, place)
	if !slices.Equal(kept, []row{{3}, {4}, {5}}) || next.Key != "5" || prev.Key != "3" || !prev.Before {
		t.Errorf("back: %v, then %v, before %v", kept, next, prev)
	}
	kept, next, prev = Cut(read(prev), 3, prev, place)
	if !slices.Equal(kept, []row{{0}, {1}, {2}}) || next.Key != "2" || !prev.IsZero() {
		t.Errorf("back at the start: %v, then %v, before %v", kept, next, prev)
	}
	if kept, next, prev := Cut(nil, 3, Cursor{Key: "9", ID: places[7]}, place); len(kept) != 0 || !next.IsZero() || !prev.IsZero() {
		t.Error("an empty page has neighbours")
	}
}
