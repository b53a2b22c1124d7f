package torture

import (
	"net/url"
	"testing"

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
