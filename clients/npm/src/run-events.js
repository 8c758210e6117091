import { clientOf } from "./client.js";
import { pause } from "./deadline.js";
import { ChannelEvent } from "./events.js";
import { backoff } from "./retry.js";
import { serverSentEvents } from "./sse.js";
import { fromWire, shapes } from "./wire.js";

const silenceMs = 45_000;

/**
 * A run's events until its end, over lost connections. The host begins each connection with the run as it stands: only the
 * first of these is told, and the last.
 */
export async function* followRun(run, { client = run.client, signal, deadlineMs }) {
  const rosud = clientOf({ client });
  const path = `/runs/${encodeURIComponent(run.id)}`;
  let position;
  let begun = false;
  let failures = 0;
  let deadline = rosud.deadline({ deadlineMs, signal });
  while (true) {
    let failure;
    try {
      const stream = await rosud.stream(`${path}/events`, { headers: position === undefined ? {} : { "Last-Event-ID": position }, signal });
      if (stream.status === 204) {   // It ended while nobody listened.
        stream.close();
        const { data } = await rosud.request("GET", path, { signal, deadlineMs });
        yield new ChannelEvent({ type: "run", time: data.ended_at, data: fromWire(data, shapes.run) });
        return;
      }
      for await (const told of serverSentEvents(stream, silenceMs)) {
        failures = 0;
        deadline = rosud.deadline({ deadlineMs, signal });
        position = told.id ?? position;
        if (told.data === undefined) continue;
        const event = ChannelEvent.of(told);
        const isWhole = event.type === "run" && told.id === undefined;
        if (isWhole && event.data.endedAt === null && begun) continue;
        begun = true;
        yield event;
        if (isWhole && event.data.endedAt !== null) return;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!rosud.isTransient(error)) throw error;
      failure = error;
    }
    const wait = backoff(++failures, failure?.retryAfterMs);
    if (failure && wait >= deadline.left) throw failure;
    await pause(wait, signal);
  }
}
