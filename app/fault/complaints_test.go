package fault

import (
	"errors"
	"testing"
)

func TestComplaintsAreSaidAtOnce(t *testing.T) {
	var wrong Complaints
	wrong.When(false, "title", "form.missing")
	wrong.Bound("été", "title", 3)
	if err := wrong.Err(); err != nil {
		t.Errorf("nothing is wrong, and %v", err)
	}
	wrong.When(true, "zone", "form.unknown", Args{"Zone": "x"})
	wrong.Bound("étés", "title", 3)
	said, ok := errors.AsType[*Error](wrong.Err())
	if !ok || said.Kind != Invalid || len(said.Fields) != 2 {
		t.Fatalf("said %v", wrong.Err())
	}
	if zone, title := said.Fields[0], said.Fields[1]; zone.Name != "zone" || zone.Args["Zone"] != "x" || title.Key != "form.text_too_long" || title.Args["Count"] != 3 {
		t.Errorf("said %v", said.Fields)
	}
}
