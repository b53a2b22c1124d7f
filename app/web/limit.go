package web

import (
	"math"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/fault"
)

// ErrTooMany is a request refused because there were too many like it.
var ErrTooMany = fault.New(fault.TooMany, "web.too_many")

// Rate is how often something may be asked for: Events at once, and as many
// again over each period Per.
type Rate struct {
	Events int
	Per    time.Duration
}

// LimitAccount limits a route for each account. Visitors pass: it is the
// limit for voting, where an address must never stop anybody, since a school
// or a phone network has one for all.
func LimitAccount(rate Rate) fiber.Handler { return limit(rate, false) }

// LimitEveryone limits a route for each account, and for visitors by the
// network they come from: /24 in IPv4, /64 in IPv6. It is for what costs us
// or others something, such as sending a mail, and never for voting.
func LimitEveryone(rate Rate) fiber.Handler { return limit(rate, true) }

func limit(rate Rate, visitors bool) fiber.Handler {
	l := newLimiter(rate)
	return func(c *fiber.Ctx) error {
		r := of(c)
		who := r.viewer.ID.String()
		if !r.viewer.SignedIn {
			if !visitors {
				return c.Next()
			}
			who = networkOf(r.server.addressOf(c))
		}
		wait := l.take(r.tenant.ID.String()+" "+who, r.server.Clock.Now())
		if wait > 0 {
			c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			return ErrTooMany
		}
		return c.Next()
	}
}

// networkOf returns the network of an address that one household or one
// organisation holds.
func networkOf(address netip.Addr) string {
	bits := 64
	if address.Is4() {
		bits = 24
	}
	prefix, err := address.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}

// limiter keeps, for each key, the time at which what was asked for so far
// will have been earned (the generic cell rate algorithm). It is the memory of
// one node and one route.
type limiter struct {
	step  time.Duration // earns one event
	burst time.Duration
	mu    sync.Mutex
	due   map[string]time.Time
	swept time.Time
}

// maxKeys bounds the memory of a limiter. Beyond, everybody starts anew: a
// flood from that many networks is not stopped here.
const maxKeys = 100_000

func newLimiter(rate Rate) *limiter {
	return &limiter{step: rate.Per / time.Duration(rate.Events), burst: rate.Per, due: map[string]time.Time{}}
}

// take counts one event and returns how long to wait, zero when it may pass.
func (l *limiter) take(key string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	due := l.due[key]
	if due.Before(now) {
		due = now
	}
	due = due.Add(l.step)
	if wait := due.Sub(now) - l.burst; wait > 0 {
		return wait
	}
	l.due[key] = due
	return 0
}

// sweep forgets the keys that have nothing left to earn.
func (l *limiter) sweep(now time.Time) {
	if len(l.due) >= maxKeys {
		clear(l.due)
	}
	if now.Sub(l.swept) < l.burst {
		return
	}
	l.swept = now
	for key, due := range l.due {
		if due.Before(now) {
			delete(l.due, key)
		}
	}
}
