package kernel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"parvis/app/config"
	"parvis/app/database"
	"parvis/app/database/embedded"
	"parvis/migrations"
)

// errOldSchema: with a database of the operator's own, the schema changes when
// the operator says so.
var errOldSchema = errors.New("le schéma de la base n’est pas à jour : lancez « parvis migrate », puis recommencez")

// store is the database and, without DATABASE_URL, the private server it runs on.
type store struct {
	DB           *database.DB
	OwnerURL     string
	CustodianURL string
	server       *embedded.Server // nil with a database of the operator's own
	log          *slog.Logger
}

// address finds or starts the database server.
func address(ctx context.Context, cfg config.Config, log *slog.Logger) (*store, string, error) {
	if url := cfg.DatabaseURL; url != "" {
		return &store{OwnerURL: cfg.OwnerURL, CustodianURL: cfg.CustodianURL, log: log}, url, nil
	}
	server, err := embedded.Start(ctx, embedded.Config{Dir: filepath.Join(cfg.Data, "postgres"), Log: log})
	if err != nil {
		return nil, "", err
	}
	s := &store{server: server, OwnerURL: server.URL(database.Owner), CustodianURL: server.URL(database.Custodian), log: log}
	return s, server.URL(database.App), nil
}

// openStore opens the database for the application. A private server is
// migrated on the way; an operator's own with an old schema is refused.
func openStore(ctx context.Context, cfg config.Config, log *slog.Logger) (*store, error) {
	s, url, err := address(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	if err := s.open(ctx, url); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *store) open(ctx context.Context, url string) (err error) {
	if s.server != nil {
		if err := s.migrate(ctx); err != nil {
			return err
		}
	} else {
		pending, err := database.Pending(ctx, url, migrations.FS)
		if err != nil {
			return fmt.Errorf("la base de DATABASE_URL ne répond pas : %w", err)
		}
		if len(pending) > 0 {
			return fmt.Errorf("%w (en attente : %s)", errOldSchema, strings.Join(pending, ", "))
		}
	}
	if s.DB, err = database.Open(ctx, database.Options{URL: url, Log: s.log}); err != nil {
		return err
	}
	return s.DB.CheckRights(ctx)
}

func (s *store) migrate(ctx context.Context) error {
	applied, err := database.Migrate(ctx, s.OwnerURL, migrations.FS, s.log)
	if err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	if len(applied) > 0 {
		s.log.Info("schema brought up to date", "migrations", len(applied))
	}
	return nil
}

// Close closes the connections and stops the private server.
func (s *store) Close() error {
	if s.DB != nil {
		s.DB.Close()
	}
	if s.server != nil {
		return s.server.Stop()
	}
	return nil
}

// failed is closed when a private server can no longer be kept alive; it is
// nil, and never ready, for a database of the operator's own.
func (s *store) failed() <-chan struct{} {
	if s.server == nil {
		return nil
	}
	return s.server.Failed()
}
