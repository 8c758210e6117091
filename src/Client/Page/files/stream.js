// Server-sent events over fetch: EventSource cannot send the API key in a header.
const secret = 'rosud-key';

export const key = {
  get: () => sessionStorage.getItem(secret),
  set: (value) => sessionStorage.setItem(secret, value),
};

export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? `The API answered ${status}.`);
    this.status = status;
  }
}

const headers = () => (key.get() ? { authorization: `Bearer ${key.get()}` } : {});

export async function read(path) {
  const response = await fetch(path, { headers: headers() });
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Refused(response.status, body);
  return body;
}

// Calls take({id, event, data}) for every event until the signal ends it; comes back after a loss, from where it was.
export async function follow(path, after, take, state, signal) {
  let last = after;
  let wait = 250;
  while (!signal.aborted) {
    try {
      const response = await fetch(path, { headers: { ...headers(), accept: 'text/event-stream', ...(last ? { 'last-event-id': last } : {}) }, signal });
      if (!response.ok) throw new Refused(response.status, await response.json().catch(() => null));
      state('live');
      wait = 250;
      for await (const event of events(response.body)) {
        if (event.id) last = event.id;
        take(event);
      }
    } catch (fault) {
      if (signal.aborted) return;
      if (fault instanceof Refused && fault.status < 500 && fault.status !== 429) throw fault;
    }

    state('lost');
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(wait * 2, 5000);
  }
}

async function* events(body) {
  const text = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  let event = {};
  for (;;) {
    const { value, done } = await text.read();
    if (done) return;
    buffer += value;
    const lines = buffer.split(/\r\n|\n|\r/);
    buffer = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (event.data !== undefined) yield { ...event, data: JSON.parse(event.data) };
        event = {};
      } else if (!line.startsWith(':')) {
        const colon = line.indexOf(':');
        const name = colon < 0 ? line : line.slice(0, colon);
        const rest = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        event[name] = name === 'data' && event.data !== undefined ? `${event.data}\n${rest}` : rest;
      }
    }
  }
}
