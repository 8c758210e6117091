import { clientOf } from "./client.js";
import { linked, pause } from "./deadline.js";
import { ChannelEvent, Gap } from "./events.js";
import { known, list, milliseconds } from "./names.js";
import { backoff } from "./retry.js";
import { serverSentEvents } from "./sse.js";

/** Three times the host's longest silence. */
const silenceMs = 45_000;

/** A channel's events: an async iterator without end. Ends by `close`, its signal, `break`, or the channel's deletion. */
export class Watch {
  /** The id of the last event that was given out: as `after`, another watch goes on from it. */
  position;

  #channel;
  #query;
  #life;
  #patienceMs;
  #stream;
  #failures = 0;
  #outage;
  #events;

  constructor(channel, { after, types, signal, reconnectMs, client }) {
    this.#channel = channel;
    this.#query = { types };
    this.#patienceMs = reconnectMs;
    this.#life = linked([signal]);
    this.position = after;
    this.client = client;
    this.#events = this.#follow();
  }

  /** Connects now, so that everything that happens from here on will be seen; without it the first `next` does. */
  async open() {
    while (!this.#stream) await this.#connect();
    return this;
  }

  next() {
    return this.#events.next();
  }

  return() {
    this.close();
    return this.#events.return();
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** Ends the watch; a `next` that waits is done. Safe to call again. */
  close() {
    this.#life.abort(new Error("The watch was closed."));
    this.#stream?.close();
  }

  async *#follow() {
    try {
      while (true) {
        try {
          await this.open();
          for await (const event of this.#read()) {
            yield event;
            if (event instanceof Gap && event.reason === "deleted") return;
          }
          await this.#rest();   // The host ended the stream: it stops, or we were too slow and have read the gap.
        } catch (error) {
          this.#stream = undefined;
          await this.#rest(error);
        }
      }
    } catch (error) {
      if (!this.#life.signal.aborted) throw error;
    } finally {
      this.#stream?.close();
      this.#life.release();
    }
  }

  async #connect() {
    try {
      // Where "now" is has to be known before listening, else what happens until the host listens for us would be lost.
      this.position ??= await this.#head();
      this.#stream = await this.client.stream(`${this.#path}/events`, {
        query: this.#query,
        headers: { "Last-Event-ID": this.position },
        signal: this.#life.signal,
      });
    } catch (error) {
      await this.#rest(error);
    }
  }

  async #head() {
    return String((await this.client.request("GET", this.#path, { signal: this.#life.signal })).data.version);
  }

  async *#read() {
    const stream = this.#stream;
    try {
      for await (const told of serverSentEvents(stream, silenceMs)) {
        this.#failures = 0;
        this.#outage = undefined;
        const event = told.data === undefined ? undefined : ChannelEvent.of(told);
        if (told.id !== undefined) this.position = told.id;
        if (event) yield event;
      }
    } finally {
      this.#stream = undefined;
    }
  }

  // Pauses before the next connection; throws when there must be none.
  async #rest(error) {
    this.#life.signal.throwIfAborted();
    if (error && !this.client.isTransient(error)) throw error;
    this.#outage ??= performance.now();
    if (performance.now() - this.#outage >= this.#patienceMs) throw error ?? new Error("The host ends every stream at once.");
    await pause(backoff(++this.#failures, error?.retryAfterMs), this.#life.signal);
  }

  get #path() {
    return `/channels/${encodeURIComponent(this.#channel.id)}`;
  }
}

export function watchChannel(channel, options) {
  const { after, types, signal, reconnectMs = Infinity, client = channel.client } = known(options, ["after", "types", "signal", "reconnectMs", "client"], "watch");
  if (reconnectMs !== Infinity) milliseconds(reconnectMs, "reconnectMs", 0, Infinity);
  return new Watch(channel, { after: positionOf(after), types: list(types, "types"), signal, reconnectMs, client: clientOf({ client }) });
}

export function positionOf(after) {
  if (after === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(String(after))) throw new TypeError(`after must be a version or the id of an event, not ${String(after)}.`);
  return String(after);
}
