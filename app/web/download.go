package web

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"mime"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// CSV answers with rows as open data wants them: commas, UTF-8, no byte order
// mark. Cells that a spreadsheet would compute are quoted.
func CSV(c *fiber.Ctx, filename string, rows [][]string) error {
	return sendCSV(c, filename, rows, ',', "")
}

// SpreadsheetCSV answers with rows as French spreadsheets open them with a
// double click: semicolons and a byte order mark.
func SpreadsheetCSV(c *fiber.Ctx, filename string, rows [][]string) error {
	return sendCSV(c, filename, rows, ';', "\uFEFF")
}

func sendCSV(c *fiber.Ctx, filename string, rows [][]string, comma rune, mark string) error {
	var buffer bytes.Buffer
	buffer.WriteString(mark)
	w := csv.NewWriter(&buffer)
	w.Comma, w.UseCRLF = comma, true
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = quoteFormula(cell)
		}
		if err := w.Write(cells); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	w.Flush()
	Attachment(c, filename)
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	return c.Send(buffer.Bytes())
}

// quoteFormula makes a spreadsheet read a cell as text. Negative numbers stay
// numbers.
func quoteFormula(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) || isNegative(cell) {
		return cell
	}
	return "'" + cell
}

func isNegative(cell string) bool {
	number := strings.TrimPrefix(cell, "-")
	return len(number) < len(cell) && number != "" && strings.Trim(number, "0123456789.,") == "" &&
		number[0] >= '0' && number[0] <= '9'
}

// Attachment makes the browser save the answer under a name.
func Attachment(c *fiber.Ctx, filename string) {
	c.Set(fiber.HeaderContentDisposition, disposition("attachment", filename))
}

// Inline lets the browser show the answer, and save it under a name.
func Inline(c *fiber.Ctx, filename string) {
	c.Set(fiber.HeaderContentDisposition, disposition("inline", filename))
}

// disposition writes the name twice: in ASCII, and as it is.
func disposition(kind, filename string) string {
	filename = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\"`, r) {
			return '-'
		}
		return r
	}, filename)
	ascii := strings.Map(func(r rune) rune {
		if r > 0x7e {
			return '_'
		}
		return r
	}, filename)
	value := mime.FormatMediaType(kind, map[string]string{"filename": ascii})
	if ascii != filename {
		value += "; filename*=UTF-8''" + url.PathEscape(filename)
	}
	return value
}

// JSON answers with a value, never kept by caches.
func JSON(c *fiber.Ctx, value any) error {
	if c.GetRespHeader(fiber.HeaderCacheControl) == "" {
		c.Set(fiber.HeaderCacheControl, "no-store")
	}
	return c.JSON(value)
}
