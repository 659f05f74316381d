//go:build !wasip1

package lullhttp_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	lull "github.com/lull-dev/lull/guests/go/sdk"
	"github.com/lull-dev/lull/guests/go/sdk/lullhttp"
)

func TestTransport_SendsWhatAClientAsksFor(t *testing.T) {
	client := http.Client{Transport: lullhttp.Transport{}}
	lull.Handle(func(_ *lull.Context, event []byte) ([]byte, error) {
		resp, err := client.Post("http://a.example/start", "text/plain", strings.NewReader(string(event)))
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(resp.Body)
		return fmt.Appendf(body, " %s %s", resp.Status, resp.Header.Get("X-Last")), err
	})
	var sent []string
	out := lull.Simulate(lull.Simulation{Event: []byte("points"), Fetch: func(r *lull.FetchRequest) (*lull.FetchResponse, error) {
		sent = append(sent, fmt.Sprint(r.Method, " ", r.URL, " ", r.Headers, " ", string(r.Body), " ", r.KeepRedirects))
		if strings.HasSuffix(r.URL, "/start") {
			return &lull.FetchResponse{Status: 307, Headers: [][2]string{{"Location", "/next"}}}, nil
		}
		return &lull.FetchResponse{Status: 202, Headers: [][2]string{{"X-Last", "yes"}}, Body: []byte("stored")}, nil
	}})
	require.Nil(t, out.Err)
	require.Equal(t, "stored 202 Accepted yes", string(out.Body))
	require.Equal(t, "POST http://a.example/start [[Content-Type text/plain]] points true", sent[0])
	require.Contains(t, sent[1], "POST http://a.example/next ")
	require.Contains(t, sent[1], " points true")

	out = lull.Simulate(lull.Simulation{Event: []byte("points")})
	require.Contains(t, out.Err.Message, "denied: the simulation has no Fetch")
}
