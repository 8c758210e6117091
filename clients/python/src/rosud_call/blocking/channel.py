"""Channels, blocking."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .. import channel as _async
from .._background import wait
from ..audit import AuditCheck, AuditEntry, AuditPoint, ExportTarget
from ..client import Rosud
from ..context import ChangePage, Committed, Context
from ..history import KeyDifference, KeyWrite, OpenConflict
from ..results import RunResult
from ..sync import UNSET, ContextSync
from ..tasks import TaskLike
from ..work import BlockingWork, Work
from .pages import Pages
from .runs import Run
from .watch import Watch


class Channel:
    """As `rosud_call.Channel`, blocking. What each verb does, refuses and repeats is written there."""

    def __init__(self, id: str, client: Rosud | None = None) -> None:
        self._async = _async.Channel(id, client)
        self._client = client
        self.id = self._async.id

    def __repr__(self) -> str:
        return repr(self._async)

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
        """Makes a channel, durably; the same id with the same values finds the one that is there."""
        return cls(wait(_async.Channel.create_async(agents, sync, network, id, client=client)).id, client)

    @classmethod
    def open(cls, id: str, *, client: Rosud | None = None) -> "Channel":
        """A channel by its id. Sends nothing."""
        return cls(id, client)

    @staticmethod
    def list(*, limit: int = 100, after: str | None = None, client: Rosud | None = None) -> Pages[_async.ChannelInfo]:
        """The channels in the order of their ids: iterate for all, ``page()`` for one page."""
        _async.Channel.list(limit=limit, after=after, client=client)   # Refuses bad arguments here.
        return Pages(lambda start: _async.Channel.list(limit=limit, after=start, client=client), after)

    def describe(self) -> _async.ChannelInfo:
        """The channel as it is now."""
        return wait(self._async.describe())

    def configure(self, agents: Sequence[str] | None = None, sync: ContextSync | Mapping[str, Any] | None = None) -> _async.ChannelInfo:
        """Replaces the agents, the sync, or both; what is None stays."""
        return wait(self._async.configure(agents, sync))

    def delete(self) -> None:
        """Deletes the channel: cancels its runs, ends its events."""
        wait(self._async.delete())

    def read(
        self,
        keys: Sequence[str] | str | None = None,
        *,
        version: int | None = None,
        min_version: int | None = None,
        consistency: str = "confirmed",
    ) -> Context:
        """Keys of the context at one version."""
        return wait(self._async.read(keys, version=version, min_version=min_version, consistency=consistency))

    def commit(
        self,
        set: Mapping[str, Any] | None = None,
        *,
        delete: Sequence[str] = (),
        based_on: int | Context | None = None,
        reads: Sequence[str] = (),
        writer: str | None = None,
        idempotency_key: str | None = None,
    ) -> Committed:
        """Changes keys, all or nothing; durable when it returns, and applied once."""
        return wait(
            self._async.commit(set, delete=delete, based_on=based_on, reads=reads, writer=writer, idempotency_key=idempotency_key)
        )

    def changes(self, after: int | Context = 0, limit: int = 100) -> ChangePage:
        """The commits after a version, oldest first."""
        return wait(self._async.changes(after, limit))

    def diff(
        self,
        from_version: int | Context,
        to_version: int | Context | None = None,
        *,
        keys: Sequence[str] = (),
        limit: int = 100,
        after: str | None = None,
    ) -> Pages[KeyDifference]:
        """The keys that are another at two versions: iterate for all, ``page()`` for one page."""
        self._async.diff(from_version, to_version, keys=keys, limit=limit, after=after)   # Refuses bad arguments here.
        return Pages(lambda start: self._async.diff(from_version, to_version, keys=keys, limit=limit, after=start), after)

    def blame(self, key: str, *, up_to: int | Context | None = None, limit: int = 100) -> Pages[KeyWrite]:
        """Who wrote a key and when, the newest write first: iterate for all, ``page()`` for one page."""
        self._async.blame(key, up_to=up_to, limit=limit)   # Refuses bad arguments here.
        return Pages(lambda start: self._async.blame(key, up_to=up_to if start is None else int(start), limit=limit), None)

    def audit(self, *, after: int = 0, limit: int = 100) -> Pages[AuditEntry]:
        """Who wrote and who read which version and why: iterate for all, ``page()`` for one page."""
        self._async.audit(after=after, limit=limit)   # Refuses bad arguments here.
        return Pages(lambda start: self._async.audit(after=after if start is None else int(start), limit=limit), None)

    def export_audit(self, target: ExportTarget, *, after: int = 0) -> None:
        """Writes the audit chain as lines of JSON with a signed head, to a path or a file open for bytes."""
        wait(self._async.export_audit(target, after=after))

    def verify_audit(self, earlier: AuditPoint | AuditCheck | None = None) -> AuditCheck:
        """Has the host check the whole kept chain, and that it goes through an earlier point."""
        return wait(self._async.verify_audit(earlier))

    def conflicts(self, *, limit: int = 100, after: str | None = None) -> Pages[OpenConflict]:
        """Writes that wait for `resolve`: iterate for all, ``page()`` for one page."""
        self._async.conflicts(limit=limit, after=after)   # Refuses bad arguments here.
        return Pages(lambda start: self._async.conflicts(limit=limit, after=start), after)

    def resolve(
        self,
        conflict: str | OpenConflict,
        choose: str | None = None,
        *,
        value: Any = UNSET,
        based_on: int | Context | None = None,
        writer: str | None = None,
    ) -> Committed:
        """Ends a conflict by a commit."""
        return wait(self._async.resolve(conflict, choose, value=value, based_on=based_on, writer=writer))

    def watch(self, after: int | str | None = None, types: Sequence[str] | None = None) -> Watch:
        """Every commit once and in order, notices and gaps, as they happen, without end: see `rosud_call.Channel.watch`."""
        return Watch(self._async.watch(after, types))

    def coordinate(
        self,
        task: TaskLike,
        timeout_ms: int = 30_000,
        on_stale_context: str = "retry_with_fresh",
        *,
        execution: str | None = None,
        priority: str | None = None,
        parent: str | Run | Work | BlockingWork | None = None,
    ) -> RunResult:
        """Has the channel's agents do a task and waits for the end: see `rosud_call.Channel.coordinate`."""
        return wait(
            self._async.coordinate(task, timeout_ms, on_stale_context, execution=execution, priority=priority, parent=parent)
        )

    def submit(
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
        run = wait(self._async.submit(task, timeout_ms, on_stale_context, execution=execution, priority=priority, parent=parent))
        return Run(run.id, self._client)
