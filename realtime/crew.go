package realtime

import (
	"log/slog"
	"sync"
)

// crew does a short piece of work for many sockets with few goroutines, which
// exist only while there is work. A socket is in its queue at most once: the
// caller sees to that.
type crew struct {
	most int
	work func(*socket) // never blocks for long
	log  *slog.Logger

	mu      sync.Mutex
	queue   []*socket
	head    int // of queue: what precedes has been taken
	members int
}

// add queues sockets, in order.
func (c *crew) add(sockets ...*socket) {
	c.mu.Lock()
	c.queue = append(c.queue, sockets...)
	recruits := min(c.most-c.members, len(sockets))
	c.members += recruits
	c.mu.Unlock()
	for range recruits {
		go c.run()
	}
}

func (c *crew) run() {
	var batch [16]*socket // taking several at once keeps the members off each other's lock
	for {
		n := c.take(batch[:])
		if n == 0 {
			return
		}
		for _, s := range batch[:n] {
			c.do(s)
		}
	}
}

func (c *crew) do(s *socket) {
	defer survive(c.log, "crew")
	c.work(s)
}

// take fills batch, or releases the member when nothing is left.
func (c *crew) take(batch []*socket) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := copy(batch, c.queue[c.head:])
	clear(c.queue[c.head : c.head+n]) // so that a closed socket can be collected
	c.head += n
	if c.head > len(c.queue)/2 { // move the rest to the front: the queue may never run empty
		rest := copy(c.queue, c.queue[c.head:])
		clear(c.queue[rest:])
		c.queue, c.head = c.queue[:rest], 0
	}
	if n == 0 {
		c.members--
	}
	return n
}
