/**
 * Client of Rosud, the coordination layer between AI agents.
 *
 * Options are camelCase; what callers store or name themselves (context values and keys, inputs, outputs, schemas) is never
 * renamed. Enum values are as on the wire (`"latest_wins"`). Instants are RFC 3339 texts, durations milliseconds.
 *
 * Every call is repeated over lost connections, 429, 502 to 504 and unknown outcomes, with exponential backoff and full
 * jitter and never before `Retry-After`, until its deadline (`deadlineMs`, default 30 s); a change has one idempotency key
 * for all its repeats, so it happens once.
 */

/** Any JSON. Numbers are doubles: whole numbers beyond 2^53 lose digits when they are read; send such as texts. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/** What may be stored: JSON. NaN, Infinity, BigInt, undefined, functions, Map and Set are refused with a TypeError that names the place. */
export type Value = any;

/** The options of every call. */
export interface CallOptions {
  /** Aborts the call; it rejects with the signal's reason. What the host was asked may still happen. */
  signal?: AbortSignal;
  /** How long the call may take with all its repeats. Default: the connection's, 30,000. At most 7 days. */
  deadlineMs?: number;
  /** The connection to use. Default: the object's own, else `Rosud.default`. */
  client?: Rosud;
}

export interface ClientOption {
  client?: Rosud;
}

export interface RosudOptions {
  /** Where the host is; in a page it may be relative. Default: ROSUD_URL where there is an environment, else `http://127.0.0.1:5080`. */
  url?: string;
  /** The API key. Default: ROSUD_KEY where there is an environment, else none. */
  key?: string;
  /** Used instead of the global fetch. */
  fetch?: typeof globalThis.fetch;
  /** Sent with every request. */
  headers?: Record<string, string>;
  /** Default deadline of calls: 1 to 7 days, default 30,000. */
  deadlineMs?: number;
  /** Whether a 503 of an open circuit is repeated. Default false. */
  retryCircuitOpen?: boolean;
}

/** A connection: where the host is, the key, and how long calls persist. Holds no socket and needs no closing. */
export class Rosud {
  constructor(options?: RosudOptions);
  /** The connection of calls that name none: made at first use; may be set, undefined forgets it. */
  static get default(): Rosud;
  static set default(client: Rosud | undefined);
  readonly url: string;
  readonly deadlineMs: number;
  /** One call of the HTTP API under `/v1`, with the same repeats; bodies and answers as on the wire. For routes that have no method here. */
  request(method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE", path: string, call?: RawCall): Promise<{ status: number; headers: Headers; data: any }>;
}

export interface RawCall {
  query?: Record<string, string | number | boolean | readonly string[] | undefined>;
  headers?: Record<string, string>;
  body?: unknown;
  /** Of a POST or PATCH. Default: a new one for each call. */
  idempotencyKey?: string;
  /** How long the host was asked to wait before it answers; one exchange may take this and 15 s more. */
  waitMs?: number;
  signal?: AbortSignal;
  deadlineMs?: number;
}

/** A page of a list. `next` is the `after` of the page that follows; null on the last. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

/** `await` gives one page, `for await` every item of this page and all that follow. */
export class Listing<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
  private constructor();
  then<A = Page<T>, B = never>(resolve?: ((page: Page<T>) => A | PromiseLike<A>) | null, reject?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<A | B>;
  [Symbol.asyncIterator](): AsyncIterator<T>;
}

export interface ListOptions extends CallOptions {
  /** Items a page: 1 to 500, default 100. */
  limit?: number;
  /** The `next` of the page before. */
  after?: string;
}

export type ConflictResolution = "latest_wins" | "first_wins" | "reject" | "merge" | "owner_wins" | "priority" | "manual";
export type Merge = "sum" | "max" | "min" | "append" | "union" | "json_merge";

/** What holds for the keys of one pattern, where it differs from the channel. */
export interface KeyPolicy {
  conflictResolution?: ConflictResolution;
  /** Required with `merge`. */
  merge?: Merge;
  /** JSON schema of each value. */
  schema?: Value;
  /** Required with `owner_wins`. */
  owner?: string;
  /** Writers from the highest rank down. */
  priority?: string[];
  /** How long a value is valid after its last commit. */
  validForMs?: number;
  stalenessThresholdMs?: number;
}

export interface ContextSyncOptions {
  mode?: "real_time";
  /** How far behind a running attempt may fall before it is told: 0 at once, null never. Default: the network's `maxStalenessMs`. */
  stalenessThresholdMs?: number | null;
  /** Default `latest_wins`. */
  conflictResolution?: ConflictResolution;
  /** The fold, with `conflictResolution: "merge"`. */
  merge?: Merge;
  /** Default true. */
  audit?: boolean;
  /** By key or pattern. */
  keys?: Record<string, KeyPolicy>;
}

/** How a channel keeps its context in step. A plain object does as well. */
export class ContextSync implements ContextSyncOptions {
  constructor(options?: ContextSyncOptions);
  mode?: "real_time";
  stalenessThresholdMs?: number | null;
  conflictResolution?: ConflictResolution;
  merge?: Merge;
  audit?: boolean;
  keys?: Record<string, KeyPolicy>;
}

export interface ChannelDescription {
  id: string;
  network: string;
  agents: string[];
  sync: ContextSyncOptions;
  /** The newest version of the context; 0 before the first commit. */
  version: number;
  createdAt: string;
}

/** A channel: a group of agents and the versioned context they share. Holds only the name. */
export class Channel {
  private constructor();
  readonly id: string;
  readonly client: Rosud;
  /**
   * Makes a channel; durable when it resolves. The same `id` with the same settings finds the one that is there.
   * @throws {AlreadyExists} The id has other settings. @throws {InvalidRequest}
   */
  static create(options?: { agents?: string[]; sync?: ContextSyncOptions; network?: string; id?: string; idempotencyKey?: string } & CallOptions): Promise<Channel>;
  /** A channel by its name; asks nothing. One that is not there is NotFound at its first use. */
  static open(id: string, options?: ClientOption): Channel;
  /** The channels, in the order of their names. */
  static list(options?: ListOptions): Listing<ChannelDescription>;
  describe(options?: CallOptions): Promise<ChannelDescription>;
  /** Replaces the agents or the sync; what is left out stays. */
  configure(options: { agents?: string[]; sync?: ContextSyncOptions } & CallOptions): Promise<ChannelDescription>;
  /** Deletes the channel: cancels its runs and ends its watches. Its name is free again after 24 hours. */
  delete(options?: CallOptions): Promise<void>;
  /**
   * Reads keys at one version: by default all, at the newest, linearizable. `consistency: "plain"` is monotone and at most 1 s behind.
   * @throws {Compacted} That version is no longer kept. @throws {VersionAhead} The context has not reached it.
   */
  read(options?: { keys?: string[]; version?: number; minVersion?: number; consistency?: "confirmed" | "plain" } & CallOptions): Promise<Context>;
  /**
   * Changes keys, atomically; durable when it resolves, and applied once whatever is repeated.
   * `basedOn` is the version the writer saw (0: nothing); left out, the write is blind. `reads` are keys and patterns it relied on.
   * @throws {StaleContext} One of `reads` has changed since. @throws {Conflict} A written key has, and the channel rejects that.
   */
  commit(options: CommitOptions): Promise<Committed>;
  /** The commits after a version (default 0), in order, at most `limit` (1 to 500, default 100). */
  changes(options?: { after?: number; limit?: number } & CallOptions): Promise<{ changes: Change[]; version: number; gap: boolean }>;
  /** The keys that are another at two versions (`from`: default 0, the empty context; `to`: default the newest). @throws {Compacted} */
  diff(options?: { from?: number; to?: number; keys?: string[]; limit?: number; after?: string } & CallOptions): Listing<KeyDifference>;
  /** Who wrote a key and when: the newest write first, as far as history is kept. */
  blame(options: { key: string; upTo?: number; limit?: number } & CallOptions): Listing<KeyWrite>;
  /** Who wrote and who read which version and why, in order. `after`: the number (`n`) of the entry that the caller has. */
  audit(options?: { after?: number; limit?: number } & CallOptions): Listing<AuditEntry>;
  /**
   * The audit chain as bytes, byte for byte as the host signed it: lines of JSON with a signed head at the end. Asks when it is read:
   * `await writeFile("trip.ndjson", channel.exportAudit())`. `after`: the number of the last entry of an earlier export.
   * @throws {Unreachable} It broke off: what was read has no head, and `verify` says so.
   */
  exportAudit(options?: { after?: number; client?: Rosud; signal?: AbortSignal }): AsyncGenerator<Uint8Array, void, undefined>;
  /**
   * Has the host check the whole kept chain, and the kept values against it. `earlier`: an earlier answer, or a point of an export,
   * which the chain must still go through. A broken chain is an answer, `ok` false.
   * @throws {Compacted} Entries from `earlier` on are not all kept any more.
   */
  verifyAudit(options?: { earlier?: AuditVerification | AuditPoint } & CallOptions): Promise<AuditVerification>;
  /** Writes that lost under `manual` and wait for `resolve`, in the order they were parked. */
  conflicts(options?: ListOptions): Listing<OpenConflict>;
  /**
   * Ends a conflict by a commit, durably: `choose` the parked write or the current value, or give another `value`.
   * @throws {NotFound} It is not open any more. @throws {Conflict} The key changed after `basedOn`.
   */
  resolve(options: ResolveOptions): Promise<Committed>;
  /** What happens, from now or after a version or event, without end; see Watch. */
  watch(options?: WatchOptions): Watch;
  /**
   * Coordinates a task and waits for its end: at most `timeoutMs` (1 ms to 7 days, default 30,000) once the host has it. What agents do
   * is a result with a status. Aborting ends the waiting, not the run. A repeat joins the run.
   * @throws {ContractRejected} The task cannot be; there is no run. @throws {Overloaded} @throws {CircuitOpen}
   */
  coordinate(options: CoordinateOptions): Promise<RunResult>;
  /** Starts a task and returns at once. */
  submit(options: CoordinateOptions): Promise<Run>;
}

export interface KeyDifference {
  key: string;
  change: "added" | "changed" | "removed";
  before: Entry | null;
  after: Entry | null;
}

/** One entry of the audit chain. */
export interface AuditEntry {
  /** As it is chained, with the names of the wire: `kind`, `n`, `at`, `writer`, `keys` …; docs/audit.md tells them all. */
  entry: Record<string, Value>;
  /** SHA-256 of the hash before and the entry's bytes. */
  hash: string;
}

/** A point of the audit chain: the number of its last entry, and the hash there. */
export interface AuditPoint {
  number: number;
  hash: string;
}

export interface AuditVerification {
  ok: boolean;
  entries: number;
  /** The point that the kept chain begins after. */
  after: AuditPoint;
  /** The hash of the last entry that is right; keep it elsewhere with `number`. */
  head: string;
  number: number;
  values: number;
  /** Values that are no longer kept; they break nothing. */
  valuesGone: number;
  /** Whether the chain goes through `earlier`. */
  extends?: boolean;
  broken?: { number: number; reason: string };
}

export interface KeyWrite {
  version: number;
  committedAt: string;
  writer: string;
  run?: string;
  step?: string;
  attempt?: number;
  /** What the key became; absent when it was deleted. */
  value?: Value;
  deleted?: true;
  provisional?: true;
  stale?: true;
  /** The id of the conflict that it decided. */
  resolves?: string;
}

export interface OpenConflict {
  id: string;
  key: string;
  parked: { value?: Value; delete?: true; basedOn?: number; writer: string; run?: string; step?: string; attempt?: number; parkedAt: string; version: number };
  /** Null when the key is absent. */
  current: Entry | null;
}

export interface ResolveOptions extends CallOptions {
  conflict: string | OpenConflict;
  choose?: "parked" | "current";
  value?: Value;
  basedOn?: number;
  writer?: string;
  idempotencyKey?: string;
}

export interface CommitOptions extends CallOptions {
  /** Keys and values; null is a value. */
  set?: Record<string, Value>;
  delete?: string[];
  basedOn?: number;
  reads?: string[];
  /** Who writes. Default: the key's own name. */
  writer?: string;
  /** For a commit that outlives this process: the same key and body give the first answer. Default: new for each call. */
  idempotencyKey?: string;
}

export interface Committed {
  /** The version of this commit; the newest one when nothing was applied. */
  version: number;
  outcome: "committed" | "dropped" | "parked" | "unchanged";
  overwritten: string[];
  dropped: string[];
  merged: string[];
  parked: string[];
}

export interface Change {
  version: number;
  committedAt: string;
  writer: string;
  run?: string;
  step?: string;
  attempt?: number;
  /** Published by an attempt that was not accepted yet. */
  provisional?: boolean;
  /** Has no prototype. */
  set: Record<string, Value>;
  delete: string[];
}

export interface Entry {
  value: Value;
  version: number;
  createdVersion?: number;
  writer?: string;
  run?: string;
  step?: string;
  committedAt?: string;
  expired?: boolean;
  provisional?: boolean;
  stale?: boolean;
}

/** Part of a context at one version. Every key is safe, `__proto__` too. */
export class Context implements Iterable<[string, Value]> {
  private constructor();
  readonly version: number;
  readonly entries: Map<string, Entry>;
  /** Has no prototype. */
  readonly values: Record<string, Value>;
  readonly size: number;
  get(key: string): Value | undefined;
  has(key: string): boolean;
  keys(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, Value]>;
  toJSON(): { version: number; values: Record<string, Value> };
}

export type EventType = "commit" | "stale" | "conflict" | "run" | "assignment" | "breaker" | "gap";

export interface WatchOptions {
  /** A version or an event's id: everything after it, once and in order. Default: from the newest version on. */
  after?: number | string;
  /** Which; default all. A gap is always told. */
  types?: EventType[];
  /** Ends the watch without an error. */
  signal?: AbortSignal;
  /** How long the host may be away before the watch gives up with its error. Default: forever. */
  reconnectMs?: number;
  client?: Rosud;
}

/**
 * A channel's events: an async iterator that goes on over lost connections and restarted hosts without loss or repeats, and
 * says with a Gap where that could not be. Ends by `close`, its signal, `break`, or the channel's deletion. A reader that is
 * too slow (256 events or 1 MiB behind) is cut by the host and catches up, or gets a Gap.
 */
export class Watch implements AsyncIterableIterator<ChannelEvent> {
  private constructor();
  /** The id of the last event given out; as `after` another watch goes on from it. */
  position: string | undefined;
  readonly client: Rosud;
  /** Connects now: everything that happens from here on will be seen. Else the first `next` does. */
  open(): Promise<this>;
  next(): Promise<IteratorResult<ChannelEvent, undefined>>;
  return(): Promise<IteratorResult<ChannelEvent, undefined>>;
  close(): void;
  [Symbol.asyncIterator](): this;
}

/** Something that happened. `data` is a Change for a commit; of `run.events()`, a RunResult for a `run` without id. */
export class ChannelEvent<T = any> {
  constructor(event: { id?: string; type: string; time?: string; data: T });
  /** The version of a commit, `version.number` of anything else. */
  readonly id: string | undefined;
  readonly type: EventType;
  readonly time: string | undefined;
  readonly data: T;
}

/** What lies between two versions could not be had: read the context and go on from `version`. */
export class Gap extends ChannelEvent<{ after: number; version: number; reason: Gap["reason"] }> {
  constructor(id: string | undefined, data: { after: number; version: number; reason: Gap["reason"] });
  readonly after: number;
  readonly version: number;
  /** `notices`: only events that are no commits may be missing. `deleted`: the channel is gone and the watch ends. */
  readonly reason: "compacted" | "slow" | "notices" | "deleted";
}

export type OnStaleContext = "retry_with_fresh" | "rebase" | "flag" | "reject" | "escalate";
export type Execution = "selective_parallel" | "sequential" | "parallel" | "single";

export interface CoordinateOptions extends CallOptions {
  /** A text is its goal. */
  task: string | Task;
  /** Default 30,000, or with `parent` what that has left. */
  timeoutMs?: number;
  /** Default `retry_with_fresh`. */
  onStaleContext?: OnStaleContext;
  /** Default: the network's. */
  execution?: Execution;
  priority?: "interactive" | "batch";
  /** The run whose step starts this one, or the work of that step. The child ends with it, has no more time and budget than it has left, and what it uses counts there. */
  parent?: string | Run | Work;
  /** The task's id when the task has none. Default: new for each call. */
  idempotencyKey?: string;
}

export interface Task {
  /** The same id with an equal task joins its run. */
  id?: string;
  goal: string;
  /** What every step gets beside the context. */
  input?: Value;
  /** Keys and patterns wanted. Default: what steps write and no other step reads. */
  outputs?: string[];
  class?: string;
  /** Default: each agent of the channel is one step with its registered contract. */
  steps?: Step[];
  budget?: { tokens?: number; costUsd?: number; calls?: number };
}

export interface Step {
  id: string;
  /** Either this or `capability`. */
  agent?: string;
  capability?: string;
  goal?: string;
  reads?: (string | { key: string; optional?: boolean })[];
  writes?: string[];
  after?: string[];
  when?: { key: string; equals?: Value; in?: Value[]; exists?: boolean };
  optional?: boolean;
  onFailure?: { kind: "fail" | "skip" | "default" | "fallback"; value?: Record<string, Value>; agent?: string };
  acceptance?: { schema?: Value; key?: string; verifier?: string }[];
  timeoutMs?: number;
  /** Names of what it may do outside: it may claim these effects and no others. Left out, any. */
  effects?: string[];
}

export type RunStatus = "submitted" | "working" | "completed" | "partial" | "deadline_exceeded" | "budget_exceeded" | "stale_exhausted"
  | "acceptance_failed" | "circuit_open" | "overloaded" | "input_required" | "canceled" | "rejected" | "failed";

export interface AttemptResult {
  step: string;
  agent: string;
  attempt: number;
  outcome: string;
  startedAt: string | null;
  endedAt: string | null;
  readVersion: number | null;
  wroteVersion: number | null;
  reason?: string;
  usage: Usage;
}

export interface RunResult {
  run: string;
  channel: string;
  network: string;
  taskId?: string;
  goal: string;
  status: RunStatus;
  /** What was accepted of what was wanted, whatever the status. Has no prototype. */
  outputs: Record<string, Value>;
  versionStart: number;
  versionEnd: number;
  agents: { registered: number; planned: number; fired: number; needed: number };
  attempts: AttemptResult[];
  /** By `stale`, `failure`, `lost` and `acceptance`. */
  retriesByCause: Record<string, number>;
  staleContextEvents: number;
  staleContextEventsByKind: Record<string, number>;
  cascadePrevented: number;
  /** Steps done without an attempt because a step of the run had done the equal work. */
  duplicateWorkPrevented: number;
  /** Steps answered from an earlier run, without an attempt. */
  memoHits: number;
  /** The run that started this one. */
  parent?: string;
  /** Runs that this run's steps started; what they used is in its tokens and cost. */
  children: string[];
  /** The same by how the first attempt above each step ended: failure, timeout, lost, rejected, stale, refused. */
  cascadePreventedByCause: Record<string, number>;
  tokens: { work: number; coordination: number };
  costUsd: number;
  acceptedAt: string;
  /** Null while it goes on. */
  endedAt: string | null;
  wallMs: number;
  coordinationOverheadMs: number;
  /** They sum to `coordinationOverheadMs`. */
  overheadPartsMs: Record<string, number>;
  reworkMs: number;
  criticalPath: { kind: string; ms: number; step?: string; agent?: string; attempt?: number }[];
  lateResults: AttemptResult[];
  /** What it asked people; the run is `input_required` while one is `open`. */
  questions: Question[];
  /** What its steps did outside, or were about to do. */
  effects: Effect[];
  /** Tokens and cost of each agent, without those of runs that its steps started. */
  byAgent: Record<string, AgentUse>;
  /** For each attempt that was told that it is behind: milliseconds from the commit that it had not seen. */
  detectionMs: number[];
  /** Why it did not complete. */
  problem?: string;
  traceId: string;
}

/** A question to a person, pinned to what the one who asked had read. */
export interface Question {
  id: string;
  kind: "agent" | "stale";
  state: "open" | "answered" | "withdrawn" | "expired";
  step: string;
  agent: string;
  attempt: number;
  text: string;
  /** JSON schema of an answer; null for any value. */
  schema: Value;
  askedAt: string;
  expiresAt: string | null;
  readVersion: number;
  /** The keys that it rests on, each with the version that wrote it. */
  reads: Record<string, number>;
  /** Keys that have changed: why a person is asked, or why the question was withdrawn. */
  changed: string[];
  /** The answer that counts. */
  value?: Value;
  answeredAt: string | null;
  answeredBy: string | null;
}

/** Something that a step does outside, once: a line of the run's ledger. */
export interface Effect {
  name: string;
  step: string;
  /** `claimed`: it may or may not have been done. `done`: it was, and is not done again. */
  state: "claimed" | "done";
  attempt: number;
  idempotencyKey: string;
  receipt: Value;
  /** The version of the context that it was made on. */
  readVersion: number;
  reads: Record<string, number>;
  claimedAt: string;
  doneAt: string | null;
  doneBy: number | null;
}

export interface RunSummary {
  run: string;
  channel: string;
  status: RunStatus;
  acceptedAt: string;
  endedAt: string | null;
}

export interface TimelineEvent {
  at: string;
  kind: string;
  step?: string;
  agent?: string;
  attempt?: number;
  version?: number;
  detail?: string;
}

/** One execution of a task; durable: it ends whatever happens to its caller. Holds only the id. */
export class Run {
  private constructor();
  readonly id: string;
  readonly client: Rosud;
  static open(id: string, options?: ClientOption): Run;
  /** Runs that are open or recent, by channel and id. */
  static list(options?: { channel?: string | Channel; status?: RunStatus } & ListOptions): Listing<RunSummary>;
  /** Waits for the end, at most `waitMs` (default: until it ends; 0: not at all), and tells how it then stands. `deadlineMs` bounds how long the host may be away. */
  result(options?: { waitMs?: number } & CallOptions): Promise<RunResult>;
  timeline(options?: CallOptions): Promise<{ run: string; events: TimelineEvent[] }>;
  /** Why it was slow, why it went wrong and why it stopped, the most important first. */
  explain(options?: CallOptions): Promise<RunExplanation>;
  /** The run as it stands, then what happens in it, then the run as it ended; then the iterator ends. */
  events(options?: CallOptions): AsyncGenerator<ChannelEvent, void, undefined>;
  /** The questions that wait for a person now; all that were asked are in the result's `questions`. */
  questions(options?: CallOptions): Promise<Question[]>;
  /** Answers a question; durable when it returns, and the same answer again gives the same. StaleContext when what the question rests on has changed: it is asked anew. AlreadyExists when another answer counts; Fenced when its time is over. */
  answer(question: string | Question, value: Value, options?: { by?: string } & CallOptions): Promise<Question>;
  /** Ends the run as canceled unless it has ended; says how it then stands. */
  cancel(options?: CallOptions): Promise<RunResult>;
}

/** One thing that explains a run; `evidence` is a path of the HTTP API, with a JSON pointer behind `#`. */
export interface Explanation {
  sentence: string;
  evidence: string;
}

export interface RunExplanation {
  run: string;
  status: RunStatus;
  whySlow: Explanation[];
  whyWrong: Explanation[];
  whyStopped: Explanation[];
}

export interface CoordinationPolicyOptions {
  /** Default `selective_parallel`. */
  execution?: Execution;
  contextSync?: "event_driven";
  /** Default 500. */
  maxStalenessMs?: number;
  /** Default `bulkhead`. */
  isolation?: "bulkhead" | "none";
  /** Retries of a run, all steps and causes together: 0 to 100, default 3. */
  retryBudget?: number;
  /** Share of failures at which an agent's breaker opens: above 0, at most 1, default 0.3. */
  circuitBreakerThreshold?: number;
  metrics?: ("coordination_overhead_ms" | "stale_context_events" | "cascade_prevented" | "agents_actually_needed")[];
  verdict?: { sampleRate?: number; baselines?: Record<string, string> };
  /** By agent or model. */
  prices?: Record<string, { inputUsdPerMillion: number; outputUsdPerMillion: number }>;
}

/** How the channels of a network coordinate. A plain object does as well. */
export class CoordinationPolicy implements CoordinationPolicyOptions {
  constructor(options?: CoordinationPolicyOptions);
  execution?: Execution;
  contextSync?: "event_driven";
  maxStalenessMs?: number;
  isolation?: "bulkhead" | "none";
  retryBudget?: number;
  circuitBreakerThreshold?: number;
  metrics?: CoordinationPolicyOptions["metrics"];
  verdict?: CoordinationPolicyOptions["verdict"];
  prices?: CoordinationPolicyOptions["prices"];
}

export interface NetworkMetrics {
  runs: { total: number; byStatus: Record<string, number> };
  coordinationOverheadMs: { p50: number | null; p95: number | null; p99: number | null; mean: number | null };
  staleContextEvents: { total: number; byKind: Record<string, number> };
  cascadePrevented: { total: number };
  agentsActuallyNeeded: { mean: number | null; registeredMean: number | null; firedMean: number | null };
  tokens: { work: number; coordination: number };
  costUsd: number;
  latencyMs: { p50: number | null; p95: number | null; p99: number | null };
  errorRate: number | null;
  duplicateWorkPrevented: { total: number };
  memoHits: { total: number };
  /** From a commit until an attempt was told that rests on what was there before. */
  detectionMs: { p50: number | null; p95: number | null; p99: number | null; mean: number | null };
  /** Agents beyond the first 1,000 are together under `*`. */
  byAgent: Record<string, AgentUse>;
}

/** What one agent used. `attempts`: those that were handed to it. */
export interface AgentUse {
  attempts: number;
  tokens: { work: number; coordination: number };
  costUsd: number;
}

/** A figure and its 95 % interval; null where there is too little to say one. */
export interface Estimate {
  value: number | null;
  low: number | null;
  high: number | null;
}

export interface PeriodFigures {
  from: string;
  to: string;
  runs: number;
  errors: number;
  errorPercent: Estimate;
  /** Stretches of adjoining quarters of an hour with an error. */
  incidents: number;
  incidentsPerThousandRuns: Estimate;
  latencyP50Ms: Estimate;
  latencyP95Ms: Estimate;
  costUsdPerRun: Estimate;
}

export interface PeriodReport {
  network: string;
  before: PeriodFigures;
  after: PeriodFigures;
  change: { errorPoints: Estimate; incidentRatio: Estimate; latencyP50Ratio: Estimate; latencyP95Ratio: Estimate; costRatio: Estimate };
  sentences: string[];
}

export type Finding = "open" | "better" | "worse" | "same" | "not_measured";

/** A ratio of several agents to one: below 1 several agents take less. */
export interface RatioComparison {
  says: Finding;
  pairs: number;
  ratio: number | null;
  low: number | null;
  high: number | null;
  p: number | null;
}

/** What the paired comparison of several agents with one says of a task class. Figures are null before the first look, at 80 pairs. */
export interface Verdict {
  taskClass: string;
  baseline: string;
  verdict: "multi" | "single" | "trade_off" | "equivalent" | "insufficient";
  pairs: number;
  pairsNeeded: number;
  look: number;
  confidence: number | null;
  success: { says: Finding; multiRate: number; singleRate: number; onlyMulti: number; onlySingle: number; differencePoints: number; lowPoints: number; highPoints: number; p: number } | null;
  latency: RatioComparison | null;
  cost: RatioComparison | null;
  /** The answer in plain words. */
  sentence: string;
}

/** A named policy that channels share, and where the numbers of their runs add up. */
export class Network {
  private constructor();
  readonly name: string;
  readonly client: Rosud;
  /** Sets the policy of a network (default `default`); durable, and the same again changes nothing. What is left out has its default, not the value before. */
  static configure(options?: { coordination?: CoordinationPolicyOptions; name?: string } & CallOptions): Promise<Network>;
  static open(name?: string, options?: ClientOption): Network;
  /** What all runs of the tenant cost and brought: all its networks together. */
  static totalMetrics(options?: CallOptions): Promise<NetworkMetrics>;
  describe(options?: CallOptions): Promise<{ name: string; revision: number; coordination: CoordinationPolicyOptions }>;
  metrics(options?: CallOptions): Promise<NetworkMetrics>;
  /** What changed at one moment. Default: the last 7 days, split in the middle; at most 92 days, by quarters of an hour. */
  report(options?: { from?: Date | string; split?: Date | string; to?: Date | string } & CallOptions): Promise<PeriodReport>;
  /** Whether several agents beat one, for each task class that the policy names a baseline for. */
  verdict(options?: CallOptions): Promise<Verdict[]>;
}

/** What an agent may read and write, and how much of it runs at once. */
export interface Contract {
  description?: string;
  /** Keys and patterns; at most 256. */
  reads?: string[];
  writes?: string[];
  /** 1 to 10,000, default 4. */
  maxConcurrency?: number;
  /** Assignments that wait; one more is refused. 0 to 100,000, default 64. */
  queueLimit?: number;
  /** An attempt's limit. Default 30,000. */
  timeoutMs?: number;
  version?: string;
  capability?: string;
  dependency?: string;
  memo?: boolean;
  rebase?: boolean;
  shadowSafe?: boolean;
  /** JSON schema of each completion's `output`: one that breaks it is rejected and costs a retry; no output counts as null. */
  outputSchema?: Value;
}

export interface Registration extends Contract {
  /** Default pull. `secret` signs a webhook's requests and is never shown again. */
  transport?: { kind: "pull" } | { kind: "webhook"; url: string; secret?: string };
}

export interface AgentDescription extends Required<Pick<Contract, "description" | "reads" | "writes" | "maxConcurrency" | "queueLimit" | "timeoutMs" | "memo" | "rebase" | "shadowSafe">> {
  id: string;
  revision: number;
  registeredAt: string;
  transport: { kind: "pull" | "webhook" | "in_process"; url?: string };
  version?: string;
  capability?: string;
  dependency?: string;
  outputSchema?: Value;
}

export interface Breaker {
  state: "closed" | "open" | "half_open" | "forced_open" | "metrics_only";
  failureRate: number;
  calls: number;
  retryAt: string | null;
}

export interface SupervisorDescription {
  breaker: Breaker;
  bulkhead: { running: number; queued: number; maxConcurrency: number; queueLimit: number };
  /** By network. */
  breakers: Record<string, Breaker>;
  retryTokens: number;
}

/** An agent that is registered, or may be. Holds only the name. */
export class Agent {
  private constructor();
  readonly name: string;
  readonly client: Rosud;
  /** Registers or replaces; durable, and the same again changes nothing. Workers register themselves, webhook agents need it once. */
  static register(name: string, options?: Registration & CallOptions): Promise<Agent>;
  static open(name: string, options?: ClientOption): Agent;
  static list(options?: ListOptions): Listing<AgentDescription>;
  describe(options?: CallOptions): Promise<AgentDescription>;
  supervisor(options?: { network?: string | Network } & CallOptions): Promise<SupervisorDescription>;
  /** Closes every breaker and forgets forced states and quarantine. Needs an operator's key. */
  reset(options?: CallOptions): Promise<SupervisorDescription>;
  /** Refuses every admission until `reset`. Needs an operator's key. */
  forceOpen(options?: CallOptions): Promise<SupervisorDescription>;
  /** Removes the registration. Assignments at work go on. */
  delete(options?: CallOptions): Promise<void>;
}

export type StopReason = "superseded" | "cancelled" | "deadline" | "fenced" | "asked" | "stopping" | "disconnected";

/** The reason of an aborted `work.signal`. */
export class Stopped extends Error {
  constructor(why: StopReason);
  readonly why: StopReason;
}

/** One attempt at one step. `work["plan.terms"]` is the value of that key of the view; `get` also has keys that are called like a member. */
export class Work {
  private constructor();
  readonly id: string;
  readonly run: string;
  readonly step: string;
  readonly agent: string;
  /** From 1; higher after each retry. */
  readonly attempt: number;
  readonly goal: string;
  readonly input: Value;
  /** The declared reads, as they were at one version. */
  readonly context: Context;
  /** What changed in them since the attempt before. */
  readonly changed: { since: number; keys: string[] } | null;
  /** Give it to whatever has effects: the same after a failure or loss, a new one when the view has changed. */
  readonly idempotencyKey: string;
  readonly traceparent: string | null;
  /** Runs only for comparison: no effects outside. */
  readonly shadow: boolean;
  /** By the host's clock. */
  readonly deadline: Date;
  /** By this machine's monotonic clock. */
  readonly timeLeftMs: number;
  /** Aborted when the attempt has to stop; its reason is a Stopped. Hand it to whatever waits. */
  readonly signal: AbortSignal;
  /** Why the attempt has to stop; null while it may go on. */
  readonly stopped: StopReason | null;
  get(key: string): Value | undefined;
  /** Whether something of the view has changed that `rebase` can take in: only of an agent registered with `rebase`, in runs with onStaleContext `rebase`. */
  readonly hasChanged: boolean;
  /** The version that `rebase` took in; undefined for the view as handed out. */
  readonly basedOn: number | undefined;
  /** Takes what has changed into `context`; what the handler then returns rests on it. Returns the keys that changed since the attempt began. */
  rebase(): string[];
  /** Commits keys before the attempt ends, so that the steps that read exactly them can start. Taken back when no attempt of the step is accepted. */
  publish(writes: Record<string, Value>, options?: { delete?: string[]; deadlineMs?: number }): Promise<number>;
  /** `progress` from 0 to 1, `status` at most 1,024 characters. */
  report(progress?: number, status?: string): Promise<void>;
  /** What people have answered, as far as what they were shown still holds. */
  readonly answers: { questionId: string; question: string; value: Value; answeredAt: string | null; answeredBy: string | null }[];
  /** In a verifier: what it judges. It returns `new Completion({ output: { accepted: boolean, reason } })`. */
  readonly proposed: { step: string; agent: string; attempt: number; writes: Record<string, Value>; delete: string[]; output: Value } | null;
  /** Why the attempt before was not accepted, when a verifier or a schema refused it. */
  readonly feedback: string | null;
  /**
   * Does something outside once per run and step: claims it durably, calls `act` with the key that whoever is outside knows the request by, and keeps what that returns (at most 16 KiB) as the receipt.
   * Is not called when an earlier attempt left a receipt; called again with the same key when an attempt was lost in between.
   */
  effect(name: string, act: (idempotencyKey: string) => Value | void | Promise<Value | void>): Promise<Effect>;
  /**
   * Asks a person. The first time this ends the attempt (rejects with a Stopped whose `why` is "asked": let it through); the handler runs again when the answer is there, and then this returns it.
   * With the same words the answer is found again. When anything the attempt was handed changes before the step is committed, the handler runs anew and asks again.
   */
  ask(question: string, options?: { schema?: Value; expiresMs?: number }): Promise<Value>;
  /** Stops the attempt from inside the worker: aborts its signal. */
  stop(why: StopReason): void;
  /** The value of a key of the view. */
  readonly [key: string]: any;
}

export interface Usage {
  inputTokens?: number;
  outputTokens?: number;
  /** Left out, the network's prices hold. */
  costUsd?: number | null;
  /** The model, whose price counts before the agent's. */
  model?: string | null;
}

export interface CompletionOptions {
  writes?: Record<string, Value>;
  delete?: string[];
  /** A value beside the context. */
  output?: Value;
  /** What it really relied on, when that is less than its view. */
  reads?: string[];
  usage?: Usage;
  /** The version it rests on; `work.rebase` sees to it. */
  basedOn?: number;
}

/** What a handler returns when it has more to say than its writes. */
export class Completion implements CompletionOptions {
  constructor(options?: CompletionOptions);
  writes?: Record<string, Value>;
  delete?: string[];
  output?: Value;
  reads?: string[];
  usage?: Usage;
}

/** A failure that a handler knows. `retryable: false` goes straight to the step's `onFailure`; `retryAfterMs` makes it a deferral. */
export class Failure extends Error {
  constructor(reason: string, options?: { retryable?: boolean; retryAfterMs?: number; cause?: unknown });
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
}

/** Throttled: tried again after that time; spends no retry and does not count against the agent. */
export class Deferred extends Failure {
  constructor(retryAfterMs: number, reason?: string);
}

/** Returns the writes, as a plain object, or a Completion. Anything it throws but a Failure is a retryable failure with its name and message as the reason. */
export type Handler = (work: Work) => Record<string, Value> | Completion | null | undefined | void | Promise<Record<string, Value> | Completion | null | undefined | void>;

export class AgentDefinition {
  private constructor();
  readonly name: string;
  readonly contract: Contract;
  readonly handler: Handler;
}

/** Declares an agent; nothing happens before `serve` or `webhook`. */
export function agent(name: string, contract: Contract, handler: Handler): AgentDefinition;

export type WorkerEvent =
  | { type: "registered"; agent: string }
  | { type: "taken"; agent: string; run: string; step: string; attempt: number }
  | { type: "completed"; agent: string; run: string; step: string; attempt: number; outcome: "accepted" | "held" | "stale" | "rejected"; version?: number }
  | { type: "failed"; agent: string; run: string; step: string; attempt: number; reason: string }
  | { type: "stopped"; agent?: string; run?: string; step?: string; attempt?: number; why?: StopReason }
  | { type: "disconnected"; agent: string; error: unknown }
  | { type: "error"; agent: string; run: string; step: string; attempt: number; error: unknown }
  | { type: "stopping" };

export interface ServeOptions {
  /** Stops the worker, gently. */
  signal?: AbortSignal;
  client?: Rosud;
  /** How long work at hand may go on after the stop; then it is given back. Default 10,000. */
  graceMs?: number;
  /** How long the worker may be silent before its work is handed to another: 1,000 to 600,000, default 30,000. */
  leaseMs?: number;
  /** Whether SIGTERM and SIGINT stop it. Default: when no signal is given, in Node. */
  handleSignals?: boolean;
  /** Told what happens; what it throws is ignored. */
  onEvent?: (event: WorkerEvent) => void;
}

/**
 * Registers the agents and serves their assignments until stopped: takes as many as have room, keeps the leases, tells the
 * ends, goes on over restarts of the host. Resolves when work at hand is done or given back; rejects when the host refuses for good,
 * or cannot be reached at the start before the connection's deadline.
 */
export function serve(agents: AgentDefinition | AgentDefinition[], options?: ServeOptions): Promise<void>;

/**
 * Checks that Rosud signed a webhook request, at most `toleranceMs` (default 300,000) ago.
 * @throws {InvalidSignature} (as a rejection)
 */
export function verifySignature(secret: string | string[], headers: Headers | Record<string, string | string[] | undefined>, body: string | Uint8Array | ArrayBuffer, options?: { toleranceMs?: number }): Promise<void>;

/** An agent as a function from a web-standard Request to a Response. `secret: null` takes requests of anybody. */
export function webhook(definition: AgentDefinition, options: { secret: string | string[] | null; client?: Rosud; toleranceMs?: number }): (request: Request) => Promise<Response>;

export interface Fault {
  /** JSON pointer of the member; empty for the whole body. */
  pointer?: string;
  /** Part of the path, query parameter or header. */
  parameter?: string;
  message: string;
  code: string;
}

export interface ChangedKey {
  key: string;
  readVersion: number;
  currentVersion: number;
  behindMs: number;
}

/** Something the host refused, or that could not be asked of it. One subclass for each problem of the contract. */
export class RosudError extends Error {
  protected constructor();
  /** What happened and what to do next. */
  readonly detail: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The problem's name on the wire, such as `stale-context`. */
  readonly code: string;
  readonly errors: Fault[];
  /** When it is worth trying again. */
  readonly retryAfterMs: number | undefined;
  readonly traceId: string | undefined;
}
export class InvalidRequest extends RosudError { private "invalid-request"; }
export class Unauthorized extends RosudError { private "unauthorized"; }
export class Forbidden extends RosudError { private "forbidden"; }
export class NotFound extends RosudError { private "not-found"; }
export class AlreadyExists extends RosudError { private "already-exists"; }
export class VersionAhead extends RosudError { private "version-ahead"; }
export class ParkedFull extends RosudError { private "parked-full"; }
export class Fenced extends RosudError { private "fenced"; }
/** The step has a verifier: complete it instead of publishing. */
export class Unverified extends RosudError { private "unverified"; }
export class InProgress extends RosudError { private "in-progress"; }
export class IdempotencyMismatch extends RosudError { private "idempotency-mismatch"; }
export class PreconditionRequired extends RosudError { private "precondition-required"; }
export class PayloadTooLarge extends RosudError { private "payload-too-large"; }
export class QuotaExceeded extends RosudError { private "quota-exceeded"; }
export class Overloaded extends RosudError { private "overloaded"; }
export class CircuitOpen extends RosudError { private "circuit-open"; }
/** It may or may not have happened; the same call with the same key tells. */
export class UnknownOutcome extends RosudError { private "unknown-outcome"; }
/** Nothing was written: read again and decide anew. */
export class StaleContext extends RosudError { readonly stale: ChangedKey[]; readonly version: number | undefined; private "stale-context"; }
export class Conflict extends RosudError { readonly stale: ChangedKey[]; readonly version: number | undefined; private "conflict"; }
export class ContractRejected extends RosudError { readonly problems: Fault[]; }
export class Compacted extends RosudError { readonly oldest: number | undefined; private "compacted"; }
/** No answer by the deadline. A change may or may not have happened. */
export class Unreachable extends RosudError { private "unreachable"; }
export class InvalidSignature extends RosudError { private "invalid-signature"; }
