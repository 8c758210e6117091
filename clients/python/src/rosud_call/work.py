"""What a handler gets: the view of its attempt, and ways to say something before it has ended."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import datetime
from typing import Any, Callable, Coroutine, Mapping, Sequence, TypeVar

from . import _check
from .assignments import Assignment, AssignmentCalls, ChangedReads, View
from .client import Rosud
from .errors import Fenced

T = TypeVar("T")


class Failure(Exception):
    """Raise it in a handler for a failure that is known. ``retryable=False`` goes straight to the step's ``on_failure``."""

    def __init__(self, reason: str, retryable: bool = True, retry_after_ms: int | None = None) -> None:
        super().__init__(_check.text(reason, "reason", 1))
        self.reason = reason
        self.retryable = _check.flag(retryable, "retryable")
        self.retry_after_ms = None if retry_after_ms is None else _check.duration_ms(retry_after_ms, "retry_after_ms", 0)


class Deferred(Exception):
    """Raise it in a handler that is throttled: the attempt is made later and costs no retry (10 times per step)."""

    def __init__(self, retry_after_ms: int = 1_000, reason: str = "The agent is throttled.") -> None:
        super().__init__(_check.text(reason, "reason", 1))
        self.reason = reason
        self.retry_after_ms = _check.duration_ms(retry_after_ms, "retry_after_ms", 0)


class Stopped(Exception):
    """The attempt no longer counts (``work.stop_reason``). Let it through: there is nothing left to do."""


class _Attempt:
    """What both kinds of work have. ``work["plan.terms"]`` is a value of the view."""

    def __init__(self, assignment: Assignment, client: Rosud) -> None:
        self.assignment = assignment
        self.calls = AssignmentCalls(client, assignment.id)
        self._ends = time.monotonic() + assignment.deadline_ms / 1000
        self._stop = threading.Event()
        self._reason: str | None = None
        self._on_stop: Callable[[], object] | None = None

    def __getitem__(self, key: str) -> Any:
        return self.assignment.context[key]

    def __contains__(self, key: object) -> bool:
        return key in self.assignment.context

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or ``default`` where the view has none."""
        return self.assignment.context.get(key, default)

    @property
    def context(self) -> View:
        """The declared reads at one version."""
        return self.assignment.context

    @property
    def goal(self) -> str:
        return self.assignment.goal

    @property
    def input(self) -> Any:
        """What the task gives every step."""
        return self.assignment.input

    @property
    def attempt(self) -> int:
        """The number of the attempt; grows, not always by one."""
        return self.assignment.attempt

    @property
    def changed(self) -> ChangedReads | None:
        """What changed since the attempt before."""
        return self.assignment.changed

    @property
    def deadline(self) -> datetime | None:
        """When the attempt ends, by the host's clock; `time_left` is what to measure with."""
        return self.assignment.deadline

    @property
    def time_left(self) -> float:
        """Seconds until the attempt ends, by this machine's monotonic clock; never below 0."""
        return max(0.0, self._ends - time.monotonic())

    @property
    def idempotency_key(self) -> str:
        """Give it to whatever has effects: the same after a failure or loss, a new one when the reads changed."""
        return self.assignment.idempotency_key

    @property
    def stopped(self) -> bool:
        """Whether the attempt no longer counts: superseded, cancelled, fenced, out of time, or the worker stops."""
        return self._stop.is_set()

    @property
    def stop_reason(self) -> str | None:
        """``superseded``, ``cancelled``, ``fenced``, ``deadline`` or ``shutdown``; None while it counts."""
        return self._reason

    def check(self) -> None:
        """Raises `Stopped` when the attempt no longer counts: for loops of plain functions."""
        if self.stopped:
            raise Stopped(f"The attempt no longer counts: {self._reason}.")

    def stop(self, reason: str) -> None:
        """Ends the attempt on this side; for whoever runs the handler."""
        if not self._stop.is_set():
            self._reason = reason
            self._stop.set()
            if self._on_stop:
                self._on_stop()

    async def _publish(self, writes: Mapping[str, Any], delete: Sequence[str]) -> int:
        return await self._unless_stopped(self.calls.publish(writes, delete))

    async def _report(self, progress: float | None, status: str | None) -> None:
        beat = await self._unless_stopped(self.calls.heartbeat(progress, status))
        if beat.superseded or beat.cancelled:
            self.stop("superseded" if beat.superseded else "cancelled")
            self.check()

    async def _unless_stopped(self, call: Coroutine[Any, Any, T]) -> T:
        try:
            self.check()
        except Stopped:
            call.close()
            raise
        try:
            return await call
        except Fenced:
            self.stop("fenced")
            raise Stopped("The attempt no longer counts: fenced.") from None


class Work(_Attempt):
    """One attempt, for an ``async def`` handler: it is cancelled when the attempt no longer counts."""

    async def publish(self, writes: Mapping[str, Any], delete: Sequence[str] = ()) -> int:
        """Commits early keys, so that steps that read them can start; returns the version. They stay marked as provisional
        until the attempt is accepted, and are taken back when the step fails. Raises `Stopped` when the attempt no longer counts."""
        return await self._publish(writes, delete)

    async def report(self, progress: float | None = None, status: str | None = None) -> None:
        """Tells watchers how far it is: ``progress`` from 0 to 1, ``status`` in at most 1,024 characters. Renews the lease."""
        await self._report(progress, status)


class BlockingWork(_Attempt):
    """One attempt, for a plain function, which runs in a thread of its own. Look at ``work.stopped`` or call ``work.check()``
    in long loops: nobody can end a thread from outside."""

    def __init__(self, assignment: Assignment, client: Rosud, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(assignment, client)
        self._loop = loop

    def publish(self, writes: Mapping[str, Any], delete: Sequence[str] = ()) -> int:
        """As `Work.publish`, blocking."""
        return asyncio.run_coroutine_threadsafe(self._publish(writes, delete), self._loop).result()

    def report(self, progress: float | None = None, status: str | None = None) -> None:
        """As `Work.report`, blocking."""
        asyncio.run_coroutine_threadsafe(self._report(progress, status), self._loop).result()

    def wait(self, seconds: float) -> bool:
        """Rests, at most until the attempt no longer counts; returns `stopped`."""
        return self._stop.wait(seconds)
