package writing

import "testing"

func TestTidyKeepsLines(t *testing.T) {
	if got := Tidy(" \tUn\r\ndeux\r\r  trois\x00 \n"); got != "Un\ndeux\n\n  trois" {
		t.Errorf("%q", got)
	}
}

func TestALineIsOne(t *testing.T) {
	if got := Line(" La\r\nplace \x00 du  marché\u00a0? "); got != "La place du marché ?" {
		t.Errorf("%q", got)
	}
}

func TestCutCountsCharacters(t *testing.T) {
	for _, c := range []struct {
		text, want string
		limit      int
	}{{"été", "été", 3}, {"étés", "été", 3}, {"é", "", 0}, {"", "", 3}, {"a", "a", 3}} {
		if got := Cut(c.text, c.limit); got != c.want {
			t.Errorf("%q cut at %d is %q", c.text, c.limit, got)
		}
	}
}
