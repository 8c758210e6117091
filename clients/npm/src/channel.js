import { clientOf } from "./client.js";
import { Context } from "./context.js";
import { Unreachable } from "./errors.js";
import { Listing } from "./listing.js";
import { callOptions, known, list, record, text, version } from "./names.js";
import { coordinate, submit } from "./coordinate.js";
import { DATA, fromWire, mapOf, shapes, toWire } from "./wire.js";
import { watchChannel } from "./watch.js";

const syncNames = ["mode", "stalenessThresholdMs", "conflictResolution", "merge", "audit", "keys"];

/** How a channel keeps its context in step. A plain object with the same members does as well; this one refuses misspelt names. */
export class ContextSync {
  constructor(options = {}) {
    Object.assign(this, known(options, syncNames, "ContextSync"));
  }
}

/** A channel: a group of agents and the versioned context they share. Holds only the name; every call asks the host. */
export class Channel {
  constructor(id, client) {
    this.id = id;
    this.client = client;
  }

  /** Makes a channel. The same id with the same settings finds the one that is there; other settings are AlreadyExists. */
  static async create(options = {}) {
    const { agents, sync, network, id, idempotencyKey, ...call } = known(options, ["agents", "sync", "network", "id", "idempotencyKey", ...callOptions], "Channel.create");
    const client = clientOf(call);
    const body = { id, network, agents: list(agents, "agents"), sync: sync && toWire(record(sync, "sync"), shapes.sync) };
    const { data } = await client.request("POST", "/channels", { ...call, idempotencyKey, body });
    return new Channel(data.id, client);
  }

  /** A channel by its name. Asks nothing: one that is not there is NotFound at its first use. */
  static open(id, options = {}) {
    return new Channel(text(id, "id"), clientOf(known(options, ["client"], "Channel.open")));
  }

  /** The channels, in the order of their names, each as `describe` tells it. */
  static list(options = {}) {
    const { limit, after, ...call } = known(options, ["limit", "after", ...callOptions], "Channel.list");
    const client = clientOf(call);
    return new Listing(async (from) => {
      const { data } = await client.request("GET", "/channels", { ...call, query: { limit, after: from } });
      const page = fromWire(data, shapes.channels);
      return { items: page.channels, next: page.next };
    }, after);
  }

  /** The channel as it is now: network, agents, sync and the newest version. */
  async describe(options = {}) {
    const call = known(options, callOptions, "describe");
    return fromWire((await this.#ask("GET", "", call)).data, shapes.channel);
  }

  /** Replaces the agents or the sync; what is left out stays. */
  async configure(options = {}) {
    const { agents, sync, ...call } = known(options, ["agents", "sync", ...callOptions], "configure");
    const body = { agents: list(agents, "agents"), sync: sync && toWire(record(sync, "sync"), shapes.sync) };
    return fromWire((await this.#ask("PATCH", "", { ...call, body })).data, shapes.channel);
  }

  /** Deletes the channel: cancels its runs and ends its watches. Its name is free again after 24 hours. */
  async delete(options = {}) {
    await this.#ask("DELETE", "", known(options, callOptions, "delete"));
  }

  /** Reads keys of the context at one version: by default all keys at the newest, linearizable. */
  async read(options = {}) {
    const { keys, version: at, minVersion, consistency, ...call } = known(options, ["keys", "version", "minVersion", "consistency", ...callOptions], "read");
    const query = { keys: list(keys, "keys"), version: version(at, "version"), min_version: version(minVersion, "minVersion"), consistency };
    if (keys?.length === 0) throw new TypeError("keys must name a key or pattern; leave it out for all.");
    const { data } = await this.#ask("GET", "/context", { ...call, query });
    return new Context(fromWire(data, shapes.context));
  }

  /** Changes keys of the context, atomically. Refuses with StaleContext when one of `reads` has changed since `basedOn`. */
  async commit(options = {}) {
    const { set, delete: gone, basedOn, reads, writer, idempotencyKey, ...call } = known(options, ["set", "delete", "basedOn", "reads", "writer", "idempotencyKey", ...callOptions], "commit");
    const body = {
      set: set && toWire({ set: record(set, "set") }, { set: mapOf(DATA) }).set,
      delete: list(gone, "delete"), based_on: version(basedOn, "basedOn"), reads: list(reads, "reads"), writer,
    };
    return fromWire((await this.#ask("PATCH", "/context", { ...call, idempotencyKey, body })).data);
  }

  /** The commits after a version, in order; `gap` says that the version is older than the kept history. */
  async changes(options = {}) {
    const { after, limit, ...call } = known(options, ["after", "limit", ...callOptions], "changes");
    const { data } = await this.#ask("GET", "/changes", { ...call, query: { after: version(after, "after"), limit } });
    return fromWire(data, shapes.changes);
  }

  /** The keys that are another at two versions (`to`: default the newest), in their order. */
  diff(options) {
    const { from, to, keys, limit, after, ...call } = known(options ?? {}, ["from", "to", "keys", "limit", "after", ...callOptions], "diff");
    const query = { from: version(from, "from") ?? 0, to: version(to, "to"), keys: list(keys, "keys"), limit };
    return this.#list("/diff", "keys", query, "after", after, call, shapes.diff);
  }

  /** Who wrote a key and when, in which run, step and attempt: the newest write first, as far as history is kept. */
  blame(options) {
    const { key, upTo, limit, ...call } = known(options ?? {}, ["key", "upTo", "limit", ...callOptions], "blame");
    return this.#list("/blame", "writes", { key: text(key, "key"), limit }, "version", version(upTo, "upTo"), call, shapes.blame);
  }

  /** Who wrote and who read which version and why, in order: the entries of the audit chain, as they are hashed. */
  audit(options = {}) {
    const { limit, after, ...call } = known(options, ["limit", "after", ...callOptions], "audit");
    return this.#list("/audit", "entries", { limit }, "after", after, call, shapes.audit);
  }

  /** The audit chain as bytes: lines of JSON with a signed head at the end. Asks when it is read; one that breaks off throws, and has no head. */
  async *exportAudit(options = {}) {
    const { after, client = this.client, signal } = known(options, ["after", "client", "signal"], "exportAudit");
    const stream = await clientOf({ client }).stream(`/channels/${encodeURIComponent(this.id)}/audit`, { query: { after }, headers: { Accept: "application/x-ndjson" }, signal });
    const reader = stream.body.getReader();
    try {
      for (let piece; !(piece = await reader.read()).done;) yield piece.value;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw new Unreachable("The export broke off and has no signed head.", { cause: error });
    } finally {
      stream.close();
    }
  }

  /** Has the host check the whole kept chain, and that it goes through an earlier point. A broken chain is an answer, `ok` false. */
  async verifyAudit(options = {}) {
    const { earlier, ...call } = known(options, ["earlier", ...callOptions], "verifyAudit");
    const body = earlier === undefined ? {} : { head: earlier.head ?? earlier.hash, at: earlier.number };
    return fromWire((await this.#ask("POST", "/audit/verify", { ...call, body })).data);
  }

  /** Writes that lost under `manual` and wait for `resolve`, in the order they were parked. */
  conflicts(options = {}) {
    const { limit, after, ...call } = known(options, ["limit", "after", ...callOptions], "conflicts");
    return this.#list("/conflicts", "conflicts", { limit }, "after", after, call, shapes.conflicts);
  }

  /** Ends a conflict by a commit: `choose` the "parked" write or the "current" value, or give another `value`. */
  async resolve(options) {
    const names = ["conflict", "choose", "value", "basedOn", "writer", "idempotencyKey", ...callOptions];
    const { conflict, choose, value, basedOn, writer, idempotencyKey, ...call } = known(options ?? {}, names, "resolve");
    const id = text(typeof conflict === "object" && conflict !== null ? conflict.id : conflict, "conflict");
    if ((choose === undefined) === (value === undefined)) throw new TypeError("resolve wants either choose or value.");
    const body = toWire({ choose, value, basedOn: version(basedOn, "basedOn"), writer }, { value: DATA });
    return fromWire((await this.#ask("POST", `/conflicts/${encodeURIComponent(id)}/resolve`, { ...call, idempotencyKey, body })).data);
  }

  /** The channel's events as they happen, without end, over lost connections and restarted hosts. */
  watch(options = {}) {
    return watchChannel(this, options);
  }

  /** Coordinates one task and waits for its end. What agents do is a result with a status, never an exception. */
  coordinate(options) {
    return coordinate(this, options);
  }

  /** Starts one task and returns its Run at once. */
  submit(options) {
    return submit(this, options);
  }

  #list(path, member, query, cursor, start, call, shape) {
    return new Listing(async (from) => {
      const page = fromWire((await this.#ask("GET", path, { ...call, query: { ...query, [cursor]: from } })).data, shape);
      return { items: page[member], next: page.next };
    }, start);
  }

  #ask(method, path, call) {
    const { client = this.client, ...rest } = call;
    return clientOf({ client }).request(method, `/channels/${encodeURIComponent(this.id)}${path}`, rest);
  }
}
