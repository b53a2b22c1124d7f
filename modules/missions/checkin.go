package missions

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/tenant"
)

// A pass is what a volunteer shows at the door: the number of the inscription
// and an hour of expiry, signed. It opens nothing by itself: somebody who runs
// the mission must confirm, signed in as themselves.
const (
	passLife = 15 * time.Minute
	passMAC  = 16
	passSize = 16 + 8 + passMAC
)

func (s *service) seal(t tenant.ID, body []byte) []byte {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("missions pass\x00" + t.String()))
	mac.Write(body)
	return mac.Sum(nil)[:passMAC]
}

// pass makes the code of an inscription, good until a moment.
func (s *service) pass(t tenant.ID, id uuid.UUID, until time.Time) string {
	body := binary.BigEndian.AppendUint64(append([]byte{}, id[:]...), uint64(until.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(body, s.seal(t, body)...))
}

// readPass returns the inscription of a pass that is ours and still good.
func (s *service) readPass(t tenant.ID, text string, now time.Time) (uuid.UUID, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != passSize {
		return uuid.Nil, ErrPass.Wrap(err)
	}
	body := raw[:passSize-passMAC]
	if !hmac.Equal(raw[passSize-passMAC:], s.seal(t, body)) {
		return uuid.Nil, ErrPass
	}
	if until := time.Unix(int64(binary.BigEndian.Uint64(body[16:])), 0); now.After(until) {
		return uuid.Nil, ErrPass
	}
	return uuid.UUID(body[:16]), nil
}

// shown returns the inscription that a pass is of, for those who run its mission.
func (s *service) shown(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, pass string) (*thread, error) {
	var now time.Time
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		now, err = s.store.now(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	id, err := s.readPass(t.ID, pass, now)
	if err != nil {
		return nil, err
	}
	th, err := s.thread(ctx, t, v, id)
	if err == nil && !th.asHost {
		return nil, ErrNotYours
	}
	return th, err
}

// checkIn notes that the person of a pass has come.
func (s *service) checkIn(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, pass string) (uuid.UUID, error) {
	th, err := s.shown(ctx, t, v, pass)
	if err != nil {
		return uuid.Nil, err
	}
	return th.mission.ID, s.decide(ctx, t, v, th.ID, func(ctx context.Context, tx bun.Tx, i Inscription, m *Mission, slot Slot) error {
		if i.Citizen == v.ID {
			return ErrOwnHours
		}
		return s.noteAttendance(ctx, tx, t.ID, i, m, slot, present, "qr")
	})
}
