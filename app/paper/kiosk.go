package paper

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/realtime"
)

// The kiosk is a tablet of the town hall. An agent opens it for one citizen and
// one poll, with a code that is typed on it once; the citizen votes alone; and
// nothing is left on the tablet. What the citizen chose is in the ballot box,
// like any other ballot, and nowhere else.

// kioskFor is how long a kiosk stays open.
const kioskFor = 15 * time.Minute

// Faults of the kiosk.
var (
	ErrKioskCode = fault.New(fault.Invalid, "paper.kiosk.code")
	ErrKioskOver = fault.New(fault.Closed, "paper.kiosk.over")
)

// Session is a kiosk opened for somebody.
type Session struct {
	ID   uuid.UUID
	Poll *voting.Poll
	who  citizen.ID
}

// nonce names the ballot of a session: sending the page twice is one vote.
func (s *Session) nonce() voting.Nonce {
	hash := sha256.Sum256(append([]byte("ballot of a kiosk\n"), s.ID[:]...))
	return voting.Nonce(hash[:16])
}

// OpenKiosk opens the kiosk for somebody who is there, and returns the code to
// type on it. A kiosk that was open for them is closed. power is Kiosk, or Assist
// when the agent is to type for them.
func (s *Service) OpenKiosk(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, who citizen.ID, power Power) (code string, err error) {
	if err := s.reach(ctx, t, v, who); err != nil {
		return "", err
	}
	code = newCode()
	err = s.with(ctx, t, v, id, power, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		if err := s.mayVoteHere(ctx, tx, p, who); err != nil {
			return err
		}
		if err := insertKiosk(ctx, tx, p, who, code); err != nil {
			return err
		}
		return record(ctx, tx, v, p, power, nil)
	})
	return code, err
}

// reach refuses an account that the agent may not open, or their own.
func (s *Service) reach(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, who citizen.ID) error {
	if v.ID == who {
		return ErrOwnSheet
	}
	_, err := s.Desk.Open(ctx, t, v, who)
	return err
}

// mayVoteHere refuses whoever the box would refuse.
func (s *Service) mayVoteHere(ctx context.Context, tx bun.Tx, p *voting.Poll, who citizen.ID) error {
	if err := p.State.MayVote(); err != nil {
		return err
	}
	st, err := s.Box.StandingOf(ctx, tx, p, who)
	switch {
	case err != nil:
		return err
	case p.VoterKind() == voting.DeviceVoter:
		return voting.ErrWrongState
	case st.Voted && (st.Channel != voting.Desk || !p.AllowChange):
		return voting.ErrVotedAlready
	case !st.Allowed:
		return &voting.NotEligible{Reasons: st.Reasons}
	}
	return nil
}

func hashed(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func insertKiosk(ctx context.Context, tx bun.Tx, p *voting.Poll, who citizen.ID, code string) error {
	for _, sql := range []string{
		`DELETE FROM paper.kiosks WHERE tenant_id = ?0 AND (expires_at < core.now() OR poll_id = ?1 AND citizen_id = ?2)`,
		`INSERT INTO paper.kiosks (tenant_id, id, poll_id, citizen_id, code, expires_at) VALUES (?0, ?3, ?1, ?2, ?4, core.now() + ?5 * interval '1 second')`,
	} {
		if _, err := tx.ExecContext(ctx, sql, p.Tenant, p.ID, who, uuid.New(), hashed(code), int(kioskFor.Seconds())); err != nil {
			return fmt.Errorf("open a kiosk: %w", err)
		}
	}
	return nil
}

// ParseCode reads a code as somebody typed it.
func ParseCode(text string) (string, bool) {
	code := strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(text))
	return code, len(code) == 8 && strings.Trim(code, codeAlphabet) == ""
}

// EnterKiosk takes the code that was typed on the tablet, which is worth nothing
// any more, and returns what the tablet shows from then on.
func (s *Service) EnterKiosk(ctx context.Context, t *tenant.Tenant, typed string) (token string, err error) {
	code, ok := ParseCode(typed)
	if !ok {
		return "", ErrKioskCode.On("code")
	}
	token = rand.Text()
	err = s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE paper.kiosks SET token = ? WHERE tenant_id = ? AND code = ? AND token IS NULL AND expires_at > core.now()`,
			hashed(token), t.ID, hashed(code))
		if err != nil {
			return fmt.Errorf("enter a kiosk: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return ErrKioskCode.On("code")
		}
		return nil
	})
	return token, err
}

// KioskOf returns the session of a tablet; ErrKioskOver when there is none.
func (s *Service) KioskOf(ctx context.Context, t *tenant.Tenant, token string) (*Session, error) {
	return s.session(ctx, t, "token = ?", hashed(token))
}

// KioskFor returns the session that was opened for somebody and was not taken
// to the tablet: the agent types for them, at their request.
func (s *Service) KioskFor(ctx context.Context, t *tenant.Tenant, id voting.PollID, who citizen.ID) (*Session, error) {
	return s.session(ctx, t, "poll_id = ? AND citizen_id = ? AND token IS NULL", id, who)
}

func (s *Service) session(ctx context.Context, t *tenant.Tenant, where string, args ...any) (*Session, error) {
	session := &Session{}
	err := s.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		var poll voting.PollID
		err := tx.QueryRowContext(ctx, `SELECT id, poll_id, citizen_id FROM paper.kiosks WHERE tenant_id = ? AND expires_at > core.now() AND `+where,
			append([]any{t.ID}, args...)...).Scan(&session.ID, &poll, &session.who)
		if err != nil {
			return err
		}
		session.Poll, err = s.Box.Poll(ctx, tx, t.ID, poll)
		return err
	})
	if errors.Is(database.Fault(err), database.ErrNotFound) {
		return nil, ErrKioskOver.Wrap(err)
	}
	if err != nil {
		return nil, err
	}
	// A poll whose module was switched off meanwhile does not exist.
	_, err = s.Polls.Audience(ctx, t, citizen.Viewer{}, voting.Topic(t.ID, session.Poll.ID), realtime.Public)
	return session, err
}

// Vote casts the ballot of a session, and ends it.
func (s *Service) Vote(ctx context.Context, t *tenant.Tenant, session *Session, marks []voting.Mark) (voting.Receipt, error) {
	receipt, err := s.Box.Cast(ctx, t.ID, voting.Submission{
		Poll: session.Poll.ID, Voter: voting.ByAccount(citizen.Viewer{ID: session.who, SignedIn: true}),
		Nonce: session.nonce(), Marks: marks, Channel: voting.Desk,
	})
	if err != nil {
		return receipt, err
	}
	return receipt, s.EndKiosk(ctx, t, session.ID)
}

// EndKiosk closes a session: whoever comes next begins anew.
func (s *Service) EndKiosk(ctx context.Context, t *tenant.Tenant, id uuid.UUID) error {
	return s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM paper.kiosks WHERE tenant_id = ? AND id = ?`, t.ID, id); err != nil {
			return fmt.Errorf("close a kiosk: %w", err)
		}
		return nil
	})
}
