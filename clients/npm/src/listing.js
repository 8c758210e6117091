/**
 * A list of the host's, page by page: `await` gives one page (`{items, next}`), `for await` gives every item of this page
 * and all that follow. Nothing is asked before one of the two.
 */
export class Listing {
  #ask;
  #after;

  /** @param {(after: string | undefined) => Promise<{items: any[], next: string | null}>} ask */
  constructor(ask, after) {
    this.#ask = ask;
    this.#after = after;
  }

  then(resolve, reject) {
    return this.#ask(this.#after).then(resolve, reject);
  }

  async *[Symbol.asyncIterator]() {
    for (let after = this.#after; ;) {
      const page = await this.#ask(after);
      yield* page.items;
      if (page.next === null) return;
      after = page.next;
    }
  }
}
