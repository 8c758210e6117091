"""Server-sent events: what the host pushes over one connection."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, AsyncGenerator, Callable, Iterator

from . import _json, errors
from ._http import Broken, Connection
from .client import SILENCE_MAX, Request, Rosud

COMMENTS_MISSING_AFTER = 40.0
"""The host says something every 15 s; after so many seconds of silence the connection is dead."""

EVENT_BYTES_MAX = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """``id`` is None when the event leaves the last one standing; without ``data`` only the id moves on."""

    id: str | None
    type: str
    data: Any


class Parser:
    """Turns pieces of a stream into events, wherever the pieces are cut."""

    def __init__(self) -> None:
        self._rest = b""
        self._id: str | None = None
        self._type = ""
        self._data: list[str] = []

    def feed(self, piece: bytes) -> Iterator[ServerEvent]:
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > EVENT_BYTES_MAX:
            raise Broken("An event is larger than any event of the contract.")
        for line in lines:
            event = self._line(line.rstrip(b"\r").decode("utf-8"))
            if event:
                yield event

    def _line(self, line: str) -> ServerEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            self._id = value
        elif name == "event":
            self._type = value
        elif name == "data":
            self._data.append(value)
        return None

    def _dispatch(self) -> ServerEvent | None:
        event = None
        if self._data or self._id is not None:
            event = ServerEvent(self._id, self._type, _json.decode("\n".join(self._data)) if self._data else None)
        self._id, self._type, self._data = None, "", []
        return event


class Stream:
    """The events of one connection, until it ends."""

    def __init__(self, connection: Connection | None, left: Callable[[], float]) -> None:
        self._connection = connection
        self._left = left

    @classmethod
    async def open(
        cls,
        client: Rosud,
        path: str,
        query: dict[str, str | None],
        last_id: str | None,
        left: Callable[[], float] = lambda: COMMENTS_MISSING_AFTER,
    ) -> "Stream":
        """Asks for the events after ``last_id``. ``left`` says how many seconds the caller still wants to listen."""
        headers = {"Accept": "text/event-stream"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        connection, head = await client.open(Request("GET", path, query, headers=headers), min(SILENCE_MAX, left()))
        if head.status == 200:
            connection.limit(min(COMMENTS_MISSING_AFTER, left()))
            return cls(connection, left)
        try:
            if head.status == 204:
                return cls(None, left)   # There is nothing more to tell.
            body = await connection.body(left)
            raise errors.of_answer(head.status, _json.decode(body) if "json" in head.headers.get("content-type", "") else None, None)
        except Broken as broken:
            raise errors.Unreachable(str(broken)) from broken
        finally:
            connection.abort()

    async def events(self) -> AsyncGenerator[ServerEvent, None]:
        """Raises `Unreachable` when the connection breaks or is silent for too long."""
        if self._connection is None:
            return
        parser = Parser()
        try:
            async with aclosing(self._connection.pieces()) as pieces:
                async for piece in pieces:
                    self._connection.limit(min(COMMENTS_MISSING_AFTER, self._left()))
                    for event in parser.feed(piece):
                        yield event
        except Broken as broken:
            raise errors.Unreachable(str(broken)) from broken
        finally:
            self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.abort()


async def follow(
    client: Rosud,
    path: str,
    query: dict[str, str | None],
    last_id: str | None,
    left: Callable[[], float] = lambda: COMMENTS_MISSING_AFTER,
) -> AsyncGenerator[ServerEvent, None]:
    """Opens a stream and gives its events."""
    stream = await Stream.open(client, path, query, last_id, left)
    async with aclosing(stream.events()) as events:
        async for event in events:
            yield event
