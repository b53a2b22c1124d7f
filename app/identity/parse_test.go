package identity

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parvis/app/fault"
)

func TestAddressesOfMailHaveOneForm(t *testing.T) {
	for text, want := range map[string]string{
		" Jeanne.Martin@Exemple.FR ":            "jeanne.martin@exemple.fr",
		"a+b@exemple.fr":                        "a+b@exemple.fr",
		"jeanne@mairie-chûne.fr":                "jeanne@xn--mairie-chne-phb.fr",
		"":                                      "",
		"@exemple.fr":                           "",
		"jeanne@":                               "",
		"jeanne@exemple":                        "",
		"jeanne martin@exemple.fr":              "",
		"Jeanne <jeanne@exemple.fr>":            "",
		"a@b@exemple.fr":                        "",
		"\"a b\"@exemple.fr":                    "",
		"jeanne@exemple.fr\r\nBcc: x":           "",
		"jéanne@exemple.fr":                     "",
		strings.Repeat("a", 65) + "@exemple.fr": "",
	} {
		got, err := ParseEmail(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestParsingAnAddressTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once, err := ParseEmail(rapid.String().Draw(t, "text") + "@" + rapid.StringMatching(`[a-zA-Zé0-9.-]{1,20}`).Draw(t, "domain"))
		if err != nil {
			return
		}
		if twice, err := ParseEmail(once); err != nil || twice != once {
			t.Fatalf("%q becomes %q, %v", once, twice, err)
		}
		if strings.ContainsAny(once, "\r\n\x00 <>") {
			t.Fatalf("%q holds what a header must not", once)
		}
	})
}

func TestMaskedAddressesAreRecognisedNotLearnt(t *testing.T) {
	for email, want := range map[string]string{
		"jeanne@exemple.fr": "j…e@exemple.fr", "jo@exemple.fr": "j…@exemple.fr", "": "",
	} {
		if got := MaskEmail(email); got != want {
			t.Errorf("%q is shown as %q", email, got)
		}
	}
}

func TestNamesAreShownOnOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"  Jeanne \t Martin\n": "Jeanne Martin", "E\u0301lodie": "Élodie", "J\u202eenaej": "Jenaej",
		"X": "", "12": "", "\u200b\u200b\u200b": "", strings.Repeat("a", 81): "",
	} {
		if got, _ := parseName(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	if _, err := parseName("Jean\xffne"); fault.KindOf(err) != fault.Unreadable {
		t.Errorf("broken UTF-8: %v", err)
	}
}

func TestNamesAreFoundWithoutAccents(t *testing.T) {
	if key := NameKey("Jeanne  LEFÈVRE-Martin"); key != "jeanne lefevre martin" || reversed(key) != "martin lefevre jeanne" {
		t.Errorf("%q, reversed %q", key, reversed(key))
	}
}

func TestPasswordsEverybodyTriesAreRefused(t *testing.T) {
	for _, password := range []string{
		"aaaaaaaaaaaaaaaaaaaa", "motdepassemotdepasse", "MotDePasse1234567890", "azertyuiop123456789", "jeanne.martin2026", "Saint-Dizier-2026!",
		"abababababababab", "password password", "               x",
	} {
		if checkPassword(password, "jeanne.martin", "Jeanne Martin", "Ville de Saint-Dizier", "Saint-Dizier") == nil {
			t.Errorf("%q is accepted", password)
		}
	}
	for _, password := range []string{"les canards du lac dorment", "Q7#vv-plm kk2x9", "école, tilleul, vélo", strings.Repeat("añb ç3d ", 16)} {
		if err := checkPassword(password, "jeanne"); err != nil {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestAHashOpensToItsPasswordOnly(t *testing.T) {
	h := newHasher()
	hash := h.hash("les canards du lac dorment")
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(hash, "canards") {
		t.Errorf("hash %q", hash)
	}
	if !h.matches("les canards du lac dorment", hash) || h.matches("les canards du lac dormenT", hash) || h.matches("", hash) || h.matches("x", "") {
		t.Error("a hash opens to the wrong password, or not to its own")
	}
	if h.hash("les canards du lac dorment") == hash {
		t.Error("two hashes of a password are the same")
	}
}

func TestOneNetworkIsOneSubscriber(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.77": "192.0.2.0/24", "::ffff:192.0.2.77": "192.0.2.0/24", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "": "",
	} {
		if got := network(address); got != want {
			t.Errorf("%s is of %s", address, got)
		}
	}
}

func TestADeviceIsNamedAndNoMore(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0":                                                                    "Firefox, Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1": "Safari, iPhone",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0":               "Edge, Windows",
		"curl/8": "", "": "",
	} {
		if got := deviceOf(agent); got != want {
			t.Errorf("%q is %q", agent, got)
		}
	}
}
