package voting

import (
	"time"

	"parvis/app/access"
)

// Eligible says whether a voter may take part, with every reason why not. zone
// is the tenant's time zone: an age is that of the civil day there.
//
// It is what a page shows beforehand; each ballot is checked again when it is
// cast, with what the accounts say at that moment.
func (p *Poll) Eligible(v Voter, zone *time.Location) Verdict {
	return p.eligible(v, p.Now.In(zone).Format(time.DateOnly))
}

func (p *Poll) eligible(v Voter, today string) Verdict {
	var reasons []access.Reason
	switch {
	case p.VoterKind() == FileVoter && v.Kind == FileVoter:
	case p.VoterKind() == FileVoter:
		reasons = []access.Reason{{Key: "voting.file_only"}}
	case p.VoterKind() == DeviceVoter && v.Kind == DeviceVoter:
	case p.VoterKind() == DeviceVoter:
		reasons = []access.Reason{{Key: "voting.room_only"}}
	case p.VoterKind() == TicketVoter && v.Kind == TicketVoter:
		// Whether it is one of those that were printed is looked up: KnowsTicket,
		// and under the lock when the ballot is cast.
	case p.VoterKind() == TicketVoter:
		reasons = []access.Reason{ticketUnknown}
	case v.Kind == AccountVoter:
		reasons = append(p.Electorate.Missing(v.Viewer, today), p.Electorate.missingList(v)...)
	case p.VoterKind() == IdentityVoter && v.Kind == IdentityVoter:
		// Whoever checked the identity in front of them has judged the rest.
	default:
		// A device is nobody in particular: it lacks an account, as a visitor does.
		reasons = p.Electorate.Missing(Voter{}.Viewer, today)
	}
	return Verdict{Allowed: len(reasons) == 0, Reasons: reasons}
}
