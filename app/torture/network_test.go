package torture

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"parvis/app/testkit/faultproxy"
)

// proxyTo stands before the database of a hall.
func proxyTo(t testing.TB, h *hall) *faultproxy.Proxy {
	t.Helper()
	config, err := pgx.ParseConfig(h.db.URL)
	if err != nil {
		t.Fatal(err)
	}
	p, err := faultproxy.New(pgconn.NetworkAddress(config.Host, config.Port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// through is the address of a database by way of a proxy.
func through(t testing.TB, address string, p *faultproxy.Proxy) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = p.Addr()
	u.RawQuery = "sslmode=disable"
	return u.String()
}

// fault is something that goes wrong between the program and its database.
type fault struct {
	name  string
	begin func()
	end   func()
	lasts time.Duration // in a short run
}

// TestNobodyWaitsForADatabaseThatIsAway has people vote, and others look at
// pages, while the database is gone, slow, silent, deaf or busy. Whatever
// happens, everybody has an answer in five seconds; once it is over, every
// ballot that was sent is taken once, without anybody's help.
//
// It is not parallel: it measures how long people wait.
func TestNobodyWaitsForADatabaseThatIsAway(t *testing.T) {
	report := begin(t, "R4", "base de données absente, lente, muette, ou saturée, en HTTP")
	h := newHall(t)
	proxy := proxyTo(t, h)
	p := newProgram(t, folder(t), "DATABASE_URL="+through(t, h.db.URL, proxy))
	p.start()
	c := h.newCrowd(p.addr, 3000, report)
	for _, f := range h.faults(proxy) {
		h.during(f, c, report)
	}
	report.Retried = int(c.unavailable.Load())
	report.longest("attente la plus longue", time.Duration(c.slowest.Load()))
	report.mustHold(t)
	if report.Retried == 0 {
		t.Error("nobody was ever asked to come back: the faults did nothing")
	}
}

// hang is more than anybody may be kept waiting.
const hang = atMost + time.Second

func (h *hall) faults(p *faultproxy.Proxy) []fault {
	set := func(f faultproxy.Fault) func() { return func() { p.Set(f) } }
	cut := func(f faultproxy.Fault) func() { return func() { p.Set(f); p.Cut() } }
	return []fault{
		{name: "absente", begin: cut(faultproxy.Fault{Refuse: true}), end: p.Heal, lasts: 3 * time.Second},
		{name: "lente", begin: set(faultproxy.Fault{Delay: 100 * time.Millisecond}), end: p.Heal, lasts: 2 * time.Second},
		{name: "muette, puis coupée", begin: set(faultproxy.Silence), end: func() { p.Cut(); p.Heal() }, lasts: hang},
		{name: "muette, puis tout arrive", begin: set(faultproxy.Silence), end: p.Heal, lasts: 2 * time.Second},
		{name: "réponses perdues", begin: set(faultproxy.Fault{HoldBack: true}), end: func() { p.Cut(); p.Heal() }, lasts: 2 * time.Second},
		h.exhaustion(),
	}
}

// exhaustion holds a lock that every page of a newcomer waits for, until no
// connection is left.
func (h *hall) exhaustion() fault {
	var locked pgx.Tx
	return fault{
		name: "saturée", lasts: hang,
		begin: func() {
			var err error
			if locked, err = h.super.Begin(context.Background()); err == nil {
				_, err = locked.Exec(context.Background(), `LOCK TABLE core.sessions, voting.options IN ACCESS EXCLUSIVE MODE`)
			}
			if err != nil {
				h.Fatal(err)
			}
		},
		end: func() { _ = locked.Rollback(context.Background()) },
	}
}

// during lets a fault last while people vote in a poll of its own.
func (h *hall) during(f fault, c *crowd, report *Report) {
	h.Helper()
	id := h.open(terms())
	stop := c.rush(id, 24, c.prepare(id, 60)...)
	look := c.onlookers(h.visitor(), 8)
	c.until(20)
	f.begin()
	if long {
		f.lasts = 30 * time.Second
	}
	time.Sleep(f.lasts)
	f.end()
	healed, before := time.Now(), c.acknowledged.Load()
	c.wait("votes do not come back", func() bool { return c.acknowledged.Load() > before })
	report.longest("reprise après « "+f.name+" »", time.Since(healed))
	c.until(20)
	look()
	report.add(inspect(h, h.super, id, stop()))
}

// visitor is somebody whose session nobody has in memory.
func (h *hall) visitor() func() string {
	tokens := h.signIn(h.citizens(200))
	var next atomic.Int64
	return func() string { return tokens[int(next.Add(1))%len(tokens)] }
}

// onlookers look at the first page until told to stop. What they see may be an
// apology, but not an accident.
func (c *crowd) onlookers(token func() string, n int) (stop func()) {
	var looking sync.WaitGroup
	done := make(chan struct{})
	for range n {
		looking.Go(func() {
			for {
				if a := c.get("/", token()); a.err != nil || a.status != http.StatusOK && a.status != http.StatusServiceUnavailable {
					c.report.problem("la page d’accueil répond %d %v : %.200s", a.status, a.err, a.body)
				}
				select {
				case <-done:
					return
				case <-time.After(100 * time.Millisecond):
				}
			}
		})
	}
	return func() { close(done); looking.Wait() }
}
