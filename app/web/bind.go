package web

import (
	"context"
	"errors"
	"mime/multipart"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-playground/validator/v10"
	"github.com/gofiber/fiber/v2"

	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/money"
	"parvis/app/ui"
)

// ErrUnreadable is a request whose form cannot even be taken apart.
var ErrUnreadable = fault.New(fault.Unreadable, "web.unreadable")

var validate = newValidator()

// newValidator names fields as the forms do.
func newValidator() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		name, _ := fieldName(f)
		return name
	})
	v.RegisterCustomTypeFunc(func(value reflect.Value) any {
		return value.Interface().(Typed).typed()
	}, Amount{}, Whole{}, LocalTime{}, LocalDate{})
	return v
}

// Bind fills form, a pointer to a struct, from what was sent: the body of a
// POST, the query of a GET. Fields are named by tags `form:"titre"` and
// checked by `validate:"required,max=120"`. It returns what is wrong with
// each field, in the reader's language and in the order of the struct, and
// then sets the status to 422; form holds what was typed all the same. The
// error is for what cannot be read at all. A tag `label:"ideas.title"` names
// the field in the summary of the form.
//
// Fields may be string (trimmed, lines ended by \n, unless tagged
// `form:"secret,raw"`), bool (checkbox), int, int64, uuid.UUID, slices of
// strings or UUIDs (checkboxes), the types of this package that keep what was
// typed (Amount, Whole, LocalTime, LocalDate), *multipart.FileHeader and
// slices of it, and embedded structs. Unknown fields are ignored.
func Bind(c *fiber.Ctx, form any) (ui.Errors, error) {
	sent, err := readForm(c)
	if err != nil {
		return nil, err
	}
	target := reflect.ValueOf(form)
	if target.Kind() != reflect.Pointer || target.Elem().Kind() != reflect.Struct {
		panic("web: Bind wants a pointer to a struct")
	}
	filler := &filler{ctx: c.UserContext(), sent: sent, label: map[string]string{}}
	filler.fill(target.Elem())
	errs := filler.errs
	for _, wrong := range invalidFields(form) {
		if name := formName(wrong); errs.For(name) == "" {
			errs = append(errs, ui.FieldError{Name: name, Message: explainField(filler.ctx, wrong)})
		}
	}
	for i := range errs {
		errs[i].Label = filler.label[errs[i].Name]
	}
	slices.SortStableFunc(errs, func(a, b ui.FieldError) int {
		return slices.Index(filler.order, a.Name) - slices.Index(filler.order, b.Name)
	})
	if errs.Any() {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return errs, nil
}

// sent is what a form sent, copied out of Fiber's buffers.
type sent struct {
	values url.Values
	files  map[string][]*multipart.FileHeader
}

func readForm(c *fiber.Ctx) (sent, error) {
	values := url.Values{}
	add := func(key, value []byte) { values.Add(string(key), string(value)) }
	switch kind, _, _ := strings.Cut(c.Get(fiber.HeaderContentType), ";"); {
	case c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead:
		c.Context().QueryArgs().VisitAll(add)
	case strings.EqualFold(kind, fiber.MIMEApplicationForm):
		c.Context().PostArgs().VisitAll(add)
	case strings.EqualFold(kind, fiber.MIMEMultipartForm):
		form, err := c.MultipartForm()
		if err != nil {
			return sent{}, ErrUnreadable.Wrap(err)
		}
		for name, list := range form.Value {
			for _, value := range list {
				add([]byte(name), []byte(value))
			}
		}
		return sent{values, form.File}, nil
	case len(c.Body()) > 0:
		return sent{}, ErrUnreadable
	}
	return sent{values: values}, nil
}

func invalidFields(form any) validator.ValidationErrors {
	err := validate.Struct(form)
	if list, ok := errors.AsType[validator.ValidationErrors](err); ok {
		return list
	}
	if err != nil {
		panic(err) // a bad tag: a mistake in the program
	}
	return nil
}

// formName is the name of the form's field that an error is about: an element
// of a list stands for its list.
func formName(e validator.FieldError) string {
	name, _, _ := strings.Cut(e.Field(), "[")
	return name
}

// fieldName returns the name of a field in its form, and whether its text is
// kept as it was typed.
func fieldName(f reflect.StructField) (name string, raw bool) {
	name, option, _ := strings.Cut(f.Tag.Get("form"), ",")
	if name == "-" {
		name = ""
	}
	return name, option == "raw"
}

// explainField says what is wrong with a field, by the rule it breaks.
func explainField(ctx context.Context, e validator.FieldError) string {
	limit, _ := strconv.ParseInt(e.Param(), 10, 64) // 0 for rules without a limit
	switch e.Tag() {
	case "required", "required_if", "required_with", "required_without":
		return i18n.T(ctx, "form.required")
	case "email":
		return i18n.T(ctx, "form.email")
	case "url", "http_url":
		return i18n.T(ctx, "form.url")
	case "oneof", "uuid":
		return i18n.T(ctx, "form.choose_in_list")
	case "unique":
		return i18n.T(ctx, "form.repeated")
	case "eqfield":
		return i18n.T(ctx, "form.not_the_same")
	case "gtfield":
		return i18n.T(ctx, "form.must_be_after")
	case "len", "number", "numeric":
		return i18n.T(ctx, "form.wrong")
	case "min", "gte":
		return explainLimit(ctx, e, limit, "form.too_short", "form.too_few", "form.too_small")
	case "max", "lte":
		return explainLimit(ctx, e, limit, "form.too_long", "form.too_many", "form.too_large")
	}
	return i18n.T(ctx, "form.wrong")
}

// explainLimit picks the words for a limit: of characters, of choices, or of a number.
//
// i18n: form.too_*
func explainLimit(ctx context.Context, e validator.FieldError, limit int64, text, list, number string) string {
	switch {
	case e.Kind() == reflect.String:
		return i18n.T(ctx, text, "Count", limit)
	case e.Kind() == reflect.Slice:
		return i18n.T(ctx, list, "Count", limit)
	case e.Type() == reflect.TypeFor[money.Cents]():
		return i18n.T(ctx, number, "Limit", money.Cents(limit))
	}
	return i18n.T(ctx, number, "Limit", i18n.Number(ctx, limit))
}
