import { Agent, Channel, Completion, ContextSync, CoordinationPolicy, Deferred, Failure, Gap, Network, Rosud, Run, StaleContext, agent, serve, verifySignature, webhook, type RunResult, type WorkerEvent } from "rosud-call";

const client = new Rosud({ url: "http://127.0.0.1:5080", key: "k", deadlineMs: 5_000 });
const stop = new AbortController();

export async function all(): Promise<string> {
  const channel = await Channel.create({ agents: ["planner"], sync: new ContextSync({ stalenessThresholdMs: null, keys: { "facts.*": { merge: "union", conflictResolution: "merge" } } }), client });
  const { version } = await channel.commit({ set: { price: 100, plan: { anyCase: [1, null] } }, reads: ["price"], basedOn: 0, signal: stop.signal });
  const context = await channel.read({ keys: ["plan.*"], version });
  for (const [key, value] of context) console.log(key, value, context.entries.get(key)?.writer?.toUpperCase());
  try {
    await channel.commit({ set: { a: 1 } });
  } catch (error) {
    if (error instanceof StaleContext) for (const { key, behindMs } of error.stale) console.log(key, behindMs.toFixed());
    // @ts-expect-error  An unknown error has no members.
    console.log(error.stale);
  }
  for await (const event of channel.watch({ after: version, types: ["commit"] })) {
    if (event instanceof Gap) console.log(event.reason, event.version);
    else console.log(event.id, event.data.set);
  }
  const result: RunResult = await channel.coordinate({ task: { goal: "g", steps: [{ id: "s", agent: "a", reads: [{ key: "k", optional: true }], onFailure: { kind: "default", value: { k: 1 } } }] }, timeoutMs: 3000, onStaleContext: "retry_with_fresh" });
  const run: Run = await channel.submit({ task: "goal" });
  for await (const event of run.events()) console.log(event.type);
  const page = await Run.list({ channel, status: "completed", limit: 3 });
  for await (const { id } of Channel.list()) console.log(id.length, page.next);
  for await (const { entry, hash } of channel.audit({ after: 3 })) console.log(entry["kind"], hash.length);
  for await (const piece of channel.exportAudit({ signal: stop.signal })) console.log(piece.byteLength);
  const earlier = await channel.verifyAudit();
  console.log((await channel.verifyAudit({ earlier })).extends, earlier.broken?.reason);
  const network = await Network.configure({ coordination: new CoordinationPolicy({ execution: "selective_parallel", retryBudget: 3 }) });
  console.log((await network.metrics()).latencyMs.p99?.toFixed(), (await Agent.open("a").supervisor()).breaker.state);
  // @ts-expect-error  Misspelt.
  await channel.commit({ sets: {} });
  // @ts-expect-error  Not one of the modes.
  await Channel.create({ sync: { conflictResolution: "last_wins" } });
  return result.status;
}

const researcher = agent("researcher", { reads: ["plan.*"], writes: ["facts.*"], maxConcurrency: 2 }, async (work) => {
  const terms: string[] = work["plan.terms"];
  work.signal.throwIfAborted();
  if (terms.length === 0) throw new Failure("no terms", { retryable: false });
  if (work.timeLeftMs < 10) throw new Deferred(1_000);
  await work.publish({ "facts.early": terms[0] });
  await work.report(0.5, "half");
  return work.attempt > 1 ? { "facts.all": terms } : new Completion({ writes: { "facts.all": terms }, usage: { inputTokens: 1 } });
});
// @ts-expect-error  A text is no completion.
agent("wrong", {}, () => "text");
// @ts-expect-error  A handler is needed.
agent("wrong", {});

export const served: Promise<void> = serve([researcher], { signal: stop.signal, onEvent: (event: WorkerEvent) => { if (event.type === "completed") console.log(event.outcome); } });
export const answer: (request: Request) => Promise<Response> = webhook(researcher, { secret: "s" });
export const verified: Promise<void> = verifySignature("s", new Headers(), "body", { toleranceMs: 1 });
