package database_test

import (
	"strings"
	"testing"

	"parvis/app/database"
	"parvis/app/testkit"
)

// A superuser's address in DATABASE_URL would show every town to every other.
func TestARoleThatSeesEveryTownIsRefused(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	for role, url := range map[string]string{"superuser": db.SuperuserURL, "owner": db.OwnerURL} {
		other, err := database.Open(t.Context(), database.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(other.Close)
		if err := other.CheckRights(t.Context()); err == nil || !strings.Contains(err.Error(), database.App) {
			t.Errorf("%s: %v, want a refusal that names the role to use", role, err)
		}
	}
	if err := db.CheckRights(t.Context()); err != nil {
		t.Errorf("the application's own role is refused: %v", err)
	}
}
