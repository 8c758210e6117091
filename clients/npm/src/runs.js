import { clientOf } from "./client.js";
import { linked } from "./deadline.js";
import { Listing } from "./listing.js";
import { callOptions, known, milliseconds, text } from "./names.js";
import { followRun } from "./run-events.js";
import { fromWire, shapes } from "./wire.js";

/** One execution of a task. Holds only the id; every call asks the host. */
export class Run {
  constructor(id, client) {
    this.id = id;
    this.client = client;
  }

  /** A run by its id. Asks nothing: one that is not there is NotFound at its first use. */
  static open(id, options = {}) {
    return new Run(text(id, "id"), clientOf(known(options, ["client"], "Run.open")));
  }

  /** Runs that are open or recent, by channel and id. */
  static list(options = {}) {
    const { channel, status, limit, after, ...call } = known(options, ["channel", "status", "limit", "after", ...callOptions], "Run.list");
    const client = clientOf(call);
    return new Listing(async (from) => {
      const { data } = await client.request("GET", "/runs", { ...call, query: { channel: channel?.id ?? channel, status, limit, after: from } });
      const page = fromWire(data);
      return { items: page.runs, next: page.next };
    }, after);
  }

  /**
   * The run's result: waits for its end, at most `waitMs` (default: until it ends), then tells how it stands.
   * `endedAt` is null while it goes on. `deadlineMs` bounds how long the host may be away.
   */
  async result(options = {}) {
    const { waitMs, ...call } = known(options, ["waitMs", ...callOptions], "result");
    if (waitMs !== undefined) milliseconds(waitMs, "waitMs", 0, 31 * 24 * 3600 * 1000);
    const now = await this.#describe(call);
    if (now.endedAt !== null || waitMs === 0) return now;
    const over = new Error("The wait is over.");
    const life = linked([call.signal], waitMs, () => over);
    try {
      for await (const event of followRun(this, { ...call, signal: life.signal })) {
        if (event.type === "run" && event.data.endedAt) return event.data;
      }
    } catch (error) {
      if (error !== over) throw error;
    } finally {
      life.release();
    }
    return this.#describe(call);
  }

  /** What happened, in order: `{run, events: [{at, kind, step, agent, attempt, version, detail}]}`. */
  async timeline(options = {}) {
    return fromWire((await this.#ask("GET", "/timeline", known(options, callOptions, "timeline"))).data);
  }

  /** Why it was slow, why it went wrong and why it stopped: `{run, status, whySlow, whyWrong, whyStopped}`, lists of `{sentence, evidence}`. */
  async explain(options = {}) {
    return fromWire((await this.#ask("GET", "/explain", known(options, callOptions, "explain"))).data);
  }

  /** The run as it stands, then what happens in it, then the run as it ended: an async iterator that ends with the run. */
  async *events(options = {}) {
    const call = known(options, callOptions, "events");
    try {
      yield* followRun(this, call);
    } catch (error) {
      if (!call.signal?.aborted) throw error;
    }
  }

  /** The questions that wait for a person now. */
  async questions(options = {}) {
    return (await this.#describe(known(options, callOptions, "questions"))).questions.filter((question) => question.state === "open");
  }

  /** Answers a question, by its id or as `questions` gave it; durable when it returns. */
  async answer(question, value, options = {}) {
    const { by, ...call } = known(options, ["by", ...callOptions], "answer");
    if (value === undefined) throw new TypeError("value is undefined; null is a value.");
    const body = { question: text(question?.id ?? question, "question"), value, by };
    return fromWire((await this.#ask("POST", "/answer", { ...call, body })).data, shapes.question);
  }

  /** Ends the run as canceled unless it has ended. Returns it as it then stands. */
  async cancel(options = {}) {
    return fromWire((await this.#ask("POST", "/cancel", { ...known(options, callOptions, "cancel"), body: {} })).data, shapes.run);
  }

  async #describe(call) {
    return fromWire((await this.#ask("GET", "", call)).data, shapes.run);
  }

  #ask(method, path, call) {
    const { client = this.client, ...rest } = call;
    return clientOf({ client }).request(method, `/runs/${encodeURIComponent(this.id)}${path}`, rest);
  }
}

