'use strict';

let calls = 0; // lives as long as the instance

exports.handler = async (event, context) => {
  calls++;
  return `hello ${event.toString() || 'world'}, call ${calls} of this instance`;
};

// Runs when the last running request has ended, before the instance is paused.
exports.preFreeze = async context => {
  console.log('pausing after', calls, 'calls');
};
