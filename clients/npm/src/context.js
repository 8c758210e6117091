/**
 * Part of a channel's context at one version. Every key is safe, `__proto__` and `constructor` too: `entries` is a Map and
 * `values` has no prototype.
 */
export class Context {
  /** @param {{version: number, entries: Record<string, {value: any, version: number}>}} body */
  constructor(body) {
    this.version = body.version;
    this.entries = new Map(Object.entries(body.entries));
    this.values = Object.create(null);
    for (const [key, entry] of this.entries) this.values[key] = entry.value;
  }

  get size() {
    return this.entries.size;
  }

  /** The value of a key; undefined when the context has no such key. */
  get(key) {
    return this.entries.get(key)?.value;
  }

  has(key) {
    return this.entries.has(key);
  }

  keys() {
    return this.entries.keys();
  }

  *[Symbol.iterator]() {
    for (const [key, entry] of this.entries) yield [key, entry.value];
  }

  toJSON() {
    return { version: this.version, values: this.values };
  }
}
