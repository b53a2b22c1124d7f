package missions

import "parvis/app/fault"

// What can go wrong with a mission.
var (
	ErrNotFound    = fault.New(fault.NotFound, "missions.not_found")
	ErrNotYours    = fault.New(fault.Forbidden, "missions.not_yours")
	ErrStale       = fault.New(fault.Conflict, "missions.stale") // somebody saved meanwhile
	ErrNoSlot      = fault.New(fault.Invalid, "missions.no_slot")
	ErrUnverified  = fault.New(fault.Forbidden, "missions.host.unverified")
	ErrInDraft     = fault.New(fault.Conflict, "missions.phase.in_draft")
	ErrPublished   = fault.New(fault.Conflict, "missions.phase.published")
	ErrCancelled   = fault.New(fault.Conflict, "missions.phase.cancelled")
	ErrOver        = fault.New(fault.Closed, "missions.phase.over")
	ErrSlotOver    = fault.New(fault.Closed, "missions.slot.over")
	ErrSlotTwice   = fault.New(fault.Conflict, "missions.slot.twice")
	ErrSlotTaken   = fault.New(fault.Conflict, "missions.slot.taken") // people have asked for it
	ErrTooSmall    = fault.New(fault.Conflict, "missions.slot.too_small")
	ErrTooMany     = fault.New(fault.Conflict, "missions.slot.too_many")
	ErrAgeUnknown  = fault.New(fault.Forbidden, "missions.age.unknown")
	ErrTooYoung    = fault.New(fault.Forbidden, "missions.age.too_young")
	ErrNotAdult    = fault.New(fault.Forbidden, "missions.age.not_adult")
	ErrOwnMission  = fault.New(fault.Forbidden, "missions.own")
	ErrAlreadyIn   = fault.New(fault.Conflict, "missions.already_in")
	ErrNotIn       = fault.New(fault.Conflict, "missions.not_in")
	ErrNoPlace     = fault.New(fault.Conflict, "missions.no_place")
	ErrNotPending  = fault.New(fault.Conflict, "missions.not_pending")
	ErrNotAccepted = fault.New(fault.Conflict, "missions.not_accepted")
	ErrTooEarly    = fault.New(fault.Conflict, "missions.too_early")
	ErrPass        = fault.New(fault.Closed, "missions.pass.gone")

	ErrHoursTwice   = fault.New(fault.Conflict, "missions.hours.twice")
	ErrOwnHours     = fault.New(fault.Forbidden, "missions.hours.own")
	ErrLongDay      = fault.New(fault.Invalid, "missions.hours.long_day")
	ErrTwoPlaces    = fault.New(fault.Conflict, "missions.hours.two_places")
	ErrNoSuchHours  = fault.New(fault.Invalid, "missions.hours.too_much")
	ErrFutureHours  = fault.New(fault.Invalid, "missions.hours.future")
	ErrNoScheme     = fault.New(fault.NotFound, "missions.scheme.none")
	ErrBelowTarget  = fault.New(fault.Conflict, "missions.claim.below")
	ErrClaimAge     = fault.New(fault.Forbidden, "missions.claim.age")
	ErrClaimedTwice = fault.New(fault.Conflict, "missions.claim.twice")
	ErrOwnClaim     = fault.New(fault.Forbidden, "missions.claim.own")
	ErrClaimState   = fault.New(fault.Conflict, "missions.claim.state")

	ErrContactData  = fault.New(fault.Invalid, "missions.message.contact")
	ErrLinkTooSoon  = fault.New(fault.Invalid, "missions.message.link")
	ErrThreadClosed = fault.New(fault.Conflict, "missions.message.closed")

	ErrInvitedTwice   = fault.New(fault.Conflict, "missions.invitation.twice")
	ErrInvitedEnough  = fault.New(fault.TooMany, "missions.invitation.enough")
	ErrNoLongerToFind = fault.New(fault.Conflict, "missions.invitation.gone")
)
