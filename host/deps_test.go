package host_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "github.com/lull-dev/lull"

// A name below is a package of this module, as a path under its root, or with a dot in its first part, or "std/" before it, one of elsewhere.
// It stands for all that is under it, too.

// never: no package of from needs one of to, not even through others. "host+" is package host and all of this module that it needs.
var never = []struct {
	from string
	to   []string
	why  string
}{
	{"host+", []string{"host/front", "host/fcapi", "host/metrics", "host/store/jetstream", "host/outbound", "cmd"}, "a program embeds the host without a server, an API or a command line"},
	{"host+", []string{"github.com/valyala/fasthttp", "std/net/http"}, "who embeds the host brings the server"},
	{"host+", []string{"github.com/nats-io"}, "state is in memory; what outlives the host is a store's, behind an interface"},
	{"host+", []string{"github.com/rs/zerolog", "github.com/prometheus/client_golang"}, "the host tells a listener what happens, and leaves writing it down to that"},
	{"host+", []string{"github.com/evanw/esbuild"}, "bundling is for a command"},
	{"host+", []string{"host/interpreters"}, "fetching and preparing is for a command; the host only finds what is there"},
	{"host+", []string{"github.com/alecthomas/kong", "github.com/schollz/progressbar/v3"}, "options are the command's"},
	{"host+", []string{"github.com/stretchr/testify", "std/testing"}, "tests stay tests"},
	{"host", []string{"bench"}, "what is measured does not know it"},
	{"host/pool", []string{"host/engine"}, "the pool is tested with guests that are no modules"},
	{"host/instance", []string{"host/engine", "host/pool"}, "an instance declares what an engine must bring; it does not know who picks it"},
	{"host/engine", []string{"host/pool", "host/registry"}, "the engine runs one call and knows of no other"},
	{"host/metrics", []string{"host/engine", "host/pool"}, "metrics are a listener, told by events alone"},
	{"host/outbound", []string{"host/engine", "host/registry"}, "a client of HTTP knows the words, not who runs"},
	{"host/front", []string{"host/fcapi", "host/metrics"}, "the data plane runs without the control API"},
	{"host/fcapi/client", []string{"host/engine", "github.com/valyala/fasthttp"}, "a client is not a server"},
	{"abi/tck", []string{"host", "guests"}, "the kit judges any host over HTTP, so it cannot know this one"},
	{"guests/go", []string{"host", "cmd"}, "a guest is compiled for another machine"},
	{"guests", []string{"host/engine", "host/interpreters", "host/front", "host/fcapi", "cmd"}, "building and packing needs no host"},
}

// only: to is imported by packages of by alone.
var only = []struct {
	to  string
	by  []string
	why string
}{
	{"github.com/tetratelabs/wazero", []string{"host/engine"}, "another engine comes behind the same interface"},
	{"golang.org/x/sys", []string{"host/engine"}, "memory is mapped in one place"},
	{"github.com/valyala/fasthttp", []string{"host/front", "host/fcapi", "bench"}, "they are the listeners; front/nethttp does without. Benchmarks speak HTTP with it, and measure it"},
	{"github.com/HdrHistogram/hdrhistogram-go", []string{"bench/latency"}, "distributions are of one sort"},
	{"gonum.org/v1/plot", []string{"bench/chart"}, "reports are drawn in one place"},
	{"github.com/prometheus/client_golang", []string{"host/metrics"}, "a listener among others"},
	{"github.com/rs/zerolog", []string{"host/front", "host/fcapi", "cmd/lull"}, "what the listeners and the program write about themselves"},
	{"github.com/nats-io", []string{"host/store/jetstream"}, "another store comes behind the same interface"},
	{"host/store/jetstream", []string{"cmd/lull"}, "which store it is, the program decides"},
	{"github.com/goccy/go-yaml", []string{"cmd/lull/syaml"}, "one format is read in one place"},
	{"github.com/alecthomas/kong", []string{"cmd/lull"}, "options are the command's"},
	{"github.com/fsnotify/fsnotify", []string{"cmd/lull"}, "looking at source is a command's"},
	{"github.com/evanw/esbuild", []string{"host/interpreters", "guests"}, "what bundles a program, and the packages beside an interpreter"},
	{"github.com/stretchr/testify", []string{"host/hosttest", "host/store/storetest", "bench/benchtest"}, "tests stay tests"},
	{"host/hosttest", nil, "tests stay tests"},
	{"host/internal/webguest", nil, "tests stay tests"},
	{"host/store/storetest", nil, "tests stay tests"},
	{"bench/benchtest", nil, "tests stay tests"},
}

// leaves need nothing of this module but what is named, and nothing of elsewhere.
var leaves = []struct {
	pkg string
	but []string
	why string
}{
	{"abi", nil, "hosts and kits of others can use the contract alone"},
	{"host/fn", []string{"abi"}, "the words that all others speak"},
	{"host/lifecycle", []string{"abi"}, "a pure table"},
	{"host/engine/wasmbin", nil, "bytes in, bytes out"},
	{"host/engine/http1", nil, "bytes in, bytes out"},
	{"host/interpreters/cstack", nil, "bytes in, bytes out"},
	{"host/store", nil, "who keeps things and who has them kept agree on this alone"},
	{"bench/latency", []string{"github.com/HdrHistogram/hdrhistogram-go"}, "what loads and reports share"},
	{"bench/process", nil, "it runs anything"},
	{"host/logs/query", nil, "a language, whatever the records are"},
	{"host/source", nil, "bytes in, a file system out"},
}

type listed struct {
	ImportPath string
	Doc        string
	Imports    []string // direct ones
	Deps       []string // all
}

// packages lists this module's packages.
func packages(t *testing.T) map[string]listed {
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Imports,Deps", "./...")
	cmd.Dir, cmd.Stderr = "..", os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	all := map[string]listed{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else {
			require.NoError(t, err)
		}
		all[p.ImportPath] = p
	}
}

// under reports whether path is the package that name stands for, or below it.
func under(path, name string) bool {
	switch first, _, _ := strings.Cut(name, "/"); {
	case first == "std":
		name = strings.TrimPrefix(name, "std/")
	case !strings.Contains(first, "."):
		name = root + "/" + name
	}
	return path == name || strings.HasPrefix(path, name+"/")
}

func underAny(path string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return under(path, name) })
}

// members are the packages that from stands for.
func members(all map[string]listed, from string) (paths []string) {
	name, closure := strings.CutSuffix(from, "+")
	for path := range all {
		if closure && (path == root+"/"+name || slices.Contains(all[root+"/"+name].Deps, path)) || !closure && under(path, name) {
			paths = append(paths, path)
		}
	}
	return paths
}

func TestImports_FormTheTree(t *testing.T) {
	all := packages(t)
	for _, r := range never {
		for _, path := range members(all, r.from) {
			for _, dep := range all[path].Deps {
				if underAny(dep, r.to) {
					t.Errorf("%s needs %s: %s", path, dep, r.why)
				}
			}
		}
	}
	for _, r := range only {
		for path, p := range all {
			for _, dep := range p.Imports {
				if under(dep, r.to) && !under(path, r.to) && !underAny(path, r.by) {
					t.Errorf("%s imports %s: %s", path, dep, r.why)
				}
			}
		}
	}
	for _, r := range leaves {
		for _, dep := range all[root+"/"+r.pkg].Imports {
			first, _, _ := strings.Cut(dep, "/")
			if strings.Contains(first, ".") && !underAny(dep, r.but) {
				t.Errorf("%s imports %s: %s", r.pkg, dep, r.why)
			}
		}
	}
}

func TestImports_TheTableNamesPackagesThatExist(t *testing.T) {
	all := packages(t)
	var names []string
	for _, r := range never {
		names = append(append(names, r.from), r.to...)
		require.NotEmpty(t, r.why)
	}
	for _, r := range only {
		names = append(append(names, r.to), r.by...)
		require.NotEmpty(t, r.why)
	}
	for _, r := range leaves {
		names = append(append(names, r.pkg), r.but...)
		require.NotEmpty(t, r.why)
	}
	for _, name := range names {
		if first, _, _ := strings.Cut(name, "/"); first == "std" || strings.Contains(first, ".") {
			continue
		}
		require.NotEmpty(t, members(all, name), "there is no package %s any more", name)
	}
}

func TestPackages_SayWhatTheyAre(t *testing.T) {
	for path, p := range packages(t) {
		require.NotEmpty(t, p.Doc, "%s has no package comment", path)
	}
}
