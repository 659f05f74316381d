package main

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// word decodes a string as it was given. Kong's own way goes through JSON, which replaces bytes that are not UTF-8.
func word(ctx *kong.DecodeContext, target reflect.Value) error {
	t, err := ctx.Scan.PopValue("string")
	if err == nil {
		target.SetString(t.String())
	}
	return err
}

// pairs collects a flag of the form KEY=VALUE that may be given many times. Unlike kong's own maps it leaves separators
// and backslashes in the value alone.
type pairs map[string]string

// Decode adds one pair.
func (m *pairs) Decode(ctx *kong.DecodeContext) error {
	t, err := ctx.Scan.PopValue("KEY=VALUE")
	if err != nil {
		return err
	}
	key, value, ok := strings.Cut(t.String(), "=")
	if !ok || key == "" {
		return fmt.Errorf("expected KEY=VALUE, not %q", t)
	}
	if *m == nil {
		*m = pairs{}
	}
	(*m)[key] = value
	return nil
}
