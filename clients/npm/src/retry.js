import { CircuitOpen, InProgress, Overloaded, RosudError, UnknownOutcome, Unreachable } from "./errors.js";
import { pause } from "./deadline.js";

const firstMs = 100;
const longestMs = 3_000;

/** How long to wait before the attempt after `failures` failures: exponential with full jitter, never before the server's own word. */
export function backoff(failures, retryAfterMs = 0) {
  const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 16));
  return Math.max(retryAfterMs, Math.random() * ceiling);
}

/** Whether the same request may be sent again: it did not happen, or a repeat under the same key is harmless. */
export function isTransient(error, { circuitOpen = false } = {}) {
  if (error instanceof CircuitOpen) return circuitOpen;
  return error instanceof Unreachable || error instanceof UnknownOutcome || error instanceof InProgress || error instanceof Overloaded
    || (error instanceof RosudError && [429, 502, 503, 504].includes(error.status));
}

/**
 * Does `attempt` until it succeeds, fails for good, or the deadline is near.
 * @param {() => Promise<any>} attempt
 * @param {import("./deadline.js").Deadline} deadline
 * @param {{circuitOpen?: boolean}} [rules]
 */
export async function persist(attempt, deadline, rules) {
  for (let failures = 0; ;) {
    deadline.check();
    try {
      return await attempt();
    } catch (error) {
      deadline.check();
      failures++;
      if (!isTransient(error, rules)) throw error;
      const wait = backoff(failures, error.retryAfterMs);
      if (wait >= deadline.left) throw error;   // The last word of the host says more than "out of time".
      await pause(wait, deadline.signal);
    }
  }
}
