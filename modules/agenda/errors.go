package agenda

import "parvis/app/fault"

// What can go wrong with an event.
var (
	ErrNotFound   = fault.New(fault.NotFound, "agenda.not_found")
	ErrStale      = fault.New(fault.Conflict, "agenda.stale")       // somebody saved meanwhile
	ErrNotAllowed = fault.New(fault.Forbidden, "agenda.forbidden")  // neither staff nor answering for the association
	ErrUnverified = fault.New(fault.Forbidden, "agenda.unverified") // the town hall has not checked the association
	ErrCancelled  = fault.New(fault.Conflict, "agenda.cancelled.already")
	ErrOver       = fault.New(fault.Conflict, "agenda.over")
)
