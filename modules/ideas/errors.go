package ideas

import "parvis/app/fault"

// What can go wrong with an idea.
var (
	ErrNotFound   = fault.New(fault.NotFound, "ideas.not_found")
	ErrStale      = fault.New(fault.Conflict, "ideas.stale")      // somebody saved meanwhile
	ErrSettled    = fault.New(fault.Conflict, "ideas.settled")    // the town hall works on it
	ErrShared     = fault.New(fault.Conflict, "ideas.shared")     // others support or discuss it
	ErrEditLate   = fault.New(fault.Closed, "ideas.edit_late")    // published more than an hour ago
	ErrNoSupport  = fault.New(fault.Conflict, "ideas.no_support") // settled, merged, taken away
	ErrTooMany    = fault.New(fault.TooMany, "ideas.too_many")    // args: Count
	ErrSame       = fault.New(fault.Invalid, "ideas.same")        // the author's own, again
	ErrNotADraft  = fault.New(fault.Conflict, "ideas.not_a_draft")
	ErrMergeSelf  = fault.New(fault.Invalid, "ideas.merge.self")
	ErrMergeWhich = fault.New(fault.Invalid, "ideas.merge.which")
	ErrMerged     = fault.New(fault.Conflict, "ideas.merge.done")
	ErrMergeInto  = fault.New(fault.Invalid, "ideas.merge.into") // a settled, hidden or merged one
	ErrNoBudget   = fault.New(fault.Conflict, "ideas.budget.closed")
	ErrOffered    = fault.New(fault.Conflict, "ideas.budget.done")
)
