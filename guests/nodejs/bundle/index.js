'use strict';
// What stands in for modules of Node.js. Each is made when it is first asked for.

// util and readable-stream look at these while they are made; runtime.js fills them in.
globalThis.process = { env: {}, argv: [], version: 'v20.0.0', versions: {}, platform: 'linux', nextTick: (f, ...a) => queueMicrotask(() => f(...a)) };
globalThis.global = globalThis;

globalThis.__lull_modules = {
  assert: () => require('assert/'),
  buffer: () => require('buffer/'),
  events: () => require('events/'),
  path: () => require('path-browserify'),
  querystring: () => require('querystring/'),
  stream: () => require('readable-stream'),
  string_decoder: () => require('string_decoder/'),
  url: () => require('url/'),
  util: () => require('util/'),
  URL: () => require('core-js-pure/web/url'),
  URLSearchParams: () => require('core-js-pure/web/url-search-params'),
  AbortController: () => require('abort-controller').AbortController,
  AbortSignal: () => require('abort-controller').AbortSignal,
  EventTarget: () => require('event-target-shim').EventTarget,
  structuredClone: () => require('core-js-pure/actual/structured-clone'),
};
