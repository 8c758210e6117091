"""Asks the agents a question about the texts of a folder, and prints the answer and what it took."""

from __future__ import annotations

import argparse
import asyncio
import pathlib
import sys

from rosud_call import Channel, Change, ContextSync, Notice, Run, RunResult, Step, Task, Watch

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("question", nargs="?", default="What happens to a step when the context that it read has changed?")
    parser.add_argument("--folder", default=str(REPOSITORY), help="whose text files are searched; default this repository's README and docs")
    parser.add_argument("--citations", type=int, default=3, metavar="N", help="how many passages to cite")
    parser.add_argument("--then", type=int, metavar="N", help="change the number of citations once the executor has begun to write")
    parser.add_argument("--count", action="store_true", help="also have the librarian count the files")
    parser.add_argument("--timeout", type=int, default=30_000, metavar="MS", help="when the run ends at the latest")
    return parser.parse_args()


async def main(asked: argparse.Namespace) -> int:
    # A threshold of 0: an attempt at work hears at once that what it read has changed.
    sync = ContextSync(staleness_threshold_ms=0)
    channel = await Channel.create_async(agents=["planner", "researcher", "executor", "librarian"], sync=sync)
    await channel.commit(
        {"question": asked.question, "corpus.folder": str(pathlib.Path(asked.folder).resolve()), "limits.citations": asked.citations}
    )
    task = Task(
        goal=asked.question,
        outputs=["answer.*", "catalogue.*"] if asked.count else ["answer.*"],
        steps=[
            Step(id="plan", agent="planner", reads=["question", "corpus.folder"], writes=["plan.*"]),
            Step(id="research", agent="researcher", reads=["plan.terms", "corpus.folder"], writes=["facts.*"]),
            Step(id="answer", agent="executor", reads=["question", "facts.passages", "limits.citations", "corpus.folder"], writes=["answer.*"]),
            Step(id="catalogue", agent="librarian", reads=["corpus.folder"], writes=["catalogue.*"]),
        ],
    )
    print(f"{asked.question}\nsearched in {asked.folder}, coordinated in channel {channel.id}\n", flush=True)
    async with channel.watch() as events:
        showing = asyncio.create_task(show(channel, events, asked.then))
        result = await channel.coordinate(task, timeout_ms=asked.timeout)
    await showing   # Ends with the watch.
    await report(result)
    return 0 if result.completed else 1


async def show(channel: Channel, events: Watch, then: int | None) -> None:
    async for event in events:
        if isinstance(event, Change):
            print(f"  {event.writer:<11} {'publishes early' if event.provisional else 'commits'} v{event.version}: {', '.join(event.set)}", flush=True)
        elif isinstance(event, Notice) and event.type in ("assignment", "stale"):
            print(f"  {event.data.get('agent') or '':<11} {event.type} {event.data.get('outcome') or ''} {event.data.get('detail') or ''}".rstrip(), flush=True)
            if then is not None and event.data.get("agent") == "executor" and event.data.get("outcome") == "working":
                print(f"  you         change limits.citations to {then} while the executor writes", flush=True)
                await channel.commit({"limits.citations": then})
                then = None


async def report(result: RunResult) -> None:
    print(f"\n== answer\n{result.outputs.get('answer.text') or result.problem}")
    for citation in result.outputs.get("answer.citations", []):
        print(f"[{citation['number']}] {citation['file']}:{citation['line']}")
    if "catalogue.files" in result.outputs:
        print(f"out of {result['catalogue.files']} files")
    print("\n== timeline")
    for event in await Run.open(result.run).timeline():
        at = (event.at - result.accepted_at).total_seconds() * 1000 if event.at and result.accepted_at else 0
        what = " ".join(str(part) for part in (event.kind, event.step, event.agent, event.attempt and f"attempt {event.attempt}", event.detail) if part)
        print(f"{at:8.0f} ms  {what}")
    print("\n== what coordination cost and brought")
    parts = ", ".join(f"{name} {ms:.1f}" for name, ms in result.overhead_parts_ms.items() if ms >= 0.05)
    print(f"status                    {result.status} in {result.wall_ms:.0f} ms, rework {result.rework_ms:.0f} ms")
    print(f"coordination_overhead_ms  {result.coordination_overhead_ms:.1f} ({parts})")
    print(f"stale_context_events      {result.stale_context_events}")
    print(f"cascade_prevented         {result.cascade_prevented}")
    counts = result.agents
    print(f"agents_actually_needed    {counts.needed} (registered {counts.registered}, planned {counts.planned}, fired {counts.fired})")
    print(f"tokens                    {result.tokens.work} work, {result.tokens.coordination} coordination (estimates)")


if __name__ == "__main__":
    sys.exit(asyncio.run(main(arguments())))
