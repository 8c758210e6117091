"""Connections that are kept for the next request, apart for each event loop."""

from __future__ import annotations

import asyncio
import ssl
import threading
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

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
        self._idle: WeakKeyDictionary[asyncio.AbstractEventLoop, list[Connection]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    async def take(self, timeout: float) -> Connection:
        """A connection that was kept, else a new one. Raises `Broken` when the host takes none."""
        idle = self._of_this_loop()
        now = asyncio.get_running_loop().time()
        while idle:
            connection = idle.pop()
            if connection.is_usable and now - connection.idle_since < IDLE_SECONDS_MAX:
                return connection
            connection.abort()
        return await Connection.open(self._origin.host, self._origin.port, self._origin.tls, min(timeout, CONNECT_SECONDS_MAX))

    def give_back(self, connection: Connection) -> None:
        idle = self._of_this_loop()
        if not connection.is_usable or len(idle) >= IDLE_MAX:
            connection.abort()
            return
        connection.idle_since = asyncio.get_running_loop().time()
        idle.append(connection)

    def close(self) -> None:
        """Closes what is kept for this event loop; requests at work go on."""
        for connection in self._of_this_loop():
            connection.abort()
        self._of_this_loop().clear()

    def _of_this_loop(self) -> list[Connection]:
        loop = asyncio.get_running_loop()
        with self._lock:
            return self._idle.setdefault(loop, [])
