import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import test from "node:test";
import * as rosud from "../src/index.js";
import { Context } from "../src/context.js";
import { linked, pause } from "../src/deadline.js";
import { errorOf } from "../src/errors.js";
import { encode } from "../src/json.js";
import { backoff } from "../src/retry.js";
import { serverSentEvents } from "../src/sse.js";
import { fromWire, shapes, toWire } from "../src/wire.js";

const { agent, Channel, Completion, Rosud, verifySignature, webhook } = rosud;

test("Names of the contract are translated, callers' data never is", () => {
  const task = {
    goal: "g", input: { someKey: 1, other_key: { deepKey: [{ aB: 1 }] } },
    steps: [{ id: "a", onFailure: { kind: "default", value: { "plan.keyName": { innerName: 1 } } }, timeoutMs: 5, when: { key: "k", equals: { aB: 1 } }, acceptance: [{ schema: { minItems: 1 } }] }],
  };
  assert.deepEqual(JSON.parse(JSON.stringify(toWire(task, shapes.task))), {
    goal: "g", input: task.input,
    steps: [{ id: "a", on_failure: { kind: "default", value: { "plan.keyName": { innerName: 1 } } }, timeout_ms: 5, when: { key: "k", equals: { aB: 1 } }, acceptance: [{ schema: { minItems: 1 } }] }],
  });
  const run = fromWire({ version_start: 1, outputs: { "some_key.a_b": { c_d: 1 } }, attempts: [{ read_version: 2 }], retries_by_cause: { lost_it: 1 } }, shapes.run);
  assert.equal(run.versionStart, 1);
  assert.equal(run.attempts[0].readVersion, 2);
  assert.deepEqual(JSON.parse(JSON.stringify(run.outputs)), { "some_key.a_b": { c_d: 1 } });
  assert.deepEqual(Object.keys(run.retriesByCause), ["lost_it"]);
});

test("An option in two spellings is refused", () => {
  assert.throws(() => toWire({ timeoutMs: 1, timeout_ms: 2 }), /timeout_ms is there twice/);
});

test("Keys such as __proto__ and constructor are keys like any other", () => {
  const body = JSON.parse('{"version":3,"entries":{"__proto__":{"value":{"polluted":true},"version":1},"constructor":{"value":2,"version":2}}}');
  const context = new Context(fromWire(body, shapes.context));
  assert.deepEqual(context.get("__proto__"), { polluted: true });
  assert.equal(context.values.constructor, 2);
  assert.deepEqual(Object.keys(context.values), ["__proto__", "constructor"]);
  assert.equal(context.get("toString"), undefined);
  assert.deepEqual([...context.keys()], ["__proto__", "constructor"]);
  assert.equal({}.polluted, undefined);
  const sent = JSON.parse(encode(toWire({ writes: JSON.parse('{"__proto__":1}') }, shapes.writes)));
  assert.deepEqual(Object.keys(sent.writes), ["__proto__"]);
});

for (const [value, complaint] of [
  [NaN, /\/set\/a\/b is NaN, for which JSON has no number/], [Infinity, /Infinity/], [-Infinity, /Infinity/], [10n, /BigInt/],
  [() => {}, /function/], [Symbol("s"), /symbol/], [new Map(), /a Map/], [new Set(), /a Set/], [Promise.resolve(), /a Promise/],
  [new Uint8Array(2), /Uint8Array/], [new Error("x"), /an? Error/], [[undefined], /\/set\/a\/b\/0 is undefined/],
]) {
  test(`${Object.prototype.toString.call(value)} ${String(typeof value)} is refused with its pointer before anything is sent`, () => {
    assert.throws(() => encode({ set: { a: { b: value } } }), (error) => error instanceof TypeError && complaint.test(error.message));
  });
}

test("What contains itself is refused", () => {
  const loop = {};
  loop.self = loop;
  assert.throws(() => encode(loop), /contains itself/);
});

test("Dates go as JSON has them, undefined members are left out, null stays", () => {
  assert.equal(encode({ at: new Date(0), gone: undefined, none: null }), '{"at":"1970-01-01T00:00:00.000Z","none":null}');
});

test("A problem becomes the class of its name, with its members", () => {
  const headers = new Headers({ "Retry-After": "2" });
  const stale = errorOf(412, headers, JSON.stringify({ type: "urn:rosud:problem:stale-context", detail: "d", version: 4, stale: [{ key: "k", read_version: 1, current_version: 3, behind_ms: 2.5 }] }));
  assert.ok(stale instanceof rosud.StaleContext && stale instanceof rosud.RosudError && stale instanceof Error);
  assert.deepEqual([stale.name, stale.code, stale.status, stale.version, stale.retryAfterMs], ["StaleContext", "stale-context", 412, 4, 2000]);
  assert.deepEqual(stale.stale, [{ key: "k", readVersion: 1, currentVersion: 3, behindMs: 2.5 }]);
  const exact = errorOf(429, headers, JSON.stringify({ type: "urn:rosud:problem:overloaded", detail: "d", retry_after_ms: 130 }));
  assert.ok(exact instanceof rosud.Overloaded);
  assert.equal(exact.retryAfterMs, 130);
  const foreign = errorOf(502, new Headers(), "<html>bad gateway</html>");
  assert.deepEqual([foreign.constructor, foreign.code], [rosud.RosudError, "http-502"]);
});

test("Waits grow to their bound and never undercut Retry-After", () => {
  for (let failures = 1; failures < 40; failures++) {
    assert.ok(backoff(failures) <= Math.min(3_000, 100 * 2 ** (failures - 1)));
    assert.ok(backoff(failures, 7_000) >= 7_000);
  }
});

test("A linked signal leaves no listener and no timer behind", async () => {
  const outer = new AbortController();
  const inner = linked([outer.signal], 60_000);
  inner.release();
  outer.abort();
  assert.equal(inner.signal.aborted, false);
  await assert.rejects(pause(60_000, outer.signal), { name: "AbortError" });
});

test("A signal that many calls share has one listener, and none when they are over", async () => {
  const shared = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  shared.signal.addEventListener = (...args) => { listeners++; return addEventListener.apply(shared.signal, args); };
  shared.signal.removeEventListener = (...args) => { listeners--; return removeEventListener.apply(shared.signal, args); };
  const works = Array.from({ length: 30 }, () => linked([shared.signal]));
  assert.equal(listeners, 1);
  works.slice(1).forEach(({ release }) => release());
  assert.equal(listeners, 1);
  works[0].release();
  assert.equal(listeners, 0);
  const [one, other] = [linked([shared.signal]), linked([shared.signal])];
  shared.abort(new Error("mine"));
  assert.deepEqual([one.signal.reason.message, other.signal.reason.message], ["mine", "mine"]);
});

test("A stream that falls silent counts as lost", async () => {
  let close;
  const body = new ReadableStream({ start(controller) { close = (reason) => { try { controller.error(reason); } catch { /* closed already */ } }; } });
  const reading = serverSentEvents({ body, close: (reason) => close(reason) }, 20).next();
  await assert.rejects(reading, (error) => error instanceof rosud.Unreachable && /silent for 20 ms/.test(error.message));
});

const streamOf = (pieces) => ({
  close() {},
  body: new ReadableStream({ start(controller) { pieces.forEach((piece) => controller.enqueue(piece)); controller.close(); } }),
});

test("Events are read the same wherever their bytes are cut", async () => {
  const bytes = new TextEncoder().encode(":\n\nid: 1\nevent: commit\ndata: {\"a\":\"ä€😀\"}\n\r\nid: 2\r\n\r\ndata: x\rdata: y\r\r:c\n\n");
  const expected = [{ id: "1", type: "commit", data: '{"a":"ä€😀"}' }, { id: "2" }, { data: "x\ny" }];
  for (let size = 1; size <= bytes.length; size++) {
    const pieces = [];
    for (let i = 0; i < bytes.length; i += size) pieces.push(bytes.slice(i, i + size));
    const events = [];
    for await (const event of serverSentEvents(streamOf(pieces), 1_000)) events.push(event);
    assert.deepEqual(events, expected, `in pieces of ${size}`);
  }
});

test("Misspelt and senseless arguments are refused by name", async () => {
  const client = new Rosud({ url: "http://127.0.0.1:9", fetch: () => assert.fail("nothing may be sent") });
  const channel = Channel.open("c", { client });
  await assert.rejects(Channel.create({ agent: ["a"], client }), /Channel\.create has no option "agent"\. It has agents/);
  await assert.rejects(channel.commit({ set: { a: 1 }, basedOn: -1 }), /basedOn must be a version/);
  await assert.rejects(channel.commit({ set: { a: undefined } }), /\/set\/a is undefined/);
  await assert.rejects(channel.commit({ set: { a: NaN } }), /\/set\/a is NaN/);
  await assert.rejects(channel.read({ keys: "plan.*" }), /keys must be a list of texts/);
  await assert.rejects(channel.coordinate({ task: "x", timeoutMs: "3000" }), /timeoutMs must be 1 to/);
  await assert.rejects(channel.coordinate({}), /coordinate needs a task/);
  assert.throws(() => channel.watch({ after: "newest" }), /after must be a version/);
  assert.throws(() => new Rosud({ url: "ftp://x" }), /url must begin with http/);
  assert.throws(() => new Rosud({ url: "nonsense" }), /url must be an address/);
  assert.throws(() => new Rosud({ timeout: 3 }), /new Rosud has no option "timeout"/);
  assert.throws(() => agent("a", { read: [] }, () => {}), /agent has no option "read"/);
  assert.throws(() => agent("a", {}, "handler"), /handler must be a function/);
  assert.throws(() => new Completion({ write: {} }), /Completion has no option "write"/);
  assert.throws(() => webhook(agent("a", {}, () => {}), {}), /needs the secret/);
});

const sign = (secret, seconds, body) => `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.`).update(body).digest("hex")}`;

test("A signature holds for its body, its secret and five minutes", async () => {
  const now = Math.floor(Date.now() / 1000);
  const header = (seconds = now, body = "{}") => ({ "rosud-signature": sign("s3cret", seconds, body) });
  await verifySignature("s3cret", header(), "{}");
  await verifySignature("s3cret", new Headers(header()), new TextEncoder().encode("{}"));
  await verifySignature(["new", "s3cret"], header(), Buffer.from("{}"));
  const refused = (act, why) => assert.rejects(act, (error) => error instanceof rosud.InvalidSignature && why.test(error.message));
  await refused(verifySignature("other", header(), "{}"), /does not fit/);
  await refused(verifySignature("s3cret", header(), "{ }"), /does not fit/);
  await refused(verifySignature("s3cret", header(now - 301), "{}"), /too long ago/);
  await refused(verifySignature("s3cret", header(now - 20), "{}", { toleranceMs: 10_000 }), /too long ago/);
  await refused(verifySignature("s3cret", {}, "{}"), /has no Rosud-Signature/);
  await refused(verifySignature("s3cret", { "rosud-signature": "t=1" }, "{}"), /cannot be read/);
  await assert.rejects(verifySignature("s3cret", header(), {}), /body must be the bytes or the text/);
  await assert.rejects(verifySignature("", header(), "{}"), /secret must be a text/);
});

test("a webhook refuses what is no assignment, or another agent's", async () => {
  const answer = webhook(agent("librarian", {}, () => ({})), { secret: null });
  const status = async (body) => (await answer(new Request("http://localhost/", { method: "POST", body }))).status;
  assert.equal(await status("no json"), 400);
  assert.equal(await status(new Uint8Array([0xff])), 400);
  assert.equal(await status("null"), 400);
  assert.equal(await status(JSON.stringify({ id: "a1", agent: "planner", context: { version: 1, entries: {} } })), 422);
});
