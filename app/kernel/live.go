package kernel

import (
	"context"
	"log/slog"

	"github.com/jackc/pgx/v5"

	"parvis/app/database"
	"parvis/realtime"
)

// announcer says what changed to every node that shows it.
type announcer func(realtime.Topic)

// Changed tells it.
func (a announcer) Changed(t realtime.Topic) { a(t) }

// live is how news of a change reach the screens: straight to this node's hub
// where it is alone, by the database where several nodes may share it.
type live struct {
	hub *realtime.Hub
	bus *realtime.Postgres // nil for one node
}

func newLive(source realtime.Source, db *database.DB, shared bool, log *slog.Logger) *live {
	l := &live{hub: realtime.New(realtime.Options{Source: source, Log: log})}
	if shared {
		l.bus = realtime.NewPostgres(realtime.PostgresOptions{
			Connect: func(ctx context.Context) (*pgx.Conn, error) {
				return pgx.ConnectConfig(ctx, db.Pool.Config().ConnConfig.Copy())
			},
			Deliver: l.hub.Changed,
			Log:     log,
		})
	}
	return l
}

func (l *live) announcer() announcer {
	if l.bus != nil {
		return l.bus.Announce
	}
	return l.hub.Changed
}

// closeBus is done once nothing announces any more, before the database closes.
func (l *live) closeBus(ctx context.Context) error {
	if l.bus == nil {
		return nil
	}
	return l.bus.Close(ctx)
}
