// Package i18n is what people read: messages of the catalogues, with the
// plural rules of each language, and dates, amounts and lists as they are
// written there. It knows French, the reference, and English.
//
// A message is asked for by a literal key, so that a test (see i18ntest) can
// tell that every key used exists and that every key written is used:
//
//	i18n.T(ctx, "consultations.days_left", "Count", 3) // "encore 3 jours"
//
// A key computed at run time is declared by a comment where it is computed:
//
//	//i18n: role.*
//
// Authors of French catalogues type plain spaces and apostrophes; Load puts
// the typographic ones (see Typeset). The package never decides which language
// a request is answered in: app/web does.
package i18n

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"

	// The zones of tenants must exist on machines without a tz database.
	_ "time/tzdata"

	"parvis/app/money"
)

type contextKey struct{}

// speaker is what a context carries: a language, and where the reader is.
type speaker struct {
	bundle    *Bundle
	lang      *language
	location  *time.Location
	localizer *goi18n.Localizer
}

// unsaid speaks when a context carries nothing: French, in Paris, with no
// catalogue, so that dates are right and messages show their keys.
var unsaid = &speaker{lang: french, location: mustLocation("Europe/Paris")}

func mustLocation(name string) *time.Location {
	location, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zones are compiled in
	}
	return location
}

// NewContext returns ctx in which messages are said in the language lang
// ("fr", "en"; another one means French) and times are those of loc (nil
// means Paris).
func (b *Bundle) NewContext(ctx context.Context, lang string, loc *time.Location) context.Context {
	if loc == nil {
		loc = unsaid.location
	}
	l := languageOf(lang)
	return context.WithValue(ctx, contextKey{}, &speaker{
		bundle: b, lang: l, location: loc, localizer: b.localizers[l.code],
	})
}

// In returns ctx in which the same messages are said in another language, to
// somebody in loc: a letter is written in its reader's language, whoever's
// request it comes from.
func In(ctx context.Context, lang string, loc *time.Location) context.Context {
	if b := of(ctx).bundle; b != nil {
		return b.NewContext(ctx, lang, loc)
	}
	return ctx
}

func of(ctx context.Context) *speaker {
	if s, ok := ctx.Value(contextKey{}).(*speaker); ok {
		return s
	}
	return unsaid
}

// Lang returns the language in ctx, "fr" by default.
func Lang(ctx context.Context) string { return of(ctx).lang.code }

// Location returns the time zone in ctx, Paris by default.
func Location(ctx context.Context) *time.Location { return of(ctx).location }

// T returns the message named key. args alternate names and values; "Count"
// (an int or int64) chooses the plural form and is written with its digits
// grouped, money.Cents are written as euros, any other value as fmt does. A
// missing message is its key, and is logged once.
func T(ctx context.Context, key string, args ...any) string {
	if len(args) == 0 {
		return of(ctx).say(key, nil)
	}
	named := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		named[fmt.Sprint(args[i])] = args[i+1]
	}
	return of(ctx).say(key, named)
}

// Message is T for arguments that are already a map, as those of a fault.
func Message(ctx context.Context, key string, args map[string]any) string {
	return of(ctx).say(key, args)
}

// Has reports whether the catalogues hold the message named key.
func Has(ctx context.Context, key string) bool {
	b := of(ctx).bundle
	return b != nil && b.keys[key]
}

func (s *speaker) say(key string, args map[string]any) string {
	if s.bundle == nil {
		return key
	}
	if text, ok := s.bundle.plain[s.lang.code][key]; ok {
		return text
	}
	if !s.bundle.keys[key] {
		s.bundle.complain(key)
		return key
	}
	text, err := s.localizer.Localize(&goi18n.LocalizeConfig{
		MessageID: key, PluralCount: args["Count"], TemplateData: s.written(args),
	})
	if err != nil {
		s.bundle.complain(key + " in " + s.lang.code + ": " + err.Error())
	}
	if text == "" {
		return key
	}
	return text
}

// written returns args as they appear in a message.
func (s *speaker) written(args map[string]any) map[string]any {
	out := make(map[string]any, len(args))
	for name, value := range args {
		switch v := value.(type) {
		case money.Cents:
			value = s.lang.euros(v)
		case int:
			if name == "Count" {
				value = s.lang.number(int64(v))
			}
		case int64:
			if name == "Count" {
				value = s.lang.number(v)
			}
		}
		out[name] = value
	}
	return out
}

// complain logs what is wrong with a message, once.
func (b *Bundle) complain(what string) {
	if _, said := b.complaints.LoadOrStore(what, true); !said {
		slog.Warn("message not found", slog.String("key", what))
	}
}
