// The work of the comparison as an ordinary Node.js server. Prints its address when it listens.
'use strict';
const http = require('http');
let count = 0;
http.createServer((req, res) => {
  const chunks = [];
  req.on('data', (c) => chunks.push(c));
  req.on('end', () => {
    const event = Buffer.concat(chunks);
    let sum = 2166136261;
    for (const byte of event) sum = Math.imul(sum ^ byte, 16777619);
    res.end(`${++count} ${(sum >>> 0).toString(16).padStart(8, '0')}`);
  });
}).listen(0, '127.0.0.1', function () { console.log(`listening http://127.0.0.1:${this.address().port}/`); });
