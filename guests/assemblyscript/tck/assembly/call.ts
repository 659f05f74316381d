/** One request of the kit. */
export class Call {
  name: string = "";
  args: string[] = [];
  payload: Uint8Array;

  constructor(public event: Uint8Array) {
    let end = event.indexOf(0x0a);
    const line = end < 0 ? event : event.subarray(0, end);
    this.payload = event.subarray(end < 0 ? event.length : end + 1);
    const words = decode(line).split(" ");
    if (words.length > 1) {
      this.name = words[1];
      this.args = words.slice(2);
    }
  }

  /** An argument, empty if it is not there. */
  arg(i: i32): string { return i < this.args.length ? this.args[i] : ""; }

  /** An argument as a number. The kit sends only valid ones. */
  number(i: i32): i32 { return <i32>parseInt(this.arg(i)); }

  text(): string { return this.args.join(" "); }
}

/** A case answers, and returns what the handler returns. */
export type Case = (c: Call) => i32;

export const cases = new Map<string, Case>();

/** The runs of handler, initializer, preFreeze, preStop. */
export const counts: i32[] = [0, 0, 0, 0];

export function decode(bytes: Uint8Array): string {
  return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length);
}

export function fnv1a(bytes: Uint8Array): string {
  let hash: u32 = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = (hash ^ bytes[i]) * 0x01000193;
  return hash.toString(16).padStart(8, "0");
}
