// The text files of one folder: finds words, files and paragraphs in them.
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join, relative, resolve, sep } from "node:path";

const filesMax = 2_000;
const fileBytesMax = 1024 * 1024;
const endings = new Set([".md", ".txt", ".rst", ".adoc"]);
const skipped = new Set(["node_modules", "artifacts", "bin", "obj", ".git", "data"]);
const common = new Set(("a about all also an and any are as at be been but by can do does for from has have how i if in into is it its more most no not of on one "
  + "or other our out so some than that the their them then there these they this to up us was we were what when where which who why will with would you your").split(" "));

// Enough for a search of this size: a plural and its singular are one word.
function stem(word) {
  const lower = word.toLowerCase();
  return lower.length > 4 && lower.endsWith("s") && !lower.endsWith("ss") ? lower.slice(0, -1) : lower;
}

const words = (text) => (text.match(/[A-Za-z][A-Za-z0-9_]*/g) ?? []).map(stem);

/** The words of a text that carry meaning, in lower case, each once, in their order. */
export const terms = (text) => [...new Set(words(text).filter((word) => word.length > 1 && !common.has(word)))];

export class Corpus {
  #root;

  constructor(root) {
    this.#root = resolve(root);
  }

  /** The files, relative to the root, in order. */
  async files() {
    const found = [];
    for await (const path of this.#walk(this.#root)) {
      const file = relative(this.#root, path);
      if (endings.has(extname(path).toLowerCase()) && this.#isMeant(file) && (await stat(path)).size <= fileBytesMax) found.push(file);
    }
    return found.sort().slice(0, filesMax);
  }

  /** In how many files each term is. */
  async spread(wanted, signal) {
    const spread = new Map(wanted.map((term) => [term, 0]));
    for (const file of await this.files()) {
      const there = new Set(terms(await this.#read(file, signal)));
      for (const term of wanted) if (there.has(term)) spread.set(term, spread.get(term) + 1);
    }
    return spread;
  }

  /** The paragraphs of one file that have any of the terms, each with a score: rarer terms and shorter paragraphs count more. */
  async search(file, weights, signal) {
    const found = [];
    for (const { line, text } of paragraphs(await this.#read(file, signal))) {
      const there = words(text);
      const score = Object.entries(weights).reduce((sum, [term, weight]) => sum + weight * saturated(there.filter((word) => word === term).length, there.length), 0);
      if (score > 0) found.push({ file, line, text, score: Number(score.toFixed(3)) });
    }
    return found;
  }

  /** Whether the file still says that at that line. */
  async says(file, line, text, signal) {
    if (!existsSync(join(this.#root, file))) return false;
    return [...paragraphs(await this.#read(file, signal))].some((paragraph) => paragraph.line === line && paragraph.text === text);
  }

  #read(file, signal) {
    return readFile(join(this.#root, file), { encoding: "utf8", signal });
  }

  async *#walk(folder) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (skipped.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) yield* this.#walk(path);
      else if (entry.isFile()) yield path;
    }
  }

  // Of this repository only what is written for readers: README and docs.
  #isMeant(file) {
    return !existsSync(join(this.#root, "Rosud.Orleans.sln")) || file === "README.md" || file.startsWith(`docs${sep}`);
  }
}

// The usual saturation of repeated words, with a mild price on length (BM25 with k1 = 1.2, b = 0.5 against 60 words).
const saturated = (times, length) => (times === 0 ? 0 : (times * 2.2) / (times + 1.2 * (0.5 + (0.5 * length) / 60)));

function* paragraphs(content) {
  const lines = content.split(/\r?\n/);
  let start = 0;
  let isCode = false;
  let text = [];
  for (let i = 0; i <= lines.length; i++) {
    const fence = i < lines.length && lines[i].trimStart().startsWith("```");
    if (fence) isCode = !isCode;
    const ends = i === lines.length || isCode || fence || lines[i].trim() === "";
    const isItem = !ends && text.length > 0 && /^\s*([-*|#]|\d+\.)/.test(lines[i]);
    if ((ends || isItem) && text.length > 0) {
      yield { line: start + 1, text: text.join(" ") };
      text = [];
    }
    if (ends) continue;
    if (text.length === 0) start = i;
    text.push(lines[i].trim());
  }
}
