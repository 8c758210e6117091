"""Runs: waiting for their end, following and cancelling them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any, AsyncGenerator, Mapping, Union

from . import _check, _json
from ._records import build, instant
from ._sse import COMMENTS_MISSING_AFTER, ServerEvent, follow
from .client import Request, Rosud, part, pick
from .context import Change
from .errors import RosudError, Unreachable
from .pages import Pages, pages
from .results import STATUSES, Question, RunResult, RunSummary, TimelineEvent, result_of
from .retry import Backoff, is_worth_repeating
from .watch import Gap, Notice

RunEvent = Union[RunResult, Change, Notice, Gap]
_BACKOFF = Backoff(0.1, 2.0)


class Run:
    """One run of a task. The host carries it on whether or not anybody waits for it."""

    def __init__(self, id: str, client: Rosud | None = None) -> None:
        self.id = _check.made_id(id, "id")
        self._client = pick(client)
        self._path = f"/v1/runs/{part(self.id)}"

    def __repr__(self) -> str:
        return f"Run({self.id!r})"

    @classmethod
    def open(cls, id: str, *, client: Rosud | None = None) -> "Run":
        """A run by its id. Sends nothing: the first verb tells whether it is there."""
        return cls(id, client)

    @staticmethod
    def list(
        channel: str | None = None, status: str | None = None, *, limit: int = 100, after: str | None = None, client: Rosud | None = None
    ) -> Pages[RunSummary]:
        """Runs of one channel or of all: ``await`` for one page, ``async for`` for everything."""
        query = {
            "channel": None if channel is None else _check.name(channel, "channel"),
            "status": None if status is None else _check.word(status, "status", STATUSES),
        }
        return pages(pick(client), "/v1/runs", "runs", lambda item: build(RunSummary, item), limit, after, query)

    async def describe(self) -> RunResult:
        """The run as it stands now."""
        return result_of((await self._client.call(Request("GET", self._path))).body)

    async def result(self, wait_ms: int | None = None) -> RunResult:
        """Waits for the end of the run, at most ``wait_ms``; without it until the run ends, which it does by its deadline.

        Returns the run as it then stands: ``ended`` tells whether it has. Survives lost connections and restarts of the
        host; raises `Unreachable` after the client's ``timeout`` without any answer.
        """
        clock = asyncio.get_running_loop().time
        end = None if wait_ms is None else clock() + _check.whole(wait_ms, "wait_ms", 0) / 1000
        failures = 0
        while True:
            result = await self.describe()
            if result.ended or (end is not None and clock() >= end):
                return result
            try:
                ended, heard = await self._hear_of_end(result, end)
                if ended is not None:
                    return ended
                failures = 0 if heard else failures + 1
            except RosudError as error:
                failures += 1
                if not is_worth_repeating(error):
                    raise
            if failures:
                pause = _BACKOFF.pause(failures)
                await asyncio.sleep(pause if end is None else max(0.0, min(pause, end - clock())))

    # Listens on one connection. The end is pushed; asking is only for a push that was lost.
    async def _hear_of_end(self, now: RunResult, end: float | None) -> tuple[RunResult | None, bool]:
        clock = asyncio.get_running_loop().time
        heard = False

        def left() -> float:
            return COMMENTS_MISSING_AFTER if end is None else max(0.001, min(COMMENTS_MISSING_AFTER, end - clock()))

        try:
            async with aclosing(follow(self._client, f"{self._path}/events", {}, str(now.version_end), left)) as stream:
                async for told in stream:
                    heard = True
                    result = _run_of(told)
                    if result is not None and result.ended:
                        return result, heard
        except Unreachable:
            if end is None or clock() < end:
                raise
        return None, heard

    async def timeline(self) -> tuple[TimelineEvent, ...]:
        """What happened in the run, in order."""
        body = (await self._client.call(Request("GET", f"{self._path}/timeline"))).body
        return tuple(build(TimelineEvent, event) for event in body["events"])

    async def explain(self) -> Mapping[str, Any]:
        """Why the run was slow, why it went wrong and why it stopped: ``why_slow``, ``why_wrong`` and ``why_stopped`` are lists of
        ``{"sentence", "evidence"}``, the most important first; evidence is a path of the HTTP API."""
        explanation: Mapping[str, Any] = (await self._client.call(Request("GET", f"{self._path}/explain"))).body
        return explanation

    async def events(self) -> AsyncGenerator[RunEvent, None]:
        """The run as it stands, then its commits and notices as they happen, then the run as it ended.

        Goes on by itself over lost connections, with a `Gap` where something could not be had.
        """
        position: str | None = None
        failures = 0
        while True:
            try:
                async with aclosing(follow(self._client, f"{self._path}/events", {}, position)) as stream:
                    async for told in stream:
                        failures = 0
                        result = _run_of(told)
                        if result is None and told.data is not None:
                            yield _event_of(told)
                        elif result is not None and (position is None or result.ended):
                            yield result
                            position = position or str(result.version_end)
                            if result.ended:
                                return
                        position = told.id or position
            except RosudError as error:
                if not is_worth_repeating(error):
                    raise
            if failures == 0 and position is not None:
                result = await self.describe()   # A stream that ends may be one whose last event was lost.
                if result.ended:
                    yield result
                    return
            failures += 1
            await asyncio.sleep(_BACKOFF.pause(failures))

    async def questions(self) -> tuple[Question, ...]:
        """The questions that wait for a person now; all that were asked are in ``describe().questions``."""
        return tuple(question for question in (await self.describe()).questions if question.state == "open")

    async def answer(self, question: str | Question, value: Any, by: str | None = None) -> Question:
        """Answers a question; durable when it returns. The same answer again gives the same answer.

        Raises `StaleContext` (``stale`` names the keys) when what the question rests on has changed: the run asks anew under
        another id. `AlreadyExists` when another answer counts, `Fenced` when its time is over or the run has ended,
        `InvalidRequest` when the value breaks the question's schema. ``by``: who answers, for the record.
        """
        body: dict[str, Any] = {"question": question.id if isinstance(question, Question) else _check.text(question, "question", 1, 512), "value": value}
        if by is not None:
            body["by"] = _check.text(by, "by", 1, 256)
        return build(Question, (await self._client.call(Request("POST", f"{self._path}/answer", body=_json.encode_body(body)))).body)

    async def cancel(self) -> RunResult:
        """Ends the run as ``canceled`` unless it has ended. Agents at work are told."""
        return result_of((await self._client.call(Request("POST", f"{self._path}/cancel", body="{}"))).body)


async def next_event(events: AsyncGenerator[RunEvent, None]) -> RunEvent:
    return await events.__anext__()


async def close_events(events: AsyncGenerator[RunEvent, None]) -> None:
    await events.aclose()


def _run_of(told: ServerEvent) -> RunResult | None:
    data: Any = told.data.get("data") if told.data else None
    return result_of(data) if told.type == "run" and isinstance(data, dict) and "attempts" in data else None


def _event_of(told: ServerEvent) -> RunEvent:
    data = told.data.get("data", {})
    if told.type == "commit":
        return build(Change, data)
    if told.type == "gap":
        return Gap(told.id or "", data["after"], data["version"], data["reason"])
    return Notice(told.id or "", told.type, instant(told.data.get("time")), data)
