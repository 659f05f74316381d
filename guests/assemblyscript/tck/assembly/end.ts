// Cases after which the instance is gone, and sleep, which can be one.
import * as lull from "../../sdk/lull";
import { Call, cases } from "./call";
import { ok } from "./answer";

export function addEndCases(): void {
  cases.set("exit", c => end("exit", c.arg(0)));
  cases.set("loop", c => end("loop", ""));
  cases.set("trap", c => end("trap", c.arg(0)));
  cases.set("recurse", c => {
    lull.write(recurse(1).toString());
    return lull.OK;
  });
  cases.set("grow", c => {
    const hoard: Uint8Array[] = [];
    while (true) hoard.push(new Uint8Array(1 << 20).fill(1));
  });
  cases.set("sleep", c => {
    lull.sleep(c.number(0));
    return ok();
  });
}

/** The endings that hooks can be armed with, too. */
export function end(how: string, text: string): i32 {
  if (how == "exit") lull.exit(<i32>parseInt(text));
  if (how == "loop") {
    let sink: i32 = 0;
    while (true) store<i32>(changetype<usize>(scratch), sink++);
  }
  if (text == "unreachable") unreachable();
  return load<i32>(0xfffffff0);
}

const scratch = new StaticArray<i32>(1);

// Its use after the call keeps the compiler from making a loop of it.
function recurse(n: i32): i32 {
  store<i32>(changetype<usize>(scratch), n);
  return recurse(n + 1) + load<i32>(changetype<usize>(scratch));
}
