import { Unreachable } from "./errors.js";

const eventCharsMax = 16 * 1024 * 1024;

/**
 * The server-sent events of a body, as they come: `{id, type, data}`; one without data only moves the id on.
 * The host is never silent for more than 15 s; after `silenceMs` without a byte the connection counts as lost.
 * @param {{body: ReadableStream<Uint8Array> | null, close: (reason?: unknown) => void}} stream
 */
export async function* serverSentEvents(stream, silenceMs) {
  const reader = stream.body.getReader();
  const lines = new Lines();
  let event = {};
  let timer;
  try {
    while (true) {
      timer = setTimeout(() => stream.close(new Unreachable(`The stream was silent for ${silenceMs} ms.`)), silenceMs);
      const { done, value } = await read(reader);
      clearTimeout(timer);
      if (done) return;
      for (const line of lines.of(value)) {
        if (line !== "") field(event, line);
        else if (event.id !== undefined || event.data !== undefined) {
          yield event;
          event = {};
        } else event = {};
      }
    }
  } finally {
    clearTimeout(timer);
    stream.close();
    reader.cancel().catch(() => {});   // Already broken is closed enough.
  }
}

async function read(reader) {
  try {
    return await reader.read();
  } catch (error) {
    throw error instanceof Unreachable ? error : new Unreachable("The stream broke off.", { cause: error });
  }
}

function field(event, line) {
  const colon = line.indexOf(":");
  if (colon === 0) return;   // A comment: the host is alive.
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
  if (name === "data") event.data = event.data === undefined ? value : `${event.data}\n${value}`;
  else if (name === "event") event.type = value;
  else if (name === "id" && !value.includes("\0")) event.id = value;
}

/** Cuts text that comes in pieces into lines, ended by CR LF, LF or CR. */
class Lines {
  #decoder = new TextDecoder();
  #rest = "";
  #afterReturn = false;

  *of(bytes) {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (this.#afterReturn && text.startsWith("\n")) text = text.slice(1);
    if (text !== "") this.#afterReturn = text.endsWith("\r");
    const parts = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = parts.pop();
    if (this.#rest.length > eventCharsMax) throw new Unreachable("An event is larger than any that a host sends.");
    yield* parts;
  }
}
