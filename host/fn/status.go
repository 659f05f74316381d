package fn

// Codes that only listeners give.
const (
	CodeAccessDenied   Code = "AccessDenied"   // another site's page wants to change something; a signed request is out of its time
	CodeRequestTimeout Code = "RequestTimeout" // the request did not arrive in time

	CodeSignatureNotMatch  Code = "SignatureNotMatch"
	CodeInvalidAccessKeyID Code = "InvalidAccessKeyID" // nobody has that key
)

// HTTPStatus is the status of an HTTP answer that carries the code. It is the only such table; package fcapi
// differs from it where Function Compute's interface does, and says so there. An unknown code is 500.
func (c Code) HTTPStatus() int {
	switch c {
	case CodeInvalidArgument, CodeMissingRequiredHeader:
		return 400
	case CodeAccessDenied, CodeSignatureNotMatch, CodeInvalidAccessKeyID:
		return 403
	case CodeFunctionNotFound, CodeServiceNotFound, CodeVersionNotFound, CodeAliasNotFound, CodeTriggerNotFound,
		CodeOnDemandConfigNotFound, CodeAsyncConfigNotExists, CodeInstanceNotFound, CodePathNotSupported:
		return 404
	case CodeMethodNotAllowed:
		return 405
	case CodeRequestTimeout:
		return 408
	case CodeFunctionAlreadyExists, CodeServiceAlreadyExists, CodeAliasAlreadyExists, CodeTriggerAlreadyExists, CodeServiceNotEmpty, CodeConcurrentUpdate:
		return 409
	case CodePreconditionFailed:
		return 412
	case CodeEntityTooLarge:
		return 413
	case CodeResourceExhausted:
		return 429
	case CodeClientClosedRequest:
		return 499
	case CodeHostClosed:
		return 503
	}
	return 500
}
