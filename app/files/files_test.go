package files

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/tenant"
)

const space = "consultations"

var pdf = []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")

func put(t *testing.T, s *Store, town tenant.ID, content []byte) Blob {
	t.Helper()
	blob, err := s.Put(t.Context(), town, space, bytes.NewReader(content), 1<<20, Documents...)
	if err != nil {
		t.Fatal(err)
	}
	return blob
}

func TestAFileComesBackAsItWas(t *testing.T) {
	s, town := New(t.TempDir()), tenant.NewID()
	blob := put(t, s, town, pdf)
	if blob.MediaType != "application/pdf" || blob.Size != int64(len(pdf)) {
		t.Errorf("got %+v", blob)
	}
	if again := put(t, s, town, pdf); again != blob {
		t.Errorf("the same content was stored as %+v and %+v", blob, again)
	}
	f, err := s.Open(town, space, blob.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, _ := io.ReadAll(f); !bytes.Equal(got, pdf) {
		t.Errorf("got %q", got)
	}
}

func TestATownNeverReadsAnothersFile(t *testing.T) {
	s, town := New(t.TempDir()), tenant.NewID()
	blob := put(t, s, town, pdf)
	for name, open := range map[string]func() (*os.File, error){
		"another town":    func() (*os.File, error) { return s.Open(tenant.NewID(), space, blob.SHA256) },
		"another space":   func() (*os.File, error) { return s.Open(town, "ideas", blob.SHA256) },
		"a path":          func() (*os.File, error) { return s.Open(town, space, "../"+space+"/"+blob.SHA256) },
		"not a hash":      func() (*os.File, error) { return s.Open(town, space, "") },
		"a hash in upper": func() (*os.File, error) { return s.Open(town, space, strings.ToUpper(blob.SHA256)) },
	} {
		if f, err := open(); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: got %v, %v", name, f, err)
		}
	}
}

func TestOnlyKnownContentsAreKept(t *testing.T) {
	s, town := New(t.TempDir()), tenant.NewID()
	tests := []struct {
		name    string
		content []byte
		want    error
	}{
		{"nothing", nil, ErrEmpty},
		{"a page", []byte("<!doctype html><script>alert(1)</script>"), ErrType},
		{"a drawing with script", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), ErrType},
		{"a program", []byte("MZ\x90\x00\x03\x00\x00\x00"), ErrType},
		{"plain text", []byte("bonjour"), ErrType},
		{"an archive", zipOf(t, map[string]string{"a.txt": "a"}), ErrType},
		{"a broken picture", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"), ErrBroken},
		{"a huge picture", hugePNG(), ErrTooWide},
		{"too many bytes", append(bytes.Clone(pdf), make([]byte, 1<<20)...), ErrTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.Put(t.Context(), town, space, bytes.NewReader(tt.content), 1<<20, Documents...)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	left, err := filepath.Glob(filepath.Join(s.folder(town, space), "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("refused uploads left %v (%v)", left, err)
	}
}

func TestOfficeDocumentsAreRecognised(t *testing.T) {
	s, town := New(t.TempDir()), tenant.NewID()
	odt := zipOf(t, map[string]string{"mimetype": ODT.MediaType})
	docx := zipOf(t, map[string]string{"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"})
	if got := put(t, s, town, odt).MediaType; got != ODT.MediaType {
		t.Errorf("odt: got %s", got)
	}
	if got := put(t, s, town, docx).MediaType; got != DOCX.MediaType {
		t.Errorf("docx: got %s", got)
	}
}

// A phone writes where the photograph was taken, and on which side it was held.
func TestAPhotographIsUprightAndTellsNothingOfItsAuthor(t *testing.T) {
	s, town := New(t.TempDir()), tenant.NewID()
	blob := put(t, s, town, photograph(t, 6, "GPS 48.64N 4.95E"))
	f, err := s.Open(town, space, blob.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(content, []byte("GPS")) || bytes.Contains(content, []byte("Exif")) {
		t.Error("the place is still in the file")
	}
	picture, err := jpeg.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if b := picture.Bounds(); b.Dx() != 16 || b.Dy() != 32 {
		t.Errorf("lying down: %v", b)
	}
	// Its left half was white: turned a quarter clockwise, its top half is.
	if r, _, _, _ := picture.At(8, 4).RGBA(); r < 0xC000 {
		t.Errorf("the top is dark: %x", r)
	}
	if r, _, _, _ := picture.At(8, 28).RGBA(); r > 0x4000 {
		t.Errorf("the bottom is light: %x", r)
	}
}

func TestSweepTakesOnlyOldAndUnusedFiles(t *testing.T) {
	s, town := New(t.TempDir()), tenant.NewID()
	used := put(t, s, town, pdf)
	unused := put(t, s, town, append(bytes.Clone(pdf), '2'))
	young := put(t, s, town, append(bytes.Clone(pdf), '3'))
	long := time.Now().Add(-48 * time.Hour)
	for _, b := range []Blob{used, unused} {
		if err := os.Chtimes(filepath.Join(s.folder(town, space), b.SHA256[:2], b.SHA256), long, long); err != nil {
			t.Fatal(err)
		}
	}
	removed, err := s.Sweep(t.Context(), space, time.Now().Add(-24*time.Hour), func(context.Context, tenant.ID) ([]string, error) {
		return []string{used.SHA256}, nil
	})
	if err != nil || removed != 1 {
		t.Fatalf("removed %d, %v", removed, err)
	}
	for name, b := range map[string]Blob{"used": used, "young": young} {
		f, err := s.Open(town, space, b.SHA256)
		if err != nil {
			t.Errorf("the %s file is gone: %v", name, err)
			continue
		}
		f.Close()
	}
	if _, err := s.Open(town, space, unused.SHA256); !errors.Is(err, ErrNotFound) {
		t.Errorf("the unused file is still there: %v", err)
	}
}

func TestADownloadCannotActAsAPage(t *testing.T) {
	s, town := New(t.TempDir()), tenant.NewID()
	blob := put(t, s, town, pdf)
	app := fiber.New()
	app.Get("/", func(c *fiber.Ctx) error {
		return s.Send(c, town, space, blob, "Plan d’été \"2026\"\r\nX: y/../é.exe")
	})
	resp, err := app.Test(httptest.NewRequest("GET", "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	if !bytes.Equal(body, pdf) {
		t.Errorf("got %d bytes", len(body))
	}
	h := resp.Header
	if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Type") != "application/pdf" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("headers %v", h)
	}
	if d := h.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment;") || strings.ContainsAny(d, "\r\n/") || !strings.Contains(d, ".pdf") {
		t.Errorf("disposition %q", d)
	}

	request := httptest.NewRequest("GET", "/", nil)
	request.Header.Set("If-None-Match", h.Get("ETag"))
	if resp, err = app.Test(request); err != nil || resp.StatusCode != fiber.StatusNotModified {
		t.Errorf("a second visit: %v, %v", resp, err)
	}
}

func TestNamesAreTame(t *testing.T) {
	tests := []struct{ title, want string }{
		{"Étude d’impact", "Étude d’impact.pdf"},
		{"plan.exe", "plan.pdf"},
		{"../../etc/passwd", "-..-etc-passwd.pdf"},
		{" . ", "document.pdf"},
		{"\x00\x07", "document.pdf"},
	}
	for _, tt := range tests {
		if got := Name(tt.title, PDF.MediaType); got != tt.want {
			t.Errorf("Name(%q) = %q, want %q", tt.title, got, tt.want)
		}
	}
}

func TestSizesReadWell(t *testing.T) {
	bundle, err := i18n.Load(Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	ctx := bundle.NewContext(t.Context(), "fr", nil)
	for bytes, want := range map[int64]string{
		0: "1 ko", 340_400: "340 ko", 999_499: "999 ko", 999_500: "1 Mo", 1_240_000: "1,2 Mo", 1_960_000: "2 Mo", 12_340_000: "12 Mo",
	} {
		if got := strings.ReplaceAll(Size(ctx, bytes), "\u00a0", " "); got != want {
			t.Errorf("Size(%d) = %q, want %q", bytes, got, want)
		}
	}
}

func TestAFullDiskIsNotTheCitizensFault(t *testing.T) {
	err := onDisk(&os.PathError{Op: "write", Err: errNoSpace})
	if !errors.Is(err, ErrDiskFull) || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
}

func zipOf(t *testing.T, entries map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range []string{"mimetype", "[Content_Types].xml", "word/document.xml", "a.txt"} {
		content, ok := entries[name]
		if !ok {
			continue
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// hugePNG is the beginning of a picture of 60 000 × 60 000 points.
func hugePNG() []byte {
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err)
	}
	b := out.Bytes()
	binary.BigEndian.PutUint32(b[16:], 60_000)
	binary.BigEndian.PutUint32(b[20:], 60_000)
	binary.BigEndian.PutUint32(b[29:], crcOf(b[12:29]))
	return b
}

// photograph is a JPEG of 32 × 16 points, white on its left half, with an EXIF
// block that holds an orientation and a remark.
func photograph(t *testing.T, orientation uint16, remark string) []byte {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, 32, 16))
	for y := range 16 {
		for x := range 16 {
			picture.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, picture, nil); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	binary.BigEndian.PutUint16(tiff[18:], orientation)
	block := append([]byte("Exif\x00\x00"), tiff...)
	block = append(block, remark...)
	out := []byte{0xFF, 0xD8, 0xFF, 0xE1}
	out = binary.BigEndian.AppendUint16(out, uint16(len(block)+2))
	out = append(out, block...)
	return append(out, plain.Bytes()[2:]...)
}

func crcOf(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

const errNoSpace = syscall.ENOSPC

func TestWhatTheProgramWritesIsKeptWholeOrNotAtAll(t *testing.T) {
	root := t.TempDir()
	s, town := New(root), tenant.NewID()
	write := func(text string, failure error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return errors.Join(err, failure)
		}
	}
	sha, size, err := s.Keep(t.Context(), town, "archives", write("an archive\n", nil))
	if err != nil || size != 11 {
		t.Fatal(size, err)
	}
	f, err := s.Open(town, "archives", sha)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, _ := io.ReadAll(f); string(got) != "an archive\n" {
		t.Errorf("got %q", got)
	}
	if _, err := s.Open(tenant.NewID(), "archives", sha); !errors.Is(err, ErrNotFound) {
		t.Errorf("another town opens it: %v", err)
	}
	broken := errors.New("broken")
	if _, _, err := s.Keep(t.Context(), town, "archives", write("half of", broken)); !errors.Is(err, broken) {
		t.Errorf("kept: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(root, town.String(), "archives", ".upload-*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}
