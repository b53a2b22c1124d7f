package config

import (
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strings"
)

const masked = "••••••"

// Print writes every variable with what it does and its value, ready to be
// copied into an environment file. Secrets are masked.
func Print(w io.Writer, c Config) error {
	value, kind := reflect.ValueOf(c), reflect.TypeFor[Config]()
	for i := range kind.NumField() {
		field := kind.Field(i)
		text := mask(show(value.Field(i)), field.Tag.Get("secret"))
		_, err := fmt.Fprintf(w, "# %s\n%s=%s\n\n", field.Tag.Get("comment"), field.Tag.Get("env"), text)
		if err != nil {
			return err
		}
	}
	return nil
}

func show(value reflect.Value) string {
	switch v := value.Interface().(type) {
	case []string:
		return strings.Join(v, ",")
	case bool:
		return map[bool]string{true: "1", false: "0"}[v]
	default:
		return fmt.Sprint(v)
	}
}

// mask hides a secret: all of it, or the password of an address.
func mask(text, secret string) string {
	switch {
	case text == "" || secret == "":
		return text
	case secret == "all":
		return masked
	}
	u, err := url.Parse(text)
	if err != nil {
		return masked
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), "mot-de-passe-masque")
	}
	query := u.Query()
	if query.Has("password") {
		query.Set("password", "mot-de-passe-masque")
		u.RawQuery = query.Encode()
	}
	return u.String()
}

// String masks secrets, whoever prints the configuration.
func (c Config) String() string {
	var b strings.Builder
	_ = Print(&b, c) // a strings.Builder takes everything
	return b.String()
}
