// The hooks: each counts, says so, and does once what it was armed with.
import * as lull from "../../sdk/lull";
import { counts } from "./call";
import { end } from "./end";
import { callImport } from "./raw";

const names: string[] = ["handler", "initializer", "preFreeze", "preStop"];
const armed: string[] = ["", "", "", ""];

/** Says what a hook does the next time. It is false if there is no such hook. */
export function arm(name: string, action: string): bool {
  const i = names.indexOf(name);
  if (i <= 0) return false;
  armed[i] = action;
  return true;
}

export function armFromEnvironment(): void {
  const value = lull.env("LULL_TCK");
  if (value == null) return;
  const space = value.indexOf(" ");
  if (space > 0) arm(value.substring(0, space), value.substring(space + 1));
}

export function hook(which: i32): i32 {
  const name = names[which], order = armed[which];
  counts[which]++;
  armed[which] = "";
  lull.log(lull.Level.Info, "tck " + name + " " + counts[which].toString());
  const space = order.indexOf(" ");
  const action = space < 0 ? order : order.substring(0, space);
  const text = space < 0 ? "" : order.substring(space + 1);
  if (action == "") return lull.OK;
  if (action == "log") {
    lull.log(lull.Level.Info, text);
  } else if (action == "context") {
    const phase = lull.context(lull.Field.Phase), id = lull.context(lull.Field.RequestId);
    lull.log(lull.Level.Info, "tck " + name + " context " + phase!.toString() + " " + id!.toString());
  } else if (action == "fail") {
    return lull.fail("tck", text);
  } else if (action == "unhandled") {
    lull.fail("tck", text);
    return lull.UNHANDLED;
  } else if (action == "exit" || action == "loop" || action == "trap") {
    return end(action, text);
  } else {
    lull.log(lull.Level.Info, "tck " + name + " " + action + " " + callImport(action).toString());
  }
  return lull.OK;
}
