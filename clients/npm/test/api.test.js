import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import {
  Agent, AlreadyExists, Channel, ContextSync, Conflict, ContractRejected, CoordinationPolicy, Gap, IdempotencyMismatch, InvalidRequest,
  Network, NotFound, Overloaded, PreconditionRequired, Rosud, Run, StaleContext, Unauthorized, Unreachable, VersionAhead, agent, serve,
} from "../src/index.js";
import { freePort, Host } from "./support/host.js";
import { Proxy } from "./support/proxy.js";

let host;
let proxy;
let faulty;

before(async () => {
  host = await Host.start();
  Rosud.default = new Rosud({ url: host.url });
  proxy = await Proxy.before(host.url);
  faulty = new Rosud({ url: proxy.url });
});

after(async () => {
  await proxy?.close();
  await host?.stop();
});

const patches = () => proxy.seen.filter(({ method }) => method === "PATCH");

function clean() {
  proxy.seen = [];
  proxy.fault = () => undefined;
}

/** Serves agents while `act` runs. */
async function serving(agents, act, options = {}) {
  const stop = new AbortController();
  const served = serve(agents, { signal: stop.signal, graceMs: 100, ...options });
  try {
    return await Promise.race([act(), served.then(() => assert.fail("serve ended"))]);
  } finally {
    stop.abort();
    await served;
  }
}

const trio = () => [
  agent("planner", { writes: ["plan.*"] }, (work) => ({ "plan.goal": work.goal })),
  agent("researcher", { reads: ["plan.*"], writes: ["facts.*"] }, (work) => ({ "facts.found": work["plan.goal"].length })),
  agent("executor", { reads: ["facts.*"], writes: ["answer.*"] }, (work) => ({ "answer.text": `found ${work["facts.found"]}` })),
];

test("The names of the contract work as they are written there", { timeout: 30_000 }, async () => {
  await serving(trio(), async () => {
    await Promise.all(["planner", "researcher", "executor"].map((name) => Agent.register(name, { reads: ["*"], writes: [`${{ planner: "plan", researcher: "facts", executor: "answer" }[name]}.*`] })));
    const complexTask = { goal: "solve it", outputs: ["answer.*"], steps: [
      { id: "plan", agent: "planner", writes: ["plan.*"] },
      { id: "research", agent: "researcher", reads: ["plan.goal"], writes: ["facts.*"] },
      { id: "execute", agent: "executor", reads: ["facts.found"], writes: ["answer.*"] },
    ] };

    const channel = await Channel.create({ agents: ["planner", "researcher", "executor"], sync: new ContextSync({ mode: "real_time", stalenessThresholdMs: 500, conflictResolution: "latest_wins", audit: true }) });
    const result = await channel.coordinate({ task: complexTask, timeoutMs: 3000, onStaleContext: "retry_with_fresh" });
    const network = await Network.configure({ coordination: new CoordinationPolicy({ execution: "selective_parallel", contextSync: "event_driven",
      maxStalenessMs: 500, isolation: "bulkhead", retryBudget: 3, circuitBreakerThreshold: 0.3,
      metrics: ["coordination_overhead_ms", "stale_context_events", "cascade_prevented", "agents_actually_needed"] }) });

    assert.equal(result.status, "completed");
    assert.deepEqual({ ...result.outputs }, { "answer.text": "found 8" });
    assert.equal(result.agents.needed, 3);
    assert.equal((await network.describe()).coordination.circuitBreakerThreshold, 0.3);
    assert.equal((await network.metrics()).runs.byStatus.completed, 1);
    assert.deepEqual(Object.entries((await network.metrics()).byAgent).map(([name, { attempts }]) => [name, attempts]), [["executor", 1], ["planner", 1], ["researcher", 1]]);
    assert.equal(result.byAgent.planner.attempts, 1);
    assert.ok((await Network.totalMetrics()).runs.total >= 1);
    assert.match((await Run.open(result.run).explain()).whyStopped[0].sentence, /everything that was wanted/);
    assert.equal((await network.report()).after.runs, 1);
    const compared = await Network.configure({ name: "compared", coordination: { verdict: { sampleRate: 0.5, baselines: { trips: "solo" } } } });
    assert.deepEqual((await compared.verdict()).map(({ taskClass, verdict, pairsNeeded }) => [taskClass, verdict, pairsNeeded]), [["trips", "insufficient", 80]]);
  });
});

test("A channel is made, found, changed, listed and deleted", { timeout: 20_000 }, async () => {
  const sync = { stalenessThresholdMs: null, keys: { "facts_all.*": { conflictResolution: "merge", merge: "union" } } };
  const channel = await Channel.create({ id: "verbs", agents: ["a"], sync });
  assert.equal((await Channel.create({ id: "verbs", agents: ["a"], sync })).id, "verbs");
  await assert.rejects(Channel.create({ id: "verbs", agents: ["b"] }), AlreadyExists);
  const changed = await channel.configure({ agents: ["a", "b"] });
  assert.deepEqual(changed.agents, ["a", "b"]);
  assert.equal(changed.sync.keys["facts_all.*"].merge, "union");
  await Channel.create({ id: "verbs-2" });
  assert.equal((await Channel.list({ limit: 1 })).items.length, 1);
  const all = [];
  for await (const { id } of Channel.list({ limit: 1 })) all.push(id);
  assert.ok(all.includes("verbs") && all.includes("verbs-2"));
  await channel.delete();
  await assert.rejects(Channel.open("verbs").describe(), NotFound);
});

test("The context is read and changed; every refusal has its class", { timeout: 20_000 }, async () => {
  const channel = await Channel.create({ sync: { keys: { "strict.*": { conflictResolution: "reject" } } } });
  const value = { camelCase: 1, snake_case: [null, "ä", { deepKey: 1.5 }] };
  assert.deepEqual(await channel.commit({ set: { "plan.scope": value, price: 100, ["__proto__"]: 1, "a.__proto__": 2 }, writer: "planner" }),
    { version: 1, outcome: "committed", overwritten: [], dropped: [], merged: [], parked: [] });
  const context = await channel.read();
  assert.deepEqual([context.version, context.get("plan.scope"), context.entries.get("plan.scope").writer, context.get("a.__proto__"), context.get("__proto__")], [1, value, "planner", 2, 1]);
  assert.deepEqual([...(await channel.read({ keys: ["plan.*"] })).keys()], ["plan.scope"]);
  await channel.commit({ set: { price: 999 }, delete: ["plan.scope"] });
  assert.equal((await channel.read({ version: 1 })).get("price"), 100);
  assert.equal((await channel.read({ minVersion: 2, consistency: "confirmed" })).has("plan.scope"), false);
  const { changes, version, gap } = await channel.changes({ after: 1 });
  assert.deepEqual([changes.length, changes[0].set.price, changes[0].delete, version, gap], [1, 999, ["plan.scope"], 2, false]);

  await assert.rejects(channel.commit({ set: { booking: "yes" }, reads: ["price"], basedOn: 1 }), (error) => {
    assert.ok(error instanceof StaleContext);
    assert.deepEqual([error.stale[0].key, error.stale[0].readVersion, error.stale[0].currentVersion, error.version], ["price", 1, 2, 2]);
    return true;
  });
  await assert.rejects(channel.commit({ set: { "strict.a": 1 } }), PreconditionRequired);
  await channel.commit({ set: { "strict.a": 1 }, basedOn: 2 });
  await assert.rejects(channel.commit({ set: { "strict.a": 2 }, basedOn: 2 }), Conflict);
  await assert.rejects(channel.read({ minVersion: 99 }), VersionAhead);
  await assert.rejects(channel.commit({ set: { "not a key": 1 } }), (error) => error instanceof InvalidRequest && error.errors[0].pointer === "/set/not a key");
  await assert.rejects(channel.commit({ set: { k: 1 }, idempotencyKey: "once" }).then(() => channel.commit({ set: { k: 2 }, idempotencyKey: "once" })), IdempotencyMismatch);
  await assert.rejects(channel.coordinate({ task: { goal: "g", steps: [{ id: "s", agent: "nobody", writes: ["x"] }] } }), (error) => error instanceof ContractRejected && error.problems.length > 0);
});

test("Runs are submitted, followed, listed and cancelled", { timeout: 20_000 }, async () => {
  const channel = await Channel.create({ agents: ["idle"] });
  await Agent.register("idle", { writes: ["x.*"] });
  const run = await channel.submit({ task: { goal: "g", input: { someInput: 1 } }, timeoutMs: 60_000 });
  assert.equal((await run.result({ waitMs: 0 })).endedAt, null);
  assert.equal((await run.result({ waitMs: 50 })).endedAt, null);
  const kinds = [];
  const followed = (async () => {
    for await (const event of run.events()) kinds.push(`${event.type}:${event.data.status ?? ""}`);
  })();
  const waiting = run.result();
  const cancelled = await Run.open(run.id).cancel();
  assert.equal(cancelled.status, "canceled");
  assert.equal((await waiting).status, "canceled");
  await followed;
  assert.equal(kinds.at(-1), "run:canceled");
  assert.equal((await Run.list({ channel, status: "canceled" })).items[0].run, run.id);
  assert.ok((await run.timeline()).events.some(({ kind }) => kind.length > 0));
});

test("Agents are registered, described, opened by force, reset and removed", { timeout: 20_000 }, async () => {
  const registered = await Agent.register("verbose", { description: "d", reads: ["a"], writes: ["b.*"], maxConcurrency: 2, outputSchema: { minLength: 1 }, maxUsage: { tokens: 500, costUsd: 0.25 } });
  const described = await registered.describe();
  assert.deepEqual([described.maxConcurrency, described.outputSchema, described.maxUsage, described.transport.kind], [2, { minLength: 1 }, { tokens: 500, costUsd: 0.25 }, "pull"]);
  assert.equal((await registered.forceOpen()).breaker.state, "forced_open");
  assert.equal((await registered.reset()).breaker.state, "closed");
  assert.equal((await registered.supervisor({ network: "default" })).bulkhead.maxConcurrency, 2);
  const names = [];
  for await (const { id } of Agent.list({ limit: 2 })) names.push(id);
  assert.ok(names.includes("verbose"));
  await registered.delete();
  await assert.rejects(Agent.open("verbose").describe(), NotFound);
});

test("A commit whose answer was lost is applied once", { timeout: 20_000 }, async () => {
  const channel = Channel.open((await Channel.create({ sync: { keys: { count: { conflictResolution: "merge", merge: "sum" } } } })).id, { client: faulty });
  clean();
  proxy.fault = ({ method }) => (method === "PATCH" && patches().length === 1 ? "drop-answer" : undefined);
  const { version } = await channel.commit({ set: { count: 5 } });
  assert.equal(version, 1);
  assert.equal((await channel.read()).get("count"), 5);
  assert.equal(patches().length, 2);
  assert.equal(patches()[0].key, patches()[1].key);
  await channel.commit({ set: { count: 1 } });
  assert.notEqual(patches()[2].key, patches()[0].key);
});

test("A host that takes the connection and never answers is Unreachable by the deadline", { timeout: 20_000 }, async () => {
  const sockets = new Set();
  const mute = createServer((socket) => sockets.add(socket.resume().on("error", () => {}))).listen(0, "127.0.0.1");
  await once(mute, "listening");
  const client = new Rosud({ url: `http://127.0.0.1:${mute.address().port}` });
  await assert.rejects(Channel.create({ client, deadlineMs: 200 }), (error) => error instanceof Unreachable && /has not answered within/.test(error.message));
  for (const socket of sockets) socket.destroy();
  mute.close();
});

test("A delete whose answer was lost is no NotFound, and a channel whose making was not heard of is found", { timeout: 20_000 }, async () => {
  clean();
  proxy.fault = ({ method, url }) => (method === "POST" && url === "/v1/channels" && proxy.seen.length === 1 ? "drop-answer" : undefined);
  const channel = await Channel.create({ client: faulty });
  clean();
  proxy.fault = ({ method }) => (method === "DELETE" && proxy.seen.length === 1 ? "drop-answer" : undefined);
  await channel.delete();
  assert.equal(proxy.seen.length, 2);
});

test("A coordinate whose answer was lost joins its run", { timeout: 20_000 }, async () => {
  await serving([agent("once", { writes: ["x.*"] }, () => ({ "x.y": 1 }))], async () => {
    await Agent.register("once", { writes: ["x.*"] });
    const channel = await Channel.create({ agents: ["once"], client: faulty });
    clean();
    proxy.fault = ({ url }) => (url.endsWith("/coordinate") && proxy.seen.length === 1 ? "drop-answer" : undefined);
    assert.equal((await channel.coordinate({ task: "g", timeoutMs: 10_000 })).status, "completed");
    assert.equal(proxy.seen.length, 2);
    assert.equal((await Run.list({ channel: channel.id })).items.length, 1);
  });
});

test("429, 503 and 502 are tried again, not before their Retry-After", { timeout: 20_000 }, async () => {
  const channel = await Channel.create({ client: faulty });
  clean();
  const problem = (name, retryAfterMs) => JSON.stringify({ type: `urn:rosud:problem:${name}`, detail: "d", retry_after_ms: retryAfterMs });
  const answers = [
    { status: 429, headers: { "Retry-After": "1" }, body: problem("overloaded", 300) },
    { status: 503, headers: { "Retry-After": "1" }, body: problem("unknown-outcome", 200) },
    { status: 409, body: problem("in-progress") },
    { status: 502, headers: { "Content-Type": "text/html" }, body: "<html>" },
  ];
  proxy.fault = () => answers[proxy.seen.length - 1];
  assert.equal((await channel.commit({ set: { a: 1 } })).version, 1);
  const times = patches().map(({ at }) => at);
  assert.equal(times.length, 5);
  assert.ok(times[1] - times[0] >= 295 && times[2] - times[1] >= 195, `${times}`);
  assert.equal(new Set(patches().map(({ key }) => key)).size, 1);
});

test("A Retry-After beyond the deadline is the caller's error at once, an open circuit is not repeated", { timeout: 20_000 }, async () => {
  const channel = await Channel.create({ client: faulty });
  clean();
  proxy.fault = () => ({ status: 429, headers: { "Retry-After": "60" }, body: '{"type":"urn:rosud:problem:overloaded","detail":"full"}' });
  await assert.rejects(channel.commit({ set: { a: 1 }, deadlineMs: 5_000 }), (error) => error instanceof Overloaded && error.retryAfterMs === 60_000);
  assert.equal(proxy.seen.length, 1);
  clean();
  proxy.fault = () => ({ status: 503, headers: { "Retry-After": "1" }, body: '{"type":"urn:rosud:problem:circuit-open","detail":"open"}' });
  await assert.rejects(channel.coordinate({ task: "g" }), { code: "circuit-open" });
  assert.equal(proxy.seen.length, 1);
});

test("No host is Unreachable by the deadline; an abort is the caller's own reason", { timeout: 20_000 }, async () => {
  const nowhere = new Rosud({ url: `http://127.0.0.1:${await freePort()}` });
  const started = performance.now();
  await assert.rejects(Channel.create({ client: nowhere, deadlineMs: 400 }), (error) => error instanceof Unreachable && /ECONNREFUSED/.test(error.message));
  assert.ok(performance.now() - started < 2_000);
  const stop = new AbortController();
  const reason = new Error("mine");
  const call = assert.rejects(Channel.create({ client: nowhere, signal: stop.signal }), reason);
  stop.abort(reason);
  await call;
});

test("A watch sees every commit once and in order though its connection is cut again and again", { timeout: 30_000 }, async () => {
  clean();
  const channel = await Channel.create({ client: faulty });
  const writer = Channel.open(channel.id);
  const watch = await channel.watch({ types: ["commit"] }).open();
  const seen = [];
  const last = 60;
  let tell = () => {};
  const watching = (async () => {
    for await (const event of watch) {
      assert.ok(!(event instanceof Gap), JSON.stringify(event));
      seen.push(event.data.set.n);
      tell();
      if (event.data.set.n === last) return;
    }
  })();
  const sees = (n) => new Promise((resolve) => {
    tell = () => seen.at(-1) === n && resolve();
    tell();
  });
  for (let n = 1; n <= last; n++) {
    await writer.commit({ set: { n } });
    if (n % 15 !== 0 || n === last) continue;
    await Promise.race([sees(n), watching]);
    proxy.cut();
  }
  await watching;
  assert.deepEqual(seen, Array.from({ length: last }, (_, i) => i + 1));
  assert.equal(proxy.seen.filter(({ url }) => url.includes("/events")).length, 4);
});

test("A watch resumes from a position that another had, and ends with its signal, its channel or close", { timeout: 30_000 }, async () => {
  const channel = await Channel.create();
  for (let n = 1; n <= 3; n++) await channel.commit({ set: { n } });
  const first = channel.watch({ after: 0 });
  await first.next();
  await first.return();
  const rest = [];
  for await (const event of channel.watch({ after: first.position })) {
    rest.push(event.data.version);
    if (rest.length === 2) break;
  }
  assert.deepEqual(rest, [2, 3]);

  const stop = new AbortController();
  const waiting = (await channel.watch({ signal: stop.signal }).open()).next();
  stop.abort();
  assert.equal((await waiting).done, true);

  const closed = await channel.watch().open();
  const pending = closed.next();
  closed.close();
  assert.equal((await pending).done, true);

  const deleted = await channel.watch().open();
  await channel.delete();
  const events = [];
  for await (const event of deleted) events.push(event);
  assert.ok(events.at(-1) instanceof Gap);
  assert.equal(events.at(-1).reason, "deleted");
  await assert.rejects(Channel.open("not-there").watch().next(), NotFound);
});

test("An unknown key is Unauthorized", { timeout: 30_000 }, async () => {
  const keyed = await Host.start(["--Rosud:Keys:0:sha256=2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b", "--Rosud:Keys:0:tenant=acme", "--Rosud:Keys:0:role=operator"]);
  try {
    await assert.rejects(Channel.create({ client: new Rosud({ url: keyed.url, key: "wrong" }) }), Unauthorized);
    const channel = await Channel.create({ client: new Rosud({ url: keyed.url, key: "secret" }) });
    assert.equal((await channel.commit({ set: { a: 1 } })).version, 1);
  } finally {
    await keyed.stop();
  }
});

test("who wrote what is read, checked and exported", async () => {
  const channel = await Channel.create();
  await channel.commit({ set: { a: 1 }, writer: "planner" });
  const first = await channel.verifyAudit();
  await channel.commit({ set: { a: 2 }, writer: "market" });
  const kinds = [];
  for await (const { entry } of channel.audit({ limit: 1 })) kinds.push(entry.kind);
  assert.deepEqual(kinds, ["made", "commit", "commit"]);
  const { items: [line], next } = await channel.audit({ after: 2 });
  assert.deepEqual([line.entry.n, line.entry.writer, next], [3, "market", null]);
  const then = await channel.verifyAudit({ earlier: first });
  assert.deepEqual([first.ok, first.entries, first.extends, first.values, first.valuesGone], [true, 2, undefined, 1, 0]);
  assert.deepEqual([then.ok, then.entries, then.extends, then.broken, then.head], [true, 3, true, undefined, line.hash]);
  assert.equal((await channel.verifyAudit({ earlier: { number: first.number, hash: then.head } })).ok, false);
  const exported = async (options, from = channel) => {
    const pieces = [];
    for await (const piece of from.exportAudit(options)) pieces.push(piece);
    return Buffer.concat(pieces).toString("latin1").trimEnd().split("\n");
  };
  const lines = await exported();
  assert.ok(lines[0].startsWith('{"header":') && lines.at(-1).startsWith('{"head":'));
  let chain = Buffer.alloc(32);
  for (const exportedLine of lines.slice(1, -1)) {
    const [, entry, hash] = /^\{"entry":(.*),"hash":"([0-9a-f]{64})"\}$/.exec(exportedLine);
    chain = createHash("sha256").update(chain).update(entry, "latin1").digest();
    assert.equal(chain.toString("hex"), hash);
  }
  assert.equal(chain.toString("hex"), then.head);
  assert.deepEqual((await exported({ after: 2 })).slice(1, -1), lines.slice(3, -1));
  await assert.rejects(exported({}, Channel.open("nobody")), NotFound);
});

test("what was written is compared, blamed, and decided where it clashed", async () => {
  const channel = await Channel.create({ sync: { conflictResolution: "manual" } });
  await channel.commit({ set: { city: "Lyon", price: 100 } });
  await channel.commit({ set: { price: 120 }, basedOn: 1, writer: "market" });
  assert.deepEqual((await channel.commit({ set: { price: { snake_case: 90 } }, basedOn: 1, writer: "planner" })).parked, ["price"]);
  const { items: [conflict] } = await channel.conflicts();
  assert.deepEqual([conflict.key, conflict.parked.writer, conflict.parked.value, conflict.current.value], ["price", "planner", { snake_case: 90 }, 120]);
  assert.equal((await channel.resolve({ conflict, value: 95, writer: "person" })).version, 3);
  assert.deepEqual((await channel.conflicts()).items, []);
  await assert.rejects(channel.resolve({ conflict: conflict.id, choose: "parked" }), NotFound);
  const writers = [];
  for await (const { writer } of channel.blame({ key: "price", limit: 1 })) writers.push(writer);
  assert.deepEqual(writers, ["person", "market", "operator"]);
  assert.deepEqual((await channel.blame({ key: "price", upTo: 2 })).items.map(({ value }) => value), [120, 100]);
  const { items: [difference] } = await channel.diff({ from: 1 });
  assert.deepEqual([difference.key, difference.change, difference.before.value, difference.after.value], ["price", "changed", 100, 95]);
  assert.deepEqual((await channel.diff({ to: 1, keys: ["c*"] })).items.map(({ change }) => change), ["added"]);
  await assert.rejects(channel.resolve({ conflict: "p1" }), TypeError);
  await assert.rejects(channel.resolve({ conflict: "p1", choose: "parked", value: 1 }), TypeError);
});
