// Command guest exercises a bit of everything that Go compiles to: its output
// must be the same before and after the transform.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
)

type tree struct {
	Name     string         `json:"name"`
	Size     float64        `json:"size"`
	Tags     map[string]int `json:"tags,omitempty"`
	Children []*tree        `json:"children,omitempty"`
}

func grow(depth int) *tree {
	t := &tree{Name: strings.Repeat("x", depth), Size: 1 / float64(depth+1), Tags: map[string]int{"d": depth}}
	for range depth {
		t.Children = append(t.Children, grow(depth-1))
	}
	return t
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func recovered() (s string) {
	defer func() { s = fmt.Sprint(recover()) }()
	var m map[string]int
	m["x"] = 1
	return "unreachable"
}

func main() {
	text, err := json.Marshal(grow(5))
	if err != nil {
		panic(err)
	}
	var back tree
	if err := json.Unmarshal(text, &back); err != nil {
		panic(err)
	}
	fmt.Println(len(text), back.Children[4].Name, fib(20), recovered())

	var mu sync.Mutex
	var wg sync.WaitGroup
	var got []string
	ch := make(chan int)
	for i := range 8 {
		wg.Go(func() {
			n := <-ch
			mu.Lock()
			defer mu.Unlock()
			got = append(got, fmt.Sprintf("%d:%v", n, i < 8))
		})
	}
	for i := range 8 {
		ch <- i
	}
	wg.Wait()
	sort.Strings(got)
	fmt.Println(got, len(os.Args), os.Getenv("NAME"))
	os.Exit(3)
}
