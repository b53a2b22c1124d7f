package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/web"
)

type period struct {
	Opens  web.LocalTime `form:"ouverture" validate:"required"`
	Closes web.LocalTime `form:"cloture" validate:"required,gtfield=Opens"`
}

type ideaForm struct {
	Title  string      `form:"titre" validate:"required,min=3,max=10"`
	Email  string      `form:"email" validate:"omitempty,email"`
	Kind   string      `form:"genre" validate:"omitempty,oneof=parc rue"`
	Cost   web.Amount  `form:"cout" validate:"required,min=100,max=100000000"`
	Places web.Whole   `form:"places" validate:"omitempty,max=50"`
	Zones  []uuid.UUID `form:"quartiers" validate:"max=2,unique"`
	Tags   []string    `form:"themes" validate:"max=2"`
	Agreed bool        `form:"accord" validate:"required"`
	period
	Day      web.LocalDate         `form:"jour"`
	Password string                `form:"secret,raw"`
	Age      int                   `form:"age" validate:"omitempty,min=16"`
	Zone     uuid.UUID             `form:"quartier"`
	File     *multipart.FileHeader `form:"photo"`
	Internal string
}

// bindSite binds ideaForm and hands what it got to see.
// uploads are the routes of bindSite that take large bodies.
var uploads = []web.Upload{
	{Pattern: "/idees/:id/photo", Limit: 1 << 20}, {Pattern: "/idees/:id/film", Limit: 4 << 20}, {Pattern: "/office/:id/film", Limit: 4 << 20},
}

func bindSite(t testing.TB, see func(ideaForm, ui.Errors)) *site {
	t.Helper()
	s := newSite(t, func(o *web.Options) { o.Uploads = uploads })
	handler := func(c *fiber.Ctx) error {
		var form ideaForm
		errs, err := web.Bind(c, &form)
		if err != nil {
			return err
		}
		see(form, errs)
		return web.Page(c, text("lu"))
	}
	s.Post("/idees", handler)
	s.Get("/idees", handler)
	s.Post("/idees/:id/photo", handler)
	s.Post("/idees/:id/film", handler)
	s.Post("/office/:id/film", handler)
	return s
}

func goodIdea() url.Values {
	return url.Values{
		"titre": {"  Un\u00a0banc "}, "cout": {"12 345,67"}, "accord": {"", "on"},
		"ouverture": {"2026-12-01T09:00"}, "cloture": {"2026-12-08T20:00"},
	}
}

func TestFormIsRead(t *testing.T) {
	t.Parallel()
	zone := uuid.New()
	var got ideaForm
	s := bindSite(t, func(form ideaForm, errs ui.Errors) {
		if errs.Any() {
			t.Errorf("%v", errs)
		}
		got = form
	})
	form := goodIdea()
	form.Set("quartiers", zone.String())
	form["themes"] = []string{"vélo", "e\u0301cole", ""}
	form.Set("secret", " mot de passe ")
	form.Set("jour", "2026-12-03")
	form.Set("places", "1 0")
	form.Set("Internal", "forged")
	form.Set("inconnu", "x")
	s.post("/idees", form).want(t, 200, "lu")
	want := []any{"Un\u00a0banc", int64(1234567), true, []uuid.UUID{zone}, []string{"vélo", "école"}, " mot de passe ", int64(10), ""}
	if diff := cmp.Diff(want, []any{got.Title, int64(got.Cost.Cents), got.Agreed, got.Zones, got.Tags, got.Password, got.Places.N, got.Internal}); diff != "" {
		t.Error(diff)
	}
	if h := got.Opens.At.UTC().Hour(); h != 8 {
		t.Errorf("9 h in Paris in December is 8 h UTC, got %d", h)
	}
	if !got.Day.On.Equal(got.Opens.At.AddDate(0, 0, 2).Add(-9 * 3600e9)) {
		t.Errorf("the day begins at midnight in the town: %v", got.Day.On)
	}
}

func TestMessagesStandBesideFieldsInOrder(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]ui.Errors{
		"fr": {
			{Name: "titre", Message: "Écrivez au plus 10 caractères."},
			{Name: "email", Message: "Cette adresse e-mail n’est pas complète. Exemple\u00a0: prenom.nom@exemple.fr"},
			{Name: "genre", Message: "Choisissez une réponse dans la liste."},
			{Name: "cout", Message: "Le plus petit nombre possible est 1\u00a0€."},
			{Name: "places", Message: "Le plus grand nombre possible est 50."},
			{Name: "quartiers", Message: "Choisissez une réponse dans la liste."},
			{Name: "themes", Message: "Choisissez au plus 2 réponses."},
			{Name: "accord", Message: "Ce champ est obligatoire."},
			{Name: "ouverture", Message: "Ce champ est obligatoire."},
			{Name: "cloture", Message: "Cette date ou cette heure n’existe pas. Exemple\u00a0: 2026-11-30T20:00"},
			{Name: "age", Message: "Écrivez un nombre entier, en chiffres."},
		},
		"en": {{Name: "titre", Message: "Write at most 10 characters."}},
	} {
		var got ui.Errors
		s := bindSite(t, func(_ ideaForm, errs ui.Errors) { got = errs })
		form := goodIdea()
		if lang == "en" {
			s.get("/?lang=en")
			form.Set("titre", strings.Repeat("é", 11))
		} else {
			form = url.Values{
				"titre": {"Une fontaine"}, "email": {"moi"}, "genre": {"lac"}, "cout": {"0,99"}, "places": {"51"},
				"quartiers": {"partout"}, "themes": {"a", "b", "c"}, "cloture": {"demain"}, "age": {"vingt"},
			}
		}
		s.post("/idees", form).want(t, 422)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWhatWasTypedIsKept(t *testing.T) {
	t.Parallel()
	var got ideaForm
	s := bindSite(t, func(form ideaForm, _ ui.Errors) { got = form })
	s.post("/idees", url.Values{"titre": {"X"}, "cout": {"douze"}, "places": {"trop"}, "ouverture": {"hier"}, "jour": {"0026-01-01"}}).want(t, 422)
	shown := fmt.Sprint(got.Title, "|", got.Cost, "|", got.Places, "|", got.Opens, "|", got.Day)
	if shown != "X|douze|trop|hier|0026-01-01" {
		t.Errorf("the form would show %s", shown)
	}
}

func TestZeroIsAnAnswer(t *testing.T) {
	t.Parallel()
	type form struct {
		Cost  web.Amount `form:"cout" validate:"required"`
		Count web.Whole  `form:"nombre" validate:"required,max=3"`
	}
	s := newSite(t, nil)
	s.Post("/zero", func(c *fiber.Ctx) error {
		var f form
		errs, err := web.Bind(c, &f)
		return cmpErr(c, errs, err)
	})
	s.post("/zero", url.Values{"cout": {"0"}, "nombre": {"0"}}).want(t, 200)
	s.post("/zero", url.Values{"cout": {""}, "nombre": {"4"}}).want(t, 422, "obligatoire", "possible est 3")
}

func cmpErr(c *fiber.Ctx, errs ui.Errors, err error) error {
	if err != nil {
		return err
	}
	return web.Page(c, text(fmt.Sprint(errs)))
}

func TestDatesReversedAreRefused(t *testing.T) {
	t.Parallel()
	var got ui.Errors
	s := bindSite(t, func(_ ideaForm, errs ui.Errors) { got = errs })
	form := goodIdea()
	form.Set("cloture", "2026-11-30T20:00")
	s.post("/idees", form).want(t, 422)
	if got.For("cloture") != "La fin doit être après le début." || len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestAnHourSkippedByTheClockIsRefused(t *testing.T) {
	t.Parallel()
	var got ui.Errors
	s := bindSite(t, func(_ ideaForm, errs ui.Errors) { got = errs })
	form := goodIdea()
	form.Set("ouverture", "2026-03-29T02:30")
	s.post("/idees", form).want(t, 422)
	if !strings.HasPrefix(got.For("ouverture"), "Cette heure n’existe pas ce jour-là") {
		t.Errorf("%v", got)
	}
}

func TestBrokenTextIsRefusedBesideItsField(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]string{"UTF-8": "caf\xe9", "NUL": "a\x00b", "escape": "\x1b[31m"} {
		var got ui.Errors
		var form ideaForm
		s := bindSite(t, func(f ideaForm, errs ui.Errors) { got, form = errs, f })
		values := goodIdea()
		values.Set("titre", broken)
		s.post("/idees", values).want(t, 422)
		if !strings.HasPrefix(got.For("titre"), "Ce texte contient des caractères illisibles.") {
			t.Errorf("%s: %v", name, got)
		}
		if !utf8.ValidString(form.Title) || strings.ContainsAny(form.Title, "\x00\x1b") {
			t.Errorf("%s: what is shown again is still broken: %q", name, form.Title)
		}
	}
	bindSite(t, func(ideaForm, ui.Errors) { t.Error("bound") }).get("/idees?titre=%FF").want(t, 400)
}

func TestWhatIsNoFormIsUnreadable(t *testing.T) {
	t.Parallel()
	s := bindSite(t, func(ideaForm, ui.Errors) { t.Error("bound") })
	s.send(http.MethodPost, "/idees", `{"titre":"x"}`, "X-CSRF-Token", s.token(), "Content-Type", "application/json").
		want(t, 400, "Demande illisible", "Revenez en arrière")
}

func TestQueryOfAGetIsBound(t *testing.T) {
	t.Parallel()
	var got ideaForm
	s := bindSite(t, func(form ideaForm, _ ui.Errors) { got = form })
	s.get("/idees?titre=Un+banc&themes=a&themes=b")
	if got.Title != "Un banc" || len(got.Tags) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestUploadsHaveTheirOwnLimit(t *testing.T) {
	t.Parallel()
	var got ideaForm
	s := bindSite(t, func(form ideaForm, _ ui.Errors) { got = form })
	upload := func(size int) answer {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, err := w.CreateFormFile("photo", "chêne.jpg")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(bytes.Repeat([]byte("x"), size))
		_ = w.WriteField("titre", "Un arbre")
		_ = w.WriteField("_csrf", s.token())
		_ = w.Close()
		return s.send(http.MethodPost, "/idees/7/photo", body.String(), "Content-Type", w.FormDataContentType())
	}
	s.listen()
	upload(500_000).want(t, 422)
	if got.File == nil || got.File.Size != 500_000 || got.File.Filename != "chêne.jpg" || got.Title != "Un arbre" {
		t.Errorf("%+v", got.File)
	}
	upload(2_000_000).want(t, 413)
}

func TestAStrangerCannotFillTheMemoryWithUploads(t *testing.T) {
	t.Parallel()
	s := bindSite(t, func(ideaForm, ui.Errors) {})
	s.listen()
	film := strings.Repeat("x", 2<<20)
	try := func(path, token string) answer {
		delete(s.jar, "parvis")
		if token != "" {
			s.jar["parvis"] = token
		}
		return s.send(http.MethodPost, path, film, "Content-Type", "text/plain")
	}
	// Whoever is not known is stopped before a byte of the film is kept.
	try("/idees/7/film", "").want(t, 401)
	try("/idees/7/film", "stolen-token").want(t, 401)
	try("/office/7/film", "alice-token").want(t, 401)
	// Whoever is known is read to the end, and then refused for the form.
	try("/idees/7/film", "alice-token").want(t, 403)
	try("/office/7/film", "agent-token").want(t, 403)
	film = strings.Repeat("x", 5<<20)
	try("/idees/7/film", "alice-token").want(t, 413)
}

func TestFaultsOfTheServiceComeBackToTheForm(t *testing.T) {
	t.Parallel()
	taken := fault.New(fault.Conflict, "form.repeated")
	s := newSite(t, nil)
	for path, err := range map[string]error{
		"/champ": fault.OnFields(fault.Field{Name: "titre", Key: "form.required"}), "/tout": taken, "/sur": taken.On("email"),
		"/interdit": web.ErrForbidden, "/panne": fmt.Errorf("disk on fire"),
	} {
		s.Post(path, func(c *fiber.Ctx) error {
			errs, ok := web.Errors(c, err)
			if !ok {
				return err
			}
			return web.Page(c, text(fmt.Sprintf("%+v", errs)))
		})
	}
	s.post("/champ", nil).want(t, 422, "Name:titre Label: Message:Ce champ est obligatoire.")
	s.post("/tout", nil).want(t, 409, "Name: Label: Message:La même réponse")
	s.post("/sur", nil).want(t, 409, "Name:email Label: Message:La même réponse")
	s.post("/interdit", nil).want(t, 403, "Accès refusé")
	s.post("/panne", nil).want(t, 500).without(t, "disk on fire")
}

func TestPrefilledFieldsReadBackTheSame(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.Get("/valeurs", func(c *fiber.Ctx) error {
		ctx := web.Context(c)
		if i18n.Location(ctx).String() != "Europe/Paris" {
			t.Error("not in the town's time zone")
		}
		return web.Page(c, text(strings.Join([]string{
			web.AmountOf(ctx, 123450).String(), web.WholeOf(12).String(),
			web.LocalTimeOf(ctx, noon).String(), web.LocalDateOf(ctx, noon).String(),
		}, "|")))
	})
	s.get("/valeurs").want(t, 200, "1\u202f234,50\u00a0€|12|2026-11-23T12:00|2026-11-23")
}

func FuzzForm(f *testing.F) {
	f.Add(goodIdea().Encode())
	f.Add("titre=%ff&cout=1e9&places=99999999999999999999&quartiers=x&ouverture=2026-02-30T25:61")
	f.Add("titre[]=a&a=%zz&;;&==&cout=-0")
	s := bindSite(f, func(ideaForm, ui.Errors) {})
	token := s.token()
	f.Fuzz(func(t *testing.T, body string) {
		s.t = t
		s.log.Reset()
		got := s.send(http.MethodPost, "/idees", body+" ", "X-CSRF-Token", token)
		if got.StatusCode >= 500 {
			t.Errorf("%d for %q", got.StatusCode, body)
		}
	})
}

func TestSummaryNamesTheFields(t *testing.T) {
	s := newSite(t, nil)
	s.Post("/noms", func(c *fiber.Ctx) error {
		var form struct {
			Name string `form:"nom" label:"form.required" validate:"required"`
			Town string `form:"ville" validate:"required"`
		}
		errs, err := web.Bind(c, &form)
		if err != nil {
			return err
		}
		return web.Page(c, ui.ErrorSummary(errs))
	})
	s.post("/noms", nil).want(t, 422, "Ce champ est obligatoire.\u00a0: Ce champ est obligatoire.", ">Ce champ est obligatoire.<")
}
