import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository } from "./host.js";

const run = promisify(execFile);

/** The quickstart's programs in a folder of their own, installed as it says. */
export class Quickstart {
  static async prepare() {
    const quickstart = new Quickstart();
    quickstart.folder = await mkdtemp(join(tmpdir(), "rosud-quickstart-"));
    const text = await readFile(join(repository, "docs/quickstart/javascript.md"), "utf8");
    quickstart.blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => ({ language, code }));
    const install = quickstart.blocks.find(({ language }) => language === "bash").code;
    await run("bash", ["-euc", install], { cwd: quickstart.folder, env: { ...process.env, ROSUD: repository } });
    for (const { code } of quickstart.blocks) {
      const name = /^(?:\/\/|<!--) (\S+\.(?:mjs|html))/.exec(code)?.[1];
      if (name) await writeFile(join(quickstart.folder, name), code);
    }
    return quickstart;
  }

  /** Programs whose output is printed after them, with that output. */
  get withOutput() {
    return this.blocks.flatMap(({ code }, i) => (this.blocks[i + 1]?.language === "text" ? [[/^\/\/ (\S+)/.exec(code)[1], this.blocks[i + 1].code]] : []));
  }

  path(name) {
    return join(this.folder, name);
  }

  async remove() {
    await rm(this.folder, { recursive: true, force: true });
  }
}
