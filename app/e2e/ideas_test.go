package e2e

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/discussion"
	"parvis/modules/ideas"
)

// plantedIdeas are the planted ideas and what hangs on them.
type plantedIdeas struct {
	idea, sketch, twin, spare, flagged uuid.UUID
	comment, own                       uuid.UUID
	waiting, judged                    uuid.UUID // cases: to decide, decided against the agent
}

func idea(p *planted) string        { return p.ideas.idea.String() }
func draftIdea(p *planted) string   { return p.ideas.sketch.String() }
func twinIdea(p *planted) string    { return p.ideas.twin.String() }
func spareIdea(p *planted) string   { return p.ideas.spare.String() }
func ideaComment(p *planted) string { return p.ideas.comment.String() }
func ideaCase(p *planted) string    { return p.ideas.waiting.String() }
func ideaJudged(p *planted) string  { return p.ideas.judged.String() }

// propose plants ideas: the resident's, a draft of theirs, one like it, one
// that was flagged.
func (p *planted) propose(ctx context.Context, t testing.TB) {
	t.Helper()
	var m *ideas.Module
	for _, each := range p.app.Modules {
		if found, ok := each.(*ideas.Module); ok {
			m = found
		}
	}
	write := func(who, title string, photo []byte, draft bool) uuid.UUID {
		t.Helper()
		text := ideas.Text{Title: p.says(title), Body: p.says("Corps de l'idée " + title), Theme: "nature", Zone: p.zone, Place: p.says("Lieu"), PhotoAlt: p.says("Photo")}
		var content io.Reader
		if photo != nil {
			content = bytes.NewReader(photo)
		}
		id, err := m.Write(ctx, p.town, p.asSession(who), text, content, draft)
		p.must(t, err)
		return id
	}
	of := func(id uuid.UUID) discussion.Subject { return discussion.Subject{Module: "ideas", ID: id} }
	say := func(who, text string) uuid.UUID {
		t.Helper()
		id, _, err := p.app.Discussion.Post(ctx, p.town, p.asSession(who), of(p.ideas.idea), discussion.Said{Body: p.says(text)})
		p.must(t, err)
		return id
	}
	p.ideas.idea = write(resident, "Planter une haie", p.picture(), false)
	p.ideas.sketch = write(resident, "Un brouillon de jardin partagé", p.picture(), true)
	p.ideas.twin = write("moderator", "Une fontaine au marché", nil, false)
	p.ideas.spare = write(resident, "Une cabane à livres", nil, true)
	p.ideas.flagged = write(resident, "Un parking de plus au centre", nil, false)
	p.must(t, m.Support(ctx, p.town, p.asSession(resident), p.ideas.idea))
	p.must(t, m.Answer(ctx, p.town, founder, p.ideas.twin, ideas.Reply{State: ideas.Studied, Text: p.says("Réponse")}))
	p.ideas.comment = say("moderator", "Très bonne proposition pour le quartier")
	p.ideas.own = say(resident, "Je précise : une haie de charmes")
	flag := func(id uuid.UUID) uuid.UUID {
		t.Helper()
		_, err := p.app.Discussion.Flag(ctx, p.town, p.asSession("moderator"), of(id), uuid.Nil, discussion.Flag{Kind: "other", Note: p.says("Note")})
		p.must(t, err)
		return value[uuid.UUID](t, p.server, `SELECT id FROM discussion.cases WHERE tenant_id = $1 AND subject_id = $2`, p.town.ID.String(), id)
	}
	p.ideas.judged = flag(write(agent, "Une antenne sur le clocher", nil, false))
	p.must(t, p.app.Discussion.Decide(ctx, p.town, founder, p.ideas.judged, true, p.says("Raison")))
	p.ideas.waiting = flag(p.ideas.flagged)
}

// asSession is a person of the town as a session knows them.
func (p *planted) asSession(who string) citizen.Viewer {
	return citizen.Viewer{ID: p.person[who], SignedIn: true, Name: p.says(who), Person: citizen.PersonDesk, Residence: citizen.ResidenceDesk}
}
