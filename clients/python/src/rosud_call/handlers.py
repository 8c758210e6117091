"""Functions that do an agent's work, and one attempt at it."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
import threading
from dataclasses import dataclass, replace
from typing import Any, Callable, Mapping, Sequence

from . import _check
from .agents import registration_json
from .assignments import Assignment, Completion
from .client import Rosud
from .errors import RosudError
from .work import BlockingWork, Deferred, Failure, Stopped, Work

_log = logging.getLogger("rosud_call")


@dataclass(frozen=True)
class AgentHandler:
    """A function with the contract it is registered with. It can still be called, for example in tests."""

    name: str
    function: Callable[..., Any]
    registration: str
    """The body of its registration."""

    max_concurrency: int
    lease_ms: int

    def __call__(self, work: Any) -> Any:
        return self.function(work)

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.function)


def agent(
    name: str,
    *,
    reads: Sequence[str] = (),
    writes: Sequence[str] = (),
    description: str | None = None,
    max_concurrency: int = 4,
    queue_limit: int = 64,
    timeout_ms: int = 30_000,
    lease_ms: int = 30_000,
    version: str | None = None,
    capability: str | None = None,
    dependency: str | None = None,
    memo: bool = False,
    rebase: bool = False,
    shadow_safe: bool = False,
    output_schema: Any = None,
) -> Callable[[Callable[..., Any]], AgentHandler]:
    """Makes an agent of ``async def f(work)`` or ``def f(work)``: give it to `serve`.

    The function returns a dict of keys and values, a `Completion`, or None; it raises `Failure` for failures it knows and
    `Deferred` when it is throttled. Any other exception is a failure that is tried again. ``async def`` runs on the event
    loop and is cancelled when the attempt no longer counts; ``def`` runs in a thread and sees ``work.stopped``.

    ``max_concurrency``: attempts at once, in this worker and over all of them. ``timeout_ms``: how long one may take.
    ``lease_ms``: how long this worker may be silent before its work goes to another, 1,000 to 600,000. ``description``:
    default the function's first line of documentation. ``output_schema``: JSON schema of each `Completion`'s ``output``: one
    that breaks it is rejected and costs a retry, and no output counts as null.
    """
    _check.name(name, "name")
    _check.whole(lease_ms, "lease_ms", 1_000, 600_000)

    def made(function: Callable[..., Any]) -> AgentHandler:
        if not callable(function):
            raise TypeError("@agent(…) decorates a function")
        about = description if description is not None else (inspect.getdoc(function) or "").split("\n")[0][:4096]
        registration = registration_json(
            reads, writes, about, None, max_concurrency, queue_limit, timeout_ms,
            version=version, capability=capability, dependency=dependency, memo=memo, rebase=rebase,
            shadow_safe=shadow_safe, output_schema=output_schema,
        )
        return AgentHandler(name, function, registration, max_concurrency, lease_ms)

    return made


class Handling:
    """One attempt: runs the handler and keeps the host informed that somebody is at work."""

    def __init__(self, handler: AgentHandler, assignment: Assignment, client: Rosud, *, beats: bool) -> None:
        self._handler = handler
        self._client = client
        self._beats = beats
        self._loop = asyncio.get_running_loop()
        self.work: Work | BlockingWork = Work(assignment, client) if handler.is_async else BlockingWork(assignment, client, self._loop)

    async def run(self) -> str | Failure | Deferred | None:
        """The body of the completion, what to fail with, or None when the attempt no longer counts."""
        work = self.work
        timer = self._loop.call_later(work.time_left, work.stop, "deadline")
        beating = asyncio.ensure_future(self._beat()) if self._beats else None
        try:
            returned = await (self._in_task() if self._handler.is_async else self._in_thread())
            return None if work.stopped else completion_json(returned, work.based_on)
        except (Failure, Deferred) as said:
            return None if work.stopped else said
        except Stopped:
            return None
        except asyncio.CancelledError:
            if work.stopped:
                return None
            raise
        except Exception as error:
            if work.stopped:
                return None
            _log.warning("%s failed at %s, attempt %d", self._handler.name, work.assignment.step, work.attempt, exc_info=error)
            return Failure(f"{type(error).__name__}: {error}"[:4096])
        finally:
            timer.cancel()
            if beating:
                beating.cancel()

    async def _in_task(self) -> Any:
        task = asyncio.ensure_future(self._handler.function(self.work))
        self.work._on_stop = lambda: self._loop.call_soon_threadsafe(task.cancel)
        if self.work.stopped:
            task.cancel()
        try:
            return await task
        except BaseException:
            task.cancel()
            raise

    # A thread of its own, not of a pool: one that hangs must neither keep others waiting nor the process alive.
    async def _in_thread(self) -> Any:
        ended: asyncio.Future[Any] = self._loop.create_future()
        context = contextvars.copy_context()

        def tell(result: Any, error: BaseException | None) -> None:
            if not ended.done():
                ended.set_result((result, error))

        def run() -> None:
            result, error = None, None
            try:
                result = context.run(self._handler.function, self.work)
            except BaseException as raised:
                error = raised
            try:
                self._loop.call_soon_threadsafe(tell, result, error)
            except RuntimeError:
                pass   # The worker has ended without waiting for this thread.

        threading.Thread(target=run, name=f"{self._handler.name}-{self.work.assignment.step}", daemon=True).start()
        returned, error = await ended
        if isinstance(error, Exception):
            raise error
        if error is not None:
            raise RuntimeError(f"The handler raised {type(error).__name__}") from error
        return returned

    async def _beat(self) -> None:
        work = self.work
        while not work.stopped:
            began = self._loop.time()
            try:
                beat = await work.calls.heartbeat(wait_ms=20_000)
            except RosudError as error:
                if error.name in ("fenced", "not-found"):
                    work.stop("fenced")
                    return
                _log.warning("%s cannot tell the host that it is at work on %s: %s", self._handler.name, work.assignment.step, error)
            else:
                if beat.superseded or beat.cancelled:
                    work.stop("superseded" if beat.superseded else "cancelled")
                    return
                work.offer(beat.changed)
            await asyncio.sleep(max(0.0, 0.5 - (self._loop.time() - began)))


def completion_json(returned: Any, based_on: int | None = None) -> str | Failure:
    """The body of a completion from what a handler returned, or why it is none."""
    try:
        if isinstance(returned, Completion):
            return (returned if based_on is None or returned.based_on is not None else replace(returned, based_on=based_on)).to_json()
        if returned is None or isinstance(returned, Mapping):
            return Completion(returned, based_on=based_on).to_json()
    except (TypeError, ValueError) as error:
        return Failure(f"The handler returned what cannot be committed: {error}", retryable=False)
    return Failure(f"The handler returned a {type(returned).__name__}: return a dict of keys and values, a Completion or None", retryable=False)
