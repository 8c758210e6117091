import { linked, pause } from "./deadline.js";
import { Fenced, NotFound } from "./errors.js";
import { failureOf, perform } from "./outcome.js";
import { backoff } from "./retry.js";
import { Stopped, Work } from "./work.js";

const waitMs = 20_000;

/** How long the last word of an attempt is repeated at least, though its time be nearly over. */
const lastWordMs = 5_000;

/** One assignment that a worker has taken: runs the handler, keeps the lease, tells the end. */
export class Attempt {
  #client;
  #path;
  #tell;

  constructor(assignment, client, tell) {
    this.#client = client;
    this.#path = `/assignments/${encodeURIComponent(assignment.id)}`;
    this.#tell = tell;
    this.work = new Work(assignment, client);
  }

  /** Never rejects: what goes wrong is told to the host or to the worker's listener. */
  async run(handler) {
    const { work } = this;
    const life = linked([], work.timeLeftMs, () => new Stopped("deadline"));
    life.signal.addEventListener("abort", () => {
      if (life.signal.reason instanceof Stopped) work.stop("deadline");
    }, { once: true });
    const beating = this.#beat(life.signal);
    const outcome = await perform(handler, work);
    life.abort(new Error("The handler has ended."));
    life.release();
    await beating;
    if (work.stopped === null) await this.#settle(outcome);
    else if (work.stopped !== "stopping") this.#say({ type: "stopped", why: work.stopped });
  }

  /** Gives the assignment back because the worker stops: another worker gets it at once, and no retry is spent. */
  async giveBack(deadlineMs) {
    this.work.stop("stopping");
    this.#say({ type: "stopped", why: "stopping" });
    await this.#send("fail", { reason: "The worker stopped.", retry_after_ms: 0 }, deadlineMs);
  }

  async #settle({ verb, body }) {
    const deadlineMs = Math.max(lastWordMs, this.work.timeLeftMs);
    const answer = await this.#send(verb, body, deadlineMs);
    if (answer instanceof Error) {
      if (verb === "complete" && answer.status >= 400 && answer.status < 500) await this.#settle({ verb: "fail", body: { ...failureOf(answer), retryable: false } });
      else this.#say({ type: "error", error: answer });
    } else if (answer) {
      this.#say(verb === "complete" ? { type: "completed", outcome: answer.outcome, version: answer.version } : { type: "failed", reason: body.reason });
    }
  }

  // A last word that no longer counts is no error: another attempt has taken this one's place.
  async #send(verb, body, deadlineMs) {
    try {
      return (await this.#client.request("POST", `${this.#path}/${verb}`, { body, waitMs, deadlineMs })).data;
    } catch (error) {
      if (error instanceof Fenced || error instanceof NotFound) this.#say({ type: "stopped", why: "fenced" });
      else return error;
    }
  }

  // The host answers when there is news, or in time for the lease; so this is neither a timer nor a poll.
  async #beat(signal) {
    for (let failures = 0; !signal.aborted;) {
      try {
        const started = performance.now();
        const { superseded, cancelled, changed } = await this.#client.once("POST", `${this.#path}/heartbeat`, { body: { wait_ms: waitMs }, waitMs, signal });
        failures = 0;
        if (superseded) return this.work.stop("superseded");
        if (cancelled) return this.work.stop("cancelled");
        this.work.offer(changed);
        if (performance.now() - started < 100) await pause(500, signal);   // Something between us and the host does not wait.
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Fenced || error instanceof NotFound) return this.work.stop("fenced");
        if (!this.#client.isTransient(error)) return this.#say({ type: "error", error });
        await pause(backoff(++failures, error.retryAfterMs), signal).catch(() => {});
      }
    }
  }

  #say(event) {
    const { run, step, attempt, agent } = this.work;
    this.#tell({ ...event, agent, run, step, attempt });
  }
}

