"""Workers: take assignments, have handlers do them, answer, and outlive restarts of the host."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import uuid
from typing import Callable, Sequence

from . import _check, _json
from .assignments import AssignmentCalls, Assignment, take
from .client import Request, Rosud, part, pick
from .errors import Fenced, NotFound, RosudError, Unreachable
from .handlers import AgentHandler, Handling
from .retry import Backoff, is_worth_repeating
from .work import Deferred, Failure

TAKE_WAIT_MS = 20_000
LEAVE_TRIES = 4
LEAVE_SECONDS = 0.5
_BACKOFF = Backoff(0.2, 5.0)
_log = logging.getLogger("rosud_call")


def serve(
    *agents: AgentHandler,
    client: Rosud | None = None,
    grace_ms: int = 10_000,
    ready: Callable[[], object] | None = None,
) -> None:
    """Works for the agents until SIGTERM or SIGINT (Ctrl+C), then returns, so that the process ends with 0.

    Registers each agent, takes no more assignments at once than it has room for, renews their leases, and tells handlers
    when their attempt no longer counts. A host that is away is waited for; one that comes back is told of the agents
    again. On a signal it stops taking, lets work finish for ``grace_ms``, and hands back what has not; a second signal
    skips the waiting. ``ready`` is called once every agent is registered.
    """
    asyncio.run(_serve_until_signal(agents, client, grace_ms, ready))


async def serve_async(
    *agents: AgentHandler,
    client: Rosud | None = None,
    grace_ms: int = 10_000,
    stop: asyncio.Event | None = None,
    ready: Callable[[], object] | None = None,
) -> None:
    """As `serve`, in an event loop of yours and without signals: ends when ``stop`` is set. Cancelling it hands work back at once."""
    client = pick(client)
    workers = [_Worker(handler, client) for handler in _checked(agents)]
    _check.duration_ms(grace_ms, "grace_ms", 0)
    stopping = asyncio.ensure_future((stop or asyncio.Event()).wait())
    taking: list[asyncio.Future[None]] = []
    try:
        registering = asyncio.ensure_future(asyncio.wait_for(_all(worker.register() for worker in workers), None))
        taking = [registering]
        await asyncio.wait((registering, stopping), return_when=asyncio.FIRST_COMPLETED)
        if registering.done():
            registering.result()
            if ready:
                ready()
            taking = [asyncio.ensure_future(worker.take()) for worker in workers]
            await asyncio.wait((*taking, stopping), return_when=asyncio.FIRST_COMPLETED)
            await _all(worker.leave() for worker in workers)
        await _end(taking)
        await _all(worker.finish(grace_ms / 1000) for worker in workers)
    finally:
        stopping.cancel()
        for task in taking:
            task.cancel()
        await _all(worker.hand_back() for worker in workers)


class _Worker:
    """One agent's work in this process."""

    def __init__(self, handler: AgentHandler, client: Rosud) -> None:
        self._handler = handler
        self._client = client
        self._path = f"/v1/agents/{part(handler.name)}"
        self._running: dict[asyncio.Task[None], Handling] = {}
        self._name = f"w-{uuid.uuid4().hex}"
        self._asking: asyncio.Future[Sequence[Assignment]] | None = None
        self._leaving = False
        self._unwanted: list[asyncio.Future[None]] = []

    async def register(self) -> None:
        """Registers the agent, however long the host is away. Raises what will not be better by waiting."""
        failures = 0
        while True:
            try:
                await self._client.call(Request("PUT", self._path, body=self._handler.registration))
                _log.info("%s is registered at %s", self._handler.name, self._client.url)
                return
            except RosudError as error:
                failures += 1
                if not is_worth_repeating(error):
                    raise
                _log.warning("%s cannot be registered yet: %s", self._handler.name, error)
            await asyncio.sleep(_BACKOFF.pause(failures))

    async def take(self) -> None:
        """Takes and starts assignments until it leaves or is cancelled."""
        failures = 0
        while not self._leaving:
            free = self._handler.max_concurrency - len(self._running)
            if free <= 0:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                continue
            try:
                taken = await self._take(min(free, 100))
                if self._leaving:   # It came in the moment of the stop.
                    self._unwanted = [asyncio.ensure_future(_hand_back(AssignmentCalls(self._client, assignment.id))) for assignment in taken]
                    return
                for assignment in taken:
                    self._start(assignment)
                failures = 0
            except (NotFound, Unreachable) as error:
                _log.info("%s is registered again: %s", self._handler.name, error)
                await self.register()
            except RosudError as error:
                failures += 1
                if not is_worth_repeating(error):
                    raise
                _log.warning("%s cannot take work: %s", self._handler.name, error)
                await asyncio.sleep(_BACKOFF.pause(failures))

    async def _take(self, most: int) -> Sequence[Assignment]:
        self._asking = asyncio.ensure_future(take(self._client, self._path, most, TAKE_WAIT_MS, self._handler.lease_ms, self._name))
        try:
            return await self._asking
        finally:
            self._asking.cancel()
            self._asking = None

    async def leave(self) -> None:
        """Takes no more. The host ends the take under way: one that is cut off here may just have been handed something,
        which would wait for its lease."""
        self._leaving = True
        request = Request("POST", f"{self._path}/assignments/release", body=_json.encode_body({"worker": self._name}))
        for _ in range(LEAVE_TRIES):   # The take may be on its way still, and come to the host after the first.
            asking = self._asking
            if asking is None:
                return
            try:
                await self._client.with_timeout(1).call(request)
            except RosudError as error:
                _log.info("%s could not say that it stops: %s", self._handler.name, error)
                return
            await asyncio.wait((asking,), timeout=LEAVE_SECONDS)

    async def finish(self, grace: float) -> None:
        """Lets what is at work end."""
        if self._running:
            await asyncio.wait(self._running, timeout=grace)

    async def hand_back(self) -> None:
        """Ends what is still at work and gives it back, so that another worker has it at once."""
        left = dict(self._running)
        for task, handling in left.items():
            handling.work.stop("shutdown")
            task.cancel()
        await _all((*self._unwanted, *(_hand_back(handling.work.calls) for handling in left.values())))

    def _start(self, assignment: Assignment) -> None:
        handling = Handling(self._handler, assignment, self._client, beats=True)
        task = asyncio.ensure_future(self._do(handling))
        self._running[task] = handling
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.pop(task, None)
        if not task.cancelled() and task.exception():
            _log.error("%s could not answer", self._handler.name, exc_info=task.exception())

    async def _do(self, handling: Handling) -> None:
        outcome = await handling.run()
        work = handling.work
        if outcome is None:
            _log.info("%s gave up %s, attempt %d: %s", self._handler.name, work.assignment.step, work.attempt, work.stop_reason)
            return
        # The answer is worth as long a try as the attempt has time: the host may be restarting.
        calls = AssignmentCalls(self._client.with_timeout(max(5.0, min(work.time_left, 600.0))), work.assignment.id)
        try:
            await _settle(calls, outcome)
        except Fenced:
            _log.info("%s was too late with %s, attempt %d", self._handler.name, work.assignment.step, work.attempt)
        except RosudError as error:
            _log.warning("%s could not answer %s: %s", self._handler.name, work.assignment.step, error)


async def _settle(calls: AssignmentCalls, outcome: str | Failure | Deferred) -> None:
    if isinstance(outcome, str):
        try:
            settled = await calls.complete(outcome)
            _log.debug("completion %s %s", settled.outcome, settled.reason or "")
            return
        except RosudError as error:
            if error.status not in (400, 413, 422):
                raise
            outcome = Failure(f"The completion was refused: {error}"[:4096], retryable=False)
    await calls.fail(outcome.reason, getattr(outcome, "retryable", True), outcome.retry_after_ms)


async def _hand_back(calls: AssignmentCalls) -> None:
    try:
        await asyncio.wait_for(calls.fail("The worker was stopped.", True, 0), 2.0)
    except (RosudError, asyncio.TimeoutError):
        pass   # Its lease gives it back.


async def _serve_until_signal(
    agents: tuple[AgentHandler, ...], client: Rosud | None, grace_ms: int, ready: Callable[[], object] | None
) -> None:
    stop = asyncio.Event()
    serving = asyncio.ensure_future(serve_async(*agents, client=client, grace_ms=grace_ms, stop=stop, ready=ready))

    def stopped() -> None:
        if stop.is_set():
            serving.cancel()
        stop.set()

    with _signals(asyncio.get_running_loop(), stopped):
        try:
            await serving
        except asyncio.CancelledError:
            if not stop.is_set():
                raise


class _signals:
    """Calls back in the loop on SIGTERM and SIGINT; outside of the main thread there are none."""

    def __init__(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        self._loop = loop
        self._callback = callback
        self._before: dict[int, object] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before[number] = signal.signal(number, lambda *_: self._loop.call_soon_threadsafe(self._callback))

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)   # type: ignore[arg-type]


async def _all(works: object) -> None:
    await asyncio.gather(*works)   # type: ignore[misc]


async def _end(tasks: "list[asyncio.Future[None]]") -> None:
    for task in tasks:
        if task.done():
            task.result()   # It failed for good.
        task.cancel()
    await asyncio.wait(tasks)


def _checked(agents: tuple[AgentHandler, ...]) -> tuple[AgentHandler, ...]:
    if not agents:
        raise ValueError("serve needs at least one agent: a function decorated with @agent(…)")
    for handler in agents:
        if not isinstance(handler, AgentHandler):
            raise TypeError(f"serve takes functions decorated with @agent(…), not {type(handler).__name__}")
    if len({handler.name for handler in agents}) != len(agents):
        raise ValueError("serve has an agent twice")
    return agents
