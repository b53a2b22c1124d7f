package ui

import "time"

// sampleMoment is a fixed date, so that the style page never changes by itself.
func sampleMoment() time.Time { return time.Date(2026, 11, 30, 19, 0, 0, 0, time.UTC) }

// sampleTheme is what becomes of a colour.
func sampleTheme(color string) ThemeReport {
	_, _, _, report := Theme(color)
	return report
}
