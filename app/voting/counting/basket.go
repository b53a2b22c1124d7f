package counting

// Purse is what one ballot would spend of one envelope.
type Purse struct {
	Envelope
	Spent int64
}

// Left is what remains; below zero, by how much the ballot is over.
func (p Purse) Left() int64 { return p.Cents - p.Spent }

// Over says that the ballot would spend more than there is.
func (p Purse) Over() bool { return p.Spent > p.Cents }

// Purses returns what a ballot would spend of each envelope, in the order of the count: zones, then the town.
func (r Rule) Purses(options []Option, marked func(id string) bool) []Purse {
	var purses []Purse
	at := map[string]int{}
	for i, e := range r.envelopes() {
		purses = append(purses, Purse{Envelope: e})
		at[e.Zone] = i
	}
	for _, o := range options {
		if i, ok := at[o.Zone]; ok && marked(o.ID) {
			purses[i].Spent += o.Cost
		}
	}
	return purses
}

// basketCheck returns what tells whether a ballot fits the envelopes, where the rule asks it. Withdrawn projects weigh
// as they did when the ballot was cast.
func (r Rule) basketCheck(options []Option) func(Ballot) bool {
	if !r.WithinEnvelope {
		return func(Ballot) bool { return true }
	}
	envelopes := map[string]int64{}
	for _, e := range r.Envelopes {
		envelopes[e.Zone] = e.Cents
	}
	spent := map[string]int64{}
	return func(b Ballot) bool {
		clear(spent)
		for _, m := range b.Marks {
			if o := options[m.Option]; m.Value > 0 {
				spent[o.Zone] += o.Cost
			}
		}
		for zone, cents := range spent {
			if cents > envelopes[zone] {
				return false
			}
		}
		return true
	}
}
