package i18ntest_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"parvis/app/i18n/i18ntest"
)

const source = `package x

import "parvis/app/i18n"

var ErrClosed = fault.New(fault.Closed, "x.closed")

//i18n: x.role.*

func f(ctx context.Context, role string) {
	i18n.T(ctx, "x.left", "Count", 3, "Where", "ici")
	i18n.T(ctx, "x.role."+role)
	i18n.T(ctx, "x.any", anything...)
	_ = Remedy{RemedyKey: "x.remedy", Key: "notakey"}
}
`

const fr = `{
	"x.closed": "C'est fermé : trop tard !",
	"x.left": {"one": "{{.Count}} jour à {{.Where}}", "many": "{{.Count}} de jours à {{.Where}}", "other": "{{.Count}} jours à {{.Where}}"},
	"x.role.agent": "agent", "x.any": "A", "x.remedy": "Passez au guichet"
}`

const en = `{
	"x.closed": "Closed",
	"x.left": {"one": "{{.Count}} day at {{.Where}}", "other": "{{.Count}} days at {{.Where}}"},
	"x.role.agent": "agent", "x.any": "A", "x.remedy": "Come to the desk"
}`

func check(t *testing.T, source, fr, en string) []string {
	t.Helper()
	faults, err := i18ntest.Check(fstest.MapFS{
		"modules/x/x.go":         {Data: []byte(source)},
		"modules/x/x_test.go":    {Data: []byte(`package x; var _ = fault.New(1, "x.only_in_a_test")`)},
		"modules/x/i18n/fr.json": {Data: []byte(fr)},
		"modules/x/i18n/en.json": {Data: []byte(en)},
		"var/i18n/fr.json":       {Data: []byte(`{"y.not_ours": "x"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return faults
}

func TestAgreementIsSilent(t *testing.T) {
	t.Parallel()
	if faults := check(t, source, fr, en); len(faults) != 0 {
		t.Errorf("found %q", faults)
	}
}

func TestEveryDisagreementIsFound(t *testing.T) {
	t.Parallel()
	swap := func(text, old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("%q is not in the sample", old)
		}
		return strings.Replace(text, old, new, 1)
	}
	for what, faults := range map[string][]string{
		"en.json: x.remedy is missing":                     check(t, source, fr, swap(en, `"x.remedy"`, `"x.other"`)),
		"fr.json: x.other is missing":                      check(t, source, fr, swap(en, `"x.remedy"`, `"x.other"`)),
		"x.left has not the plural forms of the language":  check(t, source, swap(fr, `"many": "{{.Count}} de jours à {{.Where}}", `, ""), en),
		"x.left is plural in one language only":            check(t, source, fr, swap(en, `"one": "{{.Count}} day at {{.Where}}", `, "")),
		"x.left has placeholders [Count Place]":            check(t, source, fr, strings.ReplaceAll(en, ".Where", ".Place")),
		"x.go:10: x.left wants Where":                      check(t, swap(source, `"Where"`, `"Place"`), fr, en),
		"x.go:10: x.left has no place for Place":           check(t, swap(source, `"Where"`, `"Place"`), fr, en),
		"x.go:5: x.shut is written in no catalogue":        check(t, swap(source, `"x.closed"`, `"x.shut"`), fr, en),
		"x.go:13: x.cure is written in no catalogue":       check(t, swap(source, `"x.remedy"`, `"x.cure"`), fr, en),
		"fr.json: x.closed is not used":                    check(t, swap(source, `"x.closed"`, `"x.shut"`), fr, en),
		"fr.json: x.role.agent is not used":                check(t, swap(source, "//i18n: x.role.*", ""), fr, en),
		"x.closed: a space is missing by : ; ! ? % or « »": check(t, source, swap(fr, "tard !", "tard!"), en),
		"x.remedy: a vote is never a référendum":           check(t, source, swap(fr, "guichet", "Référendum"), en),
		"x.remedy: a point médian":                         check(t, source, swap(fr, "Passez", "Habitant·es"), en),
		"x.remedy: three points instead of …":              check(t, source, swap(fr, "guichet", "guichet..."), en),
		"x.remedy is empty":                                check(t, source, swap(fr, `"Passez au guichet"`, `""`), en),
		`"X.Remedy" is no key`:                             check(t, source, swap(fr, `"x.remedy"`, `"X.Remedy"`), en),
	} {
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, what) }) {
			t.Errorf("not found: %s\nfound: %q", what, faults)
		}
	}
}

func TestKeyWrittenTwiceIsFound(t *testing.T) {
	t.Parallel()
	one := &fstest.MapFile{Data: []byte(`{"x.a": "A"}`)}
	faults, err := i18ntest.Check(fstest.MapFS{
		"a/i18n/fr.json": one, "a/i18n/en.json": one, "b/i18n/fr.json": one, "b/i18n/en.json": one,
		"a/a.go": {Data: []byte(`package a; var key = "x.a"`)},
	})
	if err != nil || len(faults) != 1 || !strings.Contains(faults[0], "is written in a/i18n/fr.json too") {
		t.Errorf("%q %v", faults, err)
	}
}

func TestFrenchTypography(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"Voir\u00a0: https://parvis.fr/a?b=c!", "«\u00a0Oui\u00a0», dit-elle.", "62\u202f%", "À 20\u00a0h", "Qui\u202f?", "a:b", "Ouf…", "12:30", "{{.A}}\u00a0:",
	} {
		if faults := i18ntest.Typography(good); len(faults) != 0 {
			t.Errorf("%q: %q", good, faults)
		}
	}
	for _, bad := range []string{"Voir:", "Qui?", "Qui ?", "« Oui »", "«Oui»", "62%", "l'eau", "Fin...", `dit "oui"`, "deux  mots"} {
		if len(i18ntest.Typography(bad)) == 0 {
			t.Errorf("%q passes", bad)
		}
	}
}
