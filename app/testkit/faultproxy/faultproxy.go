// Package faultproxy stands between a program and a server, and does to their
// connections what networks do: refuse, cut, slow down, keep silent. It is
// imported by tests only, and knows no protocol.
package faultproxy

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Fault is what is wrong with the way to the server. The zero value is nothing.
type Fault struct {
	Refuse      bool          // new connections are reset at once
	HoldThere   bool          // what the program says is kept back, and sent on once this is over
	HoldBack    bool          // so is what the server answers
	Delay       time.Duration // of each piece, in either direction
	HoldConnect bool          // new connections are accepted, and lead nowhere until this is over
}

// Silence is a half-open network: nothing is refused, nothing comes through.
var Silence = Fault{HoldThere: true, HoldBack: true, HoldConnect: true}

// Proxy carries connections to a server, and lets faults happen to them.
type Proxy struct {
	listener        net.Listener
	network, server string

	mu      sync.Mutex
	fault   Fault
	changed chan struct{} // closed when fault changes
	conns   map[*net.TCPConn]net.Conn
	closed  bool
	running sync.WaitGroup
}

// New listens on a free port of this machine for connections to a server.
func New(network, server string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		listener: listener, network: network, server: server,
		changed: make(chan struct{}), conns: map[*net.TCPConn]net.Conn{},
	}
	p.running.Go(p.accept)
	return p, nil
}

// Addr is where to connect: "127.0.0.1:40123".
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Set makes a fault begin, in place of the one before it. Connections that
// are there stay: see Cut.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
	close(p.changed)
	p.changed = make(chan struct{})
}

// Heal ends the fault.
func (p *Proxy) Heal() { p.Set(Fault{}) }

// Cut resets every connection there is, with what it was carrying.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for client, server := range p.conns {
		reset(client, server)
	}
}

// Connections is how many there are.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// Close ends the proxy and its connections.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.Heal() // lets go of whatever is kept back
	p.Cut()
	p.running.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.running.Go(func() { p.carry(client.(*net.TCPConn)) })
	}
}

// carry leads one connection to the server until either side ends it.
func (p *Proxy) carry(client *net.TCPConn) {
	if !p.adopt(client, nil) {
		reset(client, nil)
		return
	}
	defer p.forget(client)
	p.wait(func(f Fault) bool { return f.HoldConnect })
	server, err := net.Dial(p.network, p.server)
	if err != nil || !p.adopt(client, server) {
		reset(client, server)
		return
	}
	var ways sync.WaitGroup
	ways.Go(func() { p.pump(server, client, func(f Fault) bool { return f.HoldThere }) })
	ways.Go(func() { p.pump(client, server, func(f Fault) bool { return f.HoldBack }) })
	ways.Wait()
}

// adopt notes a connection, unless connections are refused now.
func (p *Proxy) adopt(client *net.TCPConn, server net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.fault.Refuse {
		return false
	}
	p.conns[client] = server
	return true
}

func (p *Proxy) forget(client *net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, client)
}

// pump carries one direction, and closes both ends when it is over.
func (p *Proxy) pump(to io.WriteCloser, from io.ReadCloser, held func(Fault) bool) {
	defer to.Close()
	defer from.Close()
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if n > 0 {
			time.Sleep(p.wait(held))
			if _, err := to.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// wait returns once held is over, with the delay that applies then.
func (p *Proxy) wait(held func(Fault) bool) time.Duration {
	for {
		p.mu.Lock()
		fault, changed, closed := p.fault, p.changed, p.closed
		p.mu.Unlock()
		if closed || !held(fault) {
			return fault.Delay
		}
		<-changed
	}
}

// reset ends a connection the hard way, so that both sides know at once.
func reset(client *net.TCPConn, server net.Conn) {
	_ = client.SetLinger(0)
	err := client.Close()
	if server != nil {
		err = errors.Join(err, server.Close())
	}
	_ = err // already closed by the other side
}
