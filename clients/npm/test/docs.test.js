import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Host, repository } from "./support/host.js";
import { killLeftOvers, Program } from "./support/program.js";
import { Quickstart } from "./support/quickstart.js";

const run = promisify(execFile);
const sample = join(repository, "samples/agents/node");
let host;
let quickstart;
let env;

before(async () => {
  [host, quickstart] = await Promise.all([Host.start(), Quickstart.prepare()]);
  env = { ROSUD_URL: host.url };
});

after(async () => {
  await killLeftOvers();
  await quickstart?.remove();
  await host?.stop();
});

test("The quickstart's programs print what it says they print", { timeout: 60_000 }, async () => {
  assert.deepEqual(quickstart.withOutput.map(([name]) => name), ["first.mjs", "stale.mjs", "watch.mjs", "coordinate.mjs", "errors.mjs"]);
  const worker = new Program(quickstart.path("worker.mjs"), { env });
  await Promise.all([worker.line("registered planner"), worker.line("registered researcher")]);
  for (const [name, expected] of quickstart.withOutput) {
    const { stdout } = await run(process.execPath, [quickstart.path(name)], { env: { ...process.env, ...env } });
    assert.equal(stdout, expected, name);
  }
  assert.deepEqual(await worker.terminate(), { code: 0, signal: null });
});

test("The sample's agents answer a question over the repository's docs, and do again what became stale", { timeout: 60_000 }, async () => {
  await run("npm", ["install", "--offline", "--silent", "--no-audit", "--no-fund"], { cwd: sample });
  const planner = new Program("work.js", { cwd: sample, args: ["planner"], env });
  const others = new Program("work.js", { cwd: sample, args: ["researcher", "executor"], env: { ...env, PACE_MS: "20" } });
  const librarian = new Program("librarian.js", { cwd: sample, env });
  await Promise.all([planner.line("registered planner"), others.line("registered researcher"), others.line("registered executor"), librarian.line("registered librarian")]);
  const ask = async (...args) => {
    const program = new Program("ask.mjs", { cwd: sample, args, env });
    assert.deepEqual(await program.exited.then(({ code }) => code), 0, program.output);
    await program.line("agents_actually_needed");
    return program.output;
  };

  const calm = await ask("--folder", join(repository, "docs"));
  assert.match(calm, /planner +publishes early 2: plan\.terms/);
  assert.match(calm, /^\[3\] \S+\.md:\d+$/m);
  assert.doesNotMatch(calm, /^\[4\]/m);
  assert.match(calm, /stale_context_events +0/);
  assert.match(calm, /agents_actually_needed +3 \(registered 4, planned 3, fired 3\)/);

  const disturbed = await ask("--folder", join(repository, "docs"), "--change", "5", "--catalogue");
  assert.match(disturbed, /^\[5\] \S+\.md:\d+$/m);
  assert.match(disturbed, /stale_context_events +1/);
  assert.match(disturbed, /The folder has \d+ files\./);
  await librarian.line("answered 200");
  await others.line("stopped executor answer attempt 1 superseded");

  for (const program of [planner, others, librarian]) assert.deepEqual(await program.terminate(), { code: 0, signal: null });
});

test("The sample says plainly what it cannot do", { timeout: 30_000 }, async () => {
  const strange = new Program("work.js", { cwd: sample, args: ["plumber"], env });
  assert.equal((await strange.exited).code, 2);
  await strange.line("There is no agent plumber here");
});
