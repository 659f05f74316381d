/*
 * Counter shows that an instance keeps its state, and when the hooks run. Every request adds 2 and answers the
 * count; preFreeze, which runs after it and before the pause, adds 1 more. So three separate requests to one
 * instance answer 2, 5 and 8.
 *
 *     lull build .
 *     lull deploy counter counter.wasm
 *     lull invoke counter
 */
import * as lull from "../../../sdk/lull";

let count: i32 = 0;

export function handler(eventLength: i32): i32 {
  count += 2;
  lull.write(count.toString());
  return lull.OK;
}

export function preFreeze(): i32 {
  count++;
  return lull.OK;
}

export function preStop(): i32 {
  console.log("stopping count=" + count.toString());
  return lull.OK;
}
