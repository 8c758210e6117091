"""One HTTP/1.1 connection on asyncio streams. Ending an exchange early ends the connection: the host learns it."""

from __future__ import annotations

import asyncio
import os
import ssl
from typing import AsyncGenerator, Callable, Mapping

HEAD_BYTES_MAX = 64 * 1024
BODY_BYTES_MAX = 128 * 1024 * 1024
"""More than a whole context (64 MiB of values) as JSON."""


class Broken(Exception):
    """The connection gave no whole answer. ``silent``: it did not break, but nothing came in time."""

    def __init__(self, detail: str, *, silent: bool = False) -> None:
        super().__init__(detail)
        self.silent = silent


class Head:
    """Status and headers of an answer; names of headers in lower case."""

    __slots__ = ("headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        self.status = status
        self.headers = headers


class Connection:
    """Carries one exchange at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._timer: asyncio.TimerHandle | None = None
        self._silent_for: float | None = None
        self._left: int | None = 0
        self._chunked = False
        self._keep = True
        self.uses = 0
        self.idle_since = 0.0

    @classmethod
    async def open(cls, host: str, port: int, tls: ssl.SSLContext | None, timeout: float) -> "Connection":
        opening = asyncio.ensure_future(asyncio.open_connection(host, port, ssl=tls, limit=HEAD_BYTES_MAX))
        try:
            done, _ = await asyncio.wait((opening,), timeout=timeout)
        except asyncio.CancelledError:
            _abandon(opening)
            raise
        if not done:
            _abandon(opening)
            raise Broken(f"it did not take the connection within {timeout:.3g} s")
        try:
            return cls(*opening.result())
        except OSError as error:
            raise Broken(os.strerror(error.errno) if error.errno else str(error)) from error

    @property
    def is_usable(self) -> bool:
        """Whether another exchange may be tried on it. It may still turn out that the host has just closed it."""
        return self._keep and self._left == 0 and not self._reader.at_eof() and not self._writer.transport.is_closing()

    def limit(self, seconds: float) -> None:
        """Ends the connection unless this is called again within so many seconds."""
        self._unlimit()
        self._timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self._expire, seconds)

    def _unlimit(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _expire(self, seconds: float) -> None:
        self._silent_for = seconds
        self._writer.transport.abort()

    async def send(self, head: bytes, body: bytes) -> Head:
        """Sends a request and reads the head of its answer."""
        self.uses += 1
        try:
            self._writer.write(head + body)
            await self._writer.drain()
            return await self._read_head()
        except (OSError, EOFError, asyncio.LimitOverrunError, ValueError) as error:
            raise self._broken(error) from error

    async def body(self, left: Callable[[], float]) -> bytes:
        """The whole body of the answer. ``left`` says how many seconds the next piece may take."""
        pieces: list[bytes] = []
        size = 0
        async for piece in self.pieces():
            self.limit(left())
            pieces.append(piece)
            size += len(piece)
            if size > BODY_BYTES_MAX:
                self.abort()
                raise Broken("The answer is larger than any answer of the contract.")
        self._unlimit()
        return b"".join(pieces)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes."""
        try:
            while self._left != 0:
                piece = await self._reader.read(64 * 1024 if self._left is None else min(self._left, 64 * 1024))
                if not piece:
                    if self._left is None and not self._chunked and self._silent_for is None:
                        self._left = 0   # The end of the connection is the end of the body.
                        return
                    raise EOFError("the connection ended in the middle of the answer")
                if self._left is not None:
                    self._left -= len(piece)
                yield piece
                if self._left == 0 and self._chunked:
                    await self._reader.readexactly(2)
                    await self._next_chunk()
        except (OSError, EOFError, asyncio.LimitOverrunError, ValueError) as error:
            raise self._broken(error) from error

    def abort(self) -> None:
        """Closes the socket now."""
        self._unlimit()
        self._keep = False
        self._writer.transport.abort()

    async def _read_head(self) -> Head:
        while True:
            lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            version, _, rest = lines[0].partition(" ")
            if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
                raise ValueError("the answer is not HTTP/1.1")
            status = int(rest[:3])
            if status >= 200:
                break
        headers: dict[str, str] = {}
        for line in lines[1:-2]:
            name, colon, value = line.partition(":")
            if not colon:
                raise ValueError("a header of the answer has no colon")
            headers[name.strip().lower()] = value.strip()
        self._keep = version != "HTTP/1.0" and headers.get("connection", "").lower() != "close"
        await self._frame(status, headers)
        return Head(status, headers)

    async def _frame(self, status: int, headers: Mapping[str, str]) -> None:
        self._chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        if status in (204, 304):
            self._chunked, self._left = False, 0
        elif self._chunked:
            await self._next_chunk()
        elif "content-length" in headers:
            self._left = int(headers["content-length"])
        else:
            self._left, self._keep = None, False

    async def _next_chunk(self) -> None:
        size = await self._reader.readuntil(b"\r\n")
        self._left = int(size.split(b";")[0], 16)
        if self._left == 0:
            while await self._reader.readuntil(b"\r\n") != b"\r\n":
                pass   # Trailers say nothing that is needed.

    def _broken(self, error: BaseException) -> Broken:
        self.abort()
        if self._silent_for is not None:
            return Broken(f"The host said nothing for {self._silent_for:.3g} s.", silent=True)
        if isinstance(error, asyncio.IncompleteReadError):
            return Broken("The connection was closed before the answer was whole.")
        return Broken(f"The connection broke: {error or type(error).__name__}.")


def _abandon(opening: "asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]") -> None:
    def close(done: "asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]") -> None:
        if not done.cancelled() and not done.exception():
            done.result()[1].transport.abort()

    opening.add_done_callback(close)
    opening.cancel()
