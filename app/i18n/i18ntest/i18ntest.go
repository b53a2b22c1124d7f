// Package i18ntest checks a source tree and its catalogues against each
// other, for a test that every message the program asks for is written, in
// every language, and that every message written is asked for.
package i18ntest

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"parvis/app/i18n"
)

// Check returns what is wrong in tree, the root of the repository, one line
// for each fault, in order. It reads every i18n/fr.json and en.json and every
// Go file but tests; templates are seen through the Go made from them.
//
// A key asked for is a literal given to i18n.T, i18n.Message, web.Flash or
// fault.New, or to a field named Key or …Key. A key is used when it stands
// anywhere as a literal, or matches a comment such as "//i18n: role.*".
func Check(tree fs.FS) ([]string, error) {
	catalogues, err := readCatalogues(tree)
	if err != nil {
		return nil, err
	}
	uses, err := readSources(tree)
	if err != nil {
		return nil, err
	}
	c := checker{catalogues: catalogues, uses: uses, all: map[string]message{}}
	c.checkCatalogues()
	c.checkUses()
	slices.Sort(c.faults)
	return slices.Compact(c.faults), nil
}

// message is a key in the reference language, with where it is written.
type message struct {
	file  string
	forms i18n.Forms
}

// catalogue is a folder of messages, by language then key.
type catalogue struct {
	dir      string
	messages map[string]map[string]i18n.Forms
}

// readCatalogues finds the folders with an fr.json that speak for a package:
// those named i18n.
func readCatalogues(tree fs.FS) ([]catalogue, error) {
	var found []catalogue
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || skip(name, entry) {
			return cmp.Or(err, skipDir(entry))
		}
		if path.Base(name) != "fr.json" || path.Base(path.Dir(name)) != "i18n" {
			return nil
		}
		c := catalogue{dir: path.Dir(name), messages: map[string]map[string]i18n.Forms{}}
		for _, lang := range i18n.Languages() {
			messages, err := i18n.Read(tree, path.Join(c.dir, lang+".json"))
			if err != nil {
				return err
			}
			c.messages[lang] = messages
		}
		found = append(found, c)
		return nil
	})
	return found, err
}

// skip leaves out what is not ours to check.
func skip(name string, entry fs.DirEntry) bool {
	if !entry.IsDir() || name == "." {
		return false
	}
	base := path.Base(name)
	return strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules" || name == "var" || name == "bin"
}

func skipDir(entry fs.DirEntry) error {
	if entry != nil && entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

type checker struct {
	catalogues []catalogue
	uses       uses
	all        map[string]message
	faults     []string
}

func (c *checker) fault(where, format string, args ...any) {
	c.faults = append(c.faults, where+": "+fmt.Sprintf(format, args...))
}

func (c *checker) checkCatalogues() {
	for _, each := range c.catalogues {
		reference := each.messages["fr"]
		for lang, messages := range each.messages {
			file := path.Join(each.dir, lang+".json")
			for key := range reference {
				if _, ok := messages[key]; !ok {
					c.fault(file, "%s is missing", key)
				}
			}
			for key, forms := range messages {
				if _, ok := reference[key]; !ok {
					c.fault(path.Join(each.dir, "fr.json"), "%s is missing", key)
				}
				c.checkForms(file, lang, key, forms, reference[key])
			}
		}
		for key, forms := range reference {
			if before, ok := c.all[key]; ok {
				c.fault(path.Join(each.dir, "fr.json"), "%s is written in %s too", key, before.file)
			}
			c.all[key] = message{file: path.Join(each.dir, "fr.json"), forms: forms}
		}
	}
}

// pluralForms are the forms that CLDR gives each language.
var pluralForms = map[string]func(i18n.Forms) bool{
	"fr": func(f i18n.Forms) bool { return f.One != "" && f.Many != "" && f.Other != "" },
	"en": func(f i18n.Forms) bool { return f.One != "" && f.Many == "" && f.Other != "" },
}

var keyRE = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z0-9_-]+)+$`)

func (c *checker) checkForms(file, lang, key string, forms, reference i18n.Forms) {
	switch {
	case !keyRE.MatchString(key):
		c.fault(file, "%q is no key: module.what", key)
	case forms == i18n.Forms{}:
		c.fault(file, "%s is empty", key)
	case forms.Plural() && !pluralForms[lang](forms):
		c.fault(file, "%s has not the plural forms of the language", key)
	case reference != i18n.Forms{} && forms.Plural() != reference.Plural():
		c.fault(file, "%s is plural in one language only", key)
	case reference != i18n.Forms{} && !slices.Equal(placeholders(forms), placeholders(reference)):
		c.fault(file, "%s has placeholders %v, and %v in fr.json", key, placeholders(forms), placeholders(reference))
	}
	if lang == "fr" {
		for _, text := range []string{forms.One, forms.Many, forms.Other} {
			for _, what := range Typography(text) {
				c.fault(file, "%s: %s: %q", key, what, text)
			}
		}
	}
}

// placeholders returns the names that any form of a message fills in.
func placeholders(forms i18n.Forms) []string {
	names, _ := i18n.Placeholders(forms.One + forms.Many + forms.Other) // Read has checked the braces
	return names
}

var (
	addressRE   = regexp.MustCompile(`https?://\S+|\{\{\.\w+\}\}|\d\d?:\d\d`)
	glued       = regexp.MustCompile(`[^\s\x{00a0}\x{202f}!?.;:([«"][;!?%»]|[\p{L}\d][:](\s|$)|«[^\s\x{00a0}\x{202f}]`)
	breakable   = regexp.MustCompile(`[ \t][:;!?%»€]|«[ \t]`)
	medianPoint = regexp.MustCompile(`\p{L}[·•∙]\p{L}`)
	referendum  = regexp.MustCompile(`(?i)r[ée]f[ée]rendum`)
)

// Typography returns what a French printer would mark in a text.
func Typography(text string) []string {
	var faults []string
	note := func(wrong bool, what string) {
		if wrong {
			faults = append(faults, what)
		}
	}
	text = addressRE.ReplaceAllString(text, "x")
	note(glued.MatchString(text), "a space is missing by : ; ! ? % or « »")
	note(breakable.MatchString(text), "a line may break before : ; ! ? % or inside « »")
	note(strings.Contains(text, "'"), "a straight apostrophe")
	note(strings.Contains(text, "..."), "three points instead of …")
	note(strings.Contains(text, "  "), "two spaces")
	note(strings.Contains(text, `"`), "straight quotes instead of « »")
	note(medianPoint.MatchString(text), "a point médian")
	note(referendum.MatchString(text), "a vote is never a référendum")
	return faults
}

func (c *checker) checkUses() {
	for _, use := range c.uses.asked {
		written, ok := c.all[use.key]
		if !ok {
			c.fault(use.where, "%s is written in no catalogue", use.key)
			continue
		}
		if use.names == nil {
			continue
		}
		wanted := placeholders(written.forms)
		if written.forms.Plural() && !slices.Contains(wanted, "Count") {
			wanted = append(wanted, "Count")
		}
		for _, name := range wanted {
			if !slices.Contains(use.names, name) {
				c.fault(use.where, "%s wants %s", use.key, name)
			}
		}
		for _, name := range use.names {
			if !slices.Contains(wanted, name) {
				c.fault(use.where, "%s has no place for %s", use.key, name)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.all)) {
		if !c.uses.literals[key] && !c.uses.computed(key) {
			c.fault(c.all[key].file, "%s is not used", key)
		}
	}
}
