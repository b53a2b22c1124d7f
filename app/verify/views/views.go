// Package views writes the verifier's page: decided values in, HTML out.
package views

import "parvis/app/ui"

// Page is the verifier.
type Page struct {
	Text        string // of a receipt, as it was pasted
	Errors      ui.Errors
	Report      *Report // nil before anything was checked
	Examples    []Example
	Action      string // of the form
	Limit       string // of an archive on the server: "1 Mo"
	Key         string // of the town
	Fingerprint string
	SampleKey   string // of the examples
	Command     string
	Script      string // address of the second verifier
	Messages    string // of the script, as JSON
}

// Report is what was found.
type Report struct {
	Tone  ui.Tone
	Title string
	Text  string
	Place string // where it is wrong
	Rows  []Row
	Facts []ui.Fact
	Link  *ui.Link // where the receipt itself is, on this site
}

// Row is one check.
type Row struct {
	Title, Text string
	Place       string
	State       ui.State
}

// Example is an archive to try.
type Example struct{ Name, Title, Text, Server, File string }

// Words is the summary of a row.
func (r Row) Words() string {
	if r.Place == "" {
		return r.Text
	}
	return r.Text + " " + r.Place
}
