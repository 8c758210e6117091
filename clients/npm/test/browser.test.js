import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Channel, Rosud } from "../src/index.js";
import { Host } from "./support/host.js";
import { killLeftOvers, Program } from "./support/program.js";
import { Quickstart } from "./support/quickstart.js";

let host;
let quickstart;
let profile;

before(async () => {
  [host, quickstart] = await Promise.all([Host.start(), Quickstart.prepare()]);
  profile = await mkdtemp(join(tmpdir(), "rosud-chromium-"));
  Rosud.default = new Rosud({ url: host.url });
});

after(async () => {
  await killLeftOvers();
  await quickstart?.remove();
  await host?.stop();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});

test("The quickstart's page watches a channel and commits to it in a real browser", { timeout: 60_000 }, async () => {
  const server = new Program(quickstart.path("server.mjs"), { env: { ROSUD_URL: host.url } });
  const address = await server.line("http://127.0.0.1:");
  const channel = await Channel.create();
  await channel.commit({ set: { price: 1 } });
  const browser = spawn("chromium", [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
    "--remote-debugging-port=0", `--user-data-dir=${profile}`, `${address}/?channel=${channel.id}`,
  ], { stdio: ["ignore", "ignore", "pipe"] });
  const said = [];
  browser.stderr.on("data", (text) => said.push(text));
  const gone = once(browser, "exit").then(() => assert.fail(`Chromium ended:\n${said.join("")}`));
  gone.catch(() => {});
  try {
    // The page answers each price with a commit of its own: both ways go through the browser's fetch.
    const shown = [];
    const seeing = (async () => {
      for await (const { data } of channel.watch({ after: 0, types: ["commit"] })) {
        if (data.writer !== "page") continue;
        shown.push(data.set["page.shows"]);
        if (shown.length === 3) return;
        await channel.commit({ set: { price: shown.length + 1 } });
      }
    })();
    await Promise.race([seeing, gone]);
    assert.deepEqual(shown, [1, 2, 3]);
  } finally {
    const exit = once(browser, "exit");
    if (browser.exitCode === null && browser.signalCode === null) {
      browser.kill("SIGKILL");
      await exit;
    }
    await server.kill();
  }
});
