package consultations

import (
	"bytes"
	"context"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// Plan is a consultation written in one go, as seeds and imports do.
type Plan struct {
	Text
	Schedule
	Polls     []voting.Terms
	Documents []PlannedDocument
}

// PlannedDocument is a piece of the dossier of a Plan.
type PlannedDocument struct {
	Title   string
	Content []byte
}

// Write writes a draft as its author would, page after page, through the same
// service and its checks. Publish, Decide and FollowUp then lead it on; time
// passes by core.now().
func (m *Module) Write(ctx context.Context, t *tenant.Tenant, author citizen.Viewer, p Plan) (id uuid.UUID, polls []voting.PollID, err error) {
	if id, err = m.service.create(ctx, t, author, p.Text, p.Schedule); err != nil {
		return id, nil, err
	}
	for _, d := range p.Documents {
		if err := m.service.addDocument(ctx, t.ID, author, id, d.Title, bytes.NewReader(d.Content)); err != nil {
			return id, nil, err
		}
	}
	for _, terms := range p.Polls {
		poll, err := m.service.addPoll(ctx, t.ID, author, id, terms)
		if err != nil {
			return id, polls, err
		}
		polls = append(polls, poll)
	}
	return id, polls, nil
}

// Publish shows a draft to everybody. It opens at its date, or at once when
// that is past.
func (m *Module) Publish(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id uuid.UUID) error {
	return m.service.publish(ctx, t.ID, by, Target{ID: id})
}

// Decide publishes what was decided, once it has closed.
func (m *Module) Decide(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id uuid.UUID, o Outcome) error {
	return m.service.decide(ctx, t.ID, by, Target{ID: id}, o)
}

// FollowUp says what became of the decision.
func (m *Module) FollowUp(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id uuid.UUID, text string) error {
	return m.service.addFollowUp(ctx, t.ID, by, id, text)
}

// Cancel calls it off, for a public reason.
func (m *Module) Cancel(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id uuid.UUID, reason string) error {
	return m.service.cancel(ctx, t.ID, by, Target{ID: id}, reason)
}
