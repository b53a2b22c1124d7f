package ui

import (
	"bytes"
	"context"
	"io"

	"github.com/a-h/templ"
)

// Actions is a row of buttons and links; nothing at all when there is none to
// show, so that no empty line is left.
func Actions() templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var inside bytes.Buffer
		if err := templ.GetChildren(ctx).Render(templ.ClearChildren(ctx), &inside); err != nil {
			return err
		}
		if len(bytes.TrimSpace(inside.Bytes())) == 0 {
			return nil
		}
		_, err := io.WriteString(w, `<div class="actions">`+inside.String()+`</div>`)
		return err
	})
}
