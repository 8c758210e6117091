import { webCrypto } from "./crypto.js";

// Refusals of what a caller gives, before anything is sent: they name the argument, which a wire error could not.

/**
 * Splits the options of a call from what it is about, and refuses names that nobody knows: a misspelt option that is
 * ignored is worse than an error.
 */
export function known(options, names, where) {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null || Array.isArray(options)) throw new TypeError(`${where} takes one object of options.`);
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw new TypeError(`${where} has no option ${JSON.stringify(name)}. It has ${names.join(", ")}.`);
  }
  return options;
}

/** The options that every call has. */
export const callOptions = ["signal", "deadlineMs", "client"];

export function text(value, where) {
  if (typeof value !== "string" || value === "") throw new TypeError(`${where} must be a text that is not empty.`);
  return value;
}

export function milliseconds(value, where, min = 0, max = 7 * 24 * 3600 * 1000) {
  if (typeof value !== "number" || !Number.isFinite(value) || value < min || value > max) {
    throw new TypeError(`${where} must be ${min} to ${max} milliseconds, not ${String(value)}.`);
  }
  return value;
}

export function version(value, where) {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) throw new TypeError(`${where} must be a version: a whole number from 0, not ${String(value)}.`);
  return value;
}

export function list(value, where) {
  if (value !== undefined && !(Array.isArray(value) && value.every((item) => typeof item === "string"))) throw new TypeError(`${where} must be a list of texts.`);
  return value;
}

export function record(value, where) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError(`${where} must be an object.`);
  return value;
}

/** A random name that can be an idempotency key, a task id or a channel id. */
export async function freshName(prefix) {
  const bytes = (await webCrypto()).getRandomValues(new Uint8Array(16));
  return prefix + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
