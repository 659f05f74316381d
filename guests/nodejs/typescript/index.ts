interface Context {
  requestId: string;
  function: { name: string };
}

let calls = 0; // lives as long as the instance

export async function handler(event: Uint8Array, context: Context): Promise<string> {
  calls++;
  if (event.length === 0) throw new Error('whom shall I greet? send a name');
  return `hello ${event}\n`;
}

// Runs when the last running request has ended, before the instance is paused.
export async function preFreeze(context: Context): Promise<void> {
  console.log(`pausing calls=${calls}`);
}
