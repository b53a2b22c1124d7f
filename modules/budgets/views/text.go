package views

import (
	"strings"

	"parvis/app/ui"
)

// paragraphs splits a plain text at its empty lines, then at its lines.
func paragraphs(text string) [][]string {
	var list [][]string
	for block := range strings.SplitSeq(text, "\n\n") {
		if block = strings.TrimSpace(block); block != "" {
			list = append(list, strings.Split(block, "\n"))
		}
	}
	return list
}

// kept is what Enter does in the form of a project: it never deposits a draft.
func kept(deposited bool) string {
	if deposited {
		return "deposit"
	}
	return "draft"
}

// places are the projects on a map, each leading to its page.
func places(list []Project) []ui.Place {
	out := make([]ui.Place, len(list))
	for i, p := range list {
		out[i] = ui.Place{Name: p.Title, Href: p.Href, Text: p.State.Word, Lat: p.Lat, Lon: p.Lon}
		for _, m := range p.Meta {
			out[i].Text += " · " + m.Text
		}
	}
	return out
}

// facts are the terms of an edition that cannot change any more.
func (f TermsForm) facts() []ui.Fact {
	var list []ui.Fact
	for _, a := range f.Amounts {
		if a.Value != "" {
			list = append(list, ui.Fact{Term: a.Label, Text: a.Value})
		}
	}
	return list
}
