import { Deadline } from "./deadline.js";
import { encode } from "./json.js";
import { freshName, known, milliseconds } from "./names.js";
import { isTransient, persist } from "./retry.js";
import { Transport } from "./transport.js";

const defaultUrl = "http://127.0.0.1:5080";
const repeatable = new Set(["GET", "PUT", "DELETE"]);

/** How long one exchange may take beyond what the host was asked to wait: a frozen host or a lost packet costs this much, not the whole deadline. */
const exchangeMs = 15_000;

/** A connection to a Rosud host: where it is, the key, and how long calls persist. Holds no socket; needs no closing. */
export class Rosud {
  static #default;

  #transport;
  #rules;

  constructor(options = {}) {
    const { url, key, fetch, headers, deadlineMs = 30_000, retryCircuitOpen = false } = known(options, ["url", "key", "fetch", "headers", "deadlineMs", "retryCircuitOpen"], "new Rosud");
    const env = globalThis.process?.env ?? {};
    if (fetch !== undefined && typeof fetch !== "function") throw new TypeError("fetch must be a function.");
    this.deadlineMs = milliseconds(deadlineMs, "deadlineMs", 1);
    this.#transport = new Transport({ url: url ?? (env.ROSUD_URL || defaultUrl), key: key ?? (env.ROSUD_KEY || undefined), headers, fetch });
    this.#rules = { circuitOpen: retryCircuitOpen };
  }

  /** The connection of calls that name none: made from ROSUD_URL and ROSUD_KEY at first use, or set by the program. */
  static get default() {
    Rosud.#default ??= new Rosud();
    return Rosud.#default;
  }

  static set default(client) {
    if (client !== undefined && !(client instanceof Rosud)) throw new TypeError("Rosud.default must be a Rosud.");
    Rosud.#default = client;
  }

  get url() {
    return this.#transport.url;
  }

  /**
   * One call of the HTTP API: repeated over lost connections, 429, 502 to 504 and unknown outcomes until it is answered or
   * its deadline has come. A POST or PATCH has one Idempotency-Key for all repeats.
   * @param {"GET"|"PUT"|"POST"|"PATCH"|"DELETE"} method
   * @param {string} path Under `/v1`, for example `/channels`.
   * @param {{query?: object, headers?: object, body?: object, idempotencyKey?: string, waitMs?: number, signal?: AbortSignal, deadlineMs?: number}} [call]
   * @returns {Promise<{status: number, headers: Headers, data: any}>} As on the wire.
   */
  async request(method, path, call = {}) {
    const deadline = this.deadline(call);
    const headers = { ...call.headers };
    if (!repeatable.has(method)) headers["Idempotency-Key"] = call.idempotencyKey ?? await freshName("");
    const body = call.body === undefined ? undefined : encode(call.body);
    const attempt = () => {
      const timeoutMs = Math.min(deadline.left, exchangeMs + (call.waitMs ?? 0));
      return this.#transport.send({ method, path: `/v1${path}`, query: call.query, headers, body, signal: call.signal, timeoutMs });
    };
    return persist(attempt, deadline, this.#rules);
  }

  /** One exchange without repeats: for loops that have their own idea of what follows a failure. Returns the body. */
  async once(method, path, { body, waitMs = 0, signal }) {
    const headers = { "Idempotency-Key": await freshName("") };
    return (await this.#transport.send({ method, path: `/v1${path}`, headers, body: encode(body), signal, timeoutMs: exchangeMs + waitMs })).data;
  }

  /** Opens a stream of events once; who reads it opens it again. */
  stream(path, { query, headers, signal, timeoutMs = exchangeMs }) {
    return this.#transport.open({ method: "GET", path: `/v1${path}`, query, headers: { Accept: "text/event-stream", ...headers }, signal, timeoutMs });
  }

  /** Whether a failed stream or take may be tried again. */
  isTransient(error) {
    return isTransient(error, this.#rules);
  }

  deadline({ deadlineMs, signal } = {}) {
    if (signal !== undefined && typeof signal?.addEventListener !== "function") throw new TypeError("signal must be an AbortSignal.");
    return new Deadline(deadlineMs === undefined ? this.deadlineMs : milliseconds(deadlineMs, "deadlineMs", 1), signal);
  }
}

/** The connection that a call names, or the default one. */
export function clientOf(options) {
  const client = options?.client ?? Rosud.default;
  if (!(client instanceof Rosud)) throw new TypeError("client must be a Rosud.");
  return client;
}
