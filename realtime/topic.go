package realtime

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Topic names something that changes. The tenant is part of it, so that a
// state cannot reach the citizens of another one.
type Topic struct {
	Tenant string // the tenant's ID
	Module string // "voting"
	Name   string // the module's own, e.g. a poll's ID
}

// What the text of a topic may look like: nothing in it ever needs escaping.
var (
	topicRE  = regexp.MustCompile(`^([a-z]{3,20})/([A-Za-z0-9][A-Za-z0-9._/-]{0,99})$`)
	tenantRE = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,63}$`)
)

// ParseTopic reads the text form "module/name". The tenant never comes from
// the text: it is that of the host the visitor is on.
func ParseTopic(tenant, text string) (Topic, error) {
	part := topicRE.FindStringSubmatch(text)
	if part == nil {
		return Topic{}, fmt.Errorf("realtime: %q is no topic", text)
	}
	// The match is a slice of text, which may be a whole frame.
	return Topic{Tenant: tenant, Module: strings.Clone(part[1]), Name: strings.Clone(part[2])}, nil
}

// String returns the text form used on the wire, without the tenant, which the
// host implies.
func (t Topic) String() string { return t.Module + "/" + t.Name }

// valid reports whether the topic has a text form.
func (t Topic) valid() bool {
	return tenantRE.MatchString(t.Tenant) && topicRE.MatchString(t.String())
}

// Audience says who looks: what a topic shows depends on it, and on nothing
// else about the viewer.
type Audience string

// The audiences, from the least to the most informed.
const (
	Public Audience = "public" // anyone
	Voter  Audience = "voter"  // someone who may vote in the poll
	Screen Audience = "screen" // the projected screen
	Host   Audience = "host"   // who runs the meeting
)

var audiences = [...]Audience{Public, Voter, Screen, Host}

func (a Audience) valid() bool {
	return a == Public || a == Voter || a == Screen || a == Host
}

// State is the whole of what an audience sees of a topic, not a change of it.
type State struct {
	// Rev grows whenever the state changes in a way that people must see,
	// be it by the passing of time (a poll that closes). Two states with the
	// same Rev are the same one, and the second is not sent.
	Rev int64
	// Body is a JSON object, encoded once for all. A newer Body with the same
	// Rev (a fresher "server_now") is what later subscribers get.
	Body []byte
}

// Source is where states come from.
type Source interface {
	// Snapshot returns the present state of a topic as an audience may see it.
	// ErrGone means that there is no such topic (any more), and ends it for
	// those who follow it; any other error is taken as passing, and asked again.
	Snapshot(ctx context.Context, topic Topic, audience Audience) (State, error)
}

// SourceFunc is a function that is a Source.
type SourceFunc func(ctx context.Context, topic Topic, audience Audience) (State, error)

// Snapshot calls f.
func (f SourceFunc) Snapshot(ctx context.Context, topic Topic, audience Audience) (State, error) {
	return f(ctx, topic, audience)
}

// ErrGone says that a topic does not exist, or exists no more.
var ErrGone = errors.New("realtime: no such topic")
