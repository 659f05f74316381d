package host_test

import (
	"compress/gzip"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/outbound"
	"github.com/lull-dev/lull/host/source"
)

// npmPackages is the folder under the user's cache in which .ci/toolchain installs packages that many people use, as npm has them. The script has their versions.
const npmPackages = "npm-1"

// TestNodeJS_Packages runs packages of npm as they are.
func TestNodeJS_Packages(t *testing.T) {
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	modules := filepath.Join(cache, "lull", "test", npmPackages, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "express", "package.json")); err != nil {
		const what = "the packages of npm for tests are not installed; run .ci/toolchain"
		if os.Getenv("CI") == "true" {
			t.Fatal(what)
		}
		t.Skip(what)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body any
		json.NewDecoder(r.Body).Decode(&body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip") // axios asks for it
		packed := gzip.NewWriter(w)
		defer packed.Close()
		json.NewEncoder(packed).Encode([]any{r.Method, body})
	}))
	defer s.Close()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(folder, "node_modules"), os.DirFS(modules)))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "index.js"), []byte(`
const assert = require('assert');
const checks = {
  lodash() {
    const _ = require('lodash');
    assert.deepStrictEqual(_.groupBy([1.3, 2.1, 2.4], Math.floor), {1: [1.3], 2: [2.1, 2.4]});
    assert.strictEqual(_.template('hello <%= name %>')({name: 'Ada'}), 'hello Ada');
  },
  dayjs() {
    const dayjs = require('dayjs');
    dayjs.extend(require('dayjs/plugin/utc'));
    assert.strictEqual(dayjs.utc('2024-02-28').add(2, 'day').format('YYYY-MM-DD'), '2024-03-01');
  },
  uuid() {
    const uuid = require('uuid');
    assert(uuid.validate(uuid.v4()) && uuid.v4() !== uuid.v4());
    assert.strictEqual(uuid.v5('a', uuid.v5.URL), 'e1407479-3136-56c0-9908-bb02fb0339e2');
  },
  ajv() {
    const Ajv = require('ajv'), valid = new Ajv().compile({type: 'object', properties: {a: {type: 'integer'}}, required: ['a']});
    assert(valid({a: 1}) && !valid({a: 'x'}));
    assert.strictEqual(valid.errors[0].message, 'must be integer');
  },
  zod() {
    const {z} = require('zod'), order = z.object({amount: z.number().min(1)});
    assert.strictEqual(order.parse({amount: 2}).amount, 2);
    assert(!order.safeParse({amount: 0}).success);
  },
  async axios(at) {
    const axios = require('axios');
    assert.deepStrictEqual((await axios.get(at)).data, ['GET', null]);
    assert.deepStrictEqual((await axios.post(at, {a: 1})).data, ['POST', {a: 1}]);
    await assert.rejects(axios.get('http://elsewhere.example/'), e => axios.isAxiosError(e));
  },
  async express() { // its routes, without its server
    const express = require('express'), app = express();
    app.get('/hello/:name', (req, res) => res.status(201).json({hello: req.params.name, query: req.query.q}));
    const answer = await new Promise((done, failed) => {
      const headers = {};
      app.handle({method: 'GET', url: '/hello/Ada?q=1', headers: {}}, {
        setHeader: (name, value) => headers[name.toLowerCase()] = value, getHeader: name => headers[name.toLowerCase()], removeHeader() {},
        end(body) { done([this.statusCode, headers['content-type'], String(body)]); },
      }, failed);
    });
    assert.deepStrictEqual(answer, [201, 'application/json; charset=utf-8', '{"hello":"Ada","query":"1"}']);
  },
};
for (const name of Object.keys(checks)) require(name);
exports.handler = async event => {
  const {name, at} = JSON.parse(event);
  if (!name) return Object.keys(checks);
  await checks[name](at);
  return 'ok';
};
`), 0o666))
	pkg, err := source.Pack(folder, source.Limits{})
	require.NoError(t, err)
	f := newNodeJS(t, host.Config{Outbound: outbound.New(outbound.Config{}), StartTimeout: time.Minute}).deploy(t, pkg, func(f *fn.Function) { f.AllowHosts = []string{s.Listener.Addr().String()} })
	var names []string
	require.NoError(t, json.Unmarshal([]byte(f.answer(t, "{}")), &names))
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			event, err := json.Marshal(map[string]string{"name": name, "at": s.URL})
			require.NoError(t, err)
			require.Equal(t, "ok", f.answer(t, string(event)))
		})
	}
}
