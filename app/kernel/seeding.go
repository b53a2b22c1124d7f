package kernel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/tenant"
)

// Seeding is the program while demonstration towns are loaded: as ever, with
// a clock that can be set for a town, so that a poll closed a month ago took
// its ballots then.
type Seeding struct {
	*App
	custodianURL string
}

func (a *App) seeding(s *store) Seeding { return a.Seeding(s.CustodianURL) }

// Seeding returns the program ready to be given towns. The role of the
// address must be allowed to move the clocks of towns: the custodian.
func (a *App) Seeding(custodianURL string) Seeding { return Seeding{a, custodianURL} }

// seed loads the demonstration towns, whose letters are in French.
func (p *Program) seed(ctx context.Context, s Seeding) error {
	return p.Seed(s.bundle.NewContext(ctx, "fr", nil), s)
}

// At runs do while it is that moment in the town, in French, by the clock that
// opens and closes polls. Within another At, the town goes back to the other's
// clock afterwards, and never through the present.
func (s Seeding) At(ctx context.Context, t tenant.ID, at time.Time, do func(context.Context) error) error {
	conn, err := pgx.Connect(ctx, s.custodianURL)
	if err != nil {
		return fmt.Errorf("connect as custodian: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	set := func(ctx context.Context, statement string, args ...any) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, database.SetTenant, t.String()); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, statement, args...)
			return err
		})
	}
	before, err := s.offset(ctx, conn, t)
	if err != nil {
		return err
	}
	err = set(ctx, `
		INSERT INTO core.clock_offsets (tenant_id, by_interval) VALUES ($1, $2::timestamptz - clock_timestamp())
		ON CONFLICT (tenant_id) DO UPDATE SET by_interval = EXCLUDED.by_interval`, t.String(), at)
	if err != nil {
		return fmt.Errorf("set the clock of a town: %w", err)
	}
	defer func() {
		if before == "" {
			_ = set(context.WithoutCancel(ctx), `DELETE FROM core.clock_offsets WHERE tenant_id = $1`, t.String())
			return
		}
		_ = set(context.WithoutCancel(ctx), `UPDATE core.clock_offsets SET by_interval = $2::interval WHERE tenant_id = $1`, t.String(), before)
	}()
	return do(s.bundle.NewContext(ctx, "fr", nil))
}

// explain says a fault in French, for whoever typed a command.
func (a *App) explain(err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	ctx := a.bundle.NewContext(context.Background(), "fr", nil)
	return errors.New(i18n.Message(ctx, f.Key, f.Args))
}

// offset is by how much the town's clock is off already, "" for not at all.
func (s Seeding) offset(ctx context.Context, conn *pgx.Conn, t tenant.ID) (off string, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, database.SetTenant, t.String()); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT coalesce((SELECT by_interval::text FROM core.clock_offsets WHERE tenant_id = $1), '')`, t.String()).Scan(&off)
	})
	if err != nil {
		return "", fmt.Errorf("read the clock of a town: %w", err)
	}
	return off, nil
}
