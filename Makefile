# `make run` starts lull with two sample functions, `make test` checks everything. Both need Go and make alone; what else the
# tests can use, .ci/toolchain gets where it may and names where it may not.

GO ?= go
BIN := bin/lull

# The module's packages. A guest's own package compiles for its own target, too.
PACKAGES := ./...
GUESTS := ./guests/go/...

# How long one package's tests may take, and one fuzz target of `make fuzz`.
TEST_TIMEOUT ?= 20m
FUZZ_TIME ?= 20s

# Where measurements leave their raw data, plots and pages. NAME_FLAGS goes to bench-NAME: make bench-peers PEERS_FLAGS='-rounds 5'.
BENCH_OUT ?= bin/bench

.PHONY: help build run test test-long lint bench bench-peers bench-freezing bench-telemetry bench-scale bench-report fuzz clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

build: ## compile bin/lull
	$(GO) build -o $(BIN) ./cmd/lull

# exec: a signal to the recipe is a signal to lull.
run: build ## start the host on its default addresses with the sample functions; Ctrl-C stops it
	@exec $(BIN) serve --data .lull --events \
		--deploy counter=guests/go/example/counter \
		--deploy hello=guests/go/example/hello

test: ## check formatting, vet for three systems, and run all tests with the race detector
	@sh .ci/toolchain
	@$(MAKE) --no-print-directory lint
	@sh .ci/gotest -timeout $(TEST_TIMEOUT)

test-long: ## the same with 100 rounds of killing the server in place of 10
	LULL_CRASH_ROUNDS=100 $(MAKE) --no-print-directory test

lint: ## formatting and go vet, here and for the other systems
	@unformatted=$$(gofmt -l .); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet $(PACKAGES)
	GOOS=darwin $(GO) vet $(PACKAGES)
	GOOS=windows $(GO) vet $(PACKAGES)
	GOOS=wasip1 GOARCH=wasm $(GO) vet $(GUESTS)

bench: ## run the benchmarks, and print what they reached of what they have to
	@$(GO) run ./bench/numbers -v

bench-peers: ## measure lull beside wazero, wasmtime, Extism and bare handlers; files go to BENCH_OUT/peers
	cd bench/peers && $(GO) mod tidy && $(GO) vet . && $(GO) run . -out $(abspath $(BENCH_OUT))/peers $(PEERS_FLAGS)

bench-freezing: ## measure paused instances beside processes frozen with SIGSTOP or the cgroup freezer; files go to BENCH_OUT/freezing
	$(GO) run ./bench/freezing -out $(BENCH_OUT)/freezing $(FREEZING_FLAGS)

bench-telemetry: ## measure a function that sends metrics to a Pushgateway, with and without the hook; files go to BENCH_OUT/telemetry
	$(GO) run ./bench/telemetry -out $(BENCH_OUT)/telemetry $(TELEMETRY_FLAGS)

bench-scale: ## measure how latency and memory grow with instances, functions, payload and connections; files go to BENCH_OUT/scale
	$(GO) run ./bench/scale -out $(BENCH_OUT)/scale $(SCALE_FLAGS)

# What could not be measured is in the tables with its reason, and does not keep the rest from being written.
bench-report: ## all measurements, ten to fifteen minutes on an idle machine, and their figures into BENCHMARKS.md
	@mkdir -p $(BENCH_OUT)/numbers $(BENCH_OUT)/function
	@rm -f $(BENCH_OUT)/*/*.json
	$(GO) build -o $(BIN) ./cmd/lull
	-$(BIN) bench guests/go/example/counter guests/c/example/counter --plot $(BENCH_OUT)/function --json >$(BENCH_OUT)/function/function.json
	-@$(MAKE) --no-print-directory --keep-going bench-telemetry bench-scale bench-freezing bench-peers \
		TELEMETRY_FLAGS='-rounds 2' SCALE_FLAGS='-time 500ms' FREEZING_FLAGS='-rounds 2 -patience 45s' PEERS_FLAGS='-rounds 2 -time 200ms -starts 30'
	-$(GO) run ./bench/numbers -json $(BENCH_OUT)/numbers/numbers.json
	$(GO) run ./bench/document -in $(BENCH_OUT)

fuzz: ## run every fuzz target for FUZZ_TIME (20s)
	@set -e; grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$$file"); do \
			echo "$$file $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ_TIME) -fuzzminimizetime 1s "./$$(dirname "$$file")"; \
		done; \
	done

clean: ## delete what was built, and the data of `make run`
	rm -rf bin .lull
