import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Agent, Channel, Completion, Deferred, Failure, Rosud, Run, Stopped, agent, serve, webhook } from "../src/index.js";
import { Host } from "./support/host.js";
import { killLeftOvers, Program } from "./support/program.js";
import { Proxy } from "./support/proxy.js";

after(killLeftOvers);

const program = fileURLToPath(new URL("support/worker-program.js", import.meta.url));
let host;

before(async () => {
  host = await Host.start();
  Rosud.default = new Rosud({ url: host.url });
});

after(() => host?.stop());

/** Serves while `act` runs; `act` gets the events that the worker told, and can wait for one. */
async function serving(agents, act, options = {}) {
  const stop = new AbortController();
  const told = new Told();
  const served = serve(agents, { signal: stop.signal, graceMs: 100, onEvent: (event) => told.add(event), ...options });
  try {
    await Promise.race([told.first("registered"), served]);
    return await Promise.race([act(told, stop), served.then(() => new Promise(() => {}))]);
  } finally {
    stop.abort();
    await served;
  }
}

class Told {
  all = [];
  #waiting = new Set();

  add(event) {
    this.all.push(event);
    for (const look of this.#waiting) look();
  }

  first(type) {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.all.find((event) => event.type === type);
        if (!found) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

function gate() {
  let open;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const step = (id, reads, writes, more = {}) => ({ id, agent: id, reads, writes, ...more });

test("An output that breaks its agent's schema is rejected and done again", { timeout: 20_000 }, async () => {
  const outputSchema = { type: "object", required: ["found"], properties: { found: { type: "integer" } } };
  const strict = agent("strict", { reads: ["q"], writes: ["a"], outputSchema }, (work) => new Completion({ writes: { a: 1 }, output: { found: work.attempt === 1 ? "two" : 2 } }));
  await serving([strict], async () => {
    const channel = await Channel.create({ agents: ["strict"] });
    await channel.commit({ set: { q: 1 } });
    const result = await channel.coordinate({ task: "work", timeoutMs: 15_000 });
    assert.deepEqual([result.status, ...result.attempts.map((attempt) => attempt.outcome)], ["completed", "rejected", "accepted"]);
    assert.match(result.attempts[0].reason, /\/found/);
  });
  await assert.rejects(Agent.register("faulty", { outputSchema: { type: "whole" } }), (error) => error.status === 400 && error.errors[0].pointer === "/output_schema/type");
});

test("A handler sees its work: values, goal, input, deadline, attempt, key", { timeout: 20_000 }, async () => {
  let seen;
  const seer = agent("seer", { reads: ["*"], writes: ["out.*"] }, (work) => {
    seen = work;
    return new Completion({ writes: { "out.a_b": { cD: 1 } }, output: { ofMine: 1 }, reads: ["question"], usage: { inputTokens: 7, outputTokens: 3, costUsd: 0.5 } });
  });
  await serving([seer], async () => {
    const channel = await Channel.create({ agents: ["seer"] });
    await channel.commit({ set: { question: "why?", "plan.scope": { a_b: 1 }, goal: "a key called goal" } });
    const result = await channel.coordinate({ task: { goal: "look", input: { someInput: [1] }, steps: [step("seer", ["*"], ["out.*"])] }, timeoutMs: 10_000 });
    assert.equal(result.status, "completed");
    assert.deepEqual(result.outputs["out.a_b"], { cD: 1 });
    assert.deepEqual([result.tokens.work, result.costUsd], [10, 0.5]);
    assert.deepEqual([seen.question, seen["plan.scope"], seen.goal, seen.get("goal"), seen.input], ["why?", { a_b: 1 }, "look", "a key called goal", { someInput: [1] }]);
    assert.deepEqual([seen.attempt, seen.step, seen.agent, seen.changed, seen.stopped], [1, "seer", "seer", null, null]);
    assert.ok(seen.deadline instanceof Date && seen.timeLeftMs > 0 && seen.timeLeftMs <= 10_000 && seen.idempotencyKey.length > 0);
  });
});

test("Early keys start their readers while the publisher still works; progress is told", { timeout: 20_000 }, async () => {
  const readerDone = gate();
  const early = agent("early", { writes: ["plan.*"] }, async (work) => {
    await work.publish({ "plan.terms": ["bee"] });
    await work.report(0.5, "half");
    await readerDone.opened;   // Would never end if the reader waited for the end of this step.
    return { "plan.terms": ["bee"], "plan.files": ["a.md"] };
  });
  const reader = agent("reader", { reads: ["plan.*"], writes: ["facts.*"] }, (work) => {
    readerDone.open();
    return { "facts.of": work["plan.terms"][0] };
  });
  await serving([early, reader], async () => {
    const channel = await Channel.create({ agents: ["early", "reader"] });
    await Agent.register("reader", { reads: ["plan.*"], writes: ["facts.*"] });
    const watch = await channel.watch({ types: ["assignment"] }).open();
    const result = await channel.coordinate({ task: { goal: "g", steps: [step("early", [], ["plan.*"]), step("reader", ["plan.terms"], ["facts.*"])], outputs: ["facts.*", "plan.*"] }, timeoutMs: 10_000 });
    assert.equal(result.status, "completed", result.problem);
    assert.deepEqual({ ...result.outputs }, { "facts.of": "bee", "plan.files": ["a.md"], "plan.terms": ["bee"] });
    for await (const { data } of watch) if (data.step === "early" && /half/.test(data.detail)) break;
  });
});

test("A superseded attempt hears it by its signal and the next one sees what changed", { timeout: 20_000 }, async () => {
  const started = gate();
  const attempts = [];
  const writer = agent("writer", { reads: ["limit"], writes: ["answer.*"] }, async (work) => {
    attempts.push(work);
    if (work.attempt === 1) {
      started.open();
      await new Promise((_, reject) => work.signal.addEventListener("abort", () => reject(work.signal.reason)));
    }
    return { "answer.limit": work.limit };
  });
  await serving([writer], async (told) => {
    const channel = await Channel.create({ agents: ["writer"], sync: { stalenessThresholdMs: 0 } });
    await channel.commit({ set: { limit: 3 } });
    const running = channel.coordinate({ task: { goal: "g", steps: [step("writer", ["limit"], ["answer.*"])] }, timeoutMs: 10_000 });
    await started.opened;
    await channel.commit({ set: { limit: 5 } });
    const result = await running;
    assert.deepEqual([result.status, result.outputs["answer.limit"], result.staleContextEvents], ["completed", 5, 1]);
    assert.equal(attempts[0].stopped, "superseded");
    assert.ok(attempts[0].signal.reason instanceof Stopped);
    assert.deepEqual([attempts[1].attempt > 1, attempts[1].changed.keys], [true, ["limit"]]);
    assert.equal((await told.first("stopped")).why, "superseded");
  });
});

test("A handler takes in what changed and goes on", { timeout: 20_000 }, async () => {
  const started = gate();
  const taken = [];
  const writer = agent("rebasing", { reads: ["limit"], writes: ["answer.*"], rebase: true }, async (work) => {
    started.open();
    while (!work.hasChanged) await new Promise((resolve) => setTimeout(resolve, 20));
    taken.push(work.rebase(), work.rebase());
    return { "answer.limit": work.limit };
  });
  await serving([writer], async () => {
    const channel = await Channel.create({ agents: ["rebasing"], sync: { stalenessThresholdMs: 0 } });
    await channel.commit({ set: { limit: 3 } });
    const running = channel.coordinate({ task: "g", timeoutMs: 10_000, onStaleContext: "rebase" });
    await started.opened;
    await channel.commit({ set: { limit: 5 } });
    const result = await running;
    assert.deepEqual([result.status, result.outputs["answer.limit"], result.attempts.length], ["completed", 5, 1]);
    assert.deepEqual(taken, [["limit"], []]);
  });
});

test("A step starts a run that is a child of its own", { timeout: 20_000 }, async () => {
  const below = await Channel.create({ agents: ["helper"] });
  await below.commit({ set: { limit: 7 } });
  const helper = agent("helper", { reads: ["limit"], writes: ["help.*"] }, (work) => ({ "help.limit": work.limit }));
  const lead = agent("lead", { reads: ["limit"], writes: ["answer.*"] }, async (work) => {
    const { outputs } = await below.coordinate({ task: "help", parent: work });
    return { "answer.limit": outputs["help.limit"] };
  });
  await serving([helper, lead], async () => {
    const channel = await Channel.create({ agents: ["lead"] });
    await channel.commit({ set: { limit: 1 } });
    const result = await channel.coordinate({ task: "lead", timeoutMs: 10_000 });
    assert.deepEqual([result.status, result.outputs["answer.limit"], result.children.length], ["completed", 7, 1]);
    assert.equal((await Run.open(result.children[0]).result({ waitMs: 5_000 })).parent, result.run);
  });
});

test("Known failures, deferrals and exceptions are told as what they are", { timeout: 20_000 }, async () => {
  const bodies = {
    fails: () => { throw new Failure("no such page", { retryable: false }); },
    throws: () => { throw new RangeError("out of paper"); },
    nan: () => ({ "x.n": NaN }),
    strange: () => "a text",
    defers: (work) => (deferred++ === 0 ? Promise.reject(new Deferred(1)) : { "x.defers": work.attempt }),
  };
  let deferred = 0;
  const agents = Object.entries(bodies).map(([name, body]) => agent(name, { writes: ["x.*"] }, body));
  await serving(agents, async () => {
    const outcome = async (name) => {
      await Agent.register(name, { writes: ["x.*"] });
      const channel = await Channel.create({ agents: [name] });
      const result = await channel.coordinate({ task: { goal: "g", steps: [step(name, [], [`x.${name}`])] }, timeoutMs: 1_500 });
      return [result.status, result.attempts[0]?.reason, result.attempts.length];
    };
    assert.deepEqual((await outcome("fails")).slice(1), ["no such page", 1]);
    assert.match((await outcome("throws"))[1], /RangeError: out of paper/);
    assert.match((await outcome("nan"))[1], /TypeError: \/writes\/x\.n is NaN/);
    assert.match((await outcome("strange"))[1], /What the handler returned must be an object/);
    assert.equal((await outcome("defers"))[0], "completed");
  });
});

test("A worker serves as many assignments at once as it says, not more", { timeout: 20_000 }, async () => {
  const release = gate();
  const full = gate();
  let running = 0;
  let most = 0;
  const busy = agent("busy", { writes: ["x.*"], maxConcurrency: 2 }, async (work) => {
    most = Math.max(most, ++running);
    if (running === 2) full.open();
    await release.opened;
    running--;
    return { [`x.${work.step}`]: 1 };
  });
  const asked = [];
  const spying = (url, options) => {
    if (String(url).endsWith("/take")) asked.push(JSON.parse(options.body).max + running);
    return fetch(url, options);
  };
  await serving([busy], async () => {
    const channel = await Channel.create({ agents: ["busy"] });
    const steps = ["a", "b", "c", "d", "e"].map((id) => ({ id, agent: "busy", writes: [`x.${id}`] }));
    const done = channel.coordinate({ task: { goal: "g", steps }, timeoutMs: 10_000 });
    await full.opened;
    release.open();
    assert.equal((await done).status, "completed");
    assert.equal(most, 2);
    assert.ok(Math.max(...asked) <= 2, `asked for more than there was room for: ${asked}`);
  }, { client: new Rosud({ url: host.url, fetch: spying }) });
});

test("A worker that is killed is replaced by another", { timeout: 30_000 }, async () => {
  const env = { ROSUD_URL: host.url, AGENT: "mortal", LEASE: "1000" };
  const first = new Program(program, { env: { ...env, NAME: "first", DOES: "hang" } });
  await first.line("registered mortal");
  const channel = await Channel.create({ agents: ["mortal"] });
  const running = channel.coordinate({ task: "g", timeoutMs: 20_000 });
  await first.line("taken mortal");
  const second = new Program(program, { env: { ...env, NAME: "second", DOES: "quick" } });
  await second.line("registered mortal");
  await first.kill();
  const result = await running;
  assert.deepEqual([result.status, result.outputs["x.done"], result.retriesByCause.lost], ["completed", "second", 1]);
  assert.deepEqual(await second.terminate(), { code: 0, signal: null });
});

test("SIGTERM lets work at hand end and exits with 0; what outlasts the grace is given back", { timeout: 30_000 }, async () => {
  const env = { ROSUD_URL: host.url, AGENT: "gentle" };
  const slow = new Program(program, { env: { ...env, NAME: "slow", DOES: "slow" } });
  await slow.line("registered gentle");
  const channel = await Channel.create({ agents: ["gentle"] });
  const running = channel.coordinate({ task: "g", timeoutMs: 20_000 });
  await slow.line("taken gentle");
  assert.deepEqual(await slow.terminate(), { code: 0, signal: null });
  assert.match(slow.output, /completed gentle gentle 1 accepted\nstopped\nended/);
  assert.equal((await running).outputs["x.done"], "slow");

  const stuck = new Program(program, { env: { ...env, NAME: "stuck", DOES: "hang", GRACE: "50" } });
  await stuck.line("registered gentle");
  const again = channel.coordinate({ task: "again", timeoutMs: 20_000 });
  await stuck.line("taken gentle");
  const other = new Program(program, { env: { ...env, NAME: "other", DOES: "quick" } });
  await other.line("registered gentle");
  assert.deepEqual(await stuck.terminate(), { code: 0, signal: null });
  const result = await again;
  assert.deepEqual([result.status, result.outputs["x.done"], Object.keys(result.retriesByCause)], ["completed", "other", []]);
  await other.terminate();
});

test("A contract that the host refuses ends serve with the refusal", { timeout: 20_000 }, async () => {
  await assert.rejects(serve(agent("refused", { writes: ["not a key!"] }, () => ({})), { signal: new AbortController().signal }), { name: "InvalidRequest" });
});

test("Cancelling a run reaches the handler that works for it", { timeout: 20_000 }, async () => {
  const started = gate();
  let work;
  const stopped = gate();
  const patient = agent("patient", { writes: ["x.*"] }, async (given) => {
    work = given;
    given.signal.addEventListener("abort", stopped.open);
    started.open();
    await stopped.opened;
    return {};
  });
  await serving([patient], async () => {
    const channel = await Channel.create({ agents: ["patient"] });
    const run = await channel.submit({ task: "g" });
    await started.opened;
    await Run.open(run.id).cancel();
    await stopped.opened;
    assert.equal(work.stopped, "cancelled");
  });
});

test("A webhook agent answers signed requests, refuses others, and tells its failures", { timeout: 20_000 }, async () => {
  const tries = [];
  const librarian = agent("hooked", { reads: ["shelf"], writes: ["x.*"] }, (work) => {
    tries.push(work.get("shelf"));
    if (work.get("shelf") === "broken") throw new Failure("the shelf is broken", { retryable: false });
    return { "x.books": 3 };
  });
  const answer = webhook(librarian, { secret: "s3cret" });
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const answered = await answer(new Request(`http://${request.headers.host}${request.url}`, { method: request.method, headers: request.headers, body: request.method === "POST" ? Buffer.concat(parts) : undefined }));
    response.writeHead(answered.status, Object.fromEntries(answered.headers)).end(Buffer.from(await answered.arrayBuffer()));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}/work`;
  try {
    await Agent.register("hooked", { reads: ["shelf"], writes: ["x.*"], transport: { kind: "webhook", url, secret: "s3cret" } });
    const channel = await Channel.create({ agents: ["hooked"] });
    await channel.commit({ set: { shelf: "good" } });
    const task = (goal) => ({ goal, steps: [step("hooked", ["shelf"], ["x.*"])] });
    assert.equal((await channel.coordinate({ task: task("count"), timeoutMs: 10_000 })).outputs["x.books"], 3);
    await channel.commit({ set: { shelf: "broken" } });
    const failed = await channel.coordinate({ task: task("count again"), timeoutMs: 10_000 });
    assert.deepEqual([failed.status, failed.attempts[0].reason], ["failed", "the shelf is broken"]);
    assert.equal((await fetch(url, { method: "POST", body: "{}" })).status, 401);
    assert.equal((await fetch(url)).status, 405);
    assert.deepEqual(tries, ["good", "broken"]);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test("What comes in the moment of the stop goes to another worker at once", { timeout: 30_000 }, async (t) => {
  const proxy = await Proxy.before(host.url);
  t.after(() => proxy.close());
  const stop = new AbortController();
  const released = gate();
  // The host has handed the assignment out, and the worker does not have it yet.
  proxy.answered = async (request) => {
    if (!request.url.endsWith("/take") || stop.signal.aborted) return;
    stop.abort();
    await released.opened;
  };
  proxy.fault = (request) => {
    if (request.url.endsWith("/release")) released.open();
  };
  const bulk = (who) => agent("moment", { writes: ["a"] }, async () => ({ a: who }));
  const registered = gate();
  const served = serve([bulk("leaver")], { signal: stop.signal, client: new Rosud({ url: proxy.url }), onEvent: ({ type }) => type === "registered" && registered.open() });
  await registered.opened;
  const channel = await Channel.create({ agents: ["moment"] });
  const running = channel.coordinate({ task: { goal: "work", outputs: ["a"] }, timeoutMs: 20_000 });
  await served;
  await serving([bulk("stayer")], async () => {
    const { status, outputs } = await running;
    assert.deepEqual([status, outputs.a], ["completed", "stayer"]);
  });
});
