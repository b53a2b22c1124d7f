package budgets

import (
	"context"
	"errors"

	"parvis/app/fault"
	"parvis/app/i18n"
)

// What can go wrong with an edition or a project.
var (
	ErrNotFound   = fault.New(fault.NotFound, "budgets.not_found")
	ErrStale      = fault.New(fault.Conflict, "budgets.stale")     // somebody saved meanwhile
	ErrNotReady   = fault.New(fault.Invalid, "budgets.not_ready")  // something is missing to publish
	ErrTooEarly   = fault.New(fault.Conflict, "budgets.too_early") // a later phase's act
	ErrTooLate    = fault.New(fault.Conflict, "budgets.too_late")  // an earlier phase's act
	ErrTermsFixed = fault.New(fault.Conflict, "budgets.terms_fixed")

	ErrDepositNotOpen  = fault.New(fault.Conflict, "budgets.deposit.not_open")
	ErrDepositOver     = fault.New(fault.Conflict, "budgets.deposit.over")
	ErrWithdrawn       = fault.New(fault.Conflict, "budgets.project.is_withdrawn")
	ErrNotYours        = fault.New(fault.Forbidden, "budgets.project.not_yours")
	ErrVoteIsOn        = fault.New(fault.Conflict, "budgets.project.vote_is_on")
	ErrTooManyProjects = fault.New(fault.TooMany, "budgets.project.too_many")
	ErrUndecided       = fault.New(fault.Conflict, "budgets.decisions.missing") // some projects have no decision yet
	ErrAlreadyDecided  = fault.New(fault.Conflict, "budgets.decisions.published")
	ErrNothingDecided  = fault.New(fault.Conflict, "budgets.decisions.none")
	ErrNotWinner       = fault.New(fault.Conflict, "budgets.project.not_winner")
	ErrNoDraftWanted   = fault.New(fault.Conflict, "budgets.offer.closed")
)

// isNotFound reports whether the database had no such row.
func isNotFound(err error) bool { return err != nil && fault.KindOf(err) == fault.NotFound }

// asInvalid returns the fault of something wrong in a form.
func asInvalid(err error) (*fault.Error, bool) {
	f, ok := errors.AsType[*fault.Error](err)
	return f, ok && f.Kind == fault.Invalid
}

// explain says a fault to the reader, "" what is none.
func explain(ctx context.Context, err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return ""
	}
	return i18n.Message(ctx, f.Key, f.Args)
}
