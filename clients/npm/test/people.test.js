import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AlreadyExists, Channel, Completion, Rosud, Run, StaleContext, Unverified, agent, serve } from "../src/index.js";
import { Host } from "./support/host.js";
import { killLeftOvers } from "./support/program.js";

after(killLeftOvers);

let host;

before(async () => {
  host = await Host.start();
  Rosud.default = new Rosud({ url: host.url });
});

after(() => host?.stop());

async function serving(agents, act) {
  const stop = new AbortController();
  let registered;
  const ready = new Promise((resolve) => { registered = resolve; });
  const served = serve(agents, { signal: stop.signal, graceMs: 100, onEvent: (event) => event.type === "registered" && registered() });
  try {
    await Promise.race([ready, served]);
    return await act();
  } finally {
    stop.abort();
    await served;
  }
}

async function begin(id, agents, task = {}) {
  const channel = await Channel.create({ id, agents });
  await channel.commit({ set: { price: 100 } });
  return { channel, run: await channel.submit({ task: { goal: "buy", outputs: ["order"], ...task }, timeoutMs: 60_000 }) };
}

test("an effect is not done again after its receipt", async () => {
  let charges = 0;
  const seen = [];
  const payer = agent("payer", { reads: ["price"], writes: ["order"] }, async (work) => {
    const paid = await work.effect("charge", async (key) => ({ charge_id: ++charges, key: key.length > 0 }));
    seen.push(paid);
    if (seen.length === 1) throw new Error("after the effect");
    return { order: paid.receipt };
  });
  await serving([payer], async () => {
    const { run } = await begin("paying", ["payer"]);
    const result = await run.result();
    assert.deepEqual([result.status, { ...result.outputs.order }, charges], ["completed", { charge_id: 1, key: true }, 1]);
    assert.deepEqual(result.effects.map(({ name, state, doneBy }) => [name, state, doneBy]), [["charge", "done", seen[0].attempt]]);
    assert.equal(seen[1].reads.price, 1);
  });
});

test("a person is asked again when the price has changed", async () => {
  const asked = [];
  let tell;
  const next = () => asked.length > 0 ? asked.shift() : new Promise((resolve) => { tell = resolve; });
  const buyer = agent("buyer", { reads: ["price"], writes: ["order"] }, async (work) => {
    const question = `Buy at ${work.get("price")}?`;
    try {
      const approved = await work.ask(question, { schema: { type: "boolean" }, expiresMs: 60_000 });
      return { order: [work.get("price"), approved] };
    } catch (error) {
      assert.equal(work.stopped, "asked");
      if (tell) { tell(question); tell = undefined; } else asked.push(question);
      throw error;
    }
  });
  await serving([buyer], async () => {
    const { channel, run } = await begin("buying", ["buyer"]);
    assert.equal(await next(), "Buy at 100?");
    const [first] = await run.questions();
    assert.deepEqual([first.text, first.reads.price, (await run.result({ waitMs: 0 })).status], ["Buy at 100?", 1, "input_required"]);
    await channel.commit({ set: { price: 999 } });
    await assert.rejects(run.answer(first, true), (error) => error instanceof StaleContext && error.stale[0].key === "price");
    assert.equal(await next(), "Buy at 999?");
    const [second] = await run.questions();
    const counted = await Run.open(run.id).answer(second.id, true, { by: "anna" });
    assert.deepEqual([counted.state, counted.value, counted.answeredBy], ["answered", true, "anna"]);
    await assert.rejects(run.answer(second, false), AlreadyExists);
    assert.deepEqual((await run.result()).outputs.order, [999, true]);
  });
});

test("a verifier refuses with a reason and then accepts", async () => {
  const writer = agent("writer", { reads: ["price"], writes: ["order"] }, async (work) => {
    await assert.rejects(work.publish({ order: "early" }), Unverified);
    return { order: work.feedback ? "long enough" : "short" };
  });
  const critic = agent("critic", { reads: ["price"] }, async (work) =>
    new Completion({ output: { accepted: work.proposed.writes.order.length > 5, reason: "too short" } }));
  await serving([writer, critic], async () => {
    const { run } = await begin("writing", ["writer", "critic"], { steps: [{ id: "write", agent: "writer", reads: ["price"], writes: ["order"], acceptance: [{ verifier: "critic" }] }] });
    const result = await run.result();
    assert.deepEqual([result.status, result.outputs.order, result.retriesByCause.acceptance], ["completed", "long enough", 1]);
  });
});
