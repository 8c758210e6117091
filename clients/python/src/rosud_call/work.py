"""What a handler gets: the view of its attempt, and ways to say something before it has ended."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from datetime import datetime
from typing import Any, Callable, Coroutine, Mapping, Sequence, TypeVar

from . import _check
from .assignments import Assignment, AssignmentCalls, ChangedContext, ChangedReads, Proposed, View
from .client import Rosud
from .errors import Fenced
from .results import Effect

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


class Asked(Stopped):
    """The attempt ended with a question to a person (``work.ask``); the handler runs again with the answer. Let it through."""


class _Attempt:
    """What both kinds of work have. ``work["plan.terms"]`` is a value of the view."""

    def __init__(self, assignment: Assignment, client: Rosud) -> None:
        self.assignment = assignment
        self.calls = AssignmentCalls(client, assignment.id)
        self._ends = time.monotonic() + assignment.deadline_ms / 1000
        self._stop = threading.Event()
        self._reason: str | None = None
        self._view = assignment.context
        self._offered: ChangedContext | None = None
        self._on_stop: Callable[[], object] | None = None

    def __getitem__(self, key: str) -> Any:
        return self._view[key]

    def __contains__(self, key: object) -> bool:
        return key in self._view

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or ``default`` where the view has none."""
        return self._view.get(key, default)

    @property
    def context(self) -> View:
        """The declared reads at one version: as handed out, or as of the last `rebase`."""
        return self._view

    @property
    def run(self) -> str:
        """The id of the run. `Channel.coordinate` takes the work itself as ``parent``."""
        return self.assignment.run

    @property
    def has_changed(self) -> bool:
        """Whether something of the view has changed that `rebase` can take in: only of an agent registered with ``rebase=True``, in runs with ``on_stale_context="rebase"``."""
        return self._offered is not None

    def rebase(self) -> tuple[str, ...]:
        """Takes what has changed into the view; what the handler then returns rests on it. Returns the keys that changed since the attempt began, none when nothing has since the last call."""
        offered, self._offered = self._offered, None
        if offered is None:
            return ()
        entries = {key: seen for key, seen in self.assignment.context.entries.items() if key not in offered.keys}
        self._view = View(offered.context.version, {**entries, **offered.context.entries})
        return offered.keys

    def offer(self, changed: ChangedContext | None) -> None:
        """Something of the view has changed; for whoever runs the handler."""
        if changed is not None and changed.context.version > self._view.version:
            self._offered = changed

    @property
    def based_on(self) -> int | None:
        """The version that was taken in; None for the view as handed out."""
        version = self._view.version
        return version if version > self.assignment.context.version else None

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
    def proposed(self) -> Proposed | None:
        """In a verifier: what it judges. It returns ``Completion(output={"accepted": bool, "reason": str})``."""
        return self.assignment.proposed

    @property
    def feedback(self) -> str | None:
        """Why the attempt before was not accepted, when a verifier or a schema refused it."""
        return self.assignment.feedback

    @property
    def stopped(self) -> bool:
        """Whether the attempt no longer counts: superseded, cancelled, fenced, out of time, or the worker stops."""
        return self._stop.is_set()

    @property
    def stop_reason(self) -> str | None:
        """``superseded``, ``cancelled``, ``fenced``, ``deadline``, ``asked`` or ``shutdown``; None while it counts."""
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
        self.offer(beat.changed)

    async def _effect(self, name: str, do: Callable[[str], Any]) -> Effect:
        known = await self._unless_stopped(self.calls.claim(name))
        if known.state == "done":
            return known
        receipt = await self._done(do, known.idempotency_key)
        return await self._unless_stopped(self.calls.receipt(name, receipt))

    async def _done(self, do: Callable[[str], Any], key: str) -> Any:
        receipt = do(key)
        return await receipt if inspect.isawaitable(receipt) else receipt

    async def _ask(self, question: str, schema: Any, expires_ms: int | None) -> Any:
        for answer in reversed(self.assignment.answers):
            if answer.question == question:
                return answer.value
        asked = await self._unless_stopped(self.calls.ask(question, schema, expires_ms))
        self._on_stop = None   # The handler leaves by the exception.
        self.stop("asked")
        raise Asked(f"The attempt asked a person: {asked}.")

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

    async def effect(self, name: str, do: Callable[[str], Any]) -> Effect:
        """Does something outside once per run and step, whatever becomes of this attempt.

        Claims it durably, calls ``do(idempotency_key)`` (a function or a coroutine function) and keeps what that returns, at
        most 16 KiB of JSON, as the receipt. Does not call ``do`` when an earlier attempt left a receipt. An attempt that was
        lost between the two leaves a claim, and ``do`` is called again with the same key: whoever is outside must know it
        again. Returns the effect; ``receipt``, ``read_version`` and ``reads`` are those of the attempt that did it.
        """
        return await self._effect(name, do)

    async def ask(self, question: str, schema: Any = None, expires_ms: int | None = None) -> Any:
        """Asks a person. The first time this ends the attempt (raises `Asked`: let it through); the handler runs again when
        the answer is there, and then this returns it.

        With the same words the answer is found again, so the question names what is decided (the price, not "this price").
        It holds for what the attempt was handed: when any of it changes before the step is committed, the handler runs anew
        and asks again. ``schema``: JSON schema of an answer. ``expires_ms``: how long an answer counts, 1 to 604,800,000;
        after it the step fails.
        """
        return await self._ask(question, schema, expires_ms)


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

    def effect(self, name: str, do: Callable[[str], Any]) -> Effect:
        """As `Work.effect`, blocking; ``do`` is a plain function and runs in this thread."""
        known = self._in_loop(self._unless_stopped(self.calls.claim(name)))
        if known.state == "done":
            return known
        return self._in_loop(self._unless_stopped(self.calls.receipt(name, do(known.idempotency_key))))

    def ask(self, question: str, schema: Any = None, expires_ms: int | None = None) -> Any:
        """As `Work.ask`, blocking."""
        return self._in_loop(self._ask(question, schema, expires_ms))

    def _in_loop(self, call: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()

    def wait(self, seconds: float) -> bool:
        """Rests, at most until the attempt no longer counts; returns `stopped`."""
        return self._stop.wait(seconds)
