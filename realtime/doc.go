// Package realtime tells browsers how a tally stands.
//
// A topic carries state, not a stream of events: a newer state replaces an
// older one that a slow client has not been sent yet. Memory per client is
// therefore bounded by the number of topics it follows, no client is dropped
// for being slow, and all of them end at the same revision.
//
// The package never decides what may be seen: the Source does, per audience.
// It knows no database table, no citizen, no session, and never lets a topic of
// one tenant be named from the host of another.
//
// # Flow
//
// After a commit the program calls Changed(topic) on the hub (one node) or
// Announce(topic) on a Bus (several). The hub marks the topic and asks the
// Source for its state: at once for the first change, then at most MaxRate
// times a second and per audience, whatever the rate of changes. The state is
// encoded once and written to every socket that follows the topic. Topics that
// somebody looks at are also read again every second, so that a node that
// missed an announcement cannot stay wrong.
//
// # Sockets
//
// An idle socket is one parked goroutine of the smallest stack, a 128-byte
// read buffer and two small structs. What it is owed is not queued but derived,
// at the moment of writing, from the topics it follows. A few shared workers
// write without ever blocking; a socket whose peer does not read fast enough is
// handed to a goroutine of its own, which lives until the peer has caught up,
// or has accepted not a byte for 5 seconds and is taken for dead. Every 25
// seconds one shared wheel has a ping sent (which the browser answers by itself)
// and a heartbeat (which scripts can see); a socket that has answered nothing
// for two of them is closed. A reverse proxy must let a connection be silent for
// more than 25 seconds.
//
// # Wire protocol
//
// JSON in text frames. The client opens
//
//	GET /direct?t=voting/0c9e…&a=screen&rev=12
//
// where t (a topic) may be repeated, the n-th a (an audience) and the n-th rev (the
// revision already shown) belong to the n-th t, and a missing a is the last one
// given, or public. Afterwards it may send, in frames of at most 4 kB:
//
//	{"sub":[{"t":"voting/0c9e…","a":"screen","rev":12}],"unsub":["voting/77ab…"]}
//
// The server sends states, newest only, and nothing while rev is current:
//
//	{"t":"voting/0c9e…","rev":13,"s":{…}}
//
// a refusal, or the end of a topic; both look alike, so that asking tells nothing:
//
//	{"t":"voting/0c9e…","gone":true}
//
// and a heartbeat, with the server's clock in milliseconds:
//
//	{"hb":1792454400000}
//
// A socket follows at most 20 topics. It is closed with 1012 when the server
// restarts (come back after a random moment), with 1008 when the session has
// ended, or after a frame that is not of this protocol or too many of them.
package realtime
