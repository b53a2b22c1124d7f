package budgets

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/mail"
	"parvis/app/money"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// Bounds of a study, in characters.
const (
	maxVerdictReason = 2_000
	maxNotes         = 5_000
)

// Review is what staff prepare about a project (l'instruction). Nobody else sees
// it before the decisions are published, all together.
type Review struct {
	Version          int64
	Admissible       *bool // recevable; nil while nobody has said
	AdmissibleReason string
	Favourable       *bool // avis favorable
	FavourableReason string
	Cost             *money.Cents
	Notes            string // between services, never shown
	UpdatedAt        time.Time
}

// decision is what the study comes to, and whether it has come to its end.
func (s Review) decision() (Decision, bool) {
	switch {
	case s.Admissible == nil:
		return Decision{}, false
	case !*s.Admissible:
		return Decision{Verdict: Inadmissible, Reason: s.AdmissibleReason}, true
	case s.Favourable == nil:
		return Decision{}, false
	case !*s.Favourable:
		return Decision{Verdict: Unfavourable, Reason: s.FavourableReason}, true
	case s.Cost == nil:
		return Decision{}, false
	}
	return Decision{Verdict: Accepted, Reason: s.FavourableReason, Cost: *s.Cost}, true
}

// check says what is wrong with a study of a project in its edition.
func (s Review) check(c *fault.Complaints, e *Edition, p *Project) {
	no := func(b *bool) bool { return b != nil && !*b }
	c.When(no(s.Admissible) && s.AdmissibleReason == "", "admissible_reason", "budgets.study.reason_missing")
	c.When(no(s.Favourable) && s.FavourableReason == "", "favourable_reason", "budgets.study.reason_missing")
	favourable := s.Favourable != nil && *s.Favourable && !no(s.Admissible)
	c.When(favourable && s.Cost == nil, "cost", "budgets.study.cost_missing")
	c.When(s.Favourable != nil && s.Admissible == nil, "admissible", "budgets.study.admissible_first")
	c.Bound(s.AdmissibleReason, "admissible_reason", maxVerdictReason)
	c.Bound(s.FavourableReason, "favourable_reason", maxVerdictReason)
	c.Bound(s.Notes, "notes", maxNotes)
	if s.Cost == nil {
		return
	}
	c.When(*s.Cost <= 0, "cost", "budgets.study.cost_zero")
	c.When(*s.Cost > maxCost, "cost", "budgets.project.too_dear", fault.Args{"Limit": maxCost})
	c.When(favourable && e.overpriced(p.Zone, *s.Cost), "cost", "budgets.study.overpriced")
}

// study keeps what is being prepared about a project.
func (s *service) study(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, edition, id uuid.UUID, study Review) error {
	study.AdmissibleReason, study.FavourableReason, study.Notes = writing.Tidy(study.AdmissibleReason), writing.Tidy(study.FavourableReason), writing.Tidy(study.Notes)
	return s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		e, err := s.store.find(ctx, tx, t.ID, edition)
		if err != nil {
			return err
		}
		p, err := s.store.lockProject(ctx, tx, t.ID, edition, id)
		if err != nil {
			return err
		}
		if err := mayStudy(v, e, p); err != nil {
			return err
		}
		was, err := s.store.studyOf(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		if study.Version != was.Version {
			return ErrStale
		}
		var wrong fault.Complaints
		study.check(&wrong, e, p)
		if err := wrong.Err(); err != nil {
			return err
		}
		if err := s.store.saveStudy(ctx, tx, t.ID, id, study); err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, actStudy, e.ID, map[string]any{"project": p.Title})
	})
}

// mayStudy returns nil when v may prepare the decision on p.
func mayStudy(v citizen.Viewer, e *Edition, p *Project) error {
	switch {
	case p.DepositedAt.IsZero():
		return ErrNotFound
	case !p.WithdrawnAt.IsZero():
		return ErrWithdrawn
	case !p.DecidedAt.IsZero():
		return ErrAlreadyDecided
	}
	return may(v, actStudy, e, p.Zone)
}

// studied is a project with what is prepared about it.
type studied struct {
	*Project
	Study Review
}

// decisions lists the projects to decide on, each with its study.
func (s *service) decisions(ctx context.Context, t tenant.ID, edition uuid.UUID) (list []studied, err error) {
	err = s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		list, err = s.store.toDecide(ctx, tx, t, edition)
		return err
	})
	return list, err
}

// publishDecisions makes every decision public at once: no project is known to
// be refused while another still hopes. The authors are told by mail.
func (s *service) publishDecisions(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target) error {
	return s.act(ctx, t, v, target, actDecide, func(ctx context.Context, tx bun.Tx, e *Edition) error {
		if !e.DecidedAt.IsZero() {
			return ErrAlreadyDecided
		}
		list, err := s.store.toDecide(ctx, tx, t.ID, e.ID)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ErrNothingDecided
		}
		missing := 0
		for _, one := range list {
			if _, done := one.Study.decision(); !done {
				missing++
			}
		}
		if missing > 0 {
			return ErrUndecided.With(fault.Args{"Count": missing})
		}
		e.DecidedAt = e.Now
		for _, one := range list {
			one.Decision, _ = one.Study.decision()
			one.DecidedAt = e.Now
			if err := s.store.saveProject(ctx, tx, t.ID, one.Project); err != nil {
				return err
			}
			if err := s.tellDecision(ctx, tx, t, e, one.Project); err != nil {
				return err
			}
		}
		if err := s.prepareVote(ctx, tx, t, v, e); err != nil {
			return err
		}
		return s.store.insertChange(ctx, tx, t.ID, e.ID, Change{Kind: WasDecided})
	})
}

// tellDecision writes to the author of a project what was decided.
func (s *service) tellDecision(ctx context.Context, tx bun.Tx, t *tenant.Tenant, e *Edition, p *Project) error {
	return s.tell(ctx, tx, t, p, func(ctx context.Context) []string {
		switch p.Verdict {
		case Accepted:
			return []string{
				i18n.T(ctx, "budgets.letter.accepted", "Title", p.Title, "Cost", i18n.Euros(ctx, p.Cost)),
				i18n.T(ctx, "budgets.letter.vote", "When", i18n.DateTime(ctx, e.VoteAt)),
			}
		case Inadmissible:
			return []string{i18n.T(ctx, "budgets.letter.inadmissible", "Title", p.Title), i18n.T(ctx, "budgets.letter.reason", "Reason", p.Reason)}
		}
		return []string{i18n.T(ctx, "budgets.letter.unfavourable", "Title", p.Title), i18n.T(ctx, "budgets.letter.reason", "Reason", p.Reason)}
	})
}

// tell writes a letter to the author of a project, if there still is one.
func (s *service) tell(ctx context.Context, tx bun.Tx, t *tenant.Tenant, p *Project, says func(context.Context) []string) error {
	if p.Author.IsZero() || s.Identity == nil {
		return nil
	}
	return s.Identity.Tell(ctx, tx, t, []citizen.ID{p.Author}, func(ctx context.Context) mail.Letter {
		return mail.Letter{
			Subject:    i18n.T(ctx, "budgets.letter.subject", "Title", p.Title),
			Paragraphs: says(ctx),
			Button:     mail.Button{Label: i18n.T(ctx, "budgets.letter.read"), Href: s.URL(t, projectHref(p.Edition, p.ID))},
		}
	})
}

type studyRow struct {
	Version          int64
	Admissible       *bool
	AdmissibleReason string
	Favourable       *bool
	FavourableReason string
	Cost             *money.Cents
	Notes            string
	UpdatedAt        bun.NullTime
}

func (r studyRow) study() Review {
	return Review{
		Version: r.Version, Admissible: r.Admissible, AdmissibleReason: r.AdmissibleReason, Favourable: r.Favourable,
		FavourableReason: r.FavourableReason, Cost: r.Cost, Notes: r.Notes, UpdatedAt: r.UpdatedAt.Time,
	}
}

// studyOf returns what is prepared about a project; nothing when nobody began.
func (store) studyOf(ctx context.Context, tx bun.IDB, t tenant.ID, project uuid.UUID) (Review, error) {
	var r studyRow
	err := database.Fault(tx.NewRaw(`
		SELECT version, admissible, admissible_reason, favourable, favourable_reason, cost, notes, updated_at
		FROM budgets.studies
		WHERE tenant_id = ? AND project_id = ?`, t, project).Scan(ctx, &r))
	if err != nil && !isNotFound(err) {
		return Review{}, fmt.Errorf("find a study: %w", err)
	}
	return r.study(), nil
}

func (store) saveStudy(ctx context.Context, tx bun.IDB, t tenant.ID, project uuid.UUID, s Review) error {
	_, err := tx.NewRaw(`
		INSERT INTO budgets.studies (tenant_id, project_id, admissible, admissible_reason, favourable, favourable_reason, cost, notes, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, core.now())
		ON CONFLICT (tenant_id, project_id) DO UPDATE SET version = studies.version + 1, admissible = excluded.admissible,
			admissible_reason = excluded.admissible_reason, favourable = excluded.favourable, favourable_reason = excluded.favourable_reason,
			cost = excluded.cost, notes = excluded.notes, updated_at = excluded.updated_at`,
		t, project, s.Admissible, s.AdmissibleReason, s.Favourable, s.FavourableReason, s.Cost, s.Notes).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save a study: %w", err)
	}
	return nil
}

// toDecide lists the projects that are still in the running, with their studies.
func (store) toDecide(ctx context.Context, tx bun.IDB, t tenant.ID, edition uuid.UUID) ([]studied, error) {
	var rows []struct {
		projectRow
		Study studyRow `bun:"embed:study_"`
	}
	err := tx.NewRaw(`
		SELECT `+projectColumnsOf("p")+`, coalesce(s.version, 0) AS study_version, s.admissible AS study_admissible,
			coalesce(s.admissible_reason, '') AS study_admissible_reason, s.favourable AS study_favourable,
			coalesce(s.favourable_reason, '') AS study_favourable_reason, s.cost AS study_cost, coalesce(s.notes, '') AS study_notes,
			s.updated_at AS study_updated_at
		FROM budgets.projects p LEFT JOIN budgets.studies s ON s.tenant_id = p.tenant_id AND s.project_id = p.id
		WHERE p.tenant_id = ? AND p.edition_id = ? AND p.deposited_at IS NOT NULL AND p.withdrawn_at IS NULL
		ORDER BY p.number`, t, edition).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the decisions: %w", err)
	}
	list := make([]studied, len(rows))
	for i := range rows {
		list[i] = studied{rows[i].project(), rows[i].Study.study()}
	}
	return list, nil
}
