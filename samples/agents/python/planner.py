"""Picks the words to search for and the files to search in."""

import asyncio
import math

from corpus import Corpus, terms
from rosud_call import Completion, Usage, Work, agent, serve

TERMS_MAX = 6


@agent("planner", description="Picks the words to search for and the files to search in.", reads=["question", "corpus.*"], writes=["plan.*"])
async def plan(work: Work) -> Completion:
    question, corpus = work["question"], Corpus(work["corpus.folder"])
    # Reading files blocks: a thread does it, so that the event loop still hears when the attempt no longer counts.
    files = await asyncio.to_thread(corpus.files)
    spread = await asyncio.to_thread(corpus.spread, terms(question))
    rarest = sorted((item for item in spread.items() if item[1]), key=lambda item: item[1])[:TERMS_MAX]
    weights = {word: round(math.log(1 + len(files) / count), 3) for word, count in rarest}
    # The researcher needs only the words: it starts while the planner still looks for the likely files.
    await work.publish({"plan.terms": weights})
    likely: dict[str, float] = {}
    for file in files:
        if passages := await asyncio.to_thread(corpus.search, file, weights):
            likely[file] = max(passage["score"] for passage in passages)
    best = sorted(likely, key=lambda file: likely[file], reverse=True)[:3]
    # There is no model behind these agents; what one would have read and written is estimated at four characters a token.
    return Completion({"plan.terms": weights, "plan.files": best}, usage=Usage(len(question) // 4, 50))


if __name__ == "__main__":
    serve(plan, ready=lambda: print("planner is ready", flush=True))
