package missions

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
)

// Holdings declares what the module keeps about people.
func (*Module) Holdings() []module.Holding {
	return []module.Holding{
		{
			What: "missions.holding.inscriptions.what", Purpose: "missions.holding.inscriptions.purpose",
			LegalBasis: "missions.holding.inscriptions.basis", Retention: "missions.holding.inscriptions.retention",
		},
		{
			What: "missions.holding.hours.what", Purpose: "missions.holding.hours.purpose",
			LegalBasis: "missions.holding.hours.basis", Retention: "missions.holding.hours.retention",
		},
		{
			What: "missions.holding.offer.what", Purpose: "missions.holding.offer.purpose",
			LegalBasis: "missions.holding.offer.basis", Retention: "missions.holding.offer.retention",
		},
	}
}

type exportedInscription struct {
	Mission    string    `json:"mission"`
	StartsAt   time.Time `json:"starts_at,omitzero"`
	State      State     `json:"state"`
	Attendance string    `json:"attendance,omitempty"`
	AskedAt    time.Time `json:"asked_at,omitzero"`
}

type exportedHours struct {
	Mission string `json:"mission"`
	Day     string `json:"day"`
	Minutes int64  `json:"minutes"`
	Reason  string `json:"reason,omitempty"`
}

type exportedMessage struct {
	Mission string    `json:"mission"`
	At      time.Time `json:"at"`
	Body    string    `json:"body"`
}

type exportedClaim struct {
	Scheme      string     `json:"scheme"`
	AmountCents int64      `json:"amount_cents"`
	State       ClaimState `json:"state"`
	FiledAt     time.Time  `json:"filed_at"`
	Reason      string     `json:"reason,omitempty"`
}

type exportedOffer struct {
	Visible      bool     `json:"visible"`
	Skills       []string `json:"skills"`
	Availability []string `json:"availability"`
}

// Export returns what the account asked, said, gave and claimed.
func (m *Module) Export(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (map[string]any, error) {
	out := map[string]any{}
	inscriptions, messages, err := m.service.store.exported(ctx, tx, t, c)
	if err != nil {
		return nil, err
	}
	if len(inscriptions) > 0 {
		out["inscriptions"] = inscriptions
	}
	if len(messages) > 0 {
		out["messages"] = messages
	}
	lines, err := m.service.store.hoursBy(ctx, tx, t, c, 100_000)
	if err != nil {
		return nil, err
	}
	var hours []exportedHours
	for _, l := range lines {
		hours = append(hours, exportedHours{Mission: l.Title, Day: l.Day.Format(time.DateOnly), Minutes: l.Minutes, Reason: l.Reason})
	}
	if len(hours) > 0 {
		out["hours"] = hours
	}
	claims, err := m.service.store.claimsOf(ctx, tx, t, c)
	if err != nil {
		return nil, err
	}
	var asked []exportedClaim
	for _, k := range claims {
		asked = append(asked, exportedClaim{Scheme: k.Scheme, AmountCents: int64(k.Amount), State: k.State, FiledAt: k.FiledAt, Reason: k.Reason})
	}
	if len(asked) > 0 {
		out["claims"] = asked
	}
	offer, err := m.service.store.volunteer(ctx, tx, t, c)
	if err != nil {
		return nil, err
	}
	if !offer.Citizen.IsZero() {
		out["offer"] = exportedOffer{Visible: offer.Visible, Skills: offer.Skills, Availability: offer.Availability}
	}
	return out, nil
}

func (store) exported(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (inscriptions []exportedInscription, messages []exportedMessage, err error) {
	var rows []struct {
		Title      string
		StartsAt   bun.NullTime
		State      State
		Attendance string
		AskedAt    bun.NullTime
	}
	err = tx.NewRaw(`
		SELECT m.title, s.starts_at, i.state, i.attendance, i.asked_at
		FROM missions.inscriptions i
		JOIN missions.missions m ON m.tenant_id = i.tenant_id AND m.id = i.mission_id
		JOIN missions.slots s ON s.tenant_id = i.tenant_id AND s.id = i.slot_id
		WHERE i.tenant_id = ? AND i.citizen_id = ? ORDER BY i.updated_at`, t, c).Scan(ctx, &rows)
	if err != nil {
		return nil, nil, fmt.Errorf("list what an account joined: %w", err)
	}
	for _, r := range rows {
		inscriptions = append(inscriptions, exportedInscription{
			Mission: r.Title, StartsAt: r.StartsAt.Time, State: r.State, Attendance: r.Attendance, AskedAt: r.AskedAt.Time,
		})
	}
	var said []struct {
		Title string
		At    time.Time
		Body  string
	}
	err = tx.NewRaw(`
		SELECT m.title, g.at, g.body
		FROM missions.messages g
		JOIN missions.inscriptions i ON i.tenant_id = g.tenant_id AND i.id = g.inscription_id
		JOIN missions.missions m ON m.tenant_id = i.tenant_id AND m.id = i.mission_id
		WHERE g.tenant_id = ? AND g.author_id = ? ORDER BY g.at`, t, c).Scan(ctx, &said)
	if err != nil {
		return nil, nil, fmt.Errorf("list what an account said: %w", err)
	}
	for _, r := range said {
		messages = append(messages, exportedMessage{Mission: r.Title, At: r.At, Body: r.Body})
	}
	return inscriptions, messages, nil
}

// Erase leaves what is to come, gives the places on, and takes away what the
// account wrote. The ledger of hours and the claims stay, under a name that
// says nothing: they are what was given, and paid.
func (m *Module) Erase(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) error {
	s := m.service
	list, err := s.store.inscriptionsBy(ctx, tx, t, c, 100_000)
	if err != nil {
		return err
	}
	for _, i := range list {
		if err := s.forget(ctx, tx, t, i); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		`UPDATE missions.messages SET author_id = NULL, body = '' WHERE tenant_id = ? AND author_id = ?`,
		`UPDATE missions.messages SET flagged_by = NULL WHERE tenant_id = ? AND flagged_by = ?`,
		`UPDATE missions.inscriptions SET intro = '' WHERE tenant_id = ? AND citizen_id = ?`,
		`DELETE FROM missions.volunteers WHERE tenant_id = ? AND citizen_id = ?`,
		`DELETE FROM missions.invitations WHERE tenant_id = ? AND citizen_id = ?`,
		`UPDATE missions.missions SET created_by = NULL WHERE tenant_id = ? AND created_by = ?`,
	} {
		if _, err := tx.NewRaw(statement, t, c).Exec(ctx); err != nil {
			return fmt.Errorf("forget an account: %w", err)
		}
	}
	return nil
}

// forget ends an inscription that is under way. Whoever waits for the place is
// told where the letter can be written: in a request, which knows its town.
func (s *service) forget(ctx context.Context, tx bun.IDB, t tenant.ID, i Inscription) error {
	if !i.State.Active() || i.Attendance == present {
		return nil
	}
	town, known := tenant.FromContext(ctx)
	if full, ok := tx.(bun.Tx); ok && known {
		held, m, slot, err := s.hold(ctx, full, t, i.ID)
		if err != nil || slot.startedAt(m.Now) {
			return err
		}
		return s.leave(ctx, full, town, m, held, Withdrawn, "")
	}
	if _, err := s.store.lockSlot(ctx, tx, t, i.Slot); err != nil {
		return err
	}
	if err := s.store.settle(ctx, tx, t, i, Withdrawn, ""); err != nil || !i.State.Holds() {
		return err
	}
	return s.store.take(ctx, tx, t, i.Slot, -1)
}
