package fcapi

import (
	"hash/crc64"
	"strconv"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/registry"
)

// createFunction makes a function. A missing service is an error, unless the query says createService=true (lull's own).
func (s *Server) createFunction(r *request) error {
	var in functionInput
	if err := r.read(&in); err != nil {
		return err
	}
	if err := s.changeable(r); err != nil {
		return err
	}
	if r.query("createService") != "true" {
		if _, err := s.service(r); err != nil {
			return err
		}
	}
	f := fn.Function{Service: r.service, Name: value(in.FunctionName)}
	if err := in.checkCreate(); err != nil {
		return err
	}
	if err := s.apply(r, &in, &f); err != nil {
		return err
	}
	v, err := s.host.Create(s.base, f)
	if err != nil {
		return err
	}
	return r.writeTagged(v.ETag, newFunctionObject(v))
}

// updateFunction changes what the body names; the rest stays. A missing function is FunctionNotFound: one client deploys by trying an update and
// creates only on exactly that code.
func (s *Server) updateFunction(r *request) error {
	var in functionInput
	if err := r.read(&in); err != nil {
		return err
	}
	if err := s.changeable(r); err != nil {
		return err
	}
	v, err := s.host.Update(s.base, r.key(), r.ifMatch(), func(f *fn.Function) error { return s.apply(r, &in, f) })
	if err != nil {
		return err
	}
	return r.writeTagged(v.ETag, newFunctionObject(v))
}

// apply puts the input and its code into f.
func (s *Server) apply(r *request, in *functionInput, f *fn.Function) error {
	if err := in.apply(f); err != nil {
		return err
	}
	if in.Code == nil {
		return nil
	}
	runtime, _ := s.host.Runtimes().Get(f.Runtime)
	code, err := in.Code.read(s.host.Config().MaxCodeBytes, runtime.Interpreter != "")
	if err != nil {
		return err
	}
	if want := r.header("X-Fc-Code-Checksum"); want != "" && want != checksum(in.Code.ZipFile) && want != checksum(code) {
		return fn.Errorf(fn.CodeInvalidArgument, "the code arrived with CRC-64 %s, X-Fc-Code-Checksum says '%s'", checksum(in.Code.ZipFile), want)
	}
	f.Code = code
	return nil
}

var crcTable = crc64.MakeTable(crc64.ECMA)

// checksum is CRC-64/XZ in decimal.
func checksum(b []byte) string { return strconv.FormatUint(crc64.Checksum(b, crcTable), 10) }

// function finds the function of a path.
func (s *Server) function(r *request) (*registry.Version, error) {
	return s.host.FunctionAt(r.key(), r.qualifier)
}

func (s *Server) getFunction(r *request) error {
	v, err := s.function(r)
	if err != nil {
		return err
	}
	return r.writeTagged(v.ETag, newFunctionObject(v))
}

func (s *Server) deleteFunction(r *request) error {
	if err := s.changeable(r); err != nil {
		return err
	}
	if err := s.host.Delete(s.base, r.key(), r.ifMatch()); err != nil {
		return err
	}
	return r.writeNothing()
}

func (s *Server) listFunctions(r *request) error {
	all, err := s.host.FunctionsAt(r.service, r.qualifier)
	if err != nil {
		return err
	}
	versions, next, err := page(r, all, func(v *registry.Version) string { return v.Function.Name })
	if err != nil {
		return err
	}
	out := struct {
		Functions []functionObject `json:"functions"`
		NextToken string           `json:"nextToken,omitempty"`
	}{[]functionObject{}, next}
	for _, v := range versions {
		out.Functions = append(out.Functions, newFunctionObject(v))
	}
	return r.write(out)
}
