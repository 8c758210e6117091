import { clientOf } from "./client.js";
import { webCrypto } from "./crypto.js";
import { linked } from "./deadline.js";
import { InvalidSignature, RosudError } from "./errors.js";
import { encode } from "./json.js";
import { known, milliseconds } from "./names.js";
import { perform } from "./outcome.js";
import { AgentDefinition } from "./worker.js";
import { Work } from "./work.js";

const toleranceDefaultMs = 5 * 60_000;
const bodyBytesMax = 80 * 1024 * 1024;

/**
 * Checks that Rosud signed a webhook request: `Rosud-Signature: t=<unix seconds>,v1=<hex>`, HMAC-SHA256 over time, a full
 * stop and the raw body. Resolves when it did; rejects with InvalidSignature when it did not, or too long ago.
 * @param {string | string[]} secret The agent's secret; several while it is being changed.
 * @param {Headers | Record<string, string | string[] | undefined>} headers
 * @param {string | Uint8Array | ArrayBuffer} body The bytes as they came, before any parser.
 */
export async function verifySignature(secret, headers, body, options = {}) {
  const { toleranceMs = toleranceDefaultMs } = known(options, ["toleranceMs"], "verifySignature");
  milliseconds(toleranceMs, "toleranceMs", 0, Infinity);
  const secrets = [secret].flat();
  if (secrets.length === 0 || !secrets.every((each) => typeof each === "string" && each !== "")) throw new TypeError("secret must be a text that is not empty.");
  const { seconds, signatures } = partsOf(headerOf(headers, "rosud-signature"));
  if (Math.abs(Date.now() - Number(seconds) * 1000) > toleranceMs) throw new InvalidSignature("The request was signed too long ago, or by a clock that is wrong.");
  const { subtle } = await webCrypto();
  const signed = joined(seconds, bytesOf(body));
  for (const each of secrets) {
    const key = await subtle.importKey("raw", new TextEncoder().encode(each), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    for (const signature of signatures) {
      if (await subtle.verify("HMAC", key, signature, signed)) return;
    }
  }
  throw new InvalidSignature("The signature does not fit the body and the secret.");
}

/**
 * A webhook agent as a function from a web-standard Request to a Response, for any server that has these. The answer is the
 * handler's completion; a failure is told to the host with its reason and answered with 202.
 */
export function webhook(definition, options = {}) {
  const { secret, client: other, toleranceMs } = known(options, ["secret", "client", "toleranceMs"], "webhook");
  if (!(definition instanceof AgentDefinition)) throw new TypeError("webhook takes an agent, as agent(…) makes it.");
  if (secret === undefined) throw new TypeError("webhook needs the secret of the agent's registration; null takes requests of anybody.");
  return async (request) => {
    if (request.method !== "POST") return new Response(null, { status: 405, headers: { Allow: "POST" } });
    const body = await request.arrayBuffer();
    if (body.byteLength > bodyBytesMax) return new Response(null, { status: 413 });
    try {
      if (secret !== null) await verifySignature(secret, request.headers, body, { toleranceMs });
    } catch (error) {
      if (error instanceof InvalidSignature) return answer(401, { detail: error.detail });
      throw error;
    }
    const assignment = assignmentIn(body);
    if (assignment === null) return answer(400, { detail: "The body is no assignment." });
    if (assignment.agent !== definition.name) return answer(422, { detail: `The agent here is ${definition.name}.` });
    return answerTo(definition, assignment, clientOf({ client: other }), request.signal);
  };
}

function assignmentIn(body) {
  try {
    const assignment = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return typeof assignment?.id === "string" && typeof assignment.context === "object" ? assignment : null;
  } catch {
    return null;   // Neither text nor JSON.
  }
}

async function answerTo(definition, assignment, client, gone) {
  const work = new Work(assignment, client);
  const life = linked([gone], work.timeLeftMs);
  life.signal.addEventListener("abort", () => work.stop(gone?.aborted ? "disconnected" : "deadline"), { once: true });
  const { verb, body } = await perform(definition.handler, work);
  life.release();
  if (verb === "complete") return answer(200, body);
  if (work.stopped !== null) return answer(409, { detail: body.reason });
  try {
    await client.request("POST", `/assignments/${encodeURIComponent(work.id)}/fail`, { body, deadlineMs: Math.max(1_000, Math.min(work.timeLeftMs, client.deadlineMs)) });
    return new Response(null, { status: 202 });
  } catch (error) {
    if (!(error instanceof RosudError)) throw error;
    // The reason could not be told; the status at least says what kind of failure it is.
    if (body.retry_after_ms !== undefined) return new Response(null, { status: 429, headers: { "Retry-After": String(Math.ceil(body.retry_after_ms / 1000)) } });
    return answer(body.retryable ? 500 : 422, { detail: body.reason });
  }
}

const answer = (status, body) => new Response(encode(body), { status, headers: { "Content-Type": "application/json" } });

function headerOf(headers, name) {
  const value = typeof headers?.get === "function" ? headers.get(name) : Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
  const text = [value].flat()[0];
  if (!text) throw new InvalidSignature("The request has no Rosud-Signature.");
  return text;
}

function partsOf(header) {
  const parts = header.split(",").map((part) => part.trim().split("="));
  const seconds = parts.find(([name]) => name === "t")?.[1] ?? "";
  const signatures = parts.filter(([name, value]) => name === "v1" && /^[0-9a-f]{64}$/.test(value ?? "")).map(([, value]) => fromHex(value));
  if (!/^\d{1,12}$/.test(seconds) || signatures.length === 0) throw new InvalidSignature("The Rosud-Signature cannot be read.");
  return { seconds, signatures };
}

const fromHex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));

function bytesOf(body) {
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  throw new TypeError("body must be the bytes or the text of the request as they came, not what a parser made of them.");
}

function joined(seconds, body) {
  const head = new TextEncoder().encode(`${seconds}.`);
  const all = new Uint8Array(head.length + body.length);
  all.set(head);
  all.set(body, head.length);
  return all;
}
