// Package views holds the page of news.
package views

import (
	"context"

	"parvis/app/i18n"
	"parvis/app/ui"
)

// News is what the page shows.
type News struct {
	Items  []Item
	Unread int
	Older  bool   // further pages than the first
	Next   string // address of the next page; "" at the end
}

// Item is one notice.
type Item struct {
	Title, Text, Href, When string
	New                     bool
}

func (i Item) row(ctx context.Context) ui.RowProps {
	row := ui.RowProps{Title: i.Title, Href: i.Href, Summary: i.Text, Icon: "mail-open", Level: 2, Meta: []ui.Meta{{Icon: "clock", Text: i.When}}}
	if i.New {
		row.Icon = "mail"
		row.State = &ui.State{Word: i18n.T(ctx, "notify.new"), Tone: ui.Info, Icon: "bell"}
	}
	return row
}

func (n News) newest() string {
	if n.Older {
		return "/moi/nouvelles"
	}
	return ""
}
