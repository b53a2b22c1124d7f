package e2e

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/modules/agenda"
	"parvis/modules/associations"
)

// guilds is what a planted town has of associations.
type guilds struct {
	guild, guild2, listed, proposed, unwanted, shut uuid.UUID
	claim, claim2, post, post2                      uuid.UUID
	event                                           uuid.UUID
	guildLogo                                       string
}

func (p *planted) guildMember(who string) citizen.Viewer {
	return citizen.Viewer{ID: p.person[who], SignedIn: true, Person: citizen.PersonDesk}
}

// associate plants associations in each state, with people, claims and news.
func (p *planted) associate(ctx context.Context, t testing.TB) {
	t.Helper()
	var m *associations.Module
	for _, one := range p.app.Modules {
		if found, ok := one.(*associations.Module); ok {
			m = found
		}
	}
	sheet := func(name string) associations.Sheet {
		return associations.Sheet{Name: p.says(name), Purpose: p.says("But"), Body: p.says("Texte"), Theme: "sport", Address: p.says("2 rue"), Email: p.email("club")}
	}
	propose := func(name, who string) uuid.UUID {
		t.Helper()
		id, err := m.Propose(ctx, p.town, p.guildMember(who), sheet(name), "president", p.says("Message"))
		p.must(t, err)
		return id
	}
	p.guilds.guild, p.guilds.guild2, p.guilds.proposed, p.guilds.unwanted = propose("Club", "moderator"), propose("Amicale", scrutineer), propose("Proposée", official), propose("Indésirable", official)
	for _, id := range []uuid.UUID{p.guilds.guild, p.guilds.guild2} {
		p.must(t, m.Verify(ctx, p.town, founder, id))
	}
	p.must(t, m.SetLogo(ctx, p.town, p.guildMember("moderator"), p.guilds.guild, bytes.NewReader(p.picture())))
	p.must(t, m.Post(ctx, p.town, p.guildMember("moderator"), p.guilds.guild, p.says("Nouvelle"), p.says("Texte")))
	p.must(t, m.Post(ctx, p.town, p.guildMember(scrutineer), p.guilds.guild2, p.says("Nouvelle"), p.says("Texte")))
	for _, who := range []string{resident, unproven, official} {
		p.must(t, m.Claim(ctx, p.town, p.guildMember(who), p.guilds.guild, "member", p.says("Message")))
	}
	var err error
	p.guilds.listed, err = m.List(ctx, p.town, founder, sheet("Inscrite"))
	p.must(t, err)
	p.guilds.shut, err = m.List(ctx, p.town, founder, sheet("Fermée"))
	p.must(t, err)
	p.exec(t, `UPDATE associations.associations SET state = 'closed', state_reason = $2 WHERE tenant_id = $1 AND id = $3`, p.town.ID.String(), p.says("motif"), p.guilds.shut)
	id := p.town.ID.String()
	claimOf := func(who string) uuid.UUID {
		t.Helper()
		return value[uuid.UUID](t, p.server, `SELECT id FROM associations.claims WHERE tenant_id = $1 AND association_id = $2 AND citizen_id = $3`, id, p.guilds.guild, p.person[who].String())
	}
	p.guilds.claim, p.guilds.claim2 = claimOf(unproven), claimOf(official)
	p.guilds.post = value[uuid.UUID](t, p.server, `SELECT id FROM associations.posts WHERE tenant_id = $1 AND association_id = $2`, id, p.guilds.guild)
	p.guilds.post2 = value[uuid.UUID](t, p.server, `SELECT id FROM associations.posts WHERE tenant_id = $1 AND association_id = $2`, id, p.guilds.guild2)
	p.guilds.guildLogo = value[string](t, p.server, `SELECT logo FROM associations.associations WHERE tenant_id = $1 AND id = $2`, id, p.guilds.guild)
	for _, one := range p.app.Modules {
		if found, ok := one.(*agenda.Module); ok {
			p.must(t, found.Publish(ctx, p.town, founder, agenda.Details{
				Association: p.guilds.guild, Title: p.says("Concert"), Body: p.says("Texte"), Place: p.says("Salle"), Starts: time.Now().Add(48 * time.Hour),
			}))
		}
	}
	p.guilds.event = value[uuid.UUID](t, p.server, `SELECT id FROM agenda.events WHERE tenant_id = $1`, id)
}

// What addresses of associations name.
var (
	guild       = func(p *planted) string { return p.guilds.guild.String() }
	guild2      = func(p *planted) string { return p.guilds.guild2.String() }
	inPublic    = func(p *planted) string { return p.guilds.listed.String() }
	pending     = func(p *planted) string { return p.guilds.proposed.String() }
	refusable   = func(p *planted) string { return p.guilds.unwanted.String() }
	shutGuild   = func(p *planted) string { return p.guilds.shut.String() }
	guildKeeper = func(p *planted) string { return p.person[scrutineer].String() }
	event       = func(p *planted) string { return p.guilds.event.String() }
	inZone      = func(p *planted) []string { return []string{"zone", p.zone.String()} }
)
