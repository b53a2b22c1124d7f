package budgets

import (
	"errors"

	"parvis/app/fault"
)

// What can go wrong with an edition or a project.
var (
	ErrNotFound = fault.New(fault.NotFound, "budgets.not_found")
	ErrStale    = fault.New(fault.Conflict, "budgets.stale") // somebody saved meanwhile
)

// isNotFound reports whether the database had no such row.
func isNotFound(err error) bool { return err != nil && fault.KindOf(err) == fault.NotFound }

// asInvalid returns the fault of something wrong in a form.
func asInvalid(err error) (*fault.Error, bool) {
	f, ok := errors.AsType[*fault.Error](err)
	return f, ok && f.Kind == fault.Invalid
}
