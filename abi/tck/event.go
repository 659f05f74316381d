package tck

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

// sizes of events in bytes. 6 MiB is the limit of the original platform.
var sizes = []int{0, 1, 1 << 20, 6 << 20}

func (k *kit) event(t *testing.T) {
	for _, size := range sizes {
		event := noise(size)
		t.Run(fmt.Sprintf("of %d bytes is read whole", size), func(t *testing.T) {
			sameDigest(t, k.invoke(t, event).text(t), event)
		})
		t.Run(fmt.Sprintf("of %d bytes is the body of a request to the URL", size), func(t *testing.T) {
			sameDigest(t, k.request(t, http.MethodPost, "/", nil, event).text(t), event)
		})
		t.Run(fmt.Sprintf("payload of %d bytes comes back as the answer", size), func(t *testing.T) {
			// The case's name needs room in the largest event.
			payload := event[:max(0, min(size, 6<<20-64))]
			if !bytes.Equal(k.callWith(t, string(payload), "echo").body, payload) {
				t.Error("the answer is not the payload")
			}
			if !bytes.Equal(k.request(t, http.MethodPost, "/", nil, append([]byte("tck echo\n"), payload...)).body, payload) {
				t.Error("the answer on the URL is not the payload")
			}
		})
	}
	t.Run("is read in pieces, last first", func(t *testing.T) {
		k.need(t, "pieces")
		for _, size := range []int{1, 7, 4096} {
			event := event(string(noise(10_000)), "pieces %d", size)
			equal(t, fmt.Sprintf("pieces of %d bytes", size), k.invoke(t, event).text(t), digest(event)+" 0 0")
		}
	})
}

// noise is the same bytes for the same size, never the beginning of a case.
func noise(size int) []byte {
	random := rand.NewChaCha8([32]byte{'l', 'u', 'l', 'l'})
	p := make([]byte, size)
	random.Read(p)
	if size > 0 {
		p[0] = 0
	}
	return p
}

// sameDigest wants the answer to an event: its length and either hash.
func sameDigest(t *testing.T, have string, event []byte) {
	t.Helper()
	want := digest(event)
	if strings.Contains(have, " sha256:") {
		want = fmt.Sprintf("%d sha256:%x", len(event), sha256.Sum256(event))
	}
	equal(t, "length and hash", have, want)
}

func digest(p []byte) string {
	h := fnv.New32a()
	h.Write(p)
	return fmt.Sprintf("%d %08x", len(p), h.Sum32())
}
