package files

import (
	"context"
	"strconv"

	"parvis/app/i18n"
)

// Size writes how heavy a file is: "340 ko", "1,2 Mo". A file of a few bytes
// weighs 1 ko.
func Size(ctx context.Context, bytes int64) string {
	const kilo, mega = 1000, 1000 * 1000
	if bytes < mega-kilo/2 {
		return i18n.T(ctx, "files.kilobytes", "Size", i18n.Number(ctx, max(1, (bytes+kilo/2)/kilo)))
	}
	tenths := (bytes + mega/20) / (mega / 10)
	text := i18n.Number(ctx, tenths/10)
	if tenths < 100 && tenths%10 != 0 {
		text = i18n.T(ctx, "files.decimal", "Whole", text, "Tenth", strconv.FormatInt(tenths%10, 10))
	}
	return i18n.T(ctx, "files.megabytes", "Size", text)
}
