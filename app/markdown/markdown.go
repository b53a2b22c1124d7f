// Package markdown turns the Markdown that staff and citizens write into HTML
// that is safe to show: no script, no style, no raw HTML, no image from another
// host, headings that continue the page's outline. Sources are stored as they
// were typed and rendered at each display, so that a stricter rule protects old
// texts too.
package markdown

import (
	"bytes"
	"html"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// HTML renders source. The highest heading of the text becomes <h{top}>, and no
// level is skipped below it, whatever the author typed.
func HTML(source string, top int) string {
	src := []byte(strings.ToValidUTF8(source, "\uFFFD"))
	if absurd(src) {
		return policy.Sanitize("<pre>" + html.EscapeString(string(src)) + "</pre>")
	}
	doc := engine.Parser().Parse(text.NewReader(src))
	outline(doc, top)
	nameLinks(doc, src)
	var out bytes.Buffer
	if err := engine.Renderer().Render(&out, src, doc); err != nil {
		// A bytes.Buffer never fails, and the nodes are goldmark's own.
		panic("render markdown: " + err.Error())
	}
	return policy.Sanitize(out.String())
}

// Text returns the words of source without their markup, on one line and cut at
// a word to at most limit characters: for descriptions and search results.
func Text(source string, limit int) string {
	src := []byte(strings.ToValidUTF8(source, "\uFFFD"))
	if absurd(src) {
		return cut(strings.Join(strings.Fields(string(src)), " "), limit)
	}
	doc := engine.Parser().Parse(text.NewReader(src))
	var words strings.Builder
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				words.Write(n.Segment.Value(src))
				if n.SoftLineBreak() || n.HardLineBreak() {
					words.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				words.Write(n.Value)
			}
		case *ast.AutoLink:
			if entering {
				words.Write(n.Label(src))
			}
		default:
			if n.Type() == ast.TypeBlock && !entering {
				words.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return cut(strings.Join(strings.Fields(words.String()), " "), limit)
}

// absurd reports whether a text nests or links as nobody writes, in order to
// keep the server busy: parsing takes the square of such depths. It is shown as
// it was typed.
func absurd(src []byte) bool {
	return deepRE.Match(src) || bytes.Count(src, []byte("](")) > 1000 || cells(src) > mostCells
}

// mostCells bounds the cells of tables in a text.
const mostCells = 50_000

// cells returns how many cells the tables of a text may come to: each line of
// a table is filled up to the columns of its head, were it a single bar.
func cells(src []byte) int {
	columns := 0
	for line := range bytes.Lines(src) {
		if len(bytes.Trim(line, "|:- \t\r\n\f\v>")) == 0 { // below the heads
			columns = max(columns, bytes.Count(line, []byte("|"))+1)
		}
	}
	return columns * bytes.Count(src, []byte("\n"))
}

// deepRE finds a line with more than 30 marks of quotation or of list in a row.
var deepRE = regexp.MustCompile(`(?m)^(?:[ \t]*(?:>|[-+*][ \t]|[0-9]{1,9}[.)][ \t])){31}`)

// cut shortens s to at most limit characters, at the end of a word when it can.
func cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)[:limit-1]
	short := string(runes)
	if i := strings.LastIndexByte(short, ' '); i > len(short)/2 {
		short = short[:i]
	}
	return strings.TrimRight(short, " ,;:.") + "…"
}

// engine does not know raw HTML: what looks like a tag is text, and is shown as
// it was typed, so that nobody's words vanish.
var engine = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(without(parser.DefaultBlockParsers(), parser.NewHTMLBlockParser())...),
		parser.WithInlineParsers(without(parser.DefaultInlineParsers(), parser.NewRawHTMLParser())...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)),
	goldmark.WithExtensions(table, extension.Strikethrough, extension.Linkify),
)

// table says how a column is aligned by an attribute: a style would be refused
// by the pages' policy.
var table = extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))

// without returns the parsers of a list that are not of the same kind as one.
func without(list []util.PrioritizedValue, one any) []util.PrioritizedValue {
	return slices.DeleteFunc(slices.Clone(list), func(p util.PrioritizedValue) bool {
		return reflect.TypeOf(p.Value) == reflect.TypeOf(one)
	})
}

// policy is the second lock: it would hold even if the engine had a hole.
var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "li", "strong", "em", "del",
		"blockquote", "pre", "code", "table", "thead", "tbody", "tr")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowElements("ol", "th", "td")
	p.AllowAttrs("scope").Matching(regexp.MustCompile(`^(col|row)$`)).OnElements("th")
	p.AllowAttrs("tabindex").Matching(regexp.MustCompile(`^0$`)).OnElements("table")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|right|center)$`)).OnElements("th", "td")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("https", "http", "mailto", "tel")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnFullyQualifiedLinks(true)
	p.RequireNoReferrerOnFullyQualifiedLinks(true)
	// Our own host only: an image elsewhere would tell a stranger who reads.
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^/[^/\\]`)).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	return p
}

// outline renumbers the headings so that the first level met is top and each
// deeper one is exactly one below its parent.
func outline(doc ast.Node, top int) {
	var open []int // levels as typed, from the outermost heading to the current one
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		h, ok := n.(*ast.Heading)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		for len(open) > 0 && open[len(open)-1] >= h.Level {
			open = open[:len(open)-1]
		}
		open = append(open, h.Level)
		h.Level = min(top+len(open)-1, 6)
		return ast.WalkContinue, nil
	})
}

// nameLinks gives a link without words its address as words: a screen reader
// must have something to say. It also lets tables be reached, and marks their
// head cells.
func nameLinks(doc ast.Node, src []byte) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			if !n.HasChildren() {
				n.AppendChild(n, ast.NewString(n.Destination))
			}
		case *east.Table:
			n.SetAttributeString("tabindex", []byte("0")) // a wide one scrolls: by the keyboard too
		case *east.TableCell:
			if _, head := n.Parent().(*east.TableHeader); head {
				n.SetAttributeString("scope", []byte("col"))
			}
		}
		return ast.WalkContinue, nil
	})
}
