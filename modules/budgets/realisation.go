package budgets

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// RealStep is a step of a winner's realisation, as it was told.
type RealStep struct {
	ID         uuid.UUID
	At         time.Time // when it was written
	HappenedOn time.Time // a civil day
	Title      string
	Text       string
	Stage      Stage
	Percent    int
	PromisedOn time.Time // the day by which it is to be there, as of this step
	Moved      bool      // this step moved that day
	MovedWhy   string
	Photo      Photo
}

// Bounds of a step, in characters.
const (
	maxStepTitle = 150
	maxStepText  = 3_000
)

type stepRow struct {
	ID          uuid.UUID
	At          time.Time
	HappenedOn  time.Time
	Title       string
	Text        string
	Stage       string
	Percent     int
	PromisedOn  bun.NullTime
	Moved       bool
	MovedWhy    string
	PhotoSHA256 string `bun:"photo_sha256"`
	PhotoType   string
	PhotoSize   int64
	PhotoAlt    string
}

// steps lists the realisation of a project, oldest first.
func (store) steps(ctx context.Context, tx bun.IDB, t tenant.ID, project uuid.UUID) ([]RealStep, error) {
	var rows []stepRow
	err := tx.NewRaw(`
		SELECT id, at, happened_on, title, text, stage, percent, promised_on, moved, moved_why, photo_sha256, photo_type, photo_size, photo_alt
		FROM budgets.steps
		WHERE tenant_id = ? AND project_id = ?
		ORDER BY happened_on, at, id`, t, project).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the steps of a realisation: %w", err)
	}
	list := make([]RealStep, len(rows))
	for i, r := range rows {
		list[i] = RealStep{
			ID: r.ID, At: r.At, HappenedOn: r.HappenedOn, Title: r.Title, Text: r.Text, Stage: Stage(r.Stage), Percent: r.Percent,
			PromisedOn: r.PromisedOn.Time, Moved: r.Moved, MovedWhy: r.MovedWhy,
			Photo: Photo{SHA256: r.PhotoSHA256, MediaType: r.PhotoType, Size: r.PhotoSize, Alt: r.PhotoAlt},
		}
	}
	return list, nil
}

func (store) insertStep(ctx context.Context, tx bun.IDB, t tenant.ID, project uuid.UUID, r RealStep) error {
	_, err := tx.NewRaw(`
		INSERT INTO budgets.steps (tenant_id, id, project_id, at, happened_on, title, text, stage, percent, promised_on, moved, moved_why,
			photo_sha256, photo_type, photo_size, photo_alt)
		VALUES (?, ?, ?, core.now(), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t, r.ID, project, database.NullDay(r.HappenedOn), r.Title, r.Text, string(r.Stage), r.Percent, database.NullDay(r.PromisedOn), r.Moved, r.MovedWhy,
		r.Photo.SHA256, r.Photo.MediaType, r.Photo.Size, r.Photo.Alt).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert a step: %w", err)
	}
	return nil
}

// addStep tells a step of a winner's realisation, and how far it has come.
func (s *service) addStep(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, edition, id uuid.UUID, r RealStep, photo Upload) error {
	r.ID, r.Title, r.Text, r.MovedWhy = uuid.New(), writing.Line(r.Title), writing.Tidy(r.Text), writing.Line(r.MovedWhy)
	var err error
	if r.Photo, err = s.keepPhoto(ctx, t.ID, photo, Photo{}); err != nil {
		return err
	}
	return s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		e, p, err := s.winner(ctx, tx, t.ID, v, edition, id, actFollow)
		if err != nil {
			return err
		}
		r.Moved = !p.PromisedOn.IsZero() && !r.PromisedOn.IsZero() && !sameDay(p.PromisedOn, r.PromisedOn)
		if r.PromisedOn.IsZero() {
			r.PromisedOn = p.PromisedOn
		}
		var wrong fault.Complaints
		r.check(&wrong, e.Now)
		if err := wrong.Err(); err != nil {
			return err
		}
		p.Stage, p.Percent, p.PromisedOn = r.Stage, r.Percent, r.PromisedOn
		if p.FirstOn.IsZero() {
			p.FirstOn = r.PromisedOn
		}
		if err := s.store.insertStep(ctx, tx, t.ID, p.ID, r); err != nil {
			return err
		}
		if err := s.store.saveProject(ctx, tx, t.ID, p); err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, actFollow, e.ID, map[string]any{"project": p.Title})
	})
}

// winner returns a project chosen by the council, locked, that v may act on.
func (s *service) winner(ctx context.Context, tx bun.Tx, t tenant.ID, v citizen.Viewer, edition, id uuid.UUID, action access.Action) (*Edition, *Project, error) {
	e, err := s.store.find(ctx, tx, t, edition)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.store.lockProject(ctx, tx, t, edition, id)
	if err != nil {
		return nil, nil, err
	}
	if err := may(v, action, e, p.Zone); err != nil {
		return nil, nil, err
	}
	if p.WonAt.IsZero() {
		return nil, nil, ErrNotWinner
	}
	return e, p, nil
}

// check says what is wrong with a step told at a moment.
func (r RealStep) check(c *fault.Complaints, now time.Time) {
	c.When(r.Title == "", "title", "budgets.step.title_missing")
	c.Bound(r.Title, "title", maxStepTitle)
	c.Bound(r.Text, "text", maxStepText)
	c.Bound(r.MovedWhy, "moved_why", maxReason)
	c.Bound(r.Photo.Alt, "photo_alt", maxPlace)
	c.When(r.HappenedOn.IsZero(), "on", "budgets.step.day_missing")
	c.When(r.HappenedOn.After(now), "on", "budgets.step.future")
	c.When(!slices.Contains(Stages, r.Stage), "stage", "budgets.step.stage_missing")
	c.When(r.Percent < 0 || r.Percent > 100, "percent", "budgets.step.percent")
	c.When(r.Stage == Done && r.Percent != 100, "percent", "budgets.step.done_whole")
	c.When(r.Stage == Abandoned && r.Text == "", "text", "budgets.step.abandoned_why")
	c.When(r.Moved && r.MovedWhy == "", "moved_why", "budgets.step.moved_why_missing")
	c.When(r.Photo.SHA256 != "" && r.Photo.Alt == "", "photo_alt", "budgets.photo.alt_missing")
}

func sameDay(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }

// removeStep takes the last step away: one that was told by mistake. What it
// changed goes back to what the step before it said.
func (s *service) removeStep(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, edition, id, step uuid.UUID) error {
	return s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		e, p, err := s.winner(ctx, tx, t.ID, v, edition, id, actUnfollow)
		if err != nil {
			return err
		}
		steps, err := s.store.steps(ctx, tx, t.ID, p.ID)
		if err != nil {
			return err
		}
		switch i := slices.IndexFunc(steps, func(r RealStep) bool { return r.ID == step }); {
		case i < 0:
			return ErrNotFound
		case i < len(steps)-1:
			return ErrStale // another was told since
		}
		p.Progress = Progress{Stage: Planned, FirstOn: p.FirstOn}
		if n := len(steps); n > 1 {
			last := steps[n-2]
			p.Stage, p.Percent, p.PromisedOn = last.Stage, last.Percent, last.PromisedOn
		} else {
			p.FirstOn = time.Time{}
		}
		if err := s.store.deleteStep(ctx, tx, t.ID, p.ID, step); err != nil {
			return err
		}
		if err := s.store.saveProject(ctx, tx, t.ID, p); err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, actUnfollow, e.ID, map[string]any{"project": p.Title})
	})
}

func (store) deleteStep(ctx context.Context, tx bun.IDB, t tenant.ID, project, id uuid.UUID) error {
	_, err := tx.NewRaw(`DELETE FROM budgets.steps WHERE tenant_id = ? AND project_id = ? AND id = ?`, t, project, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete a step: %w", err)
	}
	return nil
}
