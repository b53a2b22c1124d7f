package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	xlanguage "golang.org/x/text/language"
)

//go:embed fr.json en.json
var own embed.FS

// Bundle holds every message in every language. It is read-only once loaded.
type Bundle struct {
	keys       map[string]bool
	plain      map[string]map[string]string // language → key → text, for messages without plural or placeholder
	localizers map[string]*goi18n.Localizer
	complaints sync.Map
}

// Forms is a message in one language: one text, in Other, or a text for each
// plural form that the language needs.
type Forms struct {
	One   string `json:"one"`
	Many  string `json:"many"`
	Other string `json:"other"`
}

// UnmarshalJSON reads a string, or an object of plural forms.
func (f *Forms) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &f.Other)
	}
	type forms Forms // without this method
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	return decoder.Decode((*forms)(f))
}

// Plural reports whether the message has plural forms.
func (f Forms) Plural() bool { return f.One != "" || f.Many != "" }

// Load returns the messages of the given file systems, each holding
// i18n/<language>.json, and of this package. A key may be written once only.
func Load(catalogues ...fs.FS) (*Bundle, error) {
	b := &Bundle{
		keys:       map[string]bool{},
		plain:      map[string]map[string]string{},
		localizers: map[string]*goi18n.Localizer{},
	}
	library := goi18n.NewBundle(xlanguage.French)
	for code := range languages {
		b.plain[code] = map[string]string{}
		b.localizers[code] = goi18n.NewLocalizer(library, code)
	}
	if err := b.add(library, own, "."); err != nil {
		return nil, err
	}
	for _, catalogue := range catalogues {
		if err := b.add(library, catalogue, "i18n"); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *Bundle) add(library *goi18n.Bundle, catalogue fs.FS, dir string) error {
	added := map[string]bool{}
	for code := range languages {
		messages, err := Read(catalogue, path.Join(dir, code+".json"))
		if err != nil {
			return err
		}
		tag := xlanguage.Make(code)
		for key, forms := range messages {
			if b.keys[key] {
				return fmt.Errorf("i18n: message %q is written in two catalogues", key)
			}
			added[key] = true
			if !forms.Plural() && !strings.Contains(forms.Other, "{{") {
				b.plain[code][key] = forms.Other
				continue
			}
			err := library.AddMessages(tag, &goi18n.Message{ID: key, One: forms.One, Many: forms.Many, Other: forms.Other})
			if err != nil {
				return fmt.Errorf("i18n: %s: %w", key, err)
			}
		}
	}
	maps.Copy(b.keys, added)
	return nil
}

// Read returns the messages of one catalogue file, typeset.
func Read(catalogue fs.FS, name string) (map[string]Forms, error) {
	data, err := fs.ReadFile(catalogue, name)
	if err != nil {
		return nil, fmt.Errorf("i18n: %w", err)
	}
	var messages map[string]Forms
	if err := json.Unmarshal(data, &messages); err != nil {
		return nil, fmt.Errorf("i18n: %s: %w", name, err)
	}
	lang := languageOf(strings.TrimSuffix(path.Base(name), ".json"))
	for key, forms := range messages {
		for _, text := range []*string{&forms.One, &forms.Many, &forms.Other} {
			if _, err := Placeholders(*text); err != nil {
				return nil, fmt.Errorf("i18n: %s: %s: %w", name, key, err)
			}
			if lang == french {
				*text = Typeset(*text)
			}
		}
		messages[key] = forms
	}
	return messages, nil
}

// Languages returns the codes of the languages, the reference first.
func Languages() []string {
	return slices.SortedFunc(maps.Keys(languages), func(a, b string) int { return strings.Compare(b, a) })
}
