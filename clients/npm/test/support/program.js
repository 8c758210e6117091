import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const running = new Set();

/** Kills what a test that failed has left running: it would keep the test's process, and so the whole run, from ending. */
export async function killLeftOvers() {
  await Promise.all([...running].map((program) => program.kill()));
}

/** A Node program as a process of its own, whose lines can be waited for. */
export class Program {
  #lines = [];
  #waiting = new Set();

  constructor(file, { args = [], env = {}, cwd, nodeArgs = [] } = {}) {
    this.process = spawn(process.execPath, [...nodeArgs, file, ...args], { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    running.add(this);
    this.exited = once(this.process, "exit").then(([code, signal]) => {
      running.delete(this);
      return { code, signal };
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        this.#lines.push(line);
        for (const look of this.#waiting) look();
      });
    }
    this.process.once("close", () => {
      this.closed = true;
      for (const look of this.#waiting) look();
    });
  }

  get output() {
    return this.#lines.join("\n");
  }

  /** The first line that contains a text or fits an expression; rejects when the program ends without it. */
  line(wanted) {
    const fits = (line) => (wanted instanceof RegExp ? wanted.test(line) : line.includes(wanted));
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.#lines.find(fits);
        if (found === undefined && !this.closed) return;
        this.#waiting.delete(look);
        if (found === undefined) reject(new Error(`The program ended without ${wanted}:\n${this.output}`));
        else resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Asks it to stop, as a service supervisor does, and waits for its end. */
  async terminate() {
    this.process.kill("SIGTERM");
    return this.exited;
  }

  async kill() {
    this.process.kill("SIGKILL");
    return this.exited;
  }
}
