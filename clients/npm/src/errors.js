/**
 * Something the host refused, or that could not be asked of it.
 *
 * There is one subclass for each problem of the HTTP contract, so `error instanceof StaleContext` tells them apart;
 * `error.code` is the name on the wire (`"stale-context"`).
 */
export class RosudError extends Error {
  /**
   * @param {string} detail
   * @param {{status?: number, code?: string, body?: Record<string, any>, retryAfterMs?: number, cause?: unknown}} [about]
   */
  constructor(detail, about = {}) {
    super(detail, about.cause === undefined ? undefined : { cause: about.cause });
    this.name = this.constructor.name;
    this.detail = detail;
    this.status = about.status ?? 0;
    this.code = about.code ?? "unreachable";
    this.errors = about.body?.errors ?? [];
    this.retryAfterMs = about.retryAfterMs;
    this.traceId = about.body?.traceId;
  }
}

/** 400: the request is wrong; `errors` names every fault with its JSON pointer or parameter. */
export class InvalidRequest extends RosudError {}
/** 401: a key is required, or the key is not known. */
export class Unauthorized extends RosudError {}
/** 403: the key lacks the right. */
export class Forbidden extends RosudError {}
/** 404. */
export class NotFound extends RosudError {}
/** 409: the name is taken by something else. */
export class AlreadyExists extends RosudError {}
/** 409: the version asked for is not there yet. */
export class VersionAhead extends RosudError {}
/** 409: 100 writes of a key wait for a decision under `manual`. Nothing was written: resolve some first. */
export class ParkedFull extends RosudError {}
/** 409: the attempt no longer counts: superseded, cancelled, out of time, or ended already. */
export class Fenced extends RosudError {}
/** 409: the step has a verifier: complete it instead of publishing. */
export class Unverified extends RosudError {}
/** 409: the same request is still running. */
export class InProgress extends RosudError {}
/** 422: the idempotency key or task id was used for something else. */
export class IdempotencyMismatch extends RosudError {}
/** 428: the channel rejects blind writes; give `basedOn`. */
export class PreconditionRequired extends RosudError {}
/** 413: a value or body is too large. */
export class PayloadTooLarge extends RosudError {}
/** 413: the channel's quota is used up. */
export class QuotaExceeded extends RosudError {}
/** 429: there is no room now; `retryAfterMs` says when to try again. */
export class Overloaded extends RosudError {}
/** 503: the agent's breaker is open; `retryAfterMs` says when it may close. */
export class CircuitOpen extends RosudError {}
/** 503: it may or may not have happened; the same call with the same key tells. */
export class UnknownOutcome extends RosudError {}

/** 412: a key that was relied on has changed. Nothing was written: read again and decide anew. */
export class StaleContext extends RosudError {
  constructor(detail, about = {}) {
    super(detail, about);
    this.stale = (about.body?.stale ?? []).map(changedKey);
    this.version = about.body?.version;
  }
}

/** 412: a written key has changed, and the channel rejects that. Nothing was written. */
export class Conflict extends RosudError {
  constructor(detail, about = {}) {
    super(detail, about);
    this.stale = (about.body?.stale ?? []).map(changedKey);
    this.version = about.body?.version;
  }
}

/** 422: the task breaks a contract; `problems` has all of them. There is no run. */
export class ContractRejected extends RosudError {
  constructor(detail, about = {}) {
    super(detail, about);
    this.problems = about.body?.problems ?? [];
  }
}

/** 410: that history is no longer kept; `oldest` is the oldest version that is. */
export class Compacted extends RosudError {
  constructor(detail, about = {}) {
    super(detail, about);
    this.oldest = about.body?.oldest;
  }
}

/** No answer before the deadline: the host is down, not there, or too slow. A write may or may not have happened. */
export class Unreachable extends RosudError {}

/** A webhook request that Rosud did not sign, or signed too long ago. */
export class InvalidSignature extends RosudError {
  constructor(detail) {
    super(detail, { status: 401, code: "invalid-signature" });
  }
}

const byCode = new Map(Object.entries({
  "invalid-request": InvalidRequest, unauthorized: Unauthorized, forbidden: Forbidden, "not-found": NotFound,
  "already-exists": AlreadyExists, "version-ahead": VersionAhead, "parked-full": ParkedFull, fenced: Fenced, unverified: Unverified, "in-progress": InProgress,
  "stale-context": StaleContext, conflict: Conflict, "precondition-required": PreconditionRequired,
  "idempotency-mismatch": IdempotencyMismatch, "contract-rejected": ContractRejected, "payload-too-large": PayloadTooLarge,
  "quota-exceeded": QuotaExceeded, compacted: Compacted, overloaded: Overloaded, "circuit-open": CircuitOpen,
  "unknown-outcome": UnknownOutcome,
}));

const problemPrefix = "urn:rosud:problem:";

/**
 * The error of an answer with a status of 400 or more. An answer that is no problem document (a proxy's, say) becomes a
 * plain RosudError with the code `http-<status>`.
 */
export function errorOf(status, headers, text) {
  const body = problemIn(text);
  const code = body ? body.type.slice(problemPrefix.length) : `http-${status}`;
  const detail = typeof body?.detail === "string" ? body.detail : `The server answered ${status}.`;
  const Kind = byCode.get(code) ?? RosudError;
  return new Kind(detail, { status, code, body: body ?? {}, retryAfterMs: retryAfter(headers, body) });
}

function problemIn(text) {
  try {
    const body = JSON.parse(text);
    return typeof body?.type === "string" && body.type.startsWith(problemPrefix) ? body : null;
  } catch {
    return null;   // Not JSON: somebody between us and the host answered.
  }
}

// The body says it exactly, the header in whole seconds or as a date.
function retryAfter(headers, body) {
  if (typeof body?.retry_after_ms === "number") return body.retry_after_ms;
  const text = headers.get("retry-after");
  if (!text) return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

const changedKey = (key) => ({
  key: key.key, readVersion: key.read_version, currentVersion: key.current_version, behindMs: key.behind_ms,
});
