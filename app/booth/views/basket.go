package views

import (
	"strconv"

	"github.com/a-h/templ"

	"parvis/app/ui"
)

// Basket is the ballot of a vote on a budget.
type Basket struct {
	Ballot
	Zones         []Zone // each with its envelope
	Withdrawn     []string
	Bounded       bool // by the envelopes
	Count         string
	CountTemplate string // Count with [n] for the number
	MostText      string
	Recount       string // address that shows the ballot again as it stands
	Blank         ui.ChoiceProps
}

// Zone is a part of the town, or the whole of it: its envelope and projects.
type Zone struct {
	Key, Name                  string
	Purse                      Purse
	LeftTemplate, OverTemplate string // with [x] for the amount
	Projects                   []Project
}

// Purse is how an envelope stands with a basket.
type Purse struct {
	Cents, Spent int64
	Over         bool
	Total, Text  string
}

// Project is what may be put in the basket.
type Project struct {
	ID, Label, Text, Cost string
	Cents                 int64
	Href                  string // its page, "" when it has none
	Chosen                bool
}

// BasketReview repeats a basket before it is cast.
type BasketReview struct {
	Review
	Purses []ui.Fact
}

func projectChoice(b Basket, z Zone, p Project) ui.ChoiceProps {
	return ui.ChoiceProps{
		Name: b.Name, Value: p.ID, ID: ui.FieldID(b.Name) + "-" + p.ID, Label: p.Label, Hint: p.Text, Aside: p.Cost,
		Multiple: true, Checked: p.Chosen,
		Attrs: templ.Attributes{"data-cost": strconv.FormatInt(p.Cents, 10), "data-zone": z.Key},
	}
}

func blankChoice(b Basket) ui.ChoiceProps {
	blank := b.Blank
	blank.Name, blank.ID, blank.Multiple = b.Name, ui.FieldID(b.Name)+"-"+blank.Value, true
	return blank
}
