package files

import (
	"embed"
	"regexp"
	"strings"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"parvis/app/tenant"
	"parvis/app/web"
)

// Catalogue holds the package's messages.
//
//go:embed i18n/*.json
var Catalogue embed.FS

// Send answers a request with a stored content, as a download under name. The
// caller has already decided that the viewer may have it. Nothing in it can run
// as a page of the site, whatever it is.
func (s *Store) Send(c *fiber.Ctx, t tenant.ID, space string, blob Blob, name string) error {
	f, err := s.Open(t, space, blob.SHA256)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, blob.MediaType)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	web.Attachment(c, Name(name, blob.MediaType))
	// Private: a withdrawn document must not stay in a shared cache.
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	etag := `"` + blob.SHA256 + `"`
	c.Set(fiber.HeaderETag, etag)
	if c.Get(fiber.HeaderIfNoneMatch) == etag {
		f.Close()
		return c.SendStatus(fiber.StatusNotModified)
	}
	return c.SendStream(f, int(blob.Size)) // closes f
}

// Name makes a file name out of a title: no folder, no control character, the
// extension of what it really is.
func Name(title, mediaType string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '/' || r == '\\' || r == ':' || r == '"':
			return '-'
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(title, ""))
	clean = strings.Trim(clean, " .")
	extension := ""
	if kind, ok := KindOf(mediaType); ok {
		extension = kind.Extension
	}
	clean = extensionRE.ReplaceAllString(clean, "")
	if runes := []rune(clean); len(runes) > 100 {
		clean = string(runes[:100])
	}
	if clean == "" {
		clean = "document"
	}
	return clean + extension
}

// extensionRE finds what looks like an extension at the end of a name.
var extensionRE = regexp.MustCompile(`\.[A-Za-z][A-Za-z0-9]{0,4}$`)
