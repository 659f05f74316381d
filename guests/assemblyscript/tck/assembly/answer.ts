import * as lull from "../../sdk/lull";
import { Call, cases, counts, decode } from "./call";
import { arm } from "./hook";

const fields: string[] = [
  "json", "requestId", "function", "service", "qualifier", "versionId", "instanceId", "phase", "deadline",
  "method", "path", "query", "clientIP", "headers",
];

export function ok(): i32 {
  lull.write("ok");
  return lull.OK;
}

export function addAnswerCases(): void {
  cases.set("cases", c => {
    lull.write("initializer\npreFreeze\npreStop\n" + cases.keys().join("\n"));
    return lull.OK;
  });
  cases.set("echo", c => {
    lull.writeBytes(c.payload);
    return lull.OK;
  });
  cases.set("context", c => {
    const value = lull.context(fields.indexOf(c.arg(0)));
    lull.write(value == null ? "-1" : value);
    return lull.OK;
  });
  cases.set("chunks", c => {
    for (let i = 0; i < c.number(0); i++) {
      if (lull.writeBytes(new Uint8Array(c.number(1)).fill(<u8>(0x61 + i % 26))) < 0) break;
    }
    return lull.OK;
  });
  cases.set("status", c => {
    for (let i = 0; i < c.args.length; i++) lull.status(c.number(i));
    return ok();
  });
  cases.set("headers", c => {
    const parts = decode(c.payload).split("\0");
    for (let i = 0; i + 1 < parts.length; i += 2) lull.header(parts[i], parts[i + 1]);
    return ok();
  });
  cases.set("fail", c => {
    const parts = decode(c.payload).split("\0");
    return lull.fail(c.arg(0), parts[0], parts.length > 1 ? parts[1] : "");
  });
  cases.set("error", c => lull.fail("tck", c.text()));
  // A throw would end the instance: this is what there is instead.
  cases.set("unhandled", c => {
    lull.fail("tck", c.text(), "unhandled (answer.ts)");
    return lull.UNHANDLED;
  });
  cases.set("log", c => {
    lull.log(c.number(0), decode(c.payload));
    return ok();
  });
  cases.set("stdout", c => {
    lull.print(1, c.payload);
    return ok();
  });
  cases.set("stderr", c => {
    lull.print(2, c.payload);
    return ok();
  });
  cases.set("count", c => {
    lull.write(
      "handler=" + counts[0].toString() + " initializer=" + counts[1].toString() +
      " preFreeze=" + counts[2].toString() + " preStop=" + counts[3].toString(),
    );
    return lull.OK;
  });
  cases.set("arm", c => {
    if (!arm(c.arg(0), c.args.slice(1).join(" "))) return lull.fail("tck", "there is no hook " + c.arg(0));
    return ok();
  });
  cases.set("fetch", c => {
    const got = lull.fetch(c.arg(0), c.arg(1), "X-Tck: a b\n", c.payload, c.number(2), c.arg(3) == "follow");
    if (got.status < 0) {
      lull.write(got.status.toString() + "\0" + got.error);
      return lull.OK;
    }
    lull.write(got.status.toString() + "\0" + got.url + "\0" + got.headers + "\0");
    lull.writeBytes(got.body);
    return lull.OK;
  });
  cases.set("env", c => {
    const value = lull.env(c.arg(0));
    lull.write(value == null ? "" : value);
    return lull.OK;
  });
  cases.set("clock", c => {
    lull.write(lull.now().toString());
    return lull.OK;
  });
  cases.set("random", c => {
    const bytes = lull.random(16);
    let text = "";
    for (let i = 0; i < 16; i++) text += bytes[i].toString(16).padStart(2, "0");
    lull.write(text);
    return lull.OK;
  });
}
