interface Context {
  requestId: string;
  function: { name: string };
}

let calls = 0; // lives as long as the instance

export async function handler(event: Uint8Array, context: Context): Promise<string> {
  calls++;
  return `hello ${event.toString() || 'world'} from ${context.function.name}, call ${calls} of this instance`;
}

// Runs when the last running request has ended, before the instance is paused.
export async function preFreeze(context: Context): Promise<void> {
  console.log('pausing after', calls, 'calls');
}
