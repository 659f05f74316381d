package fcapi_test

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
)

// The Go SDK of Function Compute cannot be had everywhere, so its requests are written down here, from fc-api sections 3.2 and 8: what it sends and what it
// signs. Nothing of lull's own signing code is used.

// gosdk sends requests as that SDK does, as key ak:sk.
type gosdk struct {
	*api
	account string
}

// send is a call of the SDK's own: the signature covers the escaped path without the query, and Content-MD5 is the hex digest of the body.
func (g gosdk) send(method, path, body string, header ...string) answer {
	g.t.Helper()
	signedPath, _, _ := strings.Cut(path, "?")
	return g.signed(method, path, body, signedPath, digest(body), header)
}

// raw is a call of DoHttpRequest: the signature covers the decoded path and the query on a line of its own, and Content-MD5 is the digest of
// the JSON string of the body in base64.
func (g gosdk) raw(method, path, body string, header ...string) answer {
	g.t.Helper()
	escaped, query, _ := strings.Cut(path, "?")
	decoded, err := url.PathUnescape(escaped)
	require.NoError(g.t, err)
	pairs := []string{}
	for _, p := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' }) {
		pairs = append(pairs, must(url.QueryUnescape(p)))
	}
	slices.Sort(pairs)
	sum := ""
	if body != "" {
		sum = digest(`"` + base64.StdEncoding.EncodeToString([]byte(body)) + `"`)
	}
	return g.signed(method, path, body, decoded+"\n"+strings.Join(pairs, "\n"), sum, header)
}

func digest(body string) string {
	if body == "" {
		return ""
	}
	sum := md5.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

func (g gosdk) signed(method, path, body, resource, sum string, header []string) answer {
	g.t.Helper()
	date, contentType := time.Now().UTC().Format(http.TimeFormat), ""
	fc := []string{"x-fc-account-id:" + g.account + "\n"}
	for i := 0; i < len(header); i += 2 {
		if name := strings.ToLower(header[i]); name == "content-type" {
			contentType = header[i+1]
		} else if strings.HasPrefix(name, "x-fc-") {
			fc = append(fc, name+":"+header[i+1]+"\n")
		}
	}
	slices.Sort(fc)
	mac := hmac.New(sha256.New, []byte("sk"))
	fmt.Fprintf(mac, "%s\n%s\n%s\n%s\n%s%s", method, sum, contentType, date, strings.Join(fc, ""), resource)
	header = append(header, "Date", date, "X-Fc-Account-Id", g.account, "User-Agent", "go-sdk-0.1",
		"Authorization", "FC ak:"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	if sum != "" {
		header = append(header, "Content-Md5", sum)
	}
	var in any
	if body != "" {
		in = body
	}
	return g.do(method, path, in, header...)
}

// json is send with a JSON body.
func (g gosdk) json(method, path, body string) answer {
	g.t.Helper()
	return g.send(method, path, body, "Content-Type", "application/json")
}

// The bodies as the SDK sends them: every key, what is not set as null.
const (
	goService  = `{"serviceName":"%s","description":null,"role":null,"logConfig":null,"vpcConfig":null,"internetAccess":null,"nasConfig":null,"tracingConfig":null}`
	goFunction = `{"functionName":"f","description":null,"runtime":"custom","handler":"index.handler","initializer":null,"timeout":null,"initializationTimeout":null,` +
		`"memorySize":128,"instanceConcurrency":null,"code":{"ossBucketName":null,"ossObjectName":null,"zipFile":"%s"},"environmentVariables":null,` +
		`"customContainerConfig":null,"caPort":null,"instanceType":null,"layers":null}`
	goUpdate = `{"description":"%s","runtime":null,"handler":null,"initializer":null,"timeout":null,"initializationTimeout":null,"memorySize":null,` +
		`"instanceConcurrency":null,"code":null,"environmentVariables":null,"customContainerConfig":null,"caPort":null,"instanceType":null,"layers":null}`
)

const hooks = `"instanceLifecycleConfig":{"preFreeze":{"handler":"index.preFreeze","timeout":10},"preStop":{"handler":"preStop","timeout":20}}`

func TestA2_TheGoSDKsRequestsPassWithAndWithoutAnAccountID(t *testing.T) {
	a := serve(t, fcapi.Config{Keys: bothKeys})
	for service, account := range map[string]string{"s1": "", "s2": "123456"} {
		g := gosdk{a, account}
		path := v + "/services/" + service
		require.NotEmpty(t, g.json("POST", v+"/services", fmt.Sprintf(goService, service)).ok()["logConfig"])
		require.Equal(t, 128.0, g.json("POST", path+"/functions", fmt.Sprintf(goFunction, moduleBase64)).ok()["memorySize"])
		require.Equal(t, "f", g.send("GET", path+".LATEST/functions/f", "").ok()["functionName"])
		got := g.send("POST", path+"/functions/f/invocations", "{}", "Content-Type", "application/octet-stream", "X-Fc-Log-Type", "Tail")
		require.Equal(t, "{}", got.body)
		require.Contains(t, logResult(t, got), "FC Invoke Start")
		require.Empty(t, g.send("POST", path+"/functions/f/invocations", "").body, "without a body there is neither a type nor a digest")
		require.Equal(t, []string{"f"}, namesOf(g.send("GET", path+"/functions?limit=20&prefix=f", "").ok()["functions"], "functionName"))
		require.Equal(t, []string{service}, namesOf(g.send("GET", v+"/services?prefix="+service, "").ok()["services"], "serviceName"))
		require.Equal(t, "1", g.json("POST", path+"/versions", `{"Description":null}`).ok()["versionId"])
		g.send("GET", path+"/functions/a%20b", "").fails(404, fn.CodeFunctionNotFound) // a path that had to be escaped
		g.send("DELETE", path+"/functions/f", "").nothing()
		g.send("DELETE", path+"/versions/1", "").nothing()
		g.send("DELETE", path, "").nothing()
	}
}

func TestA4_AnUpdateOfTheDescriptionKeepsCodeAndHooks(t *testing.T) {
	a := serve(t, fcapi.Config{Keys: bothKeys})
	g := gosdk{a, ""}
	before := g.json("POST", v+"/services/default/functions", strings.TrimSuffix(fmt.Sprintf(goFunction, moduleBase64), "}")+","+hooks+"}").ok()
	require.Equal(t, stored, before["instanceLifecycleConfig"])
	after := g.json("PUT", v+"/services/default/functions/f", fmt.Sprintf(goUpdate, "words")).ok()
	require.Equal(t, "words", after["description"])
	for _, kept := range []string{"codeChecksum", "codeSize", "instanceLifecycleConfig", "runtime", "handler", "memorySize", "timeout"} {
		require.Equal(t, before[kept], after[kept], kept)
	}
}

func TestA5_ARawRequestOfTheGoSDKSetsHooks(t *testing.T) {
	a := serve(t, fcapi.Config{Keys: bothKeys})
	g := gosdk{a, ""}
	g.json("POST", v+"/services/default/functions", fmt.Sprintf(goFunction, moduleBase64)).ok()
	path := v + "/services/default/functions/f"
	require.Equal(t, stored, g.raw("PUT", path, "{"+hooks+"}", "Content-Type", "application/json").ok()["instanceLifecycleConfig"])
	require.Equal(t, stored, g.raw("GET", path+"?b=2&a=1", "").ok()["instanceLifecycleConfig"])
}

// TestA1_RecordedRequestsPassAsTheyAre sends the bytes that clients have sent, with the signatures that they have computed.
func TestA1_RecordedRequestsPassAsTheyAre(t *testing.T) {
	a := serve(t, fcapi.Config{Keys: bothKeys, ClockSkew: 100 * 365 * 24 * time.Hour})
	record := func(line, date, signature, more, body string) answer {
		return a.raw(line + " HTTP/1.1\r\nHost: 127.0.0.1\r\nDate: " + date + "\r\nAuthorization: FC ak:" + signature + "\r\n" +
			strings.ReplaceAll(more, "\n", "\r\n") + "Connection: close\r\n\r\n" + body)
	}
	created := record("POST "+v+"/services", "Sun, 22 Nov 2026 02:59:57 GMT", "Mrbv++SiMu+aacQBvqeYEvJmfLaWahJ5TzjJPQ2nRxA=",
		"x-fc-account-id: 123456\ncontent-type: application/json\ncontent-md5: NGI3NGU4NTI1MjFhN2FkYjQyYzA2NDRhNmFmZmYwNDM=\nContent-Length: 19\n", `{"serviceName":"s"}`)
	require.Equal(t, "s", created.ok()["serviceName"])
	record("GET "+v+"/services", "Sun, 22 Nov 2026 02:59:56 GMT", "uv6t58mqhpaI4gemuqzW9avQxz01c7RWjYCiN8hH8uA=", "X-Fc-Account-Id: \n", "").ok()
	a.host.Create(t.Context(), fn.Function{Service: "s", Name: "f", Code: must(base64.StdEncoding.DecodeString(moduleBase64))})
	record("GET "+v+"/services/s.LATEST/functions/f", "Sun, 22 Nov 2026 02:59:56 GMT", "i5H6lcA2Xg5MicCZHK5VrLO9fZ4LRZdFwKzmYBnvSEs=", "X-Fc-Account-Id: 123456\n", "").ok()
	invoked := record("POST "+v+"/services/s/functions/f/invocations", "Sun, 22 Nov 2026 02:59:56 GMT", "hUs3d5JeL1I5sHHz0/pZsGUPvMoD8aley0olf8g3Tgo=",
		"X-Fc-Account-Id: 123456\nX-Fc-Log-Type: Tail\nContent-Type: application/octet-stream\nContent-Md5: 99914b932bd37a50b983c5e7c90ae93b\nContent-Length: 2\n", "{}")
	require.Equal(t, "{}", invoked.body)
	record("GET "+v+"/proxy/s/f/action?x=awsome&y=a%2Fb%20c", "Sun, 22 Nov 2026 02:59:57 GMT", "uuyV2pRjp2RwzHCtUIV9pHLNUIbqLyE/cpKKipyEilk=", "x-fc-account-id: 123456\n", "").
		fails(404, fn.CodeTriggerNotFound)
	record("GET "+v+"/proxy/s/f/action?x=awsome&y=a%2Fb%20d", "Sun, 22 Nov 2026 02:59:57 GMT", "uuyV2pRjp2RwzHCtUIV9pHLNUIbqLyE/cpKKipyEilk=", "x-fc-account-id: 123456\n", "").
		fails(403, fn.CodeSignatureNotMatch)
}

// TestA16_TheOrderOfADeployFindsWhatItExpects is the sequence of Serverless Devs, fc-api section 1.10.
func TestA16_TheOrderOfADeployFindsWhatItExpects(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.do("POST", v+"/services", object{"serviceName": "s"}).ok()
	a.do("POST", v+"/services", object{"serviceName": "s"}).fails(409, fn.CodeServiceAlreadyExists)
	a.do("PUT", v+"/services/s", object{"description": "", "vpcConfig": object{"vpcId": "", "vswitchIds": []string{}, "securityGroupId": ""}}).ok()
	a.do("GET", v+"/services/s/bindings", nil).ok()
	body := function("f", object{
		"name": "f", "service": "s", "filename": "index.py", "vpcBinding": nil, "withoutCodeLimit": false, "initializer": "", "runtime": "python2.7",
		"customDNS": object{"nameServers": nil, "searches": nil, "dnsOptions": nil}, "environmentVariables": object{"A": "1"}, "layers": []string{},
		"instanceLifecycleConfig": object{"preFreeze": object{"handler": ""}, "preStop": object{"handler": ""}},
	})
	a.do("PUT", v+"/services/s/functions/f", body).fails(404, fn.CodeFunctionNotFound)
	a.do("POST", v+"/services/s/functions", body).ok()
	a.do("GET", v+"/services/s.LATEST/functions/f/async-invoke-config", nil).fails(404, "AsyncConfigNotExists")
	a.do("GET", v+"/services/s/functions/f/triggers/t", nil).fails(404, fn.CodeTriggerNotFound)
	a.do("PUT", v+"/services/s/functions/f/triggers/t", object{"triggerConfig": object{}}).fails(404, fn.CodeTriggerNotFound)
	a.do("POST", v+"/services/s/functions/f/triggers", object{"triggerName": "t", "triggerType": "http", "triggerConfig": object{"authType": "anonymous"}}).ok()
	a.do("PUT", v+"/services/s/functions/f", body).ok()
	a.do("PUT", v+"/services/s/functions/f/triggers/t", object{"triggerConfig": object{"authType": "function"}, "qualifier": "LATEST"}).ok()
}
