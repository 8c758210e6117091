import { Context } from "./context.js";
import { Fenced, NotFound } from "./errors.js";
import { known, list, record } from "./names.js";
import { DATA, fromWire, mapOf, shapes, toWire } from "./wire.js";

/** Why an attempt has to stop; the reason of its signal. */
export class Stopped extends Error {
  /** @param {"superseded" | "cancelled" | "deadline" | "fenced" | "stopping" | "disconnected"} why */
  constructor(why) {
    super(`The attempt stopped: ${sentences[why]}`);
    this.name = "Stopped";
    this.why = why;
  }
}

const sentences = {
  superseded: "what it read has changed, and another attempt takes its place.",
  cancelled: "its run was cancelled.",
  deadline: "its time is over.",
  fenced: "it no longer counts.",
  stopping: "the worker stops.",
  disconnected: "the host gave up the request.",
};

/** One attempt at one step, as a handler sees it. */
export class Work {
  #client;
  #path;
  #controller = new AbortController();
  #ends;
  #why = null;

  /** @param {object} body The assignment as on the wire. */
  constructor(body, client) {
    const { id, run, step, agent, attempt, goal, input, deadline, deadlineMs, shadow, context, changed, idempotencyKey, traceparent } = fromWire(body, shapes.assignment);
    this.#client = client;
    this.#path = `/assignments/${encodeURIComponent(id)}`;
    this.#ends = performance.now() + deadlineMs;
    Object.assign(this, { id, run, step, agent, attempt, goal, input, changed, idempotencyKey, traceparent, shadow });
    this.deadline = new Date(deadline);
    this.context = new Context(context);
    // work["plan.terms"] is the value of that key; a key with the name of something here is only to be had by get.
    for (const [key, value] of this.context) {
      if (!(key in this)) Object.defineProperty(this, key, { value, enumerable: true });
    }
  }

  /** Aborted when the attempt has to stop: superseded, cancelled, out of time, or the worker stops. Hand it to whatever waits. */
  get signal() {
    return this.#controller.signal;
  }

  /** Why the attempt has to stop; null while it may go on. */
  get stopped() {
    return this.#why;
  }

  /** Milliseconds until the attempt's deadline, by this machine's monotonic clock. */
  get timeLeftMs() {
    return Math.max(0, this.#ends - performance.now());
  }

  /** The value of a key of the view; undefined when the view has no such key. */
  get(key) {
    return this.context.get(key);
  }

  /** Publishes keys before the attempt ends, so that the steps that read them can start. Returns the version. */
  async publish(writes, options = {}) {
    const { delete: gone, deadlineMs } = known(options, ["delete", "deadlineMs"], "publish");
    const body = { writes: toWire({ writes: record(writes, "writes") }, { writes: mapOf(DATA) }).writes, delete: list(gone, "delete") };
    return (await this.#tell("publish", body, deadlineMs)).version;
  }

  /** Says how far the attempt is: `progress` from 0 to 1, `status` in words. */
  async report(progress, status) {
    await this.#tell("heartbeat", { progress, status });
  }

  /** Stops the attempt: its signal is aborted. The first reason stays. */
  stop(why) {
    if (this.#why !== null) return;
    this.#why = why;
    this.#controller.abort(new Stopped(why));
  }

  // What no longer counts is not the handler's failure: it sees the same reason as by its signal.
  async #tell(verb, body, deadlineMs) {
    this.signal.throwIfAborted();
    try {
      const { data } = await this.#client.request("POST", `${this.#path}/${verb}`, { body, signal: this.signal, deadlineMs: deadlineMs ?? Math.max(1, Math.min(this.timeLeftMs, this.#client.deadlineMs)) });
      if (data.superseded) this.stop("superseded");
      if (data.cancelled) this.stop("cancelled");
      return data;
    } catch (error) {
      if (error instanceof Fenced || error instanceof NotFound) this.stop("fenced");
      this.signal.throwIfAborted();
      throw error;
    }
  }
}
