'use strict';

let calls = 0; // lives as long as the instance

exports.handler = async (event, context) => {
  calls++;
  if (event.length === 0) throw new Error('whom shall I greet? send a name');
  return `hello ${event}\n`;
};

// Runs when the last running request has ended, before the instance is paused.
exports.preFreeze = async context => {
  console.log(`pausing calls=${calls}`);
};
