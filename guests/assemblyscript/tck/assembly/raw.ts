// The imports with plain addresses, for what the SDK rightly does not let through.
import * as lull from "../../sdk/lull";
import { Call, cases, fnv1a } from "./call";
import { ok } from "./answer";

const buf = new Uint8Array(64 << 10);

// What the imports answered at boot.
const boot: i32[] = [lull.raw.eventRead(at(), 1, 0), lull.raw.contextRead(7, at(), 16), lull.raw.responseWrite(at(), 1)];

function at(): usize { return buf.dataStart; }

function answer(numbers: i32[]): i32 {
  lull.write(numbers.join(" "));
  return lull.OK;
}

/** Calls an import that a hook may not call. */
export function callImport(name: string): i32 {
  if (name == "event_read") return lull.raw.eventRead(at(), 1, 0);
  if (name == "response_status") return lull.raw.responseStatus(200);
  if (name == "response_header") return lull.header("X-Tck", "1");
  if (name == "response_write") return lull.write("x");
  throw new Error("there is no action " + name);
}

export function addRawCases(): void {
  cases.set("boot", c => answer(boot));
  cases.set("pieces", pieces);
  cases.set("field", c => {
    buf.fill(0xaa);
    const n = lull.raw.contextRead(c.number(0), at(), c.number(1));
    lull.write(n.toString() + (buf.every(b => b == 0xaa) ? " untouched" : " written"));
    return lull.OK;
  });
  cases.set("result", c => c.number(0));
  cases.set("report", c => {
    lull.fail("tck", "tck", "tck");
    return ok();
  });
  cases.set("loglevel", c => {
    lull.raw.log(c.number(0), at(), 3);
    return ok();
  });
  cases.set("pointer", pointer);
  cases.set("zerolength", c => {
    const end: usize = usize.MAX_VALUE;
    return answer([
      lull.raw.eventRead(end, 0, 0), lull.raw.contextRead(7, end, 0), lull.raw.responseWrite(end, 0), lull.raw.log(0, end, 0),
    ]);
  });
}

function pieces(c: Call): i32 {
  const size = c.number(0), total = c.event.length;
  let sum: i32 = 0;
  const whole = new Uint8Array(total);
  for (let i = (total - 1) / size; i >= 0; i--) {
    const piece = whole.subarray(i * size, min((i + 1) * size, total));
    sum += lull.eventRead(piece, i * size);
  }
  const rest = new Uint8Array(size);
  lull.write(
    sum.toString() + " " + fnv1a(whole) + " " + lull.eventRead(rest, total).toString() + " " +
    lull.eventRead(rest, total + size).toString(),
  );
  return lull.OK;
}

function pointer(c: Call): i32 {
  const far: usize = 0xffff0000, size: u32 = 1000;
  const name = c.arg(0);
  if (name == "event_read") lull.raw.eventRead(far, size, 0);
  else if (name == "context_read") lull.raw.contextRead(1, far, size);
  else if (name == "response_header") lull.raw.responseHeader(at(), 1, far, size);
  else if (name == "response_write") lull.raw.responseWrite(far, size);
  else if (name == "error_report") lull.raw.errorReport(at(), 1, at(), 1, far, size);
  else if (name == "log") lull.raw.log(1, far, size);
  lull.write("the import came back");
  return lull.OK;
}
