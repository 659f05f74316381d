package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"
)

// secret is in every password and token here.
const secret = "s3cr3t"

// natsUser is one way to be let in by a nats-server, and others that it must refuse.
type natsUser struct {
	config string   // of the server
	good   []string // options of lull serve; ADDRESS is replaced
	bad    []natsRefusal
}

type natsRefusal struct {
	with  []string
	words []string
	code  int // 0: exitFailed
}

func TestNATS_LetsInWhoHasCredentials(t *testing.T) {
	denied := []string{"does not take these credentials"}
	for sentence, user := range map[string]natsUser{
		"a user with a password": {
			config: `authorization { user: lull, password: ` + secret + ` }`,
			good:   []string{"--nats", "nats://lull:" + secret + "@ADDRESS"},
			bad: []natsRefusal{
				{with: []string{"--nats", "nats://lull:other-" + secret + "@ADDRESS"}, words: denied},
				{with: []string{"--nats", "nats://ADDRESS"}, words: denied},
				{with: []string{"--nats", "nats://lull:" + secret + "%@ADDRESS"}, words: []string{"expected nats://HOST:PORT"}},
			},
		},
		"a token": {
			config: `authorization { token: ` + secret + ` }`,
			good:   []string{"--nats", "nats://" + secret + "@ADDRESS"},
			bad:    []natsRefusal{{with: []string{"--nats", "nats://other-" + secret + "@ADDRESS"}, words: denied}},
		},
		"an nkey":      nkeyUser(t),
		"a creds file": credsUser(t),
	} {
		t.Run(sentence, func(t *testing.T) {
			user.judge(t)
		})
	}
	t.Run("the environment may name the servers", func(t *testing.T) {
		nats := startNATS(t, "--user", "lull", "--pass", secret)
		s := &server{env: []string{natsVariable + "=nats://lull:" + secret + "@" + nats.Address}}
		s.start(t)
		s.lull(t, "deploy", "f", probe(t)).ok(t)
		require.NoDirExists(t, filepath.Join(s.data, "store"), "nothing is kept beside NATS")
	})
}

func TestNATS_TLS(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	cert, key := ca.issue(t, "127.0.0.1")
	config := func(more string) string {
		return fmt.Sprintf("tls { cert_file: '%s', key_file: '%s' %s }", cert, key, more)
	}
	clientCert, clientKey := ca.issue(t, "lull")
	strangeCert, strangeKey := stranger.issue(t, "lull")
	wrongName, wrongNameKey := ca.issue(t, "127.0.0.2")
	for sentence, user := range map[string]natsUser{
		"a server whose certificate is known": {
			config: config(""),
			good:   []string{"--nats", "tls://ADDRESS", "--nats-ca", ca.file},
			bad: []natsRefusal{
				{with: []string{"--nats", "tls://ADDRESS"}, words: []string{"certificate signed by unknown authority"}},
				{with: []string{"--nats", "nats://ADDRESS", "--nats-ca", stranger.file}, words: []string{"certificate signed by unknown authority"}},
				{with: []string{"--nats", "tls://ADDRESS", "--nats-ca", file(t, "empty.pem", nil)}, words: []string{"there is no certificate in it"}, code: exitUsage},
				{with: []string{"--nats", "tls://ADDRESS", "--nats-ca", "nowhere.pem"}, words: []string{"--nats-ca", "nowhere.pem"}},
			},
		},
		"a server with the name of another": {
			config: fmt.Sprintf("tls { cert_file: '%s', key_file: '%s' }", wrongName, wrongNameKey),
			bad:    []natsRefusal{{with: []string{"--nats", "tls://ADDRESS", "--nats-ca", ca.file}, words: []string{"certificate is valid for 127.0.0.2, not 127.0.0.1"}}},
		},
		"a server that asks for a certificate": {
			config: config(", ca_file: '" + ca.file + "', verify: true"),
			good:   []string{"--nats", "tls://ADDRESS", "--nats-ca", ca.file, "--nats-cert", clientCert, "--nats-key", clientKey},
			bad: []natsRefusal{
				{with: []string{"--nats", "tls://ADDRESS", "--nats-ca", ca.file}, words: []string{"wants one where there is none"}},
				{with: []string{"--nats", "tls://ADDRESS", "--nats-ca", ca.file, "--nats-cert", strangeCert, "--nats-key", strangeKey}, words: []string{"does not take this certificate"}},
				{with: []string{"--nats", "tls://ADDRESS", "--nats-ca", ca.file, "--nats-cert", clientCert, "--nats-key", strangeKey}, words: []string{"--nats-cert and --nats-key", "does not match"}},
				{with: []string{"--nats", "tls://ADDRESS", "--nats-ca", ca.file, "--nats-cert", clientCert}, words: []string{"go together"}, code: exitUsage},
			},
		},
		"a server without TLS": {
			config: "",
			bad:    []natsRefusal{{with: []string{"--nats", "tls://ADDRESS"}, words: []string{"secure connection not available"}}},
		},
	} {
		t.Run(sentence, func(t *testing.T) { user.judge(t) })
	}
}

// judge starts a server with the user's configuration and tries everything.
func (u natsUser) judge(t *testing.T) {
	config := file(t, "nats.conf", []byte(u.config))
	nats := startNATS(t, "-c", config)
	at := func(args []string) []string {
		var out []string
		for _, a := range args {
			out = append(out, strings.ReplaceAll(a, "ADDRESS", nats.Address))
		}
		return out
	}
	for _, b := range u.bad {
		if b.code == 0 {
			b.code = exitFailed
		}
		args := append([]string{"serve", "--api", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", t.TempDir()}, at(b.with)...)
		r := run(t, nil, "", args...)
		r.fails(t, b.code, b.words...)
		require.NotContains(t, r.stderr, secret)
		require.NotContains(t, r.stderr, "SU", "no seed")
	}
	if u.good == nil {
		return
	}
	s := serve(t, at(u.good)...)
	s.lull(t, "deploy", "f", probe(t)).ok(t)
	require.Equal(t, "ehello", s.lull(t, "invoke", "f", "-d", "ehello").ok(t))
	nats.Kill()
	nats.Start(t)
	soon(t, "it comes back by itself", func() bool { return run(t, []string{"LULL_API=" + s.api}, "", "rm", "f").code == 0 })
	soon(t, "and says so", func() bool { return strings.Contains(s.stderr.String(), "connected to NATS again, at "+nats.Address) })
	require.NotContains(t, s.stderr.String(), secret)
}

func nkeyUser(t *testing.T) natsUser {
	known, seed := newUser(t)
	_, other := newUser(t)
	denied := []string{"does not take these credentials"}
	return natsUser{
		config: "authorization { users: [ { nkey: " + known + " } ] }",
		good:   []string{"--nats", "nats://ADDRESS", "--nats-nkey", file(t, "user.nk", seed)},
		bad: []natsRefusal{
			{with: []string{"--nats", "nats://ADDRESS", "--nats-nkey", file(t, "other.nk", other)}, words: denied},
			{with: []string{"--nats", "nats://ADDRESS", "--nats-nkey", file(t, "none.nk", []byte(secret))}, words: []string{"none.nk"}},
			{with: []string{"--nats", "nats://ADDRESS", "--nats-nkey", "x", "--nats-credentials", "y"}, words: []string{"two users"}, code: exitUsage},
			{with: []string{"--nats-nkey", "x"}, words: []string{"go with --nats"}, code: exitUsage},
		},
	}
}

func newUser(t *testing.T) (public string, seed []byte) {
	pair, err := nkeys.CreateUser()
	require.NoError(t, err)
	public, err = pair.PublicKey()
	require.NoError(t, err)
	seed, err = pair.Seed()
	require.NoError(t, err)
	return public, seed
}

// credsUser has an operator whose server knows one account of it.
func credsUser(t *testing.T) natsUser {
	pair := func(create func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
		kp, err := create()
		require.NoError(t, err)
		public, err := kp.PublicKey()
		require.NoError(t, err)
		return kp, public
	}
	operator, operatorID := pair(nkeys.CreateOperator)
	account, accountID := pair(nkeys.CreateAccount)
	stranger, _ := pair(nkeys.CreateAccount)
	_, systemID := pair(nkeys.CreateAccount)
	systemJWT, err := jwt.NewAccountClaims(systemID).Encode(operator)
	require.NoError(t, err)
	operatorJWT, err := jwt.NewOperatorClaims(operatorID).Encode(operator)
	require.NoError(t, err)
	claims := jwt.NewAccountClaims(accountID)
	claims.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1, Streams: -1, Consumer: -1}
	accountJWT, err := claims.Encode(operator)
	require.NoError(t, err)
	creds := func(name string, of nkeys.KeyPair) string {
		id, seed := newUser(t)
		userJWT, err := jwt.NewUserClaims(id).Encode(of)
		require.NoError(t, err)
		text, err := jwt.FormatUserConfig(userJWT, seed)
		require.NoError(t, err)
		return file(t, name, text)
	}
	return natsUser{
		config: fmt.Sprintf("operator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload: { %s: %s, %s: %s }\n",
			operatorJWT, systemID, systemID, systemJWT, accountID, accountJWT),
		good: []string{"--nats", "nats://ADDRESS", "--nats-credentials", creds("good.creds", account)},
		bad: []natsRefusal{
			{with: []string{"--nats", "nats://ADDRESS", "--nats-credentials", creds("stranger.creds", stranger)}, words: []string{"does not take these credentials"}},
			{with: []string{"--nats", "nats://ADDRESS", "--nats-credentials", "nowhere.creds"}, words: []string{"nowhere.creds"}},
			{with: []string{"--nats", "nats://ADDRESS", "--nats-credentials", file(t, "empty.creds", []byte(secret))}, words: []string{"cannot connect to NATS"}},
		},
	}
}

// authority issues certificates.
type authority struct {
	file string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{}
	a.file, a.key = a.make(t, "ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	block, _ := pem.Decode(read(t, a.file))
	var err error
	a.cert, err = x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	return a
}

// issue writes a certificate for a name and its key.
func (a *authority) issue(t *testing.T, name string) (cert, key string) {
	template := &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	}
	cert, private := a.make(t, name, template)
	der, err := x509.MarshalECPrivateKey(private)
	require.NoError(t, err)
	return cert, file(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}

// make writes a certificate, which signs itself if there is none to sign it yet.
func (a *authority) make(t *testing.T, name string, template *x509.Certificate) (path string, key *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62))
	require.NoError(t, err)
	template.Subject = pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := template, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	return file(t, "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), key
}

func read(t *testing.T, path string) []byte {
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return content
}
