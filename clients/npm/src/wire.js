// JavaScript says maxConcurrency, the wire says max_concurrency. Only names of the contract are translated: what callers
// store (values, inputs, outputs, schemas) and how they call it (keys, agents, networks) is theirs and stays as it is.
// A shape says where that is: DATA is never touched, mapOf(shape) has the caller's names, all else is translated.

export const DATA = Symbol("data");
const each = Symbol("each");

/** A map whose names are the caller's and whose values have a shape. */
export const mapOf = (shape) => ({ [each]: shape });

/** A value as the wire has it. */
export const toWire = (value, shape = {}) => translate(value, shape, snake, "");

/** A value from the wire as JavaScript has it. Maps with callers' names have no prototype, so every name is safe in them. */
export const fromWire = (value, shape = {}) => translate(value, shape, camel, "");

function translate(value, shape, rename, at) {
  if (shape === DATA || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item, i) => translate(item, shape, rename, `${at}/${i}`));
  return each in shape ? mapped(value, shape[each], rename, at) : renamed(value, shape, rename, at);
}

function mapped(map, shape, rename, at) {
  const copy = Object.create(null);
  for (const name of Object.keys(map)) {
    if (map[name] === undefined) throw new TypeError(`${at}/${name} is undefined; null is a value, and delete removes a key.`);
    copy[name] = translate(map[name], shape, rename, `${at}/${name}`);
  }
  return copy;
}

function renamed(record, shape, rename, at) {
  if (record instanceof Map) throw new TypeError(`${at || "The options"} is a Map; give a plain object.`);
  const copy = {};
  for (const name of Object.keys(record)) {
    if (record[name] === undefined) continue;
    const other = rename(name);
    if (Object.hasOwn(copy, other)) throw new TypeError(`${at}/${name} is there twice, in two spellings.`);
    if (other === "__proto__") throw new TypeError(`${at}/${name} is no option.`);
    copy[other] = translate(record[name], shape[camel(name)] ?? {}, rename, `${at}/${name}`);
  }
  return copy;
}

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name) => name.replace(/(?!^)_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

const step = {
  when: { equals: DATA, in: DATA },
  onFailure: { value: mapOf(DATA) },
  acceptance: { schema: DATA },
};

/** The places of callers' data in the bodies of the contract. */
export const shapes = {
  sync: { keys: mapOf({ schema: DATA }) },
  channel: { sync: { keys: mapOf({ schema: DATA }) } },
  channels: { channels: { sync: { keys: mapOf({ schema: DATA }) } } },
  task: { input: DATA, steps: step },
  coordination: { verdict: { baselines: mapOf({}) }, prices: mapOf({}) },
  network: { coordination: { verdict: { baselines: mapOf({}) }, prices: mapOf({}) } },
  metrics: { runs: { byStatus: mapOf({}) }, staleContextEvents: { byKind: mapOf({}) }, byAgent: mapOf({}) },
  agent: { outputSchema: DATA },
  agents: { agents: { outputSchema: DATA } },
  supervisor: { breakers: mapOf({}) },
  context: { entries: mapOf({ value: DATA }) },
  changes: { changes: { set: mapOf(DATA) } },
  diff: { keys: { before: { value: DATA }, after: { value: DATA } } },
  audit: { entries: { entry: DATA } },
  blame: { writes: { value: DATA } },
  conflicts: { conflicts: { parked: { value: DATA }, current: { value: DATA } } },
  commit: { set: mapOf(DATA) },
  writes: { writes: mapOf(DATA), output: DATA },
  assignment: { input: DATA, context: { entries: mapOf({ value: DATA }) }, answers: { value: DATA }, proposed: { writes: mapOf(DATA), output: DATA } },
  changedContext: { context: { entries: mapOf({ value: DATA }) } },
  effect: { receipt: DATA, reads: mapOf({}) },
  question: { schema: DATA, value: DATA, reads: mapOf({}) },
  run: {
    questions: { schema: DATA, value: DATA, reads: mapOf({}) }, effects: { receipt: DATA, reads: mapOf({}) }, outputs: mapOf(DATA),
    retriesByCause: mapOf({}), staleContextEventsByKind: mapOf({}), cascadePreventedByCause: mapOf({}), overheadPartsMs: mapOf({}), byAgent: mapOf({}),
  },
};
