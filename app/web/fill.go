package web

import (
	"context"
	"mime/multipart"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"parvis/app/i18n"
	"parvis/app/ui"
)

// filler copies what a form sent into a struct and notes what it could not
// understand.
type filler struct {
	ctx   context.Context
	sent  sent
	order []string          // names of the fields, as the struct has them
	label map[string]string // what a field is called, for those that say it
	errs  ui.Errors
}

var (
	uuidType  = reflect.TypeFor[uuid.UUID]()
	fileType  = reflect.TypeFor[*multipart.FileHeader]()
	filesType = reflect.TypeFor[[]*multipart.FileHeader]()
)

func (f *filler) fill(target reflect.Value) {
	for i := range target.NumField() {
		field := target.Type().Field(i)
		name, raw := fieldName(field)
		switch {
		case field.Anonymous && field.Type.Kind() == reflect.Struct:
			f.fill(target.Field(i))
		case name != "":
			f.order = append(f.order, name)
			if key := field.Tag.Get("label"); key != "" {
				f.label[name] = i18n.T(f.ctx, key)
			}
			f.set(target.Field(i), name, raw)
		}
	}
}

func (f *filler) wrong(name, key string) {
	f.errs = append(f.errs, ui.FieldError{Name: name, Message: i18n.T(f.ctx, key)})
}

func (f *filler) set(target reflect.Value, name string, raw bool) {
	switch target.Type() {
	case fileType:
		if files := f.sent.files[name]; len(files) > 0 {
			target.Set(reflect.ValueOf(files[len(files)-1]))
		}
		return
	case filesType:
		target.Set(reflect.ValueOf(f.sent.files[name]))
		return
	}
	texts := f.texts(name, raw)
	switch {
	case target.Kind() == reflect.Slice:
		f.setList(target, name, texts)
	case len(texts) > 0:
		// The last one wins: a checkbox after the hidden field that stands for "no".
		f.setOne(target, name, texts[len(texts)-1])
	}
}

func (f *filler) setList(target reflect.Value, name string, texts []string) {
	list := reflect.MakeSlice(target.Type(), 0, len(texts))
	for _, text := range texts {
		item := reflect.New(target.Type().Elem()).Elem()
		if text != "" && f.setOne(item, name, text) {
			list = reflect.Append(list, item)
		}
	}
	target.Set(list)
}

// setOne reports whether the text could be understood.
func (f *filler) setOne(target reflect.Value, name, text string) bool {
	if typed, ok := target.Addr().Interface().(parser); ok {
		key := typed.parse(f.ctx, text)
		if key != "" {
			f.wrong(name, key)
		}
		return key == ""
	}
	if target.Type().ConvertibleTo(uuidType) && target.Kind() == reflect.Array {
		return f.setUUID(target, name, text)
	}
	switch target.Kind() {
	case reflect.String:
		target.SetString(text)
	case reflect.Bool:
		target.SetBool(text == "on" || text == "1" || text == "true" || text == "oui")
	case reflect.Int, reflect.Int64:
		if text == "" {
			return true
		}
		n, err := strconv.ParseInt(digits(text), 10, 64)
		if err != nil || target.OverflowInt(n) {
			f.wrong(name, "form.not_a_number")
			return false
		}
		target.SetInt(n)
	default:
		panic("web: Bind cannot fill a field of type " + target.Type().String())
	}
	return true
}

func (f *filler) setUUID(target reflect.Value, name, text string) bool {
	if text == "" {
		return true
	}
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		f.wrong(name, "form.choose_in_list")
		return false
	}
	target.Set(reflect.ValueOf(id).Convert(target.Type()))
	return true
}

// texts returns the values sent for a field, clean; what is no text at all is
// reported and shown again as well as can be.
func (f *filler) texts(name string, raw bool) []string {
	values := f.sent.values[name]
	texts := make([]string, len(values))
	for i, value := range values {
		if !readable(value) && f.errs.For(name) == "" {
			f.wrong(name, "form.unreadable")
		}
		texts[i] = clean(value, raw)
	}
	return texts
}

// readable reports whether text is UTF-8 without control characters, which
// neither a person types nor the database keeps.
func readable(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, badControl) < 0
}

func badControl(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t'
}

// clean gives text one form: valid, composed characters, lines ended by \n, no
// space around it. Raw text (a password) keeps its spaces.
func clean(text string, raw bool) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Map(func(r rune) rune {
		if badControl(r) {
			return -1
		}
		return r
	}, text)
	text = norm.NFC.String(text)
	if raw {
		return text
	}
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// digits takes the spaces out of a number as people type it.
func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\u202f' {
			return -1
		}
		return r
	}, text)
}
