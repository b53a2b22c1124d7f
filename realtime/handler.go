package realtime

import (
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/gorilla/websocket"
)

// Session is what the hub needs to know about who connects. Its functions are
// called while the socket lives, from other goroutines than the request's, and
// must not use the Fiber context.
type Session struct {
	// Tenant is the ID of the tenant whose host the visitor is on. Nothing of
	// another tenant can be asked for.
	Tenant string
	// Audience says as which audience the visitor may follow a topic, given
	// the one asked for, or fails when it may not be followed at all.
	Audience func(ctx context.Context, topic Topic, asked Audience) (Audience, error)
	// Alive reports whether all that still holds. It is asked every minute;
	// nil means always.
	Alive func(ctx context.Context) bool
	// Origins are the exact origins that may connect: "https://participer.example.fr".
	Origins []string
}

// Authorize says who asks for a socket, or why they get none: its error is
// what the request is answered with.
type Authorize func(c *fiber.Ctx) (Session, error)

// Handler answers the requests for a socket. What is wrong with one is said
// over HTTP, before it becomes a socket; a topic that may not be followed is
// said on the socket.
func Handler(hub *Hub, authorize Authorize) fiber.Handler {
	return func(c *fiber.Ctx) error {
		session, err := authorize(c)
		if err != nil {
			return err
		}
		wants, err := parseQuery(session.Tenant, string(c.Request().URI().QueryString()))
		if err != nil {
			return fiber.NewError(fiber.StatusBadRequest, err.Error())
		}
		if !hub.room() {
			c.Set(fiber.HeaderRetryAfter, "10")
			return fiber.ErrServiceUnavailable
		}
		return Upgrade(c, session.Origins, hub.log, func(conn *websocket.Conn) {
			hub.accept(conn, session, wants)
		})
	}
}
