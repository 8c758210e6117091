// Serves the agents that are named, each by default: node work.js [planner] [researcher] [executor]
import { serve } from "rosud-call";
import { executor } from "./executor.js";
import { planner } from "./planner.js";
import { researcher } from "./researcher.js";

const all = { planner, researcher, executor };
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(all);
const strange = names.find((name) => !Object.hasOwn(all, name));
if (strange !== undefined) {
  console.error(`There is no agent ${strange} here; there are ${Object.keys(all).join(", ")}.`);
  process.exit(2);
}

await serve(names.map((name) => all[name]), {
  onEvent: ({ type, agent, step, attempt, outcome, why, reason, error }) => {
    console.log([type, agent, step, attempt && `attempt ${attempt}`, outcome ?? why ?? reason ?? error?.message].filter(Boolean).join(" "));
  },
});
