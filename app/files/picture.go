package files

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"os"
)

// maxPixels bounds the memory of one picture: 24 million points are 96 MB once
// decoded, and twice what most phones take.
const maxPixels = 24_000_000

// drawing lets one picture be decoded at a time.
var drawing = make(chan struct{}, 1)

// redraw decodes the picture in f and writes it again, upright and without its
// metadata, over the original.
func redraw(f *os.File, kind Kind) error {
	drawing <- struct{}{}
	defer func() { <-drawing }()

	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("rewind a picture: %w", err)
	}
	config, _, err := image.DecodeConfig(f)
	if err != nil {
		return ErrBroken.Wrap(err)
	}
	if config.Width*config.Height > maxPixels {
		return ErrTooWide
	}
	turn := orientation(f)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("rewind a picture: %w", err)
	}
	picture, _, err := image.Decode(f)
	if err != nil {
		return ErrBroken.Wrap(err)
	}
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("empty a picture: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("rewind a picture: %w", err)
	}
	if err := encode(f, upright(picture, turn), kind); err != nil {
		return onDisk(fmt.Errorf("write a picture: %w", err))
	}
	return nil
}

func encode(w io.Writer, picture image.Image, kind Kind) error {
	if kind == PNG {
		return png.Encode(w, picture)
	}
	return jpeg.Encode(w, picture, &jpeg.Options{Quality: 85})
}

// upright turns a picture as its EXIF orientation (1 to 8) asks.
func upright(src image.Image, orientation int) image.Image {
	if orientation < 2 || orientation > 8 {
		return src
	}
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	flat := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(flat, flat.Bounds(), src, b.Min, draw.Src)
	dw, dh := w, h
	if orientation >= 5 { // the camera was on its side
		dw, dh = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	for y := range dh {
		for x := range dw {
			sx, sy := origin(orientation, x, y, w, h)
			dst.SetRGBA(x, y, flat.RGBAAt(sx, sy))
		}
	}
	return dst
}

// origin says where the point (x, y) of the upright picture is in the w × h one.
func origin(orientation, x, y, w, h int) (int, int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	default:
		return w - 1 - y, x
	}
}

// orientation reads the EXIF orientation of a JPEG: 1, upright, when it has none
// or when anything is odd about it.
func orientation(f *os.File) int {
	head := make([]byte, 128<<10) // EXIF comes first and holds at most 64 kB
	n, _ := f.ReadAt(head, 0)
	head = head[:n]
	for i := 2; i+4 <= len(head) && head[i] == 0xFF; {
		marker, size := head[i+1], int(binary.BigEndian.Uint16(head[i+2:]))
		if marker == 0xDA || size < 2 || i+2+size > len(head) {
			return 1
		}
		if marker == 0xE1 {
			if o := exifOrientation(head[i+4 : i+2+size]); o != 0 {
				return o
			}
		}
		i += 2 + size
	}
	return 1
}

// exifOrientation finds the tag 0x0112 in the first directory of an EXIF block.
func exifOrientation(b []byte) int {
	if len(b) < 14 || string(b[:6]) != "Exif\x00\x00" {
		return 0
	}
	b = b[6:]
	var order binary.ByteOrder = binary.LittleEndian
	if string(b[:2]) == "MM" {
		order = binary.BigEndian
	}
	start := int(order.Uint32(b[4:]))
	if start < 8 || start+2 > len(b) {
		return 0
	}
	for i := range int(order.Uint16(b[start:])) {
		entry := start + 2 + 12*i
		if entry+12 > len(b) {
			return 0
		}
		if order.Uint16(b[entry:]) == 0x0112 {
			return int(order.Uint16(b[entry+8:]))
		}
	}
	return 0
}
