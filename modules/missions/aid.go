package missions

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/money"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// Scheme is the aid that hours of volunteering lead to in a town, such as help
// to pay for the driving licence.
type Scheme struct {
	Version    int64
	Name       string
	Conditions string // Markdown
	AgeFrom    int    // completed years, included
	AgeTo      int
	Amount     money.Cents
	Target     int64 // minutes
	Open       bool  // claims are taken
}

func (r schemeRow) scheme() Scheme {
	return Scheme{
		Version: r.Version, Name: r.Name, Conditions: r.Conditions, AgeFrom: r.AgeFrom, AgeTo: r.AgeTo, Amount: money.Cents(r.AmountCents),
		Target: r.TargetMinutes, Open: r.Open,
	}
}

// covers reports whether somebody is of the age that the scheme is for.
func (s Scheme) covers(bornOn string, today time.Time) bool {
	if bornOn == "" {
		return false
	}
	age := ageOn(bornOn, today)
	return age >= s.AgeFrom && age <= s.AgeTo
}

// ClaimState is where a claim stands.
type ClaimState string

// The states of a claim.
const (
	Filed    ClaimState = "filed"
	Granted  ClaimState = "granted"
	NotGiven ClaimState = "refused"
	Paid     ClaimState = "paid"
)

// Claim is somebody's request for the aid, on the terms of that day.
type Claim struct {
	ID        uuid.UUID
	Citizen   citizen.ID
	Name      string
	Scheme    string
	Amount    money.Cents
	Target    int64
	Minutes   int64
	State     ClaimState
	Reason    string
	Payment   string
	FiledAt   time.Time
	DecidedAt time.Time
	PaidAt    time.Time
}

func (r claimRow) claim() Claim {
	return Claim{
		ID: r.ID, Citizen: r.CitizenID, Name: r.Name, Scheme: r.Scheme, Amount: money.Cents(r.AmountCents), Target: r.TargetMinutes,
		Minutes: r.Minutes, State: r.State, Reason: r.Reason, Payment: r.Payment, FiledAt: r.FiledAt, DecidedAt: r.DecidedAt.Time, PaidAt: r.PaidAt.Time,
	}
}

// configure writes the town's scheme. Claims already filed keep their terms.
func (s *service) configure(ctx context.Context, t tenant.ID, v citizen.Viewer, to Scheme) error {
	if err := mayStaff(v, actScheme); err != nil {
		return err
	}
	to.Name, to.Conditions = writing.Line(to.Name), writing.Tidy(to.Conditions)
	var wrong fault.Complaints
	wrong.When(to.Name == "", "name", "missions.scheme.name_missing")
	wrong.Bound(to.Name, "name", maxTitle)
	wrong.Bound(to.Conditions, "conditions", maxBody)
	wrong.When(to.AgeFrom < 0 || to.AgeFrom > 120, "age_from", "missions.scheme.age")
	wrong.When(to.AgeTo < to.AgeFrom || to.AgeTo > 120, "age_to", "missions.scheme.age_order")
	wrong.When(to.Amount <= 0 || to.Amount > 10_000_00, "amount", "missions.scheme.amount")
	wrong.When(to.Target < 60 || to.Target > 60_000, "hours", "missions.scheme.hours")
	if err := wrong.Err(); err != nil {
		return err
	}
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		if err := s.store.saveScheme(ctx, tx, t, to); err != nil {
			return err
		}
		return record(ctx, tx, t, v, actScheme, uuid.UUID(t), map[string]any{"amount_cents": int64(to.Amount), "minutes": to.Target, "open": to.Open})
	})
}

// engagement is what a person has given and asked for.
type engagement struct {
	minutes  int64
	scheme   *Scheme // nil when the town has none that is open
	claims   []Claim
	eligible error // why the aid cannot be claimed now; nil when it can
}

func (s *service) engagement(ctx context.Context, tx bun.Tx, t *tenant.Tenant, v citizen.Viewer) (e engagement, err error) {
	if e.minutes, err = s.store.minutes(ctx, tx, t.ID, v.ID); err != nil {
		return e, err
	}
	if e.claims, err = s.store.claimsOf(ctx, tx, t.ID, v.ID); err != nil {
		return e, err
	}
	scheme, found, err := s.store.scheme(ctx, tx, t.ID)
	if err != nil || !found || !scheme.Open {
		e.eligible = ErrNoScheme
		return e, err
	}
	now, err := s.store.now(ctx, tx)
	e.scheme, e.eligible = &scheme, scheme.eligible(v, e, now.In(t.TimeZone))
	return e, err
}

func (s Scheme) eligible(v citizen.Viewer, e engagement, today time.Time) error {
	for _, c := range e.claims {
		if c.State != NotGiven {
			return ErrClaimedTwice
		}
	}
	switch {
	case v.BornOn == "":
		return ErrAgeUnknown
	case !s.covers(v.BornOn, today):
		return ErrClaimAge.With(fault.Args{"From": s.AgeFrom, "To": s.AgeTo})
	case e.minutes < s.Target:
		return ErrBelowTarget
	}
	return nil
}

// claim asks the town hall for the aid, once the gauge is full.
func (s *service) claim(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) error {
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		e, err := s.engagement(ctx, tx, t, v)
		if err != nil {
			return err
		}
		if e.eligible != nil {
			return e.eligible
		}
		return s.store.insertClaim(ctx, tx, t.ID, Claim{
			ID: uuid.New(), Citizen: v.ID, Scheme: e.scheme.Name, Amount: e.scheme.Amount, Target: e.scheme.Target, Minutes: e.minutes,
		})
	})
}

// decideClaim grants or refuses an aid: the town hall's decision, never one's own.
func (s *service) decideClaim(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, grant bool, reason string) error {
	if err := mayStaff(v, actDecide); err != nil {
		return err
	}
	reason = writing.Tidy(reason)
	var wrong fault.Complaints
	wrong.When(!grant && reason == "", "reason", "missions.reason.missing")
	wrong.Bound(reason, "reason", maxReason)
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		c, err := s.store.lockClaim(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		if err := wrong.Err(); err != nil {
			return err
		}
		if c.State != Filed {
			return ErrClaimState
		}
		if c.State, c.Reason = NotGiven, reason; grant {
			c.State = Granted
		}
		return s.endClaim(ctx, tx, t, v, c)
	})
}

// payClaim records that a granted aid was paid, and how.
func (s *service) payClaim(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, payment string) error {
	if err := mayStaff(v, actPay); err != nil {
		return err
	}
	payment = writing.Line(payment)
	var wrong fault.Complaints
	wrong.When(payment == "", "payment", "missions.claim.payment_missing")
	wrong.Bound(payment, "payment", maxAddress)
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		c, err := s.store.lockClaim(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		if err := wrong.Err(); err != nil {
			return err
		}
		switch {
		case c.Citizen == v.ID:
			return ErrOwnClaim
		case c.State != Granted:
			return ErrClaimState
		}
		c.State, c.Payment = Paid, payment
		return s.endClaim(ctx, tx, t, v, c)
	})
}

// endClaim saves what was decided, in the journal too, and tells the person.
func (s *service) endClaim(ctx context.Context, tx bun.Tx, t *tenant.Tenant, v citizen.Viewer, c Claim) error {
	if err := s.store.saveClaim(ctx, tx, t.ID, c, v.ID); err != nil {
		return err
	}
	act := actDecide
	if c.State == Paid {
		act = actPay
	}
	if err := record(ctx, tx, t.ID, v, act, c.ID, map[string]any{"state": string(c.State)}); err != nil {
		return err
	}
	return s.people.Tell(ctx, tx, t, []citizen.ID{c.Citizen}, claimLetter(t, c, s.url))
}
