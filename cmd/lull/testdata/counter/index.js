'use strict';

let count = 0;

// Adds 2 to the count and answers it.
exports.handler = (event, context, callback) => {
  count += 2;
  callback(null, String(count));
};

// Adds 1 before every pause: the answers tell that it ran between the requests.
exports.preFreeze = (context, callback) => {
  count += 1;
  callback(null, '');
};
