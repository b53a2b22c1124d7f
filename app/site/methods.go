package site

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parvis/app/i18n"
	"parvis/app/site/views"
	"parvis/app/ui"
	"parvis/app/voting/counting"
	"parvis/app/voting/explain"
	"parvis/app/web"
)

// methods lists the ways of voting and counting.
func (s *Site) methods(c *fiber.Ctx) error {
	lang := explain.Language(i18n.Lang(web.Context(c)))
	var page views.Methods
	for _, m := range counting.Methods() {
		d := explain.Describe(m, lang)
		page.List = append(page.List, views.MethodLink{Name: d.Name, Text: d.Ballot, Href: "/methodes/" + string(m)})
	}
	return web.Page(c, views.MethodsPage(page))
}

// method explains one way of voting, with examples counted by the code that
// counts real votes.
func (s *Site) method(c *fiber.Ctx) error {
	m := counting.Method(c.Params("method"))
	if !slices.Contains(counting.Methods(), m) {
		return web.ErrNotFound
	}
	lang := explain.Language(i18n.Lang(web.Context(c)))
	d := explain.Describe(m, lang)
	page := views.Method{Name: d.Name, Ballot: d.Ballot, Count: d.Count, Good: d.Good, Limits: d.Limits, Ties: d.Ties}
	for _, e := range explain.Examples(m, lang) {
		outcome, err := counting.Count(e.Profile, e.Rule)
		if err != nil {
			return fmt.Errorf("count the example %q of %s: %w", e.Title, m, err)
		}
		w := explain.New(lang, e.Profile, "€")
		example := views.WorkedExample{Title: exampleTitle(web.Context(c), e.Title, d.Name), Ballots: e.Ballots, Summary: w.Summary(outcome), Steps: w.Sentences(outcome)}
		for _, t := range w.Tables(outcome) {
			example.Tables = append(example.Tables, tableOf(t))
		}
		page.Examples = append(page.Examples, example)
	}
	return web.Page(c, views.MethodPage(page))
}

func tableOf(t explain.Table) ui.TableProps {
	table := ui.TableProps{Caption: t.Title, ShowCaption: true, Dense: true}
	for i, h := range t.Header {
		table.Columns = append(table.Columns, ui.Column{Label: h, Numeric: i > 0 && isNumeric(t.Rows, i)})
	}
	for _, cells := range t.Rows {
		var row ui.Row
		for _, text := range cells {
			row.Cells = append(row.Cells, ui.Text(text))
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// isNumeric reports whether a column holds numbers only.
func isNumeric(rows [][]string, column int) bool {
	return !slices.ContainsFunc(rows, func(cells []string) bool {
		return column < len(cells) && strings.Trim(cells[column], "0123456789 \u00a0\u202f.,/%€−-–") != ""
	})
}

// exampleTitle does not repeat the title of the page.
func exampleTitle(ctx context.Context, title, method string) string {
	if title == method {
		return i18n.T(ctx, "site.methods.example")
	}
	return title
}
