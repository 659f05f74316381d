package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/lull-dev/lull/host/store/jetstream"
)

// storeFlags say where functions, services and what else must survive are kept.
type storeFlags struct {
	NATS            string `name:"nats" placeholder:"URL" help:"Keep functions and all else on these NATS servers with JetStream, which several lull servers may share, and not under --data: nats://HOST:PORT or tls://HOST:PORT, several with commas between; USER:PASSWORD@ or TOKEN@ may be before the host. Others can see command lines: better ${natsVariable}."`
	NATSCredentials string `name:"nats-credentials" placeholder:"FILE" help:"A user's credentials for --nats, as nsc writes them."`
	NATSNKey        string `name:"nats-nkey" placeholder:"FILE" help:"A user's nkey seed for --nats."`
	NATSCA          string `name:"nats-ca" placeholder:"FILE" help:"The certificates that a server of --nats must have one from, in PEM form."`
	NATSCert        string `name:"nats-cert" placeholder:"FILE" help:"A certificate to show to --nats, in PEM form, with --nats-key."`
	NATSKey         string `name:"nats-key" placeholder:"FILE" help:"Its key."`
	NATSReplicas    int    `name:"nats-replicas" default:"1" placeholder:"N" help:"How many servers of a NATS cluster keep each message (default 1)."`
}

// natsVariable names the servers of --nats, where there is no such flag.
const natsVariable = "LULL_NATS"

func (f *storeFlags) check(getenv func(string) string) error {
	f.NATS = cmp.Or(f.NATS, getenv(natsVariable))
	if f.NATS == "" && (f.NATSCredentials != "" || f.NATSNKey != "" || f.NATSCA != "" || f.NATSCert != "" || f.NATSKey != "") {
		return usagef("--nats-credentials, --nats-nkey, --nats-ca, --nats-cert and --nats-key go with --nats")
	}
	if f.NATSCredentials != "" && f.NATSNKey != "" {
		return usagef("--nats-credentials and --nats-nkey name two users")
	}
	if (f.NATSCert == "") != (f.NATSKey == "") {
		return usagef("--nats-cert and --nats-key go together")
	}
	if f.NATSReplicas < 1 || f.NATSReplicas > 5 {
		return usagef("--nats-replicas %d: expected 1 to 5", f.NATSReplicas)
	}
	return nil
}

// open opens the store on the servers of --nats, or in the data directory.
func (f *storeFlags) open(ctx context.Context, data *dataDir, log zerolog.Logger) (*jetstream.Store, error) {
	tell := func(message string) { log.Warn().Msg("store: " + message) }
	if f.NATS == "" {
		return jetstream.Open(ctx, data.store(), tell)
	}
	secure, err := f.tls()
	if err != nil {
		return nil, err
	}
	return jetstream.Connect(ctx, jetstream.Options{
		URL: f.NATS, Credentials: f.NATSCredentials, NKey: f.NATSNKey, TLS: secure, Replicas: f.NATSReplicas, Log: tell,
	})
}

// tls returns nil if no option asks for it.
func (f *storeFlags) tls() (*tls.Config, error) {
	if f.NATSCA == "" && f.NATSCert == "" {
		return nil, nil
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.NATSCA != "" {
		pem, err := os.ReadFile(f.NATSCA)
		if err != nil {
			return nil, fmt.Errorf("--nats-ca: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, usagef("--nats-ca %s: there is no certificate in it", f.NATSCA)
		}
	}
	if f.NATSCert != "" {
		pair, err := tls.LoadX509KeyPair(f.NATSCert, f.NATSKey)
		if err != nil {
			return nil, fmt.Errorf("--nats-cert and --nats-key: %w", err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}

// store is where functions and all else are kept.
func (d *dataDir) store() string { return filepath.Join(d.path, "store") }
