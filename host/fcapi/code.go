package fcapi

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"strings"

	"github.com/lull-dev/lull/host/fn"
)

// codeInput is a code package. ZipFile is base64 of a zip file that holds one .wasm file or a source tree, or of the module itself.
type codeInput struct {
	ZipFile       []byte  `json:"zipFile"`
	OSSBucketName *string `json:"ossBucketName"`
	OSSObjectName *string `json:"ossObjectName"`
}

// read takes the code out of the package: the module, or the zip file as it is if the runtime has an interpreter and there is more in it than a
// module. limit is the largest size of either in bytes.
func (in *codeInput) read(limit int, interpreted bool) ([]byte, error) {
	oss := value(in.OSSBucketName) != "" || value(in.OSSObjectName) != ""
	switch {
	case oss && in.ZipFile != nil:
		return nil, fn.Errorf(fn.CodeInvalidArgument, "code has both zipFile and an OSS object; exactly one is allowed")
	case oss:
		return nil, fn.Errorf(fn.CodeInvalidArgument, "code in an object store is not available; send it as code.zipFile")
	case in.ZipFile == nil:
		return nil, fn.Errorf(fn.CodeInvalidArgument, "code.zipFile is required")
	case len(in.ZipFile) == 0:
		return nil, fn.Errorf(fn.CodeInvalidArgument, "code.zipFile is empty (0 bytes)")
	case bytes.HasPrefix(in.ZipFile, []byte("\x00asm")):
		if len(in.ZipFile) > limit {
			return nil, errCodeTooLarge("code.zipFile", limit)
		}
		return in.ZipFile, nil
	case !bytes.HasPrefix(in.ZipFile, []byte("PK")):
		return nil, fn.Errorf(fn.CodeInvalidArgument, "code.zipFile is neither a zip file nor a WebAssembly module: it begins with % x",
			in.ZipFile[:min(4, len(in.ZipFile))])
	}
	z, err := zip.NewReader(bytes.NewReader(in.ZipFile), int64(len(in.ZipFile)))
	if err != nil {
		return nil, fn.Errorf(fn.CodeInvalidArgument, "code.zipFile is not a sound zip file: %w", err)
	}
	if interpreted && !(len(z.File) == 1 && isModule(z.File[0])) {
		if len(in.ZipFile) > limit {
			return nil, errCodeTooLarge("code.zipFile", limit)
		}
		return in.ZipFile, nil
	}
	return unzip(z, limit)
}

func isModule(f *zip.File) bool {
	return strings.ToLower(path.Ext(f.Name)) == ".wasm" && !f.FileInfo().IsDir()
}

// unzip reads the only .wasm file of a zip file. What the file says about sizes is checked, not believed.
func unzip(z *zip.Reader, limit int) ([]byte, error) {
	var module *zip.File
	for _, f := range z.File {
		if !isModule(f) {
			continue
		}
		if module != nil {
			return nil, fn.Errorf(fn.CodeInvalidArgument, "code.zipFile holds more than one .wasm file: '%.100s' and '%.100s'", module.Name, f.Name)
		}
		module = f
	}
	if module == nil {
		return nil, fn.Errorf(fn.CodeInvalidArgument, "code.zipFile holds no .wasm file (it has %d files)", len(z.File))
	}
	if module.UncompressedSize64 > uint64(limit) {
		return nil, errCodeTooLarge("'"+module.Name+"' in code.zipFile", limit)
	}
	r, err := module.Open()
	if err != nil {
		return nil, fn.Errorf(fn.CodeInvalidArgument, "code.zipFile is not a sound zip file: %w", err)
	}
	defer r.Close()
	code, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case len(code) > limit:
		return nil, errCodeTooLarge("'"+module.Name+"' in code.zipFile", limit)
	case err != nil:
		return nil, fn.Errorf(fn.CodeInvalidArgument, "'%.100s' in code.zipFile is damaged: %w", module.Name, err)
	case len(code) == 0:
		return nil, fn.Errorf(fn.CodeInvalidArgument, "'%.100s' in code.zipFile is empty (0 bytes)", module.Name)
	}
	return code, nil
}

func errCodeTooLarge(what string, limit int) error {
	return fn.Errorf(fn.CodeEntityTooLarge, "%.150s exceeds the largest code size (%d bytes)", what, limit)
}
