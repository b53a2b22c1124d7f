package web

import (
	"encoding/csv"
	"fmt"
	"io"
	"mime"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// Rows takes the rows of a table, one after the other.
type Rows func(row ...string) error

// CSV answers with rows as open data wants them: commas, UTF-8, no byte order
// mark. Cells that a spreadsheet would compute are quoted.
func CSV(c *fiber.Ctx, filename string, rows [][]string) error {
	return LongCSV(c, filename, each(rows))
}

// SpreadsheetCSV answers with rows as French spreadsheets open them with a
// double click: semicolons and a byte order mark.
func SpreadsheetCSV(c *fiber.Ctx, filename string, rows [][]string) error {
	return LongSpreadsheetCSV(c, filename, each(rows))
}

// LongCSV is CSV for a table that no memory need hold.
func LongCSV(c *fiber.Ctx, filename string, write func(Rows) error) error {
	return spoolCSV(c, filename, ',', "", write)
}

// LongSpreadsheetCSV is SpreadsheetCSV for a table that no memory need hold.
func LongSpreadsheetCSV(c *fiber.Ctx, filename string, write func(Rows) error) error {
	return spoolCSV(c, filename, ';', "\uFEFF", write)
}

func each(rows [][]string) func(Rows) error {
	return func(add Rows) error {
		for _, row := range rows {
			if err := add(row...); err != nil {
				return err
			}
		}
		return nil
	}
}

func spoolCSV(c *fiber.Ctx, filename string, comma rune, mark string, write func(Rows) error) error {
	return Spool(c, filename, "text/csv; charset=utf-8", func(to io.Writer) error {
		if _, err := io.WriteString(to, mark); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
		w := csv.NewWriter(to)
		w.Comma, w.UseCRLF = comma, true
		var cells []string
		err := write(func(row ...string) error {
			cells = cells[:0]
			for _, cell := range row {
				cells = append(cells, quoteFormula(cell))
			}
			return w.Write(cells)
		})
		if err != nil {
			return err
		}
		w.Flush()
		return w.Error()
	})
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
