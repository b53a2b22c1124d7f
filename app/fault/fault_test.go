package fault

import (
	"errors"
	"fmt"
	"testing"
)

var (
	errClosed = New(Closed, "poll.closed")
	errTwice  = New(Conflict, "ballot.twice")
)

func TestDerivedFaultsAreStillThemselves(t *testing.T) {
	cause := errors.New("connection reset")
	derived := errClosed.With(Args{"At": "20 h"}).Wrap(cause).On("choice")
	err := fmt.Errorf("cast ballot: %w", derived)
	if !errors.Is(err, errClosed) || !errors.Is(err, cause) || errors.Is(err, errTwice) {
		t.Errorf("%v", err)
	}
	if KindOf(err) != Closed || KindOf(cause) != Internal {
		t.Errorf("kinds %v, %v", KindOf(err), KindOf(cause))
	}
	if len(derived.Fields) != 1 || derived.Fields[0].Args["At"] != "20 h" {
		t.Errorf("fields %v", derived.Fields)
	}
	if errClosed.Args != nil || errClosed.Cause != nil || errClosed.Fields != nil {
		t.Error("the declared fault was changed")
	}
}
