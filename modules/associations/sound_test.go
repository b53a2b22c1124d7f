package associations

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// soundHTML checks what a screen reader and a browser without repair need: one
// h1, headings that skip no level, unique ids, labels that lead somewhere.
func soundHTML(t *testing.T, page, body string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Errorf("%s: %v", page, err)
		return
	}
	ids, refs, titles, last := map[string]bool{}, map[string]bool{}, 0, 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "id" && ids[a.Val]:
				t.Errorf("%s: id %q twice", page, a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "for" || a.Key == "aria-labelledby" || a.Key == "aria-describedby":
				for id := range strings.FieldsSeq(a.Val) {
					refs[id] = true
				}
			}
		}
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			level := int(n.Data[1] - '0')
			if level == 1 {
				titles++
			}
			if level > last+1 {
				t.Errorf("%s: h%d follows h%d", page, level, last)
			}
			last = level
		}
	}
	if titles != 1 {
		t.Errorf("%s has %d h1", page, titles)
	}
	for id := range refs {
		if !ids[id] {
			t.Errorf("%s: nothing has the id %q", page, id)
		}
	}
}
