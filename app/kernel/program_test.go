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

func TestAnUnknownCommandAboutTownsIsToldInFrench(t *testing.T) {
	t.Setenv("PARVIS_DATA", t.TempDir()+"/never")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"parvis", "tenant", "frobnicate"}, "commande inconnue : « parvis tenant frobnicate »"},
		{[]string{"parvis", "tenant"}, "il manque une commande après « parvis tenant »"},
	} {
		var said strings.Builder
		err := (&Program{Stdout: &said, Stderr: &said}).Run(t.Context(), c.args)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "« parvis tenant add »") || strings.Contains(said.String()+err.Error(), "No help topic") {
			t.Errorf("%v: %v, %s", c.args, err, &said)
		}
	}
}
