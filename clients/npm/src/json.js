// What may go into a body. JSON.stringify turns some values into others without a word (NaN into null, a Map into {}),
// and the context would then hold what nobody meant: those are refused here, by name.

const depthMax = 64;

/**
 * The JSON text of a body.
 * @throws {TypeError} Something in it has no JSON: the message has its JSON pointer.
 */
export function encode(body) {
  check(body, "", 0);
  return JSON.stringify(body);
}

function check(value, at, depth) {
  const fault = faultOf(value);
  if (fault) throw new TypeError(`${at || "The value"} is ${fault}.`);
  if (typeof value !== "object" || value === null) return;
  if (depth > depthMax) throw new TypeError(`${at.slice(0, 80)}… is nested more than ${depthMax} deep, or contains itself.`);
  if (typeof value.toJSON === "function") return check(value.toJSON(), at, depth + 1);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (value[i] === undefined) throw new TypeError(`${at}/${i} is undefined, which a list cannot hold; null is a value.`);
      check(value[i], `${at}/${i}`, depth + 1);
    }
    return;
  }
  for (const name of Object.keys(value)) {
    if (value[name] !== undefined) check(value[name], `${at}/${pointer(name)}`, depth + 1);
  }
}

function faultOf(value) {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? null : `${value}, for which JSON has no number`;
    case "bigint":
      return "a BigInt, which JSON.parse would not give back; send it as a text or a number";
    case "function":
    case "symbol":
      return `a ${typeof value}, which has no JSON`;
    case "object":
      return value !== null && strangers.some((type) => value instanceof type)
        ? `a ${value.constructor?.name ?? "strange object"}, whose content JSON would lose; give a plain object or list`
        : null;
    default:
      return null;
  }
}

const strangers = [Map, Set, WeakMap, WeakSet, Promise, RegExp, Error, ArrayBuffer];
strangers.push(Object.getPrototypeOf(Uint8Array));

const pointer = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");
