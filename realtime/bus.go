package realtime

// Bus carries the news that a topic has changed to every node of the
// installation. It carries no state: a node that hears of a topic reads it.
//
// News may be merged, repeated or, while nodes are out of touch, lost; the hub
// reads again what is shown, so a loss is a delay of a second. What is
// announced was committed before.
type Bus interface {
	// Announce tells every node, this one included. It never waits.
	Announce(topic Topic)
}

// Local is the bus of an installation with one node.
type Local struct{ deliver []func(Topic) }

// NewLocal returns a bus that calls each of deliver, which must not wait:
// Hub.Changed of the only hub, as a rule.
func NewLocal(deliver ...func(Topic)) *Local { return &Local{deliver} }

// Announce implements Bus.
func (l *Local) Announce(topic Topic) {
	if !topic.valid() {
		return // nobody can follow it
	}
	for _, deliver := range l.deliver {
		deliver(topic)
	}
}
