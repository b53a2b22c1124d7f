package kernel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

var errNoTown = errors.New("aucune ville de démonstration à montrer")

// openToLocalNetwork makes the first demonstration town answer at this
// machine's address on the local network, so that phones in the room reach it,
// and returns the address to listen on.
func (a *App) openToLocalNetwork(ctx context.Context) (string, error) {
	_, port, err := net.SplitHostPort(a.Config.Addr)
	if err != nil {
		return "", fmt.Errorf("read the address to listen on: %w", err)
	}
	towns, err := a.Directory.All(ctx)
	if err != nil {
		return "", err
	}
	for _, t := range towns {
		if t.Demo && (a.lanTown == "" || t.Slug == demoTown) {
			a.lanTown = t.Hosts[0]
		}
	}
	if a.lanTown == "" {
		return "", errNoTown
	}
	a.lanAddress = localAddress()
	a.Directory.Alias(a.lanAddress.String(), a.lanTown)
	return net.JoinHostPort("0.0.0.0", port), nil
}

// demoTown is the town shown in the room, when there are several.
const demoTown = "saint-dizier"

// localAddress is this machine's address on the local network; the loopback
// address when it is on none.
func localAddress() netip.Addr {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		addresses = nil
	}
	for _, a := range addresses {
		prefix, err := netip.ParsePrefix(a.String())
		if err == nil && prefix.Addr().Is4() && prefix.Addr().IsPrivate() {
			return prefix.Addr()
		}
	}
	return netip.MustParseAddr("127.0.0.1")
}
