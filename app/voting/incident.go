package voting

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/fault"
	"parvis/app/tenant"
)

// Faults of the register of incidents.
var (
	ErrNoIncident     = fault.New(fault.NotFound, "voting.incident.not_found")
	ErrIncidentClosed = fault.New(fault.Conflict, "voting.incident.closed")
)

// IncidentKind is what an entry of the register does.
type IncidentKind string

// The kinds of entries.
const (
	Recorded IncidentKind = "recorded"
	Followed IncidentKind = "followed"
	Resolved IncidentKind = "closed"
)

// IncidentEntry is a line of the register of incidents of a poll. Nothing in
// it ever changes: what was wrong is put right by another line.
type IncidentEntry struct {
	Kind    IncidentKind
	At      time.Time
	Actor   uuid.UUID
	Summary string // public
	Detail  string // for those who watch over the poll
}

// Incident is what happened to a poll, line by line.
type Incident struct {
	Number  int
	Entries []IncidentEntry
}

// Closed reports whether nothing more is to come.
func (i Incident) Closed() bool { return i.Entries[len(i.Entries)-1].Kind == Resolved }

// Bounds of an entry, in characters.
const (
	MaxIncidentSummary = 300
	MaxIncidentDetail  = 2_000
)

// Report writes a line into the register of incidents: a new incident when
// number is zero, what followed or its end else.
func (b *Box) Report(ctx context.Context, t tenant.ID, id PollID, number int, entry IncidentEntry, act Act) error {
	entry.Summary, entry.Detail = strings.TrimSpace(entry.Summary), strings.TrimSpace(entry.Detail)
	if err := entry.check(); err != nil {
		return err
	}
	return b.actAs(ctx, t, id, act, func(ctx context.Context, tx bun.IDB, poll *Poll, _ *Head) error {
		if poll.State == Draft || poll.State == Scheduled {
			return ErrNotOpenYet
		}
		return insertIncident(ctx, tx, poll, number, entry, act)
	})
}

func (e IncidentEntry) check() error {
	var wrong []fault.Field
	if e.Summary == "" {
		wrong = append(wrong, fault.Field{Name: "summary", Key: "voting.incident.summary_missing"})
	}
	if utf8.RuneCountInString(e.Summary) > MaxIncidentSummary {
		wrong = append(wrong, fault.Field{Name: "summary", Key: "voting.incident.long", Args: fault.Args{"Limit": MaxIncidentSummary}})
	}
	if utf8.RuneCountInString(e.Detail) > MaxIncidentDetail {
		wrong = append(wrong, fault.Field{Name: "detail", Key: "voting.incident.long", Args: fault.Args{"Limit": MaxIncidentDetail}})
	}
	if len(wrong) > 0 {
		return fault.OnFields(wrong...)
	}
	return nil
}

// insertIncident adds the entry, under the poll's lock.
func insertIncident(ctx context.Context, tx bun.IDB, p *Poll, number int, e IncidentEntry, act Act) error {
	list, err := selectIncidents(ctx, tx, p.Tenant, p.ID)
	if err != nil {
		return err
	}
	rank := 1
	switch {
	case number == 0:
		number, e.Kind = len(list)+1, Recorded
	case number < 0 || number > len(list):
		return ErrNoIncident
	case list[number-1].Closed():
		return ErrIncidentClosed
	case e.Kind == Recorded:
		return ErrNoIncident
	default:
		rank = len(list[number-1].Entries) + 1
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO voting.incident_entries (tenant_id, poll_id, incident, number, kind, actor, summary, detail)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, p.Tenant, p.ID, number, rank, e.Kind, uuid.UUID(act.Actor), e.Summary, e.Detail)
	if err != nil {
		return fmt.Errorf("write the register of incidents: %w", err)
	}
	return nil
}

// Incidents returns the register of a poll, the first one first.
func (b *Box) Incidents(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) ([]Incident, error) {
	return selectIncidents(ctx, tx, t, id)
}

func selectIncidents(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) ([]Incident, error) {
	rows, err := tx.QueryContext(ctx, `SELECT incident, kind, at, actor, summary, detail FROM voting.incident_entries
		WHERE tenant_id = ? AND poll_id = ? ORDER BY incident, number`, t, id)
	if err != nil {
		return nil, fmt.Errorf("read the register of incidents: %w", err)
	}
	defer rows.Close()
	var list []Incident
	for rows.Next() {
		var number int
		var e IncidentEntry
		if err := rows.Scan(&number, &e.Kind, &e.At, &e.Actor, &e.Summary, &e.Detail); err != nil {
			return nil, fmt.Errorf("read the register of incidents: %w", err)
		}
		e.At = e.At.UTC()
		if len(list) == 0 || list[len(list)-1].Number != number {
			list = append(list, Incident{Number: number})
		}
		list[len(list)-1].Entries = append(list[len(list)-1].Entries, e)
	}
	return list, rows.Err()
}
