// Drives a server with the unmodified client @alicloud/fc2. Argument: a JSON file with endpoint, accessKeyID, accessKeySecret, probe
// (a module in base64) and node (a source tree as a zip file in base64). Each step that passes prints its name; a failure ends the script.
'use strict';

const assert = require('assert');
const fs = require('fs');
const http = require('http');
const FC = require('@alicloud/fc2');

const setup = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const client = new FC('123456', {
  accessKeyID: setup.accessKeyID, accessKeySecret: setup.accessKeySecret, region: 'local', endpoint: setup.endpoint,
});
const stranger = new FC('123456', {
  accessKeyID: setup.accessKeyID, accessKeySecret: 'guessed', region: 'local', endpoint: setup.endpoint,
});

const off = { handler: '', timeout: 0 };
const code = { zipFile: setup.probe };

// refused wants an error with a code and, as this client makes it, a name and a message.
async function refused(promise, code, message = /./) {
  await assert.rejects(promise, (err) => {
    assert.strictEqual(err.code, code, err.message);
    assert.strictEqual(err.name, `FC${code}Error`);
    assert.match(err.message, /failed with \d+\. requestid: [0-9a-f-]{36}, message: /);
    assert.match(err.message, message);
    return true;
  });
}

// eventually tries until f does not throw.
async function eventually(f) {
  for (const last = Date.now() + 60000; ; ) {
    try {
      return await f();
    } catch (err) {
      if (Date.now() > last) throw err;
      await new Promise((done) => setTimeout(done, 20));
    }
  }
}

// own reads one of lull's own paths, which this client has no call for, with this client's signature.
function own(path) {
  const headers = client.buildHeaders();
  headers.authorization = FC.getSignature(setup.accessKeyID, setup.accessKeySecret, 'GET', path.split('?')[0], headers, null);
  return new Promise((done, fail) => {
    http.get(setup.endpoint + path, { headers }, (res) => {
      let body = '';
      res.on('data', (chunk) => { body += chunk; });
      res.on('end', () => { try { done(JSON.parse(body)); } catch (err) { fail(err); } });
    }).on('error', fail);
  });
}

// paused waits until all instances of a function rest.
function paused(name) {
  return eventually(async () => {
    const { instances } = await own(`/_lull/instances?service=s&function=${name}`);
    assert.ok(instances.length > 0);
    for (const i of instances) assert.strictEqual(i.state, 'paused');
  });
}

const number = (r) => r.data.readInt32LE(0);

const steps = {
  async 'a wrong secret is refused'() {
    await refused(stranger.createService('s'), 'SignatureNotMatch');
    await refused(stranger.listServices(), 'SignatureNotMatch');
  },

  async 'services: create, get, update, list'() {
    const made = await client.createService('s', { description: 'words' });
    assert.strictEqual(made.data.description, 'words');
    assert.deepStrictEqual(made.data.tracingConfig, { type: null, params: null });
    assert.match(made.headers.etag, /^[0-9a-f]{32}$/);
    await refused(client.createService('s'), 'ServiceAlreadyExists');
    assert.strictEqual((await client.updateService('s', { role: 'r' }, { 'if-match': made.headers.etag })).data.role, 'r');
    await refused(client.updateService('s', { role: 'x' }, { 'if-match': made.headers.etag }), 'PreconditionFailed');
    assert.strictEqual((await client.getService('s')).data.description, 'words');
    for (const name of ['s-1', 's-2', 's-3']) await client.createService(name);
    const page = (await client.listServices({ prefix: 's-', limit: 2 })).data;
    assert.deepStrictEqual(page.services.map((s) => s.serviceName), ['s-1', 's-2']);
    const rest = (await client.listServices({ prefix: 's-', nextToken: page.nextToken })).data;
    assert.deepStrictEqual(rest.services.map((s) => s.serviceName), ['s-3']);
    assert.strictEqual(rest.nextToken, undefined);
  },

  async 'functions: create with both hooks, get shows them'() {
    await refused(client.updateFunction('s', 'f', { description: 'x' }), 'FunctionNotFound');
    const both = { preFreeze: { handler: 'index.preFreeze', timeout: 10 }, preStop: { handler: 'index.preStop', timeout: 30 } };
    const made = await client.createFunction('s', {
      functionName: 'f', runtime: 'nodejs14', handler: 'index.handler', initializer: 'index.initializer', code, maxInstances: 1,
      instanceLifecycleConfig: both,
    });
    assert.deepStrictEqual(made.data.instanceLifecycleConfig, both);
    assert.deepStrictEqual((await client.getFunction('s', 'f')).data.instanceLifecycleConfig, both);
    assert.deepStrictEqual((await client.listFunctions('s')).data.functions[0].instanceLifecycleConfig, both);
    assert.deepStrictEqual((await client.updateFunction('s', 'f', { description: 'only this' })).data.instanceLifecycleConfig, both);
    await refused(client.createFunction('s', { functionName: 'f', runtime: 'nodejs14', handler: 'index.handler', code }), 'FunctionAlreadyExists');
    await refused(client.createFunction('s', { functionName: 'g', runtime: 'cobol', handler: 'a.b', code }), 'InvalidArgument', /Runtime is set to an invalid value/);
    await refused(client.createFunction('s', {
      functionName: 'g', runtime: 'python2.7', handler: 'index.handler', code, instanceLifecycleConfig: { preFreeze: { handler: 'a.b' } },
    }), 'InvalidArgument', /PreFreeze is not supported for runtime 'python2.7'/);
  },

  async 'invocations: preFreeze runs between them'() {
    const call = async () => number(await client.invokeFunction('s', 'f', 'c', {}, null, { rawBuf: true }));
    for (const want of [2, 5, 8]) {
      assert.strictEqual(await call(), want);
      await paused('f');
    }
  },

  async 'invocations: an event, a Buffer, none; the tail of the log; errors of the function'() {
    assert.strictEqual((await client.invokeFunction('s', 'f', 'eworld')).data, 'eworld');
    assert.strictEqual((await client.invokeFunction('s', 'f', Buffer.from('eworld'))).data, 'eworld');
    assert.strictEqual((await client.invokeFunction('s', 'f', null)).data, '');
    const r = await client.invokeFunction('s', 'f', 'L', { 'x-fc-log-type': 'Tail' });
    assert.match(r.headers['x-fc-request-id'], /^[0-9a-f-]{36}$/);
    assert.match(r.headers['x-fc-instance-id'], /^c-/);
    const log = Buffer.from(r.headers['x-fc-log-result'], 'base64').toString();
    assert.ok(log.includes(`FC Invoke Start RequestId: ${r.headers['x-fc-request-id']}\n`), log);
    assert.ok(log.includes('hello from the probe'), log);
    await refused(client.invokeFunction('s', 'f', 'e', { 'x-fc-log-type': 'Invalid' }), 'InvalidArgument', /allowed: Tail \| None, actual: 'Invalid'/);
    const failed = await client.invokeFunction('s', 'f', 'f');
    assert.strictEqual(failed.headers['x-fc-error-type'], 'HandledInvocationError');
    assert.deepStrictEqual([failed.data.errorMessage, failed.data.errorType], ['no name', 'ValueError']);
    await refused(client.invokeFunction('s', 'missing', ''), 'FunctionNotFound');
  },

  async 'asynchronous invocation answers an empty string'() {
    const r = await client.invokeFunction('s', 'f', 'e', { 'x-fc-invocation-type': 'Async' });
    assert.strictEqual(r.data, '');
    assert.match(r.headers['x-fc-request-id'], /^[0-9a-f-]{36}$/);
    await refused(client.invokeFunction('s', 'f', 'e', { 'x-fc-invocation-type': 'Async', 'x-fc-log-type': 'Tail' }),
      'InvalidArgument', /allowed: None, actual: 'Tail'/);
  },

  async 'functions: an empty handler turns preFreeze off and leaves preStop'() {
    const o = (await client.updateFunction('s', 'f', { instanceLifecycleConfig: { preFreeze: { handler: '', timeout: 10 } } })).data;
    assert.deepStrictEqual(o.instanceLifecycleConfig, { preFreeze: off, preStop: { handler: 'index.preStop', timeout: 30 } });
    const call = async () => number(await client.invokeFunction('s', 'f', 'c', {}, null, { rawBuf: true }));
    assert.strictEqual(await call(), 2, 'the update has new instances');
    await paused('f');
    assert.strictEqual(await call(), 4, 'no preFreeze between');
  },

  async 'functions: code, instances, lists'() {
    const { data } = await client.getFunctionCode('s', 'f');
    assert.strictEqual(data.checksum, (await client.getFunction('s', 'f')).data.codeChecksum);
    const got = await fetch(data.url);
    assert.strictEqual(Buffer.from(await got.arrayBuffer()).toString('base64'), setup.probe);
    const { instances } = (await client.listInstances('s', 'f')).data;
    assert.strictEqual(instances.length, 1);
    assert.strictEqual(instances[0].versionId, 0);
    assert.deepStrictEqual((await client.listFunctions('s', { prefix: 'f', limit: 1 })).data.functions.map((f) => f.functionName), ['f']);
  },

  async 'versions and aliases'() {
    const v = (await client.publishVersion('s', 'the first')).data;
    assert.deepStrictEqual([v.versionId, v.description], ['1', 'the first']);
    await refused(client.publishVersion('s'), 'InvalidArgument', /nothing to publish/);
    await client.updateFunction('s', 'f', { description: 'changed' });
    assert.strictEqual((await client.publishVersion('s')).data.versionId, '2');
    assert.deepStrictEqual((await client.listVersions('s')).data.versions.map((x) => x.versionId), ['2', '1']);
    const made = await client.createAlias('s', 'prod', '1', { additionalVersionWeight: { 2: 0.3 } });
    assert.deepStrictEqual(made.data.additionalVersionWeight, { 2: 0.3 });
    const moved = await client.updateAlias('s', 'prod', '2', { additionalVersionWeight: {} }, { 'if-match': made.headers.etag });
    assert.strictEqual(moved.data.versionId, '2');
    assert.strictEqual((await client.getAlias('s', 'prod')).data.versionId, '2');
    assert.strictEqual((await client.listAliases('s')).data.aliases.length, 1);
    const r = await client.invokeFunction('s', 'f', 'ehello', {}, 'prod');
    assert.deepStrictEqual([r.data, r.headers['x-fc-invocation-service-version']], ['ehello', '2']);
    assert.strictEqual((await client.getFunction('s', 'f', {}, '1')).data.description, 'only this');
    assert.strictEqual((await client.listInstances('s', 'f', '2')).data.instances[0].versionId, 2);
    await refused(client.getFunction('s', 'f', {}, 'none'), 'AliasNotFound');
  },

  async 'provisioned and on-demand instances'() {
    const set = (await client.putProvisionConfig('s', 'f', 'prod', { target: 1 })).data;
    assert.match(set.resource, /^\d*#s#prod#f$/);
    assert.strictEqual(set.target, 1);
    await eventually(async () => assert.strictEqual((await client.getProvisionConfig('s', 'f', 'prod')).data.current, 1));
    assert.strictEqual((await client.listProvisionConfigs({ serviceName: 's' })).data.provisionConfigs.length, 1);
    await client.putProvisionConfig('s', 'f', 'prod', { target: 0 });
    await refused(client.getOnDemandConfig('s', 'f', 'prod'), 'OnDemandConfigNotFound');
    assert.strictEqual((await client.putOnDemandConfig('s', 'f', 'prod', { maximumInstanceCount: 2 })).data.maximumInstanceCount, 2);
    assert.strictEqual((await client.listOnDemandConfigs()).data.configs.length, 1);
    assert.strictEqual((await client.deleteOnDemandConfig('s', 'f', 'prod')).data, '');
  },

  async 'triggers, and the path of an http trigger'() {
    await refused(client.getTrigger('s', 'f', 't'), 'TriggerNotFound');
    const made = await client.createTrigger('s', 'f', {
      triggerName: 't', triggerType: 'http', triggerConfig: { authType: 'function', methods: ['GET', 'POST'] }, invocationRole: '', sourceArn: 'dummy_arn',
    });
    assert.strictEqual(made.data.sourceArn, null);
    await refused(client.createTrigger('s', 'f', { triggerName: 't', triggerType: 'http', triggerConfig: {} }), 'TriggerAlreadyExists');
    const r = await client.post('/proxy/s/f/action', 'ehello', {}, { x: 'awsome', y: 'a/b c' });
    assert.strictEqual(r.data, 'ehello');
    assert.strictEqual((await client.get('/proxy/s/f/', {})).headers['x-fc-invocation-service-version'], 'LATEST');
    await refused(stranger.get('/proxy/s/f/', {}), 'SignatureNotMatch');
    await assert.rejects(client.post('/proxy/s/f/', 'f'), /failed with 502\..*no name/);
    await client.updateTrigger('s', 'f', 't', { triggerConfig: { authType: 'anonymous', methods: ['GET'] } });
    assert.strictEqual((await fetch(setup.endpoint + '/2016-08-15/proxy/s/f/')).status, 200);
    assert.strictEqual((await client.listTriggers('s', 'f')).data.triggers.length, 1);
    assert.strictEqual((await client.deleteTrigger('s', 'f', 't')).data, '');
  },

  async 'asynchronous configuration'() {
    await refused(client.getFunctionAsyncConfig('s', 'f', 'LATEST'), 'AsyncConfigNotExists');
    const set = (await client.putFunctionAsyncConfig('s', 'f', 'LATEST', { maxAsyncRetryAttempts: 1, maxAsyncEventAgeInSeconds: 60 })).data;
    assert.strictEqual(set.maxAsyncRetryAttempts, 1);
    assert.strictEqual((await client.getFunctionAsyncConfig('s', 'f', 'LATEST')).data.maxAsyncEventAgeInSeconds, 60);
    assert.strictEqual((await client.listFunctionAsyncConfigs('s', 'f')).data.configs.length, 1);
    assert.strictEqual((await client.deleteFunctionAsyncConfig('s', 'f', 'LATEST')).data, '');
  },

  async 'the sample in Node answers 2, 5, 8'() {
    try {
      await client.createFunction('s', {
        functionName: 'counter', runtime: 'nodejs14', handler: 'index.handler', code: { zipFile: setup.node }, memorySize: 128, timeout: 10, maxInstances: 1,
        instanceLifecycleConfig: { preFreeze: { handler: 'index.preFreeze', timeout: 10 } },
      });
    } catch (err) {
      if (!/interpreter/.test(err.message)) throw err;
      console.log(`SKIPPED: ${err.message}`);
      return;
    }
    for (const want of ['2', '5', '8']) {
      assert.strictEqual(String((await client.invokeFunction('s', 'counter', '')).data), want);
      await paused('counter');
    }
    await client.deleteFunction('s', 'counter');
  },

  async 'delete, in the order that is needed'() {
    await refused(client.deleteService('s'), 'ServiceNotEmpty');
    await refused(client.deleteFunction('s', 'f', { 'if-match': 'nothing' }), 'PreconditionFailed');
    assert.strictEqual((await client.deleteFunction('s', 'f')).data, '');
    await refused(client.getFunction('s', 'f'), 'FunctionNotFound');
    await client.deleteAlias('s', 'prod');
    await client.deleteVersion('s', '1');
    await client.deleteVersion('s', '2');
    await client.deleteService('s');
    await refused(client.getService('s'), 'ServiceNotFound');
  },
};

(async () => {
  for (const [name, step] of Object.entries(steps)) {
    if ((setup.without || []).some((word) => name.includes(word))) continue;
    try {
      await step();
    } catch (err) {
      console.log(`FAILED: ${name}\n${err.stack}`);
      process.exit(1);
    }
    console.log(name);
  }
})();
