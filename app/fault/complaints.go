package fault

import "unicode/utf8"

// Complaints gathers what is wrong with the fields of a form, so that all of it
// is said at once. The zero value is a form with nothing wrong.
type Complaints []Field

// When adds a complaint about a field if bad. At most one of args is used.
func (c *Complaints) When(bad bool, field, key string, args ...Args) {
	if !bad {
		return
	}
	f := Field{Name: field, Key: key}
	if len(args) > 0 {
		f.Args = args[0]
	}
	*c = append(*c, f)
}

// Bound adds a complaint about a text that is longer than limit characters.
func (c *Complaints) Bound(text, field string, limit int) {
	c.When(utf8.RuneCountInString(text) > limit, field, "form.text_too_long", Args{"Count": limit})
}

// Err returns the fault that says it all, nil when nothing is wrong.
func (c Complaints) Err() error {
	if len(c) == 0 {
		return nil
	}
	return OnFields(c...)
}
