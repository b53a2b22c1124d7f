package web

import (
	"fmt"
	"io"
	"os"

	"github.com/gofiber/fiber/v2"
)

// Spool answers with a file that write makes, which may be large: it is
// written to the disk first, so that it is sent whole or not at all and memory
// holds no more than a page of it. The file has no name and goes with the answer.
func Spool(c *fiber.Ctx, filename, kind string, write func(io.Writer) error) error {
	file, err := os.CreateTemp("", "parvis-export-*")
	if err != nil {
		return fmt.Errorf("make room for %s: %w", filename, err)
	}
	if err = os.Remove(file.Name()); err == nil {
		err = write(file)
	}
	size, seek := file.Seek(0, io.SeekCurrent)
	if err == nil {
		err = seek
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = file.Close()
		return err
	}
	Attachment(c, filename)
	c.Set(fiber.HeaderContentType, kind)
	return c.SendStream(file, int(size)) // closes the file
}
