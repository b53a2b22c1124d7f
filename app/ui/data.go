package ui

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"rsc.io/qr"

	"parvis/app/i18n"
)

// number writes n for an attribute.
func number[T int | int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// share is value as a part of most, in thousandths, between 0 and 1000.
func share(value, most int64) int64 {
	if most <= 0 || value <= 0 {
		return 0
	}
	return min(value*1000/most, 1000)
}

// level is a heading's level, with its usual value.
func level(asked, usual int) int {
	if asked == 0 {
		return usual
	}
	return asked
}

func idAttrs(id string) templ.Attributes { return set(templ.Attributes{}, "id", id) }

func labelAttrs(label string) templ.Attributes {
	return set(templ.Attributes{}, "aria-label", label)
}

// stepAttrs marks the step one is at.
func stepAttrs(now bool) templ.Attributes {
	if !now {
		return nil
	}
	return templ.Attributes{"aria-current": "step"}
}

// liveAttrs makes a notice speak when it appears: dangers at once, the rest politely.
func liveAttrs(live bool, tone Tone) templ.Attributes {
	switch {
	case !live:
		return nil
	case tone == Danger:
		return templ.Attributes{"role": "alert"}
	default:
		return templ.Attributes{"role": "status"}
	}
}

// barAttrs makes a drawn bar follow a live number.
func barAttrs(p ProgressProps) templ.Attributes {
	if p.Live == "" {
		return nil
	}
	return set(templ.Attributes{"data-live-bar": p.Live}, "data-live-max", p.LiveMax)
}

// liveText makes a sentence follow live numbers.
func liveText(sentence string) templ.Attributes {
	return set(templ.Attributes{}, "data-live-text", sentence)
}

// topicAttrs makes an element follow a live topic.
func topicAttrs(topic, audience string, rev int64) templ.Attributes {
	attrs := templ.Attributes{}
	if topic != "" {
		set(attrs, "data-live", topic, "data-live-audience", audience, "data-live-rev", number(rev))
	}
	return attrs
}

// tallyAttrs makes a tally follow its topic, its bars drawn to the same scale.
func tallyAttrs(p TallyProps) templ.Attributes {
	attrs := topicAttrs(p.Topic, p.Audience, p.Rev)
	if p.Scale > 0 {
		attrs["data-live-scale"] = "base"
	}
	return attrs
}

// baseAttrs makes the base of the percentages follow the number of voters.
func baseAttrs(p TallyProps) templ.Attributes {
	if p.LiveBase != "" {
		return liveText(p.LiveBase)
	}
	return bindAttrs("base")
}

func dialogLink(dialog string, p LinkButtonProps) LinkButtonProps {
	p.Href = "#" + dialog
	p.Attrs = merge(templ.Attributes{"data-dialog-open": dialog, "aria-haspopup": "dialog"}, p.Attrs)
	return p
}

func countdownAttrs(p CountdownProps) templ.Attributes {
	attrs := merge(templ.Attributes{}, bindAttrs(p.Bind))
	if p.Clock {
		attrs["data-countdown"] = true
	}
	return attrs
}

// scale is the number that a full bar stands for.
func (p TallyProps) scale() int64 {
	if p.Scale > 0 {
		return p.Scale
	}
	var most int64
	for _, r := range p.Rows {
		most = max(most, r.Count)
	}
	return most
}

type span struct{ from, width int64 }

// spans places counts end to end over 1000; they cover it exactly.
func spans(counts []int64) []span {
	var total, before int64
	for _, c := range counts {
		total += c
	}
	out := make([]span, len(counts))
	for i, c := range counts {
		from := share(before, total)
		before += c
		out[i] = span{from, share(before, total) - from}
	}
	return out
}

// gradeClass spreads n grades over the seven colours of the scale.
func gradeClass(i, n int) string {
	if n <= 1 {
		return "grade-0"
	}
	return "grade-" + strconv.Itoa(i*6/(n-1))
}

func (p GradeProps) median(r GradeRow) string {
	if r.Median < 0 || r.Median >= len(p.Grades) {
		return ""
	}
	return p.Grades[r.Median].Label
}

// table is the profile in figures.
func (p GradeProps) table(ctx context.Context) TableProps {
	t := TableProps{Caption: p.Caption, Dense: true, Columns: []Column{{Label: i18n.T(ctx, "ui.tally.option")}}}
	for _, g := range p.Grades {
		t.Columns = append(t.Columns, Column{Label: g.Label, Numeric: true})
	}
	t.Columns = append(t.Columns, Column{Label: i18n.T(ctx, "ui.grades.median")})
	for _, r := range p.Rows {
		cells := []Cell{Text(r.Label)}
		for _, c := range r.Counts {
			cells = append(cells, Text(i18n.Number(ctx, c)))
		}
		t.Rows = append(t.Rows, Row{Cells: append(cells, Text(p.median(r)))})
	}
	return t
}

// cellAttrs gives a cell the heading it shows on a phone.
func cellAttrs(columns []Column, i int) templ.Attributes {
	if i >= len(columns) {
		return nil
	}
	attrs := templ.Attributes{}
	if !columns[i].Hidden {
		attrs["data-label"] = columns[i].Label
	}
	if columns[i].Numeric {
		attrs["class"] = "is-number"
	}
	return attrs
}

func sortAttrs(c Column) templ.Attributes { return set(templ.Attributes{}, "aria-sort", c.Sorted) }

func sortIcon(sorted string) string {
	switch sorted {
	case "ascending":
		return "chevron-up"
	case "descending":
		return "chevron-down"
	default:
		return "arrow-up-down"
	}
}

// rowName is what a row is called when it is ticked.
func rowName(r Row) string {
	if len(r.Cells) == 0 || r.Cells[0].Text == "" {
		return r.Value
	}
	return r.Cells[0].Text
}

// shown is the address printed below the code.
func (p QRProps) shown() string {
	if p.Shown != "" {
		return p.Shown
	}
	_, rest, found := strings.Cut(p.Text, "://")
	if !found {
		return p.Text
	}
	return strings.TrimSuffix(rest, "/")
}

// typed is what is left to type of an address that one can scan: all of a
// short one, only the site of another.
func typed(address, code string) string {
	u, err := url.Parse(address)
	if code != "" || err != nil {
		return ""
	}
	return u.Host
}

type qrCode struct{ viewBox, path string }

// quietZone is the white border, in modules, without which phones do not see the code.
const quietZone = 4

// encodeQR draws text as one SVG path, a rectangle for each run of dark modules.
func encodeQR(text string) (qrCode, bool) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return qrCode{}, false
	}
	var d strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				d.WriteString("M" + strconv.Itoa(x+quietZone) + " " + strconv.Itoa(y+quietZone) + "h" + strconv.Itoa(run) + "v1h-" + strconv.Itoa(run) + "z")
				x += run
			}
		}
	}
	side := strconv.Itoa(code.Size + 2*quietZone)
	return qrCode{"0 0 " + side + " " + side, d.String()}, true
}
