package fcapi

import (
	"net/url"
	"strings"

	"github.com/lull-dev/lull/host/fn"
)

// version begins the paths of Function Compute's interface.
const version = "2016-08-15"

// handler answers one request, or returns why not. It writes nothing before it is sure.
type handler func(*Server, *request) error

// route is one path and what it answers to each method.
type route struct {
	path    []string // "{service}", "{function}" and "{item}" stand for names
	methods map[string]handler
	any     handler           // for all methods; nil: there is one for each
	body    func(*Server) int // the most bytes of a body; nil: smallBody
	access  access
	// draining: it is answered during a Drain, too.
	draining bool
}

func at(path string, body func(*Server) int, methods map[string]handler) route {
	return route{path: strings.Split(path[1:], "/"), methods: methods, body: body, access: signers}
}

func (r route) to(who access) route {
	r.access = who
	return r
}

// always sets draining.
func (r route) always() route {
	r.draining = true
	return r
}

// routes is all there is.
var routes = []route{
	at("/2016-08-15/services", nil, map[string]handler{"GET": (*Server).listServices, "POST": (*Server).createService}),
	at("/2016-08-15/services/{service}", nil, map[string]handler{
		"GET": (*Server).getService, "PUT": (*Server).updateService, "DELETE": (*Server).deleteService,
	}),
	at("/2016-08-15/services/{service}/bindings", nil, map[string]handler{"GET": (*Server).bindings}),
	at("/2016-08-15/services/{service}/versions", nil, map[string]handler{"GET": (*Server).listVersions, "POST": (*Server).publishVersion}),
	at("/2016-08-15/services/{service}/versions/{item}", nil, map[string]handler{"DELETE": (*Server).deleteVersion}),
	at("/2016-08-15/services/{service}/aliases", nil, map[string]handler{"GET": (*Server).listAliases, "POST": (*Server).createAlias}),
	at("/2016-08-15/services/{service}/aliases/{item}", nil, map[string]handler{
		"GET": (*Server).getAlias, "PUT": (*Server).updateAlias, "DELETE": (*Server).deleteAlias,
	}),
	at("/2016-08-15/services/{service}/functions", (*Server).codeBody, map[string]handler{
		"GET": (*Server).listFunctions, "POST": (*Server).createFunction,
	}),
	at("/2016-08-15/services/{service}/functions/{function}", (*Server).codeBody, map[string]handler{
		"GET": (*Server).getFunction, "PUT": (*Server).updateFunction, "DELETE": (*Server).deleteFunction,
	}),
	at("/2016-08-15/services/{service}/functions/{function}/invocations", (*Server).eventBody, map[string]handler{"POST": (*Server).invoke}),
	at("/2016-08-15/services/{service}/functions/{function}/instances", nil, map[string]handler{"GET": (*Server).listInstances}),

	at("/2016-08-15/services/{service}/functions/{function}/code", nil, map[string]handler{"GET": (*Server).getCode}),
	at("/2016-08-15/services/{service}/functions/{function}/triggers", nil, map[string]handler{
		"GET": (*Server).listTriggers, "POST": (*Server).createTrigger,
	}),
	at("/2016-08-15/services/{service}/functions/{function}/triggers/{item}", nil, map[string]handler{
		"GET": (*Server).getTrigger, "PUT": (*Server).updateTrigger, "DELETE": (*Server).deleteTrigger,
	}),
	at("/2016-08-15/services/{service}/functions/{function}/provision-config", nil, map[string]handler{
		"GET": (*Server).getProvision, "PUT": (*Server).putProvision,
	}),
	at("/2016-08-15/provision-configs", nil, map[string]handler{"GET": (*Server).listProvisions}),
	at("/2016-08-15/services/{service}/functions/{function}/on-demand-config", nil, map[string]handler{
		"GET": (*Server).getOnDemand, "PUT": (*Server).putOnDemand, "DELETE": (*Server).deleteOnDemand,
	}),
	at("/2016-08-15/on-demand-configs", nil, map[string]handler{"GET": (*Server).listOnDemands}),
	at("/2016-08-15/services/{service}/functions/{function}/async-invoke-config", nil, map[string]handler{
		"GET": (*Server).getAsync, "PUT": (*Server).putAsync, "DELETE": (*Server).deleteAsync,
	}),
	at("/2016-08-15/services/{service}/functions/{function}/async-invoke-configs", nil, map[string]handler{"GET": (*Server).listAsync}),
	at("/_lull/code/{item}", nil, map[string]handler{"GET": (*Server).fetchCode}).to(everybody),

	at("/healthz", nil, map[string]handler{"GET": (*Server).health, "HEAD": (*Server).health}).to(everybody).always(),
	at("/readyz", nil, map[string]handler{"GET": (*Server).ready, "HEAD": (*Server).ready}).to(everybody).always(),
	at("/metrics", nil, map[string]handler{"GET": (*Server).exposeMetrics}).to(scrapers).always(),
	at("/_lull/info", nil, map[string]handler{"GET": (*Server).info}),
	at("/_lull/runtimes", nil, map[string]handler{"GET": (*Server).runtimes}),
	at("/_lull/functions", nil, map[string]handler{"GET": (*Server).overview}),
	at("/_lull/instances", nil, map[string]handler{"GET": (*Server).instances}),
	at("/_lull/logs", nil, map[string]handler{"GET": (*Server).logs}),
	at("/_lull/async", nil, map[string]handler{"GET": (*Server).asyncInvocations}),
	at("/_lull/requests", nil, map[string]handler{"GET": (*Server).requests}),
	at("/_lull/usage", nil, map[string]handler{"GET": (*Server).usage}),
	at("/_lull/stop", nil, map[string]handler{"POST": (*Server).stop}),
	at("/_lull/inspect", (*Server).codeBody, map[string]handler{"POST": (*Server).inspect}),
}

// names are the parts of a path that stand for something.
type names struct {
	service   string
	qualifier string // what follows the first dot; empty if there is no dot
	function  string
	item      string // of a version, an alias or a trigger
}

// match finds the route of a path, or nil. Repeated slashes count as one, since clients make them out of endpoints that end in "/". Segments
// are percent-decoded once. The error is a segment that cannot be decoded.
func match(path string) (*route, names, error) {
	var segments []string
	for s := range strings.SplitSeq(path, "/") {
		if s == "" {
			continue
		}
		decoded, err := url.PathUnescape(s)
		if err != nil {
			return nil, names{}, fn.Errorf(fn.CodeInvalidArgument, "the path is not percent-encoded: %w", err)
		}
		segments = append(segments, decoded)
	}
	if n, ok := matchProxy(segments); ok {
		return &proxied, n, nil
	}
	for i := range routes {
		if n, ok := routes[i].match(segments); ok {
			return &routes[i], n, nil
		}
	}
	return nil, names{}, nil
}

func (r *route) match(segments []string) (n names, ok bool) {
	if len(segments) != len(r.path) {
		return n, false
	}
	for i, want := range r.path {
		switch got := segments[i]; want {
		case "{service}":
			n.service, n.qualifier, _ = strings.Cut(got, ".")
		case "{function}":
			n.function = got
		case "{item}":
			n.item = got
		case got:
		default:
			return n, false
		}
	}
	return n, true
}

// isVersioned reports whether a path belongs to Function Compute's interface.
func isVersioned(path string) bool {
	path = strings.TrimLeft(path, "/")
	return path == version || strings.HasPrefix(path, version+"/")
}
