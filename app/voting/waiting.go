package voting

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/tenant"
)

// Vote first, prove later: where the rules allow it, somebody who cannot vote
// yet, for a reason that can be put right, fills in the ballot now. It waits
// beside the box, sealed, uncounted; it is cast as any other as soon as the
// proof is there, and expires when the poll closes without.

// Faults of a ballot that would wait.
var (
	ErrNoWaiting   = fault.New(fault.Forbidden, "voting.waiting.not_allowed")
	ErrMayVoteNow  = fault.New(fault.Conflict, "voting.waiting.may_vote")
	ErrNoneWaiting = fault.New(fault.NotFound, "voting.waiting.none")
)

// Ending is how a waiting ballot ended.
type Ending string

// The endings; none while it waits.
const (
	StillWaiting Ending = ""
	WasCast      Ending = "cast"
	Expired      Ending = "expired" // the poll closed without the proof
	VotedOnce    Ending = "voted"   // the person has voted in another way meanwhile
)

// Waiting is a ballot that waits, or has: for its own voter's eyes.
type Waiting struct {
	Poll    PollID
	Citizen citizen.ID
	Nonce   Nonce
	Marks   []Mark // none once it has ended
	FiledAt time.Time
	Ended   Ending
	EndedAt time.Time
	Reasons []access.Reason // what was missing when it expired

	reminded int
}

// MayWait reports whether somebody to whom these reasons are given may fill in
// a ballot that waits: the rules allow it, and each reason has a remedy.
func (p *Poll) MayWait(v Voter, reasons []access.Reason) bool {
	if !p.Electorate.Later || p.VoterKind() == DeviceVoter || !v.Viewer.SignedIn || len(reasons) == 0 {
		return false
	}
	for _, r := range reasons {
		if r.RemedyKey == "" {
			return false
		}
	}
	return true
}

// seal hides what a waiting ballot says from whoever reads the table.
func (s *secrets) seal(id PollID, c citizen.ID, n Nonce, text string) ([]byte, error) {
	aead, err := s.sealer()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce)                                       // never fails
	padded := text + strings.Repeat(" ", 255-(len(text)+255)%256) // its length says nothing either
	return aead.Seal(nonce, nonce, []byte(padded), sealedFor(id, c, n)), nil
}

func (s *secrets) unseal(id PollID, c citizen.ID, n Nonce, sealed []byte) (string, error) {
	aead, err := s.sealer()
	if err != nil {
		return "", err
	}
	if len(sealed) < aead.NonceSize() {
		return "", errStored
	}
	text, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], sealedFor(id, c, n))
	return strings.TrimRight(string(text), " "), err
}

func (s *secrets) sealer() (cipher.AEAD, error) {
	mac := hmac.New(sha256.New, s.voters[:])
	mac.Write([]byte("waiting ballots"))
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func sealedFor(id PollID, c citizen.ID, n Nonce) []byte {
	return append(append(append([]byte{}, id[:]...), c[:]...), n[:]...)
}

// File keeps a ballot until its voter has proven what is missing; a ballot of
// the same voter that waits already is replaced. zone is the tenant's time
// zone. Whoever may vote now is told to: ErrMayVoteNow.
func (b *Box) File(ctx context.Context, t tenant.ID, s Submission, zone *time.Location) error {
	text, err := EncodeMarks(s.Marks)
	if err != nil {
		return err
	}
	defer b.stir()
	return b.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		poll, head, err := lockPoll(ctx, tx, t, s.Poll)
		if err != nil {
			return err
		}
		if err := poll.mayFile(ctx, tx, b, s, zone); err != nil {
			return err
		}
		if err := logDue(ctx, tx, poll, &head); err != nil {
			return err
		}
		secret, err := selectSecrets(ctx, tx, t, s.Poll)
		if err != nil {
			return err
		}
		account := citizen.ID(s.Voter.ID)
		sealed, err := secret.seal(s.Poll, account, s.Nonce, text)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO voting.waiting_ballots (tenant_id, poll_id, citizen_id, nonce, sealed, filed_at)
			VALUES (?, ?, ?, ?, ?, core.now()) ON CONFLICT ON CONSTRAINT one_waiting_ballot_per_account DO UPDATE
			SET nonce = excluded.nonce, sealed = excluded.sealed, filed_at = excluded.filed_at, ended = NULL, ended_at = NULL, told = false`,
			t, s.Poll, account, s.Nonce[:], sealed)
		if err != nil {
			return fmt.Errorf("keep a ballot that waits: %w", err)
		}
		return saveHead(ctx, tx, t, &head)
	})
}

// mayFile says why a ballot may not wait.
func (p *Poll) mayFile(ctx context.Context, tx bun.Tx, b *Box, s Submission, zone *time.Location) error {
	if err := p.State.MayVote(); err != nil {
		return err
	}
	if s.Voter.Kind != AccountVoter || !s.Voter.Viewer.SignedIn {
		return ErrSignIn
	}
	if err := p.validate(s.Marks); err != nil {
		return err
	}
	voted, err := b.Voted(ctx, tx, p.Tenant, s.Voter, p.ID)
	if err != nil {
		return err
	}
	if voted[p.ID] {
		return ErrAlreadyVoted
	}
	voter, err := b.RecogniseIn(ctx, tx, p, s.Voter)
	if err != nil {
		return err
	}
	verdict := p.Eligible(voter, zone)
	switch {
	case verdict.Allowed:
		return ErrMayVoteNow
	case !p.Electorate.Later:
		return ErrNoWaiting
	case !p.MayWait(voter, verdict.Reasons):
		return &NotEligible{Reasons: verdict.Reasons}
	}
	return nil
}

// Withdraw takes back a ballot that waits.
func (b *Box) Withdraw(ctx context.Context, t tenant.ID, id PollID, c citizen.ID) error {
	return b.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewRaw(`DELETE FROM voting.waiting_ballots WHERE tenant_id = ? AND poll_id = ? AND citizen_id = ? AND ended IS NULL`, t, id, c).Exec(ctx)
		if err != nil {
			return fmt.Errorf("withdraw a ballot that waits: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return ErrNoneWaiting.Wrap(err)
		}
		return nil
	})
}

// WaitingOf returns the ballot of a voter that waits, or how it ended; nil
// when there is none. It is for that voter's own eyes.
func (b *Box) WaitingOf(ctx context.Context, t tenant.ID, id PollID, v Voter) (w *Waiting, err error) {
	if v.Kind != AccountVoter || !v.Viewer.SignedIn {
		return nil, nil
	}
	err = b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		list, err := selectWaiting(ctx, tx, t, id, "w.citizen_id = ?", v.ID)
		if err == nil && len(list) == 1 {
			w = list[0]
		}
		return err
	})
	return w, err
}

// selectWaiting reads the waiting ballots of a poll, in the order they came.
func selectWaiting(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, where string, args ...any) ([]*Waiting, error) {
	var rows []struct {
		CitizenID citizen.ID
		Nonce     []byte
		Sealed    []byte
		FiledAt   time.Time
		Reminded  int
		Ended     *string
		EndedAt   bun.NullTime
		Reasons   []access.Reason `bun:"type:jsonb"`
	}
	err := tx.NewSelect().TableExpr("voting.waiting_ballots AS w").
		Column("citizen_id", "nonce", "sealed", "filed_at", "reminded", "ended", "ended_at", "reasons").
		Where("w.tenant_id = ?", t).Where("w.poll_id = ?", id).Where(where, args...).Order("w.filed_at", "w.citizen_id").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read the ballots that wait: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	secret, err := selectSecrets(ctx, tx, t, id)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	list := make([]*Waiting, len(rows))
	for i, r := range rows {
		w := &Waiting{
			Poll: id, Citizen: r.CitizenID, Nonce: Nonce(r.Nonce), FiledAt: r.FiledAt.UTC(), EndedAt: r.EndedAt.Time,
			Reasons: r.Reasons, reminded: r.Reminded,
		}
		for _, reason := range w.Reasons {
			for name, value := range reason.Args {
				if n, number := value.(float64); number {
					reason.Args[name] = int(n) // a count, back from JSON
				}
			}
		}
		if r.Ended != nil {
			w.Ended = Ending(*r.Ended)
		} else {
			text, err := secret.unseal(id, r.CitizenID, w.Nonce, r.Sealed)
			if err != nil {
				return nil, errors.Join(errStored, err)
			}
			if w.Marks, err = DecodeMarks(text); err != nil {
				return nil, errStored
			}
		}
		list[i] = w
	}
	return list, nil
}

// judged is a ballot that waits, and whether what it waits for had come at a
// moment.
type judged struct {
	*Waiting
	voter   Voter
	reasons []access.Reason
}

// judgeWaiting looks at the ballots of a poll that wait. A proof counts that
// was recorded by the moment given: that of the closing, once it has come.
func judgeWaiting(ctx context.Context, tx bun.IDB, p *Poll, by time.Time) ([]judged, error) {
	list, err := selectWaiting(ctx, tx, p.Tenant, p.ID, "w.ended IS NULL")
	if err != nil {
		return nil, err
	}
	var today string
	if len(list) > 0 {
		err = tx.QueryRowContext(ctx, `SELECT (?::timestamptz AT TIME ZONE time_zone)::date::text FROM core.tenants WHERE id = ?`, by, p.Tenant).Scan(&today)
		if err != nil {
			return nil, fmt.Errorf("find the day of a town: %w", err)
		}
	}
	all := make([]judged, len(list))
	for i, w := range list {
		viewer, err := selectViewer(ctx, tx, p.Tenant, w.Citizen, by)
		if err != nil {
			return nil, err
		}
		voter, err := recognise(ctx, tx, p, ByAccount(viewer))
		if err != nil {
			return nil, err
		}
		all[i] = judged{w, voter, p.eligible(voter, today).Reasons}
	}
	return all, nil
}

// selectViewer reads an account as it was proven by a moment.
func selectViewer(ctx context.Context, tx bun.IDB, t tenant.ID, id citizen.ID, by time.Time) (citizen.Viewer, error) {
	var row struct {
		Person, Residence citizen.Proof
		Zone              uuid.NullUUID
		BornOn            string
		Roles             []string `bun:",array"`
	}
	err := tx.NewRaw(`SELECT CASE WHEN person_proven_at > ?2 THEN least(person_proof, 1) ELSE person_proof END AS person,
			CASE WHEN residence_proven_at > ?2 THEN 0 ELSE residence_proof END AS residence, zone_id AS zone, coalesce(born_on::text, '') AS born_on,
			ARRAY(SELECT g.role FROM core.role_grants g WHERE g.tenant_id = c.tenant_id AND g.citizen_id = c.id) AS roles
		FROM core.citizens c WHERE c.tenant_id = ?0 AND c.id = ?1 AND c.erased_at IS NULL`, t, id, by).Scan(ctx, &row)
	if isNotFound(err) {
		return citizen.Viewer{}, nil
	}
	if err != nil {
		return citizen.Viewer{}, fmt.Errorf("read whose ballot waits: %w", err)
	}
	v := citizen.Viewer{ID: id, SignedIn: true, Person: row.Person, Residence: row.Residence, Zone: row.Zone.UUID, BornOn: row.BornOn}
	for _, role := range row.Roles {
		v.Grants = append(v.Grants, citizen.Grant{Role: citizen.Role(role)})
	}
	return v, nil
}
