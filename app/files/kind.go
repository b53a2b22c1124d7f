package files

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/gabriel-vasile/mimetype"
)

// Kind is a type of file that may be stored.
type Kind struct {
	MediaType string
	Extension string // with its dot
	Label     string // what people call it, the same in every language: "PDF"
	picture   bool
}

// The kinds.
var (
	PDF  = Kind{MediaType: "application/pdf", Extension: ".pdf", Label: "PDF"}
	ODT  = Kind{MediaType: "application/vnd.oasis.opendocument.text", Extension: ".odt", Label: "ODT"}
	ODS  = Kind{MediaType: "application/vnd.oasis.opendocument.spreadsheet", Extension: ".ods", Label: "ODS"}
	ODP  = Kind{MediaType: "application/vnd.oasis.opendocument.presentation", Extension: ".odp", Label: "ODP"}
	DOCX = Kind{MediaType: "application/vnd.openxmlformats-officedocument.wordprocessingml.document", Extension: ".docx", Label: "DOCX"}
	XLSX = Kind{MediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Extension: ".xlsx", Label: "XLSX"}
	PPTX = Kind{MediaType: "application/vnd.openxmlformats-officedocument.presentationml.presentation", Extension: ".pptx", Label: "PPTX"}
	JPEG = Kind{MediaType: "image/jpeg", Extension: ".jpg", Label: "JPEG", picture: true}
	PNG  = Kind{MediaType: "image/png", Extension: ".png", Label: "PNG", picture: true}
)

// Documents are the kinds a dossier may hold, Pictures those of a photograph.
var (
	Documents = []Kind{PDF, ODT, ODS, ODP, DOCX, XLSX, PPTX, JPEG, PNG}
	Pictures  = []Kind{JPEG, PNG}
)

// KindOf returns the kind with a media type, and whether there is one.
func KindOf(mediaType string) (Kind, bool) {
	i := slices.IndexFunc(Documents, func(k Kind) bool { return k.MediaType == mediaType })
	if i < 0 {
		return Kind{}, false
	}
	return Documents[i], true
}

// sniff says which of the kinds a file is, by its content alone. The name and
// the type that the browser sent are never believed.
func sniff(f *os.File, kinds []Kind) (Kind, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return Kind{}, fmt.Errorf("rewind an upload: %w", err)
	}
	found, err := mimetype.DetectReader(f)
	if err != nil {
		return Kind{}, fmt.Errorf("read an upload: %w", err)
	}
	i := slices.IndexFunc(kinds, func(k Kind) bool { return found.Is(k.MediaType) })
	if i < 0 {
		return Kind{}, ErrType
	}
	return kinds[i], nil
}
