package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"parvis/app/i18n"
)

// merge returns attrs with those of the caller on top.
func merge(attrs, more templ.Attributes) templ.Attributes {
	for name, value := range more {
		attrs[name] = value
	}
	return attrs
}

// set adds the attributes that have something to say.
func set(attrs templ.Attributes, pairs ...string) templ.Attributes {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			attrs[pairs[i]] = pairs[i+1]
		}
	}
	return attrs
}

// flag adds the boolean attributes that hold.
func flag(attrs templ.Attributes, names map[string]bool) templ.Attributes {
	for name, on := range names {
		if on {
			attrs[name] = true
		}
	}
	return attrs
}

// positive writes n, or nothing when it is not above zero.
func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// described is the value of aria-describedby for a control with a hint and an error.
func described(id, hint, wrong string) string {
	var ids []string
	if hint != "" {
		ids = append(ids, id+"-hint")
	}
	if wrong != "" {
		ids = append(ids, id+"-error")
	}
	return strings.Join(ids, " ")
}

// choiceDescribed is described for a choice. The first choice of a group has
// the group's id: its own hint is named otherwise.
func choiceDescribed(id, hint, wrong string) string {
	ids := described(id, "", wrong)
	if hint != "" {
		ids = strings.TrimSpace(id + "-about " + ids)
	}
	return ids
}

// control is what every field has: name, id, state, and what describes it.
func control(id, name, hint, wrong string, required bool) templ.Attributes {
	id = orText(id, FieldID(name))
	attrs := templ.Attributes{"id": id, "name": name}
	set(attrs, "aria-describedby", described(id, hint, wrong))
	if wrong != "" {
		attrs["aria-invalid"] = "true"
	}
	if required {
		attrs["required"] = true
	}
	return attrs
}

func formAttrs(p FormProps) templ.Attributes {
	// The browser's own bubbles speak its language, not ours, and hide the
	// summary: the server says what is wrong.
	attrs := templ.Attributes{"method": orText(p.Method, "post"), "novalidate": true}
	set(attrs, "action", p.Action, "id", p.ID)
	if p.Multipart {
		attrs["enctype"] = "multipart/form-data"
	}
	if p.Unsaved {
		attrs["data-unsaved"] = true
	}
	merge(attrs, p.Attrs)
	delete(attrs, "class")
	return attrs
}

// formClass keeps the classes the caller adds.
func formClass(p FormProps) string {
	if more, ok := p.Attrs["class"].(string); ok {
		return "form " + more
	}
	return "form"
}

func buttonClass(kind Kind, large, wide, iconOnly bool) string {
	class := "button button-" + string(kind.or(Primary))
	if large {
		class += " button-large"
	}
	if wide {
		class += " button-wide"
	}
	if iconOnly {
		class += " button-icon"
	}
	return class
}

func buttonAttrs(ctx context.Context, p ButtonProps) templ.Attributes {
	attrs := templ.Attributes{"type": orText(p.Type, "submit")}
	set(attrs, "name", p.Name, "form", p.Form, "formaction", p.Formaction)
	if p.Name != "" {
		attrs["value"] = p.Value
	}
	if p.Hold {
		attrs["data-hold"], attrs["data-again"] = i18n.T(ctx, "ui.hold"), i18n.T(ctx, "ui.hold.again")
		attrs["value"], attrs["data-held"] = "", p.Value
	}
	flag(attrs, map[string]bool{"disabled": p.Disabled})
	return merge(attrs, p.Attrs)
}

func fieldAttrs(p FieldProps) templ.Attributes {
	attrs := control(p.ID, p.Name, p.Hint, p.Error, p.Required)
	attrs["type"] = orText(p.Type, "text")
	attrs["value"] = p.Value
	set(attrs, "autocomplete", p.Autocomplete, "inputmode", p.InputMode, "placeholder", p.Placeholder,
		"pattern", p.Pattern, "min", p.Min, "max", p.Max, "step", p.Step, "maxlength", positive(p.MaxLength))
	flag(attrs, map[string]bool{"readonly": p.ReadOnly, "disabled": p.Disabled, "autofocus": p.Autofocus})
	return merge(attrs, p.Attrs)
}

func textAreaAttrs(p TextAreaProps) templ.Attributes {
	attrs := control(p.ID, p.Name, p.Hint, p.Error, p.Required)
	attrs["rows"] = strconv.Itoa(max(p.Rows, 0))
	if p.Rows <= 0 {
		attrs["rows"] = "6"
	}
	set(attrs, "maxlength", positive(p.MaxLength))
	return merge(attrs, p.Attrs)
}

func selectAttrs(p SelectProps) templ.Attributes {
	attrs := control(p.ID, p.Name, p.Hint, p.Error, p.Required)
	if p.AutoSubmit {
		attrs["data-auto-submit"] = true
	}
	return merge(attrs, p.Attrs)
}

func fileAttrs(p FileProps) templ.Attributes {
	attrs := control(p.ID, p.Name, p.Hint, p.Error, p.Required)
	set(attrs, "accept", p.Accept)
	return flag(attrs, map[string]bool{"multiple": p.Multiple})
}

// choiceID is the id of a lone choice.
func choiceID(p ChoiceProps) string { return orText(p.ID, FieldID(p.Name)) }

// optionID is the id of the n-th choice of a group: the first one has the
// group's own, so that the error summary leads to it.
func optionID(group string, n int) string {
	if n == 0 {
		return group
	}
	return group + "-" + strconv.Itoa(n)
}

func choiceAttrs(p ChoiceProps, describedBy string) templ.Attributes {
	attrs := templ.Attributes{"type": "radio", "name": p.Name, "value": p.Value}
	if p.Multiple {
		attrs["type"] = "checkbox"
	}
	set(attrs, "aria-describedby", describedBy)
	flag(attrs, map[string]bool{"checked": p.Checked, "required": p.Required, "disabled": p.Disabled})
	if p.Error != "" && p.Multiple {
		attrs["aria-invalid"] = "true"
	}
	return merge(attrs, p.Attrs)
}

// groupOptions are the group's choices, with its name, its type and what is chosen.
func groupOptions(p ChoiceGroupProps) []ChoiceProps {
	options := slices.Clone(p.Options)
	for i := range options {
		o := &options[i]
		o.Name, o.Multiple = p.Name, p.Multiple
		o.Checked = o.Checked || slices.Contains(p.Values, o.Value)
		// A required checkbox would have to be ticked itself: only radios say it.
		o.Required = p.Required && !p.Multiple
		if p.Multiple {
			o.Error = p.Error
		}
	}
	return options
}

func groupAttrs(p ChoiceGroupProps) templ.Attributes {
	attrs := templ.Attributes{}
	set(attrs, "aria-describedby", described(orText(p.ID, FieldID(p.Name)), p.Hint, p.Error), "data-max", positive(p.Max))
	if !p.Multiple {
		attrs["role"] = "radiogroup"
	}
	if p.Error != "" && !p.Multiple {
		attrs["aria-invalid"] = "true"
	}
	return attrs
}

type optionGroup struct {
	label   string
	options []Option
}

// grouped splits options where their group changes.
func grouped(options []Option) []optionGroup {
	var groups []optionGroup
	for _, o := range options {
		if n := len(groups); n > 0 && groups[n-1].label == o.Group {
			groups[n-1].options = append(groups[n-1].options, o)
			continue
		}
		groups = append(groups, optionGroup{o.Group, []Option{o}})
	}
	return groups
}
