package seeds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/kernel"
	"parvis/app/places"
	"parvis/modules/agenda"
	"parvis/modules/associations"
)

// societies are the associations of a town and what happens there, in
// towns/<slug>/associations.toml.
type societies struct {
	Associations []society `toml:"association"`
	Events       []event   `toml:"event"` // the town hall's own
}

type society struct {
	Name, Theme, Purpose, Body, Zone, Address, Pin, Email, RNA string
	Verified                                                   bool
	Keeper                                                     string // address of the demonstration account that answers for it; "": somebody
	News                                                       []news
	Events                                                     []event `toml:"event"`
}

type news struct{ Title, Text, At string }

type event struct {
	Title, Place, Starts, Ends, Body string // "+3d 18:00", relative to today, in the town's time
	AllDay                           bool   `toml:"all_day"`
}

// loadAssociations fills the directory and the agenda of a town; nothing when
// it has no file.
func loadAssociations(ctx context.Context, s kernel.Seeding, l loader, slug string) error {
	var file societies
	meta, err := toml.DecodeFS(towns, "towns/"+slug+"/associations.toml", &file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the associations: %w", err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("read the associations: unknown key %s", unknown[0])
	}
	var directory *associations.Module
	var diary *agenda.Module
	for _, m := range s.Modules {
		switch m := m.(type) {
		case *associations.Module:
			directory = m
		case *agenda.Module:
			diary = m
		}
	}
	for i, a := range file.Associations {
		id, err := l.association(ctx, directory, a, i)
		if err != nil {
			return fmt.Errorf("association %s: %w", a.Name, err)
		}
		for _, e := range a.Events {
			if err := l.event(ctx, diary, e, id); err != nil {
				return err
			}
		}
	}
	for _, e := range file.Events {
		if err := l.event(ctx, diary, e, uuid.Nil); err != nil {
			return err
		}
	}
	return nil
}

// association adds one: proposed by somebody and checked when it is verified,
// with its emblem and its news; listed by the town hall otherwise.
func (l loader) association(ctx context.Context, m *associations.Module, a society, nth int) (uuid.UUID, error) {
	at, err := places.Place(l.tenant, a.Pin)
	if err != nil {
		return uuid.Nil, err
	}
	sheet := associations.Sheet{Name: a.Name, Theme: a.Theme, Purpose: a.Purpose, Body: a.Body, Address: a.Address, At: at, Email: a.Email, RNA: a.RNA}
	for _, z := range l.tenant.Zones {
		if z.Name == a.Zone {
			sheet.Zone = z.ID
		}
	}
	if !a.Verified {
		return m.List(ctx, l.tenant, founder, sheet)
	}
	keeper, known := l.accounts[a.Keeper]
	if !known { // those who join missions are the first of the crowd
		keeper = citizen.Viewer{ID: l.people[len(l.people)-1-nth%len(l.people)], SignedIn: true, Person: citizen.PersonEmail}
	}
	id, err := m.Propose(ctx, l.tenant, keeper, sheet, associations.Positions[0], "")
	if err != nil {
		return id, err
	}
	if err := m.Verify(ctx, l.tenant, founder, id); err != nil {
		return id, err
	}
	picture, err := emblem(a.Theme, nth)
	if err != nil {
		return id, err
	}
	if err := m.SetLogo(ctx, l.tenant, keeper, id, bytes.NewReader(picture)); err != nil {
		return id, err
	}
	for _, n := range a.News {
		err := l.At(ctx, l.tenant.ID, l.moment(n.At), func(ctx context.Context) error { return m.Post(ctx, l.tenant, keeper, id, n.Title, n.Text) })
		if err != nil {
			return id, err
		}
	}
	return id, nil
}

// announced is how long before it happens an event that is over was announced.
const announced = 14 * 24 * time.Hour

func (l loader) event(ctx context.Context, m *agenda.Module, e event, association uuid.UUID) error {
	publish := func(ctx context.Context) error {
		return m.Publish(ctx, l.tenant, founder, agenda.Details{
			Association: association, Title: e.Title, Body: e.Body, Place: e.Place, Starts: l.moment(e.Starts), Ends: l.moment(e.Ends), AllDay: e.AllDay,
		})
	}
	err := error(nil)
	if before := l.moment(e.Starts); before.Before(l.Clock.Now()) {
		err = l.At(ctx, l.tenant.ID, before.Add(-announced), publish)
	} else {
		err = publish(ctx)
	}
	if err != nil {
		return fmt.Errorf("event %s: %w", e.Title, err)
	}
	return nil
}
