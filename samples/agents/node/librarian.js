// An agent behind a url: Rosud POSTs it assignments and signs them. node librarian.js [port]
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { Agent, agent, webhook } from "rosud-call";
import { Corpus } from "./corpus.js";

const librarian = agent("librarian", {
  description: "Counts the files of the folder.",
  reads: ["corpus.*"],
  writes: ["catalogue.*"],
}, async (work) => ({ "catalogue.files": (await new Corpus(work["corpus.folder"]).files()).length }));

const secret = process.env.LIBRARIAN_SECRET ?? randomBytes(24).toString("hex");
const answer = webhook(librarian, { secret });
const bodyBytesMax = 32 * 1024 * 1024;

/** From node:http to the web's Request and Response. The signal tells the handler when the host gives the request up. */
const server = createServer(async (incoming, outgoing) => {
  try {
    const gone = new AbortController();
    outgoing.once("close", () => gone.abort());
    const body = await bytesOf(incoming);
    const request = new Request(`http://${incoming.headers.host}${incoming.url}`, { method: incoming.method, headers: incoming.headers, body, signal: gone.signal });
    const response = await answer(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(Buffer.from(await response.arrayBuffer()));
    console.log(`answered ${response.status}`);
  } catch (error) {
    console.error(error);
    if (!outgoing.headersSent) outgoing.writeHead(error.status ?? 500);
    outgoing.end();
  }
});

async function bytesOf(incoming) {
  if (incoming.method === "GET" || incoming.method === "HEAD") return undefined;
  const parts = [];
  let length = 0;
  for await (const part of incoming) {
    length += part.length;
    if (length > bodyBytesMax) throw Object.assign(new Error("The body is too large."), { status: 413 });
    parts.push(part);
  }
  return Buffer.concat(parts);
}

server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}/assignments`;
  await Agent.register(librarian.name, { ...librarian.contract, transport: { kind: "webhook", url, secret } });
  console.log(`registered librarian at ${url}`);
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    server.close();
    server.closeIdleConnections();
  });
}
