import { Attempt } from "./attempt.js";
import { clientOf } from "./client.js";
import { linked, pause } from "./deadline.js";
import { NotFound } from "./errors.js";
import { freshName, known, list, milliseconds, text } from "./names.js";
import { registrationNames } from "./agents.js";
import { backoff } from "./retry.js";
import { shapes, toWire } from "./wire.js";

const concurrencyDefault = 4;
const takeMax = 100;
const leaveTries = 4;
const leaveMs = 500;

/** An agent and what it does: the name, its contract, and the handler of its assignments. */
export class AgentDefinition {
  constructor(name, contract, handler) {
    this.name = name;
    this.contract = contract;
    this.handler = handler;
  }
}

/**
 * Declares an agent: `agent("researcher", {reads: ["question"], writes: ["facts.*"]}, async (work) => ({"facts.best": …}))`.
 * Nothing happens before `serve`.
 */
export function agent(name, contract, handler) {
  text(name, "name");
  const names = registrationNames.filter((option) => option !== "transport");
  known(contract, names, "agent");
  list(contract?.reads, "reads");
  list(contract?.writes, "writes");
  if (typeof handler !== "function") throw new TypeError("handler must be a function of the work.");
  const concurrency = contract?.maxConcurrency;
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency > 0)) throw new TypeError("maxConcurrency must be a whole number from 1.");
  return new AgentDefinition(name, { ...contract }, handler);
}

/**
 * Serves agents until the signal (or SIGTERM or SIGINT) stops it: registers them, takes their assignments, keeps the leases,
 * tells the ends, and outlives restarts of the host. Resolves when the work at hand is done or given back.
 */
export async function serve(agents, options = {}) {
  const { signal, client: other, graceMs = 10_000, leaseMs = 30_000, handleSignals = signal === undefined, onEvent } = known(options, ["signal", "client", "graceMs", "leaseMs", "handleSignals", "onEvent"], "serve");
  const definitions = Array.isArray(agents) ? agents : [agents];
  if (definitions.length === 0 || !definitions.every((each) => each instanceof AgentDefinition)) throw new TypeError("serve takes one or more agents, as agent(…) makes them.");
  milliseconds(graceMs, "graceMs");
  milliseconds(leaseMs, "leaseMs", 1_000, 600_000);
  const stop = linked([signal]);
  const unhandle = handleSignals ? stopAtSignals(stop) : () => {};
  const tell = listener(onEvent);
  const workers = definitions.map((definition) => new Worker(definition, clientOf({ client: other }), { stop: stop.signal, leaseMs, tell }));
  try {
    await Promise.all(workers.map((worker) => worker.take()));
  } catch (error) {
    stop.abort(error);   // One that cannot go on stops the others, as gently.
    throw error;
  } finally {
    tell({ type: "stopping" });
    await Promise.all(workers.map((worker) => worker.finish(graceMs)));
    unhandle();
    stop.release();
    tell({ type: "stopped" });
  }
}

// A second signal finds no listener and ends the process as it always did.
function stopAtSignals(stop) {
  const { process } = globalThis;
  if (typeof process?.once !== "function") return () => {};
  const names = ["SIGTERM", "SIGINT"];
  const unhandle = () => names.forEach((name) => process.removeListener(name, end));
  const end = () => {
    unhandle();
    stop.abort(new Error("The process was asked to stop."));
  };
  names.forEach((name) => process.once(name, end));
  return unhandle;
}

// What a listener throws is its own affair and must not end a worker.
function listener(onEvent) {
  if (onEvent !== undefined && typeof onEvent !== "function") throw new TypeError("onEvent must be a function.");
  return (event) => {
    try {
      onEvent?.(event);
    } catch (error) {
      queueMicrotask(() => globalThis.reportError?.(error));
    }
  };
}

/** Takes the assignments of one agent. */
class Worker {
  #definition;
  #client;
  #stop;
  #leaseMs;
  #tell;
  #slots;
  #running = new Map();
  #freed = () => {};
  #worker;

  constructor(definition, client, { stop, leaseMs, tell }) {
    this.#definition = definition;
    this.#client = client;
    this.#stop = stop;
    this.#leaseMs = leaseMs;
    this.#tell = tell;
    this.#slots = definition.contract.maxConcurrency ?? concurrencyDefault;
  }

  /** Registers, then takes until stopped. Rejects when the host refuses for good. */
  async take() {
    try {
      await this.#register();
      for (let failures = 0; !this.#stop.aborted;) {
        await this.#room();
        try {
          if (failures > 0) await this.#register();
          const taken = await this.#next();
          if (this.#stop.aborted) {   // It came in the moment of the stop.
            await Promise.all(taken.map((assignment) => new Attempt(assignment, this.#client, this.#tell).giveBack(2_000)));
            return;
          }
          for (const assignment of taken) this.#start(assignment);
          failures = 0;
        } catch (error) {
          if (this.#stop.aborted) return;
          if (!this.#client.isTransient(error) && !(error instanceof NotFound)) throw error;
          failures++;
          this.#tell({ type: "disconnected", agent: this.#definition.name, error });
          await pause(backoff(failures, error.retryAfterMs), this.#stop);
        }
      }
    } catch (error) {
      if (!this.#stop.aborted) throw error;
    }
  }

  /** Waits for the work at hand for `graceMs`, then gives back what is left. */
  async finish(graceMs) {
    const grace = linked([], graceMs, () => new Error("The grace is over."));
    const over = new Promise((resolve) => grace.signal.addEventListener("abort", resolve, { once: true }));
    await Promise.race([Promise.all(this.#running.values()), over]);
    grace.release();
    await Promise.all([...this.#running.keys()].map((attempt) => attempt.giveBack(2_000)));
  }

  async #register() {
    const { name, contract } = this.#definition;
    const body = toWire({ ...contract, maxConcurrency: this.#slots, transport: { kind: "pull" } }, shapes.agent);
    await this.#client.request("PUT", `/agents/${encodeURIComponent(name)}`, { body, signal: this.#stop });
    this.#tell({ type: "registered", agent: name });
  }

  // Not under the signal of the stop: a take that is cut off here may just have been handed something, which would wait for its lease.
  async #next() {
    if (this.#stop.aborted) return [];
    this.#worker ??= await freshName("w-");
    const max = Math.min(takeMax, this.#slots - this.#running.size);
    const body = { max, wait_ms: 20_000, lease_ms: this.#leaseMs, worker: this.#worker };
    const life = linked([]);
    const leave = () => this.#leave(life);
    this.#stop.addEventListener("abort", leave, { once: true });
    try {
      return (await this.#client.once("POST", `${this.#path}/take`, { body, waitMs: body.wait_ms, signal: life.signal })).assignments;
    } finally {
      this.#stop.removeEventListener("abort", leave);
      life.abort(new Error("The take has ended."));
    }
  }

  // The host ends the take under way. It may be on its way still, and come to the host after the first release.
  async #leave(take) {
    try {
      for (let tries = 0; tries < leaveTries && !take.signal.aborted; tries++) {
        await this.#client.request("POST", `${this.#path}/release`, { body: { worker: this.#worker }, deadlineMs: 1_000, signal: take.signal });
        await pause(leaveMs, take.signal);
      }
    } catch {
      // The take has ended, or the host is away.
    }
    take.abort(new Error("The worker stops."));
  }

  get #path() {
    return `/agents/${encodeURIComponent(this.#definition.name)}/assignments`;
  }

  #start(assignment) {
    const attempt = new Attempt(assignment, this.#client, this.#tell);
    const { agent, run, step, attempt: number } = attempt.work;
    this.#tell({ type: "taken", agent, run, step, attempt: number });
    const done = attempt.run(this.#definition.handler).finally(() => {
      this.#running.delete(attempt);
      this.#freed();
    });
    this.#running.set(attempt, done);
  }

  async #room() {
    while (this.#running.size >= this.#slots && !this.#stop.aborted) {
      await new Promise((resolve) => {
        const wake = () => {
          this.#stop.removeEventListener("abort", wake);
          resolve();
        };
        this.#freed = wake;
        this.#stop.addEventListener("abort", wake, { once: true });
      });
    }
  }
}
