import { agent, Completion } from "rosud-call";
import { Corpus, terms } from "./corpus.js";
import { estimate } from "./estimate.js";

const termsMax = 6;

export const planner = agent("planner", {
  description: "Picks the words to search for and the files to search in.",
  reads: ["question", "corpus.*"],
  writes: ["plan.*"],
}, async (work) => {
  const corpus = new Corpus(work["corpus.folder"]);
  const files = await corpus.files();
  const spread = await corpus.spread(terms(work.question), work.signal);
  const rarest = [...spread].filter(([, times]) => times > 0).sort(([, one], [, other]) => one - other).slice(0, termsMax);
  const weights = Object.fromEntries(rarest.map(([term, times]) => [term, Number(Math.log(1 + files.length / times).toFixed(3))]));

  // The researcher needs only the words: it starts while the planner still looks for the likely files.
  await work.publish({ "plan.terms": weights });

  const likely = [];
  for (const file of files) {
    const passages = await corpus.search(file, weights, work.signal);
    if (passages.length > 0) likely.push({ file, score: Math.max(...passages.map(({ score }) => score)) });
  }
  const best = likely.sort((one, other) => other.score - one.score).slice(0, 3).map(({ file }) => file);
  return new Completion({ writes: { "plan.terms": weights, "plan.files": best }, usage: estimate(work.question.length, 200) });
});
