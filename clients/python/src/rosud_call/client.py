"""The connection to a host: where it is, who asks, and how long an answer may take."""

from __future__ import annotations

import asyncio
import copy
import logging
import os
import uuid
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping
from urllib.parse import quote, urlencode

from . import _background, _json, errors
from ._http import Broken, Connection, Head
from ._pool import Origin, Pool
from .retry import Backoff, is_worth_repeating

DEFAULT_URL = "http://127.0.0.1:5080"
DEFAULT_TIMEOUT = 30.0
SILENCE_MAX = 15.0
"""Seconds without an answer, beyond what a request waits by itself, after which it is tried again."""

_log = logging.getLogger("rosud_call")


@dataclass(slots=True)
class Request:
    """One request, the same however often it is sent."""

    method: str
    path: str
    query: Mapping[str, str | None] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    waits: float = 0.0
    """Seconds that the host may take because it was asked to wait."""

    maybe_applied: bool = False
    """Whether an earlier try may have been carried out."""

    def bytes_for(self, origin: Origin, key: str | None) -> tuple[bytes, bytes]:
        query = urlencode({name: value for name, value in self.query.items() if value is not None})
        body = b"" if self.body is None else self.body.encode("ascii")
        lines = [f"{self.method} {origin.path}{self.path}{'?' + query if query else ''} HTTP/1.1", f"Host: {origin.authority}"]
        headers = {"Accept": "application/json", "User-Agent": "rosud-call-python/0.1.0", **self.headers}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        if self.method in ("POST", "PUT", "PATCH"):
            headers["Content-Length"] = str(len(body))
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1"), body


@dataclass(slots=True)
class Answer:
    """What the host said to a request that it took."""

    status: int
    headers: Mapping[str, str]
    body: Any


def part(name: str) -> str:
    """One part of a path."""
    return quote(name, safe="")


def new_key() -> str:
    """An Idempotency-Key that nobody else has."""
    return uuid.uuid4().hex


class Rosud:
    """A connection to a Rosud host. Threads and event loops may share it.

    ``url``: default ``ROSUD_URL``, else http://127.0.0.1:5080. ``key``: default ``ROSUD_KEY``, else none.
    ``timeout``: seconds that one call may take with all of its repeats, on top of what it waits by itself; default 30.

    Lost connections, 429, 502, 503, 504 and unknown outcomes are tried again with growing random pauses (never sooner
    than ``Retry-After``) until that time is over. Every POST and PATCH has an Idempotency-Key made once per call, so
    that what is tried again happens once.
    """

    def __init__(self, url: str | None = None, key: str | None = None, timeout: float = DEFAULT_TIMEOUT, *, backoff: Backoff = Backoff()) -> None:
        self.url = (url or os.environ.get("ROSUD_URL") or DEFAULT_URL).rstrip("/")
        self._key = (key if key is not None else os.environ.get("ROSUD_KEY")) or None
        if self._key is not None and not (self._key.isascii() and self._key.isprintable()):
            raise ValueError("key must be printable ASCII")
        self.timeout = _seconds(timeout)
        self._backoff = backoff
        self._origin = Origin(self.url)
        self._pool = Pool(self._origin)

    def __repr__(self) -> str:
        return f"Rosud({self.url!r}, timeout={self.timeout:g})"

    def with_timeout(self, timeout: float) -> "Rosud":
        """The same connection with another time for each call, in seconds."""
        other = copy.copy(self)
        other.timeout = _seconds(timeout)
        return other

    async def aclose(self) -> None:
        """Closes connections that are kept for this event loop. The client can be used again."""
        await self._pool.close()

    def close(self) -> None:
        """Closes connections that are kept for blocking calls. The client can be used again."""
        _background.wait(self.aclose())

    def __enter__(self) -> "Rosud":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> "Rosud":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def call(self, request: Request) -> Answer:
        """Sends ``request`` until it has an answer. Raises a `RosudError`; cancelling ends the connection at once."""
        clock = asyncio.get_running_loop().time
        end = clock() + request.waits + self.timeout
        if request.method in ("POST", "PATCH") and "Idempotency-Key" not in request.headers:
            request.headers = {**request.headers, "Idempotency-Key": new_key()}
        failures = 0
        while True:
            try:
                return await self._once(request, lambda: end - clock())
            except errors.RosudError as error:
                failures += 1
                if isinstance(error, errors.Unreachable):
                    request.maybe_applied = error.maybe_applied = request.maybe_applied or error.maybe_applied
                pause = self._backoff.pause(failures, error.retry_after)
                if not is_worth_repeating(error) or clock() + pause >= end:
                    raise
                request.maybe_applied = request.maybe_applied or error.status in (502, 503, 504)
                level = logging.WARNING if failures in (3, 10) else logging.DEBUG
                _log.log(level, "%s %s is tried again in %.1f s: %s", request.method, request.path, pause, error)
            await asyncio.sleep(pause)

    async def _once(self, request: Request, left: Callable[[], float]) -> Answer:
        connection, head = await self.open(request, min(left(), request.waits + SILENCE_MAX))
        try:
            raw = await connection.body(lambda: min(left(), SILENCE_MAX))
        except Broken as broken:
            raise errors.Unreachable(str(broken)) from broken
        except BaseException:
            connection.abort()
            raise
        await self._pool.give_back(connection)
        body = _read(head, raw)
        if 200 <= head.status < 300:
            return Answer(head.status, head.headers, body)
        raise errors.of_answer(head.status, body, _retry_after(head.headers))

    async def open(self, request: Request, limit: float) -> tuple[Connection, Head]:
        """Sends ``request`` once and reads the head of its answer, which must come within ``limit`` seconds."""
        message = request.bytes_for(self._origin, self._key)
        while True:
            try:
                connection = await self._pool.take(limit)
            except Broken as broken:
                raise errors.Unreachable(f"{self.url} cannot be reached: {broken}", maybe_applied=False) from broken
            used = connection.uses > 0
            connection.limit(limit)
            try:
                return connection, await connection.send(*message)
            except Broken as broken:
                # The host may have closed a kept connection just now; the request has its key, so it can be sent again at once.
                if used and not broken.silent:
                    request.maybe_applied = True
                    continue
                raise errors.Unreachable(f"{self.url} gave no answer: {broken}") from broken
            except BaseException:
                connection.abort()
                raise


def _read(head: Head, raw: bytes) -> Any:
    if not raw:
        return None
    if "json" not in head.headers.get("content-type", ""):
        return None
    try:
        return _json.decode(raw)
    except (ValueError, RecursionError) as error:
        raise errors.RosudError(f"The answer cannot be read: {error}", status=head.status, name="unreadable") from error


def _seconds(timeout: float) -> float:
    if not isinstance(timeout, (int, float)) or isinstance(timeout, bool) or not 0 < timeout <= 7 * 24 * 3600:
        raise ValueError("timeout must be a number of seconds above 0, at most 7 days")
    return float(timeout)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    text = headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else None


_default: Rosud | None = None


def default_client() -> Rosud:
    """The connection that is used where none is given: by ``ROSUD_URL`` and ``ROSUD_KEY`` as they were at its first use."""
    global _default
    if _default is None:
        _default = Rosud()
    return _default


def pick(client: Rosud | None) -> Rosud:
    if client is None:
        return default_client()
    if not isinstance(client, Rosud):
        raise TypeError(f"client must be a Rosud, not {type(client).__name__}")
    return client
