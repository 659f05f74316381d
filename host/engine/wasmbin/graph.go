package wasmbin

import "slices"

// graph is the call graph. Its nodes are the module's own functions, and behind
// them one node for each function type: a call through a table or a reference
// leads to its type's node, and from there to every function of that type that
// is exported or whose reference is taken anywhere.
//
// Calls to imports are no edges: a host function comes back into the module
// only through a call of an export, which the host limits itself.
type graph struct {
	start []uint32 // function f calls edges[start[f]:start[f+1]], once per call site
	edges []uint32
	own   []uint32 // bytes that f runs at most in one go, but for its calls

	typeStart []uint32 // the same for the type nodes
	typeEdges []uint32

	checked bits     // functions with a check before they call anything, and within maxPrefix bytes
	cost    []uint32 // bytes that a call of a node runs at most before a check, or its end
}

func (g *graph) functions() int { return len(g.own) }

func (g *graph) calls(node uint32) []uint32 {
	if n := uint32(g.functions()); node >= n {
		node -= n
		return g.typeEdges[g.typeStart[node]:g.typeStart[node+1]]
	}
	return g.edges[g.start[node]:g.start[node+1]]
}

// link fills in what the type nodes lead to.
func (g *graph) link(t *transform) {
	g.typeStart = make([]uint32, len(t.types.list)+1)
	each := func(f func(typ, function uint32)) {
		for i := t.importedFuncs; i < len(t.funcs); i++ {
			if t.declared.has(uint32(i)) {
				f(t.types.list[t.funcs[i]].same, uint32(i-t.importedFuncs))
			}
		}
	}
	each(func(typ, _ uint32) { g.typeStart[typ+1]++ })
	for i := 1; i < len(g.typeStart); i++ {
		g.typeStart[i] += g.typeStart[i-1]
	}
	g.typeEdges = make([]uint32, g.typeStart[len(g.typeStart)-1])
	next := slices.Clone(g.typeStart)
	each(func(typ, function uint32) {
		g.typeEdges[next[typ]] = function
		next[typ]++
	})
}

// place decides which functions get a check, by one depth-first walk.
//
// Each cycle has an edge back to a node that the walk is still in. If that is
// a function, it gets a check; if it is a type, the caller gets it. So no cycle
// is without. Strongly connected components would say the same with a check in
// each of their functions; this takes fewer.
//
// Cycles are not all: a chain of functions that each call the next one twice
// runs 2^n steps without any. So a function that may run more than
// maxUnchecked bytes without a check gets one as well. What it calls is done
// before it, or has a check because of a cycle, so its cost is known in time.
//
// A check stands before the calls and not where the function begins, because
// recursion ends in calls that return early: half of those of a naive fib.
func (g *graph) place() {
	const (
		fresh = iota
		open
		done
	)
	nodes := g.functions() + len(g.typeStart) - 1
	g.cost = make([]uint32, nodes)
	for f := range g.functions() {
		g.cost[f] = maxPrefix + hostCost // what is asked about before it is done is part of a cycle
	}
	state := make([]uint8, nodes)
	type frame struct{ node, next uint32 }
	var path []frame
	for root := range g.functions() {
		if state[root] != fresh {
			continue
		}
		path = append(path, frame{node: uint32(root)})
		state[root] = open
		for len(path) > 0 {
			top := &path[len(path)-1]
			calls := g.calls(top.node)
			if int(top.next) == len(calls) {
				g.finish(top.node, calls)
				state[top.node] = done
				path = path[:len(path)-1]
				continue
			}
			callee := calls[top.next]
			top.next++
			switch state[callee] {
			case fresh:
				state[callee] = open
				path = append(path, frame{node: callee})
			case open:
				if int(callee) < g.functions() {
					g.checked.add(callee)
				} else {
					g.checked.add(top.node)
				}
			}
		}
	}
}

// finish computes the cost of a node from the costs of what it calls.
func (g *graph) finish(node uint32, calls []uint32) {
	if int(node) >= g.functions() {
		for _, c := range calls {
			g.cost[node] = max(g.cost[node], g.cost[c])
		}
		return
	}
	if g.checked.has(node) {
		return
	}
	sum := g.own[node]
	for _, c := range calls {
		if sum += g.cost[c]; sum > maxUnchecked {
			break
		}
	}
	if sum > maxUnchecked {
		g.checked.add(node)
		return
	}
	g.cost[node] = sum
}
