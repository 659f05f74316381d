// Package bench measures lull. It has benchmarks only:
//
//	go test -run '^$' -bench . -benchmem ./bench/
//
// Figures in SPECIFICATION.md come from here. Ratios are of rounds that took turns in one run.
package bench
