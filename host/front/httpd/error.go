package httpd

import (
	"encoding/json"
	"errors"
	"net"

	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fn"
)

// ErrorBody is what a caller gets when the host, not the guest, says no.
type ErrorBody struct {
	ErrorCode    fn.Code
	ErrorMessage string
}

// WriteError makes err the answer. An error that is not an *fn.Error is a fault of the host: the caller is told to look at the log, where
// it is written.
func (s *Server) WriteError(ctx *fasthttp.RequestCtx, id fn.RequestID, err error) {
	s.WriteStatus(ctx, s.cfg.Status(fn.CodeOf(err)), id, err)
}

// WriteStatus is WriteError with a status of its own.
func (s *Server) WriteStatus(ctx *fasthttp.RequestCtx, status int, id fn.RequestID, err error) {
	body := ErrorBody{ErrorCode: fn.CodeInternal}
	if e, ok := errors.AsType[*fn.Error](err); ok {
		body = ErrorBody{e.Code, e.Message}
	} else {
		body.ErrorMessage = "the host failed; its log says why under request id " + id.String()
		s.cfg.Log.Error().Err(err).Stringer("requestId", id).Msg("request failed")
	}
	text, _ := json.Marshal(body) // strings only: cannot fail
	SetRequestID(ctx, id)
	ctx.SetStatusCode(status)
	ctx.SetContentType("application/json")
	ctx.SetBody(text)
}

// SetRequestID sets the header that every answer has. It does not allocate.
func SetRequestID(ctx *fasthttp.RequestCtx, id fn.RequestID) {
	var buf [36]byte
	ctx.Response.Header.SetBytesV(fn.HeaderRequestID, id.Append(buf[:0]))
}

// unreadable answers a request that could not be read to its end. fasthttp closes the connection afterwards.
func (s *Server) unreadable(ctx *fasthttp.RequestCtx, err error) {
	if c, ok := ctx.Conn().(*conn); ok {
		c.linger.Store(true)
	}
	ctx.Response.Reset()
	ctx.Response.SkipBody = ctx.IsHead()
	s.WriteError(ctx, fn.NewRequestID(), s.classify(ctx, err))
}

// classify says what was wrong with a request in terms of its sender.
func (s *Server) classify(ctx *fasthttp.RequestCtx, err error) error {
	if errors.Is(err, fasthttp.ErrBodyTooLarge) {
		limit, err := s.cfg.MaxBody(&ctx.Request.Header)
		if err != nil {
			return err
		}
		return TooLarge(limit)
	}
	if _, ok := errors.AsType[*fasthttp.ErrSmallBuffer](err); ok {
		return fn.Errorf(fn.CodeInvalidArgument, "request line and headers exceed %d bytes", MaxHeadBytes)
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return fn.Errorf(fn.CodeRequestTimeout, "the request did not arrive within %s", s.cfg.ReadTimeout)
	}
	return fn.Errorf(fn.CodeInvalidArgument, "the request is not sound HTTP: %w", err)
}

// TooLarge is the error for a body over its limit in bytes.
func TooLarge(limit int) error {
	return fn.Errorf(fn.CodeEntityTooLarge, "payload size exceeds maximum allowed size (%d bytes)", limit)
}
