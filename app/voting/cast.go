package voting

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/tenant"
)

// Channel is the way a ballot came. The first channel used locks the others.
type Channel string

// The channels.
const (
	Web     Channel = "web"
	Meeting Channel = "meeting"
	Desk    Channel = "desk"
	Paper   Channel = "paper"
)

// Nonce names a submission. It is drawn at random for each time the ballot is
// shown, so that sending the same page twice is one vote, and so that ballots
// can be published without anybody's name: whoever knows the nonce finds
// their own.
type Nonce [16]byte

// ParseNonce reads the 32 hexadecimal digits of a nonce.
func ParseNonce(text string) (Nonce, error) {
	var n Nonce
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(n) {
		return n, ErrUnreadable.Wrap(err)
	}
	return Nonce(raw), nil
}

// NewNonce draws a nonce.
func NewNonce() (n Nonce) {
	_, _ = rand.Read(n[:]) // never fails
	return n
}

func (n Nonce) String() string { return hex.EncodeToString(n[:]) }

// Voter is who casts: an account, a person, or a device in a poll open to the
// room.
type Voter struct {
	Kind   VoterKind
	ID     uuid.UUID      // the account's, the person's, or the device's random one
	Viewer citizen.Viewer // what is known of the account
	Listed bool           // on the poll's list of voters: see Box.Recognise
}

// ByAccount is the voter signed in as v. In a poll that asks for a checked
// identity the box finds whose account it is by itself: see IdentityVoter.
func ByAccount(v citizen.Viewer) Voter {
	return Voter{Kind: AccountVoter, ID: uuid.UUID(v.ID), Viewer: v}
}

// ByIdentity is the person of this ID (identity.Service.Person), whose identity
// somebody has checked in front of them: on paper, at the desk. Its electorate
// is judged by that somebody.
func ByIdentity(person uuid.UUID) Voter { return Voter{Kind: IdentityVoter, ID: person} }

// ByDevice is the voter holding the device with this random ID.
func ByDevice(device uuid.UUID) Voter { return Voter{Kind: DeviceVoter, ID: device} }

// ByTicket is the voter holding the printed ticket with this code.
func ByTicket(poll PollID, code string) Voter {
	sum := sha256.Sum256([]byte("parvis room ticket\n" + poll.String() + "\n" + code))
	return Voter{Kind: TicketVoter, ID: uuid.UUID(sum[:16])}
}

// Submission is a ballot handed to the box. No marks is a blank ballot.
type Submission struct {
	Poll    PollID
	Voter   Voter
	Nonce   Nonce
	Marks   []Mark
	Channel Channel

	waited bool // for a proof that came in time: see castProven
}

// Receipt is what the voter keeps: the proof that the ballot is in the box.
type Receipt struct {
	Poll       PollID
	Index      int64 // place of the ballot's leaf in the poll's log
	Nonce      Nonce
	Commitment [32]byte  // what the leaf commits to
	CastAt     time.Time // to the minute
	Own        bool      // the ballot of whoever asks (see Box.Receipt)
	Replaced   bool      // another ballot of the same voter counts instead
}

// Cast puts a ballot into the box and returns once PostgreSQL has made it
// durable. Calling it again with the same nonce and marks changes nothing and
// returns the same receipt, so a caller who does not know whether the first
// call succeeded calls again.
func (b *Box) Cast(ctx context.Context, t tenant.ID, s Submission) (Receipt, error) {
	return b.enqueue(ctx, t, s)
}
