package discussion

import "parvis/app/fault"

// What can go wrong in a discussion.
var (
	ErrNotFound   = fault.New(fault.NotFound, "discussion.not_found")
	ErrClosed     = fault.New(fault.Conflict, "discussion.closed")
	ErrTooFast    = fault.New(fault.TooMany, "discussion.too_fast")     // args: Count
	ErrNewQuota   = fault.New(fault.TooMany, "discussion.new_quota")    // args: Count
	ErrNewLinks   = fault.New(fault.Invalid, "discussion.new_links")    // an account that nobody knows yet
	ErrManyLinks  = fault.New(fault.Invalid, "discussion.many_links")   // args: Count, Limit
	ErrSaid       = fault.New(fault.Invalid, "discussion.said_already") // by the same person
	ErrSaidHere   = fault.New(fault.Invalid, "discussion.said_here")    // by somebody else, below the same thing
	ErrFlagged    = fault.New(fault.Conflict, "discussion.flag.twice")
	ErrOwnFlag    = fault.New(fault.Conflict, "discussion.flag.own")
	ErrDecided    = fault.New(fault.Conflict, "discussion.case.decided") // by somebody else meanwhile
	ErrOwnCase    = fault.New(fault.Conflict, "discussion.case.own")     // of who wrote it or decided it, while somebody else can judge
	ErrUndecided  = fault.New(fault.Conflict, "discussion.case.undecided")
	ErrNoAppeal   = fault.New(fault.Conflict, "discussion.appeal.none")
	ErrAppealed   = fault.New(fault.Conflict, "discussion.appeal.twice")
	ErrAppealLate = fault.New(fault.Closed, "discussion.appeal.late")
)
