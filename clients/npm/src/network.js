import { clientOf } from "./client.js";
import { callOptions, known, record, text } from "./names.js";
import { fromWire, shapes, toWire } from "./wire.js";

const policyNames = ["execution", "contextSync", "maxStalenessMs", "isolation", "retryBudget", "circuitBreakerThreshold", "metrics", "verdict", "prices"];

/** How the channels of a network coordinate. A plain object with the same members does as well; this one refuses misspelt names. */
export class CoordinationPolicy {
  constructor(options = {}) {
    Object.assign(this, known(options, policyNames, "CoordinationPolicy"));
  }
}

/** A named policy that channels share, and where the numbers of their runs add up. Holds only the name. */
export class Network {
  constructor(name, client) {
    this.name = name;
    this.client = client;
  }

  /** Sets a network's policy (`name` is `default` unless given) and returns the network. What is left out has its default. */
  static async configure(options = {}) {
    const { coordination = {}, name = "default", ...call } = known(options, ["coordination", "name", ...callOptions], "Network.configure");
    const client = clientOf(call);
    const body = { coordination: toWire(record(coordination, "coordination"), shapes.coordination) };
    await client.request("PUT", `/networks/${encodeURIComponent(text(name, "name"))}`, { ...call, body });
    return new Network(name, client);
  }

  /** A network by its name. Asks nothing. */
  static open(name = "default", options = {}) {
    return new Network(text(name, "name"), clientOf(known(options, ["client"], "Network.open")));
  }

  /** What all runs of the tenant cost and brought: all its networks together. */
  static async totalMetrics(options = {}) {
    const call = known(options, callOptions, "Network.totalMetrics");
    return fromWire((await clientOf(call).request("GET", "/metrics", call)).data, shapes.metrics);
  }

  /** `{name, revision, coordination}` as it holds now. */
  async describe(options = {}) {
    return fromWire((await this.#ask("", known(options, callOptions, "describe"))).data, shapes.network);
  }

  /** What the network's runs cost and brought. */
  async metrics(options = {}) {
    return fromWire((await this.#ask("/metrics", known(options, callOptions, "metrics"))).data, shapes.metrics);
  }

  /** What changed at one moment: runs, errors, incidents, latency and cost before and after, with intervals. `from`, `split`, `to`: Date or RFC 3339 text; default the last 7 days, split in the middle. */
  async report(options = {}) {
    const { from, split, to, ...call } = known(options, ["from", "split", "to", ...callOptions], "report");
    const query = Object.entries({ from, split, to }).filter(([, at]) => at !== undefined)
      .map(([name, at]) => `${name}=${encodeURIComponent(at instanceof Date ? at.toISOString() : text(at, name))}`).join("&");
    return fromWire((await this.#ask(`/report${query && `?${query}`}`, call)).data);
  }

  /** Whether several agents beat one: a verdict for each task class that the policy names a baseline for. */
  async verdict(options = {}) {
    const call = known(options, callOptions, "verdict");
    const verdicts = [];
    for (let after = null; ;) {
      const { data } = await this.#ask(`/verdict?limit=500${after === null ? "" : `&after=${encodeURIComponent(after)}`}`, call);
      verdicts.push(...fromWire(data).verdicts);
      after = data.next;
      if (after === null) return verdicts;
    }
  }

  #ask(path, { client = this.client, ...call }) {
    return clientOf({ client }).request("GET", `/networks/${encodeURIComponent(this.name)}${path}`, call);
  }
}
