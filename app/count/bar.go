package count

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"parvis/app/voting/counting"
)

// bar shows on a terminal how far a long count is; it stays silent for the first second and elsewhere.
type bar struct {
	out     io.Writer
	started time.Time
	shown   time.Time
	drawn   bool
}

// newBar makes a bar; it draws nothing when out is not a terminal.
func newBar(out io.Writer) *bar {
	b := &bar{started: time.Now()}
	if f, ok := out.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			b.out = out
		}
	}
	return b
}

func (b *bar) watch(p counting.Progress) {
	now := time.Now()
	if b.out == nil || now.Sub(b.started) < time.Second || now.Sub(b.shown) < 100*time.Millisecond {
		return
	}
	b.shown, b.drawn = now, true
	fmt.Fprintf(b.out, "\r%s\x1b[K", line(p, now.Sub(b.started)))
}

const width = 30

// line is the bar, or a counter when the end cannot be known.
func line(p counting.Progress, spent time.Duration) string {
	seconds := int(spent / time.Second)
	if p.Total == 0 {
		return fmt.Sprintf("%s : %d augmentations des parts, %d s", p.Method, p.Done, seconds)
	}
	full := int(width * p.Done / p.Total)
	return fmt.Sprintf("%s : [%s%s] %d %%, %d s", p.Method, strings.Repeat("█", full), strings.Repeat("·", width-full), 100*p.Done/p.Total, seconds)
}

func (b *bar) clear() {
	if b.drawn {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}
