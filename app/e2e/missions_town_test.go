package e2e

import (
	"context"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/money"
	"parvis/modules/missions"
)

// helping is what a planted town has of missions: the town hall's own, run by
// its agent.
type helping struct {
	mission, sketched, spareMission  uuid.UUID
	slot, freeSlot                   uuid.UUID
	asked, coming, worked            uuid.UUID // inscriptions: to answer, under way, with hours
	unvalidated, expected            uuid.UUID // of people who were to come
	line, filed, grantedClaim, found string
	said, flaggedMessage             uuid.UUID
	pass                             string
}

func (p *planted) missions() *missions.Module {
	for _, m := range p.app.Modules {
		if m, ok := m.(*missions.Module); ok {
			return m
		}
	}
	return nil
}

// viewer is one of the town's people, of age and with their powers.
func (p *planted) viewer(who string) citizen.Viewer {
	v := citizen.Viewer{ID: p.person[who], SignedIn: true, Name: p.says(who), BornOn: "1980-05-01", Person: citizen.PersonDesk, Residence: citizen.ResidenceDesk}
	if who == unproven {
		v.Person, v.Residence = citizen.PersonEmail, citizen.ResidenceNone
	}
	if who != resident && who != unproven {
		v.Grants = []citizen.Grant{{Role: citizen.Role(who)}}
	}
	return v
}

// help plants missions in each state.
func (p *planted) help(ctx context.Context, t testing.TB) {
	t.Helper()
	m, h, now := p.missions(), &p.helping, time.Now().Truncate(time.Minute)
	if m == nil {
		return // the program runs without
	}
	lead, own := p.viewer(agent), p.viewer(resident)
	at := func(when time.Time, do func(ctx context.Context)) {
		t.Helper()
		p.must(t, p.app.Seeding(p.db.CustodianURL).At(ctx, p.town.ID, when, func(ctx context.Context) error { do(ctx); return nil }))
	}
	write := func(title string, publish bool, approval bool, starts ...time.Time) *missions.Mission {
		t.Helper()
		plan := missions.Plan{Text: missions.Text{
			Kind: missions.Dated, Title: p.says(title), Body: p.says("Corps"), Theme: "culture", Address: p.says("rue"), Zone: p.zone, Approval: approval,
		}}
		for _, start := range starts {
			plan.Slots = append(plan.Slots, missions.Slot{StartsAt: start, EndsAt: start.Add(2 * time.Hour), Capacity: 5})
		}
		written, err := m.Write(ctx, p.town, lead, plan)
		p.must(t, err)
		if publish {
			p.must(t, m.Publish(ctx, p.town, lead, written.ID))
		}
		return written
	}
	join := func(v citizen.Viewer, to *missions.Mission, slot int) uuid.UUID {
		t.Helper()
		id, _, err := m.Join(ctx, p.town, v, to.ID, to.Slots[slot].ID, p.says("Bonjour"))
		p.must(t, err)
		return id
	}
	p.must(t, m.Configure(ctx, p.town, p.viewer(administrator), missions.Scheme{
		Name: p.says("Aide"), Conditions: p.says("Conditions"), AgeFrom: 16, AgeTo: 99, Amount: money.Cents(800_00), Target: 60, Open: true,
	}))
	h.sketched, h.spareMission = write("Brouillon de mission", false, false, now.Add(48*time.Hour)).ID, write("À jeter", false, false).ID
	open := write("Mission", true, true, now.Add(72*time.Hour), now.Add(96*time.Hour))
	h.mission, h.slot, h.freeSlot = open.ID, open.Slots[0].ID, open.Slots[1].ID
	h.asked = join(own, open, 0)
	p.must(t, m.Say(ctx, p.town, lead, h.asked, p.says("Merci")))
	at(now.Add(-10*24*time.Hour), func(ctx context.Context) {
		past := write("Passée", true, false, now.Add(-9*24*time.Hour))
		h.worked = join(own, past, 0)
		h.unvalidated, h.expected = join(p.viewer(unproven), past, 0), join(p.viewer(scrutineer), past, 0)
		join(p.viewer(official), past, 0)
		join(p.viewer("moderator"), past, 0)
	})
	id := p.town.ID.String()
	from := now.Add(-9 * 24 * time.Hour)
	p.must(t, m.Validate(ctx, p.town, lead, h.worked, from, 90))
	for _, who := range []string{moderator, official} {
		others := value[uuid.UUID](t, p.server, `SELECT id FROM missions.inscriptions WHERE tenant_id = $1 AND citizen_id = $2`, id, p.person[who].String())
		p.must(t, m.Validate(ctx, p.town, lead, others, from, 90))
	}
	p.exec(t, `INSERT INTO missions.inscriptions (tenant_id, id, mission_id, slot_id, citizen_id, state, updated_at) VALUES ($1, $2, $3, $4, $5, 'draft', now())`,
		id, uuid.New(), h.mission, h.slot, p.person[moderator].String())
	p.must(t, m.Claim(ctx, p.town, own))
	p.must(t, m.Claim(ctx, p.town, p.viewer("moderator")))
	p.exec(t, `UPDATE missions.claims SET state = 'granted', decided_at = now() WHERE tenant_id = $1 AND citizen_id = $2`, id, p.person["moderator"].String())
	p.must(t, m.Offer(ctx, p.town, p.viewer(scrutineer), missions.Volunteer{Visible: true, Availability: []string{"evenings"}, Zone: p.zone}))
	h.found = p.person[scrutineer].String()
	soon := write("Tout de suite", true, false, now.Add(30*time.Minute))
	h.coming = join(own, soon, 0)
	h.line = value[string](t, p.server, `SELECT id::text FROM missions.hours WHERE tenant_id = $1 AND inscription_id = $2`, id, h.worked)
	h.filed = value[string](t, p.server, `SELECT id::text FROM missions.claims WHERE tenant_id = $1 AND state = 'filed'`, id)
	h.grantedClaim = value[string](t, p.server, `SELECT id::text FROM missions.claims WHERE tenant_id = $1 AND state = 'granted'`, id)
	h.said = value[uuid.UUID](t, p.server, `SELECT id FROM missions.messages WHERE tenant_id = $1 AND inscription_id = $2 AND from_host`, id, h.asked)
	h.flaggedMessage = value[uuid.UUID](t, p.server, `SELECT id FROM missions.messages WHERE tenant_id = $1 AND inscription_id = $2 AND NOT from_host`, id, h.worked)
	p.exec(t, `UPDATE missions.messages SET flagged_at = now(), flagged_by = $3 WHERE tenant_id = $1 AND id = $2`, id, h.flaggedMessage, p.person[agent].String())
}

var passRE = regexp.MustCompile(`/missions/pointage/([\w-]+)`)

// showPass reads the code that the resident shows at the door.
func (p *planted) showPass(t testing.TB) {
	t.Helper()
	if p.missions() == nil {
		return
	}
	page := p.as(t, resident).get("/missions/inscriptions/" + p.coming.String()).is(http.StatusOK)
	p.pass = passRE.FindStringSubmatch(page.body)[1]
}
