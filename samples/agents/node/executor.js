import { setTimeout as pause } from "node:timers/promises";
import { agent, Completion } from "rosud-call";
import { Corpus } from "./corpus.js";
import { estimate, lengthOf } from "./estimate.js";

/** How long it rests after each passage, so that a person can follow. */
const paceMs = Number(process.env.PACE_MS ?? 150);

export const executor = agent("executor", {
  description: "Writes the answer with citations.",
  reads: ["question", "plan.*", "facts.*", "limits.*", "corpus.*"],
  writes: ["answer.*"],
}, async (work) => {
  const corpus = new Corpus(work["corpus.folder"]);
  const limit = work["limits.citations"];
  const passages = work["facts.passages"];
  const cited = [];
  for (const passage of passages) {
    if (cited.length === limit) break;
    await work.report(cited.length / limit, `${passage.file}:${passage.line}`);
    if (await corpus.says(passage.file, passage.line, passage.text, work.signal)) cited.push(passage);
    await pause(paceMs, undefined, { signal: work.signal });   // Superseded: this ends at once, and so does the attempt.
  }
  const text = cited.map((passage, i) => `${shorten(passage.text)} [${i + 1}]`).join("\n") || "The files say nothing about that.";
  const citations = cited.map(({ file, line }, i) => ({ number: i + 1, file, line }));
  return new Completion({ writes: { "answer.text": text, "answer.citations": citations }, usage: estimate(lengthOf(passages), text.length) });
});

const shorten = (text) => (text.length <= 400 ? text : `${text.slice(0, text.lastIndexOf(" ", 400))} …`);
