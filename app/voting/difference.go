package voting

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// rulesetKeys are the parts of a ruleset that may change from one version to
// the next, in the order they are told.
var rulesetKeys = []string{
	"question", "description", "options", "text", "method", "max_choices", "rule", "voter", "electorate", "list", "entitled",
	"paper", "room", "allow_change", "visibility", "release", "opens", "closes",
}

// Differences names what a version of the rules changes from the one before:
// keys of Ruleset, in order.
func Differences(before, after RulesetText) ([]string, error) {
	var was, is map[string]json.RawMessage
	for _, one := range []struct {
		text string
		into *map[string]json.RawMessage
	}{{before.Body, &was}, {after.Body, &is}} {
		if err := json.Unmarshal([]byte(one.text), one.into); err != nil {
			return nil, fmt.Errorf("read a version of the rules: %w", err)
		}
	}
	return slices.DeleteFunc(slices.Clone(rulesetKeys), func(key string) bool { return bytes.Equal(was[key], is[key]) }), nil
}
