// Package keyset reads lists a page at a time by the place of a row in their
// order, never by a number of rows to skip: what is added or removed meanwhile
// neither repeats a row nor hides one. It is a leaf: it imports nothing from
// the project.
package keyset

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// The names of a place in the address of a list.
const (
	After  = "apres"
	Before = "avant"
)

// longest bounds, in bytes, the key of a place read from an address: no title
// or name that a list is sorted by is longer.
const longest = 2048

// Cursor is a place in a list: after a row, or before it. The zero Cursor is
// the beginning.
type Cursor struct {
	Key    string // what the list is sorted by, as text
	ID     uuid.UUID
	Before bool
}

// IsZero reports whether c is the beginning of the list.
func (c Cursor) IsZero() bool { return c.ID == uuid.Nil }

// String writes c for an address.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(c.ID[:], c.Key...))
}

// Parse reads what String wrote. A text that it cannot have written is the
// beginning of the list: old addresses lead somewhere.
func Parse(text string, before bool) Cursor {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) <= len(uuid.UUID{}) || len(raw) > len(uuid.UUID{})+longest {
		return Cursor{}
	}
	id, key := uuid.UUID(raw[:16]), string(raw[16:])
	if !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
		return Cursor{}
	}
	return Cursor{ID: id, Key: key, Before: before}
}

// Read is the place that an address names: after a row or, failing that,
// before one.
func Read(after, before string) Cursor {
	if c := Parse(after, false); !c.IsZero() {
		return c
	}
	return Parse(before, true)
}

// Write names the place among the values of an address; the beginning has no
// name.
func (c Cursor) Write(v url.Values) {
	switch {
	case c.IsZero():
	case c.Before:
		v.Set(Before, c.String())
	default:
		v.Set(After, c.String())
	}
}

// Order is what a list is sorted by, then by the ID, which no two rows share.
type Order struct {
	Key  string // an SQL expression
	Args []any  // of its placeholders
	Kind string // the SQL type that the text of a key is read back as
	ID   string // the column of the ID
	Desc bool
}

// Page limits sel to the page of limit rows at a place, and one row more, which
// tells Cut whether the list goes on. Going back it reads the list the other
// way; Cut turns the rows round.
func (o Order) Page(sel *bun.SelectQuery, at Cursor, limit int) {
	direction, beyond := "ASC", ">"
	if o.Desc != at.Before {
		direction, beyond = "DESC", "<"
	}
	sel.OrderExpr(o.Key+" "+direction, o.Args...).OrderExpr(o.ID + " " + direction).Limit(int64(limit) + 1)
	if !at.IsZero() {
		sel.Where("("+o.Key+", "+o.ID+") "+beyond+" (?::"+o.Kind+", ?)", append(slices.Clone(o.Args), at.Key, at.ID)...)
	}
}

// Cut keeps of what Page selected at a place the rows of the page, in reading
// order, and says where the neighbouring pages begin; zero at the ends. place
// is the key and the ID of a row.
func Cut[R any](rows []R, limit int, at Cursor, place func(*R) Cursor) (kept []R, next, prev Cursor) {
	more := len(rows) > limit
	if more {
		rows = rows[:limit]
	}
	if at.Before {
		slices.Reverse(rows)
	}
	if len(rows) == 0 {
		return rows, next, prev
	}
	if more || at.Before {
		next = place(&rows[len(rows)-1])
	}
	if (more && at.Before) || (!at.IsZero() && !at.Before) {
		prev = place(&rows[0])
		prev.Before = true
	}
	return rows, next, prev
}
