package config_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"parvis/app/config"
)

func TestDefaultsAreEnoughToStart(t *testing.T) {
	t.Parallel()
	c, err := config.LoadFrom(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8080" || c.Data != "./var" || c.DatabaseURL != "" || c.HTTPS() || c.Demo || c.LogLevel != slog.LevelInfo {
		t.Errorf("%+v", c)
	}
	if got := c.URL("marne.localhost", "/votes"); got != "http://marne.localhost:8080/votes" {
		t.Error(got)
	}
}

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for want, variables := range map[string]map[string]string{
		"https://m.fr/":      {"PARVIS_SCHEME": "https"},
		"https://m.fr:8443/": {"PARVIS_SCHEME": "https", "PARVIS_PUBLIC_PORT": "8443"},
		"http://m.fr/":       {"PARVIS_ADDR": "127.0.0.1:80"},
		"http://m.fr:9000/":  {"PARVIS_ADDR": "127.0.0.1:9000"},
	} {
		c, err := config.LoadFrom(variables)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.URL("m.fr", "/"); got != want {
			t.Errorf("%v: %s, want %s", variables, got, want)
		}
	}
}

func TestMistakesAreNamed(t *testing.T) {
	t.Parallel()
	for _, variables := range []map[string]string{
		{"PARVIS_ADDR": "8080"},
		{"PARVIS_SCHEME": "gopher"},
		{"PARVIS_PUBLIC_PORT": "99999"},
		{"DATABASE_URL": "mysql://x"},
		{"DATABASE_URL": "postgres://x", "DATABASE_OWNER_URL": "x"},
		{"PARVIS_SMTP": "mail.example"},
		{"PARVIS_MAIL_FROM": "nobody"},
		{"PARVIS_SECRET": "short"},
		{"PARVIS_TRUSTED_PROXIES": "10.0.0.1,proxy"},
		{"PARVIS_DATA": " "},
	} {
		_, err := config.LoadFrom(variables)
		if err == nil {
			t.Errorf("%v was accepted", variables)
			continue
		}
		named := false
		for name := range variables {
			named = named || strings.Contains(err.Error(), name)
		}
		if !named {
			t.Errorf("%v: the message does not name the variable: %v", variables, err)
		}
	}
	_, err := config.LoadFrom(map[string]string{"PARVIS_ADDR": "8080", "PARVIS_SMTP": "x"})
	if err == nil || !strings.Contains(err.Error(), "PARVIS_ADDR") || !strings.Contains(err.Error(), "PARVIS_SMTP") {
		t.Errorf("two mistakes are not told together: %v", err)
	}
	if _, err := config.LoadFrom(map[string]string{"PARVIS_DEMO": "peut-être"}); err == nil {
		t.Error("a truth value that is none was accepted")
	}
	if _, err := config.LoadFrom(map[string]string{"DATABASE_OWNER_URL": "postgres://x"}); err == nil {
		t.Error("an owner without an application role was accepted")
	}
}

func TestPlainHTTPOnTheNetworkIsForDemonstrationsOnly(t *testing.T) {
	t.Parallel()
	open := map[string]string{"PARVIS_ADDR": "0.0.0.0:8080"}
	if _, err := config.LoadFrom(open); err == nil {
		t.Error("http on every interface was accepted")
	}
	open["PARVIS_DEMO"] = "1"
	if _, err := config.LoadFrom(open); err != nil {
		t.Error(err)
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	c, err := config.LoadFrom(map[string]string{
		"DATABASE_URL": "postgres://app:hunter2@db/parvis", "DATABASE_OWNER_URL": "postgres://db/parvis?user=o&password=hunter2",
		"PARVIS_SMTP": "smtps://u:hunter2@mail.example:465", "PARVIS_SECRET": strings.Repeat("hunter2", 6),
	})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := config.Print(&out, c); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{out.String(), fmt.Sprint(c), fmt.Sprintf("%+v", c)} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("a secret is shown: %s", text)
		}
		if !strings.Contains(text, "postgres://app:") || !strings.Contains(text, "PARVIS_SECRET=••••••") {
			t.Errorf("what is set cannot be recognised: %s", text)
		}
	}
	if comments := strings.Count(out.String(), "# "); comments < 14 || strings.Contains(out.String(), "# \n") {
		t.Errorf("%d variables are explained:\n%s", comments, out.String())
	}
}

func TestSecretIsMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	c := config.Config{Data: filepath.Join(t.TempDir(), "var")}
	keys := make([]string, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			key, err := c.Key()
			if err != nil {
				t.Error(err)
			}
			keys[i] = string(key)
		})
	}
	wg.Wait()
	for _, key := range keys {
		if len(key) != 32 || key != keys[0] {
			t.Error("programs that start together have different secrets")
		}
	}
	info, err := os.Stat(filepath.Join(c.Data, "secret"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if left, _ := filepath.Glob(filepath.Join(c.Data, "secret-*")); len(left) > 0 {
		t.Errorf("drafts are left: %v", left)
	}
	given := config.Config{Data: c.Data, Secret: strings.Repeat("x", 32)}
	if key, err := given.Key(); err != nil || string(key) == keys[0] {
		t.Error("PARVIS_SECRET is not what is used", err)
	}
}

func TestDamagedSecretIsRefused(t *testing.T) {
	t.Parallel()
	c := config.Config{Data: t.TempDir()}
	if err := os.WriteFile(filepath.Join(c.Data, "secret"), []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Key(); err == nil {
		t.Error("an empty secret was accepted")
	}
}

// A value that is neither yes nor no was told in the words of a library.
func TestAVariableThatCannotBeReadIsExplained(t *testing.T) {
	_, err := config.LoadFrom(map[string]string{"PARVIS_DEMO": "oui", "PARVIS_PUBLIC_PORT": "https", "PARVIS_LOG_LEVEL": "BAVARD"})
	if err == nil {
		t.Fatal("read all the same")
	}
	for _, words := range []string{
		"PARVIS_DEMO : « oui » ne convient pas ; mettez 1 pour oui, 0 pour non", "PARVIS_PUBLIC_PORT : « https » ne convient pas ; mettez un nombre entier",
		"PARVIS_LOG_LEVEL : « BAVARD » ne convient pas ; mettez DEBUG, INFO, WARN ou ERROR",
	} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("%v does not say %q", err, words)
		}
	}
	if strings.Contains(err.Error(), "strconv") || strings.Contains(err.Error(), "parse error") {
		t.Errorf("in the words of a library: %v", err)
	}
}
