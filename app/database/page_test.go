package database_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/keyset"
	"parvis/app/testkit"
)

func TestPagesWalkAList(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t, testkit.WithZones("A", "B", "C", "D", "E"))
	type zone struct {
		ID   uuid.UUID
		Name string
	}
	read := func(at keyset.Cursor, kind string, desc bool) (names []string, next, prev keyset.Cursor) {
		err := db.ReadPage(t.Context(), town.ID, &at, func(ctx context.Context, tx bun.Tx) error {
			var rows []zone
			sel := tx.NewSelect().TableExpr("core.zones").ColumnExpr("id, name").Where("tenant_id = ?", town.ID)
			keyset.Order{Key: "name || ?", Args: []any{""}, Kind: kind, ID: "id", Desc: desc}.Page(sel, at, 2)
			if err := sel.Scan(ctx, &rows); err != nil {
				return err
			}
			names = nil
			rows, next, prev = keyset.Cut(rows, 2, at, func(z *zone) keyset.Cursor { return keyset.Cursor{Key: z.Name, ID: z.ID} })
			for _, z := range rows {
				names = append(names, z.Name)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return names, next, prev
	}
	for desc, want := range map[bool][]string{false: {"A", "B", "C", "D", "E"}, true: {"E", "D", "C", "B", "A"}} {
		first, at, _ := read(keyset.Cursor{}, "text", desc)
		second, end, back := read(at, "text", desc)
		third, _, _ := read(end, "text", desc)
		if got := slices.Concat(first, second, third); !slices.Equal(got, want) {
			t.Errorf("walked %v, want %v", got, want)
		}
		if again, _, prev := read(back, "text", desc); !slices.Equal(again, first) || !prev.IsZero() {
			t.Errorf("going back led to %v, before it %v", again, prev)
		}
	}
	if made, _, _ := read(keyset.Cursor{Key: "x", ID: uuid.New()}, "int", false); !slices.Equal(made, []string{"A", "B"}) {
		t.Errorf("a place somebody made up led to %v", made)
	}
}
