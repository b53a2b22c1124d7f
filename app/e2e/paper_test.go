package e2e

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"testing"

	"parvis/app/citizen"
	"parvis/app/paper"
	"parvis/app/voting"
)

// The batches of the planted poll on paper.
const (
	lotPrinted = iota + 1 // to be printed, and counted
	lotTyping             // being typed
	lotTyped              // to be sealed
	lotSealed             // in the box, with a correction that waits for its second signature
)

func onPaper(terms *voting.Terms) {
	terms.Electorate.Person, terms.Paper, terms.Visibility = citizen.PersonDesk, voting.DoubleTyping, voting.Turnout
}

// papers plants paper ballots, and a tablet that was opened for somebody.
func (p *planted) papers(ctx context.Context, t testing.TB) {
	t.Helper()
	s := paper.New(paper.Deps{DB: p.app.DB, Box: p.app.Box, Polls: p.app.Booth, Desk: p.app.Identity})
	staff := func(role citizen.Role) citizen.Viewer {
		return citizen.Viewer{ID: p.person[string(role)], SignedIn: true, Grants: []citizen.Grant{{Role: role}}}
	}
	first, second := staff(citizen.Agent), staff(citizen.Official)
	for lot := lotPrinted; lot <= lotSealed; lot++ {
		_, err := s.Prepare(ctx, p.town, first, p.paper)
		p.must(t, err)
		if lot != lotPrinted {
			p.must(t, s.CountSheets(ctx, p.town, first, p.paper, lot, 1))
		}
		if lot >= lotTyped {
			p.must(t, s.TypeSheet(ctx, p.town, first, p.paper, lot, 1, "a=1"))
			p.must(t, s.TypeSheet(ctx, p.town, second, p.paper, lot, 1, "a=1"))
		}
	}
	p.must(t, s.Seal(ctx, p.town, first, p.paper, lotSealed))
	p.must(t, s.Propose(ctx, p.town, second, p.paper, paper.Correction{Batch: lotSealed, Sheet: 1, Said: "b=1", Reason: p.says("Relecture")}))
	p.lotCode = value[string](t, p.server, `SELECT code FROM paper.batches WHERE tenant_id = $1 AND number = 1`, p.town.ID.String())

	for _, who := range []string{resident, moderator} {
		p.must(t, s.HandIn(ctx, p.town, first, p.marked, p.person[who]))
	}
	p.must(t, s.AskUnmark(ctx, p.town, staff(citizen.Administrator), p.marked, p.person[moderator], p.says("Homonyme")))

	_, err := s.OpenKiosk(ctx, p.town, first, p.paper, p.person[resident], paper.Assist) // not taken to the tablet
	p.must(t, err)
	code, err := s.OpenKiosk(ctx, p.town, first, p.paper, p.person[scrutineer], paper.Kiosk)
	p.must(t, err)
	p.tablet = p.visitor(t, p.host)
	p.tablet.submit(p.tablet.get("/borne"), "/borne", "code", code).is(http.StatusSeeOther)
}

var (
	onSheets  = func(p *planted) string { return p.paper.String() }
	mistaken  = func(p *planted) string { return p.marked.String() }
	paperOver = func(p *planted) string { return p.paperOver.String() }
)

func lot(number int) func(*planted) string { return at(strconv.Itoa(number)) }

// lotPage is the page of a batch.
func lotPage(number int, rest string) func(*planted) string {
	return in("/office/votes/", onSheets, "/papier/lots/"+strconv.Itoa(number)+rest)
}

// paperWays are the ways to the pages of paper ballots, of the desk and of the
// tablet.
var paperWays = map[string]way{
	"GET /votes/:poll/papier":                                 {fill: ids(onSheets)},
	"GET /office/papier/:code":                                {as: agent, fill: func(p *planted) []string { return []string{p.lotCode} }, status: 303},
	"GET /office/votes/:poll/papier":                          {as: agent, fill: ids(onSheets)},
	"POST /office/votes/:poll/papier/lots":                    {as: agent, fill: ids(onSheets), form: in("/office/votes/", onSheets, "/papier")},
	"POST /office/votes/:poll/papier/terminer":                {as: official, fill: ids(paperOver), form: in("/office/votes/", paperOver, "/papier"), ends: true},
	"POST /office/votes/:poll/papier/corrections/:correction": {as: agent, fill: ids(onSheets, lot(1)), form: in("/office/votes/", onSheets, "/papier"), ends: true},
	"GET /office/votes/:poll/papier/emargement":               {as: agent, fill: ids(onSheets)},
	"GET /office/votes/:poll/papier/proces-verbal":            {as: agent, fill: ids(onSheets)},
	"GET /office/votes/:poll/papier/lots/:lot":                {as: agent, fill: ids(onSheets, lot(lotSealed))},
	"GET /office/votes/:poll/papier/lots/:lot/bulletins":      {as: agent, fill: ids(onSheets, lot(lotPrinted))},
	"POST /office/votes/:poll/papier/lots/:lot/compte":        {as: agent, fill: ids(onSheets, lot(lotTyping)), form: lotPage(lotTyping, "")},
	"GET /office/votes/:poll/papier/lots/:lot/saisie":         {as: agent, fill: ids(onSheets, lot(lotTyping))},
	"POST /office/votes/:poll/papier/lots/:lot/saisie":        {as: agent, fill: ids(onSheets, lot(lotTyping))},
	"POST /office/votes/:poll/papier/lots/:lot/sceller":       {as: agent, fill: ids(onSheets, lot(lotTyped)), form: lotPage(lotTyped, ""), ends: true},
	"POST /office/votes/:poll/papier/lots/:lot/corrections":   {as: agent, fill: ids(onSheets, lot(lotSealed)), form: lotPage(lotSealed, "")},
	"GET /office/votes/:poll/guichet":                         {as: agent, fill: ids(onSheets)},
	"POST /office/votes/:poll/guichet":                        {as: agent, fill: ids(onSheets), fields: fixed("q", common)},
	"GET /office/votes/:poll/guichet/:citizen":                {as: agent, fill: ids(onSheets, person)},
	"POST /office/votes/:poll/guichet/:citizen/papier":        {as: agent, fill: ids(onSheets, holder), form: visitorPage(holder), ends: true},
	"POST /office/votes/:poll/guichet/:citizen/annuler":       {as: agent, fill: ids(mistaken, person), form: markedPage, ends: true},
	"POST /office/votes/:poll/papier/annulations/:annulation": {as: agent, fill: ids(mistaken, lot(1)), form: in("/office/votes/", mistaken, "/papier"), ends: true},
	"POST /office/votes/:poll/guichet/:citizen/borne":         {as: agent, fill: ids(onSheets, person), form: visitorPage(person)},
	"GET /office/votes/:poll/guichet/:citizen/code":           {as: agent, fill: ids(onSheets, person), status: 303}, // opened by another
	"GET /office/votes/:poll/guichet/:citizen/saisie":         {as: agent, fill: ids(onSheets, person)},
	"POST /office/votes/:poll/guichet/:citizen/saisie":        {as: agent, fill: ids(onSheets, person), ends: true},
	"GET /borne":               {mute: true},
	"POST /borne":              {},
	"GET /borne/bulletin":      {as: "tablet"},
	"GET /borne/verification":  {as: "tablet", status: 303},
	"POST /borne/verification": {as: "tablet", form: at("/borne/bulletin")},
	"POST /borne/corriger":     {as: "tablet", form: at("/borne/bulletin")},
	"POST /borne/bulletin":     {as: "tablet", form: at("/borne/bulletin"), ends: true},
	"GET /borne/recepisse":     {status: 303},
}

// visitorPage is the desk's page of somebody.
func visitorPage(who func(*planted) string) func(*planted) string {
	return func(p *planted) string { return "/office/votes/" + p.paper.String() + "/guichet/" + who(p) }
}

// markedPage is the desk's page of somebody who was marked by mistake.
func markedPage(p *planted) string {
	return "/office/votes/" + mistaken(p) + "/guichet/" + person(p)
}

// merged is all the lists of ways in one.
func merged(lists ...map[string]way) map[string]way {
	all := map[string]way{}
	for _, list := range lists {
		maps.Copy(all, list)
	}
	return all
}
