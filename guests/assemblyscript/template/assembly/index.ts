/*
 * This function greets whoever calls it, counts its calls, and says so when it pauses.
 *
 *     lull build
 *     lull deploy NAME NAME.wasm
 *     lull invoke NAME -d Ada
 */
import * as lull from "../../sdk/lull";

// calls lives as long as the instance.
let calls: i32 = 0;

export function handler(eventLength: i32): i32 {
  calls++;
  if (eventLength == 0) return lull.fail("NoName", "whom shall I greet? send a name");
  lull.header("Content-Type", "text/plain; charset=utf-8");
  lull.write("hello " + lull.eventText(eventLength) + "\n");
  return lull.OK;
}

export function preFreeze(): i32 {
  console.log("pausing calls=" + calls.toString());
  return lull.OK;
}

export function preStop(): i32 {
  console.log("stopping calls=" + calls.toString());
  return lull.OK;
}
