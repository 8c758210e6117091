// A worker in a process of its own, for tests that kill it: says what happens, one line each.
import { agent, serve } from "../../src/index.js";

const gate = (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
const says = (event) => console.log([event.type, event.agent, event.step, event.attempt, event.outcome ?? event.why].filter((part) => part !== undefined).join(" "));

const handlers = {
  hang: (work) => gate(work.signal),
  quick: (work) => ({ "x.done": process.env.NAME, "x.attempt": work.attempt }),
  slow: async (work) => {
    const ended = new Promise((resolve) => setTimeout(resolve, 300));
    await ended;
    return { [work.step === work.agent ? "x.done" : `x.${work.step}`]: process.env.NAME };
  },
};

await serve(agent(process.env.AGENT, { writes: ["x.*"], maxConcurrency: 1 }, handlers[process.env.DOES]), {
  leaseMs: Number(process.env.LEASE ?? 30_000), graceMs: Number(process.env.GRACE ?? 10_000), onEvent: says,
});
console.log("ended");
