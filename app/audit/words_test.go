package audit_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestEveryFactOfTheJournalHasItsWords reads the program: whatever the journal
// is told of an act, by the name of a fact, the kind of a subject or the act's
// own, is said in French and in English, though those keys are put together as
// the page is shown.
func TestEveryFactOfTheJournalHasItsWords(t *testing.T) {
	t.Parallel()
	told, words := told{}, map[string]map[string]bool{"fr": {}, "en": {}}
	look := func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case name == "fr.json" || name == "en.json":
			return readWords(path, words[strings.TrimSuffix(name, ".json")])
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(name, "_templ.go"):
			return told.read(path)
		}
		return nil
	}
	for _, folder := range []string{"../../app", "../../modules"} {
		if err := filepath.WalkDir(folder, look); err != nil {
			t.Fatal(err)
		}
	}
	if len(told) < 60 {
		t.Errorf("%d facts are told to the journal: the program has changed, and this test no longer finds them", len(told))
	}
	for key, where := range told {
		if slices.Contains(unwritten, key) {
			continue
		}
		for lang := range words {
			if !words[lang][key] {
				t.Errorf("%s: %s has no words in %s.json", where, key, lang)
			}
		}
	}
}

// unwritten are powers that the journal knows under other names, or whose use
// is public already.
var unwritten = []string{
	"audit.action.polls.watch", "audit.action.missions.read_aid", "audit.action.discussion.answer", "audit.action.discussion.decide", "audit.action.discussion.rule",
}

func readWords(path string, into map[string]bool) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var messages map[string]any
	if err := json.Unmarshal(raw, &messages); err != nil {
		return nil // no catalogue
	}
	for key := range messages {
		into[key] = true
	}
	return nil
}

// told is where the program tells the journal a fact, by the message that it needs.
type told map[string]string

var (
	factRE = regexp.MustCompile(`^[a-z][a-z_]*$`) // the arguments of messages begin with a capital
	kindRE = regexp.MustCompile(`^[a-z]+/$`)
)

func (s told) read(path string) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	note := func(at ast.Node, key string) { s[key] = files.Position(at.Pos()).String() }
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			return !slices.Contains(exports, n.Name.Name)
		case *ast.CompositeLit:
			if isDetails(n.Type) {
				for _, element := range n.Elts {
					if pair, ok := element.(*ast.KeyValueExpr); ok && factRE.MatchString(text(pair.Key)) {
						note(pair, "audit.detail."+text(pair.Key))
					}
				}
			}
		case *ast.IndexExpr:
			if of, ok := n.X.(*ast.Ident); ok && of.Name == "details" && factRE.MatchString(text(n.Index)) {
				note(n, "audit.detail."+text(n.Index))
			}
		case *ast.KeyValueExpr:
			if name, ok := n.Key.(*ast.Ident); ok && name.Name == "details" {
				return false // of the public journal of a vote, which says them itself
			}
			s.field(note, n)
		case *ast.ValueSpec:
			if of, ok := n.Type.(*ast.SelectorExpr); ok && of.Sel.Name == "Action" {
				for _, value := range n.Values {
					note(value, "audit.action."+text(value))
				}
			}
		}
		return true
	})
	return nil
}

// exports are the functions that write the copy of one's data, in maps too.
var exports = []string{"Export", "ExportAll", "exportWaiting"}

// field reads a field of an entry of the journal.
func (s told) field(note func(ast.Node, string), pair *ast.KeyValueExpr) {
	name, ok := pair.Key.(*ast.Ident)
	if !ok {
		return
	}
	value := pair.Value
	if sum, ok := value.(*ast.BinaryExpr); ok {
		value = sum.X
	}
	switch kind := text(value); {
	case name.Name == "Subject" && kindRE.MatchString(kind):
		note(pair, "audit.subject."+strings.TrimSuffix(kind, "/"))
	case name.Name == "Action" && strings.Contains(kind, ".") && !strings.HasPrefix(kind, "/") && !strings.HasSuffix(kind, "."):
		note(pair, "audit.action."+kind)
	}
}

func isDetails(of ast.Expr) bool {
	m, ok := of.(*ast.MapType)
	if !ok {
		return false
	}
	key, _ := m.Key.(*ast.Ident)
	value, _ := m.Value.(*ast.Ident)
	return key != nil && value != nil && key.Name == "string" && value.Name == "any"
}

// text is what a literal says; "" of anything else.
func text(of ast.Expr) string {
	literal, ok := of.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return ""
	}
	said, _ := strconv.Unquote(literal.Value) // the parser has read it already
	return said
}
