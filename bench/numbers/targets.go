package main

// target is one line of the table: a figure of one benchmark and what it has to reach.
type target struct {
	what string
	// benchmark is the full name, without "Benchmark" and without the number of processors; unit is the metric's.
	benchmark, unit string
	// scale makes the metric into the unit that is shown.
	scale float64
	shown string
	// bound is the figure to reach: at most, or, with atLeast, at least.
	bound   float64
	atLeast bool
}

// targets in the order of the table. See SPECIFICATION.md for what each benchmark does.
var targets = []target{
	{"start from image + first answer, C", "Start/C", "image-median-us", 1, "us", 20, false},
	{"start from image + first answer, Go", "Start/Go", "image-median-us", 1, "us", 40, false},
	{"start by reset + first answer, C", "Start/C", "reset-median-us", 1, "us", 15, false},
	{"start by reset + first answer, Go", "Start/Go", "reset-median-us", 1, "us", 30, false},
	{"checks on / off, tight loop", "Checks/loop", "on/off", 1, "x", 1.05, false},
	{"checks on / off, recursion", "Checks/fib", "on/off", 1, "x", 1.25, false},
	{"checks on / off, parser", "Checks/json", "on/off", 1, "x", 1.10, false},
	{"warm call with deadline, 100 bytes, host's part", "WarmCall/probe", "sec/op", 1e6, "us", 0.4, false},
	{"warm call with deadline, 100 bytes, C", "WarmCall/C", "sec/op", 1e6, "us", 0.4, false},
	{"warm call with deadline, 100 bytes, Go", "WarmCall/Go", "sec/op", 1e6, "us", 1.5, false},
	{"allocations of it, C", "WarmCall/C", "allocs/op", 1, "", 0, false},
	{"allocations of it, Go", "WarmCall/Go", "allocs/op", 1, "", 0, false},
	{"pause + resume, empty preFreeze", "PauseResume/empty-preFreeze", "sec/op", 1e6, "us", 5, false},
	{"10,000 paused instances, each, resident, C", "PausedMemory/C", "resident-KiB/instance", 1, "KiB", 64, false},
	{"10,000 paused instances, each, resident, Go", "PausedMemory/Go", "resident-KiB/instance", 1, "KiB", 320, false},
	{"warm HTTP, Go with both hooks / bare fasthttp", "WarmHTTP", "hooks/bare", 1, "x", 0.80, true},
	{"HTTP, isolation fresh / serial, Go", "WarmHTTP", "fresh/no-hooks", 1, "x", 0.4, true},
	{"transform of a 14 MB module", "Transform", "sec/op", 1, "s", 0.15, false},
	{"a spinning guest stops late by, loop", "Deadline/loop", "late-max-ms", 1, "ms", 10, false},
	{"a spinning guest stops late by, bulk", "Deadline/bulk", "late-max-ms", 1, "ms", 10, false},
	{"a spinning guest stops late by, recursion", "Deadline/recursion", "late-max-ms", 1, "ms", 10, false},
	{"a spinning guest stops late by, deep recursion", "Deadline/deep", "late-max-ms", 1, "ms", 10, false},
	{"a collection beside a spinning guest waits", "Collection", "beside-max-ms", 1, "ms", 15, false},
	{"neighbours' p99 beside spinning guests / alone", "Neighbours", "beside/alone", 1, "x", 2, false},
}
