import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Channel, Gap, Rosud, Run } from "../src/index.js";
import { Host } from "./support/host.js";
import { killLeftOvers, Program } from "./support/program.js";

after(killLeftOvers);

const program = fileURLToPath(new URL("support/worker-program.js", import.meta.url));
let host;

before(async () => {
  host = await Host.start();
  Rosud.default = new Rosud({ url: host.url, deadlineMs: 60_000 });
});

after(() => host?.stop());

/** Kills the host without warning and starts it again on its ports and data. */
async function crash() {
  await host.kill();
  await host.launch();
}

test("Commits go on over a killed host: each is applied once", { timeout: 60_000 }, async () => {
  const channel = await Channel.create({ sync: { keys: { sum: { conflictResolution: "merge", merge: "sum" } } } });
  const last = 200;
  let crashed;
  for (let n = 1; n <= last; n++) {
    if (n === 60) crashed = crash();   // Not awaited: the commits run into it.
    const { version } = await channel.commit({ set: { sum: n } });
    assert.equal(version, n);
  }
  await crashed;
  const context = await channel.read();
  assert.deepEqual([context.version, context.get("sum")], [last, last * (last + 1) / 2]);
});

test("A watch goes on over a killed host without loss or repeats", { timeout: 60_000 }, async () => {
  const channel = await Channel.create();
  const watch = await channel.watch({ types: ["commit"] }).open();
  const last = 120;
  const seen = [];
  const watching = (async () => {
    for await (const event of watch) {
      if (event instanceof Gap) {
        assert.equal(event.reason, "notices");   // Says that only notices may be missing; no commit is.
        continue;
      }
      seen.push(event.data.version);
      if (event.data.version === last) return;
    }
  })();
  let crashed;
  for (let n = 1; n <= last; n++) {
    await channel.commit({ set: { n } });
    if (n === 40) crashed = crash();
  }
  await Promise.all([watching, crashed]);
  assert.deepEqual(seen, Array.from({ length: last }, (_, i) => i + 1));
});

test("A coordinate and its worker in another process go on over a killed host", { timeout: 60_000 }, async () => {
  const worker = new Program(program, { env: { ROSUD_URL: host.url, AGENT: "tough", NAME: "tough", DOES: "slow" } });
  await worker.line("registered tough");
  const channel = await Channel.create({ agents: ["tough"] });
  const steps = ["a", "b", "c", "d"].map((id, i, all) => ({ id, agent: "tough", writes: [`x.${id}`], after: i > 0 ? [all[i - 1]] : [] }));
  const running = channel.coordinate({ task: { goal: "g", steps, outputs: ["x.*"] }, timeoutMs: 45_000 });
  await worker.line("taken tough b");
  await crash();
  const result = await running;
  assert.equal(result.status, "completed", result.problem);
  assert.deepEqual({ ...result.outputs }, { "x.a": "tough", "x.b": "tough", "x.c": "tough", "x.d": "tough" });
  assert.equal((await Run.list({ channel })).items.length, 1);
  assert.deepEqual(await worker.terminate(), { code: 0, signal: null });
});
