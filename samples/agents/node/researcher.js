import { agent, Completion } from "rosud-call";
import { Corpus } from "./corpus.js";
import { estimate, lengthOf } from "./estimate.js";

const passagesMax = 12;

export const researcher = agent("researcher", {
  description: "Searches the files and keeps the best passages, with file and line.",
  reads: ["plan.*", "corpus.*"],
  writes: ["facts.*"],
}, async (work) => {
  const corpus = new Corpus(work["corpus.folder"]);
  const files = await corpus.files();
  const found = [];
  for (const [i, file] of files.entries()) {
    found.push(...await corpus.search(file, work["plan.terms"], work.signal));
    if (i % 10 === 0) await work.report(i / files.length, file);
  }
  const best = found.sort((one, other) => other.score - one.score || (one.file < other.file ? -1 : 1)).slice(0, passagesMax);
  return new Completion({ writes: { "facts.passages": best }, usage: estimate(lengthOf(found), lengthOf(best)) });
});
