package voting

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
)

// Key stands for a voter inside one poll. It is made with the poll's secret,
// so that it says nothing of the account, and nothing across polls.
type Key [32]byte

// secrets are what a poll must not tell: they live in a table of their own,
// which backups leave out.
type secrets struct {
	voters [32]byte // makes the voters' keys; destroyed when the matter is closed
	lot    [32]byte // decides ties; its hash is logged at opening, itself at closing
}

func newSecrets() (s secrets) {
	_, _ = rand.Read(s.voters[:]) // never fails
	_, _ = rand.Read(s.lot[:])
	return s
}

// rollKey stands for the voter on the list of who has taken part, ballotKey on
// their ballot: nothing links the two but the secret.
func (s *secrets) rollKey(v Voter) Key   { return s.key("roll", v) }
func (s *secrets) ballotKey(v Voter) Key { return s.key("ballot", v) }

func (s *secrets) key(purpose string, v Voter) Key {
	mac := hmac.New(sha256.New, s.voters[:])
	mac.Write([]byte(purpose + "\n" + string(v.Kind) + "\n"))
	mac.Write(v.ID[:])
	return Key(mac.Sum(nil))
}

// lotHash commits to the seed of the lot before anybody votes.
func (s *secrets) lotHash() [32]byte { return sha256.Sum256(s.lot[:]) }
