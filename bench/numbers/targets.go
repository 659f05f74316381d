package main

// target is one line of the table: a figure of one benchmark and what it has to reach.
type target struct {
	what string
	// benchmark is the full name, without "Benchmark" and without the number of processors; unit is the metric's, in which benchfmt has made ns into sec and MB into B.
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

	{"start from image + first answer, JavaScript", "NodeJSStart", "image-median-us", 1e-3, "ms", 0.35, false},
	{"start from image + first answer, PHP", "InterpreterStart/PHP", "ms-image", 1, "ms", 0.8, false},
	{"start from image + first answer, Python", "InterpreterStart/Python", "ms-image", 1, "ms", 1.7, false},
	{"start from image + first answer, Ruby", "InterpreterStart/Ruby", "ms-image", 1, "ms", 2.5, false},
	{"start by reset + first answer, JavaScript", "NodeJSStart", "reset-median-us", 1e-3, "ms", 0.15, false},
	{"start by reset + first answer, PHP", "InterpreterStart/PHP", "ms-reset", 1, "ms", 0.4, false},
	{"start by reset + first answer, Python", "InterpreterStart/Python", "ms-reset", 1, "ms", 0.8, false},
	{"the program node / start from image", "NodeJSStart", "node/image", 1, "x", 20, true},
	{"the program php / start from image", "InterpreterStart/PHP", "process/image", 1, "x", 20, true},
	{"the program python3 / start from image", "InterpreterStart/Python", "process/image", 1, "x", 20, true},
	{"the program ruby / start from image", "InterpreterStart/Ruby", "process/image", 1, "x", 20, true},
	{"warm event with JSON, JavaScript", "NodeJSWarm/callback", "median-us", 1, "us", 30, false},
	{"warm event with JSON, PHP", "InterpreterWarm/PHP", "us-event", 1, "us", 30, false},
	{"warm event with JSON, Python", "InterpreterWarm/Python", "us-event", 1, "us", 150, false},
	{"checks on / off, JavaScript, recursion", "NodeJSChecks/fib", "ratio", 1, "x", 1.1, false},
	{"checks on / off, JavaScript, loop", "NodeJSChecks/loop", "ratio", 1, "x", 1.1, false},
	{"checks on / off, JavaScript, strings", "NodeJSChecks/strings", "ratio", 1, "x", 1.1, false},
	{"checks on / off, JavaScript, objects", "NodeJSChecks/objects", "ratio", 1, "x", 1.1, false},
	{"user code, with capture and checks / as shipped, Python, recursion", "InterpreterChecks/Python", "recursion-ratio", 1, "x", 1.15, false},
	{"user code, with capture and checks / as shipped, Python, loop", "InterpreterChecks/Python", "loop-ratio", 1, "x", 1.15, false},
	{"user code, with capture and checks / as shipped, Python, strings", "InterpreterChecks/Python", "strings-ratio", 1, "x", 1.15, false},
	{"user code, with capture and checks / as shipped, Python, objects", "InterpreterChecks/Python", "objects-ratio", 1, "x", 1.15, false},
	{"user code, with capture and checks / as shipped, PHP, recursion", "InterpreterChecks/PHP", "recursion-ratio", 1, "x", 1.1, false},
	{"user code, with capture and checks / as shipped, PHP, loop", "InterpreterChecks/PHP", "loop-ratio", 1, "x", 1.1, false},
	{"user code, with capture and checks / as shipped, PHP, strings", "InterpreterChecks/PHP", "strings-ratio", 1, "x", 1.1, false},
	{"user code, with capture and checks / as shipped, PHP, objects", "InterpreterChecks/PHP", "objects-ratio", 1, "x", 1.1, false},
	{"memory of its own of a paused instance, JavaScript", "NodeJSMemory", "1-private-KiB", 1. / 1024, "MiB", 0.35, false},
	{"memory of its own of a paused instance, PHP", "InterpreterPaused/PHP", "B-instance", 1e-6, "MiB", 0.8, false},
	{"memory of its own of a paused instance, Python", "InterpreterPaused/Python", "B-instance", 1e-6, "MiB", 1.5, false},
	{"memory of its own of a paused instance, Ruby", "InterpreterPaused/Ruby", "B-instance", 1e-6, "MiB", 2.2, false},
	{"growth of its memory by 100,000 events, JavaScript", "NodeJSMemory", "grown-KiB", 1, "KiB", 1024, false},
	{"growth of its memory by 100,000 events, PHP", "InterpreterWarm/PHP", "KB-grown", 1, "KiB", 1024, false},
	{"growth of its memory by 100,000 events, Python", "InterpreterWarm/Python", "KB-grown", 1, "KiB", 1024, false},
	{"growth of its memory by 100,000 events, Ruby", "InterpreterWarm/Ruby", "KB-grown", 1, "KiB", 1024, false},

	{"start of a server + first answer, Go's net/http", "ServerStart/Go", "fresh-median-us", 1e-3, "ms", 17, false},
	{"start of a server + first answer, C", "ServerStart/C", "fresh-median-us", 1e-3, "ms", 0.2, false},
	{"warm event of a server, Go's net/http", "ServerWarm/Go", "median-us", 1, "us", 310, false},
	{"warm event of a server, C", "ServerWarm/C", "median-us", 1, "us", 30, false},
	{"HTTP, Go's net/http as one instance / as a native process", "ServerHTTP", "guest/native", 1, "x", 0.1, true},
	{"processor time of a paused server in a second, Go's net/http", "ServerPaused/Go", "cpu-us/s/server", 1, "us", 5, false},
	{"processor time of a paused server in a second, C", "ServerPaused/C", "cpu-us/s/server", 1, "us", 5, false},
}
