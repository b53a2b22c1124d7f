package budgets

import (
	"context"
	"io"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/money"
	"parvis/app/tenant"
)

// Plan is an edition written in one go, as seeds and imports do.
type Plan struct {
	Text
	Terms
	Calendar
}

// Sketch writes an edition as its author would, page after page, through the
// same service and its checks.
func (m *Module) Sketch(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, p Plan) (uuid.UUID, error) {
	id, err := m.service.create(ctx, t, by, p.Text)
	if err != nil {
		return id, err
	}
	if err := m.service.schedule(ctx, t, by, Target{ID: id}, p.Calendar, ""); err != nil {
		return id, err
	}
	return id, m.service.setTerms(ctx, t, by, Target{ID: id}, p.Terms, "")
}

// Open writes an edition and publishes it.
func (m *Module) Open(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, p Plan) (uuid.UUID, error) {
	id, err := m.Sketch(ctx, t, by, p)
	if err != nil {
		return id, err
	}
	return id, m.service.publish(ctx, t, by, Target{ID: id})
}

// Submit deposits a project in the name of its author, who is named.
func (m *Module) Submit(ctx context.Context, t *tenant.Tenant, author citizen.Viewer, edition uuid.UUID, p Proposal, pin string, photo io.Reader) (uuid.UUID, error) {
	entry := Entry{Proposal: p, Pin: pin, Named: true, Deposit: true, Photo: Upload{Content: photo, Alt: p.Photo.Alt}}
	return m.service.write(ctx, t, author, edition, entry)
}

// Draft keeps a project that is not deposited yet.
func (m *Module) Draft(ctx context.Context, t *tenant.Tenant, author citizen.Viewer, edition uuid.UUID, p Proposal) (uuid.UUID, error) {
	return m.service.write(ctx, t, author, edition, Entry{Proposal: p, Named: true})
}

// Prepare keeps what the services think of a project.
func (m *Module) Prepare(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, edition, project uuid.UUID, verdict Verdict, reason string, cost money.Cents) error {
	yes, no := true, false
	r := Review{Admissible: &yes}
	switch verdict {
	case Inadmissible:
		r.Admissible, r.AdmissibleReason = &no, reason
	case Unfavourable:
		r.Favourable, r.FavourableReason = &no, reason
	default:
		r.Favourable, r.FavourableReason, r.Cost = &yes, reason, &cost
	}
	return m.service.study(ctx, t, by, edition, project, r)
}

// PublishDecisions makes the decisions public, all together.
func (m *Module) PublishDecisions(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, edition uuid.UUID) error {
	return m.service.publishDecisions(ctx, t, by, Target{ID: edition})
}

// Deliberate publishes what the council decided.
func (m *Module) Deliberate(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, edition uuid.UUID, o Outcome, winners []uuid.UUID) error {
	return m.service.deliberate(ctx, t, by, Target{ID: edition}, o, winners, "")
}

// Tell tells a step of a winner's realisation, with a picture or none.
func (m *Module) Tell(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, edition, project uuid.UUID, step RealStep, photo io.Reader) error {
	return m.service.addStep(ctx, t, by, edition, project, step, Upload{Content: photo, Alt: step.Photo.Alt})
}
