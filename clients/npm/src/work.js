import { Context } from "./context.js";
import { Fenced, NotFound } from "./errors.js";
import { known, list, record, text } from "./names.js";
import { DATA, fromWire, mapOf, shapes, toWire } from "./wire.js";

/** Why an attempt has to stop; the reason of its signal. */
export class Stopped extends Error {
  /** @param {"superseded" | "cancelled" | "deadline" | "fenced" | "asked" | "stopping" | "disconnected"} why */
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
  asked: "it asked a person, and runs again with the answer.",
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
  #handed;
  #offered = null;

  /** @param {object} body The assignment as on the wire. */
  constructor(body, client) {
    const { id, run, step, agent, attempt, goal, input, deadline, deadlineMs, shadow, context, changed, idempotencyKey, traceparent, answers = [], proposed = null, feedback = null } = fromWire(body, shapes.assignment);
    this.#client = client;
    this.#path = `/assignments/${encodeURIComponent(id)}`;
    this.#ends = performance.now() + deadlineMs;
    Object.assign(this, { id, run, step, agent, attempt, goal, input, changed, idempotencyKey, traceparent, shadow, answers, proposed, feedback });
    this.deadline = new Date(deadline);
    this.#handed = context;
    this.context = new Context(context);
    // work["plan.terms"] is the value of that key; a key with the name of something here is only to be had by get.
    this.#show(this.context.keys());
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

  /** Whether something of the view has changed that `rebase` can take in: only of an agent registered with `rebase`, in runs with onStaleContext "rebase". */
  get hasChanged() {
    return this.#offered !== null;
  }

  /** The version that was taken in; undefined for the view as handed out. */
  get basedOn() {
    return this.context.version > this.#handed.version ? this.context.version : undefined;
  }

  /** Takes what has changed into the view; what the handler then returns rests on it. Returns the keys that changed since the attempt began. */
  rebase() {
    const offered = this.#offered;
    this.#offered = null;
    if (offered === null) return [];
    const entries = Object.fromEntries(Object.entries(this.#handed.entries).filter(([key]) => !offered.keys.includes(key)));
    this.context = new Context({ version: offered.context.version, entries: Object.assign(entries, offered.context.entries) });
    this.#show(this.context.keys());
    return offered.keys;
  }

  /** Something of the view has changed; for whoever runs the handler. */
  offer(changed) {
    if (changed && changed.context.version > this.context.version) this.#offered = fromWire(changed, shapes.changedContext);
  }

  #show(keys) {
    for (const key of keys) {
      if (!(key in this)) Object.defineProperty(this, key, { get: () => this.context.get(key), enumerable: true });
    }
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

  /**
   * Does something outside once per run and step: claims it durably, calls `act(idempotencyKey)`, keeps what that returns as
   * the receipt. An earlier attempt's receipt is returned without calling it.
   */
  async effect(name, act) {
    if (typeof act !== "function") throw new TypeError("effect takes a name and a function of the idempotency key.");
    const claimed = await this.#put(name, {});
    if (claimed.state === "done") return claimed;
    const receipt = await act(claimed.idempotencyKey);
    return this.#put(name, { receipt: receipt ?? null });
  }

  /** Asks a person: ends the attempt the first time, and returns the answer when the handler runs again with it. */
  async ask(question, options = {}) {
    const { schema, expiresMs } = known(options, ["schema", "expiresMs"], "ask");
    const answer = this.answers.findLast((given) => given.question === text(question, "question"));
    if (answer) return answer.value;
    await this.#tell("ask", { question, schema, expires_ms: expiresMs });
    this.stop("asked");
    throw this.signal.reason;
  }

  /** Stops the attempt: its signal is aborted. The first reason stays. */
  stop(why) {
    if (this.#why !== null) return;
    this.#why = why;
    this.#controller.abort(new Stopped(why));
  }

  #put(name, body) {
    return this.#say("PUT", `/effects/${encodeURIComponent(text(name, "name"))}`, body).then((data) => fromWire(data, shapes.effect));
  }

  async #tell(verb, body, deadlineMs) {
    const data = await this.#say("POST", `/${verb}`, body, deadlineMs);
    if (data.superseded) this.stop("superseded");
    if (data.cancelled) this.stop("cancelled");
    this.offer(data.changed);
    return data;
  }

  // What no longer counts is not the handler's failure: it sees the same reason as by its signal.
  async #say(method, path, body, deadlineMs) {
    this.signal.throwIfAborted();
    try {
      const { data } = await this.#client.request(method, `${this.#path}${path}`, { body, signal: this.signal, deadlineMs: deadlineMs ?? Math.max(1, Math.min(this.timeLeftMs, this.#client.deadlineMs)) });
      return data;
    } catch (error) {
      if (error instanceof Fenced || error instanceof NotFound) this.stop("fenced");
      this.signal.throwIfAborted();
      throw error;
    }
  }
}
