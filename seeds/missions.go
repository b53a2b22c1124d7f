package seeds

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/kernel"
	"parvis/app/module"
	"parvis/app/money"
	"parvis/app/places"
	"parvis/modules/missions"
)

// helping is the volunteering of a town, in towns/<slug>/missions.toml.
type helping struct {
	Scheme   scheme    `toml:"scheme"`
	Missions []mission `toml:"mission"`
}

type scheme struct {
	Name, Conditions, Amount string
	AgeFrom                  int `toml:"age_from"`
	AgeTo                    int `toml:"age_to"`
	Hours                    int64
}

type mission struct {
	Title, Body, Theme, Pattern, Association, Zone, Address, Pin string
	Skills                                                       []string
	Minors, Accessible, Approval                                 bool
	Published                                                    string   // "-9d 09:00", relative to today, in the town's time
	Capacity                                                     int      // of a regular mission
	Slots                                                        []slot   `toml:"slot"`
	People                                                       int      // how many join the first slot
	Gave                                                         bool     // those who came have their hours validated
	First, Last                                                  []string // addresses of accounts who join before and after those people
	Given                                                        []slot   `toml:"given"` // hours that the accounts who joined first have given to a regular mission
	Says                                                         string   // what the first of them writes
	Cancelled                                                    string   // the reason
}

type slot struct {
	Starts   string
	Hours    int
	Capacity int
}

// loadMissions opens the volunteering of a town; nothing when it has no file.
func loadMissions(ctx context.Context, s kernel.Seeding, l loader, slug string) error {
	var file helping
	meta, err := toml.DecodeFS(towns, "towns/"+slug+"/missions.toml", &file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("unknown key %s", meta.Undecoded()[0])
	}
	if err != nil {
		return fmt.Errorf("missions of %s: %w", slug, err)
	}
	h := helper{loader: l}
	for _, m := range s.Modules {
		if found, ok := m.(*missions.Module); ok && l.tenant.Enabled(found.Manifest().Name) {
			h.missions = found
		}
		if found, ok := m.(module.Organisations); ok && l.tenant.Enabled(m.Manifest().Name) {
			h.directory = found
			h.search, _ = m.(module.Searcher)
		}
	}
	if h.missions == nil {
		return nil
	}
	amount, err := money.Parse(file.Scheme.Amount)
	if err != nil {
		return fmt.Errorf("missions of %s: amount %q: %w", slug, file.Scheme.Amount, err)
	}
	err = h.missions.Configure(ctx, l.tenant, founder, missions.Scheme{
		Name: file.Scheme.Name, Conditions: file.Scheme.Conditions, AgeFrom: file.Scheme.AgeFrom, AgeTo: file.Scheme.AgeTo, Amount: amount,
		Target: file.Scheme.Hours * 60, Open: true,
	})
	if err != nil {
		return fmt.Errorf("scheme of %s: %w", slug, err)
	}
	for i, m := range file.Missions {
		if err := h.mission(ctx, i, m); err != nil {
			return fmt.Errorf("mission %q: %w", m.Title, err)
		}
	}
	return h.offers(ctx)
}

// helper loads the missions of one town.
type helper struct {
	loader
	missions  *missions.Module
	directory module.Organisations
	search    module.Searcher
}

// mission writes a mission and leads it to where it stands today.
func (h helper) mission(ctx context.Context, nth int, m mission) error {
	host, lead, err := h.host(ctx, m.Association)
	if err != nil {
		return err
	}
	plan := missions.Plan{Host: host, Capacity: m.Capacity, Text: missions.Text{
		Kind: missions.Dated, Title: m.Title, Body: m.Body, Theme: m.Theme, Skills: m.Skills, Pattern: m.Pattern, Address: m.Address,
		Minors: m.Minors, Accessible: m.Accessible, Approval: m.Approval,
	}}
	if m.Pattern != "" {
		plan.Kind = missions.Regular
	}
	if plan.Place, err = places.ParsePoint(m.Pin); err != nil {
		return err
	}
	for _, z := range h.tenant.Zones {
		if z.Name == m.Zone {
			plan.Zone = z.ID
		}
	}
	for _, s := range m.Slots {
		starts := h.moment(s.Starts)
		plan.Slots = append(plan.Slots, missions.Slot{StartsAt: starts, EndsAt: starts.Add(time.Duration(s.Hours) * time.Hour), Capacity: s.Capacity})
	}
	var written *missions.Mission
	var joined []uuid.UUID
	err = h.At(ctx, h.tenant.ID, h.moment(m.Published), func(ctx context.Context) error {
		if written, err = h.missions.Write(ctx, h.tenant, lead, plan); err != nil {
			return err
		}
		if err := h.missions.Publish(ctx, h.tenant, lead, written.ID); err != nil {
			return err
		}
		joined, err = h.join(ctx, nth, m, written)
		return err
	})
	if err != nil {
		return err
	}
	if m.Cancelled != "" {
		return h.missions.Cancel(ctx, h.tenant, lead, written.ID, m.Cancelled)
	}
	if m.Gave {
		return h.give(ctx, lead, joined, written.Slots[0].StartsAt, written.Slots[0].EndsAt)
	}
	for _, id := range joined[:len(m.First)] {
		if err := h.missions.Accept(ctx, h.tenant, lead, id); err != nil && !errors.Is(err, missions.ErrNotPending) {
			return err
		}
	}
	for _, g := range m.Given {
		starts := h.moment(g.Starts)
		if err := h.give(ctx, lead, joined[:len(m.First)], starts, starts.Add(time.Duration(g.Hours)*time.Hour)); err != nil {
			return err
		}
	}
	return nil
}

// give has the hours of people validated on the day after.
func (h helper) give(ctx context.Context, lead citizen.Viewer, inscriptions []uuid.UUID, from, to time.Time) error {
	return h.At(ctx, h.tenant.ID, to.Add(18*time.Hour), func(ctx context.Context) error {
		for _, id := range inscriptions {
			if err := h.missions.Validate(ctx, h.tenant, lead, id, from, int64(to.Sub(from)/time.Minute)); err != nil {
				return err
			}
		}
		return nil
	})
}

// join has accounts and people of the town join the first slot of a mission.
func (h helper) join(ctx context.Context, nth int, m mission, written *missions.Mission) (joined []uuid.UUID, err error) {
	var who []citizen.Viewer
	for _, email := range m.First {
		who = append(who, h.accounts[email])
	}
	for i := range min(m.People, len(h.people)) {
		who = append(who, h.person(nth*5+i))
	}
	for _, email := range m.Last {
		who = append(who, h.accounts[email])
	}
	for i, v := range who {
		says := ""
		if i == len(m.First) {
			says = m.Says
		}
		id, _, err := h.missions.Join(ctx, h.tenant, v, written.ID, written.Slots[0].ID, says)
		if err != nil {
			return joined, err
		}
		joined = append(joined, id)
	}
	return joined, nil
}

func (h helper) person(i int) citizen.Viewer {
	at := i % len(h.people)
	return citizen.Viewer{ID: h.people[at], SignedIn: true, Person: citizen.PersonEmail, BornOn: bornOn(at)}
}

// host finds an association by its name, and somebody who answers for it; the
// town hall speaks for those that nobody answers for.
func (h helper) host(ctx context.Context, name string) (uuid.UUID, citizen.Viewer, error) {
	if name == "" || h.directory == nil || h.search == nil {
		return uuid.Nil, founder, nil
	}
	hits, err := h.search.Search(ctx, h.tenant, founder, name, 1)
	if err != nil || len(hits) == 0 {
		return uuid.Nil, founder, err
	}
	id, err := uuid.Parse(hits[0].Href[strings.LastIndexByte(hits[0].Href, '/')+1:])
	if err != nil {
		return uuid.Nil, founder, nil
	}
	var answer []citizen.ID
	verified := false
	err = h.DB.ReadTenant(ctx, h.tenant.ID, func(ctx context.Context, tx bun.Tx) error {
		found, err := h.directory.Organisation(ctx, tx, h.tenant.ID, id)
		if err != nil {
			return err
		}
		verified = found.Verified
		answer, err = h.directory.Responsibles(ctx, tx, h.tenant.ID, id)
		return err
	})
	if err != nil || !verified || len(answer) == 0 {
		return uuid.Nil, founder, err
	}
	return id, citizen.Viewer{ID: answer[0], SignedIn: true}, nil
}

// offers has a few people agree to be found.
func (h helper) offers(ctx context.Context) error {
	skills := missions.Skills
	for i := range min(12, len(h.people)) {
		o := missions.Volunteer{
			Visible: true, Skills: []string{skills[i%len(skills)], skills[(i*5+3)%len(skills)]},
			Availability: []string{missions.Availabilities[i%len(missions.Availabilities)]},
		}
		if len(h.tenant.Zones) > 0 {
			o.Zone = h.tenant.Zones[i%len(h.tenant.Zones)].ID
		}
		if err := h.missions.Offer(ctx, h.tenant, h.person(i), o); err != nil {
			return err
		}
	}
	return nil
}
