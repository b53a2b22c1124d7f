package views

import "net/url"

// withReturn adds to an address where to go afterwards.
func withReturn(path, back string) string {
	if back == "" {
		return path
	}
	return path + "?" + url.Values{"retour": {back}}.Encode()
}
