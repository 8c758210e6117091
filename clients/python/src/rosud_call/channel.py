"""Channels: making them, their context, and the tasks they coordinate."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Mapping, Sequence

from . import _background, _check, _json
from ._records import at, build, made
from .audit import AuditCheck, AuditEntry, AuditPoint, ExportTarget, export
from .client import Request, Rosud, part, pick
from .context import ChangePage, Committed, Context, based_on_json
from .history import KeyDifference, KeyWrite, OpenConflict
from .pages import Pages, pages
from .policy import EXECUTIONS
from .results import RunResult, result_of
from .runs import Run
from .sync import UNSET, ContextSync, sync_json
from .tasks import TaskLike, task_json
from .watch import Watch, checked_after, checked_types
from .work import BlockingWork, Work

ON_STALE_CONTEXT = ("retry_with_fresh", "rebase", "flag", "reject", "escalate")
WAIT_SECONDS_MAX = 60.0
"""The longest that the host waits in one request."""


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """A channel as it is now."""

    id: str
    network: str
    agents: tuple[str, ...] = made(tuple, default=())
    sync: ContextSync = made(ContextSync.of_json, default=ContextSync())
    version: int = 0
    """The newest version of its context."""

    created_at: datetime | None = at()


class Channel:
    """Agents with one shared, versioned context. Verbs are coroutines; `rosud_call.blocking` has the same without."""

    def __init__(self, id: str, client: Rosud | None = None) -> None:
        self.id = _check.name(id, "id")
        self._client = pick(client)
        self._path = f"/v1/channels/{part(self.id)}"

    def __repr__(self) -> str:
        return f"Channel({self.id!r})"

    @classmethod
    def create(
        cls,
        agents: Sequence[str] = (),
        sync: ContextSync | Mapping[str, Any] | None = None,
        network: str = "default",
        id: str | None = None,
        *,
        client: Rosud | None = None,
    ) -> "Channel":
        """Makes a channel, durably. Blocks for one short call, also inside of coroutines; `create_async` does not.

        ``agents`` need not be registered yet. The same id with the same values finds the channel that is there; with
        others it raises `AlreadyExists`. Without ``id`` the host makes one.
        """
        return _background.wait(cls.create_async(agents, sync, network, id, client=client))

    @classmethod
    async def create_async(
        cls,
        agents: Sequence[str] = (),
        sync: ContextSync | Mapping[str, Any] | None = None,
        network: str = "default",
        id: str | None = None,
        *,
        client: Rosud | None = None,
    ) -> "Channel":
        """As `create`, for code that must not block."""
        body: dict[str, Any] = {"agents": _check.names(agents, "agents"), "network": _check.name(network, "network")}
        if id is not None:
            body["id"] = _check.name(id, "id")
        if sync is not None:
            body["sync"] = sync_json(sync)
        client = pick(client)
        answer = await client.call(Request("POST", "/v1/channels", body=_json.encode_body(body)))
        return cls(answer.body["id"], client)

    @classmethod
    def open(cls, id: str, *, client: Rosud | None = None) -> "Channel":
        """A channel by its id. Sends nothing: the first verb tells whether it is there."""
        return cls(id, client)

    @staticmethod
    def list(*, limit: int = 100, after: str | None = None, client: Rosud | None = None) -> Pages[ChannelInfo]:
        """The channels in the order of their ids: ``await`` for one page, ``async for`` for all."""
        return pages(pick(client), "/v1/channels", "channels", lambda item: build(ChannelInfo, item), limit, after)

    async def describe(self) -> ChannelInfo:
        """The channel as it is now."""
        return build(ChannelInfo, (await self._client.call(Request("GET", self._path))).body)

    async def configure(
        self, agents: Sequence[str] | None = None, sync: ContextSync | Mapping[str, Any] | None = None
    ) -> ChannelInfo:
        """Replaces the agents, the sync, or both; what is None stays."""
        body: dict[str, Any] = {}
        if agents is not None:
            body["agents"] = _check.names(agents, "agents")
        if sync is not None:
            body["sync"] = sync_json(sync)
        answer = await self._client.call(Request("PATCH", self._path, body=_json.encode_body(body)))
        return build(ChannelInfo, answer.body)

    async def delete(self) -> None:
        """Deletes the channel: cancels its runs, ends its events. Its id cannot be made again for 24 h."""
        await self._client.call(Request("DELETE", self._path))

    async def read(
        self,
        keys: Sequence[str] | str | None = None,
        *,
        version: int | None = None,
        min_version: int | None = None,
        consistency: str = "confirmed",
    ) -> Context:
        """Keys of the context at one version.

        ``keys``: keys and patterns, default everything. ``version``: a past one, default the newest; `Compacted` when it
        is no longer kept. ``min_version``: raises `VersionAhead` while the context is older. ``consistency``:
        ``confirmed`` sees every commit acknowledged before; ``plain`` may be up to 1 s behind.
        """
        wanted = None if keys is None else _check.patterns([keys] if isinstance(keys, str) else keys, "keys")
        query = {
            "keys": None if wanted is None else ",".join(wanted),
            "version": None if version is None else str(_check.whole(version, "version", 0)),
            "min_version": None if min_version is None else str(_check.whole(min_version, "min_version", 0)),
            "consistency": _check.word(consistency, "consistency", ("confirmed", "plain")),
        }
        return build(Context, (await self._client.call(Request("GET", f"{self._path}/context", query))).body)

    async def commit(
        self,
        set: Mapping[str, Any] | None = None,
        *,
        delete: Sequence[str] = (),
        based_on: int | Context | None = None,
        reads: Sequence[str] = (),
        writer: str | None = None,
        idempotency_key: str | None = None,
    ) -> Committed:
        """Changes keys, all or nothing; durable when it returns, and applied once however often the client had to send it.

        ``based_on``: the version seen (or the `Context` itself); 0 is "saw nothing", None writes blindly. ``reads``: keys
        and patterns relied upon: raises `StaleContext` when one has changed since ``based_on``. What becomes of a written
        key that has changed is the channel's ``conflict_resolution``: see ``overwritten``, ``dropped``, ``merged`` and
        ``parked`` of the answer; under ``reject`` it raises `Conflict`, and `PreconditionRequired` without ``based_on``.
        ``idempotency_key``: made for each call; give one to repeat a commit across restarts of your program.
        """
        body: dict[str, Any] = {}
        if set:
            body["set"] = _check.values(set, "set")
        if removed := _check.keys(delete, "delete"):
            body["delete"] = removed
        if not body:
            raise ValueError("There is nothing to commit: give set or delete")
        if based_on is not None:
            body["based_on"] = based_on_json(based_on)
        if relied := _check.patterns(reads, "reads"):
            if based_on is None:
                raise ValueError("reads need based_on: the version they were read at")
            body["reads"] = relied
        if writer is not None:
            body["writer"] = _check.name(writer, "writer")
        headers = {} if idempotency_key is None else {"Idempotency-Key": _idempotency_key(idempotency_key)}
        request = Request("PATCH", f"{self._path}/context", body=_json.encode_body(body), headers=headers)
        return build(Committed, (await self._client.call(request)).body)

    async def changes(self, after: int | Context = 0, limit: int = 100) -> ChangePage:
        """The commits after a version, oldest first, at most ``limit`` (1 to 500)."""
        query = {"after": str(based_on_json(after)), "limit": str(_check.whole(limit, "limit", 1, 500))}
        return build(ChangePage, (await self._client.call(Request("GET", f"{self._path}/changes", query))).body)

    def diff(
        self,
        from_version: int | Context,
        to_version: int | Context | None = None,
        *,
        keys: Sequence[str] = (),
        limit: int = 100,
        after: str | None = None,
    ) -> Pages[KeyDifference]:
        """The keys that are another at two versions, in their order: ``await`` for one page, ``async for`` for all.

        ``from_version``: the older version, 0 for the empty context. ``to_version``: default the newest. ``keys``: keys and
        patterns, default everything. Raises `Compacted` when a version is no longer kept.
        """
        query = {
            "from": str(based_on_json(from_version)),
            "to": None if to_version is None else str(based_on_json(to_version)),
            "keys": ",".join(_check.patterns(keys, "keys")) or None,
        }
        return pages(self._client, f"{self._path}/diff", "keys", lambda item: build(KeyDifference, item), limit, after, query)

    def blame(self, key: str, *, up_to: int | Context | None = None, limit: int = 100) -> Pages[KeyWrite]:
        """Who wrote a key and when, in which run, step and attempt: the newest write first, as far as history is kept."""
        (of,) = _check.keys([key], "key")
        start = None if up_to is None else str(based_on_json(up_to))
        return pages(self._client, f"{self._path}/blame", "writes", lambda item: build(KeyWrite, item), limit, start, {"key": of}, cursor="version")

    def audit(self, *, after: int = 0, limit: int = 100) -> Pages[AuditEntry]:
        """Who wrote and who read which version and why, in order: ``await`` for one page, ``async for`` for all.

        ``after``: the number (``n``) of the entry that the caller has. Entries that are no longer kept are left out: the
        ``n`` of the first one tells.
        """
        start = str(_check.whole(after, "after", 0))
        return pages(self._client, f"{self._path}/audit", "entries", lambda item: build(AuditEntry, item), limit, start)

    async def export_audit(self, target: ExportTarget, *, after: int = 0) -> None:
        """Writes the audit chain as lines of JSON with a signed head at its end, byte for byte as the host signed it.

        ``target``: a path, or a file open for bytes. ``after``: the number of the last entry of an earlier export.
        ``dotnet run --project src/Silo -- verify FILE --key KEY`` checks it offline. An export that breaks off raises
        `Unreachable`, and what was written has no head: verify says so.
        """
        await export(self._client, f"{self._path}/audit", target, _check.whole(after, "after", 0))

    async def verify_audit(self, earlier: AuditPoint | AuditCheck | None = None) -> AuditCheck:
        """Has the host check the whole kept chain, and the kept values against it. A broken chain is an answer, ``ok`` False.

        ``earlier``: the point of an earlier check or export, which the chain must still go through. Raises `Compacted`
        when entries from there on are not all kept any more.
        """
        point = earlier.point if isinstance(earlier, AuditCheck) else earlier
        body = None if point is None else _json.encode_body({"head": point.hash, "at": point.number})
        return build(AuditCheck, (await self._client.call(Request("POST", f"{self._path}/audit/verify", body=body))).body)

    def conflicts(self, *, limit: int = 100, after: str | None = None) -> Pages[OpenConflict]:
        """Writes that lost under ``manual`` and wait for `resolve`, in the order they were parked."""
        return pages(self._client, f"{self._path}/conflicts", "conflicts", lambda item: build(OpenConflict, item), limit, after)

    async def resolve(
        self,
        conflict: str | OpenConflict,
        choose: str | None = None,
        *,
        value: Any = UNSET,
        based_on: int | Context | None = None,
        writer: str | None = None,
    ) -> Committed:
        """Ends a conflict by a commit, durably: ``choose`` the ``parked`` write or the ``current`` value, or give another ``value``.

        ``based_on``: the version the decision rests on; the key must not have changed since. Raises `NotFound` for a
        conflict that is not open any more.
        """
        id = conflict.id if isinstance(conflict, OpenConflict) else _check.made_id(conflict, "conflict")
        if (choose is None) == (value is UNSET):
            raise ValueError("Give either choose or value")
        body: dict[str, Any] = {"value": value} if choose is None else {"choose": _check.word(choose, "choose", ("parked", "current"))}
        if based_on is not None:
            body["based_on"] = based_on_json(based_on)
        if writer is not None:
            body["writer"] = _check.name(writer, "writer")
        request = Request("POST", f"{self._path}/conflicts/{part(id)}/resolve", body=_json.encode_body(body))
        return build(Committed, (await self._client.call(request)).body)

    def watch(self, after: int | str | None = None, types: Sequence[str] | None = None) -> Watch:
        """Every commit (`Change`) once and in order, notices (`Notice`) and explicit `Gap`s, as they happen, without end.

        ``after``: a version, or the ``id`` of the last event seen; default from now. ``types``: some of ``commit``,
        ``stale``, ``conflict``, ``run``, ``assignment``, ``breaker``; default all, gaps always. Resumes by itself over lost
        connections and restarted hosts. Ends only after a gap whose reason is ``deleted``.

        Commits come from exactly there. Notices are not stored: they come from the moment the host follows the channel
        for somebody, and a gap whose reason is ``notices`` says that some may be missing.
        """
        return Watch(self._client, self.id, checked_after(after), checked_types(types))

    async def coordinate(
        self,
        task: TaskLike,
        timeout_ms: int = 30_000,
        on_stale_context: str = "retry_with_fresh",
        *,
        execution: str | None = None,
        priority: str | None = None,
        parent: str | Run | Work | BlockingWork | None = None,
    ) -> RunResult:
        """Has the channel's agents do a task and waits for the end.

        ``task``: a goal as text (then every agent of the channel is one step), a dict as in the HTTP contract, or a
        `Task`. ``timeout_ms``: when the run ends at the latest, 1 ms to 7 days. ``on_stale_context``: what becomes of an
        attempt whose reads have changed: ``retry_with_fresh``, ``rebase``, ``flag``, ``reject`` or ``escalate``.

        ``parent``: the run whose step starts this one, or the `Work` of that step, which also shortens ``timeout_ms`` to
        what the attempt has left. A child ends with its parent, has no more budget than that has left, and what it uses
        counts there; a task above that is `ContractRejected`, one whose parent has ended `Fenced`.

        What agents do is a `RunResult` with a status; an exception means that there is no run (`ContractRejected`,
        `Overloaded`, `NotFound` …) or no connection. A task without an id gets one, so that a call that had to be sent
        again joins its run. A call that joins a run with a later deadline returns it as it stands at its own. Cancelling
        the call leaves the run going: `submit` and `Run.cancel` end it.
        """
        clock = asyncio.get_running_loop().time
        timeout_ms, said_ms = _within(timeout_ms, parent)
        body = _coordination(task, said_ms, on_stale_context, execution, priority, parent)
        end = clock() + timeout_ms / 1000
        request = Request("POST", f"{self._path}/coordinate", body=body, waits=min(WAIT_SECONDS_MAX, timeout_ms / 1000))
        answer = await self._client.call(request)
        if answer.status != 202:
            return result_of(answer.body)
        left_ms = max(0, round((end - clock()) * 1000)) + 250   # The run's own deadline comes first.
        return await Run(answer.body["run"], self._client).result(left_ms)

    async def submit(
        self,
        task: TaskLike,
        timeout_ms: int = 30_000,
        on_stale_context: str = "retry_with_fresh",
        *,
        execution: str | None = None,
        priority: str | None = None,
        parent: str | Run | Work | BlockingWork | None = None,
    ) -> Run:
        """As `coordinate`, but returns the `Run` as soon as the task is accepted, durably."""
        _, said_ms = _within(timeout_ms, parent)
        body = _coordination(task, said_ms, on_stale_context, execution, priority, parent)
        request = Request("POST", f"{self._path}/coordinate", body=body, headers={"Prefer": "respond-async"})
        return Run((await self._client.call(request)).body["run"], self._client)


def _coordination(
    task: TaskLike,
    timeout_ms: int | None,
    on_stale_context: str,
    execution: str | None,
    priority: str | None,
    parent: str | Run | Work | BlockingWork | None,
) -> str:
    body: dict[str, Any] = {
        "task": task_json(task),
        "on_stale_context": _check.word(on_stale_context, "on_stale_context", ON_STALE_CONTEXT),
    }
    if timeout_ms is not None:
        body["timeout_ms"] = _check.duration_ms(timeout_ms, "timeout_ms")
    if execution is not None:
        body["execution"] = _check.word(execution, "execution", EXECUTIONS)
    if priority is not None:
        body["priority"] = _check.word(priority, "priority", ("interactive", "batch"))
    if parent is not None:
        run = parent.run if isinstance(parent, (Work, BlockingWork)) else getattr(parent, "id", parent)
        body["parent"] = _check.made_id(run, "parent")
    return _json.encode_body(body)


def _within(timeout_ms: int, parent: object) -> tuple[int, int | None]:
    """How long to wait, and what to ask for: nothing where the parent has less, for the host knows best how much that is by then."""
    if isinstance(parent, (Work, BlockingWork)):
        left_ms = max(1, int(parent.time_left * 1000))
        if left_ms <= _check.duration_ms(timeout_ms, "timeout_ms"):
            return left_ms, None
    return timeout_ms, timeout_ms


def _idempotency_key(key: Any) -> str:
    _check.text(key, "idempotency_key", 1, 255)
    if not (key.isascii() and key.isprintable()):
        raise ValueError("idempotency_key must be printable ASCII")
    return str(key)
