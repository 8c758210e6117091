"""Writes the answer with citations."""

import argparse
import asyncio

from corpus import Corpus
from rosud_call import Completion, Usage, Work, agent, serve

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--pace", type=int, default=150, metavar="MS", help="how long it rests after each passage, so that a person can follow")
PACE = parser.parse_args().pace / 1000 if __name__ == "__main__" else 0.0


@agent("executor", description="Writes the answer with citations.", reads=["question", "plan.*", "facts.*", "limits.*", "corpus.*"], writes=["answer.*"])
async def answer(work: Work) -> Completion:
    corpus, limit, passages = Corpus(work["corpus.folder"]), work["limits.citations"], work["facts.passages"]
    cited = []
    for passage in passages:
        if len(cited) == limit:
            break
        await work.report(len(cited) / limit, f"{passage['file']}:{passage['line']}")
        if await asyncio.to_thread(corpus.says, passage["file"], passage["line"], passage["text"]):
            cited.append(passage)
        await asyncio.sleep(PACE)
    lines = [f"{shorten(passage['text'])} [{i}]" for i, passage in enumerate(cited, 1)]
    text = "\n".join(lines) or "The files say nothing about that."
    citations = [{"number": i, "file": passage["file"], "line": passage["line"]} for i, passage in enumerate(cited, 1)]
    read = sum(len(passage["text"]) for passage in passages)
    return Completion({"answer.text": text, "answer.citations": citations}, usage=Usage(read // 4, len(text) // 4))


def shorten(text: str) -> str:
    return text if len(text) <= 400 else text[: text.rindex(" ", 0, 401)] + " …"


if __name__ == "__main__":
    serve(answer, ready=lambda: print("executor is ready", flush=True))
