"""Connections that are kept for the next request, apart for each event loop."""

from __future__ import annotations

import asyncio
import ssl
import threading
import weakref
from typing import AsyncGenerator
from urllib.parse import urlsplit

from ._http import Connection

IDLE_MAX = 64
"""Connections that are kept. Those at work are as many as there are requests."""

IDLE_SECONDS_MAX = 60.0
CONNECT_SECONDS_MAX = 10.0


class Origin:
    """Where the host is, from its url."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            raise ValueError(f"url has no good port: {url!r}") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url must be an absolute http or https url, like http://127.0.0.1:5080, not {url!r}")
        if parts.query or parts.fragment or parts.username is not None:
            raise ValueError("url may have neither a user nor a query nor a fragment")
        self.host = parts.hostname
        self.port = port or (443 if parts.scheme == "https" else 80)
        self.authority = parts.netloc
        self.path = parts.path.rstrip("/")
        self.tls = ssl.create_default_context() if parts.scheme == "https" else None


class Pool:
    """Hands out connections to one origin. Any thread and any event loop may use it."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        weakref.finalize(self, _drop, id(self))

    async def take(self, timeout: float) -> Connection:
        """A connection that was kept, else a new one. Raises `Broken` when the host takes none."""
        idle = await self._of_this_loop()
        now = asyncio.get_running_loop().time()
        while idle:
            connection = idle.pop()
            if connection.is_usable and now - connection.idle_since < IDLE_SECONDS_MAX:
                return connection
            connection.abort()
        return await Connection.open(self._origin.host, self._origin.port, self._origin.tls, min(timeout, CONNECT_SECONDS_MAX))

    async def give_back(self, connection: Connection) -> None:
        idle = await self._of_this_loop()
        if not connection.is_usable or len(idle) >= IDLE_MAX:
            connection.abort()
            return
        connection.idle_since = asyncio.get_running_loop().time()
        idle.append(connection)

    async def close(self) -> None:
        """Closes what is kept for this event loop; requests at work go on."""
        _abort(await self._of_this_loop())

    async def _of_this_loop(self) -> list[Connection]:
        loop = asyncio.get_running_loop()
        with _lock:
            kept = _kept.get(loop)
            if kept is None:
                for ended in [other for other in _kept if other.is_closed()]:
                    del _kept[ended]
                kept = _kept[loop] = _Kept(loop)
            idle = kept.idle.setdefault(id(self), [])
        await kept.begin()
        return idle


class _Kept:
    """What all pools keep for one event loop. It is closed with the loop, or with its pool, and not left to the collector."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.idle: dict[int, list[Connection]] = {}
        self._end: AsyncGenerator[None, None] | None = None
        self._loop = loop

    async def begin(self) -> None:
        if self._end is None:
            self._end = self._until_the_end()
            await self._end.__anext__()

    # An event loop that ends closes its asynchronous generators.
    async def _until_the_end(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            with _lock:
                _kept.pop(self._loop, None)
            for idle in self.idle.values():
                _abort(idle)
            for _ in range(2):
                await asyncio.sleep(0)   # The loop closes the sockets in its next turns.


_lock = threading.RLock()   # A pool can be dropped wherever the collector runs.
_kept: dict[asyncio.AbstractEventLoop, _Kept] = {}


def _drop(pool: int) -> None:
    with _lock:
        found = [(loop, kept.idle.pop(pool)) for loop, kept in _kept.items() if pool in kept.idle]
    for loop, idle in found:
        if idle and not loop.is_closed():
            loop.call_soon_threadsafe(_abort, idle)


def _abort(idle: list[Connection]) -> None:
    while idle:
        idle.pop().abort()
