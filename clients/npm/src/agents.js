import { clientOf } from "./client.js";
import { Listing } from "./listing.js";
import { callOptions, known, list, text } from "./names.js";
import { fromWire, shapes, toWire } from "./wire.js";

/** What a registration can say. */
export const registrationNames = [
  "description", "reads", "writes", "transport", "maxConcurrency", "queueLimit", "timeoutMs", "version", "capability",
  "dependency", "memo", "rebase", "shadowSafe", "outputSchema", "maxUsage",
];

/** An agent that is registered, or may be. Holds only the name; every call asks the host. */
export class Agent {
  constructor(name, client) {
    this.name = name;
    this.client = client;
  }

  /** Registers an agent or replaces its registration. Workers do it themselves; webhook agents need it once. */
  static async register(name, options = {}) {
    const { signal, deadlineMs, client: other, ...contract } = known(options, [...registrationNames, ...callOptions], "Agent.register");
    const client = clientOf({ client: other });
    list(contract.reads, "reads");
    list(contract.writes, "writes");
    await client.request("PUT", `/agents/${encodeURIComponent(text(name, "name"))}`, { signal, deadlineMs, body: toWire(contract, shapes.agent) });
    return new Agent(name, client);
  }

  /** An agent by its name. Asks nothing. */
  static open(name, options = {}) {
    return new Agent(text(name, "name"), clientOf(known(options, ["client"], "Agent.open")));
  }

  /** The agents, in the order of their names. */
  static list(options = {}) {
    const { limit, after, ...call } = known(options, ["limit", "after", ...callOptions], "Agent.list");
    const client = clientOf(call);
    return new Listing(async (from) => {
      const { data } = await client.request("GET", "/agents", { ...call, query: { limit, after: from } });
      const page = fromWire(data, shapes.agents);
      return { items: page.agents, next: page.next };
    }, after);
  }

  /** The registration as it is now. */
  async describe(options = {}) {
    return fromWire((await this.#ask("GET", "", known(options, callOptions, "describe"))).data, shapes.agent);
  }

  /** Breakers, bulkhead and retry tokens; `network` picks the breaker that is shown as `breaker`. */
  async supervisor(options = {}) {
    const { network, ...call } = known(options, ["network", ...callOptions], "supervisor");
    return this.#supervisor("GET", "", { ...call, query: { network: network?.name ?? network } });
  }

  /** Closes every breaker and forgets forced states and quarantine. For operators. */
  reset(options = {}) {
    return this.#supervisor("POST", "/reset", { ...known(options, callOptions, "reset"), body: {} });
  }

  /** Refuses every admission until `reset`. For operators. */
  forceOpen(options = {}) {
    return this.#supervisor("POST", "/force-open", { ...known(options, callOptions, "forceOpen"), body: {} });
  }

  /** Removes the registration. Assignments at work go on. */
  async delete(options = {}) {
    await this.#ask("DELETE", "", known(options, callOptions, "delete"));
  }

  async #supervisor(method, path, call) {
    return fromWire((await this.#ask(method, `/supervisor${path}`, call)).data, shapes.supervisor);
  }

  #ask(method, path, { client = this.client, ...call }) {
    return clientOf({ client }).request(method, `/agents/${encodeURIComponent(this.name)}${path}`, call);
  }
}
