package kernel

import (
	"io"
	"strings"
	"testing"
)

// A mistyped command must not start a server on the operator's data.
func TestAnUnknownCommandStartsNothing(t *testing.T) {
	t.Setenv("PARVIS_DATA", t.TempDir()+"/never")
	t.Setenv("PARVIS_ADDR", "not an address")
	p := &Program{Stdout: io.Discard, Stderr: io.Discard}
	err := p.Run(t.Context(), []string{"parvis", "migarte"})
	if err == nil || !strings.Contains(err.Error(), "migarte") {
		t.Fatalf("%v, want a refusal that names the word", err)
	}
}
