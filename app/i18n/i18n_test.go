package i18n_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parvis/app/i18n"
	"parvis/app/money"
)

// plain replaces the no-break spaces, which no eye can tell apart in a test.
var plain = strings.NewReplacer("\u00a0", " ", "\u202f", " ")

func catalogue(fr, en string) fstest.MapFS {
	return fstest.MapFS{"i18n/fr.json": {Data: []byte(fr)}, "i18n/en.json": {Data: []byte(en)}}
}

func speaking(t *testing.T, lang string) context.Context {
	t.Helper()
	bundle, err := i18n.Load(catalogue(
		`{"x.plain":"L'urne est vide !","x.by":"Par {{.Name}} pour {{.Price}}",
		  "x.voters":{"one":"{{.Count}} votant","many":"{{.Count}} de votants","other":"{{.Count}} votants"}}`,
		`{"x.plain":"The box is empty!","x.by":"By {{.Name}} for {{.Price}}",
		  "x.voters":{"one":"{{.Count}} voter","other":"{{.Count}} voters"}}`))
	if err != nil {
		t.Fatal(err)
	}
	return bundle.NewContext(t.Context(), lang, nil)
}

func TestFrenchPluralsFollowCLDR(t *testing.T) {
	t.Parallel()
	ctx := speaking(t, "fr")
	for count, want := range map[int]string{
		0: "0 votant", 1: "1 votant", 2: "2 votants", 1204: "1 204 votants", 1_000_000: "1 000 000 de votants",
	} {
		if got := plain.Replace(i18n.T(ctx, "x.voters", "Count", count)); got != want {
			t.Errorf("%d: %q, want %q", count, got, want)
		}
	}
	if got := i18n.T(speaking(t, "en"), "x.voters", "Count", int64(0)); got != "0 voters" {
		t.Errorf("English: %q", got)
	}
}

func TestMessagesAreTypesetAndFilled(t *testing.T) {
	t.Parallel()
	ctx := speaking(t, "fr")
	if got, want := i18n.T(ctx, "x.plain"), "L’urne est vide\u202f!"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	got := i18n.T(ctx, "x.by", "Name", "Aïcha", "Price", money.Cents(1234567))
	if want := "Par Aïcha pour 12\u202f345,67\u00a0€"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := i18n.Message(ctx, "x.by", map[string]any{"Name": "<b>", "Price": 2026}); got != "Par <b> pour 2026" {
		t.Errorf("other values are written as they are, got %q", got)
	}
}

func TestMissingMessageShowsItsKey(t *testing.T) {
	t.Parallel()
	ctx := speaking(t, "fr")
	if got := i18n.T(ctx, "x.nothing", "Count", 2); got != "x.nothing" {
		t.Errorf("%q", got)
	}
	if i18n.Has(ctx, "x.nothing") || !i18n.Has(ctx, "x.voters") || !i18n.Has(ctx, "x.plain") {
		t.Error("Has is wrong")
	}
	if got := i18n.T(context.Background(), "x.plain"); got != "x.plain" {
		t.Errorf("without a catalogue: %q", got)
	}
}

func TestUnknownLanguageIsFrench(t *testing.T) {
	t.Parallel()
	ctx := speaking(t, "br")
	if i18n.Lang(ctx) != "fr" || i18n.T(ctx, "x.voters", "Count", 2) != "2 votants" {
		t.Errorf("%s: %s", i18n.Lang(ctx), i18n.T(ctx, "x.voters", "Count", 2))
	}
}

func TestCatalogueRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a plural form of another language": `{"x.a":{"few":"a","other":"b"}}`,
		"code between braces":               `{"x.a":"{{if .A}}b{{end}}"}`,
		"a number":                          `{"x.a":3}`,
		"broken JSON":                       `{"x.a":`,
		"a key of another catalogue":        `{"i18n.tomorrow":"demain"}`,
	} {
		if _, err := i18n.Load(catalogue(text, `{}`)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := i18n.Load(fstest.MapFS{"i18n/fr.json": {Data: []byte(`{}`)}}); err == nil {
		t.Error("a catalogue without English was accepted")
	}
}

func TestDatesAsWritten(t *testing.T) {
	t.Parallel()
	fr, en := speaking(t, "fr"), speaking(t, "en")
	evening := time.Date(2026, 11, 30, 19, 14, 0, 0, time.UTC) // 20:14 in Paris
	first := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	got := []string{
		i18n.Date(fr, evening), i18n.DateTime(fr, evening), i18n.DateShort(fr, evening), i18n.Time(fr, first), i18n.Month(fr, evening),
		i18n.Date(fr, first), i18n.DateTime(en, evening), i18n.Date(en, first), i18n.ZoneName(fr),
		i18n.DateRange(fr, evening, first), i18n.DateRange(fr, first, first.AddDate(0, 0, 11)),
		i18n.DateRange(fr, first, first.AddDate(0, 2, 0)), i18n.DateRange(fr, first, first), i18n.DateRange(en, evening, first),
	}
	want := []string{
		"lundi 30 novembre 2026", "lundi 30 novembre 2026 à 20 h 14", "30/11/2026", "9 h", "novembre 2026",
		"mardi 1er décembre 2026", "Monday 30 November 2026 at 20:14", "Tuesday 1 December 2026", "heure de Paris",
		"du 30 novembre au 1er décembre 2026", "du 1er au 12 décembre 2026",
		"du 1er décembre 2026 au 1er février 2027", "le 1er décembre 2026", "from 30 November to 1 December 2026",
	}
	for i := range got {
		got[i] = plain.Replace(got[i])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDatesAreThoseOfTheTown(t *testing.T) {
	t.Parallel()
	bundle, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	reunion, err := time.LoadLocation("Indian/Reunion")
	if err != nil {
		t.Fatal(err)
	}
	ctx := bundle.NewContext(t.Context(), "fr", reunion)
	lateInParis := time.Date(2026, 11, 30, 21, 0, 0, 0, time.UTC)
	if got := plain.Replace(i18n.DateTime(ctx, lateInParis)); got != "mardi 1er décembre 2026 à 1 h" {
		t.Error(got)
	}
	if got := i18n.ZoneName(ctx); got != "heure de La Réunion" {
		t.Error(got)
	}
}

func TestDaysLeftSaysHowFarAndWhen(t *testing.T) {
	t.Parallel()
	ctx := speaking(t, "fr")
	now := time.Date(2026, 11, 26, 11, 0, 0, 0, time.UTC) // Thursday noon in Paris
	for _, c := range []struct {
		after time.Duration
		want  string
	}{
		{3*24*time.Hour + 8*time.Hour, "dans 3 jours, dimanche à 20 h"},
		{31 * time.Hour, "demain à 19 h"},
		{8*time.Hour + 14*time.Minute, "dans 8 heures, à 20 h 14"},
		{time.Hour, "dans 1 heure, à 13 h"},
		{12 * time.Minute, "dans 12 minutes, à 12 h 12"},
		{20 * time.Second, "dans moins d’une minute, à 12 h"},
		{12 * 24 * time.Hour, "dans 12 jours, le 8 décembre à 12 h"},
		{60 * 24 * time.Hour, "dans 60 jours, le 25 janvier 2027 à 12 h"},
		{-24 * time.Hour, "hier à 12 h"},
		{-10 * 24 * time.Hour, "il y a 10 jours, le 16 novembre à 12 h"},
	} {
		if got := plain.Replace(i18n.DaysLeft(ctx, now, now.Add(c.after))); got != c.want {
			t.Errorf("%v: %q, want %q", c.after, got, c.want)
		}
	}
}

func TestTimeLeftIsALength(t *testing.T) {
	t.Parallel()
	fr := speaking(t, "fr")
	now := time.Date(2026, 11, 26, 11, 0, 0, 0, time.UTC)
	for after, want := range map[time.Duration]string{
		-time.Hour:                     "moins d’une minute",
		90 * time.Second:               "1 minute",
		8*time.Hour + 59*time.Minute:   "8 heures",
		24 * time.Hour:                 "1 jour",
		16*24*time.Hour + 20*time.Hour: "17 jours",
		400 * 24 * time.Hour:           "400 jours",
	} {
		if got := plain.Replace(i18n.Left(fr, now, now.Add(after))); got != want {
			t.Errorf("%v: %q, want %q", after, got, want)
		}
	}
}

func TestDaysAreCountedOnTheCalendarAcrossTheClockChange(t *testing.T) {
	t.Parallel()
	ctx := speaking(t, "fr")
	now := time.Date(2026, 10, 24, 22, 30, 0, 0, time.UTC)  // Sunday 25th, 00:30 in Paris; a day of 25 hours
	then := time.Date(2026, 10, 25, 23, 15, 0, 0, time.UTC) // Monday 26th, 00:15
	if got := plain.Replace(i18n.DaysLeft(ctx, now, then)); got != "demain à 0 h 15" {
		t.Error(got)
	}
}

func TestAmountsAsWritten(t *testing.T) {
	t.Parallel()
	fr, en := speaking(t, "fr"), speaking(t, "en")
	got := []string{
		i18n.Euros(fr, 1234567), i18n.Euros(fr, 12345600), i18n.Euros(fr, 5), i18n.Euros(fr, -1050), i18n.Euros(en, 1234567),
		i18n.Number(fr, 1204), i18n.Number(fr, 999), i18n.Number(fr, -1000000), i18n.Number(en, 1204),
		i18n.List(fr, nil), i18n.List(fr, []string{"a"}), i18n.List(fr, []string{"a", "b", "c"}), i18n.List(en, []string{"a", "b"}),
	}
	want := []string{
		"12\u202f345,67\u00a0€", "123\u202f456\u00a0€", "0,05\u00a0€", "−10,50\u00a0€", "€12,345.67",
		"1\u202f204", "999", "−1\u202f000\u202f000", "1,204",
		"", "a", "a, b et c", "a and b",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPercentIsHonest(t *testing.T) {
	t.Parallel()
	ctx := speaking(t, "fr")
	for _, c := range []struct {
		num, den int64
		want     string
	}{
		{62, 100, "62 %"}, {2, 3, "67 %"}, {1, 2, "50 %"}, {0, 9, "0 %"}, {9, 9, "100 %"}, {0, 0, "–"},
		{751, 1204, "62,4 %"}, {602, 1204, "50 %"}, {1, 1_000_000, "< 0,1 %"}, {999_999, 1_000_000, "> 99,9 %"},
		{1, 199, "1 %"}, {198, 199, "99 %"}, {1, 150, "1 %"},
	} {
		if got := plain.Replace(i18n.Percent(ctx, c.num, c.den)); got != c.want {
			t.Errorf("%d/%d: %q, want %q", c.num, c.den, got, c.want)
		}
	}
}

func TestPercentNeverSaysAllOrNothingWrongly(t *testing.T) {
	t.Parallel()
	ctx := speaking(t, "fr")
	rapid.Check(t, func(t *rapid.T) {
		den := rapid.Int64Range(1, 1e13).Draw(t, "den")
		num := rapid.Int64Range(0, den).Draw(t, "num")
		text := plain.Replace(i18n.Percent(ctx, num, den))
		if (text == "0 %") != (num == 0) || (text == "100 %") != (num == den) {
			t.Fatalf("%d/%d is %q", num, den, text)
		}
	})
}

func TestSortedAsInTheDictionary(t *testing.T) {
	t.Parallel()
	names := []string{"Zurich", "école", "Édimbourg", "eau", "Étang 10", "Étang 2", "œuvre", "olive", "abbé"}
	i18n.SortBy(speaking(t, "fr"), names, func(s string) string { return s })
	want := []string{"abbé", "eau", "école", "Édimbourg", "Étang 2", "Étang 10", "œuvre", "olive", "Zurich"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}
