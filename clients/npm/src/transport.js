import { errorOf, RosudError, Unreachable } from "./errors.js";
import { linked } from "./deadline.js";

/** One exchange over fetch: builds the request, reads the answer, and turns what went wrong into a typed error. */
export class Transport {
  #base;
  #headers;
  #fetch;

  constructor({ url, key, headers, fetch }) {
    this.#base = baseOf(url);
    this.#headers = { ...headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
    this.#fetch = fetch;
  }

  get url() {
    return this.#base;
  }

  /**
   * Sends once.
   * @param {{method: string, path: string, query?: object, headers?: object, body?: string, signal?: AbortSignal, timeoutMs: number}} request
   * @returns {Promise<{status: number, headers: Headers, data: any}>} `data` is the parsed body, undefined when there is none.
   */
  async send(request) {
    const life = this.#life(request);
    try {
      const response = await this.#fetched(request, life.signal);
      const text = await this.#guard(life.signal, () => response.text());
      if (response.status >= 400) throw errorOf(response.status, response.headers, text);
      return { status: response.status, headers: response.headers, data: text === "" ? undefined : this.#parse(text, request) };
    } finally {
      life.release();
    }
  }

  /**
   * Opens a stream. `timeoutMs` is for its headers; the stream itself goes on until `close`, which also frees the connection.
   * @returns {Promise<{status: number, body: ReadableStream<Uint8Array> | null, close: (reason?: unknown) => void}>}
   */
  async open(request) {
    const life = this.#life(request);
    const close = (reason = new Error("The stream was closed.")) => {
      life.release();
      life.abort(reason);
    };
    try {
      const response = await this.#fetched(request, life.signal);
      if (response.status >= 400) throw errorOf(response.status, response.headers, await this.#guard(life.signal, () => response.text()));
      life.untimed();
      return { status: response.status, body: response.body, close };
    } catch (error) {
      close();
      throw error;
    }
  }

  #life(request) {
    return linked([request.signal], request.timeoutMs, () => new Unreachable(`${this.#base} has not answered within ${Math.round(request.timeoutMs)} ms.`));
  }

  #fetched(request, signal) {
    const fetch = this.#fetch ?? globalThis.fetch;   // Looked up late, so that what instruments fetch sees these too.
    const type = request.body === undefined ? {} : { "Content-Type": "application/json" };
    return this.#guard(signal, () => fetch(this.#address(request), {
      method: request.method,
      headers: { Accept: "application/json", ...type, ...this.#headers, ...request.headers },
      body: request.body,
      signal,
      cache: "no-store",
    }));
  }

  // What fetch throws is a TypeError without a word about what was asked; an abort has a reason of its own.
  async #guard(signal, act) {
    try {
      return await act();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new Unreachable(`${this.#base} could not be reached: ${causeOf(error)}.`, { cause: error });
    }
  }

  #parse(text, request) {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new RosudError(`${request.method} ${request.path} was answered with something that is no JSON. Is ${this.#base} a Rosud host?`, { code: "not-json", cause: error });
    }
  }

  #address({ path, query = {} }) {
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) words.set(name, Array.isArray(value) ? value.join(",") : String(value));
    }
    const text = words.toString();
    return `${this.#base}${path}${text && `?${text}`}`;
  }
}

function baseOf(url) {
  let parsed;
  try {
    parsed = new URL(url, globalThis.location?.href);
  } catch (error) {
    throw new TypeError(`url must be an address such as http://127.0.0.1:5080, not ${JSON.stringify(url)}.`, { cause: error });
  }
  if (!/^https?:$/.test(parsed.protocol)) throw new TypeError(`url must begin with http or https, not ${parsed.protocol}.`);
  if (parsed.username || parsed.password) throw new TypeError("url must not contain a user; give key.");
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, "");
}

function causeOf(error) {
  const cause = error?.cause;
  return cause?.code ?? cause?.errors?.[0]?.code ?? cause?.message ?? error?.message ?? String(error);
}
