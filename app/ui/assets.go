package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"path"
	"regexp"
	"strings"
	"sync"
)

// The files are built by app/ui/assets.
//
//go:embed static/dist
var dist embed.FS

// File is a static file, ready to be sent. Its name holds a hash of its
// content: it may be cached for ever.
type File struct {
	Name string // "app.3f2a9c1b.css"
	Type string // media type
	Body []byte
	Gzip []byte // nil when compressing gains nothing
}

// Asset is the address of the named file: "/static/app.3f2a9c1b.css" for
// "app.css". An unknown name is a mistake in the program and panics.
func Asset(name string) string {
	file, ok := library().byName[name]
	if !ok {
		panic("ui: no asset " + name)
	}
	return "/static/" + file.Name
}

// Static is the file with the given hashed name, as found after "/static/".
func Static(hashed string) (File, bool) {
	file, ok := library().byHash[hashed]
	return file, ok
}

// HasAsset reports whether there is a file of that name.
func HasAsset(name string) bool {
	_, ok := library().byName[name]
	return ok
}

type files struct{ byName, byHash map[string]File }

// library is built once, at the first use.
var library = sync.OnceValue(func() files {
	l := files{map[string]File{}, map[string]File{}}
	// Styles come last: they name fonts, whose hashes must be known.
	for _, styles := range []bool{false, true} {
		entries, err := fs.ReadDir(dist, "static/dist")
		if err != nil {
			panic(err) // embedded: cannot fail
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".css") == styles {
				l.add(e.Name())
			}
		}
	}
	return l
})

var fileInStyles = regexp.MustCompile(`url\("?(?:\./)?([a-z0-9-]+\.(?:woff2|svg|png))"?\)`)

func (l files) add(name string) {
	body, err := dist.ReadFile("static/dist/" + name)
	if err != nil {
		panic(err) // embedded: cannot fail
	}
	if path.Ext(name) == ".css" {
		body = fileInStyles.ReplaceAllFunc(body, func(match []byte) []byte {
			target := string(fileInStyles.FindSubmatch(match)[1])
			file, ok := l.byName[target]
			if !ok {
				panic("ui: styles name " + target + ", which does not exist")
			}
			return []byte("url(/static/" + file.Name + ")")
		})
	}
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	file := File{
		Name: strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:5]) + ext,
		Type: mediaType(ext),
		Body: body,
		Gzip: compressed(body),
	}
	l.byName[name], l.byHash[file.Name] = file, file
}

// mediaType does not depend on what the machine knows.
func mediaType(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	default:
		return mime.TypeByExtension(ext)
	}
}

// compressed is body in gzip, nil when that is not smaller by a tenth.
func compressed(body []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is valid
	if _, err := w.Write(body); err != nil {
		return nil
	}
	if err := w.Close(); err != nil || out.Len() > len(body)*9/10 {
		return nil
	}
	return out.Bytes()
}
