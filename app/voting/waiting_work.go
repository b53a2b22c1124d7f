package voting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/tenant"
)

// What is done about ballots that wait while nobody looks: they are cast when
// their proof has come, recalled by mail, ended with the poll.

// News is what somebody is told about their ballot that waits.
type News struct {
	Poll    *Poll
	Citizen citizen.ID
	Nonce   Nonce           // once it is cast: of its receipt
	Ended   Ending          // none: a reminder
	Reasons []access.Reason // what is missing, or was
}

// Teller writes the mail, in the transaction of what it tells.
type Teller func(ctx context.Context, tx bun.Tx, t tenant.ID, n News) error

// Tell gives the box who tells. It is called once, before Work.
func (b *Box) Tell(teller Teller) { b.teller = teller }

// Proven says that something was proven in a town: a ballot may wait for it.
func (b *Box) Proven() { b.stir() }

const (
	tendEvery = 5 * time.Second     // as long as ballots wait
	keepEnded = 30 * 24 * time.Hour // how a ballot ended is shown this long
	dayBefore = 24 * time.Hour      // of the closing: the second reminder
)

// errProofCame: a ballot that waits must be cast before the poll's closing is
// logged, for its proof came in time.
var errProofCame = errors.New("a waiting ballot comes first")

// Tend does what is due for the ballots of a town that wait, and returns
// how long until it should look again.
func (b *Box) Tend(ctx context.Context, t tenant.ID) (time.Duration, error) {
	var polls []*Poll
	err := b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) (err error) {
		polls, err = selectPolls(ctx, tx, t, "poll.id IN (SELECT poll_id FROM voting.waiting_ballots WHERE tenant_id = ? AND NOT told)", t)
		return err
	})
	if err != nil {
		return 0, err
	}
	if err := b.forgetEnded(ctx, t); err != nil || len(polls) == 0 {
		return time.Hour, err
	}
	for _, p := range polls {
		if p.State == Open {
			err = b.castProven(ctx, p)
		} else if p.State == Cancelled {
			err = b.endWaiting(ctx, p)
		}
		if err == nil {
			err = b.tellWaiting(ctx, p)
		}
		if err != nil {
			return 0, fmt.Errorf("tend the ballots that wait: %w", err)
		}
	}
	return tendEvery, nil
}

// castProven casts the ballots of a poll whose proof has come, through the
// queue as any other. A second time changes nothing: the nonce is the same.
func (b *Box) castProven(ctx context.Context, p *Poll) error {
	by := p.Now
	if !p.Closes.IsZero() && p.Closes.Before(by) {
		by = p.Closes
	}
	var all []judged
	err := b.db.ReadTenant(ctx, p.Tenant, func(ctx context.Context, tx bun.Tx) (err error) {
		all, err = judgeWaiting(ctx, tx, p, by)
		return err
	})
	if err != nil {
		return err
	}
	for _, w := range all {
		if len(w.reasons) > 0 {
			continue
		}
		ending := WasCast
		_, err := b.enqueue(ctx, p.Tenant, Submission{Poll: p.ID, Voter: w.voter, Nonce: w.Nonce, Marks: w.Marks, Channel: Web, waited: true})
		switch {
		case errors.Is(err, ErrAlreadyVoted), errors.Is(err, ErrOtherChannel):
			ending = VotedOnce
		case errors.Is(err, ErrNotEligible), errors.Is(err, ErrPollClosed):
			continue // it has changed again: the closing decides
		case err != nil:
			return err
		}
		err = b.db.InTenant(ctx, p.Tenant, func(ctx context.Context, tx bun.Tx) error {
			return endOne(ctx, tx, p, w.Waiting, ending, nil)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// endOne writes how a waiting ballot ended, and forgets what it said.
func endOne(ctx context.Context, tx bun.IDB, p *Poll, w *Waiting, ending Ending, reasons []access.Reason) error {
	if reasons == nil {
		reasons = []access.Reason{}
	}
	said, err := json.Marshal(reasons)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE voting.waiting_ballots SET ended = ?, ended_at = core.now(), sealed = NULL, reasons = ?::jsonb
		WHERE tenant_id = ? AND poll_id = ? AND citizen_id = ? AND nonce = ? AND ended IS NULL`,
		ending, string(said), p.Tenant, p.ID, w.Citizen, w.Nonce[:])
	if err != nil {
		return fmt.Errorf("end a ballot that waits: %w", err)
	}
	return nil
}

// expireWaiting ends the ballots of a poll that is being closed, under its
// lock; those whose proof came by the closing must be cast first.
func expireWaiting(ctx context.Context, tx bun.IDB, p *Poll) error {
	all, err := judgeWaiting(ctx, tx, p, p.Closes)
	if err != nil {
		return err
	}
	for _, w := range all {
		if len(w.reasons) == 0 {
			return ErrBusy.Wrap(errProofCame)
		}
	}
	for _, w := range all {
		if err := endOne(ctx, tx, p, w.Waiting, Expired, w.reasons); err != nil {
			return err
		}
	}
	return nil
}

// endWaiting ends the ballots of a poll that was cancelled.
func (b *Box) endWaiting(ctx context.Context, p *Poll) error {
	return b.db.InTenant(ctx, p.Tenant, func(ctx context.Context, tx bun.Tx) error {
		list, err := selectWaiting(ctx, tx, p.Tenant, p.ID, "w.ended IS NULL")
		if err != nil {
			return err
		}
		for _, w := range list {
			if err := endOne(ctx, tx, p, w, Expired, []access.Reason{{Key: ErrPollCancelled.Key}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// tellWaiting writes the mails that are due: two reminders at most, and how
// each ballot ended.
func (b *Box) tellWaiting(ctx context.Context, p *Poll) error {
	return b.db.InTenant(ctx, p.Tenant, func(ctx context.Context, tx bun.Tx) error {
		// Nobody else tells the same meanwhile.
		if _, err := tx.ExecContext(ctx, `SELECT FROM voting.waiting_ballots WHERE tenant_id = ? AND poll_id = ? AND NOT told FOR UPDATE`, p.Tenant, p.ID); err != nil {
			return fmt.Errorf("lock the ballots that wait: %w", err)
		}
		ended, err := selectWaiting(ctx, tx, p.Tenant, p.ID, "w.ended IS NOT NULL AND NOT w.told")
		if err != nil {
			return err
		}
		for _, w := range ended {
			if err := b.say(ctx, tx, p, w, w.Reasons, `told = true`); err != nil {
				return err
			}
		}
		waiting, err := judgeWaiting(ctx, tx, p, p.Now)
		if err != nil {
			return err
		}
		for _, w := range waiting {
			if due := w.remindersDue(p); due > w.reminded && len(w.reasons) > 0 {
				if err := b.say(ctx, tx, p, w.Waiting, w.reasons, fmt.Sprintf("reminded = %d", due)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// forgetEnded removes what has been shown long enough.
func (b *Box) forgetEnded(ctx context.Context, t tenant.ID) error {
	const old = ` FROM voting.waiting_ballots WHERE tenant_id = ? AND told AND ended_at < core.now() - make_interval(secs => ?)`
	var any bool
	err := b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT EXISTS (SELECT`+old+`)`, t, keepEnded.Seconds()).Scan(ctx, &any)
	})
	if err != nil || !any {
		return err
	}
	return b.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`DELETE`+old, t, keepEnded.Seconds()).Exec(ctx)
		return err
	})
}

// remindersDue is how many reminders a ballot should have had by now: one at
// half of the time it had to wait, one the day before the closing.
func (w *Waiting) remindersDue(p *Poll) int {
	switch {
	case w.Ended != StillWaiting || p.State != Open || p.Closes.IsZero():
		return 0
	case p.Closes.Sub(p.Now) <= dayBefore && p.Closes.Sub(w.FiledAt) > dayBefore:
		return 2
	case p.Now.Sub(w.FiledAt) >= p.Closes.Sub(w.FiledAt)/2:
		return 1
	}
	return 0
}

// say tells one voter, and writes that it was told. set is SQL of this package.
func (b *Box) say(ctx context.Context, tx bun.Tx, p *Poll, w *Waiting, reasons []access.Reason, set string) error {
	if b.teller != nil {
		if err := b.teller(ctx, tx, p.Tenant, News{Poll: p, Citizen: w.Citizen, Nonce: w.Nonce, Ended: w.Ended, Reasons: reasons}); err != nil {
			return fmt.Errorf("tell of a ballot that waits: %w", err)
		}
	}
	_, err := tx.ExecContext(ctx, `UPDATE voting.waiting_ballots SET `+set+` WHERE tenant_id = ? AND poll_id = ? AND citizen_id = ?`, p.Tenant, p.ID, w.Citizen)
	if err != nil {
		return fmt.Errorf("write that somebody was told: %w", err)
	}
	return nil
}
