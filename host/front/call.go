package front

import (
	"sync"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front/httpd"
)

// call is what one request needs. It is pooled: a warm request allocates nothing here.
type call struct {
	view    httpd.View
	req     fn.Request
	resp    fn.Response
	scratch [64]byte
}

var calls = sync.Pool{New: func() any { return new(call) }}

// release puts c back. Nothing of the request may be reachable from the pool.
func (c *call) release() {
	c.view, c.req = httpd.View{}, fn.Request{}
	c.resp.Reset()
	calls.Put(c)
}
