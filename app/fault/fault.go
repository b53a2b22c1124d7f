// Package fault gives errors a kind, which decides the HTTP status, and a
// message key, which decides what the citizen reads. The cause is for the log
// only. It is a leaf: it imports nothing from the project.
package fault

import "errors"

// Kind classifies a fault. The web edge maps each to one status.
type Kind int

// The kinds, with the status each becomes.
const (
	Internal       Kind = iota // 500: the zero value, never explained to the citizen
	Invalid                    // 422: the form comes back filled
	SignInRequired             // 401, or a redirect to the sign-in page
	Forbidden                  // 403
	NotFound                   // 404
	Conflict                   // 409: twice, or against what somebody else did
	Closed                     // 410: too late, or too early
	TooMany                    // 429
	TooLarge                   // 413
	Unreadable                 // 400: not even a form
	Unavailable                // 503: come back in a moment
)

// Args fills the placeholders of a message.
type Args map[string]any

// Error is a fault whose message may be shown. Declare faults as package
// variables with New, return them as they are or through With and Wrap, and
// compare with errors.Is.
type Error struct {
	Kind   Kind
	Key    string // message key, e.g. "voting.poll_closed"
	Args   Args
	Fields []Field // what to say beside each field, for Invalid
	Cause  error
	origin *Error // the declared fault this one was made from
}

// Field is what is wrong with one field of a form.
type Field struct {
	Name  string // the form's field name, as in the HTML
	Label string // what it is called, where the message alone would not tell
	Key   string
	Args  Args
}

// New declares a fault.
func New(kind Kind, key string) *Error { return &Error{Kind: kind, Key: key} }

// OnFields returns an Invalid fault about fields of a form.
func OnFields(fields ...Field) *Error {
	return &Error{Kind: Invalid, Key: "form.invalid", Fields: fields}
}

// With returns a copy of e carrying arguments for its message.
func (e *Error) With(args Args) *Error {
	f := e.derive()
	f.Args = args
	return f
}

// Wrap returns a copy of e with a cause for the log.
func (e *Error) Wrap(cause error) *Error {
	f := e.derive()
	f.Cause = cause
	return f
}

// On returns a copy of e said beside the named field.
func (e *Error) On(field string) *Error {
	f := e.derive()
	f.Fields = append(f.Fields[:len(f.Fields):len(f.Fields)], Field{Name: field, Key: e.Key, Args: e.Args})
	return f
}

func (e *Error) derive() *Error {
	f := *e
	if f.origin == nil {
		f.origin = e
	}
	return &f
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Key + ": " + e.Cause.Error()
	}
	return e.Key
}

func (e *Error) Unwrap() error { return e.Cause }

// Is reports whether target is the declared fault that e was made from.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && (e.origin == t || (t.origin != nil && e.origin == t.origin))
}

// KindOf returns the kind of the outermost fault in err's chain, Internal if none.
func KindOf(err error) Kind {
	if f, ok := errors.AsType[*Error](err); ok {
		return f.Kind
	}
	return Internal
}
