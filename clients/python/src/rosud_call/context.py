"""A channel's context: values at one version, commits, changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Iterator, Mapping, Sequence, overload

from . import _check
from ._records import at, build, made, many


@dataclass(frozen=True, slots=True)
class Entry:
    """One key's value and where it came from."""

    value: Any
    version: int
    """The version that wrote the value."""

    created_version: int
    """The version that made the key."""

    writer: str
    committed_at: datetime | None = at()
    run: str | None = None
    step: str | None = None
    expired: bool = False
    """Its validity has run out."""

    provisional: bool = False
    """Published by an attempt that is not accepted yet."""

    stale: bool = False
    """Committed although what it was based on had changed."""


@dataclass(frozen=True, slots=True)
class Context(Mapping[str, Any]):
    """Keys of a context at one version. As a mapping it has the values: ``context["plan.scope"]``; ``entries`` has all there is."""

    version: int
    entries: Mapping[str, Entry] = made(lambda entries: {key: build(Entry, entry) for key, entry in entries.items()})

    def __getitem__(self, key: str) -> Any:
        return self.entries[key].value

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


@dataclass(frozen=True, slots=True)
class Committed:
    """What became of a commit."""

    version: int
    """The version it made; the newest one when nothing was applied."""

    outcome: str
    """``committed`` (at least one key), ``dropped``, ``parked`` or ``unchanged``."""

    overwritten: tuple[str, ...] = made(tuple, default=())
    """Keys whose other value was replaced."""

    dropped: tuple[str, ...] = made(tuple, default=())
    """Keys that were not written because somebody else's value counts."""

    merged: tuple[str, ...] = made(tuple, default=())
    parked: tuple[str, ...] = made(tuple, default=())


@dataclass(frozen=True, slots=True)
class Change:
    """One commit, as `Channel.changes` and `Channel.watch` tell it."""

    version: int
    committed_at: datetime | None = at()
    writer: str = ""
    run: str | None = None
    step: str | None = None
    attempt: int | None = None
    provisional: bool = False
    set: Mapping[str, Any] = field(default_factory=dict)
    """Keys and their values after the commit."""

    delete: tuple[str, ...] = made(tuple, default=())

    @property
    def type(self) -> str:
        return "commit"

    @property
    def id(self) -> str:
        return str(self.version)


@dataclass(frozen=True, slots=True)
class ChangePage(Sequence[Change]):
    """Consecutive commits, oldest first."""

    changes: tuple[Change, ...] = many(Change)
    version: int = 0
    """The newest version of the context."""

    gap: bool = False
    """The version asked for is older than the kept history: read the context and go on from its version."""

    @overload
    def __getitem__(self, index: int) -> Change: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Change]: ...

    def __getitem__(self, index: int | slice) -> Change | Sequence[Change]:
        return self.changes[index]

    def __len__(self) -> int:
        return len(self.changes)


def based_on_json(based_on: Any) -> int:
    """The version of a read, or the read itself."""
    if isinstance(based_on, Context):
        return based_on.version
    return _check.whole(based_on, "based_on", 0)
