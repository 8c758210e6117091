// Asks the agents a question about the files of a folder:
//   node ask.mjs [--question "…"] [--folder path] [--citations 3] [--change 5] [--catalogue]
// With --change, somebody changes limits.citations while the executor writes: its attempt is stopped and done again.
// With --catalogue the librarian's count is wanted too; else nobody needs the librarian, and it is not called.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Channel, RosudError } from "rosud-call";

const { values: asked } = parseArgs({ options: {
  question: { type: "string", default: "What happens to a step when the context that it read has changed?" },
  folder: { type: "string", default: "../../../docs" },
  citations: { type: "string", default: "3" },
  change: { type: "string" },
  catalogue: { type: "boolean", default: false },
} });

const task = {
  goal: asked.question,
  outputs: asked.catalogue ? ["answer.*", "catalogue.*"] : ["answer.*"],
  steps: [
    { id: "plan", agent: "planner", reads: ["question", "corpus.folder"], writes: ["plan.*"] },
    { id: "research", agent: "researcher", reads: ["plan.terms", "corpus.folder"], writes: ["facts.*"] },
    { id: "answer", agent: "executor", reads: ["question", "facts.passages", "limits.citations", "corpus.folder"], writes: ["answer.*"] },
    { id: "catalogue", agent: "librarian", reads: ["corpus.folder"], writes: ["catalogue.*"] },
  ],
};
if (!asked.citations.match(/^\d+$/) || !(asked.change ?? "1").match(/^\d+$/)) throw new TypeError("--citations and --change take a number.");

try {
  const channel = await Channel.create({ agents: ["planner", "researcher", "executor", "librarian"], sync: { stalenessThresholdMs: 0 } });
  await channel.commit({ set: { question: asked.question, "corpus.folder": resolve(asked.folder), "limits.citations": Number(asked.citations) } });
  const watch = await channel.watch({ types: ["commit", "assignment", "stale"] }).open();
  const shown = show(channel, watch);
  const result = await channel.coordinate({ task, timeoutMs: 30_000, onStaleContext: "retry_with_fresh" });
  watch.close();
  await shown;
  print(result);
  process.exitCode = result.status === "completed" ? 0 : 1;
} catch (error) {
  if (!(error instanceof RosudError)) throw error;
  console.error(`${error.name}: ${error.message}`);
  for (const { message } of error.problems ?? error.errors) console.error(`  ${message}`);
  process.exitCode = 1;
}

// What happens, as it happens. The executor's first sign of life is the moment to change what it has read.
async function show(channel, watch) {
  let changed = asked.change === undefined;
  for await (const { type, data } of watch) {
    if (type === "commit") console.log(`${data.writer.padEnd(10)} ${data.provisional ? "publishes early" : "commits"} ${data.version}: ${[...Object.keys(data.set), ...data.delete].join(", ")}`);
    else console.log(`${String(data.agent ?? type).padEnd(10)} ${[data.step, data.outcome, data.detail].filter(Boolean).join(" ")}`);
    if (changed || type !== "assignment" || data.agent !== "executor" || data.outcome !== "working") continue;
    changed = true;
    console.log(`you        change limits.citations from ${asked.citations} to ${asked.change} while the executor writes`);
    await channel.commit({ set: { "limits.citations": Number(asked.change) } });
  }
}

function print(result) {
  console.log(`\n${result.outputs["answer.text"] ?? `No answer: ${result.problem}`}`);
  for (const { number, file, line } of result.outputs["answer.citations"] ?? []) console.log(`[${number}] ${file}:${line}`);
  if (asked.catalogue) console.log(`\nThe folder has ${result.outputs["catalogue.files"]} files.`);
  console.log();
  const since = (instant) => (instant === null ? "" : `${Date.parse(instant) - Date.parse(result.acceptedAt)} ms`);
  console.table(result.attempts.map(({ step, agent, attempt, startedAt, endedAt, readVersion, wroteVersion, outcome, reason }) => (
    { step, agent, attempt, started: since(startedAt), ended: since(endedAt), read: readVersion, wrote: wroteVersion, outcome, why: reason ?? "" })));
  const parts = Object.entries(result.overheadPartsMs).filter(([, ms]) => ms >= 0.05).map(([part, ms]) => `${part} ${ms.toFixed(1)}`).join(", ");
  console.log(`status                    ${result.status} in ${result.wallMs.toFixed(0)} ms, rework ${result.reworkMs.toFixed(0)} ms`);
  console.log(`coordination_overhead_ms  ${result.coordinationOverheadMs.toFixed(1)} (${parts})`);
  console.log(`stale_context_events      ${result.staleContextEvents}`);
  console.log(`cascade_prevented         ${result.cascadePrevented}`);
  console.log(`agents_actually_needed    ${result.agents.needed} (registered ${result.agents.registered}, planned ${result.agents.planned}, fired ${result.agents.fired})`);
  console.log(`tokens                    ${result.tokens.work} work, ${result.tokens.coordination} coordination (estimates)`);
}
