package missions

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/web"
	"parvis/app/writing"
)

// missionForm is the form of a mission.
type missionForm struct {
	Version      int64     `form:"version"`
	Association  uuid.UUID `form:"association"`
	Title        string    `form:"title" label:"missions.form.title"`
	Kind         string    `form:"kind" label:"missions.form.kind"`
	Pattern      string    `form:"pattern" label:"missions.form.pattern"`
	Capacity     web.Whole `form:"capacity" label:"missions.form.capacity"`
	Body         string    `form:"body" label:"missions.form.body"`
	Theme        string    `form:"theme" label:"missions.form.theme"`
	Skills       []string  `form:"skills" label:"missions.form.skills"`
	Address      string    `form:"address" label:"missions.form.address"`
	Zone         uuid.UUID `form:"zone"`
	Pin          string    `form:"pin"`
	Minors       bool      `form:"minors"`
	Accessible   bool      `form:"accessible"`
	Approval     bool      `form:"approval"`
	ProjectTitle string    `form:"project_title"`
	ProjectHref  string    `form:"project_href"`
}

func missionFormOf(m *Mission) missionForm {
	return missionForm{
		Version: m.Version, Association: m.Host, Title: m.Title, Kind: string(m.Kind), Pattern: m.Pattern, Body: m.Body, Theme: m.Theme,
		Skills: m.Skills, Address: m.Address, Zone: m.Zone, Pin: m.Place.String(), Minors: m.Minors, Accessible: m.Accessible, Approval: m.Approval,
		ProjectTitle: m.Project.Title, ProjectHref: m.Project.Href,
	}
}

// text is what the form says; the fault is about the point typed.
func (f missionForm) text(t *tenant.Tenant) (Text, error) {
	at, err := point(t, f.Pin)
	text := Text{
		Kind: Kind(f.Kind), Title: f.Title, Body: f.Body, Theme: f.Theme, Skills: f.Skills, Pattern: f.Pattern, Zone: f.Zone, Address: f.Address,
		Place: at, Minors: f.Minors, Accessible: f.Accessible, Approval: f.Approval,
	}
	if f.ProjectTitle != "" && web.SafeReturn(f.ProjectHref) && len(f.ProjectHref) <= 200 {
		text.Project = Project{Title: writing.Cut(writing.Line(f.ProjectTitle), maxTitle), Href: f.ProjectHref}
	}
	return text, err
}

// point reads a place typed in the field "pin".
func point(t *tenant.Tenant, typed string) (places.Point, error) {
	at, err := places.Place(t, typed)
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return at, f.On("pin")
	}
	return at, err
}

// slotForm is the form of a slot.
type slotForm struct {
	Starts   web.LocalTime `form:"starts" label:"missions.slot.starts"`
	Ends     web.LocalTime `form:"ends" label:"missions.slot.ends"`
	Capacity web.Whole     `form:"capacity" label:"missions.slot.capacity.label"`
}

func slotFormOf(ctx context.Context, s Slot) slotForm {
	return slotForm{Starts: web.LocalTimeOf(ctx, s.StartsAt), Ends: web.LocalTimeOf(ctx, s.EndsAt), Capacity: web.WholeOf(int64(s.Capacity))}
}

func (f slotForm) slot() Slot {
	return Slot{StartsAt: f.Starts.At, EndsAt: f.Ends.At, Capacity: int(min(max(f.Capacity.N, 0), maxCapacity+1))}
}

// reasonForm is any form that asks why.
type reasonForm struct {
	Version int64  `form:"version"`
	Reason  string `form:"reason"`
}

// hoursForm validates hours.
type hoursForm struct {
	From    web.LocalTime `form:"from" label:"missions.validate.from"`
	Hours   web.Whole     `form:"hours" label:"missions.validate.hours"`
	Minutes web.Whole     `form:"minutes" label:"missions.validate.minutes"`
}

func (f hoursForm) work() Work { return Work{From: f.From.At, Minutes: inMinutes(f.Hours, f.Minutes)} }

// fixForm corrects a line of the ledger.
type fixForm struct {
	Hours   web.Whole `form:"becomes" label:"missions.correct.hours"`
	Minutes web.Whole `form:"becomes_minutes" label:"missions.validate.minutes"`
	Why     string    `form:"why" label:"missions.correct.why"`
}

// inMinutes adds hours and minutes up; what cannot be a day stays too long.
func inMinutes(hours, minutes web.Whole) int64 {
	const far = 100_000
	if hours.N < 0 || minutes.N < 0 {
		return -1
	}
	return min(hours.N, far)*60 + min(minutes.N, far)
}

// offerForm is what a person lets associations know.
type offerForm struct {
	Visible      bool      `form:"visible"`
	Skills       []string  `form:"skills" label:"missions.offer.skills"`
	Availability []string  `form:"availability" label:"missions.offer.availability"`
	Zone         uuid.UUID `form:"zone"`
	Pin          string    `form:"pin"`
}

// schemeForm is the form of the aid. Hours may be "52,5", as some towns ask.
type schemeForm struct {
	Version    int64      `form:"version"`
	Name       string     `form:"name" label:"missions.scheme.name"`
	Hours      string     `form:"hours" label:"missions.scheme.hours.label"`
	Amount     web.Amount `form:"amount" label:"missions.scheme.amount.label"`
	AgeFrom    web.Whole  `form:"age_from" label:"missions.scheme.age_from"`
	AgeTo      web.Whole  `form:"age_to" label:"missions.scheme.age_to"`
	Conditions string     `form:"conditions" label:"missions.scheme.conditions"`
	Open       bool       `form:"open"`
}

func schemeFormOf(ctx context.Context, s Scheme) schemeForm {
	return schemeForm{
		Version: s.Version, Name: s.Name, Hours: halves(s.Target), Amount: web.AmountOf(ctx, s.Amount), AgeFrom: web.WholeOf(int64(s.AgeFrom)),
		AgeTo: web.WholeOf(int64(s.AgeTo)), Conditions: s.Conditions, Open: s.Open,
	}
}

func (f schemeForm) scheme() Scheme {
	small := func(w web.Whole) int {
		if !w.Set {
			return -1
		}
		return int(min(max(w.N, -1), 1000))
	}
	return Scheme{
		Version: f.Version, Name: f.Name, Conditions: f.Conditions, AgeFrom: small(f.AgeFrom), AgeTo: small(f.AgeTo), Amount: f.Amount.Cents,
		Target: halfHours(f.Hours), Open: f.Open,
	}
}

// halfHours reads "70" or "52,5" as minutes, without a float; 0 for anything else.
func halfHours(typed string) int64 {
	whole, half, has := strings.Cut(strings.ReplaceAll(strings.TrimSpace(typed), ".", ","), ",")
	hours, err := strconv.ParseUint(whole, 10, 16)
	switch {
	case err != nil || has && half != "5" && half != "0":
		return 0
	case half == "5":
		return int64(hours)*60 + 30
	}
	return int64(hours) * 60
}

// halves writes minutes back as halfHours reads them.
func halves(minutes int64) string {
	text := strconv.FormatInt(minutes/60, 10)
	if minutes%60 == 30 {
		text += ",5"
	}
	return text
}
