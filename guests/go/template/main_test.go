//go:build !wasip1

package main

import (
	"testing"

	lull "github.com/lull-dev/lull/guests/go/sdk"
)

func TestGreet_SaysHello(t *testing.T) {
	out := lull.Simulate(lull.Simulation{Event: []byte("Ada")})
	if out.Err != nil || string(out.Body) != "hello Ada\n" {
		t.Fatalf("got %q, %v", out.Body, out.Err)
	}
}

func TestGreet_WantsAName(t *testing.T) {
	if out := lull.Simulate(lull.Simulation{}); out.Err == nil {
		t.Fatal("an empty event was greeted")
	}
}
