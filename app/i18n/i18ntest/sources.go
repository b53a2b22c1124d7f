package i18ntest

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// uses is what the sources do with keys.
type uses struct {
	asked    []use
	literals map[string]bool // every string that stands in the sources
	patterns []string        // of keys computed at run time: "role.*"
}

// use is a key asked for by name.
type use struct {
	where string
	key   string
	names []string // of its arguments; nil when they are not all literal
}

func (u *uses) computed(key string) bool {
	for _, pattern := range u.patterns {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok && strings.HasPrefix(key, prefix) || pattern == key {
			return true
		}
	}
	return false
}

func readSources(tree fs.FS) (uses, error) {
	u := uses{literals: map[string]bool{}}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || skip(name, entry) {
			return cmp.Or(err, skipDir(entry))
		}
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse: %w", err)
		}
		u.read(files, file)
		return nil
	})
	return u, err
}

var patternRE = regexp.MustCompile(`(?m)^//\s?i18n:\s*(.+)$`)

func (u *uses) read(files *token.FileSet, file *ast.File) {
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if match := patternRE.FindStringSubmatch(comment.Text); match != nil {
				u.patterns = append(u.patterns, strings.Fields(strings.ReplaceAll(match[1], ",", " "))...)
			}
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.BasicLit:
			if text, ok := literal(n); ok {
				u.literals[text] = true
			}
		case *ast.CallExpr:
			u.readCall(files, n)
		case *ast.KeyValueExpr:
			name, isName := n.Key.(*ast.Ident)
			text, isText := literal(n.Value)
			if isName && isText && strings.HasSuffix(name.Name, "Key") && keyRE.MatchString(text) {
				u.ask(files, n, text, nil)
			}
		}
		return true
	})
}

func (u *uses) ask(files *token.FileSet, node ast.Node, key string, names []string) {
	position := files.Position(node.Pos())
	u.asked = append(u.asked, use{where: fmt.Sprintf("%s:%d", position.Filename, position.Line), key: key, names: names})
}

// askers are the functions that take a key, with its place among the
// arguments; names follow it when the third is true.
var askers = map[string]struct {
	place int
	names bool
}{
	"i18n.T":       {1, true},
	"i18n.Message": {1, false},
	"i18n.Has":     {1, false},
	"web.Flash":    {1, true},
	"web.FlashAs":  {2, true},
	"fault.New":    {1, false},
}

func (u *uses) readCall(files *token.FileSet, call *ast.CallExpr) {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	pkg, ok := selector.X.(*ast.Ident)
	if !ok {
		return
	}
	asker, ok := askers[pkg.Name+"."+selector.Sel.Name]
	if !ok || len(call.Args) <= asker.place {
		return
	}
	key, ok := literal(call.Args[asker.place])
	if !ok {
		return
	}
	var names []string
	if asker.names && !call.Ellipsis.IsValid() {
		names = argumentNames(call.Args[asker.place+1:])
	}
	u.ask(files, call, key, names)
}

// argumentNames returns every other argument; nil when one is not a literal.
func argumentNames(args []ast.Expr) []string {
	names := []string{}
	for i := 0; i < len(args); i += 2 {
		name, ok := literal(args[i])
		if !ok {
			return nil
		}
		names = append(names, name)
	}
	return names
}

func literal(node ast.Node) (string, bool) {
	basic, ok := node.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(basic.Value)
	return text, err == nil
}
