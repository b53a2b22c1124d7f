package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"

	"github.com/caarlos0/env/v11"
)

// explain says in the operator's words which variables cannot be read, and
// what to write instead.
func explain(err error, variables map[string]string) error {
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return fmt.Errorf("configuration illisible : %w", err)
	}
	var said []error
	for _, one := range all.Errors {
		said = append(said, explainOne(one, variables))
	}
	return errors.Join(said...)
}

func explainOne(err error, variables map[string]string) error {
	wrong, ok := errors.AsType[env.ParseError](err)
	field, known := reflect.TypeFor[Config]().FieldByName(wrong.Name)
	if !ok || !known {
		return fmt.Errorf("configuration illisible : %w", err)
	}
	name := field.Tag.Get("env")
	value := variables[name]
	if variables == nil {
		value = os.Getenv(name)
	}
	return fmt.Errorf("%s : « %s » ne convient pas ; mettez %s", name, value, wanted(field.Type))
}

// wanted says what a variable of this type may be.
func wanted(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.Bool:
		return "1 pour oui, 0 pour non"
	case t.Name() == "Level":
		return "DEBUG, INFO, WARN ou ERROR"
	}
	return "un nombre entier"
}
