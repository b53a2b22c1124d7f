package associations

import "parvis/app/fault"

// What can go wrong with an association.
var (
	ErrNotFound         = fault.New(fault.NotFound, "associations.not_found")
	ErrStale            = fault.New(fault.Conflict, "associations.stale")    // somebody saved meanwhile
	ErrSameRNA          = fault.New(fault.Invalid, "associations.rna.taken") // it has a page already
	ErrAlreadyAsked     = fault.New(fault.Conflict, "associations.claim.twice")
	ErrAlreadyAnswers   = fault.New(fault.Conflict, "associations.claim.already")
	ErrTooManyClaims    = fault.New(fault.TooMany, "associations.claim.too_many")
	ErrClaimAnswered    = fault.New(fault.Conflict, "associations.claim.answered")
	ErrOwnClaim         = fault.New(fault.Forbidden, "associations.claim.own")
	ErrNotResponsible   = fault.New(fault.Forbidden, "associations.not_responsible")
	ErrConfirmedAddress = fault.New(fault.Forbidden, "associations.claim.unconfirmed")
	ErrNumberless       = fault.New(fault.Invalid, "associations.verify.numberless") // neither number, and nobody said why
	ErrTooManyPosts     = fault.New(fault.TooMany, "associations.post.too_many")

	ErrPending  = fault.New(fault.Conflict, "associations.wrong_state.pending")
	ErrListed   = fault.New(fault.Conflict, "associations.wrong_state.listed")
	ErrVerified = fault.New(fault.Conflict, "associations.wrong_state.verified")
	ErrRefused  = fault.New(fault.Conflict, "associations.wrong_state.refused")
	ErrClosed   = fault.New(fault.Conflict, "associations.wrong_state.closed")
)

// wrongState is the fault of an act that the state does not allow.
func wrongState(s State) error {
	switch s {
	case Pending:
		return ErrPending
	case Listed:
		return ErrListed
	case Verified:
		return ErrVerified
	case Refused:
		return ErrRefused
	}
	return ErrClosed
}
