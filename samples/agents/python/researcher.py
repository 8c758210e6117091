"""Searches the files and keeps the best passages, with file and line."""

from typing import Any

from corpus import Corpus
from rosud_call import BlockingWork, Completion, Usage, agent, serve

PASSAGES_MAX = 12


@agent("researcher", description="Searches the files and keeps the best passages, with file and line.", reads=["plan.*", "corpus.*"], writes=["facts.*"])
def research(work: BlockingWork) -> Completion:
    weights, corpus = work["plan.terms"], Corpus(work["corpus.folder"])
    files = corpus.files()
    found: list[dict[str, Any]] = []
    for i, file in enumerate(files):
        work.check()
        found += corpus.search(file, weights)
        if i % 10 == 0:
            work.report(i / len(files), file)
    best = sorted(found, key=lambda passage: (-passage["score"], passage["file"]))[:PASSAGES_MAX]
    return Completion({"facts.passages": best}, usage=Usage(_characters(found) // 4, _characters(best) // 4))


def _characters(passages: list[dict[str, Any]]) -> int:
    return sum(len(passage["text"]) for passage in passages)


if __name__ == "__main__":
    serve(research, ready=lambda: print("researcher is ready", flush=True))
