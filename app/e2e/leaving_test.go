package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/discussion"
	"parvis/app/identity"
	"parvis/app/testkit"
	"parvis/app/voting"
	"parvis/modules"
	"parvis/modules/agenda"
	"parvis/modules/associations"
	"parvis/modules/budgets"
	"parvis/modules/ideas"
	"parvis/modules/missions"
)

// TestACitizenLeavesWithEverything: whoever has done something in every part of
// the town takes a copy of all of it, and once erased, the database says none
// of what they were or told the town hall alone. What they published stays,
// without a name.
func TestACitizenLeavesWithEverything(t *testing.T) {
	t.Parallel()
	s := start(t, testkit.Database(t), modules.All)
	p := s.plant(t, "depart", "#0b5d57")
	l := leaver{planted: p, TB: t, ctx: context.Background(), browser: nil}
	l.arrive()
	l.speak()
	l.vote()
	l.help()

	page := l.browser.get("/moi/donnees").is(http.StatusOK)
	copied := l.browser.get("/moi/donnees/copie.json").is(http.StatusOK)
	for _, said := range slices.Concat(l.private, l.public) {
		if !strings.Contains(copied.body, said) {
			t.Errorf("the copy of one's data lacks %q", said)
		}
	}
	for _, done := range []string{p.says("Question"), "Les amis du ciel", "La nuit des étoiles", p.says("Mission")} {
		if !strings.Contains(copied.body, done) {
			t.Errorf("the copy of one's data lacks what was done about %q", done)
		}
	}
	l.browser.submit(page, "/moi/donnees/effacer", "sure", "oui").is(http.StatusSeeOther)

	kept := l.everyRow()
	for _, said := range slices.Concat(l.private, []string{l.viewer.Name, "colibri@", "allée du Colibri", "1971-07-17"}) {
		for _, row := range kept {
			if strings.Contains(row, said) && !strings.HasPrefix(row, "core.mails: ") && !strings.HasPrefix(row, "jobs.") {
				t.Errorf("after the erasure %q remains in %.300s", said, row)
			}
		}
	}
	for _, said := range l.public {
		if !slices.ContainsFunc(kept, func(row string) bool { return strings.Contains(row, said) }) {
			t.Errorf("what was published has gone: %q", said)
		}
	}
	if letters := slices.DeleteFunc(kept, func(row string) bool {
		return !strings.HasPrefix(row, "core.mails: ") || !strings.Contains(row, "colibri@")
	}); len(letters) != 1 {
		t.Errorf("%d letters remain, want the one that confirms the erasure", len(letters))
	}
	p.log.quiet(t)
}

// leaver is somebody who is in every part of a planted town.
type leaver struct {
	*planted
	testing.TB
	ctx             context.Context
	viewer          citizen.Viewer
	browser         *client
	private, public []string // what they told the town hall or a few, and everybody
}

// told makes a text of theirs, for a few or for everybody.
func (l *leaver) told(to *[]string, about string) string {
	text := fmt.Sprintf("Colibri %d, %s", len(l.private)+len(l.public), about)
	*to = append(*to, text)
	return text
}

func (l *leaver) check(err error) {
	l.TB.Helper()
	l.must(l.TB, err)
}

// arrive opens the account, proven at the desk.
func (l *leaver) arrive() {
	l.TB.Helper()
	l.viewer = citizen.Viewer{SignedIn: true, Name: "Zéphyrine Martinet", BornOn: "1971-07-17", Person: citizen.PersonDesk, Residence: citizen.ResidenceDesk}
	people, err := l.app.Identity.Demo(l.ctx, l.town, []identity.DemoAccount{{
		Name: l.viewer.Name, Email: "colibri@exemple.fr", Note: "note", Address: "9 allée du Colibri", Zone: l.zone, BornOn: l.viewer.BornOn,
		Person: l.viewer.Person, Residence: l.viewer.Residence,
	}})
	l.check(err)
	l.viewer.ID = people[0]
	l.exec(l.TB, `UPDATE core.citizens SET created_at = created_at - interval '60 days' WHERE id = $1`, l.viewer.ID.String())
	l.browser = l.signedIn(l.TB, l.host, l.viewer.Name)
	l.exec(l.TB, `INSERT INTO core.notices (tenant_id, citizen_id, title, body, href) VALUES ($1, $2, $3, $3, '/')`,
		l.town.ID.String(), l.viewer.ID.String(), l.told(&l.private, "une nouvelle"))
}

// moduleOf finds a module of the program.
func moduleOf[M any](p *planted) (found M) {
	for _, m := range p.app.Modules {
		if is, ok := m.(M); ok {
			return is
		}
	}
	return found
}

// speak proposes, comments, supports, flags and appeals.
func (l *leaver) speak() {
	l.TB.Helper()
	m := moduleOf[*ideas.Module](l.planted)
	write := func(to *[]string, title string, draft bool) uuid.UUID {
		id, err := m.Write(l.ctx, l.town, l.viewer, ideas.Text{Title: title, Body: l.told(to, "le texte : "+title), Theme: "nature", Zone: l.zone}, nil, draft)
		l.check(err)
		return id
	}
	write(&l.private, "Un brouillon que personne ne lit", true)
	write(&l.public, "Des nichoirs dans les parcs", false)
	judged := write(&l.public, "Un feu d'artifice chaque semaine", false)
	theirs := discussion.Subject{Module: "ideas", ID: l.ideas.idea}
	_, _, err := l.app.Discussion.Post(l.ctx, l.town, l.viewer, theirs, discussion.Said{Body: l.told(&l.public, "un commentaire")})
	l.check(err)
	l.check(m.Support(l.ctx, l.town, l.viewer, l.ideas.idea))
	_, err = l.app.Discussion.Flag(l.ctx, l.town, l.viewer, theirs, l.ideas.comment, discussion.Flag{Kind: "other", Note: l.told(&l.private, "un signalement")})
	l.check(err)
	_, err = l.app.Discussion.Flag(l.ctx, l.town, l.asSession(resident), discussion.Subject{Module: "ideas", ID: judged}, uuid.Nil, discussion.Flag{Kind: "spam"})
	l.check(err)
	k := value[uuid.UUID](l.TB, l.server, `SELECT id FROM discussion.cases WHERE tenant_id = $1 AND subject_id = $2`, l.town.ID.String(), judged)
	l.check(l.app.Discussion.Decide(l.ctx, l.town, founder, k, true, "Hors sujet."))
	l.check(l.app.Discussion.Appeal(l.ctx, l.town, l.viewer, k, l.told(&l.private, "un recours")))
}

// vote votes, and deposits projects.
func (l *leaver) vote() {
	l.TB.Helper()
	_, err := l.app.Box.Cast(l.ctx, l.town.ID, voting.Submission{
		Poll: l.poll, Voter: voting.ByAccount(l.viewer), Nonce: voting.NewNonce(), Marks: []voting.Mark{{Option: "a", Value: voting.Chosen}}, Channel: voting.Web,
	})
	l.check(err)
	m := moduleOf[*budgets.Module](l.planted)
	project := func(to *[]string, title string) budgets.Proposal {
		return budgets.Proposal{Title: title, Text: l.told(to, "le projet : "+title), Theme: "nature", Place: "Le parc"}
	}
	_, err = m.Draft(l.ctx, l.town, l.viewer, l.budgets.collecting, project(&l.private, "Une esquisse de kiosque"))
	l.check(err)
	_, err = m.Submit(l.ctx, l.town, l.viewer, l.budgets.collecting, project(&l.public, "Un kiosque au parc"), "", nil)
	l.check(err)
}

// help claims an association, joins a mission, offers help.
func (l *leaver) help() {
	l.TB.Helper()
	a := moduleOf[*associations.Module](l.planted)
	l.check(a.Claim(l.ctx, l.town, l.viewer, l.guilds.guild, "member", l.told(&l.private, "une demande de gestion")))
	own, err := a.Propose(l.ctx, l.town, l.viewer, associations.Sheet{Name: "Les amis du ciel", Purpose: "Regarder les étoiles.", Body: "Une association.", Theme: "sport", Address: "Place du ciel", Email: "ciel@exemple.org"},
		"president", l.told(&l.private, "un message à la mairie"))
	l.check(err)
	l.check(a.Verify(l.ctx, l.town, founder, own))
	l.check(moduleOf[*agenda.Module](l.planted).Publish(l.ctx, l.town, l.viewer, agenda.Details{
		Association: own, Title: "La nuit des étoiles", Body: "Un événement.", Place: "Le parc", Starts: time.Now().Add(72 * time.Hour),
	}))
	m := moduleOf[*missions.Module](l.planted)
	_, _, err = m.Join(l.ctx, l.town, l.viewer, l.mission, l.freeSlot, l.told(&l.private, "un message d'inscription"))
	l.check(err)
	l.check(m.Offer(l.ctx, l.town, l.viewer, missions.Volunteer{Visible: true, Availability: []string{"evenings"}, Zone: l.zone}))
}

// everyRow is the whole database, a row of a table a line.
func (l *leaver) everyRow() (rows []string) {
	l.TB.Helper()
	tables := value[[]string](l.TB, l.server, `
		SELECT array_agg(format('%I.%I', table_schema, table_name)) FROM information_schema.tables
		WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`)
	for _, table := range tables {
		for _, row := range value[[]string](l.TB, l.server, fmt.Sprintf(`SELECT coalesce(array_agg(r::text), '{}') FROM %s AS r`, table)) {
			rows = append(rows, table+": "+row)
		}
	}
	return rows
}
