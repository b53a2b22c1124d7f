package proof

import (
	"regexp"
	"strconv"
	"strings"

	"parvis/app/voting/counting"
)

var markRE = regexp.MustCompile(`^([a-z0-9]{1,8})=(0|-?[1-9][0-9]{0,6})$`)

// parseMarks reads marks in their only form, "a=1;c=1": by option in ascending
// order, none twice. A blank ballot is the empty text.
func parseMarks(text string) ([]counting.Named, bool) {
	if text == "" {
		return nil, true
	}
	var marks []counting.Named
	for part := range strings.SplitSeq(text, ";") {
		m := markRE.FindStringSubmatch(part)
		if m == nil || len(marks) > 0 && m[1] <= marks[len(marks)-1].Option {
			return nil, false
		}
		value, err := strconv.ParseInt(m[2], 10, 32)
		if err != nil {
			return nil, false
		}
		marks = append(marks, counting.Named{Option: m[1], Value: int32(value)})
	}
	return marks, true
}
