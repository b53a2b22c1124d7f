package voting

import (
	"bytes"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/tenant"
)

// definition is what a node remembers of a poll between batches: the terms,
// good for one revision, and the secrets.
type definition struct {
	poll   *Poll
	secret secrets
}

// entrant is a submission on its way into the box, with what can be known of
// it before taking the lock.
type entrant struct {
	Submission
	who          Voter  // whom the keys are made for
	mark         []byte // what they are looked for by on the list
	roll, ballot Key
	text         string // the marks, in canonical form
	inner        [32]byte
	fault        error // what is wrong with it already
}

func (d *definition) entrant(s Submission, known profile) entrant {
	who := s.Voter
	if d.poll.VoterKind() == IdentityVoter && who.Kind == AccountVoter && known.person != uuid.Nil {
		who = ByIdentity(known.person)
	}
	e := entrant{Submission: s, who: who, mark: known.mark, roll: d.secret.rollKey(who), ballot: d.secret.ballotKey(who)}
	if e.text, e.fault = EncodeMarks(s.Marks); e.fault == nil {
		e.inner = inner(s.Nonce, e.text)
	}
	return e
}

// accepted is a submission that is in the box already.
type accepted struct {
	opening
	index  int64
	castAt time.Time
}

// ballot is the ballot that counts of one voter.
type ballot struct {
	seq     int64
	nonce   Nonce
	marks   []Mark
	text    string
	index   int64
	changed bool // by this batch
}

// account is what a voter's account says, under the lock.
type account struct {
	profile
	viewer citizen.Viewer
}

// count is the state of a poll under its lock, as far as one batch needs it,
// and what the batch adds to it. It is pure: reading it and writing it back
// are in batch.go.
type count struct {
	definition
	tenant tenant.ID
	now    time.Time
	today  string // the tenant's civil day
	head   Head

	accounts map[uuid.UUID]account // those of the batch that exist
	accepted map[Nonce]accepted
	ballots  map[Key]*ballot
	roll     map[Key]Channel
	tickets  map[Key]bool // those of the batch that are good
	listed   map[Key]bool // of the batch, on the poll's list of voters

	added struct {
		roll        [][]byte
		channels    []Channel
		ballots     []Key    // keys in ballots, each once
		submissions [][]byte // nonces, in the order of the log
		leaves      [][]byte
		entries     [][]byte // openings
		first       int64    // index of the first leaf
	}
}

// take accepts or refuses one submission, as if it came alone: whatever is
// wrong with it changes nothing for the others.
func (c *count) take(e entrant) (Receipt, error) {
	if e.fault != nil {
		return Receipt{}, e.fault
	}
	if a, again := c.accepted[e.Nonce]; again {
		if a.key != e.ballot || a.inner != e.inner {
			return Receipt{}, ErrNonceReused
		}
		return c.receipt(e.Nonce, a), nil
	}
	if err := c.refusal(e); err != nil {
		return Receipt{}, err
	}
	return c.receipt(e.Nonce, c.accept(e)), nil
}

// moved tells whether the account of an entrant has become another person's, or
// goes by another name on the list, since its keys were made.
func (c *count) moved(e entrant) bool {
	if e.Voter.Kind != AccountVoter {
		return false
	}
	if now := c.accounts[e.Voter.ID].mark; now != nil && !bytes.Equal(now, e.mark) {
		return true
	}
	person := c.accounts[e.Voter.ID].person
	return c.poll.VoterKind() == IdentityVoter && person != uuid.Nil && (e.who.Kind != IdentityVoter || e.who.ID != person)
}

// refusal says why a new submission is not taken.
func (c *count) refusal(e entrant) error {
	state := c.poll.StateAt(c.now)
	if e.waited && state == Closed && c.poll.ClosedAt.IsZero() {
		state = Open // its proof came in time, and the closing is not logged yet
	}
	if err := state.MayVote(); err != nil {
		return err
	}
	if err := c.poll.validate(e.Marks); err != nil {
		return err
	}
	voter := e.Voter
	switch {
	case voter.Kind == AccountVoter:
		voter.Viewer = c.accounts[voter.ID].viewer // a visitor, if the account is gone
		voter.Listed = e.mark != nil && c.listed[c.secret.listKey(c.poll.Electorate.List, e.mark)]
	case voter.Kind == IdentityVoter && e.Channel != Paper && e.Channel != Desk:
		voter = Voter{Kind: AccountVoter} // nobody has seen them
	}
	if v := c.poll.eligible(voter, c.today); !v.Allowed {
		return &NotEligible{Reasons: v.Reasons}
	}
	if err := c.refuseTicket(voter); err != nil {
		return err
	}
	if _, took := c.roll[e.roll]; took && e.waited {
		return ErrAlreadyVoted // it never replaces what its voter has cast since
	}
	if channel, took := c.roll[e.roll]; took && channel != e.Channel {
		return ErrOtherChannel
	}
	if c.ballots[e.ballot] != nil && !c.poll.AllowChange {
		return ErrAlreadyVoted
	}
	return nil
}

// accept puts a ballot into the box: on the roll, in place of the voter's
// former ballot, in the counts and in the log.
func (c *count) accept(e entrant) accepted {
	if _, took := c.roll[e.roll]; !took {
		c.roll[e.roll] = e.Channel
		c.added.roll = append(c.added.roll, e.roll[:])
		c.added.channels = append(c.added.channels, e.Channel)
	}
	own := c.replace(e)
	if len(c.added.leaves) == 0 {
		c.added.first = c.head.log.size
	}
	o := opening{key: e.ballot, seq: own.seq, inner: e.inner}
	_, leaf := o.leaf()
	own.index = c.head.log.append(leaf)
	a := accepted{opening: o, index: own.index, castAt: c.now.Truncate(time.Minute)}
	c.accepted[e.Nonce] = a
	c.added.submissions = append(c.added.submissions, e.Nonce[:])
	c.added.entries = append(c.added.entries, o.bytes())
	c.added.leaves = append(c.added.leaves, leaf[:])
	return a
}

// replace makes e the ballot that counts of its voter.
func (c *count) replace(e entrant) *ballot {
	own := c.ballots[e.ballot]
	if own == nil {
		own = &ballot{}
		c.ballots[e.ballot] = own
		c.head.Participants++
	} else {
		c.tally(own.marks, -1)
	}
	if !own.changed {
		own.changed = true
		c.added.ballots = append(c.added.ballots, e.ballot)
	}
	own.seq++
	own.nonce, own.marks, own.text = e.Nonce, e.Marks, e.text
	c.tally(own.marks, +1)
	return own
}

func (c *count) tally(marks []Mark, n int64) {
	c.head.Counts.add(marks, n)
	if len(marks) == 0 {
		c.head.Blank += n
	}
}

func (c *count) receipt(n Nonce, a accepted) Receipt {
	own := c.ballots[a.key]
	return Receipt{
		Poll: c.poll.ID, Index: a.index, Nonce: n, Commitment: a.commitment(), CastAt: a.castAt,
		Replaced: own != nil && own.nonce != n,
	}
}
