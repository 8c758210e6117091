import { encode } from "./json.js";
import { known, list, milliseconds, record, text } from "./names.js";
import { DATA, mapOf, toWire } from "./wire.js";

/** What a handler returns when it has more to say than its writes. */
export class Completion {
  constructor(options = {}) {
    Object.assign(this, known(options, ["writes", "delete", "output", "reads", "usage", "basedOn"], "Completion"));
  }
}

/** A failure that a handler knows: `retryable: false` goes straight to the step's on_failure. */
export class Failure extends Error {
  constructor(reason, options = {}) {
    const { retryable = true, retryAfterMs, cause } = known(options, ["retryable", "retryAfterMs", "cause"], "Failure");
    super(text(reason, "reason"), cause === undefined ? undefined : { cause });
    this.name = "Failure";
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs === undefined ? undefined : milliseconds(retryAfterMs, "retryAfterMs");
  }
}

/** The agent is throttled: the step is tried again after that time. Spends no retry and does not count against the agent. */
export class Deferred extends Failure {
  constructor(retryAfterMs, reason = "The agent is throttled.") {
    super(reason, { retryAfterMs: milliseconds(retryAfterMs, "retryAfterMs") });
    this.name = "Deferred";
  }
}

const reasonCharsMax = 4_096;

/**
 * Does an assignment: what its handler returned as the body of `complete`, or what it threw as the body of `fail`.
 * @returns {Promise<{verb: "complete" | "fail", body: object}>}
 */
export async function perform(handler, work) {
  try {
    const returned = await handler(work);
    const body = completionOf(returned, work.basedOn);
    encode(body);   // What has no JSON is the handler's failure and must be told as one.
    return { verb: "complete", body };
  } catch (error) {
    return { verb: "fail", body: failureOf(error) };
  }
}

function completionOf(returned, taken) {
  const { writes, delete: gone, output, reads, usage, basedOn } = returned instanceof Completion ? returned : { writes: returned ?? {} };
  const prototype = Object.getPrototypeOf(record(writes ?? {}, "What the handler returned"));
  if (prototype !== null && prototype !== Object.prototype) throw new TypeError("What the handler returned must be a plain object of writes, or a Completion.");
  return {
    writes: toWire({ writes: writes ?? {} }, { writes: mapOf(DATA) }).writes,
    delete: list(gone, "delete"), output, reads: list(reads, "reads"), usage: usage && toWire(usage), based_on: basedOn ?? taken,
  };
}

export function failureOf(error) {
  const isKnown = error instanceof Failure;
  const reason = isKnown ? error.message : `${error?.name ?? "Error"}: ${error?.message ?? String(error)}`;
  return { reason: reason.slice(0, reasonCharsMax), retryable: isKnown ? error.retryable : true, retry_after_ms: isKnown ? error.retryAfterMs : undefined };
}
