package voting

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/tenant"
	"parvis/app/voting/proof"
)

// Minute is the procès-verbal of a severing, in the form that is signed.
type Minute struct {
	Format       string             `json:"format"` // "parvis-minute/1"
	Key          string             `json:"key"`    // that signs it
	Town         string             `json:"town"`
	Poll         PollID             `json:"poll"`
	Question     string             `json:"question"`
	Ended        time.Time          `json:"ended"`
	At           time.Time          `json:"at"`
	By           string             `json:"by"`
	Actor        uuid.UUID          `json:"actor"` // their account
	Visa         string             `json:"visa"`  // of the archives
	Deliberation MinuteDeliberation `json:"deliberation"`
	Appeals      []MinuteAppeal     `json:"appeals"`
	Before       Held               `json:"before"`
	After        Held               `json:"after"`
	LogSize      int64              `json:"log_size"`
	Root         string             `json:"root"`          // of the log, hexadecimal
	Result       string             `json:"result_sha256"` // "" of a cancelled poll
	Archive      *KeptArchive       `json:"archive"`       // null of a cancelled poll

	Text string `json:"-"` // the canonical text of the above
	Note string `json:"-"` // the same, signed
}

// MinuteDeliberation is what the period ran from. Days are "2026-01-31".
type MinuteDeliberation struct {
	On         string `json:"on"`
	Reference  string `json:"reference"`
	Months     int    `json:"months"`
	PossibleOn string `json:"possible_on"`
}

// MinuteAppeal is a recours that was lifted before the act.
type MinuteAppeal struct {
	FiledOn   string `json:"filed_on"`
	Reference string `json:"reference"`
	LiftedOn  string `json:"lifted_on"`
	Outcome   string `json:"outcome"`
}

// Held is what a box holds of a poll.
type Held struct {
	Ballots     int64 `json:"ballots"`
	Submissions int64 `json:"submissions"`
	Roll        int64 `json:"roll"`
	Secrets     int64 `json:"secrets"`
}

// KeptArchive is the archive that was kept and verified before the act.
type KeptArchive struct {
	SHA256  string `json:"sha256"`
	Size    int64  `json:"size"`
	Ballots int64  `json:"ballots"`
	Leaves  int64  `json:"leaves"`
}

// draft is the minute of what is about to be done, but for what it counts.
func (s severing) draft(ctx context.Context, tx bun.IDB, matter *Matter, head *Head) (*Minute, error) {
	p := matter.Poll
	m := &Minute{
		Format: "parvis-minute/1", Key: s.notary.Key.String(), Town: matter.town, Poll: p.ID, Question: p.Question,
		Ended: p.EndedAt(), At: p.Now.Truncate(time.Second), By: s.order.By, Actor: uuid.UUID(s.act.Actor), Visa: s.order.Visa,
		Deliberation: MinuteDeliberation{
			On: day(matter.DeliberatedOn), Reference: matter.Reference, Months: matter.Months, PossibleOn: day(matter.PossibleOn),
		},
		Appeals: []MinuteAppeal{}, LogSize: head.LogSize, Root: hex32(head.Root), Archive: s.archive,
	}
	for _, a := range matter.Appeals {
		m.Appeals = append(m.Appeals, MinuteAppeal{FiledOn: day(a.FiledOn), Reference: a.Reference, LiftedOn: day(a.LiftedOn), Outcome: a.Outcome})
	}
	if p.State == Cancelled {
		return m, nil
	}
	r, err := selectResult(ctx, tx, p.Tenant, p.ID)
	if err != nil {
		return nil, err
	}
	m.Result = r.SHA256
	return m, nil
}

func (m *Minute) sign(by proof.Signer) error {
	text, err := canonical(m)
	if err != nil {
		return err
	}
	m.Text = string(text)
	m.Note = by.Sign(m.Text + "\n")
	return nil
}

// selectMinute returns the minute of a poll, nil if it is not severed.
func selectMinute(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) (*Minute, error) {
	m := &Minute{}
	err := tx.QueryRowContext(ctx, `SELECT body, note FROM voting.minutes WHERE tenant_id = ? AND poll_id = ?`, t, id).Scan(&m.Text, &m.Note)
	if isNotFound(err) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(m.Text), m)
	}
	if err != nil {
		return nil, fmt.Errorf("read the minute of a severing: %w", err)
	}
	return m, nil
}

// Minute returns the minute of a poll's severing, nil if it is not severed.
func (b *Box) Minute(ctx context.Context, t tenant.ID, id PollID) (m *Minute, err error) {
	err = b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		m, err = selectMinute(ctx, tx, t, id)
		return err
	})
	return m, err
}
