package voting

import (
	"parvis/app/access"
	"parvis/app/fault"
)

// Faults of a submission.
var (
	ErrNotFound       = fault.New(fault.NotFound, "voting.not_found")
	ErrNotOpenYet     = fault.New(fault.Closed, "voting.not_open_yet")
	ErrPollClosed     = fault.New(fault.Closed, "voting.poll_closed")
	ErrPollCancelled  = fault.New(fault.Closed, "voting.poll_cancelled")
	ErrUnknownOption  = fault.New(fault.Invalid, "voting.unknown_option")
	ErrTooManyOptions = fault.New(fault.Invalid, "voting.too_many_options")
	ErrWithdrawn      = fault.New(fault.Invalid, "voting.withdrawn")
	ErrOverEnvelope   = fault.New(fault.Invalid, "voting.over_envelope")
	ErrInvalidMark    = fault.New(fault.Invalid, "voting.invalid_mark")
	ErrUnreadable     = fault.New(fault.Unreadable, "voting.unreadable")
	ErrAlreadyVoted   = fault.New(fault.Conflict, "voting.already_voted")
	ErrOtherChannel   = fault.New(fault.Conflict, "voting.other_channel")
	ErrNonceReused    = fault.New(fault.Conflict, "voting.nonce_reused")
	ErrNotEligible    = fault.New(fault.Forbidden, "voting.not_eligible")
	ErrSignIn         = fault.New(fault.SignInRequired, "voting.sign_in")
	ErrBusy           = fault.New(fault.Unavailable, "voting.busy")
	ErrUnavailable    = fault.New(fault.Unavailable, "voting.unavailable")
)

// Faults of an act on a poll.
var (
	ErrUnsafe        = fault.New(fault.Unavailable, "voting.unsafe_database")
	ErrFrozen        = fault.New(fault.Conflict, "voting.frozen")
	ErrOneWay        = fault.New(fault.Conflict, "voting.one_way")
	ErrWrongState    = fault.New(fault.Conflict, "voting.wrong_state")
	ErrReasonMissing = fault.New(fault.Invalid, "voting.reason_missing")
	ErrNotClosedYet  = fault.New(fault.Closed, "voting.not_closed_yet")
	ErrNotReleased   = fault.New(fault.Forbidden, "voting.not_released")
)

// NotEligible is the refusal of a voter, with every reason and its remedy.
type NotEligible struct{ Reasons []access.Reason }

func (e *NotEligible) Error() string {
	text := ErrNotEligible.Key
	for _, r := range e.Reasons {
		text += " " + r.Key
	}
	return text
}

// Unwrap makes the refusal a fault: ErrSignIn for a visitor, ErrNotEligible
// for somebody who is known.
func (e *NotEligible) Unwrap() error {
	if len(e.Reasons) == 1 && e.Reasons[0].Key == access.ErrSignInRequired.Key {
		return ErrSignIn
	}
	return ErrNotEligible
}

// Verdict says whether somebody may vote in a poll.
type Verdict struct {
	Allowed bool
	Reasons []access.Reason // why not, all of them; empty when allowed
}
