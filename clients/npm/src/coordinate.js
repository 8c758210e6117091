import { clientOf } from "./client.js";
import { callOptions, freshName, known, milliseconds, record } from "./names.js";
import { Run } from "./runs.js";
import { Work } from "./work.js";
import { fromWire, shapes, toWire } from "./wire.js";

const names = ["task", "timeoutMs", "onStaleContext", "execution", "priority", "parent", "idempotencyKey", ...callOptions];

/** As the host has it when nothing is said. */
const timeoutDefaultMs = 30_000;

/** One request waits this long for the end; whoever waits longer listens to the run's events instead. */
const waitSeconds = 20;

/** Coordinates a task and waits for its end. */
export async function coordinate(channel, options) {
  const { body, call, client } = asked(channel, options, "coordinate");
  const timeoutMs = body.timeout_ms ?? (options.parent instanceof Work ? Math.max(1, options.parent.timeLeftMs) : timeoutDefaultMs);
  const deadlineMs = call.deadlineMs ?? timeoutMs + client.deadlineMs;
  const started = performance.now();
  const { status, data } = await post(channel, client, body, { ...call, deadlineMs, waitMs: waitSeconds * 1000 }, `wait=${waitSeconds}`);
  if (status === 200) return fromWire(data, shapes.run);
  const left = Math.max(1, deadlineMs - (performance.now() - started));
  return new Run(data.run, client).result({ waitMs: Math.min(left, timeoutMs + 1_000), deadlineMs: left, signal: call.signal });
}

/** Starts a task; the run goes on whatever happens to the caller. */
export async function submit(channel, options) {
  const { body, call, client } = asked(channel, options, "submit");
  const { data } = await post(channel, client, body, call, "respond-async");
  return new Run(data.run, client);
}

function asked(channel, options, where) {
  const { task, timeoutMs, onStaleContext, execution, priority, parent, idempotencyKey, client: other, ...call } = known(options, names, where);
  if (task === undefined) throw new TypeError(`${where} needs a task: its goal as a text, or an object with goal.`);
  if (timeoutMs !== undefined) milliseconds(timeoutMs, "timeoutMs", 1);
  const body = {
    task: typeof task === "string" ? { goal: task } : toWire(record(task, "task"), shapes.task),
    timeout_ms: timeoutMs, on_stale_context: onStaleContext, execution, priority, parent: parent instanceof Work ? parent.run : parent?.id ?? parent,
  };
  return { body, call: { ...call, idempotencyKey }, client: clientOf({ client: other ?? channel.client }) };
}

// A task without an id has the key of this call as its id, so that a repeat joins the run instead of starting another.
async function post(channel, client, body, call, prefer) {
  const idempotencyKey = call.idempotencyKey ?? await freshName("t-");
  return client.request("POST", `/channels/${encodeURIComponent(channel.id)}/coordinate`, { ...call, idempotencyKey, headers: { Prefer: prefer }, body });
}
