package paper

import "parvis/app/fault"

// Faults of batches and of their typing.
var (
	ErrNoBatch     = fault.New(fault.NotFound, "paper.no_batch")
	ErrCounted     = fault.New(fault.Invalid, "paper.counted")
	ErrFewer       = fault.New(fault.Conflict, "paper.fewer")
	ErrNotCounted  = fault.New(fault.Conflict, "paper.not_counted")
	ErrNoSheet     = fault.New(fault.NotFound, "paper.no_sheet")
	ErrTypedByYou  = fault.New(fault.Conflict, "paper.typed_by_you")
	ErrSettled     = fault.New(fault.Conflict, "paper.settled")
	ErrSealed      = fault.New(fault.Conflict, "paper.sealed")
	ErrNotAllTyped = fault.New(fault.Conflict, "paper.not_all_typed")
	ErrTooMany     = fault.New(fault.Conflict, "paper.too_many_batches")
	ErrUnsealed    = fault.New(fault.Conflict, "paper.unsealed")
	ErrUnread      = fault.New(fault.Conflict, "paper.unread")
	ErrDisagree    = fault.New(fault.Conflict, "paper.disagree")
	ErrPending     = fault.New(fault.Conflict, "paper.pending_corrections")
	ErrSameSigner  = fault.New(fault.Forbidden, "paper.same_signer")
	ErrSigned      = fault.New(fault.Conflict, "paper.signed")
	ErrSameSaid    = fault.New(fault.Invalid, "paper.same_said")
	ErrNotSealed   = fault.New(fault.Conflict, "paper.not_sealed")
	ErrNothingSaid = fault.New(fault.Invalid, "paper.nothing_said")
	ErrNoChoice    = fault.New(fault.Invalid, "paper.no_choice") // where people vote themselves
	ErrNullAndNot  = fault.New(fault.Invalid, "paper.null_and_choice")
	ErrCopies      = fault.New(fault.Invalid, "paper.copies")
	ErrTooManyOnIt = fault.New(fault.Invalid, "paper.too_many")
	ErrNotSure     = fault.New(fault.Invalid, "paper.visitor.paper.not_sure")
	ErrMayNotVote  = fault.New(fault.Conflict, "paper.visitor.may_not")
	ErrNotTold     = fault.New(fault.Invalid, "paper.assist.not_told")
	ErrOwnSheet    = fault.New(fault.Forbidden, "paper.own_sheet")
)
