import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import * as rosud from "../src/index.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));

test("The package has its sources, its types and its README, and nothing else", { timeout: 30_000 }, async () => {
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json"], { cwd: root });
  const parsed = JSON.parse(stdout);
  const [{ files }] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  const sources = (await readdir(join(root, "src"))).map((name) => `src/${name}`);
  assert.deepEqual(files.map(({ path }) => path).sort(), ["README.md", "package.json", ...sources].sort());
});

test("The packed package is installed into an empty folder and imported from there", { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "rosud-pack-"));
  try {
    await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root });
    const [tarball] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
    await writeFile(join(folder, "package.json"), '{"private":true,"type":"module"}');
    await run("npm", ["install", "--offline", "--silent", "--no-audit", "--no-fund", `./${tarball}`], { cwd: folder });
    await writeFile(join(folder, "use.js"), 'import * as rosud from "rosud-call"; console.log(Object.keys(rosud).sort().join());');
    const { stdout } = await run(process.execPath, ["use.js"], { cwd: folder });
    assert.equal(stdout.trim(), Object.keys(rosud).sort().join());
    assert.deepEqual((await readdir(join(folder, "node_modules"))).filter((name) => !name.startsWith(".")), ["rosud-call"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("The types hold under strict, and refuse what is wrong", { timeout: 60_000 }, () => {
  const config = ts.getParsedCommandLineOfConfigFile(join(root, "test/types/tsconfig.json"), {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: assert.fail });
  const program = ts.createProgram(config.fileNames, config.options);
  assert.deepEqual(ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")), []);
});

test("The types declare what the sources export, member for member", () => {
  const file = join(root, "src/index.d.ts");
  const program = ts.createProgram([file], { target: ts.ScriptTarget.ES2022, lib: ["lib.es2022.d.ts", "lib.dom.d.ts"], types: [] });
  const checker = program.getTypeChecker();
  const declared = new Map();
  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)))) {
    if (symbol.flags & ts.SymbolFlags.Value) declared.set(symbol.name, symbol);
  }
  assert.deepEqual([...declared.keys()].sort(), Object.keys(rosud).sort());
  for (const [name, symbol] of declared) {
    if (!(symbol.flags & ts.SymbolFlags.Class)) continue;
    const value = rosud[name];
    const methods = Object.getOwnPropertyNames(value.prototype).filter((member) => member !== "constructor" && !internal.has(`${name}.${member}`));
    const statics = Object.getOwnPropertyNames(value).filter((member) => !["length", "name", "prototype"].includes(member) && !internal.has(`${name}.${member}`));
    const members = [...symbol.members.keys()];
    for (const method of methods) assert.ok(members.includes(method), `${name}.${method} is not declared`);
    for (const method of statics) assert.ok(symbol.exports.has(method), `${name}.${method} is not declared`);
    for (const [member, of] of symbol.members) {
      if (of.flags & ts.SymbolFlags.Method && !member.startsWith("__")) assert.equal(typeof value.prototype[member], "function", `${name}.${member} is not there`);
    }
    for (const [member, of] of symbol.exports) if (of.flags & ts.SymbolFlags.Method) assert.equal(typeof value[member], "function", `${name}.${member} is not there`);
  }
});

// What the modules need of each other and callers do not.
const internal = new Set(["Rosud.once", "Rosud.stream", "Rosud.isTransient", "Rosud.deadline", "ChannelEvent.of", "Work.offer"]);

test("Nothing on the way of a page needs Node", async () => {
  for (const name of await readdir(join(root, "src"))) {
    const text = await readFile(join(root, "src", name), "utf8");
    assert.doesNotMatch(text, /from "node:|require\(|import\("node:|\bBuffer\b/, name);
  }
});
