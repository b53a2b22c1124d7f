package agenda

import (
	"time"

	"parvis/app/module"
)

// day is a day of the town with what happens in it.
type day struct {
	At      time.Time // its first moment
	Outside bool      // of another month than the one shown
	Entries []module.CalendarEntry
}

// monday is the first day of the week of a day.
func monday(at time.Time) time.Time {
	return nextDay(at, -(int(at.Weekday())+6)%7)
}

// monthDays are the days of the weeks that a month touches, from a Monday to a
// Sunday. first is the first moment of the month.
func monthDays(first time.Time) []day {
	var days []day
	end := time.Date(first.Year(), first.Month()+1, 1, 0, 0, 0, 0, first.Location())
	for at := monday(first); at.Before(end) || at.Weekday() != time.Monday; at = nextDay(at, 1) {
		days = append(days, day{At: at, Outside: at.Month() != first.Month()})
	}
	return days
}

// weekDays are the seven days from a Monday on.
func weekDays(first time.Time) []day {
	days := make([]day, 7)
	for i := range days {
		days[i].At = nextDay(first, i)
	}
	return days
}

// fill puts each entry in every day that it touches.
func fill(days []day, entries []module.CalendarEntry) {
	for i := range days {
		next := nextDay(days[i].At, 1)
		for _, e := range entries {
			starts := e.Starts.Before(next)
			goesOn := e.Ends.After(days[i].At) || !e.Starts.Before(days[i].At)
			if starts && goesOn {
				days[i].Entries = append(days[i].Entries, e)
			}
		}
	}
}
