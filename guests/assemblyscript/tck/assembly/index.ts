// The guest of the conformance kit. abi/tck/README.md says what each case does.
import * as lull from "../../sdk/lull";
import { addAnswerCases } from "./answer";
import { Call, cases, counts, fnv1a } from "./call";
import { addEndCases } from "./end";
import { armFromEnvironment, hook } from "./hook";
import { addRawCases } from "./raw";

export { afterRestore } from "../../sdk/lull";

addAnswerCases();
addEndCases();
addRawCases();
armFromEnvironment();

export function handler(eventLength: i32): i32 {
  counts[0]++;
  const event = lull.event(eventLength);
  if (eventLength < 4 || String.UTF8.decodeUnsafe(event.dataStart, 4) != "tck ") {
    lull.write(eventLength.toString() + " " + fnv1a(event));
    return lull.OK;
  }
  const call = new Call(event);
  if (!cases.has(call.name)) return lull.fail("tck", "this guest has no case " + call.name);
  return cases.get(call.name)(call);
}

export function initializer(): i32 { return hook(1); }
export function preFreeze(): i32 { return hook(2); }
export function preStop(): i32 { return hook(3); }
