"""Follows a channel: every commit once and in order, over lost connections and restarted hosts."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, AsyncGenerator, AsyncIterator, Mapping, Union

from . import _check
from ._records import build, instant
from ._sse import ServerEvent, Stream
from .client import Request, Rosud, part
from .context import Change
from .errors import RosudError
from .retry import Backoff, is_worth_repeating

EVENT_TYPES = ("commit", "stale", "conflict", "run", "assignment", "breaker", "gap")
_BACKOFF = Backoff(0.1, 2.0)
_log = logging.getLogger("rosud_call")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened beside the commits: ``stale``, ``conflict``, ``run``, ``assignment`` or ``breaker``."""

    id: str
    type: str
    time: datetime | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something could not be had. Read the context and go on: what follows comes after ``version``."""

    id: str
    after: int
    """The last version that was told."""

    version: int
    """Where the events go on."""

    reason: str
    """``compacted``: the commits between are no longer kept; ``notices``: no commit is missing, but notices may be;
    ``deleted``: the channel is gone and nothing follows."""

    @property
    def type(self) -> str:
        return "gap"


Event = Union[Change, Notice, Gap]


class Watch(AsyncIterator[Event]):
    """Endless events of one channel. Iterate over it; ``async with`` begins it at once and closes its connection at the end.

    Without ``after`` it begins at the channel's version of the moment it is entered (``async with``) or first asked.
    """

    def __init__(self, client: Rosud, channel: str, after: int | str | None, types: tuple[str, ...]) -> None:
        self._client = client
        self._path = f"/v1/channels/{part(channel)}"
        self._types = types
        self._position: str | None = None if after is None else str(after)
        self._version = 0 if after is None else int(str(after).split(".")[0])
        self._events: AsyncGenerator[Event, None] | None = None
        self._asking: asyncio.Task[Event] | None = None
        self._untold: Event | None = None
        self._stream: Stream | None = None
        self._closed = False

    @property
    def position(self) -> str | None:
        """The id of the last event: give it as ``after`` to go on from there later."""
        return self._position

    async def start(self) -> "Watch":
        """Fixes where the events begin, and connects."""
        await self._begin()
        if self._stream is None and self._events is None:
            try:
                self._stream = await self._open()
            except RosudError as error:
                if not is_worth_repeating(error):
                    raise
        return self

    async def _begin(self) -> None:
        if self._position is None:
            self._version = (await self._client.call(Request("GET", self._path))).body["version"]
            self._position = str(self._version)

    async def _open(self) -> Stream:
        return await Stream.open(self._client, f"{self._path}/events", {"types": ",".join(self._types) or None}, self._position)

    async def __aenter__(self) -> "Watch":
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __aiter__(self) -> "Watch":
        return self

    async def __anext__(self) -> Event:
        return await self.next()

    async def next(self) -> Event:
        """The next event, however long it takes to come; StopAsyncIteration after the last. Cancelling it loses nothing:
        ``asyncio.wait_for(watch.next(), 5)`` can be tried again. One at a time."""
        if self._asking is not None:
            raise RuntimeError("This watch is being waited on already: make one for each task")
        if self._untold is not None:
            event, self._untold = self._untold, None
            return event
        if self._closed:
            raise StopAsyncIteration
        if self._events is None:
            self._events = self._follow()
        asking = self._asking = asyncio.ensure_future(_next_of(self._events))
        try:
            return await asking
        except _Ended:
            self._closed = True
            raise StopAsyncIteration from None
        except asyncio.CancelledError:
            if asking.done() and not asking.cancelled() and asking.exception() is None:
                self._untold = asking.result()   # It had come when the caller stopped waiting.
            else:
                asking.cancel()
                self._events = None   # Goes on from its position on a new connection.
            if self._closed:
                raise StopAsyncIteration from None
            raise
        finally:
            self._asking = None

    async def aclose(self) -> None:
        """Closes the connection and ends the iteration, also one that waits in another task."""
        self._closed = True
        if self._asking is not None:
            self._asking.cancel()
        elif self._events is not None:
            await self._events.aclose()
        if self._stream is not None:
            self._stream.close()

    async def _follow(self) -> AsyncGenerator[Event, None]:
        await self._begin()
        failures = 0
        while True:
            try:
                stream, self._stream = self._stream or await self._open(), None
                async with aclosing(stream.events()) as events:
                    async for told in events:
                        failures = 0
                        event = self._take(told)
                        if event is None:
                            continue
                        if isinstance(event, Gap) and event.reason == "slow":
                            break   # Nothing is lost yet: the host still has what comes after the last event.
                        yield event
                        if isinstance(event, Gap) and event.reason == "deleted":
                            return
            except RosudError as error:
                if not is_worth_repeating(error):
                    raise
                _log.log(logging.WARNING if failures == 3 else logging.DEBUG, "%s is followed again soon: %s", self._path, error)
            failures += 1
            await asyncio.sleep(_BACKOFF.pause(failures))

    # What is new to the caller of an event; None for what it has seen or did not ask for.
    def _take(self, told: ServerEvent) -> Event | None:
        last, self._position = self._position, told.id or self._position
        if told.data is None:
            return None
        data = told.data.get("data", {})
        if told.type == "commit":
            change = build(Change, data)
            if change.version <= self._version:
                return None
            self._version = change.version
            return change
        if told.type == "gap":
            return self._gap(Gap(told.id or "", data["after"], data["version"], data["reason"]), last)
        if told.id == last:
            return None
        return Notice(told.id or "", told.type, instant(told.data.get("time")), data)

    def _gap(self, gap: Gap, last: str | None) -> Gap | None:
        if gap.reason == "slow":
            self._position = last
            return gap
        self._version = max(self._version, gap.version)
        if gap.reason == "notices" and self._types and set(self._types) <= {"commit", "gap"}:
            return None   # What may be missing was not asked for.
        return gap


async def _next_of(events: AsyncGenerator[Event, None]) -> Event:
    try:
        return await events.__anext__()
    except StopAsyncIteration:
        raise _Ended from None   # A task cannot end with StopAsyncIteration.


class _Ended(Exception):
    pass


def checked_types(types: Any) -> tuple[str, ...]:
    if types is None:
        return ()
    if isinstance(types, str):
        raise TypeError("types must be a list of texts, not str")
    return tuple(_check.word(kind, f"types[{i}]", EVENT_TYPES) for i, kind in enumerate(types))


def checked_after(after: Any) -> int | str | None:
    if after is None or (isinstance(after, str) and all(piece.isdigit() for piece in after.split(".", 1))):
        return after
    return _check.whole(after, "after", 0)
