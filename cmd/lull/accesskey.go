package main

import (
	"io/fs"
	"os"
	"runtime"

	"github.com/alecthomas/kong"

	"github.com/lull-dev/lull/host/fcapi/sign"
)

// keyVariable names access keys for the server and for the client commands, as in a key file.
const keyVariable = "LULL_ACCESS_KEY"

// keyFlags say which access keys there are. A server takes all of them; a client command signs with the first: of the flag, else of
// the file, else of the environment.
type keyFlags struct {
	AccessKey     accessKeys `placeholder:"ID:SECRET" help:"A key to sign requests with, or, for serve, one that requests may be signed with; serve takes several. Others can see command lines: better a file, or ${keyVariable}."`
	AccessKeyFile string     `type:"existingfile" placeholder:"FILE" help:"A file of such keys, one a line. Its owner alone may read it."`
}

// accessKeys collects a flag that may be given many times. What cannot be read is not repeated.
type accessKeys []sign.Key

// Decode adds a key.
func (a *accessKeys) Decode(ctx *kong.DecodeContext) error {
	t, err := ctx.Scan.PopValue("ID:SECRET")
	if err != nil {
		return err
	}
	k, err := sign.ParseKey(t.String())
	if err == nil {
		*a = append(*a, k)
	}
	return err
}

// keys returns all keys, the one to sign with first.
func (f keyFlags) keys(getenv func(string) string) ([]sign.Key, error) {
	list := append([]sign.Key{}, f.AccessKey...)
	if f.AccessKeyFile != "" {
		more, err := readKeys(f.AccessKeyFile)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	more, err := sign.ParseKeys(getenv(keyVariable))
	if err != nil {
		return nil, usagef("%s: %w", keyVariable, err)
	}
	return append(list, more...), nil
}

func readKeys(name string) ([]sign.Key, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, usagef("--access-key-file: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode()&0o007 != 0 {
		return nil, usagef("--access-key-file: everybody on this machine can use %s (mode %s); run chmod 600 on it", name, info.Mode()&fs.ModePerm)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, usagef("--access-key-file: %w", err)
	}
	keys, err := sign.ParseKeys(string(text))
	switch {
	case err != nil:
		return nil, usagef("--access-key-file %s: %w", name, err)
	case len(keys) == 0:
		return nil, usagef("--access-key-file %s holds no key", name)
	}
	return keys, nil
}

// serverKeys returns the keys of a server, nil if there are none.
func (p *program) serverKeys() (*sign.Keys, error) {
	if len(p.keys) == 0 {
		return nil, nil
	}
	set, err := sign.NewKeys(p.keys...)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return set, nil
}
