// The guest of BenchmarkChecks/json: a real parser and writer, Go's own.
package main

import (
	"encoding/json"
	"fmt"
)

type order struct {
	ID    int               `json:"id"`
	Name  string            `json:"name"`
	Lines []line            `json:"lines"`
	Tags  map[string]string `json:"tags"`
}

type line struct {
	Article string  `json:"article"`
	Count   int     `json:"count"`
	Price   float64 `json:"price"`
}

var text = func() []byte {
	o := order{ID: 7, Name: "somebody", Tags: map[string]string{"a": "1", "b": "two"}}
	for i := range 20 {
		o.Lines = append(o.Lines, line{fmt.Sprintf("article \"%d\"", i), i, float64(i) * 1.25})
	}
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return b
}()

// json reads and writes the text n times, and returns its length.
//
//go:wasmexport json
func run(n int32) int32 {
	size := 0
	for range n {
		var o order
		if err := json.Unmarshal(text, &o); err != nil {
			panic(err)
		}
		b, err := json.Marshal(o)
		if err != nil {
			panic(err)
		}
		size = len(b)
	}
	return int32(size)
}

func main() {}
