package module

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/tenant"
)

// Namer says what the things of a module are called, where the platform knows
// them by what it wrote of them: "<kind>/<id>" in the journal.
type Namer interface {
	// NameOf returns the name of a thing and its page in the back office; both
	// empty for what the module does not know.
	NameOf(ctx context.Context, tx bun.IDB, t tenant.ID, kind string, id uuid.UUID) (name, href string, err error)
}
