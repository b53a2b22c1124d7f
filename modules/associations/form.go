package associations

import (
	"context"
	"errors"
	"mime/multipart"

	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/modules/associations/views"
)

// sheetForm is the form of an association's sheet; position and message come
// with it when somebody proposes their own.
type sheetForm struct {
	Version  int64     `form:"version"`
	Name     string    `form:"name"`
	Acronym  string    `form:"acronym"`
	Purpose  string    `form:"purpose"`
	Body     string    `form:"body"`
	Theme    string    `form:"theme"`
	Zone     uuid.UUID `form:"zone"`
	Address  string    `form:"address"`
	At       string    `form:"at"`
	Email    string    `form:"email"`
	Phone    string    `form:"phone"`
	Website  string    `form:"website"`
	RNA      string    `form:"rna"`
	SIRET    string    `form:"siret"`
	Position string    `form:"position"`
	Message  string    `form:"message"`
}

func sheetFormOf(a *Association) sheetForm {
	return sheetForm{
		Version: a.Version, Name: a.Name, Acronym: a.Acronym, Purpose: a.Purpose, Body: a.Body, Theme: a.Theme, Zone: a.Zone,
		Address: a.Address, At: a.At.String(), Email: a.Email, Phone: a.Phone, Website: a.Website, RNA: a.RNA, SIRET: a.SIRET,
	}
}

// sheet is what was typed. The error is about the point alone.
func (f sheetForm) sheet(t *tenant.Tenant) (Sheet, error) {
	at, err := places.Place(t, f.At)
	if problem, ok := errors.AsType[*fault.Error](err); ok {
		err = problem.On("at")
	}
	return Sheet{
		Name: f.Name, Acronym: f.Acronym, Purpose: f.Purpose, Body: f.Body, Theme: f.Theme, Zone: f.Zone, Address: f.Address, At: at,
		Email: f.Email, Phone: f.Phone, Website: f.Website, RNA: f.RNA, SIRET: f.SIRET,
	}, err
}

// view is the form as it is shown.
func (f sheetForm) view(ctx context.Context, t *tenant.Tenant, errs ui.Errors) views.SheetForm {
	lat, lon := places.Center(t).Degrees()
	return views.SheetForm{
		Version: f.Version, Name: f.Name, Acronym: f.Acronym, Purpose: f.Purpose, Body: f.Body, Theme: f.Theme, Address: f.Address,
		Email: f.Email, Phone: f.Phone, Website: f.Website, RNA: f.RNA, SIRET: f.SIRET, Position: f.Position, Message: f.Message,
		Zone: zoneValue(f.Zone), Zones: ui.ZoneOptions(t), Themes: themeOptions(ctx), Positions: positionOptions(ctx),
		Pin:    ui.PinProps{Name: "at", Value: f.At, Error: errs.For("at"), Lat: lat, Lon: lon, Radius: t.Radius},
		Errors: errs,
	}
}

// claimForm is the form by which somebody asks to answer for an association.
type claimForm struct {
	Position string `form:"position"`
	Message  string `form:"message"`
}

// answerForm is the form of an answer to a claim.
type answerForm struct {
	Accept bool   `form:"accept"`
	Reason string `form:"reason"`
}

// stateForm is the form of an act of the town hall on an association.
type stateForm struct {
	Version    int64  `form:"version"`
	Numberless bool   `form:"numberless"`
	Reason     string `form:"reason"`
}

// logoForm is the form of the logo.
type logoForm struct {
	Remove bool                  `form:"remove"`
	Logo   *multipart.FileHeader `form:"logo"`
}

// postForm is the form of a piece of news.
type postForm struct {
	Title string `form:"title"`
	Body  string `form:"body"`
}

func zoneValue(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

// themeOptions lists the themes for a form.
//
// i18n: associations.theme.of.*
func themeOptions(ctx context.Context) []ui.Option {
	options := make([]ui.Option, len(Themes))
	for i, theme := range Themes {
		options[i] = ui.Option{Value: theme.Name, Label: themeName(ctx, theme.Name)}
	}
	return options
}

func themeName(ctx context.Context, theme string) string {
	return i18n.Message(ctx, "associations.theme.of."+theme, nil)
}

// positionOptions lists what people do in an association.
//
// i18n: associations.position.of.*
func positionOptions(ctx context.Context) []ui.Option {
	options := make([]ui.Option, len(Positions))
	for i, p := range Positions {
		options[i] = ui.Option{Value: p, Label: positionName(ctx, p)}
	}
	return options
}

func positionName(ctx context.Context, position string) string {
	return i18n.Message(ctx, "associations.position.of."+position, nil)
}
