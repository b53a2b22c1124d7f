package main

import (
	"os"
	"testing"

	"parvis/app/i18n/i18ntest"
)

// TestCatalogues: every message that the program asks for is written, in
// French and in English, and every message written is asked for.
func TestCatalogues(t *testing.T) {
	t.Parallel()
	faults, err := i18ntest.Check(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}
