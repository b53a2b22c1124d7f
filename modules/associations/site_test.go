package associations

import (
	"bytes"
	"testing"

	"parvis/app/files"
	"parvis/app/identity"
	"parvis/app/mail"
	"parvis/app/places"
	"parvis/app/testkit/edge"
)

// site is the module behind the edge.
type site struct {
	*square
	*edge.Site
}

func newSite(t *testing.T) *site {
	square := newSquare(t)
	return &site{square, edge.New(t, square.Module, square.town, newPath, files.Catalogue, identity.Catalogue, mail.Catalogue, places.Catalogue, catalogue)}
}

// newPath has a form that everybody with an account may open.
const newPath = "/associations/nouvelle"

// upload sends a picture.
func (s *site) upload(path, file string, content []byte) edge.Answer {
	s.Helper()
	return s.Upload(newPath, path, nil, "logo", file, bytes.NewReader(content))
}
