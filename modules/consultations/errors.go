package consultations

import "parvis/app/fault"

// What can go wrong with a consultation.
var (
	ErrNotFound     = fault.New(fault.NotFound, "consultations.not_found")
	ErrStale        = fault.New(fault.Conflict, "consultations.stale")        // somebody saved meanwhile
	ErrNotReady     = fault.New(fault.Invalid, "consultations.not_ready")     // something is missing to publish
	ErrSameDocument = fault.New(fault.Invalid, "consultations.same_document") // it is in the dossier already
	ErrTooManyFiles = fault.New(fault.Invalid, "consultations.too_many_files")
	ErrLastPoll     = fault.New(fault.Conflict, "consultations.last_poll") // published, it would ask nothing
	ErrTooManyPolls = fault.New(fault.Invalid, "consultations.too_many_polls")

	ErrInDraft     = fault.New(fault.Conflict, "consultations.phase.in_draft")
	ErrNotOpenYet  = fault.New(fault.Conflict, "consultations.phase.not_open_yet")
	ErrAlreadyOpen = fault.New(fault.Conflict, "consultations.phase.already_open")
	ErrOver        = fault.New(fault.Conflict, "consultations.phase.over")
	ErrDecided     = fault.New(fault.Conflict, "consultations.phase.decided")
	ErrCancelled   = fault.New(fault.Conflict, "consultations.phase.cancelled")
)

// wrongPhase is the fault of an act that the phase does not allow.
func wrongPhase(p Phase) error {
	switch p {
	case Draft:
		return ErrInDraft
	case Upcoming:
		return ErrNotOpenYet
	case Open:
		return ErrAlreadyOpen
	case Closed:
		return ErrOver
	case Decided:
		return ErrDecided
	}
	return ErrCancelled
}
